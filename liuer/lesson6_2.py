"""Lesson 6.2: the lecture's program. Who studies for 1, 2, 3 hours fails, fails, passes.

    y_pred = sigmoid(w x + b)        loss = -sum [y log y_pred + (1 - y) log(1 - y_pred)]

Run:     python liuer/lesson6_2.py                  (--help lists the settings)
Lecture: the same settings
Prints:  w = 1.1091 | b = -2.6833 | p(4 hours) = 0.852 | p = 0.5 at 2.42 hours
Notes:   liuer/README.md, lecture 6
"""

import torch
from torch import nn

from utils import finite, settings, show


class LogisticRegressionModel(nn.Module):
    def __init__(self, features, bias=True):
        super().__init__()
        self.linear = nn.Linear(features, 1, bias)

    def forward(self, x):                       # (N, features)
        y_pred = torch.sigmoid(self.linear(x))  # (N, 1)  probability of class 1
        return y_pred


def main(epochs=1000, lr=0.01, seed=0):
    """Train; return the losses, p over 0 to 10 hours, p(4 hours), and the hours where p = 0.5.

    epochs: steps, each over all three students
    lr: learning rate
    seed: of the initial weights
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x_data = torch.tensor([[1.0], [2.0], [3.0]])        # (N, 1)  hours
    y_data = torch.tensor([[0.0], [0.0], [1.0]])        # (N, 1)  1: passed

    # 2. Define model
    model = LogisticRegressionModel(1)                  # nn.Linear(1, 1) and a sigmoid

    # 3. Loss and optimizer
    criterion = nn.BCELoss(reduction="sum")
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
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.4f}")

    hours = torch.linspace(0, 10, 200)                  # (200,)
    with torch.no_grad():
        p = model(hours.view(200, 1))                   # (200, 1)
        p_4 = model(torch.tensor([[4.0]])).item()
    w = model.linear.weight.item()
    b = model.linear.bias.item()
    half = -b / w                                       # there w x + b = 0
    print(f"w = {w:.4f} | b = {b:.4f} | p(4 hours) = {p_4:.3f} | p = 0.5 at {half:.2f} hours")
    return {"losses": losses, "hours": hours, "p": p[:, 0], "p_4": p_4, "half": half}


def draw(result):
    """The probability to pass over the hours of study."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(result["hours"], result["p"], label="p")
    axes.axhline(0.5, color="red", label="p = 0.5")
    axes.plot([1, 2, 3], [0, 0, 1], "ko", label="students")
    axes.set(xlabel="Hours", ylabel="Probability of Pass",
             title=f"p = 0.5 at {result['half']:.2f} hours")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson6_2")
