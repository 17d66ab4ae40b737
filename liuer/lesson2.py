"""Lesson 2: linear model. Try every w on a grid and keep the one with the lowest cost.

    y_pred = w x        MSE(w) = (1/N) sum (y_pred - y)^2

Run:   python liuer/lesson2.py              (--help lists the settings)
See:   best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0
Notes: liuer/README.md, lecture 2
"""

from utils import BadInput, flags, show

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]


def forward(x, w):
    return w * x


def mse(w):
    """Mean squared error of the line y = w x over the data."""
    return sum((forward(x, w) - y) ** 2 for x, y in zip(x_data, y_data, strict=True)) / len(x_data)


def main(w_max=4.0, step=0.1):
    """Try w = 0, step, 2 step, ... w_max; return every w, its MSE, the best w and its y(4).

    w_max: largest w to try, > 0 and <= 100
    step: distance between two neighbouring w, >= 0.001
    """
    if step > w_max:
        raise BadInput(f"step {step} is longer than the whole range 0 to {w_max}: try --step 0.1")

    # 1. Prepare data
    n = round(w_max / step)
    ws = [w_max * k / n for k in range(n + 1)]  # adding 0.1 again and again drifts off 2.0 and 4.0

    # 2. Define model: forward(), a straight line through the origin

    # 3. Loss (no optimizer: we try every w)
    losses = []

    # 4. Training cycle: forward only; choosing the smallest MSE stands in for backward and update
    for k, w in enumerate(ws):
        losses.append(mse(w))                                        # forward
        if k % max(1, n // 8) == 0:
            y_pred = "  ".join(f"{forward(x, w):4.1f}" for x in x_data)
            print(f"w = {w:.1f} | y_pred {y_pred} | MSE {losses[-1]:7.4f}")

    best = min(range(len(ws)), key=losses.__getitem__)
    prediction = forward(4.0, ws[best])
    print(f"best w = {ws[best]:.1f} | MSE {losses[best]:.4f} | prediction y(4) = {prediction:.1f}")
    return {"ws": ws, "losses": losses, "w": ws[best], "prediction": prediction}


def draw(result):
    """The cost of every w that was tried, and the lowest one."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    ax.plot(result["ws"], result["losses"], ".-", label="MSE of each w that was tried")
    ax.plot(result["w"], min(result["losses"]), "o", color="tab:red", markersize=9,
            label=f"lowest: w = {result['w']:.1f}")
    ax.set(xlabel="w", ylabel="MSE", title="Exhaustive search for w in y = w x")
    ax.grid(alpha=0.3)
    ax.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson2")
