"""Lesson 2_2: the cost surface of y = w x + b. Two weights, and still every pair is tried.

    y_pred = w x + b        MSE(w, b) = (1/N) sum (y_pred - y)^2

meshgrid lays the pairs out as a table: one row for each b, one column for each w.

Run:   python liuer/lesson2_2.py            (--help lists the settings)
See:   best w = 2.0, b = 0.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes: liuer/README.md, lecture 2
"""

import numpy as np

from utils import BadInput, flags, show

x_data = np.array([1.0, 2.0, 3.0])
y_data = np.array([2.0, 4.0, 6.0])


def mse(w, b):
    """Mean squared error of y = w x + b; w and b are arrays of one shape, and so is the result."""
    y_pred = w[..., None] * x_data + b[..., None]                    # (B, W, N)
    return ((y_pred - y_data) ** 2).mean(axis=-1)                    # (B, W)


def main(w_max=4.0, b_max=2.0, step=0.1):
    """Try every pair (w, b); return the table of costs and the best pair.

    w_max: largest w to try, > 0 and <= 100
    b_max: largest b to try, the smallest is -b_max, > 0 and <= 100
    step: distance between two neighbours, >= 0.01
    """
    if step > min(w_max, b_max):
        raise BadInput(f"step {step} is longer than the range 0 to {min(w_max, b_max)}: "
                       "try --step 0.1")

    # 1. Prepare data
    n_w, n_b = round(w_max / step), round(b_max / step)
    ws = w_max * np.arange(n_w + 1) / n_w                            # (W,)
    bs = b_max * np.arange(-n_b, n_b + 1) / n_b                      # (B,)
    w, b = np.meshgrid(ws, bs)                                       # (B, W)  w runs along a row

    # 2. Define model: y_pred = w x + b, inside mse()

    # 3. Loss (no optimizer: we try every pair)

    # 4. Training cycle: forward only, all pairs at once; no backward, no update
    cost = mse(w, b)                                                 # forward

    row, column = np.unravel_index(cost.argmin(), cost.shape)
    best_w, best_b = ws[column].item(), bs[row].item()
    prediction = best_w * 4 + best_b
    print(f"{cost.size:,} pairs: {len(bs)} values of b (rows) x {len(ws)} values of w (columns)")
    for column in (0, n_w // 4, n_w // 2, n_w):
        print(f"w = {ws[column]:.1f}, b = {bs[n_b]:.1f} | MSE {cost[n_b, column]:7.4f}")
    print(f"best w = {best_w:.1f}, b = {best_b:.1f} | MSE {cost.min():.4f} | "
          f"prediction y(4) = {prediction:.1f}")
    return {"ws": ws, "bs": bs, "cost": cost, "w": best_w, "b": best_b, "prediction": prediction}


def draw(result):
    """The surface, and the same table seen from above."""
    import matplotlib.pyplot as plt

    w, b = np.meshgrid(result["ws"], result["bs"])
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    surface = figure.add_subplot(1, 2, 1, projection="3d")
    surface.plot_surface(w, b, result["cost"], cmap="viridis")
    surface.set(xlabel="w", ylabel="b", zlabel="MSE", title="Cost surface")

    above = figure.add_subplot(1, 2, 2)
    levels = np.geomspace(0.3, max(1.0, result["cost"].max()), 8)
    lines = above.contour(w, b, result["cost"], levels=levels, cmap="viridis")
    above.clabel(lines, fmt="%.1f", fontsize=8)
    above.axhline(0, color="gray", linestyle="--", label="b = 0: the curve of lesson 2")
    above.plot(result["w"], result["b"], "o", color="tab:red",
               label=f"lowest: w = {result['w']:.1f}, b = {result['b']:.1f}")
    above.set(xlabel="w", ylabel="b", title="The same from above")
    above.legend(loc="upper right", framealpha=1)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson2_2")
