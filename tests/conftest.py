"""What the tests share: the scripts as modules and as processes."""

import hashlib
import inspect
import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
LIUER = ROOT / "liuer"
SCRIPTS = sorted(path.name for path in LIUER.glob("*.py") if path.name not in
                 ("utils.py", "__init__.py", "__main__.py"))
# The whole runs of these take longer than all other tests together: with --run-slow.
SLOW = ["lesson9.py", "lesson10.py", "lesson10_2.py", "lesson10_3.py", "lesson11.py",
        "lesson11_2.py", "lesson11_3.py", "lesson11_4.py", "lesson11_5.py", "lesson11_6.py",
        "lesson13.py", "lesson13_2.py", "lesson13_3.py", "lesson13_4.py", "lesson13_5.py",
        "lesson13_6.py"]
# What trains: all but these with --quick, for one more Python or another set of packages.
TRAINS = re.compile(r"test_(lecture0[5-9]|lecture1|benchmark|training|mechanisms|default_run|"
                    r"smallest_settings|quoted_output|a_wild_learning_rate|a_loss_that_becomes)")
sys.path[:0] = [str(LIUER), str(ROOT / "data"), str(ROOT / "tests")]
# What a process must find in its environment, on Windows, however bare it is.
BARE = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:      # of a job in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["MPLBACKEND"] = "agg"
os.environ["OMP_NUM_THREADS"] = "1"     # tiny tensors on busy cores are far faster with one thread

# Python runs a sitecustomize at its start: a script under test that reaches for the network fails.
# Its own machine stays reachable, which the worker processes of a DataLoader need.
NO_NETWORK = """
    import socket
    def guard(name):
        connect = getattr(socket.socket, name)
        def guarded(self, address):
            if self.family in (socket.AF_INET, socket.AF_INET6):
                raise OSError(f"a lesson must not use the network: {address}")
            return connect(self, address)
        return guarded
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, guard(name))
"""


class Run(NamedTuple):
    stdout: str
    stderr: str
    returncode: int
    figure: str             # where the script says that it wrote its figure


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="also the whole runs of all lessons")
    parser.addoption("--quick", action="store_true", help="only what does not train")


def pytest_collection_modifyitems(config, items):
    """Whole runs of heavy lessons only with --run-slow. What only compares what scripts print comes
    last: by then other tests have run them, and no worker waits for another one's run."""
    left_out = []
    if not config.getoption("--run-slow"):
        left_out += [item for item in items if item.get_closest_marker("slow")]
    if config.getoption("--quick"):
        left_out += [item for item in items if TRAINS.search(item.nodeid)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: "test_quoted_output" in item.name)


@pytest.fixture(autouse=True)
def no_figures_left():
    """pyplot warns where more than 20 figures are open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def run_script(tmp_path_factory, worker_id):
    """run_script("lesson3.py", "--epochs", "5"): run it as a reader would, but from another
    directory, without a display or a network, every warning an error. Once per session: the
    workers of pytest-xdist share what one of them has run. The line on stderr that says where the
    figure is becomes Run.figure; what else is on stderr stays."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared if worker_id == "master" else shared.parent) / "runs"
    shared.mkdir(exist_ok=True)
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(textwrap.dedent(NO_NETWORK), encoding="utf-8")

    def run(name, *arguments):
        command = [str(LIUER / name), *map(str, arguments)]
        known = shared / hashlib.sha256(json.dumps(command).encode()).hexdigest()
        with FileLock(f"{known}.lock"):
            if not known.exists():
                environment = {key: value for key, value in os.environ.items()
                               if key not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
                environment |= {"PYTHONPATH": str(site), "PYTHONIOENCODING": "utf-8"}
                elsewhere = tmp_path_factory.mktemp("elsewhere")
                process = subprocess.run(
                    [sys.executable, "-W", "error", *command], env=environment, cwd=elsewhere,
                    capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, timeout=900)
                line = re.compile(r"^figure: (.*)\n", re.MULTILINE)
                figure = str((elsewhere / "".join(line.findall(process.stderr))).resolve())
                known.write_text(json.dumps([process.stdout, line.sub("", process.stderr),
                                             process.returncode, figure]), encoding="utf-8")
        return Run(*json.loads(known.read_text(encoding="utf-8")))

    return run


@pytest.fixture
def small_data(tmp_path, monkeypatch):
    """small_data(module): let that lesson find short files and few digits; return the settings
    (paths of the short files) that main() takes in the place of its own."""
    import torch

    import utils

    def shorten(path):
        """The first lines of a file; of the book the first of every chapter."""
        text = path.read_text(encoding="utf-8")
        if path.name == "alice.txt":
            chapters = re.split(r"(?m)^(?=CHAPTER )", text)
            text = "".join(chapter[:900] + "\n\n" for chapter in chapters if chapter) + "THE END"
        else:
            text = "".join(text.splitlines(keepends=True)[::max(1, text.count("\n") // 60)])
        short = tmp_path / path.name
        short.write_text(text, encoding="utf-8")
        return short

    def prepare(module):
        if hasattr(module, "load_mnist"):
            x, y, x_test, y_test = utils.load_mnist()
            few = x[:72], y[:72], x_test[:40], y_test[:40]
            monkeypatch.setattr(module, "load_mnist", lambda device="cpu": tuple(
                tensor.clone().to(device) for tensor in few))
        settings = {}
        for name, parameter in inspect.signature(module.main).parameters.items():
            if isinstance(parameter.default, str) and parameter.default.startswith(str(utils.DATA)):
                settings[name] = str(shorten(Path(parameter.default)))
        if hasattr(module, "DATA"):     # files that are no settings
            for path in (*utils.DATA.glob("*.txt"), *utils.DATA.glob("*.csv")):
                shorten(path)
            monkeypatch.setattr(module, "DATA", tmp_path)
        torch.manual_seed(0)
        return settings

    return prepare


@pytest.fixture
def pair_files(tmp_path):
    """pair_files("g"): settings (train, val, test) with files of pairs whose other side is the
    English one word by word: e3 e1 is g3 g1."""
    def make(other):
        generator = random.Random(0)
        lines = set()
        while len(lines) < 75:
            numbers = [generator.randrange(8) for _ in range(generator.randint(1, 5))]
            sides = [" ".join(f"{letter}{i}" for i in numbers) for letter in ("e", other)]
            lines.add(f"{sides[0]}\t{sides[1]}\tx\n")
        lines, settings = sorted(lines), {}
        for part, chosen in (("train", lines[15:]), ("val", lines[:7]), ("test", lines[7:15])):
            settings[part] = str(tmp_path / f"{part}.txt")
            (tmp_path / f"{part}.txt").write_text("".join(chosen), encoding="utf-8")
        return settings

    return make


@pytest.fixture
def runs_without_torch(tmp_path):
    """runs_without_torch("lesson2", ...): in a process of their own, main() and draw() of these
    lessons leave torch unimported."""
    def run(*lessons):
        code = (f"import sys, {', '.join(lessons)}\n"
                f"for lesson in ({', '.join(lessons)},):\n"
                "    lesson.draw(lesson.main())\n"
                "assert 'torch' not in sys.modules\n")
        process = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path,
                                 env={**BARE, "PYTHONPATH": str(LIUER), "MPLBACKEND": "agg",
                                      "PATH": "", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
                                 capture_output=True, text=True)
        assert process.returncode == 0, process.stderr

    return run
