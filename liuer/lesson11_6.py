"""Lesson 11.6: more than one process. Each trains on its part of a batch, and they average.

    gradient of the batch = (gradient of part 1 + ... + gradient of part W) / W

which holds only where the W parts have one size: each part's loss is a mean over its own images.
Net and loop are those of lesson 11.2; what must change stands below a comment `# changed:`.

Run:   python liuer/lesson11_6.py           (--help lists the settings)
       torchrun --nproc_per_node 2 liuer/lesson11_6.py
See:   test accuracy 99.16%, processes: 1
Notes: liuer/README.md, lecture 11
"""

import contextlib
import copy
import math
import os
import re
import time
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

from utils import BadInput, finite, flags, load_mnist, pick_device, show  # liuer/utils.py

# torchrun starts every process with its number and how many they are; alone there is neither.
RANK, WORLD = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)            # (N, C, H, W)  add first, then activate


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.rblock1 = ResidualBlock(16)
        self.rblock2 = ResidualBlock(32)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):                       # (N, 1, 28, 28)
        x = self.mp(F.relu(self.conv1(x)))      # (N, 16, 24, 24), then (N, 16, 12, 12)
        x = self.rblock1(x)                     # (N, 16, 12, 12)
        x = self.mp(F.relu(self.conv2(x)))      # (N, 32, 8, 8), then (N, 32, 4, 4)
        x = self.rblock2(x)                     # (N, 32, 4, 4)
        return self.fc(x.flatten(start_dim=1))  # (N, 512), then (N, 10)


def join(batch_size, timeout):
    """Meet the other processes, if there are any; return this one's device."""
    if batch_size % WORLD:
        raise BadInput(f"--batch_size: expected a multiple of {WORLD}, the processes (only of equal"
                       f" parts is the mean of means the batch's mean), got {batch_size}")
    if torch.cuda.is_available():
        gpu = int(os.environ.get("LOCAL_RANK", 0))      # its number on this machine
        if gpu >= torch.cuda.device_count():
            raise BadInput(f"expected at most {torch.cuda.device_count()} processes here, one a "
                           "GPU, got more; start fewer, or hide the GPUs: CUDA_VISIBLE_DEVICES=")
        torch.cuda.set_device(gpu)
    device = pick_device()
    if WORLD > 1:
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=timedelta(seconds=timeout))
    return device


@contextlib.contextmanager
def one_line_if_lost():
    """Without a process the others cannot go on: say so instead of waiting or of a traceback."""
    try:
        yield
    except RuntimeError as error:
        if "gloo" not in str(error) and not isinstance(error, dist.DistError):
            raise
        reason = re.sub(r"^\[\S+\] ", "", str(error)).split("\n")[0].split(". ")[0]
        raise BadInput(f"process {RANK} of {WORLD} stops, for another one does not answer: "
                       f"{reason}") from None


def say(text):
    if RANK == 0:       # one process prints, or every line stands there W times
        print(text)


def add_up(*numbers, device):
    """The sum of each number over all processes."""
    total = torch.tensor(numbers, dtype=torch.float64, device=device)
    if WORLD > 1:
        dist.all_reduce(total)
    return total.tolist()


@torch.no_grad()
def accuracy(model, x, y):
    # changed: each process reads its share of the images, then the counts are added up
    x, y = x[RANK::WORLD], y[RANK::WORLD]
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N / W,)
    model.train(was_training)
    # changed: a mean of the shares' accuracies would be wrong where they differ in size
    right, count = add_up((y_pred == y.view_as(y_pred)).sum().item(), len(y), device=x.device)
    return right / count


def step_times(model, criterion, x, y, repeats=20):
    """Milliseconds (medians) of the four parts of a step on a copy of the net: a list of four."""
    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)
    gradients = torch.zeros(sum(p.numel() for p in model.parameters()), device=x.device)
    steps = []
    for _ in range(repeats):
        clock = [now(x.device)]
        loss = criterion(model(x), y)
        clock.append(now(x.device))
        optimizer.zero_grad()
        loss.backward()
        clock.append(now(x.device))
        if WORLD > 1:
            dist.all_reduce(gradients)      # as large as what DistributedDataParallel exchanges
        clock.append(now(x.device))
        optimizer.step()
        clock.append(now(x.device))
        steps.append(clock)
    steps = 1000 * torch.tensor(steps, dtype=torch.float64).diff(dim=1)     # (repeats, 4)
    return steps.median(dim=0).values.tolist()


