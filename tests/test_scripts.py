"""What holds for every script: found by its file name, so a new lesson is covered at once."""

import ast
import builtins
import contextlib
import importlib
import inspect
import io
import math
import re
import runpy
import statistics
import subprocess
import sys
from functools import cache

import matplotlib.pyplot as plt
import pytest
from torch.nn import functional

import utils
from conftest import BARE, LIUER, ROOT, SCRIPTS, SLOW

LESSONS = [name for name in SCRIPTS if name.startswith("lesson")]
STEPS = ["# 1. Prepare data", "# 2. Define model", "# 3. Loss", "# 4. Training cycle"]
NOT_TRAINED = ["lesson9_2.py"]      # shows identities: has neither model nor training cycle
NO_LOOP = ["lesson2.py", "lesson2_2.py"]    # try every weight: no backward, no update
# Lessons that take readers' own names, that are exercises with data, or go beyond the lecture, read
# better with more lines than the 150 of the others.
BUDGETS = {"lesson10_3.py": 416, "lesson11_5.py": 285, "lesson11_6.py": 265, "lesson13.py": 208,
           "lesson13_2.py": 175, "lesson13_3.py": 230, "lesson13_4.py": 237, "lesson13_5.py": 250,
           "lesson13_6.py": 332, "lesson13_7.py": 180}
SMALLEST = {"epochs": 1, "batch_size": 1, "hidden": 1}      # of the settings that a script has
MAKES_MANY = {"lesson9_3.py": {"rows": 200},                # one by one all take a minute
              "lesson12_5.py": {"batch_size": 50}}


@cache
def source(name):
    return (LIUER / name).read_text(encoding="utf-8")


@cache
def tree(name):
    return ast.parse(source(name))


@cache
def main_of(name):
    return next(node for node in tree(name).body
                if isinstance(node, ast.FunctionDef) and node.name == "main")


def settings_of(name):
    return [argument.arg for argument in main_of(name).args.args]


def text_of(name, node):
    return "\n".join(source(name).split("\n")[node.lineno - 1:node.end_lineno])


def functions_of(name):
    return [node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef)]


@pytest.fixture
def stops(monkeypatch, capsys):
    """stops("lesson3.py", "--help"): run it in this process, where torch is already imported, until
    it exits; return its exit status, stdout and stderr."""
    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [str(LIUER / name), *arguments])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)      # flags() puts its own there
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(LIUER / name), run_name="__main__")
        return stop.value.code, *capsys.readouterr()

    return run


# -------------------------------------------------------------------------------------- shape
def test_importing_a_script_does_nothing(tmp_path):
    """All in one process, where torch is imported once."""
    code = ("import importlib, sys\n"
            "for name in sys.argv[1:]:\n"
            "    importlib.import_module(name)\n"
            "    assert 'matplotlib.pyplot' not in sys.modules, name\n"
            "    assert 'torchvision' not in sys.modules, name\n")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code, *[s[:-3] for s in SCRIPTS]],
                         env={**BARE, "PYTHONPATH": str(LIUER), "OMP_NUM_THREADS": "1"},
                         cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(set(LESSONS) - set(NOT_TRAINED)))
def test_the_four_steps_stand_in_order(name):
    body = text_of(name, main_of(name))
    positions = [body.find(step) for step in STEPS]
    assert -1 not in positions, dict(zip(STEPS, positions, strict=True))
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", sorted(set(LESSONS) - set(NOT_TRAINED) - set(NO_LOOP)))
def test_the_three_moves_are_marked_in_order(name):
    """Comments at the end of lines: forward, below it (or beside it) backward, below it update."""
    comments = re.findall(r"^ +\S.*?  +# (.*)$", source(name), re.MULTILINE)
    moves = r"^forward\b(.|\n)*\bbackward\b(.|\n)*^update\b"
    assert re.search(moves, "\n".join(comments), re.MULTILINE), comments


@pytest.mark.parametrize("name", SCRIPTS)
def test_docstring_and_settings(name):
    doc = ast.get_docstring(tree(name))
    title = r"\w"
    if name in LESSONS:
        title = "Lesson " + re.escape(name[6:-3].replace("_", ".")) + ": "
    assert re.match(title, doc), doc.split("\n")[0]
    assert f"Run:   python liuer/{name}" in doc
    assert re.search(r"^See: ", doc, re.MULTILINE)
    assert "Notes: liuer/README.md" in doc
    main_doc = ast.get_docstring(main_of(name))
    for setting in settings_of(name):
        assert re.search(rf"^ *{setting}: .+", main_doc, re.MULTILINE), setting
    assert len(main_of(name).args.defaults) == len(settings_of(name)), "every setting has a default"


