"""Lesson 6: logistic regression. A sigmoid turns the score z into the probability of class 1.

    z = w0 x0 + w1 x1 + w2 x2 with x0 = 1        y_pred = sigmoid(z) = 1 / (1 + e^-z)
    loss = -(1/N) sum [y log y_pred + (1 - y) log(1 - y_pred)]

Despite its name it is for classification: y_pred > 0.5 exactly where z > 0, so the line z = 0
separates the classes.

Run:   python liuer/lesson6.py              (--help lists the settings)
See:   z = 0.20 +1.64 x1 +2.19 x2 | loss 0.2170 | test accuracy 91.8% | p = 0.5 at 2.4 hours
Notes: liuer/README.md, lecture 6
"""

import numpy as np
import torch
from torch import nn

from utils import flags, show


def make_clouds(n, seed):
    """n points from two Gaussian clouds that overlap a little, and the cloud of each."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2                                             # (N,)  0, 1, 0, 1, ...
    centre = np.array([[-1.0, -1.0], [1.0, 1.0]])[y]                 # (N, 2)
    points = centre + rng.normal(size=(n, 2))                        # (N, 2)
    x = np.column_stack([np.ones(n), points])                        # (N, 3)  x0 = 1 carries w0
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y[:, None], dtype=torch.float32)


class LogisticRegression(nn.Module):
    def __init__(self, features, bias):
        super().__init__()
        self.linear = nn.Linear(features, 1, bias=bias)

    def forward(self, x):               # (N, features)
        return torch.sigmoid(self.linear(x))                         # (N, 1)  probability of 1


def one_feature():
    """The course's data: fail, fail, pass after 1, 2, 3 hours. Return w, b and where p = 0.5."""
    x = torch.tensor([[1.0], [2.0], [3.0]])                          # (3, 1)
    y = torch.tensor([[0.0], [0.0], [1.0]])                          # (3, 1)
    model = LogisticRegression(1, bias=True)
    nn.init.zeros_(model.linear.weight)
    nn.init.zeros_(model.linear.bias)
    criterion = nn.BCELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(1000):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    w, b = model.linear.weight.item(), model.linear.bias.item()
    half = -b / w                       # where z = 0
    print(f"one feature | p(4 hours) = {model(torch.tensor([[4.0]])).item():.3f} | "
          f"p = 0.5 at x = {half:.2f}")
    return w, b, half


def main(epochs=500, lr=0.5, seed=0):
    """Train; return losses, weights (w0, w1, w2), accuracy, the points, and the one-feature fit.

    epochs: steps, each over all 100 points, >= 1
    lr: learning rate, > 0 and <= 100
    seed: of the points, >= 0
    """
    hours = one_feature()               # starts from 0: the seed is of the points alone

    # 1. Prepare data
    x, y = make_clouds(100, seed)                                    # (N, 3), (N, 1)
    x_test, y_test = make_clouds(1000, seed + 1)

    # 2. Define model
    model = LogisticRegression(3, bias=False)                        # x0 = 1 is the bias
    nn.init.zeros_(model.linear.weight)     # a convex loss: any start ends in the same minimum

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        loss = criterion(model(x), y)                                # forward
        optimizer.zero_grad()
        loss.backward()                                              # backward
        optimizer.step()                                             # update
        losses.append(loss.item())
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    w = model.linear.weight[0].tolist()                              # w0, w1, w2
    with torch.no_grad():
        right = (model(x_test) > 0.5) == (y_test == 1)               # (N, 1)
    accuracy = right.float().mean().item()
    print(f"z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses[-1]:.4f} | "
          f"test accuracy {accuracy:.1%} | p = 0.5 at {hours[2]:.1f} hours")
    return {"losses": losses, "w": w, "accuracy": accuracy, "x": x, "y": y, "hours": hours}


def draw(result):
    """The decision line through the clouds, and the S-curve of the one-feature set."""
    import matplotlib.pyplot as plt

    x, y, (w0, w1, w2) = result["x"], result["y"][:, 0], result["w"]

    figure, (plane, curve) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    plane.plot(x[y == 0, 1], x[y == 0, 2], "o", markersize=5, label="y = 0")
    plane.plot(x[y == 1, 1], x[y == 1, 2], "^", markersize=5, label="y = 1")
    x1 = np.array([-4.0, 4.0])
    plane.plot(x1, -(w0 + w1 * x1) / w2, color="black", label="z = 0")
    plane.set(xlabel="x1", ylabel="x2", xlim=(-4, 4), ylim=(-4, 4), title="Decision line")
    plane.legend(loc="lower left", fontsize=9)

    w, b, half = result["hours"]
    hours = np.linspace(0, 6, 200)
    curve.plot(hours, 1 / (1 + np.exp(-(w * hours + b))), label="p(y = 1)")
    curve.plot([1, 2, 3], [0, 0, 1], "ro", label="samples")
    curve.plot([0, half, half], [0.5, 0.5, 0], "--", color="gray", label=f"p = 0.5 at {half:.2f}")
    curve.set(xlabel="hours", ylabel="probability of pass", title="One feature")
    curve.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson6")
