"""Lesson 2: linear model. Try every w on a grid and keep the one with the lowest cost.

    y_pred = w x        loss = (y_pred - y)^2        MSE(w) = mean of the losses

Run:     python liuer/lesson2.py                    (--help lists the settings)
Lecture: the same 41 values of w, np.arange(0.0, 4.1, 0.1)
Prints:  best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes:   liuer/README.md, lecture 2
"""

import numpy as np

from utils import BadInput, settings, show


def forward(x, w):
    return x * w


def loss(x, y, w):
    """Squared error of one sample."""
    y_pred = forward(x, w)
    return (y_pred - y) ** 2


def main(w_max=4.0, step=0.1):
    """Try w = 0, step, 2 step, ... up to w_max; return every w, its MSE, and the best.

    w_max: largest w to try
    step: distance between two neighbouring w
    """
    if step <= 0 or step > w_max or w_max / step > 100_000:
        raise BadInput(f"--step {step}: expected at most w_max, {w_max}, and at least a "
                       "hundred-thousandth of it")

    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward(), a straight line through the origin

    # 3. Loss: loss(); there is no optimizer, we try every w

    # 4. Training cycle: forward only; choosing the lowest MSE stands in for backward and update
    w_list, mse_list = [], []
    every_w = np.arange(0.0, w_max + 1e-9, step)    # 0.1 k, never a sum; 1e-9 so that w_max is in
    print_every = max(1, len(every_w) // 8)
    for k, w in enumerate(every_w):
        l_sum = 0.0
        for x, y in zip(x_data, y_data):
            l_sum += loss(x, y, w)                  # forward
        mse = l_sum / len(x_data)
        w_list.append(w.item())
        mse_list.append(mse.item())
        if k % print_every == 0:
            print(f"w = {round(w, 4)} | y_pred {forward(1.0, w):4.1f} {forward(2.0, w):5.1f} "
                  f"{forward(3.0, w):5.1f} | MSE {mse:7.4f}")

    best = mse_list.index(min(mse_list))
    w = w_list[best]
    prediction = forward(4.0, w)
    print(f"best w = {round(w, 4)} | MSE {mse_list[best]:.4f} | "
          f"prediction y(4) = {round(prediction, 4)}")
    return {"w_list": w_list, "mse_list": mse_list, "best": best, "prediction": prediction}


def draw(result):
    """The MSE of every w that was tried, and the lowest one."""
    import matplotlib.pyplot as plt

    w_list, mse_list, best = result["w_list"], result["mse_list"], result["best"]
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(w_list, mse_list, ".-", label="MSE of each w that was tried")
    axes.plot(w_list[best], mse_list[best], "o", color="tab:red", markersize=9,
              label=f"lowest: w = {round(w_list[best], 4)}")
    axes.set(xlabel="w", ylabel="MSE", title="Exhaustive search for w in y = w x")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson2")
