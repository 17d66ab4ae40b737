"""Solutions of lecture 2, and changes to them that readers make: each must be seen."""

import numpy as np


def cost_surface(xs, ys, ws, bs):
    w, b = np.meshgrid(ws, bs)
    total = 0
    for x, y in zip(xs, ys, strict=True):
        total = total + (w * x + b - y) ** 2
    return total / len(xs)


def weights_to_try(step, last):
    return [step * k for k in range(round(last / step) + 1)]


def cost_of_each(x, y, ws):
    y_pred = ws[:, None] * x
    return ((y_pred - y) ** 2).mean(axis=1)


def cost_of_column(x, y, w, b):
    y_pred = w * x[:, 0] + b
    return ((y_pred - y) ** 2).mean()


MISTAKES = {
    "2-1": [("w, b = np.meshgrid(ws, bs)", "b, w = np.meshgrid(bs, ws)"),
            ("(ws, bs)", '(ws, bs, indexing="ij")'), ("total / len(xs)", "total"),
            ("total / len(xs)", "total.mean()")],
    "2-2": [("[step * k for k in range(round(last / step) + 1)]",
             "list(np.cumsum([0] + [step] * round(last / step)))"),
            ("round(", "int("), (" + 1)", ")"),
            ("[step * k for k in range(round(last / step) + 1)]",
             "np.arange(0, last + step, step)")],
    "2-3": [("axis=1", "axis=0"), (".mean(axis=1)", ".sum(axis=1)"), ("[:, None]", ""),
            ("(axis=1)", "()")],
    "2-4": [("x[:, 0]", "x"), (".mean()", ".sum()"), (" + b", "")],
}
ALSO_RIGHT = {
    "2-1": [("w, b = np.meshgrid(ws, bs)", "w, b = ws[None, :], bs[:, None]")],
    "2-2": [("[step * k for k in range(round(last / step) + 1)]",
             "np.arange(0, last + step / 2, step)"),
            ("[step * k for k in range(round(last / step) + 1)]",
             "np.linspace(0, last, round(last / step) + 1)")],
    "2-3": [("ws[:, None] * x", "np.outer(ws, x)")],
    "2-4": [("w * x[:, 0] + b", "(w * x + b).reshape(-1)"),
            ("w * x[:, 0] + b", "(w * x + b).ravel()")],
}
