"""Lesson 7: several features, several layers. 8 -> 6 -> 4 -> 1, all samples in every step.

    h1 = sigmoid(x A1^T + b1)    h2 = sigmoid(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

The table is breast cancer (Wisconsin): 569 tumours, label 1 is benign. With --path it is the
lecture's diabetes.csv.gz, or any table of eight features in [-1, 1] and a label 0 or 1.

A network that learned nothing still scores: always answering the share of class 1 is the baseline.
With three sigmoids in a row SGD 0.1 as in the lecture (--momentum 0) stays there for all of its
1000 epochs; momentum 0.9 gets it off.

Run:   python liuer/lesson7.py              (--help lists the settings)
See:   accuracy 94.4% on the rows it trained on (baseline 62.7%) | loss 0.1369 (baseline 0.6603)
Notes: liuer/README.md, lecture 7
"""

import gzip
import math
import zlib
from pathlib import Path

import torch
from torch import nn

from utils import DATA, BadInput, flags, show


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


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(8, 6)                               # A1 (6, 8), b1 (6,)
        self.linear2 = nn.Linear(6, 4)                               # A2 (4, 6), b2 (4,)
        self.linear3 = nn.Linear(4, 1)                               # A3 (1, 4), b3 (1,)
        self.sigmoid = nn.Sigmoid()     # no weights: one object serves all layers

    def forward(self, x):                                            # (N, 8)
        x = self.sigmoid(self.linear1(x))                            # (N, 6)
        x = self.sigmoid(self.linear2(x))                            # (N, 4)
        return self.sigmoid(self.linear3(x))                         # (N, 1)


@torch.no_grad()
def accuracy(model, x, y):
    return ((model(x) > 0.5) == (y == 1)).float().mean().item()


def baseline(y):
    """Loss and accuracy of the best constant answer, the share p of class 1."""
    p = y.mean().item()
    return -p * math.log(p) - (1 - p) * math.log(1 - p), max(p, 1 - p)


def main(epochs=1000, lr=0.1, momentum=0.9, seed=0, path=None):
    """Train on all rows; return the losses, the accuracy on them, and the baseline's both.

    epochs: steps, each over all rows, >= 1
    lr: learning rate, > 0 and <= 100
    momentum: momentum of SGD, the lecture uses none, >= 0 and < 1
    seed: of the initial weights, >= 0
    path: another table, CSV or .csv.gz of 8 features and a label
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x, y = load_csv(path or DATA / "breast_cancer.csv")              # (N, 8), (N, 1)
    base_loss, base_accuracy = baseline(y)
    print(f"{len(x)} rows, {y.mean():.1%} of class 1 | "
          f"baseline: loss {base_loss:.4f}, accuracy {base_accuracy:.1%}")

    # 2. Define model
    model = Model()
    print(f"{sum(p.numel() for p in model.parameters())} parameters")

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        y_pred = model(x)                                            # forward
        loss = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()                                              # backward
        optimizer.step()                                             # update
        losses.append(loss.item())
        if epoch == 1 or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.4f} | "
                  f"accuracy {accuracy(model, x, y):.1%}")

    result = accuracy(model, x, y)
    print(f"accuracy {result:.1%} on the rows it trained on (baseline {base_accuracy:.1%}) | "
          f"loss {losses[-1]:.4f} (baseline {base_loss:.4f})")
    return {"losses": losses, "accuracy": result, "baseline": (base_loss, base_accuracy)}


def draw(result):
    """The loss over the epochs, against the loss of a constant answer."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    ax.plot(range(1, len(result["losses"]) + 1), result["losses"], label="8-6-4-1, sigmoid")
    ax.axhline(result["baseline"][0], color="gray", linestyle="--", label="constant answer")
    ax.set(xlabel="epoch", ylabel="loss", title="Nothing happens at first, then it learns")
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    ax.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson7")
