"""What the tests share: the scripts as modules and as processes."""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
LIUER = ROOT / "liuer"
sys.path[:0] = [str(LIUER), str(ROOT / "data"), str(ROOT / "tests")]
os.environ["MPLBACKEND"] = "agg"

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
    figure: Path


def pytest_collection_modifyitems(items):
    """What only compares what scripts print comes last: by then other tests have run them, and no
    worker waits for another one's run."""
    items.sort(key=lambda item: "test_quoted_output" in item.name)


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tiny tensors on busy cores are far faster with one thread than with two."""
    import torch

    torch.set_num_threads(1)


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
                environment |= {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1",
                                "MKL_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
                process = subprocess.run(
                    [sys.executable, "-W", "error", *command], env=environment,
                    cwd=tmp_path_factory.mktemp("elsewhere"), capture_output=True,
                    encoding="utf-8", stdin=subprocess.DEVNULL, timeout=900)
                known.write_text(json.dumps([process.stdout, process.stderr, process.returncode]),
                                 encoding="utf-8")
        return Run(*json.loads(known.read_text(encoding="utf-8")),
                   ROOT / "images" / "run" / f"{Path(name).stem}.png")

    return run
