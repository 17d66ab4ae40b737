"""Lesson 7_2: the net of lesson 7 under different activations.

    h1 = f(x A1^T + b1)    h2 = f(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

Sigmoids pass on at most a quarter of the gradient each, so that net starts last; the order of the
others depends on the seed. The final layer stays a sigmoid whatever f is: BCELoss needs a
probability. With ReLU there, as an exercise slide has it, BCELoss raises an error as soon as one
output exceeds 1, and where all outputs are 0 no gradient comes through any more.

Run:   python liuer/lesson7_2.py            (--help lists the settings)
See:   loss after 500 epochs: leaky ReLU 0.0824, sigmoid 0.1427 | accuracy 96.8%, 94.9%
Notes: liuer/README.md, lecture 7
"""

import gzip
import zlib
from pathlib import Path

import torch
from torch import nn

from utils import DATA, BadInput, flags, show

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softsign": nn.functional.softsign,
    "softplus": nn.functional.softplus,
    "ReLU": torch.relu,
    "leaky ReLU": nn.functional.leaky_relu,
    "ELU": nn.functional.elu,
}


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
    def __init__(self, activation, last=torch.sigmoid):
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.activation = activation
        self.last = last

    def forward(self, x):                                            # (N, 8)
        x = self.activation(self.linear1(x))                         # (N, 6)
        x = self.activation(self.linear2(x))                         # (N, 4)
        return self.last(self.linear3(x))                            # (N, 1)


@torch.no_grad()
def accuracy(model, x, y):
    return ((model(x) > 0.5) == (y == 1)).float().mean().item()


def train(model, x, y, epochs, lr, momentum):
    """Full-batch training; return the loss of each epoch."""
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    losses = []
    for epoch in range(1, epochs + 1):
        y_pred = model(x)                                            # forward
        try:
            loss = criterion(y_pred, y)
        except RuntimeError as error:   # BCELoss: an output is no probability
            raise ValueError(f"epoch {epoch}, largest output {y_pred.max():.3f}: "
                             + str(error).split("\n")[0]) from error
        optimizer.zero_grad()
        loss.backward()                                              # backward
        optimizer.step()                                             # update
        losses.append(loss.item())
    return losses


def main(epochs=500, lr=0.1, momentum=0.9, seed=0, path=None):
    """Train one net for each activation; return their losses and accuracies, and how ReLU fails.

    epochs: steps, each over all rows, >= 1
    lr: learning rate, > 0 and <= 100
    momentum: momentum of SGD, >= 0 and < 1
    seed: of the initial weights, the same for every net, >= 0
    path: another table, CSV or .csv.gz of 8 features and a label
    """
    # 1. Prepare data
    x, y = load_csv(path or DATA / "breast_cancer.csv")              # (N, 8), (N, 1)

    # 2. Define model: Model(activation), anew from the same seed

    # 3. Loss and optimizer: BCELoss and SGD, in train()

    # 4. Training cycle: forward, backward, update are the loop of train()
    curves, accuracies = {}, {}
    for name, activation in ACTIVATIONS.items():
        torch.manual_seed(seed)
        model = Model(activation)
        curves[name] = train(model, x, y, epochs, lr, momentum)
        accuracies[name] = accuracy(model, x, y)
        learned = next((k for k, loss in enumerate(curves[name], 1) if loss < 0.3), None)
        print(f"{name:10} | loss {curves[name][-1]:.4f} | accuracy {accuracies[name]:.1%} | "
              f"loss below 0.3 {f'from epoch {learned}' if learned else 'never'}")

    raised, stuck = [], 0
    for k in range(10):
        torch.manual_seed(seed + k)
        model = Model(torch.relu, last=torch.relu)
        try:
            train(model, x, y, 50, lr, momentum)
            stuck += not model(x).any().item()
        except ValueError as error:
            raised.append(str(error))
    print(f"ReLU last, 10 seeds | BCELoss raises: {len(raised)} | all outputs 0: {stuck}")
    if raised:
        print(f"   {raised[0]}")

    slow = curves["sigmoid"][-1]
    best = min(curves, key=lambda name: curves[name][-1])
    print(f"loss after {epochs} epochs: {best} {curves[best][-1]:.4f}, sigmoid {slow:.4f} | "
          f"accuracy {accuracies[best]:.1%}, {accuracies['sigmoid']:.1%}")
    return {"losses": curves["sigmoid"], "curves": curves, "accuracies": accuracies,
            "accuracy": accuracies[best], "raised": raised, "stuck": stuck}


def draw(result):
    """The loss of every activation."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for k, (name, losses) in enumerate(result["curves"].items()):
        ax.plot(range(1, len(losses) + 1), losses, "--" if k % 2 else "-", label=name)
    ax.set(xlabel="epoch", ylabel="loss", title="8-6-4-1 with different activations")
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    ax.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson7_2")
