"""Lesson 5: linear regression with PyTorch. Four steps, and three moves in every training cycle.

    y_pred = w x + b        loss = sum (y_pred - y)^2

From here on every lesson keeps this order: prepare data, define model, loss and optimizer,
training cycle; and in the cycle forward, backward, update.

Run:     python liuer/lesson5.py                    (--help lists the settings)
Lecture: the same settings
Prints:  w = 1.9996 | b = 0.0009 | prediction y(4) = 7.9994 (before training: 0.5)
Notes:   liuer/README.md, lecture 5
"""

import math

import torch
from torch import nn

from utils import settings, show


class LinearModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)           # weight (1, 1), bias (1,)

    def forward(self, x):                       # (N, 1)
        y_pred = self.linear(x)                 # (N, 1)
        return y_pred


def main(epochs=1000, lr=0.01, seed=0):
    """Fit the line; return the losses, w, b, y(4), and the line at some epochs.

    epochs: steps, each over all samples
    lr: learning rate
    seed: of the initial weights
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x_data = torch.tensor([[1.0], [2.0], [3.0]])        # (N, 1)  one row a sample
    y_data = torch.tensor([[2.0], [4.0], [6.0]])        # (N, 1)
    x_test = torch.tensor([[4.0]])                      # (1, 1)

    # 2. Define model
    model = LinearModel()
    with torch.no_grad():                       # to predict, no graph for gradients is needed
        before = model(x_test).item()

    # 3. Loss and optimizer
    criterion = nn.MSELoss(reduction="sum")     # the mean would be a third: steps a third as long
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    # 4. Training cycle
    losses = []
    lines = {0: (model.linear.weight.item(), model.linear.bias.item())}     # epoch: (w, b)
    for epoch in range(1, epochs + 1):
        y_pred = model(x_data)                  # forward
        loss = criterion(y_pred, y_data)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        losses.append(loss.item())
        w = model.linear.weight.item()
        b = model.linear.bias.item()
        if epoch in (1, 10, 100, epochs):
            lines[epoch] = (w, b)
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.8f} | w {w:.6f} | b {b:9.6f}")
        if not math.isfinite(losses[-1]) or losses[-1] > 1e6:
            print(f"diverges: loss {losses[-1]:.2g} in epoch {epoch}, each step ends further from "
                  "the minimum; try --lr below 0.06")
            lines[epoch] = (w, b)
            break

    with torch.no_grad():
        y_test = model(x_test).item()
    print(f"w = {w:.4f} | b = {b:.4f} | prediction y(4) = {y_test:.4f} "
          f"(before training: {before:.1f})")
    return {"losses": losses, "lines": lines, "x_data": x_data, "y_data": y_data,
            "w": w, "b": b, "prediction": y_test}


def draw(result):
    """The line at some epochs, and the loss."""
    import matplotlib.pyplot as plt

    figure, (fit, loss) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for epoch, (w, b) in result["lines"].items():
        fit.plot([0, 5], [b, 5 * w + b], label=f"epoch {epoch}")
    fit.plot(result["x_data"], result["y_data"], "ko", label="samples")
    fit.plot(4, result["prediction"], "k*", markersize=12,
             label=f"y(4) = {result['prediction']:.4f}")
    fit.set(xlabel="x", ylabel="y", title="The line on its way to y = 2x")
    fit.legend()
    epochs = range(1, len(result["losses"]) + 1)
    loss.semilogy(epochs, result["losses"], marker="o", markevery=[0])
    loss.set(xlabel="epoch", ylabel="loss (sum)", title="Loss")
    loss.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson5")
