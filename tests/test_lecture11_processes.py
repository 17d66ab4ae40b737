"""Lesson 11.6: one process and two train the same net; a process that is lost ends the other."""

import ast
import contextlib
import inspect
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.utils.data import DistributedSampler

import lesson11_2
import lesson11_6
from conftest import LIUER
from utils import BadInput

# The whole script on few digits: 242 train, 22 validate, 101 test. What it returns goes to a file.
# With DIE, process 1 sends itself that signal in its fifth step.
WORKER = """
    import gc, os, runpy, sys
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
    from torch.optim.optimizer import register_optimizer_step_post_hook
    import utils

    x, y, x_test, y_test = utils.load_mnist()
    few = x[:264], y[:264], x_test[:101], y_test[:101]
    utils.load_mnist = lambda device: few
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
    out = sys.argv.pop(1)
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

    def run(processes, rank, *arguments, die=None):
        command = [sys.executable, "-W", "error"]
        environment = os.environ | {"PYTHONPATH": str(LIUER),
                                    "SCRIPT": str(LIUER / "lesson11_6.py")}
        if die:
            environment["DIE"] = str(int(die))
        if rank is None:
            command += ["-m", "torch.distributed.run", "--nproc_per_node", str(processes),
                        "--master_port", port]
        elif processes > 1:
            environment |= {"RANK": str(rank), "WORLD_SIZE": str(processes),
                            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        command += [str(worker), str(tmp_path / f"of{processes}-"), *arguments]
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

    def without_times(text):
        text = re.sub(r"a step with.*\n", "", text)
        return re.sub(r"\d+\.\d s\b", "", text).splitlines()
    lines, lines_of_two = without_times(printed), without_times(printed_by_two)
    assert lines_of_two[:2] == lines[:2] and lines[0].startswith("epoch 1/2 | loss ")
    assert lines_of_two[2] == "largest difference of a weight between processes: 0.0"
    assert lines_of_two[3:] == [lines[2].replace("processes: 1", "processes: 2"), lines[3]]
    assert lines[2:] == [f"test accuracy {one['accuracy']:.2%}, processes: 1 | ",
                         "drawn lesson11_6"]


def test_two_parts_are_the_batch_and_the_mean_of_their_gradients_its_gradient():
    """Only where they have one size: of 3 and 9 images the mean of means is another."""
    torch.manual_seed(0)
    model, x, y = lesson11_6.Net(), torch.randn(12, 1, 28, 28), torch.randint(10, (12,))

    def gradient(x, y):
        loss = torch.nn.CrossEntropyLoss()(model(x), y)
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, model.parameters())])
    whole = gradient(x, y)
    torch.testing.assert_close((gradient(x[::2], y[::2]) + gradient(x[1::2], y[1::2])) / 2, whole)
    uneven = (gradient(x[:3], y[:3]) + gradient(x[3:], y[3:])) / 2
    assert (uneven - whole).norm() > 0.1 * whole.norm()

    orders = []
    for processes in (1, 2):
        parts = []
        for rank in range(processes):
            sampler = DistributedSampler(range(60), num_replicas=processes, rank=rank, seed=3)
            sampler.set_epoch(1)
            parts.append(torch.tensor(list(sampler)).split(12 // processes))
        orders.append([sorted(torch.cat(batches).tolist()) for batches in zip(*parts, strict=True)])
    assert orders[0] == orders[1] and len(orders[0]) == 5


def test_the_order_changes_every_epoch(monkeypatch, small_data):
    orders = []

    class Noted(DistributedSampler):
        def __iter__(self):
            orders.append(list(super().__iter__()))
            return iter(orders[-1])

    monkeypatch.setattr(lesson11_6, "DistributedSampler", Noted)
    lesson11_6.main(epochs=2, batch_size=30, **small_data(lesson11_6))
    assert orders[0] != orders[1]
    assert [sorted(order) for order in orders] == [list(range(66))] * 2


# ------------------------------------------------------------------------------- what has changed
def test_the_net_is_that_of_the_lesson():
    for name in ("ResidualBlock", "Net"):
        assert (inspect.getsource(getattr(lesson11_6, name))
                == inspect.getsource(getattr(lesson11_2, name)))


def test_what_differs_from_the_loop_of_the_lesson_is_marked():
    """From the net to the end of the cycle each line stands in lesson 11.2, or at most three lines
    below a comment `# changed: `; but for what only this lesson prints."""
    known = {line.strip().split("  #")[0].strip()
             for line in inspect.getsource(lesson11_2.main).splitlines()}
    known |= {"net = Net().to(device, memory_format=torch.channels_last)",
              "total += finite(loss) * len(batch)"}
    source = inspect.getsource(lesson11_6.main)
    source = source[source.index("# 2. Define model"):source.index("result = accuracy")]
    lines = [line.strip().split("  #")[0].strip() for line in source.splitlines()]
    since, marked, seen = 9, 0, 0
    for line in lines:
        since += 1
        if line.startswith("# changed: "):
            since, marked = 0, marked + 1
        elif line and not line.startswith("#") and "began" not in line and "f\"" not in line:
            seen += 1
            assert line in known or since <= 3, line
    assert marked == 5 and seen > 20


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
    text = "[/there/pair.cc:5] Read error [127.0.0.1]:1: Reset. Hints\nof gloo"
    with pytest.raises(BadInput, match=r"process 0 of 1 .*: Read error \[127.0.0.1\]:1: Reset$"), \
            lesson11_6.one_line_if_lost():
        raise RuntimeError(text)


def test_parts_of_different_size_are_refused(monkeypatch):
    monkeypatch.setattr(lesson11_6, "WORLD", 3)
    with pytest.raises(BadInput, match="--batch_size: expected a multiple of 3.*got 32"):
        lesson11_6.main()


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(BadInput, match="expected at most 2 processes"):
        lesson11_6.join(32, timeout=1)


# ------------------------------------------------------------------------------------ what it shows
def test_the_parts_of_a_step_are_drawn(monkeypatch, small_data, capsys):
    result = lesson11_6.main(epochs=1, **small_data(lesson11_6))
    assert [size for size, _ in result["times"].values()] == [32, 16, 8, 4]
    printed = capsys.readouterr().out
    for _, times in result["times"].values():
        forward, backward, exchange, update = times
        assert min(forward, backward, update) > 0 and exchange < 0.1
        assert f"forward {forward:.2f} ms, backward {backward:.2f}" in printed

    result["times"] = {1: (32, [1.0, 2.0, 5.0, 0.5]), 2: (16, [0.5, 1.0, 4.0, 0.5])}
    monkeypatch.setattr(lesson11_6, "WORLD", 2)
    figure = lesson11_6.draw(result)
    plt.close(figure)
    axes = figure.axes[0]
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights == [[1, 0.5], [2, 1], [0, 4], [0.5, 0.5]]
    assert [bar.get_y() for bar in axes.containers[3]] == [3, 5.5]
    assert list(axes.lines[0].get_ydata()) == [3.5, 1.75]
    monkeypatch.setattr(lesson11_6, "WORLD", 1)
    figure = lesson11_6.draw(result)
    plt.close(figure)
    assert [bars.get_label() for bars in figure.axes[0].containers] == [
        "forward", "backward", "update"]


def test_a_slow_step_does_not_spoil_the_times(monkeypatch):
    """Three steps by a clock of our own: 1, 2, 3 and 4 ms, in the second one a second more each."""
    clock = iter([0, 1, 3, 6, 10, 0, 1001, 2003, 3006, 4010, 0, 1, 3, 6, 10])
    monkeypatch.setattr(lesson11_6, "now", lambda device: next(clock) / 1000)
    times = lesson11_6.step_times(nn.Linear(2, 1), nn.MSELoss(), torch.ones(3, 2),
                                  torch.ones(3, 1), repeats=3)
    assert times == pytest.approx([1, 2, 3, 4])


def test_looking_leaves_the_net_as_it_was():
    torch.manual_seed(0)
    model, x, y = lesson11_6.Net(), torch.randn(8, 1, 28, 28), torch.randint(10, (8,))
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    weights, _ = lesson11_6.finish(model, torch.nn.CrossEntropyLoss(), x, y)
    assert torch.equal(weights, before)
    assert all(p.grad is None for p in model.parameters())


def test_every_print_of_the_script_is_that_of_process_0(monkeypatch, capsys):
    tree = ast.parse(inspect.getsource(lesson11_6))
    prints = [node for node in ast.walk(tree) if isinstance(node, ast.Call)
              and getattr(node.func, "id", "") == "print"]
    assert len(prints) == 1
    monkeypatch.setattr(lesson11_6, "RANK", 1)
    lesson11_6.say("hidden")
    assert capsys.readouterr().out == ""
