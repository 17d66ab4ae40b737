"""What holds for every script: its form, its pieces, its runs, its help."""

import ast
import builtins
import contextlib
import dis
import importlib
import inspect
import io
import math
import re
import runpy
import sys
from functools import cache

import matplotlib.pyplot as plt
import pytest
from torch.nn import functional

import utils
from scripts import LIUER, ROOT, SCRIPTS, SLOW, SMALLEST, TABLE, TRAINED

LESSONS = [name for name in SCRIPTS if name.startswith("lesson")]
WITH_STEPS = [name for name in LESSONS if TABLE[name].steps]
STEPS = ["# 1. Prepare data", "# 2. Define model", "# 3. Loss", "# 4. Training cycle"]


@cache
def source(name):
    return (LIUER / name).read_text(encoding="utf-8")


def module_of(name):
    return importlib.import_module(name[:-3])


def settings_of(name):
    return inspect.signature(module_of(name).main).parameters


# -------------------------------------------------------------------------------------- shape
def test_importing_a_script_does_nothing(python, tmp_path):
    """All in one process, where torch is imported once."""
    code = ("import importlib, sys\n"
            "for name in sys.argv[1:]:\n"
            "    importlib.import_module(name)\n"
            "    assert 'matplotlib.pyplot' not in sys.modules, name\n"
            "    assert 'torchvision' not in sys.modules, name\n")
    run = python("-W", "error", "-c", code, *[name[:-3] for name in SCRIPTS], PYTHONPATH=LIUER)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", WITH_STEPS)
def test_the_four_steps_stand_in_order(name):
    body = inspect.getsource(module_of(name).main)
    positions = [body.find(step) for step in STEPS]
    assert -1 not in positions, dict(zip(STEPS, positions, strict=True))
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", [name for name in WITH_STEPS if name not in (
    "lesson2.py", "lesson2_2.py", "lesson12_4.py")])    # they try every weight; one measures
def test_the_three_moves_are_marked_in_order(name):
    """Comments at the end of lines: forward, below it (or beside it) backward, below it update."""
    comments = re.findall(r"^ +\S.*?  +# (.*)$", source(name), re.MULTILINE)
    moves = r"^forward\b(.|\n)*\bbackward\b(.|\n)*^update\b"
    assert re.search(moves, "\n".join(comments), re.MULTILINE), comments


@pytest.mark.parametrize("name", SCRIPTS)
def test_docstring_and_settings(name):
    module = module_of(name)
    doc, main_doc = module.__doc__, module.main.__doc__
    title = r"\w"
    if name in LESSONS:
        title = "Lesson " + re.escape(name[6:-3].replace("_", ".")) + ": "
    assert re.match(title, doc), doc.split("\n")[0]
    for line in (f"Run: +python liuer/{name}", "Prints: ", "Notes: +liuer/README.md"):
        assert re.search(f"^{line}", doc, re.MULTILINE), line
    for setting, parameter in settings_of(name).items():
        assert re.search(rf"^ *{setting}: .+", main_doc, re.MULTILINE), setting
        assert parameter.default is not parameter.empty, f"{setting} has no default"


# ------------------------------------------------------------------------------ copying works
def names_read(code):
    """Names of the module that this code, and what is defined in it, reads."""
    names = {step.argval for step in dis.get_instructions(code)
             if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if inspect.iscode(constant):
            names |= names_read(constant)
    return names


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_piece_can_be_copied(name):
    """A class or function reads nothing that only a run has made; at most imports, functions,
    classes, and UPPER_CASE constants of the file."""
    module = module_of(name)
    for piece in vars(module).values():
        if getattr(piece, "__module__", "") != module.__name__:
            continue
        functions = vars(piece).values() if inspect.isclass(piece) else [piece]
        for function in functions:
            function = inspect.unwrap(getattr(function, "__func__", function))
            if not inspect.isfunction(function):
                continue
            for read in names_read(function.__code__):
                assert read in vars(module) or hasattr(builtins, read), (function, read)
                value = vars(module).get(read)
                plain = not callable(value) and not inspect.ismodule(value)
                assert read not in vars(module) or not plain or read.isupper(), read


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_lesson_imports_another(name):
    others = {script[:-3] for script in SCRIPTS}
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in others
        elif isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & others


# --------------------------------------------------------------------------------------- runs
def without_numbers(line):
    return re.sub(r"\d[\d,.]*(e[-+]\d+)?", "#", line).split()


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW
                                  else name for name in SCRIPTS])
