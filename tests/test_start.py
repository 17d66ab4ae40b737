"""Where and how a script is started: consoles, pipes, folders, notebooks, interpreters. What only a
process shows is shown by lesson 2 or 3, which start fast: all scripts begin with the same settings
and end with the same show()."""

import os
import re
import shutil
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
from packaging.requirements import Requirement

from scripts import LIUER, ROOT

RESULT = "best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0\n"
PLACE = f"figure: {ROOT / 'images' / 'run' / 'lesson2.png'}\n"


def shown_figure(process):
    """The picture at the place that the last line on stderr names, and what stands before it."""
    before, _, place = process.stderr.rpartition("figure: ")
    return plt.imread(place.rstrip("\n")), before


# ------------------------------------------------------------------------------------- consoles
LETTERS = '''
from utils import settings
def main():
    """Letters."""
if __name__ == "__main__":
    main(**settings(main))
    print("Grüße, Nguyễn, œuvre, 王伟, Žižek, 😀")
    print("the result")
'''


@pytest.mark.parametrize(("coding", "first"), [
    ("gbk", "Gr"), ("cp1252", "Grüße, Nguy?n, œuvre, ??, Žižek, ?"),
    ("cp437", "Grüße, Nguy?n, ?uvre, ??, ?i?ek, ?"), ("cp932", "Gr??e, Nguy?n, ?uvre, 王"),
    ("ascii", "Gr??e, Nguy?n, ?uvre, ??, ?i?ek, ?")])
def test_letters_that_a_console_does_not_have(python, tmp_path, coding, first):
    (tmp_path / "letters.py").write_text(LETTERS, encoding="utf-8")
    code = f"""import subprocess, sys
out = subprocess.run([sys.executable, {str(tmp_path / 'letters.py')!r}], capture_output=True)
sys.stdout.buffer.write(out.stdout.decode({coding!r}).encode("utf-8"))
sys.stderr.buffer.write(out.stderr)
sys.exit(out.returncode)"""
    process = python("-c", code, PYTHONPATH=LIUER, PYTHONIOENCODING=coding)
    assert (process.returncode, process.stderr) == (0, "")
    lines = process.stdout.splitlines()
    assert lines[0].startswith(first) and lines[1:] == ["the result"]


def test_a_translation_under_a_chinese_code_page(python, tmp_path):
    """The result of a training is not lost for a letter."""
    pairs = "".join(f"we greet {i}\twir grüßen {i} Ärzte\tx\n" for i in range(12))
    (tmp_path / "pairs.txt").write_text(pairs, encoding="utf-8")
    settings = [f"--{part}={tmp_path / 'pairs.txt'}" for part in ("train", "val", "test")]
    process = python(LIUER / "lesson13_4.py", "--epochs", 1, *settings, PYTHONIOENCODING="gbk")
    assert process.returncode == 0, process.stderr
    assert "BLEU" in process.stdout.splitlines()[-1]
    assert shown_figure(process)[1] == ""


