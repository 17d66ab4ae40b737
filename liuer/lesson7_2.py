"""Lesson 7.2: the net of lesson 7 under different activations.

    h1 = f(x A1^T + b1)    h2 = f(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

Run:   python liuer/lesson7_2.py            (--help lists the settings)
See:   lowest loss: leaky ReLU 0.0824, accuracy 96.8% | sigmoid 0.1427, accuracy 94.9%
Notes: liuer/README.md, lecture 7
"""

import torch
import torch.nn.functional as F
from torch import nn

from utils import DATA, finite, flags, plot_curve, read_table, show  # liuer/utils.py

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softsign": F.softsign,
    "softplus": F.softplus,
    "ReLU": torch.relu,
    "leaky ReLU": F.leaky_relu,
    "ELU": F.elu,
}


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


def train(model, x, y, epochs, lr, momentum):
    """Full-batch training; return the loss of each epoch, and the accuracy in the last one."""
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    losses = []
    for _ in range(epochs):
        y_pred = model(x)                                            # forward
        loss = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()                                              # backward
        optimizer.step()                                             # update
        losses.append(finite(loss))
    right = (y_pred > 0.5) == (y == 1)                               # (N, 1)
    return losses, right.float().mean().item()


def main(epochs=500, lr=0.1, momentum=0.9, seed=0, path=None):
    """Train one net for each activation; return their losses and accuracies, and how ReLU fails.

    epochs: steps, each over all rows, >= 1
    lr: learning rate, > 0 and <= 100
    momentum: momentum of SGD, >= 0 and < 1
    seed: of the initial weights, the same for every net, >= 0
    path: another table, CSV or .csv.gz: 8 features in [-1, 1], then a label 0 or 1
    """
    # 1. Prepare data
    x, y = read_table(path or DATA / "breast_cancer.csv")
    x, y = torch.from_numpy(x), torch.from_numpy(y)                  # (N, 8), (N, 1)

    # 2. Define model: Model(activation), anew from the same seed
    # 3. Loss and optimizer: BCELoss and SGD, in train()
    # 4. Training cycle: forward, backward, update are the loop of train()
    curves, accuracies = {}, {}
    for name, activation in ACTIVATIONS.items():
        torch.manual_seed(seed)
        curves[name], accuracies[name] = train(Model(activation), x, y, epochs, lr, momentum)
        slow = sum(loss > 0.3 for loss in curves[name])
        print(f"{name:10} | loss {curves[name][-1]:.4f} | accuracy {accuracies[name]:.1%} | "
              f"above 0.3 for {slow} epochs")

    errors, all_zero = [], 0        # how nets fail that end in ReLU, not in a sigmoid
    for other_seed in range(seed, seed + 10):
        torch.manual_seed(other_seed)
        model = Model(torch.relu, last=torch.relu)
        try:
            train(model, x, y, 50, lr, momentum)
            if model(x).max() == 0:
                all_zero += 1           # no gradient comes through any more
        except RuntimeError as error:   # BCELoss: an output is no probability
            first_line = str(error).split("\n")[0]
            errors.append(f"largest output {model(x).max():.3f}: {first_line}")
    print(f"ReLU last, 10 seeds | BCELoss raises: {len(errors)} | all outputs 0: {all_zero}")
    if errors:
        print(f"   {errors[0]}")

    best = min(curves, key=lambda name: curves[name][-1])
    print(f"lowest loss: {best} {curves[best][-1]:.4f}, accuracy {accuracies[best]:.1%} | "
          f"sigmoid {curves['sigmoid'][-1]:.4f}, accuracy {accuracies['sigmoid']:.1%}")
    return {"curves": curves, "accuracies": accuracies, "errors": errors, "all_zero": all_zero}


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["curves"]), "lesson7_2")
