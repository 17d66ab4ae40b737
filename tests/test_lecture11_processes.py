"""Lesson 11.6: one process and two train the same net; a process that is lost ends the other."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
import torch

import lesson11_6
from conftest import LIUER
from utils import BadInput

# The whole script on few digits: 242 train, 5,000 validate, 101 test. What it returns goes to a
# file.
# With DIE, process 1 sends itself that signal in its fifth step.
WORKER = """
    import gc, os, runpy, sys
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
    from torch.optim.optimizer import register_optimizer_step_post_hook
    import utils

    x, y, x_test, y_test = utils.load_mnist()
    few = x[:5242], y[:5242], x_test[:101], y_test[:101]
    utils.load_mnist = lambda: few
    utils.show = lambda figure, name: print("drawn", name)
    rank, steps = os.environ.get("RANK", "0"), []

    destroy = dist.destroy_process_group

    def destroy_last():     # PyTorch 2.2 can hang where a net still holds the group
        assert not any(type(thing) is DistributedDataParallel for thing in gc.get_objects())
        destroy()

    def die(*arguments):
        steps.append(1)
        if len(steps) == 5:
            os.kill(os.getpid(), int(os.environ["DIE"]))

    if rank == "1" and "DIE" in os.environ:
        register_optimizer_step_post_hook(die)
    dist.destroy_process_group = destroy_last
    out = sys.argv.pop()
    sys.argv[0] = "lesson11_6.py"
    result = runpy.run_path(os.environ["SCRIPT"], run_name="__main__")["result"]
    torch.save(result, f"{out}{rank}.pt")
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    """start(processes, rank, "--epochs", "2", die=SIGKILL): process `rank` of so many, on few
    digits; rank=None: torchrun starts them all."""
    worker, port, started = tmp_path / "worker.py", str(free_port()), []
    worker.write_text(textwrap.dedent(WORKER), encoding="utf-8")

    def run(processes, rank, *arguments, die=None, launcher="torch.distributed.run"):
        command = [sys.executable]
        if launcher == "torch.distributed.run":     # the old launcher warns that it is old
            command += ["-W", "error"]
        environment = os.environ | {"PYTHONPATH": str(LIUER),
                                    "SCRIPT": str(LIUER / "lesson11_6.py")}
        if die:
            environment["DIE"] = str(int(die))
        if rank is None:
            command += ["-m", launcher, "--nproc_per_node", str(processes),
                        "--master_port", port]
        elif processes > 1:
            environment |= {"RANK": str(rank), "WORLD_SIZE": str(processes),
                            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        command += [str(worker), *arguments, str(tmp_path / f"of{processes}-")]
        started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        if os.name == "posix":      # what torchrun started holds the pipes too
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def result_of(tmp_path, processes, rank):
    return torch.load(tmp_path / f"of{processes}-{rank}.pt", weights_only=False)


# -------------------------------------------------------------------------------- the same net
def test_two_processes_train_the_same_net_as_one(start, tmp_path):
    """The last batch of an epoch has 2 digits, the others 12. Only process 0 prints and draws."""
    settings = ["--epochs", "2", "--batch_size", "12"]
    alone = start(1, 0, *settings)
    printed, error = alone.communicate(timeout=100)
    assert (alone.returncode, error) == (0, "")
    launched = start(2, None, *settings)
    printed_by_two, error = launched.communicate(timeout=100)
    assert launched.returncode == 0, error

    one, first, second = result_of(tmp_path, 1, 0), *(result_of(tmp_path, 2, i) for i in (0, 1))
    assert torch.equal(first["weights"], second["weights"])
    torch.testing.assert_close(first["weights"], one["weights"], rtol=1e-4, atol=1e-6)
    assert first["losses"] == second["losses"] == pytest.approx(one["losses"], rel=1e-4)
    for key in ("accuracies", "accuracy"):
        assert one[key] == first[key] == second[key]

    torch.manual_seed(0)
    weights = torch.cat([p.detach().flatten() for p in lesson11_6.Net().parameters()])
    assert (one["weights"] - weights).abs().max() > 0.01, "it has moved far"

    lines, lines_of_two = ([line for line in text.splitlines() if "a step with" not in line]
                           for text in (printed, printed_by_two))
    assert lines_of_two[:2] == lines[:2] and lines[0].startswith("epoch 1/2 | loss ")
    assert lines_of_two[2] == "largest difference of a weight between processes: 0.0"
    assert lines[2:] == [f"test accuracy {one['accuracy']:.2%}, processes: 1", "drawn lesson11_6"]
    assert lines_of_two[3:] == [lines[2].replace("processes: 1", "processes: 2"), lines[3]]


def test_the_older_launcher_starts_it_too(start):
    """python -m torch.distributed.launch hands a setting --local-rank=N to every process."""
    launched = start(2, None, "--epochs", "1", "--batch_size", "60",
                     launcher="torch.distributed.launch")
    printed, error = launched.communicate(timeout=100)
    assert launched.returncode == 0, error
    assert "processes: 2" in printed


def test_the_order_changes_every_epoch_and_a_batch_is_cut_in_equal_parts(small_data, monkeypatch):
    batches = []

    def train(model, loader, *others):
        batches.append([target.tolist() for _, target in loader])
        return 1.0
    monkeypatch.setattr(lesson11_6, "train", train)
    lesson11_6.main(epochs=2, batch_size=30, **small_data(lesson11_6))
    assert [len(batch) for batch in batches[0]] == [30, 30, 6] and batches[0] != batches[1]


def test_parts_of_different_size_are_refused(monkeypatch):
    monkeypatch.setattr(lesson11_6, "WORLD", 3)
    with pytest.raises(BadInput, match="--batch_size: expected a multiple of 3.*got 32"):
        lesson11_6.main()


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(BadInput, match="expected at most 2 processes"):
        lesson11_6.start(timeout=1, local_rank=2)


# -------------------------------------------------------------------------------- a lost process
LINE = r"(\[rank0\]: )?lesson11_6\.py: process 0 of 2 stops, for another one does not answer: .+\n"


def test_a_killed_process_ends_the_other_with_one_line(start):
    processes = [start(2, rank, "--epochs", "500", die=signal.SIGKILL) for rank in (0, 1)]
    began = time.monotonic()
    _, error = processes[0].communicate(timeout=60)
    assert re.fullmatch(LINE, error), error
    assert processes[0].returncode == 1 and processes[1].wait(10) == -signal.SIGKILL
    assert time.monotonic() - began < 50, "not only when --timeout has run out"


def test_a_process_that_stands_still_ends_the_other_after_the_timeout(start):
    processes = [start(2, rank, "--epochs", "500", "--timeout", "3", die=signal.SIGSTOP)
                 for rank in (0, 1)]
    _, error = processes[0].communicate(timeout=60)
    assert re.fullmatch(LINE, error) and "3000ms" in error, error
    assert processes[0].returncode == 1 and processes[1].poll() is None


def test_a_process_that_never_comes(start):
    alone = start(2, 0, "--timeout", "2")
    out, error = alone.communicate(timeout=60)
    assert (alone.returncode, out) == (1, "") and re.fullmatch(LINE, error), error


def test_torchrun_ends_when_a_process_is_killed(start):
    launched = start(2, None, "--epochs", "500", die=signal.SIGKILL)
    _, error = launched.communicate(timeout=60)
    assert launched.returncode == 1 and "Signal 9 (SIGKILL)" in error
    ours = [line for line in error.splitlines() if "lesson11_6.py" in line]
    assert len(ours) <= 1, "torchrun may end the other before it says its line"

def test_another_error_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="shapes"), lesson11_6.one_line_if_lost():
        raise RuntimeError("shapes do not fit")
    with pytest.raises(BadInput, match=r"process 0 of 1 .*: Read error of gloo$"), \
            lesson11_6.one_line_if_lost():
        raise RuntimeError("Read error of gloo\nand more")


def test_timing_leaves_the_net_as_it_was():
    torch.manual_seed(0)
    model, x, y = lesson11_6.Net(), torch.randn(8, 1, 28, 28), torch.randint(10, (8,))
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert lesson11_6.step_time(model, torch.nn.CrossEntropyLoss(), x, y, repeats=2) > 0
    assert torch.equal(torch.cat([p.flatten() for p in model.parameters()]), before)
    assert all(p.grad is None for p in model.parameters())