@pytest.mark.parametrize("name", SCRIPTS)
def test_seconds_stand_in_the_table_of_the_readme_and_nowhere_else(name):
    assert not re.search(r"\d s\b|\d seconds|\d minutes", ast.get_docstring(tree(name)))


@pytest.mark.parametrize("name", SCRIPTS)
def test_budget(name):
    assert len(source(name).splitlines()) <= BUDGETS.get(name, 150)
    main = main_of(name)
    assert main.end_lineno - main.lineno + 1 <= 60


def test_budget_of_the_median():
    """Of the scripts that the lectures have; those beyond them are longer."""
    beyond = ("lesson8_2.py", "lesson9_3.py", "lesson10_3.py", "lesson11_5.py", "lesson11_6.py",
              "lesson13_7.py")
    lines = [len(source(name).splitlines()) for name in SCRIPTS if name not in beyond]
    assert statistics.median(lines) <= 105, statistics.median(lines)


# ------------------------------------------------------------------------------ copying works
def imported_names(body):
    """Names that a module's import statements bind."""
    names = set()
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return names


def free_names(name, node):
    """Names of the module that a class or function reads: those it neither binds nor gets."""
    read, bound = set(), {argument.arg for argument in ast.walk(node)
                          if isinstance(argument, ast.arg)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (read if isinstance(part.ctx, ast.Load) else bound).add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            bound.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            bound |= imported_names([part])
    return read - bound - set(dir(builtins))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_piece_can_be_copied(name):
    """A class needs its imports, its arguments and other classes of the file; a function besides
    that only functions and the UPPER_CASE constants at the head of the file."""
    body = tree(name).body
    imports = imported_names(body) - {"BadInput", "DATA", "MEAN", "STD", "IMAGES"}
    classes = {node.name for node in body if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    constants = set()
    for node in body:
        if isinstance(node, ast.Assign):
            constants |= {part.id for target in node.targets for part in ast.walk(target)
                          if isinstance(part, ast.Name)}
    assert [constant for constant in constants if not constant.isupper()] == []
    first = min(node.lineno for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef)))
    assert all(node.lineno < first for node in body if isinstance(node, ast.Assign))
    for node in body:
        if isinstance(node, ast.ClassDef):
            assert free_names(name, node) <= imports | classes, node.name
        elif isinstance(node, ast.FunctionDef):
            shared = imports | classes | functions | constants
            shared |= {"BadInput", "DATA", "MEAN", "STD", "IMAGES"}
            assert free_names(name, node) <= shared, node.name


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_lesson_imports_another(name):
    modules = {script[:-3] for script in SCRIPTS}
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in modules
        elif isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & modules


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_evaluates_leaves_the_model_as_it_was(name):
    """Whoever calls eval() on a model notes its mode first and sets it again, in one function."""
    for node in functions_of(name):
        text = text_of(name, node)
        if ".eval()" in text:
            assert re.search(r"(\w+) = (\w+)\.training\n(.*\n)*.*\2\.train\(\1\)", text), node.name


# --------------------------------------------------------------------------------------- runs
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW
                                  else name for name in SCRIPTS])
def test_default_run(run_script, name):
    run = run_script(name)
    assert run.stderr == ""
    assert run.returncode == 0
    figure = ROOT / "images" / "run" / f"{name[:-3]}.png"
    assert run.figure == str(figure) and figure.stat().st_size > 5_000
    last = run.stdout.rstrip("\n").split("\n")[-1]
    assert re.search(r"\d", last), last
    for word in ("nan", "inf"):
        assert not re.search(rf"\b{word}\b", last), last
    see = re.search(r"^See: +(.*)", ast.get_docstring(tree(name)), re.MULTILINE)[1]

    def words(line):
        return re.sub(r"\d[\d,.]*(e[-+]\d+)?", "#", line).split()
    last = re.sub(r" \| [\d.]+ s$", "", last)
    assert words(see) == words(last), "the docstring's See is the last line of a run"


