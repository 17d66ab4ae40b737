"""Lesson 2: linear model. Try every w on a grid and keep the one with the lowest cost.

    y_pred = w x        MSE(w) = (1/N) sum (y_pred - y)^2

Run:   python liuer/lesson2.py              (--help lists the settings)
See:   best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes: liuer/README.md, lecture 2
"""

import math

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w):
    return w * x


def mse(xs, ys, w):
    """Mean squared error of the line y = w x over the data."""
    return sum((forward(x, w) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def main(w_max=4.0, step=0.1):
    """Try w = 0, step, 2 step, ... up to w_max; return every w, its MSE, the best w and its y(4).

    w_max: largest w to try, > 0 and <= 100
    step: distance between two neighbouring w, >= 0.001
    """
    if step > w_max:
        raise BadInput(f"step {step} is longer than the whole range 0 to {w_max}: try --step 0.1")

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]
    # Multiplied, as in the course's np.arange(0.0, 4.1, 0.1): the same 41 numbers. Adding 0.1
    # again and again would drift off 2.0 and 4.0.
    steps = math.floor(w_max / step + 1e-9)     # 1e-9: 0.3 / 0.1 is 2.9999999999999996
    ws = [step * k for k in range(steps + 1)]
    if w_max - ws[-1] > 1e-9:
        print(f"the last w is {ws[-1]:g}: one more step of {step:g} would pass {w_max:g}")

    # 2. Define model: forward(), a straight line through the origin

    # 3. Loss (no optimizer: we try every w)
    losses = []

    # 4. Training cycle: forward only; choosing the smallest MSE stands in for backward and update
    for k, w in enumerate(ws):
        losses.append(mse(x_data, y_data, w))                        # forward
        if k == steps or k % max(1, steps // 8) == 0:
            y_pred = "  ".join(f"{round(forward(x, w), 3):4}" for x in x_data)
            print(f"w = {round(w, 4)} | y_pred {y_pred} | MSE {losses[-1]:7.4f}")

    best = losses.index(min(losses))
    prediction = forward(4.0, ws[best])
    print(f"best w = {round(ws[best], 4)} | MSE {losses[best]:.4f} | "
          f"prediction y(4) = {round(prediction, 4)}")
    return {"ws": ws, "losses": losses, "w": ws[best], "mse": losses[best],
            "prediction": prediction}


def draw(result):
    """The cost of every w that was tried, and the lowest one."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(result["ws"], result["losses"], ".-", label="MSE of each w that was tried")
    axes.plot(result["w"], result["mse"], "o", color="tab:red", markersize=9,
              label=f"lowest: w = {round(result['w'], 4)}")
    axes.set(xlabel="w", ylabel="MSE", title="Exhaustive search for w in y = w x")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson2")
