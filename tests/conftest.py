"""What the tests share: scripts as processes, short data, a watched run of each script."""

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

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scripts import LIUER, ROOT, SCRIPTS, SLOW, TABLE  # noqa: E402, F401

sys.path[:0] = [str(LIUER), str(ROOT / "data")]
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


class Finished(NamedTuple):
    stdout: str
    stderr: str             # without the line that says where the figure is
    returncode: int
    figure: str             # where that line says it is


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of one script's watched run go to one worker: the run is made once. What only compares
    what scripts print comes last: by then other tests have run them, and no worker waits."""
    for item in items:
        if {"watch", "small_data", "run_script"} & set(item.fixturenames):
            item.add_marker("trains")
        if "watch" in item.fixturenames and "name" in item.callspec.params:
            item.add_marker(pytest.mark.xdist_group(item.callspec.params["name"]))
    items.sort(key=lambda item: "test_quoted_output" in item.name)


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    import torch
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_figures_left():
    """pyplot warns where more than 20 figures are open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def python(tmp_path):
    """python("-c", "print(1)", NAME="value"): Python as a process, in an empty directory, with
    nothing in its environment but NAME and what it cannot do without; wait for its end."""
    def run(*command, **environment):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        bare = {**BARE, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "0"}
        environment = {name: str(value) for name, value in environment.items()}
        return subprocess.run([sys.executable, *map(str, command)], cwd=elsewhere,
                              env={**bare, **environment}, capture_output=True, encoding="utf-8",
                              errors="replace", stdin=subprocess.DEVNULL, timeout=280)

    return run


@pytest.fixture(scope="session")
def run_script(tmp_path_factory, worker_id):
    """run_script("lesson3.py", "--epochs", "5"): run it as a reader would, but from another
    directory, without a display or a network, every warning an error. Once per session: the
    workers of pytest-xdist share what one of them has run."""
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
        return Finished(*json.loads(known.read_text(encoding="utf-8")))

    return run


_short_texts, _digits = {}, []


def short_text(path):
    """About sixty lines of a file; of the book the first of every chapter."""
    if path not in _short_texts:
        text = path.read_text(encoding="utf-8")
        if path.name == "alice.txt":
            chapters = re.split(r"(?m)^(?=CHAPTER )", text)
            text = "".join(chapter[:900] + "\n\n" for chapter in chapters if chapter) + "THE END"
        else:
            text = "".join(text.splitlines(keepends=True)[::max(1, text.count("\n") // 60)])
        _short_texts[path] = text
    return _short_texts[path]


def few_digits():
    """72 digits to train on, 40 to test, as load_mnist gives them."""
    import utils
    if not _digits:
        x, y, x_test, y_test = utils.load_mnist()
        _digits.extend([x[:72].clone(), y[:72], x_test[:40].clone(), y_test[:40]])
    return tuple(part.clone() for part in _digits)


@pytest.fixture
def small_data(tmp_path, monkeypatch):
    """small_data(module): let that lesson find short files and few digits (six of them validate);
    return the settings (paths of the short files) that main() takes in the place of its own."""
    import torch

    import utils

    def prepare(module):
        if hasattr(module, "load_mnist"):
            monkeypatch.setattr(module, "load_mnist", few_digits)
        if hasattr(module, "VALIDATION"):
            monkeypatch.setattr(module, "VALIDATION", 6)
        for path in sorted(utils.DATA.glob("*.?sv")) + sorted(utils.DATA.glob("*.txt")):
            (tmp_path / path.name).write_text(short_text(path), encoding="utf-8")
        for place in (module, sys.modules.get("files")):     # whichever looks for them
            if hasattr(place, "DATA"):
                monkeypatch.setattr(place, "DATA", tmp_path)
        torch.manual_seed(0)
        return {name: str(tmp_path / Path(parameter.default).name)
                for name, parameter in inspect.signature(module.main).parameters.items()
                if str(parameter.default).startswith(str(utils.DATA))}

    return prepare


@pytest.fixture
def watch(small_data, monkeypatch, tmp_path):
    """watch("lesson9.py", seed=3): a watching.Run of that script on short data. With change=f,
    f(module, patch) may alter data or module first. Without either the run is made once."""
    import watching
    return watching.watcher(small_data, monkeypatch, tmp_path)


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
def runs_without_torch(python):
    """runs_without_torch("lesson2", ...): in a process of their own, main() and draw() of these
    lessons leave torch unimported."""
    def run(*lessons):
        process = python("-W", "error", "-c", f"import sys, {', '.join(lessons)}\n"
                         f"for lesson in ({', '.join(lessons)},):\n"
                         "    lesson.draw(lesson.main())\n"
                         "assert 'torch' not in sys.modules\n", PYTHONPATH=LIUER)
        assert process.returncode == 0, process.stderr

    return run