@pytest.mark.parametrize("name", SCRIPTS)
def test_smallest_settings(name, small_data, tmp_path, monkeypatch):
    """main() and the figure with one epoch, batches of one, one hidden unit."""
    module = importlib.import_module(name[:-3])
    settings = small_data(module)
    settings |= {key: value for key, value in SMALLEST.items() if key in settings_of(name)}
    settings |= MAKES_MANY.get(name, {})
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = module.main(**settings)
    assert out.getvalue().strip() and isinstance(result, dict)
    figures = [node for node in ast.walk(tree(name)) if isinstance(node, ast.Call)
               and getattr(node.func, "id", "") == "show"]
    assert len(figures) == 1
    drawing = ast.unparse(figures[0].args[0])
    figure = eval(drawing, {**vars(module), "result": result})
    figure.savefig(tmp_path / "figure.png")
    lines = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 1]
    assert all(line.get_marker() not in ("", "None", None) for line in lines)   # a point shows
    plt.close("all")


WITH_RATE = [name for name in SCRIPTS if "lr" in settings_of(name)]
# Reports which of its optimizers diverge; keeps accuracies and no losses.
HONEST = ["lesson5_2.py", "lesson12_5.py"]


@pytest.mark.parametrize("name", WITH_RATE)
def test_a_wild_learning_rate(name, small_data, capsys):
    """One line that names lr, or a result in numbers: no nan to the end, no overflow."""
    module = importlib.import_module(name[:-3])
    settings = small_data(module)
    settings |= {key: 3 for key in ("epochs", "steps") if key in settings_of(name)}
    try:
        module.main(lr=1e12, **settings)
    except utils.BadInput as error:
        assert re.search(r"\blr\b", str(error)) and "\n" not in str(error)
    else:
        assert not re.search(r"\b(nan|inf)\b", capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize("name", [name for name in WITH_RATE if name not in HONEST
                                  and int(re.search(r"\d+", name)[0]) >= 7])
def test_a_loss_that_becomes_nan_stops_the_training(name, small_data, monkeypatch, capsys):
    module = importlib.import_module(name[:-3])
    settings = small_data(module)

    def broken(function):
        return lambda *arguments, **named: function(*arguments, **named) * math.nan
    for loss in ("cross_entropy", "binary_cross_entropy", "mse_loss"):
        monkeypatch.setattr(functional, loss, broken(getattr(functional, loss)))
    with pytest.raises(utils.BadInput, match="the loss has become nan, .*--lr"):
        module.main(**settings)
    if name != "lesson12_4.py":         # which shows how a net without clipping is lost
        assert "loss nan" not in capsys.readouterr().out


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_shows_every_setting_and_its_default(stops, name):
    code, out, err = stops(name, "--help")
    assert (code, err) == (0, "")
    for setting in settings_of(name):
        assert re.search(rf"--{setting}\b", out)
    text = re.sub(r"\s+", " ", out)
    doc = inspect.cleandoc(ast.get_docstring(main_of(name)))
    for setting in settings_of(name):       # its meaning, limits included
        meaning = re.search(rf"^{setting}: (.+)$", doc, re.MULTILINE)[1]
        assert re.sub(r"\s+", "", meaning) in re.sub(r"\s+", "", text)
    assert out.count("(default:") >= len(settings_of(name))


# --------------------------------------------------------------------------------------- list
def test_the_list_of_scripts():
    run = subprocess.run([sys.executable, "-W", "error", str(LIUER)], capture_output=True,
                         encoding="utf-8", env={**BARE, "PYTHONIOENCODING": "utf-8"})
    assert run.returncode == 0 and run.stderr == ""
    rows = [line.split(maxsplit=1) for line in run.stdout.split("\n\n")[0].split("\n")]
    assert sorted(name for name, _ in rows) == SCRIPTS
    for name, title in rows:
        assert title == ast.get_docstring(tree(name)).split("\n")[0]
    names = [name for name, _ in rows]
    assert names.index("lesson9.py") < names.index("lesson9_2.py") < names.index("lesson10.py")


def test_every_script_is_in_both_readmes():
    for path in (ROOT / "README.md", LIUER / "README.md", LIUER / "README.en.md"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in SCRIPTS if name not in text] == [], path
