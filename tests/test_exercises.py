"""Exercises: an untouched file is open, the solution right, a typical mistake wrong."""

import ast
import contextlib
import importlib.util
import io
import re
import runpy
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from conftest import LIUER, ROOT

EXERCISES = LIUER / "exercises"
FILES = sorted(path.name for path in EXERCISES.glob("lecture*.py"))
SOLUTIONS = ROOT / "tests" / "solutions"
COURSE = ["2-1", "4-1", "4-2", "4-3", "4-4", "5-1", "7-1", "8-1", "9-1", "9-2", "10-1", "11-1",
          "11-2", "12-1", "12-2", "13-1"]
WITHOUT_TORCH = ["lecture02.py", "lecture03.py"]


@cache
def source(path):
    return path.read_text(encoding="utf-8")


def pieces(text):
    """The source of each class, function and value of a module."""
    lines = text.split("\n")
    result = {}
    for node in ast.parse(text).body:
        name = getattr(node, "name", None)
        if isinstance(node, ast.Assign):
            name = node.targets[0].id
        if name:
            result[name] = "\n".join(lines[node.lineno - 1:node.end_lineno]) + "\n"
    return result


@cache
def load_check():
    spec = importlib.util.spec_from_file_location("check", EXERCISES / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def exercises_of(name):
    """{"4-1": names of what it has to fill in}"""
    tree = ast.parse(source(EXERCISES / name))
    result = {}
    for node in tree.body:
        if re.fullmatch(r"check_\d+_\d+", getattr(node, "name", "")):
            asked = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            result[node.name[6:].replace("_", "-")] = [
                other for other in blanks_of(name) if other in asked]
    return result


@cache
def blanks_of(name):
    text = source(EXERCISES / name)
    return [piece for piece, code in pieces(text).items()
            if load_check().has_blank(ast.parse(code)) and not piece.startswith("check_")]


@cache
def solutions_of(name):
    return pieces(source(SOLUTIONS / name))


@cache
def changes_of(name, kind):
    """MISTAKES or ALSO_RIGHT: {"4-1": [(old, new), ...]}, what to change in the solution."""
    return runpy.run_path(str(SOLUTIONS / name)).get(kind, {})


def changed(name, number, old, new):
    """{name of a piece: its solution with that change}"""
    for piece in exercises_of(name)[number]:
        solution = solutions_of(name)[piece]
        if old in solution:
            return {piece: solution.replace(old, new, 1)}
    raise AssertionError((number, old))


def filled(name, changes=None, number=None):
    """The exercise file with its solutions, or with that of one number; changes: {name of a piece:
    other source}."""
    text = source(EXERCISES / name)
    for blank in exercises_of(name)[number] if number else blanks_of(name):
        code = (changes or {}).get(blank, solutions_of(name)[blank])
        text = text.replace(pieces(text)[blank], code, 1)
    return text


@pytest.fixture
def report(tmp_path, monkeypatch):
    """report(name, source, *arguments): what running that file prints, in this process."""
    def run(name, text, *arguments):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", [str(path), *arguments])
        monkeypatch.syspath_prepend(str(EXERCISES))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            runpy.run_path(str(path), run_name="__main__")
        return out.getvalue()

    return run


def states(output):
    """{"4-1": "open", ...}, and what else was printed."""
    found = re.findall(r"^(\d+-\d+) (.*)$", output, re.MULTILINE)
    return dict(found)


CASES = [(name, number) for name in FILES for number in exercises_of(name)]


@pytest.mark.parametrize("name", FILES)
def test_an_untouched_file_is_open(name, report):
    text = source(EXERCISES / name)
    lines = text.split("\n")
    output = report(name, text)
    for number, state in states(output).items():
        line = int(re.fullmatch(r"open \(line (\d+)\)", state)[1])
        assert "..." in lines[line - 1], (number, state)
    numbers = list(exercises_of(name))
    assert list(states(output)) == numbers
    assert output.split("\n")[-2] == f"0 of {len(numbers)} right; a hint: --hint {numbers[0]}"


@pytest.mark.parametrize("name", FILES)
def test_solutions_are_right(name, report):
    output = report(name, filled(name))
    assert states(output) == {number: "right" for number in exercises_of(name)}, output
    last = output.rstrip("\n").split("\n")[-1]
    assert last.startswith(f"All {len(exercises_of(name))} right. ") and len(last) > 25


@pytest.mark.parametrize(("name", "number"), CASES)
def test_mistakes_are_seen(name, number, report):
    """At least three: wrong with both values, or the error's line. Other exercises stay open."""
    mistakes = changes_of(name, "MISTAKES")[number]
    assert len(mistakes) >= 3
    for old, new in mistakes:
        changes = changed(name, number, old, new)
        text = filled(name, changes, number)
        seen = states(report(name, text))
        line = seen.pop(number)
        print(f"{number} {new!r}: {line}")
        wrong = re.fullmatch(r"wrong: (for .+ got .+, expected .+|uses .+|the check could not use "
                             r"what your code gives: .+) \(--hint [\d-]+\)", line)
        error = re.fullmatch(r"error in line (\d+): \w+: .+", line)
        assert wrong or error, (number, new, line)
        assert all(state.startswith(("open", "waiting")) for state in seen.values()), seen
        if error:
            code, = changes.values()
            first = text[:text.index(code)].count("\n") + 1
            assert first <= int(error[1]) < first + code.count("\n")


@pytest.mark.parametrize("name", FILES)
def test_other_ways_are_right_too(name, report):
    for number, ways in changes_of(name, "ALSO_RIGHT").items():
        for old, new in ways:
            output = report(name, filled(name, changed(name, number, old, new), number))
            assert states(output)[number] == "right", output


@pytest.mark.parametrize("name", FILES)
def test_what_is_of_no_use_is_never_right(name, report):
    """None, as where a return is missing, and things of other types."""
    for value in ("None", "[None]", "'text'", "float('nan')"):
        useless = {part: f"def {part}(*given):\n    return {value}\n" for part in blanks_of(name)
                   if solutions_of(name)[part].startswith("def ")}
        seen = states(report(name, filled(name, useless)))
        for number, parts in exercises_of(name).items():
            if set(parts) & set(useless):
                assert re.match("wrong|error", seen[number]), (number, value, seen[number])


@pytest.mark.parametrize("name", FILES)
def test_a_hint_is_no_code(name, report):
    for number, parts in exercises_of(name).items():
        hint = report(name, source(EXERCISES / name), "--hint", number)
        chinese, english = hint.rstrip("\n").split("\n")
        assert chinese.startswith(f"{number} ") and english.startswith(f"{number} ")
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert not re.search("[\u3001-\u9fff\uff01-\uff5e]", english)
        assert 15 < len(chinese) < 200 and 40 < len(english) < 300
        for part in parts:
            for line in solutions_of(name)[part].split("\n")[1:]:
                line = line.split("#")[0].strip()
                code = re.sub(r"^return |^\w+ [-+]?= ", "", line)
                assert len(code) < 16 or code not in hint, (hint, code)


def in_a_process(folder, *command):
    """What Python prints, started in another directory, every warning an error."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    run = subprocess.run([sys.executable, "-W", "error", *map(str, command)], cwd=elsewhere,
                         env={"PATH": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder)},
                         capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_files_as_readers_run_them(tmp_path):
    """Alone beside check.py; lectures 2 and 3 where torch cannot be imported."""
    shutil.copy(EXERCISES / "check.py", tmp_path)
    for name in FILES:
        (tmp_path / name).write_text(filled(name), encoding="utf-8")
    with_torch = [tmp_path / name for name in FILES if name not in WITHOUT_TORCH]
    code = ("import runpy, sys\n"
            "for path in sys.argv[1:]:\n"
            "    sys.argv = [path]\n"
            "    runpy.run_path(path, run_name='__main__')\n")      # torch is imported once
    output = in_a_process(tmp_path, "-c", code, *with_torch)
    (tmp_path / "torch.py").write_text("raise ImportError('no torch')", encoding="utf-8")
    for name in WITHOUT_TORCH:
        output += in_a_process(tmp_path, tmp_path / name)
    assert output.count(" right\n") == len(CASES)
    assert output.count("\nAll ") == len(FILES)


def test_a_file_where_it_lies(tmp_path):
    path = EXERCISES / "lecture02.py"
    assert in_a_process(tmp_path, path).count(" open (line ") == len(exercises_of("lecture02.py"))
    assert "\n2-2 How many steps" in in_a_process(tmp_path, path, "--hint", "2-2")


def test_the_list_of_lectures(tmp_path):
    """`python liuer/exercises` where one file is solved, one half, one does not run."""
    shutil.copytree(EXERCISES, tmp_path / "exercises")
    for path in (tmp_path / "exercises").glob("lecture*.py"):
        if path.name not in ("lecture02.py", "lecture03.py", "lecture04.py"):
            path.unlink()
    (tmp_path / "exercises" / "lecture02.py").write_text(filled("lecture02.py"), encoding="utf-8")
    half = filled("lecture03.py", number="3-1")
    (tmp_path / "exercises" / "lecture03.py").write_text(half, encoding="utf-8")
    (tmp_path / "exercises" / "lecture04.py").write_text("def\n", encoding="utf-8")
    output = in_a_process(tmp_path, tmp_path / "exercises").split("\n")
    assert output[0] == "第二讲: 4 of 4 right"
    assert output[1] == "第三讲: 1 of 5 right, next 3-2"
    assert output[2].startswith("第四讲: lecture04.py does not run: SyntaxError")


def test_an_exercise_waits_for_another_one(report):
    """Code that calls what is still open says so; Ctrl-C in a loop asks about the loop."""
    uses = "def epoch_of_sgd(xs, ys, w, lr):\n    return [w - lr * gradient(xs, ys, w)]\n"
    endless = "def lr_of_one_step(xs):\n    raise KeyboardInterrupt\n"
    text = filled("lecture03.py", {"epoch_of_sgd": uses, "lr_of_one_step": endless})
    text = text.replace(solutions_of("lecture03.py")["gradient"],
                        pieces(source(EXERCISES / "lecture03.py"))["gradient"])
    seen = states(report("lecture03.py", text))
    assert seen["3-2"] == "waiting: it uses gradient, 3-1 is still open"
    assert seen["3-5"] == "stopped: does its loop end?"


def test_how_a_difference_reads():
    """Shapes as they are, (6,) for one of one, a tensor where a number is wanted."""
    difference = load_check().difference
    assert difference((15, 4), (3, 5, 4)) == ("(15, 4)", "(3, 5, 4)")
    assert difference((6,), (5,)) == ("(6,)", "(5,)")
    assert difference(np.zeros((1, 1)), 8.0) == ("a tensor of shape (1, 1)", "the number 8.0")
    assert difference(np.zeros((3, 4)), np.zeros((4, 3))) == ("shape (3, 4)", "shape (4, 3)")


@pytest.mark.parametrize("name", FILES)
def test_the_form_of_a_file(name):
    text = source(EXERCISES / name)
    doc = ast.get_docstring(ast.parse(text))
    number = int(name[7:9])
    assert doc.startswith(f"Exercises of lecture {number}: ")
    assert f"python liuer/exercises/{name}" in doc
    assert text.count("\n# Checks") == 1
    for exercise, parts in exercises_of(name).items():
        assert exercise.startswith(f"{number}-") and parts
        assert text.count(f"\n# {exercise}. ") == 1
    top, _, bottom = text.partition("\n# Checks")
    assert "check_" not in top and "= ..." not in bottom and "return ..." not in bottom
    modules = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert "utils" not in modules
    assert not [module for module in modules if module.startswith("lesson")]


def test_every_lecture_and_every_exercise_of_the_course():
    assert [f"lecture{number:02}.py" for number in range(2, 14)] == FILES
    numbers = [number for _, number in CASES]
    assert len(numbers) == len(set(numbers)) >= 40
    assert [number for number in COURSE if number not in numbers] == []


def test_check_needs_no_torch():
    text = source(EXERCISES / "check.py")
    assert not {"torch", "numpy"} & set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))


def test_an_error_is_one_line_of_the_reader(report):
    text = filled("lecture04.py", {
        "slope_of_w": "def slope_of_w(x, y, w):\n    return z\n",
        "slopes_of_w_and_b": "def slopes_of_w_and_b(x, y):\n    return x\n",
        "slopes_by_hand": "def slopes_by_hand(x, y, w):\n    return None\n",
        "slopes_by_autograd": "def slopes_by_autograd(x, y, w):\n    return torch.ones(2, 3)\n"})
    lines = text.split("\n")
    seen = states(report("lecture04.py", text))
    assert seen["4-1"] == (f"error in line {lines.index('    return z') + 1}: "
                           "NameError: name 'z' is not defined")
    assert seen["4-2"].startswith("wrong: the check could not use what your code gives: TypeError: "
                                  "slopes_of_w_and_b() takes 2")
    assert " got None, expected " in seen["4-3"]
    assert " got shape (2, 3), expected shape (3,) (" in seen["4-4"], seen


def test_a_slice_of_everything_is_no_blank():
    has_blank = load_check().has_blank
    assert not has_blank(ast.parse("x[..., 0] = y[...]"))
    assert has_blank(ast.parse("x[0] = ...")) and has_blank(ast.parse("f(...)[..., 0]"))


def test_an_unknown_option_is_one_line(report, capsys):
    for arguments in (["--hint", "4-9"], ["--hints"], ["--hin", "4-1"], ["4-1"]):
        with pytest.raises(SystemExit) as stop:
            report("lecture04.py", source(EXERCISES / "lecture04.py"), *arguments)
        assert stop.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1
