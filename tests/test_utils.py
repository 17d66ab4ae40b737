"""Settings, MNIST files good and bad, figures."""

import gzip
import re
import struct
import subprocess
import sys

import numpy as np
import pytest
import torch

import utils
from conftest import LIUER, ROOT


def test_importing_utils_is_light():
    code = """import sys, utils
print({"torch", "torchvision", "matplotlib.pyplot"} & {*sys.modules})"""
    run = subprocess.run([sys.executable, "-c", code], cwd=LIUER, capture_output=True, text=True)
    assert run.stdout.strip() == "set()"


# ---------------------------------------------------------------------------------- settings
PROGRAM = '''
from utils import BadInput, flags
def main(epochs=3, lr=0.1, name=None, wide=False, momentum=0.9, w=-1.0):
    """Title line.

    epochs: passes over the data, >= 1
    lr: step, > 0
    momentum: what is kept, 100% at most, >= 0 and < 1
    name: a name
    wide: a switch
    w: start value
    """
    if name == "wrong":
        raise BadInput("expected a right name, got 'wrong'")
    if name == "bug":
        raise KeyError(name)
if __name__ == "__main__":
    settings = flags(main)
    print(settings)
    main(**settings)
'''


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "lesson0.py"
    path.write_text(PROGRAM, encoding="utf-8")

    def run(*arguments):
        return subprocess.run([sys.executable, str(path), *arguments], capture_output=True,
                              text=True, env={"PYTHONPATH": str(LIUER), "PATH": ""})
    return run


def test_settings_are_the_keywords_of_main(program):
    assert eval(program().stdout) == {"epochs": 3, "lr": 0.1, "name": None, "wide": False,
                                      "momentum": 0.9, "w": -1.0}
    run = program("--epochs", "7", "--lr", "1e-3", "--name", "Nguyễn", "--wide", "--w", "-2.5")
    assert eval(run.stdout) == {"epochs": 7, "lr": 1e-3, "name": "Nguyễn", "wide": True,
                                "momentum": 0.9, "w": -2.5}


@pytest.mark.parametrize(("arguments", "expected"), [
    (["--epochs", "-1"], "--epochs: expected a whole number >= 1, got '-1'"),
    (["--epochs", "2.5"], "--epochs: expected a whole number >= 1, got '2.5'"),
    (["--lr", "nan"], "--lr: expected a number > 0, got 'nan'"),
    (["--momentum", "1"], "--momentum: expected a number >= 0 and < 1, got '1'"),
    (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
    (["--name", "wrong"], "lesson0.py: expected a right name, got 'wrong'"),
])
def test_a_wrong_setting_gets_one_line(program, arguments, expected):
    run = program(*arguments)
    assert run.returncode != 0
    assert expected in run.stderr and run.stderr.count("\n") == 1


def test_a_defect_keeps_its_traceback(program):
    assert "Traceback" in program("--name", "bug").stderr


def test_help(program):
    text = re.sub(r"\s+", " ", program("--help").stdout)
    assert "Title line." in text and "passes over the data, >= 1 (default: 3)" in text
    assert "100% at most" in text


# ------------------------------------------------------------------------------------- MNIST
def test_shipped_digits():
    x_train, y_train, x_test, y_test, part = utils.load_mnist(shipped=True)
    assert x_train.shape == (9000, 28, 28) and x_test.shape == (1000, 28, 28)
    assert x_train.dtype == torch.uint8 and y_train.dtype == torch.int64
    assert part == "held-out"
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # the official order
    counts = torch.bincount(torch.cat([y_train, y_test]))
    assert counts.tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]


def test_shipped_digits_are_the_first_of_the_official_file():
    if not (ROOT / "data" / "MNIST" / "raw").is_dir():
        pytest.skip("needs the full MNIST in data/MNIST")
    x, y, *_ = utils.load_mnist(shipped=True)
    full_x, full_y, x_test, y_test, part = utils.load_mnist()
    assert part == "test" and full_x.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert torch.equal(x, full_x[:9000]) and torch.equal(y, full_y[:9000])
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]


def idx(magic, shape, values):
    return struct.pack(f">{1 + len(shape)}i", magic, *shape) + values


@pytest.fixture(scope="module")
def good_files():
    noise = np.random.default_rng(0)
    return {f"{part}-{kind}": idx(magic, shape, noise.integers(
                0, high, int(np.prod(shape)), dtype=np.uint8).tobytes())
            for part, n in (("train", 60_000), ("t10k", 10_000))
            for kind, magic, shape, high in (("images-idx3-ubyte", 2051, (n, 28, 28), 256),
                                             ("labels-idx1-ubyte", 2049, (n,), 10))}


