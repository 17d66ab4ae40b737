"""Lesson 5_2: eight optimizers from the same initial weights; what lr, momentum, weight_decay do.

SGD as PyTorch computes it, for every weight w with gradient g (momentum m, weight decay d):

    g <- g + d w        v <- m v + g        w <- w - lr v

All eight get the same lr, as in the exercise. That is no ranking, for lr means something else to
each: Adam, Adamax and RMSprop step about lr however steep the slope; Adagrad ever less; Rprop
starts there and looks only at the sign of the gradient; LBFGS takes several steps in one call,
for which it needs a function that computes the loss anew (closure).

Run:   python liuer/lesson5_2.py            (--help lists the settings)
See:   all start at loss 44.3605 | lowest: Rprop 1.2e-12 | SGD by hand equals torch to 5.1e-07
Notes: liuer/README.md, lecture 5
"""

import math

import torch
from torch import nn

from utils import flags, show

x_data = torch.tensor([[1.0], [2.0], [3.0]])                         # (N, 1)
y_data = torch.tensor([[2.0], [4.0], [6.0]])                         # (N, 1)

OPTIMIZERS = ["SGD", "Adagrad", "Adam", "Adamax", "ASGD", "LBFGS", "RMSprop", "Rprop"]
SGD_SETTINGS = {  # what changes: the values to compare; the others stay at lr 0.01, 0, 0
    "lr": [0.001, 0.01, 0.03, 0.062],   # this loss bends with 33.3: above 2 / 33.3 = 0.060 it grows
    "momentum": [0.0, 0.5, 0.9],
    "weight_decay": [0.0, 0.1, 1.0],
}


def sgd_step(w, grad, velocity, lr, momentum=0.0, weight_decay=0.0):
    """One step of torch.optim.SGD; start with velocity 0. Return the new w and velocity."""
    grad = grad + weight_decay * w
    velocity = momentum * velocity + grad
    return w - lr * velocity, velocity


def train(name, epochs, seed, **settings):
    """Fit y = w x + b with torch.optim.NAME; return the loss before each step, w and b."""
    torch.manual_seed(seed)                     # the same initial weights for every optimizer
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = getattr(torch.optim, name)(model.parameters(), **settings)

    def closure():
        loss = criterion(model(x_data), y_data)                      # forward
        optimizer.zero_grad()
        loss.backward()                                              # backward
        return loss

    losses = []
    for _ in range(epochs):
        losses.append(optimizer.step(closure).item())                # update: calls closure first
    return losses, model.weight.item(), model.bias.item()


def check_by_hand(epochs, seed, lr=0.01, momentum=0.9, weight_decay=0.1):
    """The largest difference between sgd_step and torch.optim.SGD over the training."""
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum,
                                weight_decay=weight_decay)
    weights = [p.detach().clone() for p in model.parameters()]
    velocities, difference = [0.0, 0.0], 0.0
    for _ in range(epochs):
        optimizer.zero_grad()
        ((model(x_data) - y_data) ** 2).sum().backward()
        error = x_data @ weights[0].T + weights[1] - y_data          # (N, 1)
        grads = [(2 * error * x_data).sum(0, keepdim=True), (2 * error).sum(0)]
        steps = [sgd_step(*step, lr, momentum, weight_decay)
                 for step in zip(weights, grads, velocities, strict=True)]
        weights, velocities = zip(*steps, strict=True)
        optimizer.step()
        difference = max(difference, *((p - w).abs().max().item()
                                       for p, w in zip(model.parameters(), weights, strict=True)))
    return difference


def main(epochs=300, lr=0.01, seed=0):
    """Train with each optimizer, and with SGD under other settings; return all loss curves.

    epochs: calls of optimizer.step(), each over all samples, >= 2
    lr: learning rate of all eight, > 0 and <= 100
    seed: of the initial weights, >= 0
    """
    # 1. Prepare data: x_data, y_data above

    # 2. Define model: nn.Linear(1, 1), anew from the same seed in train()

    # 3. Loss and optimizer: the sum of squared errors, and one of OPTIMIZERS

    # 4. Training cycle: forward, backward, update are the loop of train()
    curves, weights = {}, {}
    for name in OPTIMIZERS:
        curves[name], w, b = train(name, epochs, seed, lr=lr)
        weights[name] = (w, b)
        print(f"{name:8} | loss {curves[name][0]:.4f} -> {curves[name][-1]:.2e} | "
              f"w {w:7.4f} | b {b:7.4f}")

    sweeps = {}
    for key, values in SGD_SETTINGS.items():
        for value in values:
            losses, w, b = train("SGD", epochs, seed, **({"lr": 0.01} | {key: value}))
            sweeps[key, value] = losses, w
            print(f"SGD, {key + ' ' + str(value):17} | loss {losses[-1]:.2e} | "
                  f"w {w:7.4g} | b {b:7.4g}")

    difference = check_by_hand(epochs, seed)
    last = {name: losses[-1] for name, losses in curves.items() if math.isfinite(losses[-1])}
    best = min(last, key=last.get, default="none")
    print(f"all start at loss {curves['SGD'][0]:.4f} | lowest: {best} {last.get(best, 0):.1e} | "
          f"SGD by hand equals torch to {difference:.1e}")
    return {"losses": curves["SGD"], "curves": curves, "weights": weights, "sweeps": sweeps,
            "difference": difference}


def draw(result):
    """The eight optimizers, and SGD under three settings."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(9, 7.5), layout="constrained", sharey=True)
    for ax, key in zip(axes.flat, [None, *SGD_SETTINGS], strict=True):
        curves = result["curves"] if key is None else {
            f"{value}" + (f": w = {w:.3f}" if key == "weight_decay" else ""): losses
            for (name, value), (losses, w) in result["sweeps"].items() if name == key}
        for k, (label, losses) in enumerate(curves.items()):
            ax.plot(range(len(losses)), losses, "--" if k % 2 else "-", label=label,
                    linewidth=3 if label == "SGD" else 1.5)          # ASGD runs on top of it
        ax.set(xlabel="epoch", ylabel="loss", yscale="log", ylim=(1e-9, 1e3),
               title=f"SGD: {key}" if key else "eight optimizers")
        if key:
            ax.legend(loc="lower left")
        else:
            ax.legend(loc="center right", bbox_to_anchor=(1, 0.3), ncols=2, fontsize=9)
        ax.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson5_2")
