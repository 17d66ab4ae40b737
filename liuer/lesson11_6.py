"""Lesson 11.6: more than one process. Each trains on its part of a batch, and they average.

    gradient of the batch = (gradient of part 1 + ... + gradient of part W) / W

which holds only where the W parts have one size: each part's loss is a mean over its own images.
Net, train and test are those of lesson 11.2; what must change stands below a comment `# changed:`.

Run:     python liuer/lesson11_6.py                 (--help lists the settings)
         torchrun --nproc_per_node 2 liuer/lesson11_6.py
Prints:  test accuracy 99.12%, processes: 1
Notes:   liuer/README.md, lecture 11
"""

import contextlib
import copy
import os
import time
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from utils import BadInput, finite, load_mnist, pick_device, progress, settings, show

VALIDATION = 5_000      # of the 60,000 training digits, to choose settings on
# torchrun starts every process with its number and how many they are; alone there is neither.
RANK, WORLD = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


class Digits(Dataset):
    """Images (N, 28, 28) in bytes and their labels (N,), as ToTensor and Normalize make them."""

    def __init__(self, images, labels):
        x = images.unsqueeze(1) / 255           # ToTensor(): (N, 1, 28, 28), 0 to 1
        self.x = (x - 0.1307) / 0.3081          # Normalize((0.1307,), (0.3081,)): mean 0, std 1
        self.y = labels

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):            # ours: a batch at once is faster than one by one
        return self.x[indices], self.y[indices]


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
        x = x.flatten(start_dim=1)              # (N, 512)  ours: view refuses channels_last
        return self.fc(x)                       # (N, 10)  raw scores: the loss has the softmax


def train(model, loader, criterion, optimizer, scheduler=None):
    """One epoch; return the mean loss of a sample."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                 # forward
        loss = criterion(outputs, target)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        if scheduler:
            scheduler.step()                    # ours: the learning rate falls with every step
        total += loss.item() * len(target)      # the last batch is smaller
        count += len(target)
    return total / count


@torch.no_grad()
def test(model, loader):
    """Share of right answers."""
    model.eval()
    device = next(model.parameters()).device
    correct = total = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)
        predicted = outputs.argmax(dim=1)
        assert predicted.shape == target.shape  # otherwise == would compare all with all
        correct += (predicted == target).sum().item()
        total += len(target)
    return correct / total


def start(timeout, local_rank):
    """Meet the other processes, if there are any; return this one's device."""
    if torch.cuda.is_available():
        gpu = int(os.environ.get("LOCAL_RANK", local_rank))     # its number on this machine
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
        reason = str(error).split("\n")[0]
        raise BadInput(f"process {RANK} of {WORLD} stops, for another one does not answer: "
                       f"{reason}") from None


def say(text):
    if RANK == 0:       # one process prints, or every line stands there W times
        print(text)


def mean_of_processes(number, device):
    total = torch.tensor(number, device=device)
    if WORLD > 1:
        dist.all_reduce(total)          # their sum, in each process
    return total.item() / WORLD


def spread(weights):
    """The largest difference of a weight between two processes."""
    high, low = weights.clone(), weights.clone()
    if WORLD > 1:
        dist.all_reduce(high, op=dist.ReduceOp.MAX)
        dist.all_reduce(low, op=dist.ReduceOp.MIN)
    return (high - low).max().item()


