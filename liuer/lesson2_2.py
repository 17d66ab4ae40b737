"""Lesson 2.2: the cost surface of y = w x + b. Two weights, and still every pair is tried.

    y_pred = w x + b        loss = (y_pred - y)^2        MSE(w, b) = mean of the losses

meshgrid lays the pairs out as a table: one row for each b, one column for each w.

Run:     python liuer/lesson2_2.py                  (--help lists the settings)
Prints:  best w = 2.0, b = 0.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes:   liuer/README.md, lecture 2, exercise 2-1 of the course
"""

import numpy as np

from utils import BadInput, settings, show


def forward(x, w, b):
    return x * w + b


def loss(x, y, w, b):
    """Squared error of one sample, for one pair (w, b) or for a table of pairs at once."""
    y_pred = forward(x, w, b)
    return (y_pred - y) ** 2


def main(w_max=4.0, b_max=2.0, step=0.1):
    """Try every pair (w, b); return the table of MSEs and the best pair.

    w_max: largest w to try; the smallest is 0
    b_max: largest b to try; the smallest is -b_max
    step: distance between two neighbours
    """
    if step <= 0 or step > min(w_max, b_max):
        raise BadInput(f"--step {step}: expected above 0, at most {min(w_max, b_max)}")
    if w_max / step * 2 * b_max / step > 1_000_000:
        raise BadInput(f"--step {step}: expected at most 1,000,000 pairs of w and b, got "
                       f"{w_max / step * 2 * b_max / step:,.0f}; try a longer step")

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]
    w_steps = int(w_max / step + 1e-9)                      # 1e-9: 0.3 / 0.1 is 2.9999999999999996
    b_steps = int(b_max / step + 1e-9)
    w_values = step * np.arange(w_steps + 1)                # (W,)
    b_values = step * np.arange(-b_steps, b_steps + 1)      # (B,)  0 is in the middle
    w, b = np.meshgrid(w_values, b_values)                  # (B, W)  w runs along a row

    # 2. Define model: forward(), any straight line

    # 3. Loss: loss(); there is no optimizer, we try every pair

    # 4. Training cycle: forward only, all pairs at once; no backward, no update
    l_sum = np.zeros_like(w)                                # (B, W)
    for x, y in zip(x_data, y_data):
        l_sum += loss(x, y, w, b)                           # forward
    mse = l_sum / len(x_data)

    print(f"{mse.size:,} pairs: {len(b_values)} values of b (rows) x "
          f"{len(w_values)} values of w (columns)")
    for column in range(0, len(w_values), max(1, w_steps // 4)):
        print(f"w = {round(w_values[column], 4)}, b = 0.0 | MSE {mse[b_steps, column]:7.4f}")
    # argmin counts through the table row by row; unravel_index turns that into row and column
    row, column = np.unravel_index(mse.argmin(), mse.shape)
    best_w, best_b = w_values[column], b_values[row]
    prediction = forward(4.0, best_w, best_b)
    print(f"best w = {round(best_w, 4)}, b = {round(best_b, 4)} | MSE {mse[row, column]:.4f} | "
          f"prediction y(4) = {round(prediction, 4)}")
    return {"w": w, "b": b, "mse": mse, "best_w": best_w, "best_b": best_b,
            "prediction": prediction}


def draw(result):
    """The surface, and the same table seen from above."""
    import matplotlib.pyplot as plt

    w, b, mse = result["w"], result["b"], result["mse"]
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    surface = figure.add_subplot(1, 2, 1, projection="3d")
    surface.plot_surface(w, b, mse, cmap="viridis")         # draws at most 50 x 50 of the points
    surface.set(xlabel="w", ylabel="b", title="Cost surface, height: MSE")

    above = figure.add_subplot(1, 2, 2)
    levels = np.geomspace(0.3, max(1.0, mse.max()), 8)
    lines = above.contour(w, b, mse, levels=levels, cmap="viridis")
    above.clabel(lines, fmt="%.1f", fontsize=9)
    above.axhline(0, color="gray", linestyle="--", label="b = 0: the curve of lesson 2")
    best_w, best_b = result["best_w"], result["best_b"]
    above.plot(best_w, best_b, "o", color="tab:red",
               label=f"lowest: w = {round(best_w, 4)}, b = {round(best_b, 4)}")
    above.set(xlabel="w", ylabel="b", title="The same from above")
    above.legend(loc="lower left", framealpha=1)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson2_2")