def now(device):
    if device.type == "cuda":
        torch.cuda.synchronize()        # a GPU answers before it has computed
    return time.perf_counter()


def finish(model, criterion, x, y):
    """Return all weights in a row and what a step takes, then leave the other processes.

    times[W] = (images in each of W processes, milliseconds of the four parts of a step).
    """
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    if WORLD > 1:
        high, low = weights.clone(), weights.clone()
        dist.all_reduce(high, op=dist.ReduceOp.MAX)
        dist.all_reduce(low, op=dist.ReduceOp.MIN)
        say(f"largest difference of a weight between processes: {(high - low).max().item()}")
    times = {}
    for processes in (1, 2, 4, 8):
        size = len(x) // processes
        if size:
            times[processes] = size, step_times(model, criterion, x[:size], y[:size])
            forward, backward, exchange, update = times[processes][1]
            say(f"a step with {size:2d} images: forward {forward:.2f} ms, backward {backward:.2f}, "
                f"exchange {exchange:.2f}, update {update:.2f}")
    if WORLD > 1:
        dist.destroy_process_group()
    return weights.cpu(), times


def main(epochs=2, batch_size=32, lr=0.04, timeout=60, seed=0):
    """Return losses, validation accuracies, the test accuracy, weights and the times of a step.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, of all processes together, >= 1
    lr: learning rate at the start, > 0 and <= 1
    timeout: seconds to wait for a process that does not answer, >= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = join(batch_size, timeout)

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    split = len(x_train) * 11 // 12     # 55,000 digits train, 5,000 validate
    x_val, y_val = x_train[split:], y_train[split:]
    x_train, y_train = x_train[:split], y_train[:split]

    # 2. Define model
    net = Net().to(device, memory_format=torch.channels_last)   # faster, see lesson 11
    # changed: all start from the weights of process 0, and backward averages the gradients
    model = DistributedDataParallel(net) if WORLD > 1 else net

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=2e-3)
    steps = epochs * math.ceil(len(x_train) / batch_size)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)
    # changed: hands out a new order of all digits in turn, one to 0, one to 1, ..., W - 1, 0, ...
    sampler = DistributedSampler(x_train, num_replicas=WORLD, rank=RANK, seed=seed)

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        total, began = 0.0, time.perf_counter()
        # changed: this process's digits, new ones every epoch; W parts together are a batch
        sampler.set_epoch(epoch)
        order = torch.tensor(list(sampler), device=device)
        for batch in order.split(batch_size // WORLD):
            loss = criterion(model(x_train[batch]), y_train[batch])     # forward
            optimizer.zero_grad()
            loss.backward()                                             # backward
            optimizer.step()                                            # update
            scheduler.step()
            total += finite(loss) * len(batch)
        # changed: sums over all processes; where W does not divide them a few digits come twice
        total, count = add_up(total, len(order), device=device)
        losses.append(total / count)
        accuracies.append(accuracy(model, x_val, y_val))
        # changed: only process 0 prints
        say(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | validation accuracy "
            f"{accuracies[-1]:.2%} | epoch {time.perf_counter() - began:.1f} s")

    result = accuracy(model, x_test, y_test)        # once, at the end
    del model       # before the process group: in PyTorch 2.2 the other order can hang
    weights, times = finish(net, criterion, x_train[:batch_size], y_train[:batch_size])
    say(f"test accuracy {result:.2%}, processes: {WORLD} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": result,
            "weights": weights, "times": times}


def draw(result):
    """The parts of a step by the number of images in it: what W processes could save at best."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    labels = [f"{size}\n{processes} process{'es' * (processes > 1)}"
              for processes, (size, _) in result["times"].items()]
    bottom = [0.0] * len(labels)
    for i, part in enumerate(("forward", "backward", f"exchange, {WORLD} processes", "update")):
        heights = [times[i] for _, times in result["times"].values()]
        if part.startswith("exchange"):
            heights[0] = 0.0                    # the whole batch in one process: none to tell
            if WORLD == 1:
                continue
        axes.bar(labels, heights, bottom=bottom, label=part)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    ideal = [bottom[0] / processes for processes in result["times"]]
    axes.plot(labels, ideal, "k_", markersize=40, label="the first divided by the processes")
    axes.set(xlabel="images of the batch in a process", ylabel="a step (ms)")
    figure.legend(loc="outside upper center", ncols=2, markerscale=0.5)
    return figure


if __name__ == "__main__":
    with one_line_if_lost():
        result = main(**flags(main))
    if RANK == 0:
        show(draw(result), "lesson11_6")
