"""Lesson 4.2: y = w x + b by gradient descent, with the gradient derived by hand.

    loss = (w x + b - y)^2
    d loss/dw = 2 x (w x + b - y)        d loss/db = 2 (w x + b - y)

The gradient of the cost is the mean of these over the samples. The cost is a long narrow valley:
down its side takes a few steps, along its floor thousands.

Run:     python liuer/lesson4_2.py                  (--help lists the settings)
Prints:  Predict (after training): y(4) = 7.99999 | w = 2.00000 | b = 0.00001
Notes:   liuer/README.md, lecture 4
"""

from utils import settings, show


def forward(x, w, b):
    return x * w + b


def cost(xs, ys, w, b):
    """Mean squared error over all samples."""
    total = 0
    for x, y in zip(xs, ys):
        y_pred = forward(x, w, b)
        total += (y_pred - y) ** 2
    return total / len(xs)


def gradient(xs, ys, w, b):
    """(d cost/dw, d cost/db): the means of 2 x (w x + b - y) and of 2 (w x + b - y)."""
    dw = db = 0
    for x, y in zip(xs, ys):
        error = forward(x, w, b) - y
        dw += 2 * x * error
        db += 2 * error
    return dw / len(xs), db / len(xs)


def main(epochs=5000, lr=0.01, w=1.0, b=1.0):
    """Descend from (w, b); return data, every w and b, the cost before each step, and y(4).

    epochs: steps, each over all samples
    lr: learning rate
    w: where w starts
    b: where b starts
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    print(f"Predict (before training): y(4) = {forward(4.0, w, b):.1f}")

    # 3. Loss: cost(); the optimizer is two lines of the loop

    # 4. Training cycle
    w_list, b_list, cost_list = [w], [b], []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        cost_val = cost(x_data, y_data, w, b)       # forward
        dw, db = gradient(x_data, y_data, w, b)     # backward
        w = w - lr * dw                             # update
        b = b - lr * db
        w_list.append(w)
        b_list.append(b)
        cost_list.append(cost_val)
        if epoch == 1 or epoch % print_every == 0:
            print(f"epoch {epoch:4d}/{epochs} | cost {cost_val:.2e} | w {w:.6f} | b {b:9.6f}")
        if cost_val > 1e6 and cost_val > cost_list[0]:
            print(f"diverges: cost {cost_val:.2g} in epoch {epoch}; with lr {lr} each step ends "
                  "further from the minimum, below 0.18 it converges")
            break

    prediction = forward(4.0, w, b)
    print(f"Predict (after training): y(4) = {prediction:.5f} | w = {w:.5f} | b = {b:.5f}")
    return {"x_data": x_data, "y_data": y_data, "w_list": w_list, "b_list": b_list,
            "cost_list": cost_list, "prediction": prediction}


def draw(result):
    """The path through the valley of the cost, and the cost over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    w_list, b_list, cost_list = result["w_list"], result["b_list"], result["cost_list"]
    w_line = np.linspace(min(1.4, min(w_list)) - 0.5, max(2.6, max(w_list)) + 0.5, 120)
    b_line = np.linspace(min(-1.0, min(b_list)) - 0.5, max(1.0, max(b_list)) + 0.5, 120)
    w, b = np.meshgrid(w_line, b_line)              # (120, 120)
    costs = cost(result["x_data"], result["y_data"], w, b)
    levels = np.geomspace(0.02, max(30, costs.max()), 12)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.contour(w, b, costs, levels=levels, colors="lightgray")
    left.plot(w_list, b_list, ".-", markersize=3, linewidth=1, label="path")
    left.plot(w_list[0], b_list[0], "s", color="tab:orange",
              label=f"start ({w_list[0]:.4g}, {b_list[0]:.4g})")
    left.plot(w_list[-1], b_list[-1], "o", color="tab:red",
              label="end")
    left.set(xlabel="w", ylabel="b", title="Down the side, then along the floor")
    left.legend()
    right.plot(range(1, len(cost_list) + 1), cost_list, marker="." if len(cost_list) < 30 else "")
    right.set_yscale("log" if max(cost_list) > 0 else "linear")     # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="cost", title="Cost before each step")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w", "b"]))
    show(draw(result), "lesson4_2")
