"""Lesson 5.2: eight optimizers from the same initial weights; what lr, momentum, weight_decay do.

SGD as PyTorch computes it, for every weight w with gradient g (momentum m, weight decay d):

    g <- g + d w        v <- m v + g        w <- w - lr v

All eight get the same lr, as in the exercise, but it means something else to each. Adagrad divides
by the root of the sum of all squared gradients, so its steps only shrink, and here it ends last.
Adam and RMSprop divide by the root of a mean of recent ones: at first a step of Adam is lr however
steep the slope, one of RMSprop ten times as long. Rprop looks only at the sign of the gradient.
LBFGS takes several steps in one call and needs a function that computes the loss anew (closure).

Run:     python liuer/lesson5_2.py                  (--help lists the settings)
Prints:  all start at loss 44.3605 | lowest: Rprop 1.2e-12 | SGD by hand equals torch to 5.7e-07
Notes:   liuer/README.md, lecture 5
"""

import math

import torch
from torch import nn

from utils import settings, show

X_DATA = torch.tensor([[1.0], [2.0], [3.0]])            # (N, 1)
Y_DATA = torch.tensor([[2.0], [4.0], [6.0]])            # (N, 1)

OPTIMIZERS = [torch.optim.SGD, torch.optim.Adagrad, torch.optim.Adam, torch.optim.Adamax,
              torch.optim.ASGD, torch.optim.LBFGS, torch.optim.RMSprop, torch.optim.Rprop]
SGD_SETTINGS = {    # what changes: the values to compare; the others stay at lr 0.01, 0, 0
    "lr": [0.001, 0.01, 0.03, 0.062],   # this loss bends with 33.3: above 2 / 33.3 = 0.060 it grows
    "momentum": [0.0, 0.5, 0.9],
    "weight_decay": [0.0, 0.1, 1.0],
}


def fit_line(optimizer_class, epochs, seed, **options):
    """Fit y = w x + b with that optimizer; return the loss before each step, w and b."""
    torch.manual_seed(seed)                     # the same initial weights for every optimizer
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = optimizer_class(model.parameters(), **options)

    def closure():
        y_pred = model(X_DATA)                  # forward
        loss = criterion(y_pred, Y_DATA)
        optimizer.zero_grad()
        loss.backward()                         # backward
        return loss

    losses = []
    for _ in range(epochs):
        loss = optimizer.step(closure)          # update: calls closure first
        losses.append(loss.item())
    return losses, model.weight.item(), model.bias.item()


def sgd_step(w, grad, velocity, lr, momentum=0.0, weight_decay=0.0):
    """One step of torch.optim.SGD; start with velocity 0. Return the new w and velocity."""
    grad = grad + weight_decay * w
    velocity = momentum * velocity + grad
    return w - lr * velocity, velocity


def check_by_hand(epochs):
    """The largest difference between sgd_step and torch.optim.SGD while they fit y = w x."""
    w = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.9, weight_decay=0.1)
    by_hand = 1.0
    velocity = 0.0
    largest = 0.0
    for _ in range(epochs):
        loss = ((w * X_DATA - Y_DATA) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        by_hand, velocity = sgd_step(by_hand, w.grad.item(), velocity, 0.01, 0.9, 0.1)
        optimizer.step()
        largest = max(largest, abs(w.item() - by_hand))
    return largest


def main(epochs=300, lr=0.01, seed=0):
    """Train with each optimizer, and with SGD under other settings; return all loss curves.

    epochs: calls of optimizer.step(), each over all samples
    lr: learning rate of all eight
    seed: of the initial weights
    """
    # 1. Prepare data: X_DATA, Y_DATA above

    # 2. Define model: nn.Linear(1, 1), anew from the same seed in fit_line()

    # 3. Loss and optimizer: the sum of squared errors, and one of OPTIMIZERS

    # 4. Training cycle: forward, backward, update are the loop of fit_line()
    curves = {}
    best, best_loss = "none", math.inf
    for optimizer_class in OPTIMIZERS:
        name = optimizer_class.__name__
        losses, w, b = fit_line(optimizer_class, epochs, seed, lr=lr)
        print(f"{name:8} | loss {losses[0]:.4f} -> {losses[-1]:.2e} | w {w:7.4f} | b {b:7.4f}")
        curves[name] = losses
        if losses[-1] < best_loss:              # never so where it diverged to nan
            best, best_loss = name, losses[-1]

    sweeps = {}
    for key, values in SGD_SETTINGS.items():
        sweeps[key] = {}
        for value in values:
            options = {"lr": 0.01}
            options[key] = value
            losses, w, b = fit_line(torch.optim.SGD, epochs, seed, **options)
            print(f"SGD, {key:12} {value:<5} | loss {losses[-1]:.2e} | w {w:7.4g} | b {b:7.4g}")
            sweeps[key][f"{value}: w = {w:.3g}"] = losses       # the label of its curve

    difference = check_by_hand(epochs)
    print(f"all start at loss {curves['SGD'][0]:.4f} | lowest: {best} {best_loss:.1e} | "
          f"SGD by hand equals torch to {difference:.1e}")
    return {"curves": curves, "sweeps": sweeps, "best": best, "difference": difference}


def draw(result):
    """The eight optimizers, and SGD under three settings."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 2, figsize=(9, 7.5), layout="constrained", sharey=True)
    panels = {"eight optimizers": result["curves"]}
    for key in result["sweeps"]:
        panels[f"SGD: {key}"] = result["sweeps"][key]
    for axes, title in zip(grid.flat, panels):
        for label, losses in panels[title].items():
            epochs = range(1, len(losses) + 1)
            style = "--" if label == "ASGD" else "-"        # it runs on top of SGD
            axes.plot(epochs, losses, style, label=label, marker="o", markevery=[0])
        axes.set(xlabel="epoch", ylabel="loss", yscale="log", ylim=(1e-9, 1e3), title=title)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.legend(fontsize=9)
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson5_2")
