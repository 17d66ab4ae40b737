"""Settings of every script at their limits, and what utils.py gives: device, MNIST, figures."""

import importlib
import inspect
import math
import re
import runpy
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import utils
from conftest import LIUER, ROOT, SCRIPTS

# ------------------------------------------------------------------------------------- settings
LARGEST = 2**63 - 1
FLOATS = ["nan", "inf", "-inf", "1e400", "1e19", "1,5", "0x1", "one"]
_arguments = {}


class Read(Exception):
    """What a script handed to settings(): main and its other arguments."""


def arguments_of(script):
    """The script is run up to its call of settings(), once."""
    def stop(*arguments, **named):
        raise Read(arguments, named)
    if script not in _arguments:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Read) as read:
            patch.setattr(utils, "settings", stop)
            runpy.run_path(str(LIUER / script), run_name="__main__")
        _arguments[script] = read.value.args
    return _arguments[script]


@pytest.fixture
def read_settings(monkeypatch, capsys):
    """read_settings("lesson3.py", "--lr", "1"): what main() would get; the line on stderr where it
    is refused. Nothing is trained."""
    def read(script, *words):
        arguments, named = arguments_of(script)
        monkeypatch.setattr(sys, "argv", [script, *words])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)      # settings() puts its own there
        try:
            return utils.settings(*arguments, **named)
        except SystemExit as stop:
            out, err = capsys.readouterr()
            assert (stop.code, out) == (2, "") and err.count("\n") == 1
            assert err.startswith(f"{script}: ")
            return err

    return read


def defaults_of(script):
    parameters = inspect.signature(importlib.import_module(script[:-3]).main).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_number_at_its_limits(script, read_settings):
    """A whole number is at least 1, or 0 where that is its default; another is at least 0."""
    arguments, named = arguments_of(script)
    negative = [*arguments[1:], *named.values()]
    negative = negative[0] if negative else []
    for name, default in defaults_of(script).items():
        if type(default) not in (int, float):
            continue
        lowest = -100 if name in negative else min(1, default) if type(default) is int else 0
        largest = LARGEST if type(default) is int else 9.223372036854775e18
        for value in (lowest, largest):
            for option in (f"--{name}", f"--{name.replace('_', '-')}"):
                assert read_settings(script, option, str(value))[name] == value
        wrong = ["", " ", str(2**63), *FLOATS] + (["1.5", "1e3", "1.0"] if type(default) is int
                                                  else [])
        if name not in negative:
            wrong += [str(lowest - 1), "-5e-324"]
        for value in wrong:
            said = read_settings(script, f"--{name}={value}")
            assert isinstance(said, str), f"{name} {value!r} is let through"
            assert f"--{name}" in said and "see --help" in said


@pytest.mark.parametrize("script", SCRIPTS)
def test_texts_switches_and_defaults(script, read_settings):
    """A text is not empty: else --train "$FILE" would train on what ships where FILE is not set."""
    defaults = defaults_of(script)
    assert read_settings(script) == defaults
    for name, default in defaults.items():
        if type(default) is bool:
            assert read_settings(script, f"--{name}")[name] is True
            assert read_settings(script, f"--no-{name}")[name] is False
        elif default is None or type(default) is str:
            assert read_settings(script, f"--{name}", "x")[name] == "x"
            for empty in ([f"--{name}", ""], [f"--{name}="]):
                assert f"--{name}: expected a text" in read_settings(script, *empty)
    for unknown in ("--epochz", "--epoch", "-5", "word"):
        assert "unrecognized arguments: " + unknown in read_settings(script, unknown, "3")


PROGRAM = '''"""Title line.

Notes: 100% of them
"""
from utils import BadInput, settings
def main(epochs=3, lr=0.1, name=None, wide=False, w=-1.0, sizes=(3, 4), own="-"):
    """Train.

    epochs: passes over the data, 100% of them
    w: start value
    """
    if name == "wrong":
        raise BadInput("expected a right name, got 'wrong'")
    if name == "bug":
        raise KeyError(name)
    if name == "stop":
        raise KeyboardInterrupt
if __name__ == "__main__":
    values = settings(main, negative=["w"])
    print(values)
    main(**values)
'''
VALUES = {"epochs": 3, "lr": 0.1, "name": None, "wide": False, "w": -1.0, "sizes": (3, 4),
          "own": "-"}


@pytest.fixture
def program(python, tmp_path):
    """A reader's own program with settings of its own; -OO drops its docstrings."""
    path = tmp_path / "lesson0.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return lambda *words, way="-B": python(way, path, *words, PYTHONPATH=LIUER,
                                           PYTHONIOENCODING="utf-8")


def test_settings_of_a_program_of_one_s_own(program):
    assert eval(program().stdout) == VALUES
    assert eval(program("--w=-1e-3", way="-OO").stdout) == VALUES | {"w": -1e-3}
    words = ["--epochs", "7", "--lr", "1e-3", "--name", "Nguyễn", "--wide", "--w", "-2.5",
             "--sizes", "5", "6", "7"]
    run = program(*words)
    assert eval(run.stdout) == VALUES | {"epochs": 7, "lr": 1e-3, "name": "Nguyễn", "wide": True,
                                         "w": -2.5, "sizes": [5, 6, 7]}, run.stderr
    text = program("--help").stdout
    assert text.startswith("Title line.\n\nNotes: 100% of them\n")
    assert "passes over the data, 100% of them (default: 3)" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("words", "code", "said"), [
    ("--epochs 0", 2, "--epochs: expected a number, at least 1, got 0; see --help"),
    ("--sizes 4 0", 2, "--sizes: expected a number, at least 1, got 0; see --help"),
    ("--lr nan", 2, "--lr: expected a number, at least 0, got nan; see --help"),
    ("--name wrong", 1, "expected a right name, got 'wrong'"), ("--name stop", 130, "stopped")])
