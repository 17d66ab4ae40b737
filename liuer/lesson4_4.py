"""Lesson 4.4: y = w1 x^2 + w2 x + b. The chain rule by hand and autograd, side by side.

    loss = (y_pred - y)^2

Run:   python liuer/lesson4_4.py            (--help lists the settings)
See:   y = 0.2404 x^2 + 0.9267 x + 0.9914 | prediction y(4) = 8.5442 (before training: 21.0)
Notes: liuer/README.md, lecture 4
"""

import torch

from utils import BadInput, flags, show  # liuer/utils.py


def single_nodes():
    """The graphs of exercises 4-1 and 4-2: (graph, weight, gradient by hand, by autograd)."""
    only = torch.tensor(1.0, requires_grad=True)
    ((only * 2 - 4) ** 2).backward()
    w = torch.tensor(1.0, requires_grad=True)
    b = torch.tensor(2.0, requires_grad=True)
    ((w * 1 + b - 2) ** 2).backward()
    graph = "y_pred = w x + b, x=1, y=2, w=1, b=2"
    return [("y_pred = w x, x=2, y=4, w=1", "w", 2 * (2.0 - 4.0) * 2.0, only.grad.item()),
            (graph, "w", 2 * (3.0 - 2.0) * 1.0, w.grad.item()),
            (graph, "b", 2 * (3.0 - 2.0), b.grad.item())]


def forward(x, w1, w2, b):
    return w1 * x**2 + w2 * x + b


def gradient(x, y, w1, w2, b):
    """(d loss/dw1, d loss/dw2, d loss/db) of one sample by the chain rule."""
    dy_pred = 2 * (forward(x, w1, w2, b) - y)                        # d loss/dy_pred
    return dy_pred * x**2, dy_pred * x, dy_pred * 1                  # times dy_pred/dw1, dw2, db


def main(epochs=100, lr=0.01):
    """Train by hand and with autograd from w1 = w2 = b = 1; return losses and weights.

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    """
    for graph, weight, by_hand, by_autograd in single_nodes():
        print(f"{graph:37} | d loss/d{weight}: by hand {by_hand:4}, autograd {by_autograd:4}")

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward(), with the same weights twice; float64 like Python's own numbers
    w1, w2, b = 1.0, 1.0, 1.0
    weights = torch.ones(3, dtype=torch.float64, requires_grad=True)  # (3,)  w1, w2, b
    before = forward(4.0, w1, w2, b)

    # 3. Loss: (y_pred - y)^2; the optimizer is one line for each weight

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in zip(x_data, y_data, strict=True):
            loss = (forward(x, *weights) - y) ** 2                   # forward
            loss.backward()                                          # backward, by autograd
            dw1, dw2, db = gradient(x, y, w1, w2, b)                 # backward, by hand
            if epoch == 1:
                print(f"x {x:.0f}, y {y:.0f} | gradient by hand {dw1:7.4f} {dw2:7.4f} {db:7.4f} | "
                      "autograd " + " ".join(f"{grad:7.4f}" for grad in weights.grad))
            w1 = w1 - lr * dw1                                       # update
            w2 = w2 - lr * dw2
            b = b - lr * db
            with torch.no_grad():
                weights -= lr * weights.grad                         # all three at once
            weights.grad.zero_()
            total += loss.item()
        losses.append(total / len(x_data))
        if not losses[-1] < 1e6:
            raise BadInput(f"the loss grew to {losses[-1]:.2g}: lr {lr} is too large, try 0.01")
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.6f} | by hand {w1:.6f} {w2:.6f} "
                  f"{b:.6f} | autograd " + " ".join(f"{weight:.6f}" for weight in weights))

    prediction = forward(4.0, w1, w2, b)
    print(f"y = {w1:.4f} x^2 + {w2:.4f} x + {b:.4f} | prediction y(4) = {prediction:.4f} "
          f"(before training: {before:.1f})")
    return {"losses": losses, "weights": [w1, w2, b], "prediction": prediction, "before": before}


def draw(result):
    """The parabola that was learned: through the samples, and off the line beyond them."""
    import matplotlib.pyplot as plt

    x = torch.linspace(0, 5, 101)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(x, forward(x, *result["weights"]), label="after training")
    axes.plot(x, 2 * x, "--", color="gray", label="y = 2x")
    axes.plot([1, 2, 3], [2, 4, 6], "o", color="tab:red", label="samples")
    axes.set(xlabel="x", ylabel="y", ylim=(-1, 12), title="y = w1 x^2 + w2 x + b")
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson4_4")
