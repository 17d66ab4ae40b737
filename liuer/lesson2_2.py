"""Lesson 2.2: the cost surface of y = w x + b. Two weights, and still every pair is tried.

    y_pred = w x + b        MSE(w, b) = (1/N) sum (y_pred - y)^2

meshgrid lays the pairs out as a table: one row for each b, one column for each w.

Run:   python liuer/lesson2_2.py            (--help lists the settings)
See:   best w = 2.0, b = 0.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes: liuer/README.md, lecture 2
"""

import math

import numpy as np

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w, b):
    return w * x + b


def mse(xs, ys, w, b):
    """Mean squared error of y = w x + b; w and b may be tables of one shape, then so is the MSE."""
    return sum((forward(x, w, b) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def main(w_max=4.0, b_max=2.0, step=0.1):
    """Try every pair (w, b); return the table of costs and the best pair.

    w_max: largest w to try, > 0 and <= 100
    b_max: largest b to try, the smallest is -b_max, > 0 and <= 100
    step: distance between two neighbours, >= 0.01
    """
    if step > min(w_max, b_max):
        raise BadInput(f"step {step} is longer than the range 0 to {min(w_max, b_max)}: "
                       "try --step 0.1")
    w_steps = math.floor(w_max / step + 1e-9)   # 1e-9: 0.3 / 0.1 is 2.9999999999999996
    b_steps = math.floor(b_max / step + 1e-9)
    pairs = (w_steps + 1) * (2 * b_steps + 1)
    if pairs > 1_000_000:
        raise BadInput(f"step {step} makes {pairs:,} pairs of w and b, at most 1,000,000 are "
                       "tried: take a longer --step or smaller --w_max and --b_max")

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]
    ws = step * np.arange(w_steps + 1)                               # (W,)
    bs = step * np.arange(-b_steps, b_steps + 1)                     # (B,)
    w, b = np.meshgrid(ws, bs)                                       # (B, W)  w runs along a row
    if max(w_max - ws[-1], b_max - bs[-1]) > 1e-9:
        print(f"the last w is {ws[-1]:g}, the last b {bs[-1]:g}: one more step of {step:g} would "
              f"pass {w_max:g} or {b_max:g}")

    # 2. Define model: forward(), any straight line

    # 3. Loss (no optimizer: we try every pair)

    # 4. Training cycle: forward only, all pairs at once; no backward, no update
    cost = mse(x_data, y_data, w, b)                                 # (B, W)  forward

    print(f"{pairs:,} pairs: {len(bs)} values of b (rows) x {len(ws)} values of w (columns)")
    for column in range(0, len(ws), max(1, w_steps // 4)):
        print(f"w = {round(ws[column], 4)}, b = 0.0 | MSE {cost[b_steps, column]:7.4f}")
    row, column = np.unravel_index(cost.argmin(), cost.shape)
    best_w, best_b = ws[column].item(), bs[row].item()
    lowest = cost[row, column].item()
    prediction = forward(4.0, best_w, best_b)
    print(f"best w = {round(best_w, 4)}, b = {round(best_b, 4)} | MSE {lowest:.4f} | "
          f"prediction y(4) = {round(prediction, 4)}")
    return {"ws": ws, "bs": bs, "cost": cost, "w": best_w, "b": best_b, "mse": lowest,
            "prediction": prediction}


def draw(result):
    """The surface, and the same table seen from above."""
    import matplotlib.pyplot as plt

    w, b = np.meshgrid(result["ws"], result["bs"])
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    surface = figure.add_subplot(1, 2, 1, projection="3d")
    rows, columns = (math.ceil(size / 50) for size in w.shape)
    every = slice(None, None, rows), slice(None, None, columns)     # at most 50 x 50 points
    surface.plot_surface(w[every], b[every], result["cost"][every], rstride=1, cstride=1,
                         cmap="viridis")
    surface.set(xlabel="w", ylabel="b", title="Cost surface, height: MSE")

    above = figure.add_subplot(1, 2, 2)
    levels = np.geomspace(0.3, max(1.0, result["cost"].max()), 8)
    lines = above.contour(w, b, result["cost"], levels=levels, cmap="viridis")
    above.clabel(lines, fmt="%.1f", fontsize=9)
    above.axhline(0, color="gray", linestyle="--", label="b = 0: the curve of lesson 2")
    above.plot(result["w"], result["b"], "o", color="tab:red",
               label=f"lowest: w = {round(result['w'], 4)}, b = {round(result['b'], 4)}")
    above.set(xlabel="w", ylabel="b", title="The same from above")
    above.legend(loc="lower left", framealpha=1)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson2_2")