def test_a_mistake_and_ctrl_c_are_one_line(program, words, code, said):
    run = program(*words.split())
    assert (run.stderr, run.returncode) == (f"lesson0.py: {said}\n", code)


def test_a_defect_keeps_its_traceback(program):
    assert "Traceback" in program("--name", "bug").stderr


# ------------------------------------------------------------------------- device, loss, progress
def test_importing_utils_is_light(python):
    code = "import sys, utils; print({'torch', 'matplotlib.pyplot'} & {*sys.modules})"
    assert python("-c", code, PYTHONPATH=LIUER).stdout.strip() == "set()"


@pytest.mark.parametrize(("environment", "threads"), [({}, "4"), ({"OMP_NUM_THREADS": "2"}, "2")])
def test_a_net_takes_half_of_the_cores_or_what_the_environment_says(environment, threads, python):
    code = """import os
if "OMP_NUM_THREADS" in os.environ and os.environ["OMP_NUM_THREADS"] == "none":
    del os.environ["OMP_NUM_THREADS"]
os.cpu_count = lambda: 8
import torch, utils
utils.pick_device()
print(torch.get_num_threads())"""
    run = python("-c", code, PYTHONPATH=LIUER, CUDA_VISIBLE_DEVICES="",
                 **{"OMP_NUM_THREADS": "none", **environment})
    assert run.stdout.strip() == threads, run.stderr


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


def test_a_loss_that_is_no_number_stops_a_large_one_does_not():
    assert utils.finite(2.5) == 2.5 and utils.finite(1e30) == 1e30 and utils.finite(-3.0) == -3.0
    for loss in (math.nan, math.inf, -math.inf):
        with pytest.raises(utils.BadInput, match=f"the loss has become {loss}: .*--lr$"):
            utils.finite(loss)


@pytest.mark.parametrize("terminal", [True, False])
def test_batches_are_counted_on_a_terminal_and_nowhere_else(terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert list(utils.progress(["one", "two"], "epoch 1/5")) == ["one", "two"]
    assert capsys.readouterr().out == terminal * "epoch 1/5 | batch 1/2\repoch 1/5 | batch 2/2\r"


# ------------------------------------------------------------------------------------- MNIST
def test_load_mnist_gives_the_official_bytes():
    x_train, y_train, x_test, y_test = utils.load_mnist()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert x_train.dtype == x_test.dtype == torch.uint8
    assert y_train.dtype == y_test.dtype == torch.int64
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # the official order
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert (x_train / 255).mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert (x_train / 255).std().item() == pytest.approx(0.3081, abs=5e-5)


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


# ----------------------------------------------------------------------------------- figures
def test_plot_curve_draws_each_value_at_its_epoch():
    figure = utils.plot_curve([3.0, 2.0, 1.0])
    line, = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert figure.axes[0].get_xlabel() == "epoch" and figure.axes[0].get_ylabel() == "loss"
    figure.draw_without_rendering()
    assert all(tick == int(tick) for tick in figure.axes[0].get_xticks())
    several = utils.plot_curve({"one": [1.0], "two": [2.0, 1.0]}, ylabel="cost")
    texts = [text.get_text() for text in several.axes[0].get_legend().get_texts()]
    assert texts == ["one", "two"] and several.axes[0].get_ylabel() == "cost"
    assert [line.get_marker() for line in several.axes[0].lines] == [".", "."]  # one epoch shows


def test_show_writes_the_figure_and_says_where(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(utils, "IMAGES", tmp_path / "images")
    utils.show(utils.plot_curve([1.0]), "lesson0")
    path = tmp_path / "images" / "run" / "lesson0.png"
    assert plt.imread(path).shape == (495, 770, 4)
    assert plt.get_fignums() == [] and [*path.parent.iterdir()] == [path]
    assert capsys.readouterr() == ("", f"figure: {path}\n")     # on stdout the result stays last


@pytest.mark.parametrize(("backend", "calls"), [
    ("agg", 0), ("pdf", 0), ("inline", 1), ("module://matplotlib_inline.backend_inline", 1),
    ("widget", 1), ("TkAgg", 1)])
def test_a_window_opens_where_one_can_and_a_notebook_shows_the_figure(backend, calls, tmp_path,
                                                                      monkeypatch):
    shown = []
    monkeypatch.setattr(utils, "IMAGES", tmp_path)
    monkeypatch.setattr(plt, "show", lambda: shown.append(backend))
    figure = utils.plot_curve([1.0])
    monkeypatch.setattr(plt, "get_backend", lambda: backend)
    plt.draw_if_interactive.called = True       # as in IPython: %run would draw an empty figure
    utils.show(figure, "lesson0")
    assert len(shown) == calls and not plt.draw_if_interactive.called
