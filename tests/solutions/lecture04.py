"""Solutions of lecture 4, and changes to them that readers make: each must be seen."""

import torch


def slope_of_w(x, y, w):
    return 2 * (x * w - y) * x


def slopes_of_w_and_b(x, y, w, b):
    outer = 2 * (x * w + b - y)
    return outer * x, outer


def slopes_by_hand(x, y, w):
    w1, w2, b = w
    outer = 2 * (w1 * x**2 + w2 * x + b - y)
    return outer * x**2, outer * x, outer


def slopes_by_autograd(x, y, w):
    weights = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    w1, w2, b = weights
    loss = (w1 * x**2 + w2 * x + b - y) ** 2
    loss.backward()
    return weights.grad


def one_epoch(xs, ys, w, lr):
    weight = torch.tensor(w, requires_grad=True)
    for x, y in zip(xs, ys, strict=True):
        loss = (weight * x - y) ** 2
        loss.backward()
        with torch.no_grad():
            weight -= lr * weight.grad
        weight.grad.zero_()
    return weight.item()


def mean_loss(loss_of, xs, ys):
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total += loss_of(x, y).item()
    return total / len(xs)


MISTAKES = {
    "4-1": [("2 * ", ""), (" * x\n", "\n"), ("(x * w - y)", "(y - x * w)")],
    "4-2": [("outer * x, outer", "outer, outer * x"), ("outer * x, outer", "outer * x, outer * b"),
            (" + b - y", " - y")],
    "4-3": [("outer * x**2,", "outer * 2 * w1 * x,"), ("outer\n", "outer * b\n"),
            ("x**2,", "x^2,")],
    "4-4": [("weights.grad", "loss.item()"), (", requires_grad=True", ""),
            ("    loss.backward()\n", "")],
    "4-5": [("        weight.grad.zero_()\n", ""), ("weight -= lr", "weight += lr"),
            ("        with torch.no_grad():\n            weight -=", "        weight = weight -")],
    "4-6": [(".item()", ""), ("total / len(xs)", "total"),
            ("loss_of(x, y).item()\n    return total", "loss_of(x, y)\n    return total.item()")],
}
ALSO_RIGHT = {
    "4-4": [("torch.tensor(w, dtype=torch.float64, requires_grad=True)",
             "torch.tensor([float(one) for one in w], requires_grad=True)")],
    "4-5": [("        with torch.no_grad():\n            weight -= lr * weight.grad\n",
             "        weight.data = weight.data - lr * weight.grad.data\n"),
            ("        weight.grad.zero_()\n", "        weight.grad = None\n")],
    "4-6": [("loss_of(x, y).item()", "loss_of(x, y).detach().item()"),
            ("    for x, y in zip(xs, ys, strict=True):\n        total += loss_of(x, y).item()\n",
             "    total = sum(loss_of(x, y).item() for x, y in zip(xs, ys, strict=True))\n")],
}
