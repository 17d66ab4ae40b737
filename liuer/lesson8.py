"""Lesson 8: Dataset and DataLoader. The net of lesson 7 on mini-batches, tested on unseen rows.

    epoch: every training sample once    batch size: samples a step    iteration: one step
    456 samples in batches of 32: 14 full ones and one of 8 = 15 iterations an epoch

Dataset is abstract: the reader of it writes __len__ and __getitem__. DataLoader asks it for samples
in random order and stacks them. With --workers 2 two processes fetch them. On Windows and macOS,
and on Linux from Python 3.14 on, such a process starts by importing this file anew, so whatever
starts one must stand below `if __name__ == "__main__":`. The default is 0: these samples lie in
memory, and with two workers, which must hand them over, a run takes about twice as long. Workers
also change the random order from epoch 2 on, so the result differs as with another seed.

Run:   python liuer/lesson8.py              (--help lists the settings)
See:   test accuracy 94.7% | training accuracy 92.1% | baseline 61.1% | 1.2 s    (2 cores)
Notes: liuer/README.md, lecture 8
"""

import gzip
import multiprocessing
import time
import zlib
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

from utils import DATA, BadInput, flags, plot_curve, show


def load_csv(path):
    """Read lines of 8 features and a label 0 or 1, plain or gzipped -> x (N, 8), y (N, 1)."""
    rows = []
    try:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":  # by content: some browsers unzip and leave the name
            content = gzip.decompress(content)
        for number, line in enumerate(content.decode("utf-8").rstrip().splitlines(), 1):
            try:
                row = [float(value) for value in line.split(",")]
            except ValueError:
                row = []
            if len(row) != 9 or row[-1] not in (0, 1) or not all(abs(v) < 1e6 for v in row):
                raise ValueError(f"line {number}: {line[:60]!r}")
            rows.append(row)
        if len({row[-1] for row in rows}) < 2:
            raise ValueError(f"{len(rows)} rows, without both labels")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or error           # "No such file or directory"
        raise BadInput(f"{path}: expected lines of 8 numbers and a label 0 or 1 (CSV or .csv.gz), "
                       f"got: {reason}; without --path the table that ships is used") from None
    table = torch.tensor(rows)                                       # (N, 9)
    return table[:, :8], table[:, 8:]


class CSVDataset(Dataset):
    """Eight features and a label 0 or 1 for each line of a CSV file."""

    def __init__(self, path):
        self.x, self.y = load_csv(path)                              # (N, 8), (N, 1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]                          # (8,), (1,)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):                                            # (N, 8)
        x = self.sigmoid(self.linear1(x))                            # (N, 6)
        x = self.sigmoid(self.linear2(x))                            # (N, 4)
        return self.sigmoid(self.linear3(x))                         # (N, 1)


@torch.no_grad()
def accuracy(model, loader):
    """Share of right answers over all samples of a loader."""
    model.eval()
    right = sum(((model(x) > 0.5) == (y == 1)).sum().item() for x, y in loader)
    model.train()
    return right / len(loader.dataset)


def main(epochs=100, batch_size=32, lr=0.1, momentum=0.9, workers=0, start=None, seed=0,
         path=None):
    """Train on four fifths of the rows, test on the rest; return losses and both accuracies.

    epochs: passes over the training rows, >= 1
    batch_size: samples a step, >= 1
    lr: learning rate, > 0 and <= 100
    momentum: momentum of SGD, >= 0 and < 1
    workers: processes that fetch samples, 0 for none but this one, >= 0 and <= 64
    start: how workers start: spawn, forkserver or fork (without it: as this system does)
    seed: of the split, the weights and the order of the samples, >= 0
    path: another table, CSV or .csv.gz of 8 features and a label
    """
    known = multiprocessing.get_all_start_methods()
    if start is not None and start not in known:
        raise BadInput(f"--start: expected one of {', '.join(known)} on this system, got {start!r}")
    torch.manual_seed(seed)
    started = time.perf_counter()

    # 1. Prepare data
    dataset = CSVDataset(path or DATA / "breast_cancer.csv")
    n_test = len(dataset) // 5
    if n_test == 0:
        raise BadInput(f"{path}: expected at least 5 rows to split, got {len(dataset)}")
    generator = torch.Generator().manual_seed(seed)
    train_set, test_set = random_split(dataset, [len(dataset) - n_test, n_test], generator)
    train_loader = DataLoader(train_set, batch_size, shuffle=True, generator=generator,
                              num_workers=workers, persistent_workers=workers > 0,
                              multiprocessing_context=start if workers else None)
    test_loader = DataLoader(test_set, batch_size=256)               # of the test set
    share = sum(y.item() for _, y in test_set) / n_test
    baseline = max(share, 1 - share)
    print(f"{len(train_set)} training rows in {len(train_loader)} batches | {n_test} test rows | "
          f"baseline accuracy {baseline:.1%}")

    # 2. Define model
    model = Model()

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in train_loader:                                    # (B, 8), (B, 1)
            loss = criterion(model(x), y)                            # forward
            optimizer.zero_grad()
            loss.backward()                                          # backward
            optimizer.step()                                         # update
            total += loss.item() * len(x)   # the last batch is smaller: weigh by samples
        losses.append(total / len(train_set))
        if epoch == 1 or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    result = accuracy(model, test_loader)
    on_train = accuracy(model, DataLoader(train_set, batch_size=256))
    print(f"test accuracy {result:.1%} | training accuracy {on_train:.1%} | "
          f"baseline {baseline:.1%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracy": result, "train_accuracy": on_train,
            "baseline": baseline}


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["losses"], ylabel="mean loss of the epoch"), "lesson8")
