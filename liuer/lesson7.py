"""Lesson 7: several features, several layers. 8 -> 6 -> 4 -> 1, all samples in every step.

    h1 = sigmoid(x A1^T + b1)    h2 = sigmoid(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

The table is breast cancer (Wisconsin), label 1 is benign; --path takes the lecture's diabetes.

Run:   python liuer/lesson7.py              (--help lists the settings)
See:   accuracy 94.4% on the rows it trained on (baseline 62.7%) | loss 0.1369 (baseline 0.6603)
Notes: liuer/README.md, lecture 7
"""

import math

import torch
from torch import nn

from utils import DATA, finite, flags, plot_curve, read_table, show  # liuer/utils.py


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


def accuracy(y_pred, y):
    """Share of right answers: class 1 where y_pred > 0.5."""
    return ((y_pred > 0.5) == (y.view_as(y_pred) == 1)).float().mean().item()


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
    path: another table, CSV or .csv.gz: 8 features in [-1, 1], then a label 0 or 1
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x, y = read_table(path or DATA / "breast_cancer.csv")
    x, y = torch.from_numpy(x), torch.from_numpy(y)                  # (N, 8), (N, 1)
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
        losses.append(finite(loss))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.4f} | "
                  f"accuracy {accuracy(y_pred, y):.1%}")

    result = accuracy(y_pred, y)        # of the same weights as the last loss
    print(f"accuracy {result:.1%} on the rows it trained on (baseline {base_accuracy:.1%}) | "
          f"loss {losses[-1]:.4f} (baseline {base_loss:.4f})")
    return {"losses": losses, "loss": losses[-1], "accuracy": result,
            "base_loss": base_loss, "base_accuracy": base_accuracy}


def draw(result):
    """The loss over the epochs, against the loss of a constant answer."""
    constant = [result["base_loss"]] * len(result["losses"])
    return plot_curve({"8-6-4-1, sigmoid": result["losses"], "constant answer": constant})


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson7")
