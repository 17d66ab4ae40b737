"""What ships in data/: every file by its checksum, and the sets that make.py rebuilds.

The checksums hold every byte, so nothing else about what the files contain is tested here.
"""

import hashlib
import re
import subprocess

import numpy as np
import pytest
import torch

import make
import utils
from conftest import ROOT

DATA = ROOT / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")
CHECKSUMS = {}
for sha256, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", README, re.MULTILINE):
    CHECKSUMS[name] = sha256


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksum(name):
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == CHECKSUMS[name]


def test_every_file_that_ships_has_a_checksum():
    if not (ROOT / ".git").exists():
        pytest.skip("a copy without git: what ships is not known")
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split()
    expected = {"data/README.md", "data/download.py", "data/make.py"}
    for name in CHECKSUMS:
        expected.add(f"data/{name}")
    assert set(listed) == expected


@pytest.mark.parametrize("name", [name for name in CHECKSUMS if not name.endswith(".npz")])
def test_small_enough_and_plain(name):
    content = (DATA / name).read_bytes()
    text = content.decode("utf-8")
    assert len(content) < 1_000_000
    assert "\r" not in text and "\ufeff" not in text and text.endswith("\n")


# -------------------------------------------------------------------------------------- MNIST
def test_lessons_and_readme_have_the_same_sum_of_mnist():
    assert CHECKSUMS["mnist.npz"] == utils.MNIST_SHA256


def test_unpack_gives_what_the_lecture_reads(tmp_path, monkeypatch):
    """The four official files by their md5; the lecture's own lines run on them, and the digits are
    those of load_mnist; packed again they are the arrays that ship."""
    from torchvision import datasets

    monkeypatch.setattr(make, "DATA", tmp_path)
    (tmp_path / "mnist.npz").write_bytes((DATA / "mnist.npz").read_bytes())
    make.unpack()
    for name, md5 in make.MD5.items():
        path = next((tmp_path / "MNIST" / "raw").glob(f"{name}-*"))
        assert hashlib.md5(path.read_bytes()).hexdigest() == md5
    x_train, y_train, x_test, y_test = utils.load_mnist()
    for train, x, y in ((True, x_train, y_train), (False, x_test, y_test)):
        dataset = datasets.MNIST(root=str(tmp_path), train=train, download=False)
        assert torch.equal(dataset.data, x) and torch.equal(dataset.targets, y)

    made = make.make_mnist(tmp_path / "MNIST" / "raw")
    (tmp_path / "again.npz").write_bytes(made)
    with np.load(tmp_path / "again.npz") as again, np.load(DATA / "mnist.npz") as file:
        assert again.files == file.files
        for name in file.files:
            np.testing.assert_array_equal(again[name], file[name])


def test_make_refuses_another_mnist(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + bytes(12))
    with pytest.raises(ValueError, match="train-images-idx3-ubyte is not the official file"):
        make.make_mnist(tmp_path)


# ------------------------------------------------------------------------------ the other sets
def test_breast_cancer_is_rebuilt_from_scikit_learn():
    assert make.make_breast_cancer() == (DATA / "breast_cancer.csv").read_bytes()


def test_breast_cancer_is_what_the_lecture_s_line_reads():
    """Eight features as they were measured, of scikit-learn's names; label 1 is benign."""
    from sklearn.datasets import load_breast_cancer

    xy = np.loadtxt(DATA / "breast_cancer.csv", delimiter=",", dtype=np.float32)
    table = load_breast_cancer()
    assert xy.shape == (569, 9)
    for k, name in enumerate(make.FEATURES):
        column = table.data[:, list(table.feature_names).index(name)]
        np.testing.assert_allclose(xy[:, k], column, rtol=1e-6)
    assert list(table.target_names)[1] == "benign"
    np.testing.assert_array_equal(xy[:, -1], table.target)


def test_make_alice_takes_the_book_and_nothing_else(tmp_path):
    php = tmp_path / "Text.php"
    php.write_text("<?php\n$x = <<<'EOT'\nCHAPTER I. One\n\n\n\n_I_ ran.\n  *   *\n"
                   " [later editions continued as follows\n a stanza]\n"
                   "End.\n\n     THE END\nEOT;\n")
    assert make.make_alice(php) == b"CHAPTER I. One\n\nI ran.\n\nEnd.\n\n     THE END\n"


def test_a_set_from_another_source_is_not_written(tmp_path):
    path = tmp_path / "alice.txt"
    with pytest.raises(ValueError, match="expected sha256 0000"):
        make.write(path, b"another book", "0000")
    assert not path.exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "alice.txt"
    path.write_bytes(b"what was there")
    monkeypatch.setattr(make.os, "replace", lambda *paths: 1 / 0)      # before it takes its name
    with pytest.raises(ZeroDivisionError):
        make.write(path, b"a book")
    assert path.read_bytes() == b"what was there"
