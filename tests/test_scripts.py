"""What holds for every script: found by its file name, so a new lesson is covered at once."""

import ast
import re
import runpy
import subprocess
import sys

import pytest

from conftest import LIUER, ROOT

SCRIPTS = sorted(path.name for path in LIUER.glob("*.py") if path.name != "utils.py")
LESSONS = [name for name in SCRIPTS if name.startswith("lesson")]
NOT_TRAINED = {"lesson9_2.py"}  # shows identities: has neither model nor training cycle
STEPS = ["# 1. Prepare data", "# 2. Define model", "# 3. Loss", "# 4. Training cycle"]


def source(name):
    return (LIUER / name).read_text(encoding="utf-8")


def main_of(name):
    return next(node for node in ast.parse(source(name)).body
                if isinstance(node, ast.FunctionDef) and node.name == "main")


def default_run(run_script, name):
    """Lessons on MNIST use the digits that ship, also where the full set is there."""
    shipped = ["--shipped"] if "load_mnist" in source(name) else []
    return run_script(name, *shipped)


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


@pytest.mark.parametrize("name", SCRIPTS)
def test_importing_a_script_does_nothing(name, tmp_path):
    code = ("import sys; before = set(sys.modules); import " + name[:-3] + "\n"
            "assert 'matplotlib.pyplot' not in sys.modules\n"
            "assert 'torchvision' not in sys.modules\n")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path,
                         env={"PYTHONPATH": str(LIUER), "PATH": "", "OMP_NUM_THREADS": "1"},
                         capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", LESSONS)
def test_the_four_steps_stand_in_order(name):
    if name in NOT_TRAINED:
        pytest.skip("no training cycle")
    node = main_of(name)
    body = "\n".join(source(name).split("\n")[node.lineno - 1:node.end_lineno])
    positions = [body.find(step) for step in STEPS]
    assert -1 not in positions, dict(zip(STEPS, positions, strict=True))
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", SCRIPTS)
def test_docstring_and_settings(name):
    doc = ast.get_docstring(ast.parse(source(name)))
    title = {"lesson": rf"Lesson {name[6:-3]}: "}.get(name[:6], r"\w+")
    assert re.match(title.replace("_", r"[_.]"), doc), doc.split("\n")[0]
    assert f"Run:   python liuer/{name}" in doc
    assert re.search(r"^See: ", doc, re.MULTILINE)
    assert "Notes: liuer/README.md" in doc
    node = main_of(name)
    main_doc = ast.get_docstring(node)
    for argument in node.args.args + node.args.kwonlyargs:
        assert re.search(rf"^ *{argument.arg}: .+", main_doc, re.MULTILINE), argument.arg
    assert len(node.args.defaults) == len(node.args.args), "every setting has a default"


@pytest.mark.parametrize("name", SCRIPTS)
def test_default_run(run_script, name):
    run = default_run(run_script, name)
    assert run.stderr == ""
    assert run.returncode == 0
    assert run.figure.stat().st_size > 5_000
    last = run.stdout.rstrip("\n").split("\n")[-1]
    assert re.search(r"\d", last), last
    for word in ("nan", "inf"):
        assert not re.search(rf"\b{word}\b", last), last


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_shows_every_setting_and_its_default(stops, name):
    code, out, err = stops(name, "--help")
    assert (code, err) == (0, "")
    for argument in main_of(name).args.args:
        assert re.search(rf"--{argument.arg}\b", out)
    assert out.count("(default:") >= len(main_of(name).args.args)


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("setting", ["--epochs=-1", "--lr=0", "--seed=-1", "--batch_size=0",
                                     "--hidden=0"])
def test_an_impossible_setting_gets_one_line(stops, name, setting):
    key, value = setting[2:].split("=")
    if key not in [argument.arg for argument in main_of(name).args.args]:
        pytest.skip(f"no --{key} here")
    code, out, err = stops(name, f"--{key}", value)
    assert code == 2 and out == ""
    assert err.count("\n") == 1 and f"--{key}: expected" in err, err


def test_every_script_is_in_both_readmes():
    for path in (ROOT / "README.md", LIUER / "README.md"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in SCRIPTS if name not in text] == [], path
