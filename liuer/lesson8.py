"""Lesson 8: Dataset and DataLoader. The net of lesson 7 on mini-batches, tested on unseen rows.

    epoch: every training sample once    batch size: samples a step    iteration: one step
    456 samples in batches of 32: 14 full ones and one of 8 = 15 iterations an epoch

Dataset is abstract: the reader of it writes __len__ and __getitem__. DataLoader asks it for samples
in random order and stacks them; with --workers 2 two processes fetch them (in another order from
epoch 2 on). On Windows and macOS, and on Linux from Python 3.14 on, such a process starts by
importing this file anew, so whatever starts one must stand below `if __name__ == "__main__":`.
The default is 0: where the samples lie in memory, handing them over takes longer than it saves.

Run:   python liuer/lesson8.py              (--help lists the settings)
See:   test accuracy 94.7% | training accuracy 92.1% | baseline 61.1%
Notes: liuer/README.md, lecture 8
"""

import multiprocessing
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

from utils import DATA, BadInput, finite, flags, plot_curve, read_table, show  # liuer/utils.py


class CSVDataset(Dataset):
    """Eight features and a label 0 or 1 for each line of a CSV file."""

    def __init__(self, path):
        x, y = read_table(path)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)    # (N, 8), (N, 1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]                          # (8,), (1,)


def loader_and_index(dataset, order, batch_size):
    """Time the same batches from a DataLoader and by indexing; return whether they are equal.

    The loader fetches sample by sample and stacks them, an index gathers a whole batch at once. A
    loader earns its keep where the data do not fit in memory.
    """
    started = time.perf_counter()
    loaded = list(DataLoader(dataset, batch_size, sampler=order.tolist()))
    middle = time.perf_counter()
    indexed = [dataset[batch] for batch in order.split(batch_size)]
    finished = time.perf_counter()
    equal = all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
                for a, b in zip(loaded, indexed, strict=True))
    print(f"all rows in {len(loaded)} batches: DataLoader {1000 * (middle - started):.1f} ms, "
          f"indexing {1000 * (finished - middle):.1f} ms, equal: {equal}")
    return equal


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
    was_training = model.training
    model.eval()                        # to answer, not to train: later nets differ in the two
    right = count = 0
    for x, y in loader:
        right += ((model(x) > 0.5) == (y.view(-1, 1) == 1)).sum().item()
        count += len(x)                 # a loader that drops its last batch has fewer
    model.train(was_training)
    return right / count


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
    path: another table, CSV or .csv.gz: 8 features in [-1, 1], then a label 0 or 1
    """
    known = multiprocessing.get_all_start_methods()
    if start is not None and start not in known:
        raise BadInput(f"--start: expected one of {', '.join(known)} on this system, got {start!r}")
    torch.manual_seed(seed)

    # 1. Prepare data
    dataset = CSVDataset(path or DATA / "breast_cancer.csv")
    if len(dataset) < 5:
        raise BadInput(f"{path}: expected at least 5 rows to split, got {len(dataset)}")
    generator = torch.Generator().manual_seed(seed)
    train_set, test_set = random_split(dataset, [0.8, 0.2], generator)
    train_loader = DataLoader(train_set, batch_size, shuffle=True, generator=generator,
                              num_workers=workers, persistent_workers=workers > 0,
                              multiprocessing_context=start if workers else None)
    test_loader = DataLoader(test_set, batch_size=256)               # of the test set
    print(f"{len(train_set)} training rows in {len(train_loader)} batches, {len(test_set)} to test")

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
            total += finite(loss) * len(x)   # the last batch is smaller: weigh by samples
        losses.append(total / len(train_set))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    loader_and_index(dataset, torch.randperm(len(dataset)), batch_size)
    result = accuracy(model, test_loader)
    on_train = accuracy(model, DataLoader(train_set, batch_size=256))
    # a constant answer: the label that most training rows have, scored on the test rows
    answer = dataset.y[train_set.indices].mean().round()
    base = (dataset.y[test_set.indices] == answer).float().mean().item()
    print(f"test accuracy {result:.1%} | training accuracy {on_train:.1%} | baseline {base:.1%}")
    return {"losses": losses, "accuracy": result, "train_accuracy": on_train, "baseline": base}


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["losses"], ylabel="mean loss of the epoch"), "lesson8")
