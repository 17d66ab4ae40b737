"""Lesson 6: logistic regression. A sigmoid turns the score z into the probability of class 1.

    z = w0 x0 + w1 x1 + w2 x2 with x0 = 1        y_pred = sigmoid(z) = 1 / (1 + e^-z)
    loss = -(1/N) sum [y log y_pred + (1 - y) log(1 - y_pred)]

Run:   python liuer/lesson6.py              (--help lists the settings)
See:   z = 0.20 +1.64 x1 +2.19 x2 | loss 0.2170 | test accuracy 91.8% | p = 0.5 at 2.4 hours
Notes: liuer/README.md, lecture 6
"""

import numpy as np
import torch
from torch import nn

from utils import flags, show  # liuer/utils.py


def make_clouds(n, seed):
    """n points from two Gaussian clouds that overlap a little, and the cloud of each."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2                                             # (N,)  0, 1, 0, 1, ...
    points = 2 * y[:, None] - 1 + rng.normal(size=(n, 2))            # (N, 2)  around -1 or 1
    x = np.column_stack([np.ones(n), points])                        # (N, 3)  x0 = 1 carries w0
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y[:, None], dtype=torch.float32)


class LogisticRegression(nn.Module):
    def __init__(self, features, bias):
        super().__init__()
        self.linear = nn.Linear(features, 1, bias=bias)

    def forward(self, x):               # (N, features)
        return torch.sigmoid(self.linear(x))                         # (N, 1)  probability of 1


def one_feature():
    """The course's data: fail, fail, pass after 1, 2, 3 hours. Return where p = 0.5."""
    x = torch.tensor([1.0, 2.0, 3.0])
    y = torch.tensor([0.0, 0.0, 1.0])
    w, b = 0.0, 0.0
    for _ in range(1000):
        error = torch.sigmoid(w * x + b) - y    # d loss/dz of the summed loss, see lesson6_1.py
        w = w - 0.01 * (error * x).sum()
        b = b - 0.01 * error.sum()
    half = (-b / w).item()              # where z = 0
    print(f"one feature | p(4 hours) = {torch.sigmoid(4 * w + b):.3f} | p = 0.5 at x = {half:.2f}")
    return half


def main(epochs=500, lr=0.5, seed=0):
    """Train; return losses, weights (w0, w1, w2), accuracy, the points, the hours where p = 0.5.

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

    w = model.linear.weight[0].detach()                              # (3,)  w0, w1, w2
    accuracy = ((x_test @ w > 0) == (y_test[:, 0] == 1)).float().mean().item()  # z > 0: p > 0.5
    print(f"z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses[-1]:.4f} | "
          f"test accuracy {accuracy:.1%} | p = 0.5 at {hours:.1f} hours")
    return {"losses": losses, "w": w.tolist(), "accuracy": accuracy, "x": x, "y": y, "hours": hours}


def draw(result):
    """The decision line through the clouds."""
    import matplotlib.pyplot as plt

    x, y, (w0, w1, w2) = result["x"], result["y"][:, 0], result["w"]
    figure, plane = plt.subplots(figsize=(5, 4.5), layout="constrained")
    plane.plot(x[y == 0, 1], x[y == 0, 2], "o", markersize=5, label="y = 0")
    plane.plot(x[y == 1, 1], x[y == 1, 2], "^", markersize=5, label="y = 1")
    plane.axline((0, -w0 / w2), slope=-w1 / w2, color="black", label="z = 0")
    plane.set(xlabel="x1", ylabel="x2", xlim=(-4, 4), ylim=(-4, 4), title="Decision line")
    plane.legend(loc="lower left", fontsize=9)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson6")