def test_a_pipe_that_closes(tmp_path):
    process = subprocess.Popen([sys.executable, str(LIUER / "lesson3.py")], cwd=tmp_path,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait() == 1
    process.stderr.close()


def test_ctrl_c_keeps_what_was_reached(python):
    """A signal as Ctrl-C sends it, once the first epoch is printed."""
    code = f"""import runpy, signal, sys
class Console:
    def write(self, text):
        sys.__stdout__.write(text)
        if "epoch   1/" in text:
            signal.raise_signal(signal.SIGINT)
    def flush(self):
        sys.__stdout__.flush()
sys.stdout = Console()
sys.argv = ["lesson3.py"]
runpy.run_path({str(LIUER / 'lesson3.py')!r}, run_name="__main__")"""
    process = python("-c", code, PYTHONPATH=LIUER)
    assert "epoch   1/100 | " in process.stdout and "epoch  10/100" not in process.stdout
    assert process.stderr == "lesson3.py: stopped\n"
    assert process.returncode == 130


# ------------------------------------------------------------------------------------- figures
def test_a_backend_that_cannot_draw(python, tmp_path):
    """As an older PyCharm brings one for a newer matplotlib."""
    (tmp_path / "backend_interagg.py").write_text("class FigureCanvasInterAgg: pass\n", "utf-8")
    process = python(LIUER / "lesson2.py", PYTHONPATH=tmp_path,
                    MPLBACKEND="module://backend_interagg")
    assert process.returncode == 0 and process.stdout.endswith(RESULT)
    first, second = process.stdout.splitlines()[:2]
    assert first.startswith("no window can be opened (") and second.startswith("w = 0")
    assert process.stderr == PLACE


def test_images_that_cannot_be_written(python, tmp_path):
    copy = copy_of_the_tree(tmp_path / "tree")
    (copy / "images").write_text("a file where the folder should be", encoding="utf-8")
    process = python(copy / "liuer" / "lesson2.py")
    assert process.returncode == 0 and process.stdout.endswith(RESULT)
    picture, before = shown_figure(process)
    assert picture.shape == (495, 770, 4)
    assert before.count("\n") == 1 and before.startswith("images/run cannot be written: ")


def test_two_lessons_at_once(tmp_path):
    names = ["lesson2.py", "lesson2.py", "lesson2_2.py"]
    copy = copy_of_the_tree(tmp_path / "tree")
    processes = [subprocess.Popen([sys.executable, str(copy / "liuer" / name)], cwd=tmp_path,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                 for name in names]
    for name, process in zip(names, processes, strict=True):
        out, err = process.communicate()
        assert process.returncode == 0 and out.splitlines()[-1].startswith("best w = 2.0")
        assert err == f"figure: {copy / 'images' / 'run' / name[:-3]}.png\n"
        assert plt.imread(copy / "images" / "run" / f"{name[:-3]}.png").ndim == 3


# --------------------------------------------------------------------- folders, environments
def copy_of_the_tree(folder):
    """The scripts, the table of lesson 7, and an empty place for figures."""
    shutil.copytree(LIUER, folder / "liuer", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "breast_cancer.csv", folder / "data")
    return folder


@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "C"}, {"LC_ALL": "C", "LANG": "C",
                                                               "PYTHONCOERCECLOCALE": "0"}])
def test_a_folder_with_chinese_letters_and_a_space(python, tmp_path, environment):
    copy = copy_of_the_tree(tmp_path / "深度 学习")
    process = python("-W", "error", copy / "liuer" / "lesson7.py", "--epochs", 2, **environment)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1].startswith("accuracy ")
    assert (copy / "images" / "run" / "lesson7.png").stat().st_size > 5_000
    assert process.stderr.startswith("figure: ") and process.stderr.count("\n") == 1


@pytest.mark.parametrize("way", ["-O", "-OO", "-Werror"])
def test_ways_of_starting_python(python, way):
    """No asserts; no docstrings; every warning an error. Without HOME, as always here."""
    process = python(way, LIUER / "lesson2.py", "--step", 0.5)
    assert (process.returncode, process.stderr) == (0, PLACE)
    assert process.stdout.endswith(RESULT)


# ------------------------------------------------------------------------ as modules, notebooks
def test_a_lesson_as_a_module(python):
    process = python("-m", "liuer.lesson2", "--step", "0.5", PYTHONPATH=ROOT)
    assert (process.returncode, process.stderr) == (0, PLACE)
    assert process.stdout.endswith(RESULT) and process.stdout.count("y_pred") == 9


def test_the_list_as_a_module(python):
    process = python("-m", "liuer", PYTHONPATH=ROOT)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == python(LIUER).stdout


def test_a_class_is_imported_from_the_package(python):
    code = "from liuer.lesson3 import cost; from liuer import lesson2; print(cost([1.0], [3.0], 1))"
    process = python("-c", code, PYTHONPATH=ROOT)
    assert (process.stdout, process.stderr, process.returncode) == ("4.0\n", "", 0)


