"""Lesson 6: logistic regression. A sigmoid turns the score z into the probability of class 1.

    z = w0 x0 + w1 x1 + w2 x2 with x0 = 1        y_pred = sigmoid(z) = 1 / (1 + e^-z)
    loss = -(1/N) sum [y log y_pred + (1 - y) log(1 - y_pred)]

The lecture's own program, with hours of study and one feature, is lesson6_2.py.

Run:     python liuer/lesson6.py                    (--help lists the settings)
Prints:  z = 0.20 +1.64 x1 +2.19 x2 | loss 0.2170 | test accuracy 91.8%
Notes:   liuer/README.md, lecture 6
"""

import numpy as np
import torch
from torch import nn

from utils import finite, settings, show


def make_clouds(n, seed):
    """n points from two Gaussian clouds, around (-1, -1) and (1, 1), and the cloud of each."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2                        # (N,)  0, 1, 0, 1, ...
    noise = rng.normal(size=(n, 2))
    x = np.ones((n, 3))                         # (N, 3)  x0 = 1 carries w0
    x[:, 1] = 2 * y - 1 + noise[:, 0]
    x[:, 2] = 2 * y - 1 + noise[:, 1]
    return x, y


class LogisticRegressionModel(nn.Module):
    def __init__(self, features, bias=True):
        super().__init__()
        self.linear = nn.Linear(features, 1, bias)

    def forward(self, x):                       # (N, features)
        y_pred = torch.sigmoid(self.linear(x))  # (N, 1)  probability of class 1
        return y_pred


def main(epochs=500, lr=0.5, seed=0):
    """Train; return the losses, the weights (w0, w1, w2), the test accuracy and the points.

    epochs: steps, each over all 100 points
    lr: learning rate
    seed: of the points
    """
    # 1. Prepare data
    x, y = make_clouds(100, seed)                                   # (N, 3), (N,)
    x_data = torch.tensor(x, dtype=torch.float32)
    y_data = torch.tensor(y, dtype=torch.float32).view(-1, 1)       # (N, 1)  as y_pred
    x, y = make_clouds(1000, seed + 1)
    x_test = torch.tensor(x, dtype=torch.float32)
    y_test = torch.tensor(y, dtype=torch.float32).view(-1, 1)

    # 2. Define model
    model = LogisticRegressionModel(3, bias=False)                  # x0 = 1 is the bias
    nn.init.zeros_(model.linear.weight)     # a convex loss: any start ends in the same minimum

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        y_pred = model(x_data)                  # forward
        loss = criterion(y_pred, y_data)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        losses.append(finite(loss.item()))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    w0, w1, w2 = model.linear.weight[0].tolist()
    with torch.no_grad():
        predicted = (model(x_test) > 0.5).float()
    accuracy = (predicted == y_test).float().mean().item()
    print(f"z = {w0:.2f} {w1:+.2f} x1 {w2:+.2f} x2 | loss {losses[-1]:.4f} | "
          f"test accuracy {accuracy:.1%}")
    return {"losses": losses, "w": [w0, w1, w2], "accuracy": accuracy, "x": x_data, "y": y_data}


def draw(result):
    """The decision line through the clouds."""
    import matplotlib.pyplot as plt

    x, y = result["x"], result["y"][:, 0]
    w0, w1, w2 = result["w"]
    figure, plane = plt.subplots(figsize=(5, 4.5), layout="constrained")
    plane.plot(x[y == 0, 1], x[y == 0, 2], "o", markersize=5, label="y = 0")
    plane.plot(x[y == 1, 1], x[y == 1, 2], "^", markersize=5, label="y = 1")
    if w2 != 0:                                 # after a step
        plane.axline((0, -w0 / w2), slope=-w1 / w2, color="black", label="z = 0")
    plane.set(xlabel="x1", ylabel="x2", xlim=(-4, 4), ylim=(-4, 4), title="Decision line")
    plane.legend(loc="lower left", fontsize=9)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson6")
