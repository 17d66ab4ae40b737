"""What the tests share: the scripts as modules and as processes."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

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


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tiny tensors on busy cores are far faster with one thread than with two."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def run_script(tmp_path_factory):
    """run_script("lesson3.py", "--epochs", "5"): run it once per session, as a reader would, but
    from another directory, without a display or a network, every warning an error."""
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(textwrap.dedent(NO_NETWORK), encoding="utf-8")
    runs = {}

    def run(name, *arguments):
        arguments = tuple(map(str, arguments))
        if (name, arguments) not in runs:
            environment = {key: value for key, value in os.environ.items()
                           if key not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
            environment |= {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1",
                            "MKL_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
            process = subprocess.run(
                [sys.executable, "-W", "error", str(LIUER / name), *arguments],
                cwd=tmp_path_factory.mktemp("elsewhere"), env=environment, text=True,
                encoding="utf-8", capture_output=True, stdin=subprocess.DEVNULL, timeout=900)
            runs[name, arguments] = Run(process.stdout, process.stderr, process.returncode,
                                        ROOT / "images" / "run" / f"{Path(name).stem}.png")
        return runs[name, arguments]

    return run