@pytest.mark.parametrize("kind", ["utils.py", "utils/__init__.py", "utils/other.py"])
def test_another_utils_on_the_path(python, tmp_path, kind):
    """A script's own folder and the package come first; what is imported already is refused."""
    path = tmp_path / "project" / kind
    path.parent.mkdir(parents=True)
    path.write_text("mine = 1\n", encoding="utf-8")
    project = tmp_path / "project"
    both = os.pathsep.join([str(project), str(ROOT)])
    for command in ([LIUER / "lesson2.py"], ["-m", "liuer.lesson2"]):
        process = python(*command, PYTHONPATH=both)
        assert process.returncode == 0 and process.stdout.endswith(RESULT)
    process = python("-c", "import utils; import liuer", PYTHONPATH=both)
    last = process.stderr.splitlines()[-1]
    assert last.startswith("ImportError: expected liuer/utils.py, got another module utils: ")


@pytest.mark.parametrize("other", [None, "mine = 1\n"])
def test_a_lesson_copied_alone(python, tmp_path, other):
    """Python's own words name what is missing."""
    shutil.copy(LIUER / "lesson2.py", tmp_path)
    if other:
        (tmp_path / "utils.py").write_text(other, encoding="utf-8")
    process = python(tmp_path / "lesson2.py")
    assert process.returncode == 1
    assert "utils" in process.stderr.splitlines()[-1] and process.stderr.count("\n") <= 5


KERNEL = ["/python/site-packages/ipykernel_launcher.py", "-f", "/root/kernel-1.json"]


def test_a_script_pasted_into_a_notebook(python):
    """There main() stands in a cell, and the command line is the kernel's, not the script's."""
    code = f"""import sys
sys.argv = {KERNEL!r}
sys.path.insert(0, {str(LIUER)!r})
exec(open({str(LIUER / 'lesson2.py')!r}, encoding="utf-8").read())"""
    process = python("-c", code)
    assert (process.returncode, process.stderr) == (0, PLACE)
    assert process.stdout.endswith(RESULT)


def test_run_in_a_notebook_takes_settings(python):
    """%run sets sys.argv and runs the file as __main__, one after the other in one process."""
    code = f"""import runpy, sys
for name, setting in (("lesson2", "--step"), ("lesson3", "--lr")):
    sys.argv = [name + ".py", setting, "0.2"]
    sys.path.insert(0, {str(LIUER)!r})
    runpy.run_path({str(LIUER)!r} + "/" + name + ".py", run_name="__main__")"""
    process = python("-c", code)
    assert process.returncode == 0
    assert process.stdout.count("y_pred") == 11 and "epoch 100/100" in process.stdout


# --------------------------------------------------------------------------------- installation
def lines_of(*path):
    """The lines of a text file, without comments."""
    text = ROOT.joinpath(*path).read_text(encoding="utf-8")
    return [line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()]


REQUIRED = [Requirement(line) for line in lines_of("requirements.txt")]


@pytest.mark.parametrize(("system", "machine", "fits"), [
    ("darwin", "x86_64", False), ("darwin", "arm64", True), ("linux", "x86_64", True),
    ("win32", "AMD64", True)])
def test_numpy_2_is_not_put_beside_the_last_torch_for_intel_macs(system, machine, fits):
    here = {"sys_platform": system, "platform_machine": machine}
    numpy, = (one for one in REQUIRED if one.name == "numpy" and one.marker.evaluate(here))
    assert numpy.specifier.contains("2.3.0") == fits and numpy.specifier.contains("1.26.4")


def test_the_oldest_versions_are_those_that_are_admitted():
    """tests/noxfile.py runs the suite with them."""
    oldest = dict(line.split("==") for line in lines_of("tests", "constraints-oldest.txt"))
    for required in REQUIRED:
        bound, = (one.version for one in required.specifier if one.operator == ">=")
        assert oldest[required.name] == bound + ".0"


def test_the_workflow_runs_the_commands_of_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Two commands")[1]
    blocks = re.findall(r"```(\w+)\n(.*?)```", text.split("\n## ")[0], re.DOTALL)
    commands = [(shell, line) for shell, block in blocks for line in block.splitlines()]
    assert [shell for shell, _ in commands] == 2 * ["bash"] + 2 * ["powershell"] + 2 * ["bat"]
    assert all(("&&" in line) == (shell != "powershell") for shell, line in commands)
    workflow = lines_of(".github", "workflows", "tests.yml")
    assert sorted(line for _, line in commands) == sorted(
        line.removeprefix("run: ") for line in workflow if line.startswith("run: "))
