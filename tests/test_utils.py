"""Settings, the readers of files good and bad, threads, figures."""

import gzip
import math
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import utils
from conftest import BARE, LIUER, ROOT


def test_importing_utils_is_light():
    code = """import sys, utils
print({"torch", "torchvision", "matplotlib.pyplot"} & {*sys.modules})"""
    run = subprocess.run([sys.executable, "-c", code], cwd=LIUER, capture_output=True, text=True)
    assert run.stdout.strip() == "set()"


def test_utils_stays_small_and_holds_no_lesson():
    text = (LIUER / "utils.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 220
    for word in ("nn.Module", "backward()", "optim", "criterion"):
        assert word not in text


# ---------------------------------------------------------------------------------- settings
PROGRAM = '''
from utils import BadInput, flags
def main(epochs=3, lr=0.1, name=None, wide=False, momentum=0.9, w=-1.0, text="-"):
    """Title line.

    epochs: passes over the data, >= 1
    lr: step, > 0 and <= 100
    momentum: what is kept, 100% at most, >= 0 and < 1
    name: a name
    wide: a switch
    w: start value
    text: a text
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
                              encoding="utf-8",
                              env={**BARE, "PYTHONPATH": str(LIUER), "PYTHONIOENCODING": "utf-8"})
    return run


def test_settings_are_the_keywords_of_main(program):
    assert eval(program().stdout) == {"epochs": 3, "lr": 0.1, "name": None, "wide": False,
                                      "momentum": 0.9, "w": -1.0, "text": "-"}
    run = program("--epochs", "7", "--lr", "1e-3", "--name", "Nguyễn", "--wide", "--w", "-2.5")
    assert eval(run.stdout) == {"epochs": 7, "lr": 1e-3, "name": "Nguyễn", "wide": True,
                                "momentum": 0.9, "w": -2.5, "text": "-"}


@pytest.mark.parametrize("number", ["-1e-3", "-1e-1", "-.5", "-3", "-2E+4"])
def test_a_negative_number_is_a_value_and_no_option(program, number):
    assert eval(program("--w", number).stdout)["w"] == float(number)
    assert eval(program(f"--w={number}", "--text", number).stdout)["text"] == number


@pytest.mark.parametrize(("arguments", "expected"), [
    (["--epochs", "0"], "--epochs: expected a whole number >= 1, got '0'"),
    (["--epochs", "-1"], "--epochs: expected a whole number >= 1, got '-1'"),
    (["--epochs", "2.5"], "--epochs: expected a whole number >= 1, got '2.5'"),
    (["--lr", "nan"], "--lr: expected a number > 0 and <= 100, got 'nan'"),
    (["--lr", "0"], "--lr: expected a number > 0 and <= 100, got '0'"),
    (["--lr", "100.1"], "--lr: expected a number > 0 and <= 100, got '100.1'"),
    (["--w", "inf"], "--w: expected a number, got 'inf'"),
    (["--w", "nan"], "--w: expected a number, got 'nan'"),
    (["--epochs", "9" * 20], "--epochs: expected a whole number >= 1, got '99999999999999999999'"),
    (["--w", "-inf"], "--w: expected a number, got '-inf'"),
    (["--momentum", "1"], "--momentum: expected a number >= 0 and < 1, got '1'"),
    (["--momentum", "-1e-9"], "--momentum: expected a number >= 0 and < 1, got '-1e-9'"),
    (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
    (["-5"], "unrecognized arguments: -5"),
    (["--name", "wrong"], "lesson0.py: expected a right name, got 'wrong'"),
])
def test_a_wrong_setting_gets_one_line(program, arguments, expected):
    run = program(*arguments)
    assert run.returncode != 0
    assert expected in run.stderr and run.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--epochs", "1"], ["--lr", "100"], ["--momentum", "0"]])
def test_a_limit_that_is_allowed(program, arguments):
    assert program(*arguments).returncode == 0


def test_a_defect_keeps_its_traceback(program):
    assert "Traceback" in program("--name", "bug").stderr


def test_help(program):
    text = re.sub(r"\s+", " ", program("--help").stdout)
    assert "Title line." in text and "passes over the data, >= 1 (default: 3)" in text
    assert "100% at most" in text


def test_the_number_of_threads():
    """One for a lesson, half of the cores for a net with convolutions; the environment wins."""
    code = """import os, torch, utils
os.cpu_count = lambda: 8
def main(): "Nothing."
utils.flags(main)
small = torch.get_num_threads()
utils.pick_device()
print(small, torch.get_num_threads())"""

    def run(**environment):
        process = subprocess.run([sys.executable, "-c", code], cwd=LIUER, capture_output=True,
                                 text=True, env={**BARE, "CUDA_VISIBLE_DEVICES": "", **environment})
        return process.stdout.split()
    assert run() == ["1", "4"]
    assert run(OMP_NUM_THREADS="2") == ["2", "2"]


@pytest.mark.parametrize("error", [RuntimeError("no driver\nlong explanation"), AssertionError()])
def test_a_gpu_that_cannot_be_used(error, monkeypatch, capsys):
    """A driver that is too old; a torch without CUDA beside a program that says there is a GPU."""
    def refuse(*arguments, device):
        raise error
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", refuse)
    assert utils.pick_device() == torch.device("cpu")
    line = f"the GPU cannot be used, so the CPU is: {str(error)[:9]}\n"
    assert capsys.readouterr().out == line


# ----------------------------------------------------------------------------------- the loss
def test_a_loss_is_a_number():
    assert utils.finite(torch.tensor(2.5)) == 2.5
    assert utils.finite(torch.tensor(-3.0, dtype=torch.float64)) == -3.0


@pytest.mark.parametrize(("loss", "said"), [(math.nan, "nan"), (math.inf, "inf"),
                                            (-math.inf, "-inf"), (123456.0, "1.235e+05")])
def test_a_training_that_diverges_gets_one_line(loss, said):
    with pytest.raises(utils.BadInput, match="smaller --lr") as error:
        utils.finite(torch.tensor(loss))
    assert f"the loss has become {said}, " in str(error.value) and "\n" not in str(error.value)


# ------------------------------------------------------------------------------------- MNIST
def test_load_mnist_standardises_the_official_digits():
    x_train, y_train, x_test, y_test = utils.load_mnist("cpu")
    assert x_train.shape == (60000, 1, 28, 28) and x_test.shape == (10000, 1, 28, 28)
    assert x_train.dtype == x_test.dtype == torch.float32
    assert y_train.dtype == y_test.dtype == torch.int64
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # the official order
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert abs(x_train.mean()) < 1e-3 and abs(x_train.std() - 1) < 1e-3
    with np.load(utils.DATA / "mnist.npz") as file:
        pixels = torch.from_numpy(file["x_test"][:100])
    expected = (pixels / 255 - 0.1307) / 0.3081
    assert torch.allclose(x_test[:100, 0], expected, atol=1e-6)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "a byte", "another npz"])
def test_a_damaged_mnist_is_named(damage, tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    good = (ROOT / "data" / "mnist.npz").read_bytes()
    if damage == "another npz":
        np.savez(path, x_train=np.zeros(3))
    elif damage != "missing":
        path.write_bytes({"empty": b"", "cut": good[:len(good) // 2],
                          "a byte": good[:999] + bytes([good[999] ^ 1]) + good[1000:]}[damage])
    monkeypatch.setattr(utils, "DATA", tmp_path)
    with pytest.raises(utils.BadInput, match="mnist.npz: expected") as error:
        utils.load_mnist()
    assert "\n" not in str(error.value)


# ------------------------------------------------------------------------------ tables, texts
ROW = "0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8,{}\n"


@pytest.mark.parametrize("change", [
    lambda text: text, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text,
    lambda text: text.rstrip("\n"), lambda text: text + "\n",
])
@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress])
def test_read_table(change, pack, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(pack(change(ROW.format(0) + ROW.format(1)).encode()))
    x, y = utils.read_table(path)
    assert x.shape == (2, 8) and x.dtype == y.dtype == np.float32
    assert x[0].tolist() == np.float32([0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8]).tolist()
    assert y.tolist() == [[0], [1]]


@pytest.mark.parametrize(("text", "message"), [
    ("", "line 1: expected 8 numbers and a label 0 or 1"),
    (ROW.format(0) + ROW.format(2), r"expected labels 0 and 1, last, got \[0. 2.\]"),
    (ROW.format(1) + ROW.format(0.5), r"expected labels 0 and 1, last, got \[0.5 1. \]"),
    (ROW.format(0) + "a,b\n", r"line 2: .* got letters \(a header\?\): 'a,b'"),
    (ROW.format(0) + "0.1,2,3\n", "line 2: .* got too many, too few or odd numbers: '0.1,2,3'"),
    (ROW.format(0) + ROW.format("0,1"), "line 2: expected 8 numbers"),
    (ROW.format(0) + "1," + ROW.format(1), r"line 2: .* got row numbers\?: '1,0.1,"),
    (ROW.format(0) + ROW.format(1).replace("0.5", "0.5_1"), "line 2: .* odd numbers"),
    (ROW.format(0) + ROW.format("1,"), "line 2: .* got a comma at the end"),
    (ROW.format(0) + ROW.format(1).replace("0.3", ""), "line 2: .* got an empty field"),
    (ROW.format(0) + ROW.format(1).replace("0.3", '"0.3"'), "line 2: .* got quotes"),
    (ROW.format(0).replace(",", ";").replace(".", ","), "line 1: .* got semicolons"),
    (ROW.format(0) + ROW.format(1).replace("0.3", "1.5"), r"expected \[-1, 1\], column 3 goes from "
     r"0.3 to 1.5; scale it: 2 \* \(x - low\) / \(high - low\) - 1"),
    (ROW.format(0) + ROW.format(1).replace("0.1", "nan"), "line 2: expected 8 numbers"),
    (ROW.format(0) + ROW.format(1).replace("0.1", "inf"), "line 2: expected 8 numbers"),
    (ROW.format(0) + ROW.format(1).replace("0.5", "nan"), "line 2: expected 8 numbers"),
    (ROW.format(0) + "\n" + ROW.format(1), "line 2: expected 8 numbers"),
    (ROW.format(1), r"expected labels 0 and 1, last, got \[1.\]"),
])
def test_a_wrong_table_is_refused_by_line(text, message, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(utils.BadInput, match=f"table.csv.*{message}"):
        utils.read_table(path)


@pytest.mark.parametrize("change", [
    lambda text: text, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text,
    lambda text: text.replace("\n", "\r"),
])
def test_read_text(change, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(change("一行\nzwei\n").encode())
    assert utils.read_text(path) == "一行\nzwei\n"
    path.write_bytes(gzip.compress(change("一行\nzwei\n").encode()))
    assert utils.read_text(path) == "一行\nzwei\n"


@pytest.mark.parametrize(("content", "message"), [
    (None, "No such file or directory"),
    ("text".encode("utf-16"), "expected UTF-8, got UTF-16; save as UTF-8"),
    (b"one\ntwo \xff\n", "line 2: expected UTF-8"),
    (b"<!DOCTYPE html><html>404", "got a web page"),
    (gzip.compress(b"text" * 100, mtime=0)[:-9], "expected a file that can be read"),
    (b"\x1f\x8b not gzip", "expected a file that can be read"),
])
def test_a_file_that_is_no_text_is_named(content, message, tmp_path):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(utils.BadInput, match=message) as error:
        utils.read_text(path)
    assert "text.txt" in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(utils.BadInput, match="expected a file that can be read"):
        utils.read_text(tmp_path)


# ----------------------------------------------------------------------------------- figures
def test_plot_curve_draws_each_value_at_its_epoch():
    figure = utils.plot_curve([3.0, 2.0, 1.0])
    line, = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert figure.axes[0].get_xlabel() == "epoch" and figure.axes[0].get_ylabel() == "loss"
    several = utils.plot_curve({"one": [1.0], "two": [2.0, 1.0]}, ylabel="cost")
    texts = [text.get_text() for text in several.axes[0].get_legend().get_texts()]
    assert texts == ["one", "two"] and several.axes[0].get_ylabel() == "cost"
    assert [line.get_marker() for line in several.axes[0].lines] == [".", "."]  # one epoch shows
    plt.close("all")


def test_epochs_are_whole_numbers():
    figure = utils.plot_curve([2.0, 1.0])
    figure.draw_without_rendering()
    assert all(tick == int(tick) for tick in figure.axes[0].get_xticks())
    plt.close(figure)


@pytest.mark.parametrize("folder", [".", "images", "other/folder/far/away/from/images"])
def test_show_writes_the_figure_and_says_where(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(utils, "IMAGES", tmp_path / "images")
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    utils.show(utils.plot_curve([1.0]), "lesson0")
    path = tmp_path / "images" / "run" / "lesson0.png"
    assert plt.imread(path).shape == (495, 770, 4)
    assert plt.get_fignums() == []
    out, err = capsys.readouterr()
    assert out == ""                    # the last line on stdout stays the result
    said = re.fullmatch("figure: (.*)\n", err)[1]
    assert (tmp_path / folder / said).resolve() == path
    near = {".": Path("images", "run", path.name), "images": Path("run", path.name)}
    assert said == str(near.get(folder, said)) and len(said) <= len(str(path))


@pytest.mark.parametrize(("backend", "calls"), [("agg", 0), ("inline", 1), ("a window", 1)])
def test_a_window_opens_where_one_can_and_a_notebook_shows_the_figure(backend, calls, tmp_path,
                                                                      monkeypatch):
    shown = []
    monkeypatch.setattr(utils, "IMAGES", tmp_path)
    monkeypatch.setattr(plt, "show", lambda: shown.append(backend))
    figure = utils.plot_curve([1.0])
    if backend == "inline":
        monkeypatch.setattr(plt, "get_backend", lambda: "inline")
    elif backend == "a window":
        monkeypatch.setattr(figure.canvas, "required_interactive_framework", "tk", raising=False)
    utils.show(figure, "lesson0")
    assert len(shown) == calls