def test_default_run(run_script, name):
    """As a process in another directory, without a network, every warning an error."""
    run = run_script(name)
    assert run.stderr == ""
    assert run.returncode == 0
    figure = ROOT / "images" / "run" / f"{name[:-3]}.png"
    assert run.figure == str(figure) and figure.stat().st_size > 5_000
    last = run.stdout.rstrip("\n").split("\n")[-1]
    assert re.search(r"\d", last), last
    if not TABLE[name].honest:                  # it tells of its nan
        assert not re.search(r"\b(nan|inf)\b", last), last
    prints = re.search(r"^Prints: +(.*(?:\n {8}.*)*)", module_of(name).__doc__, re.MULTILINE)[1]
    assert without_numbers(prints) == without_numbers(last), "the docstring has another last line"


@pytest.mark.parametrize("name", SCRIPTS)
def test_smallest_settings(name, small_data, tmp_path):
    """main() and the figure with one epoch, batches of one, one hidden unit."""
    module = module_of(name)
    settings = small_data(module)
    settings |= {key: value for key, value in SMALLEST.items() if key in settings_of(name)}
    settings |= TABLE[name].smallest
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = module.main(**settings)
    assert out.getvalue().strip() and isinstance(result, dict)
    figure = module.draw(result)
    figure.savefig(tmp_path / "figure.png")
    lines = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 1]
    assert all(line.get_marker() not in ("", "None", None) for line in lines)   # a point shows
    plt.close("all")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_wild_learning_rate(name, small_data, capsys):
    """One line that names lr, or a result without nan, or one that says so; and its figure."""
    module, known = module_of(name), settings_of(name)
    if "lr" not in known:
        return
    settings = small_data(module)
    settings |= {key: 3 for key in ("epochs", "steps") if key in known}
    try:
        result = module.main(lr=1e12, **settings)
    except utils.BadInput as error:
        assert re.search(r"\blr\b", str(error)) and "\n" not in str(error)
        return
    out = capsys.readouterr().out
    told = "diverges" in out or TABLE[name].honest
    assert told or not re.search(r"\b(nan|inf)\b", out.splitlines()[-1])
    module.draw(result).draw_without_rendering()


@pytest.mark.parametrize("name", [
    name for name in TRAINED if not TABLE[name].honest
    and name not in ("lesson8.py", "lesson8_2.py")])    # BCELoss refuses nan, and never gives it
def test_a_loss_that_becomes_nan_stops_the_training(name, small_data, monkeypatch, capsys):
    module = module_of(name)
    settings = small_data(module)

    def broken(function):
        return lambda *arguments, **named: function(*arguments, **named) * math.nan
    for loss in ("cross_entropy", "binary_cross_entropy", "mse_loss"):
        monkeypatch.setattr(functional, loss, broken(getattr(functional, loss)))
    with pytest.raises(utils.BadInput, match="the loss has become nan: .*--lr"):
        module.main(**settings)
    assert "loss nan" not in capsys.readouterr().out


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_the_docstring_and_every_setting_with_its_default(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(LIUER / name), "--help"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)      # settings() puts its own there
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(LIUER / name), run_name="__main__")
    out, err = capsys.readouterr()
    assert (stop.value.code, err) == (0, "")
    module = module_of(name)
    assert out.startswith(module.__doc__.rstrip())
    text = re.sub(r"\s+", "", out)
    for setting, parameter in settings_of(name).items():
        meaning = re.search(rf"^ *{setting}: (.+)$", module.main.__doc__, re.MULTILINE)[1]
        wanted = f"{meaning} (default: {parameter.default})"
        assert re.sub(r"\s+", "", wanted) in text
        assert re.search(rf"--{setting}\b", out)


# --------------------------------------------------------------------------------------- list
def test_the_list_of_scripts(python):
    run = python("-W", "error", LIUER, PYTHONIOENCODING="utf-8")
    assert run.returncode == 0 and run.stderr == ""
    rows = [line.split(maxsplit=1) for line in run.stdout.split("\n\n")[0].split("\n")]
    assert sorted(name for name, _ in rows) == SCRIPTS
    for name, title in rows:
        assert title == module_of(name).__doc__.split("\n")[0]
    names = [name for name, _ in rows]
    assert names.index("lesson9.py") < names.index("lesson9_2.py") < names.index("lesson10.py")


def test_every_script_is_in_both_readmes():
    for path in (ROOT / "README.md", LIUER / "README.md", LIUER / "README.en.md"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in SCRIPTS if name not in text] == [], path