@pytest.fixture
def raw(tmp_path, good_files):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in good_files.items():
        (folder / name).write_bytes(content)
    return folder


def test_reads_the_official_format(raw, good_files):
    x_train, y_train, x_test, y_test, part = utils.load_mnist(data=raw.parent.parent)
    assert part == "test" and len(x_train) == 60_000 and len(y_test) == 10_000
    assert x_test.numpy().tobytes() == good_files["t10k-images-idx3-ubyte"][16:]
    assert bytes(y_train.tolist()) == good_files["train-labels-idx1-ubyte"][8:]


def test_reads_the_compressed_form(raw):
    path = raw / "t10k-labels-idx1-ubyte"
    expected = utils.load_mnist(data=raw.parent.parent)[3]
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()
    assert torch.equal(utils.load_mnist(data=raw.parent.parent)[3], expected)


@pytest.mark.parametrize(("name", "change", "message"), [
    ("train-images-idx3-ubyte", lambda b: None, "no such file"),
    ("train-images-idx3-ubyte", lambda b: b[:1_000_000], "expected 47,040,000 bytes"),
    ("train-images-idx3-ubyte", lambda b: b + b"\0", "got 47,040,001"),
    ("t10k-images-idx3-ubyte", lambda b: b"", "got []"),
    ("t10k-images-idx3-ubyte", lambda b: b"<html>not found</html>", "expected the IDX header"),
    ("t10k-labels-idx1-ubyte", lambda b: b[:8] + b"\x0a" + b[9:], "expected labels 0 to 9, got 10"),
    ("t10k-labels-idx1-ubyte", lambda b: struct.pack(">2i", 2049, 60_000) + b[8:],
     "[2049, 10000], got [2049, 60000]"),
])
def test_a_damaged_file_is_named(raw, name, change, message):
    content = change((raw / name).read_bytes())
    (raw / name).unlink()
    if content is not None:
        (raw / name).write_bytes(content)
    with pytest.raises(utils.BadInput) as error:
        utils.load_mnist(data=raw.parent.parent)
    text = str(error.value)
    assert name in text and message in text and "python data/download.py mnist" in text
    assert "\n" not in text


def test_swapped_files_are_named(raw):
    a, b = raw / "train-images-idx3-ubyte", raw / "t10k-images-idx3-ubyte"
    a.rename(raw / "x")
    b.rename(a)
    (raw / "x").rename(b)
    with pytest.raises(utils.BadInput, match=r"train-images.*got \[2051, 10000, 28, 28\]"):
        utils.load_mnist(data=raw.parent.parent)


@pytest.mark.parametrize("content", [None, b"", b"not a zip file", "cut"])
def test_damaged_shipped_digits_are_named(tmp_path, content):
    if content == "cut":
        content = (ROOT / "data" / "mnist_10k.npz").read_bytes()[:100_000]
    if content is not None:
        (tmp_path / "mnist_10k.npz").write_bytes(content)
    with pytest.raises(utils.BadInput, match="mnist_10k.npz: expected the 10,000 digits"):
        utils.load_mnist(data=tmp_path)


def test_npz_of_other_shape_is_named(tmp_path):
    np.savez(tmp_path / "mnist_10k.npz", images=np.zeros((5, 28, 28), np.uint8),
             labels=np.zeros(5, np.uint8))
    with pytest.raises(utils.BadInput, match="expected 10,000 images"):
        utils.load_mnist(data=tmp_path)


# ----------------------------------------------------------------------------------- figures
def test_plot_curve_and_show(tmp_path, monkeypatch):
    monkeypatch.setattr(utils, "IMAGES", tmp_path)
    figure = utils.plot_curve({"a": [3, 2, 1], "b": [1, 1, 1]}, ylabel="accuracy")
    axes = figure.axes[0]
    assert [line.get_xydata().tolist() for line in axes.lines][0] == [[1, 3], [2, 2], [3, 1]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert axes.get_ylabel() == "accuracy" and axes.get_xlabel() == "epoch"
    utils.show(figure, "name")
    assert (tmp_path / "run" / "name.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_that_cannot_be_written_gets_one_line(tmp_path, monkeypatch):
    (tmp_path / "run").write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setattr(utils, "IMAGES", tmp_path)
    with pytest.raises(utils.BadInput, match=r"name\.png: the figure could not be written"):
        utils.show(utils.plot_curve([1]), "name")
