"""Lesson 4.4: y = w1 x^2 + w2 x + b. The chain rule by hand and autograd, side by side.

    loss = (y_pred - y)^2
    d loss/dw1 = 2 (y_pred - y) x^2        d loss/dw2 = 2 (y_pred - y) x        d loss/db: times 1

Run:     python liuer/lesson4_4.py                  (--help lists the settings)
Prints:  Predict (after training): y(4) = 8.5442 | w1 = 0.2404 | w2 = 0.9267 | b = 0.9914
Notes:   liuer/README.md, lecture 4, exercises 4-1 to 4-4 of the course
"""

import torch

from utils import settings, show


def single_nodes():
    """The graphs of exercises 4-1 and 4-2; print and return each gradient by hand, by autograd."""
    # y_pred = x w at x = 2, y = 4, w = 1
    w = torch.tensor(1.0, requires_grad=True)
    loss_val = (2.0 * w - 4.0) ** 2                         # forward
    loss_val.backward()                                     # backward
    dw = 2 * (2.0 * 1.0 - 4.0) * 2.0                        # the same by hand
    print(f"4-1: y_pred = x w,     x 2, y 4, w 1      | d loss/dw by hand {dw:4.1f}, "
          f"autograd {w.grad.item():4.1f}")
    rows = [(dw, w.grad.item())]

    # y_pred = x w + b at x = 1, y = 2, w = 1, b = 2
    w = torch.tensor(1.0, requires_grad=True)
    b = torch.tensor(2.0, requires_grad=True)
    loss_val = (1.0 * w + b - 2.0) ** 2                     # forward
    loss_val.backward()                                     # backward
    dw = 2 * (1.0 * 1.0 + 2.0 - 2.0) * 1.0                  # the same by hand
    db = 2 * (1.0 * 1.0 + 2.0 - 2.0) * 1
    print(f"4-2: y_pred = x w + b, x 1, y 2, w 1, b 2 | d loss/dw by hand {dw:4.1f}, "
          f"autograd {w.grad.item():4.1f}")
    print(f"4-2: the same graph                       | d loss/db by hand {db:4.1f}, "
          f"autograd {b.grad.item():4.1f}")
    return rows + [(dw, w.grad.item()), (db, b.grad.item())]


def forward(x, w1, w2, b):
    return w1 * x**2 + w2 * x + b


def loss(x, y, w1, w2, b):
    """Squared error of one sample."""
    y_pred = forward(x, w1, w2, b)
    return (y_pred - y) ** 2


def gradient(x, y, w1, w2, b):
    """(d loss/dw1, d loss/dw2, d loss/db) of one sample by the chain rule."""
    dy_pred = 2 * (forward(x, w1, w2, b) - y)               # d loss/dy_pred
    return dy_pred * x**2, dy_pred * x, dy_pred * 1         # times dy_pred/dw1, dw2, db


def main(epochs=100, lr=0.01):
    """Train by hand and with autograd from w1 = w2 = b = 1; return losses, weights, and y(4).

    epochs: passes over the samples
    lr: learning rate
    """
    single_nodes()

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward(), with the same weights twice
    w1, w2, b = 1.0, 1.0, 1.0                               # by hand
    weights = torch.ones(3, dtype=torch.float64, requires_grad=True)    # w1, w2, b for autograd
    print(f"Predict (before training): y(4) = {forward(4.0, w1, w2, b):.1f}")

    # 3. Loss: loss(); the optimizer is one line for each weight

    # 4. Training cycle
    loss_list = []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        l_sum = 0.0
        for x, y in zip(x_data, y_data):
            loss_val = loss(x, y, weights[0], weights[1], weights[2])   # forward
            loss_val.backward()                             # backward, by autograd
            dw1, dw2, db = gradient(x, y, w1, w2, b)        # backward, by hand
            if epoch == 1:
                g1, g2, g3 = weights.grad.tolist()
                print(f"x {x:.0f}, y {y:.0f} | by hand dw1 {dw1:7.4f} dw2 {dw2:7.4f} "
                      f"db {db:7.4f} | autograd dw1 {g1:7.4f} dw2 {g2:7.4f} db {g3:7.4f}")
            w1 = w1 - lr * dw1                              # update
            w2 = w2 - lr * dw2
            b = b - lr * db
            with torch.no_grad():
                weights -= lr * weights.grad                # all three at once
            weights.grad.zero_()
            l_sum += loss_val.item()
        mean_loss = l_sum / len(x_data)
        loss_list.append(mean_loss)
        if epoch == 1 or epoch % print_every == 0:
            a1, a2, a3 = weights.tolist()
            print(f"epoch {epoch:3d}/{epochs} | loss {mean_loss:.6f} | by hand w1 {w1:.4f} "
                  f"w2 {w2:.4f} b {b:.4f} | autograd w1 {a1:.4f} w2 {a2:.4f} b {a3:.4f}")
        if mean_loss > 1e6 and mean_loss > loss_list[0]:
            print(f"diverges: loss {mean_loss:.2g} in epoch {epoch}; lr {lr} is too large")
            break

    prediction = forward(4.0, w1, w2, b)
    print(f"Predict (after training): y(4) = {prediction:.4f} | "
          f"w1 = {w1:.4f} | w2 = {w2:.4f} | b = {b:.4f}")
    return {"x_data": x_data, "y_data": y_data, "loss_list": loss_list, "w1": w1, "w2": w2, "b": b,
            "prediction": prediction}


def draw(result):
    """The parabola that was learned, through the samples and off the line beyond them; the loss."""
    import matplotlib.pyplot as plt
    import numpy as np

    x = np.linspace(0, 5, 101)
    loss_list = result["loss_list"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.plot(x, forward(x, result["w1"], result["w2"], result["b"]), label="after training")
    left.plot(x, 2 * x, "--", color="gray", label="y = 2x")
    left.plot(result["x_data"], result["y_data"], "o", color="tab:red", label="samples")
    left.set(xlabel="x", ylabel="y", ylim=(-1, 12), title="y = w1 x^2 + w2 x + b")
    left.legend()
    right.plot(range(1, len(loss_list) + 1), loss_list, marker="." if len(loss_list) < 30 else "")
    right.set_yscale("log")
    right.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson4_4")