def step_time(model, criterion, inputs, target, repeats=20):
    """Milliseconds that a step with these images takes (the fastest of some), on a copy."""
    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        loss = criterion(model(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()                     # a GPU answers before it has computed; this waits
        times.append(1000 * (time.perf_counter() - began))
    return min(times)


def main(epochs=2, batch_size=32, lr=0.04, timeout=60, seed=0, local_rank=0):
    """Return losses, validation accuracies, the test accuracy, the weights and times of a step.

    epochs: passes over the training digits
    batch_size: images a step, of all processes together
    lr: learning rate at the start
    timeout: seconds to wait for a process that does not answer
    seed: of the initial weights and the order of the images
    local_rank: what python -m torch.distributed.launch hands over (torchrun needs no setting)
    """
    if batch_size % WORLD:
        raise BadInput(f"--batch_size: expected a multiple of {WORLD}, the processes (only of equal"
                       f" parts is the mean of means the batch's mean), got {batch_size}")
    torch.manual_seed(seed)
    device = start(timeout, local_rank)

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:-VALIDATION], y_train[:-VALIDATION])
    val_dataset = Digits(x_train[-VALIDATION:], y_train[-VALIDATION:])
    test_dataset = Digits(x_test, y_test)
    # changed: hands out a new order of all digits in turn, one to 0, one to 1, ..., W - 1, 0, ...
    sampler = DistributedSampler(train_dataset, num_replicas=WORLD, rank=RANK, seed=seed)
    # changed: a process's part of each batch; the W parts together are the batch
    train_loader = DataLoader(train_dataset, batch_size // WORLD, sampler=sampler, collate_fn=tuple)
    val_loader = DataLoader(val_dataset, 1000, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    # 2. Define model
    net = Net().to(device, memory_format=torch.channels_last)   # the same results, sooner
    model = net
    if WORLD > 1:
        # changed: all start from the weights of process 0, and backward averages the gradients
        model = DistributedDataParallel(net)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9, weight_decay=2e-3)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

    # 4. Training cycle
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        # changed: without it every epoch has the same order
        sampler.set_epoch(epoch)
        batches = train_loader
        if RANK == 0:
            batches = progress(train_loader, f"epoch {epoch}/{epochs}")     # counts on a terminal
        loss = train(model, batches, criterion, optimizer, scheduler)
        # changed: each process knows the mean of its part alone
        losses.append(finite(mean_of_processes(loss, device)))
        # changed: the bare net, which exchanges nothing; each process tests all digits itself
        accuracies.append(test(net, val_loader))
        # changed: only process 0 prints
        say(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
            f"validation accuracy {accuracies[-1]:.2%}")

    accuracy = test(net, test_loader)       # once, at the end
    weights = torch.cat([p.detach().flatten() for p in net.parameters()])
    if WORLD > 1:
        say(f"largest difference of a weight between processes: {spread(weights)}")
    times = {}
    inputs, target = train_dataset[:batch_size]
    inputs, target = inputs.to(device), target.to(device)
    for processes in (1, 2, 4, 8):
        size = batch_size // processes
        if size > 0:
            times[size] = step_time(net, criterion, inputs[:size], target[:size])
            say(f"a step with {size:2d} images: {times[size]:.1f} ms")
    if WORLD > 1:
        del model       # before the group: in PyTorch 2.2 the other order can hang
        dist.destroy_process_group()
    say(f"test accuracy {accuracy:.2%}, processes: {WORLD}")
    return {"losses": losses, "accuracies": accuracies, "accuracy": accuracy,
            "weights": weights.cpu(), "times": times}


def draw(result):
    """What a step takes by the number of images in it, beside what equal shares would take."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    times = list(result["times"].values())
    labels, ideal = [], []
    for i, size in enumerate(result["times"]):
        processes = 2 ** i
        labels.append(f"{size} images,\n{processes} process{'' if processes == 1 else 'es'}")
        ideal.append(times[0] / processes)
    bars = axes.bar(labels, times, color="C0", label="measured")
    axes.bar_label(bars, fmt="%.1f")
    axes.plot(labels, ideal, "k_", markersize=40, label="the first, divided by the processes")
    axes.set(xlabel="a process's part of the batch", ylabel="a step without the exchange (ms)")
    axes.legend(markerscale=0.5)
    return figure


if __name__ == "__main__":
    with one_line_if_lost():
        result = main(**settings(main))
    if RANK == 0:
        show(draw(result), "lesson11_6")
