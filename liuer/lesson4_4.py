"""Lesson 4_4: y = w1 x^2 + w2 x + b. The chain rule by hand and autograd, side by side.

    loss = (y_pred - y)^2
    d loss/dw1 = 2 (y_pred - y) x^2    d loss/dw2 = 2 (y_pred - y) x    d loss/db = 2 (y_pred - y)

First the two single-node graphs of the exercise, y_pred = w x and y_pred = w x + b; then both
trainings of the quadratic, which stay equal to the last printed digit. After 100 epochs y(4) is
still off: three weights on three samples converge slowly (--epochs 20000 prints 8.0).

Run:   python liuer/lesson4_4.py            (--help lists the settings)
See:   y = 0.2404 x^2 + 0.9267 x + 0.9914 | prediction y(4) = 8.5442 (before training: 21.0)
Notes: liuer/README.md, lecture 4
"""

import torch

from utils import BadInput, flags, show

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]


def forward(x, w1, w2, b):
    return w1 * x**2 + w2 * x + b


def gradient(x, y, w1, w2, b):
    """(d loss/dw1, d loss/dw2, d loss/db) of one sample by the chain rule."""
    dy_pred = 2 * (forward(x, w1, w2, b) - y)                        # d loss/dy_pred
    return dy_pred * x**2, dy_pred * x, dy_pred * 1                  # times dy_pred/dw1, dw2, db


def single_nodes():
    """The exercise's graphs: y_pred = w x at x=2, y=4, w=1 and y_pred = w x + b at x=1, y=2, w=1,
    b=2. Return {graph: [(name, gradient by hand, by autograd), ...]}."""
    w, x, y = torch.tensor(1.0, requires_grad=True), 2.0, 4.0
    ((w * x - y) ** 2).backward()
    rows = {"y_pred = w x, x=2, y=4, w=1": [("w", 2 * (1.0 * x - y) * x, w.grad.item())]}

    w, b = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    x, y = 1.0, 2.0
    ((w * x + b - y) ** 2).backward()
    error = 1.0 * x + 2.0 - y
    rows["y_pred = w x + b, x=1, y=2, w=1, b=2"] = [("w", 2 * error * x, w.grad.item()),
                                                    ("b", 2 * error, b.grad.item())]
    return rows


def main(epochs=100, lr=0.01):
    """Train by hand and with autograd from w1 = w2 = b = 1; return losses, weights, gradients.

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    """
    nodes = single_nodes()
    for graph, rows in nodes.items():
        for name, by_hand, by_autograd in rows:
            print(f"{graph:37} | d loss/d{name}: by hand {by_hand:4}, autograd {by_autograd:4}")

    # 1. Prepare data: x_data, y_data above

    # 2. Define model: forward(), with the same weights twice; float64 like Python's own numbers
    by_hand = [1.0, 1.0, 1.0]                                        # w1, w2, b
    weights = [torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    before = forward(4.0, *by_hand)

    # 3. Loss: (y_pred - y)^2; the optimizer is one line of the loop

    # 4. Training cycle: forward, backward, update
    losses, pairs = [], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in zip(x_data, y_data, strict=True):
            loss = (forward(x, *weights) - y) ** 2                   # forward
            loss.backward()                                          # backward
            grads = gradient(x, y, *by_hand)
            pairs.append((grads, [weight.grad.item() for weight in weights]))
            if epoch == 1:
                hand, auto = ("  ".join(f"{g:9.4f}" for g in pair) for pair in pairs[-1])
                print(f"x {x:.0f}, y {y:.0f} | d loss/d(w1, w2, b): by hand  {hand}")
                print(f"         |                        autograd {auto}")
            by_hand = [w - lr * g for w, g in zip(by_hand, grads, strict=True)]
            with torch.no_grad():
                for weight in weights:
                    weight -= lr * weight.grad                       # update
                    weight.grad.zero_()
            total += loss.item()
        losses.append(total / len(x_data))
        if not losses[-1] < 1e6:
            raise BadInput(f"the loss has grown to {losses[-1]:.2g} in epoch {epoch}: "
                           f"lr {lr} is too large, try --lr 0.01")
        if epoch == 1 or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.6f} | by hand "
                  + " ".join(f"{w:.6f}" for w in by_hand) + " | autograd "
                  + " ".join(f"{w:.6f}" for w in weights))

    w1, w2, b = by_hand
    prediction = forward(4.0, w1, w2, b)
    print(f"y = {w1:.4f} x^2 + {w2:.4f} x + {b:.4f} | prediction y(4) = {prediction:.4f} "
          f"(before training: {before})")
    return {"losses": losses, "pairs": pairs, "nodes": nodes, "w": by_hand,
            "w_autograd": [w.item() for w in weights], "prediction": prediction}


def draw(result):
    """The parabola that was learned, beside the line the samples lie on; the loss."""
    import matplotlib.pyplot as plt

    xs = [k / 20 for k in range(101)]
    figure, (fit, time) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    fit.plot(xs, [forward(x, 1, 1, 1) for x in xs], color="lightgray", label="before training")
    fit.plot(xs, [forward(x, *result["w"]) for x in xs], label="after training")
    fit.plot(xs, [2 * x for x in xs], "--", color="gray", label="y = 2x")
    fit.plot(x_data, y_data, "o", color="tab:red", label="samples")
    fit.plot(4, result["prediction"], "*", color="tab:orange", markersize=11,
             label=f"y(4) = {result['prediction']:.2f}")
    fit.set(xlabel="x", ylabel="y", ylim=(-1, 12), title="y = w1 x^2 + w2 x + b")
    fit.legend()
    time.semilogy(range(1, len(result["losses"]) + 1), result["losses"])
    time.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch")
    time.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson4_4")
