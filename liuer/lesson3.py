"""Lesson 3: gradient descent. Walk downhill: step against the slope of the cost of all samples.

    cost(w) = (1/N) sum (w x - y)^2        d cost/dw = (1/N) sum 2 x (w x - y)
    w <- w - lr d cost/dw

Run:     python liuer/lesson3.py                    (--help lists the settings)
         python liuer/lesson3.py --lr 0.3           (too large a step: it diverges)
Prints:  Predict (after training): y(4) = 7.99978 | w = 1.9999444
Notes:   liuer/README.md, lecture 3
"""

from utils import settings, show


def forward(x, w):
    return x * w


def cost(xs, ys, w):
    """Mean squared error over all samples."""
    total = 0
    for x, y in zip(xs, ys):
        y_pred = forward(x, w)
        total += (y_pred - y) ** 2
    return total / len(xs)


def gradient(xs, ys, w):
    """d cost/dw, derived by hand: the mean of 2 x (x w - y)."""
    grad = 0
    for x, y in zip(xs, ys):
        grad += 2 * x * (x * w - y)
    return grad / len(xs)


def main(epochs=100, lr=0.01, w=1.0):
    """Descend from w; return the data, every w on the way, the cost before each step, and y(4).

    epochs: steps, each over all samples
    lr: learning rate, the length of a step for a slope of 1
    w: where to start
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    print(f"Predict (before training): y(4) = {forward(4.0, w):.1f}")

    # 3. Loss: cost(); the optimizer is one line of the loop

    # 4. Training cycle
    w_list, cost_list = [w], []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        cost_val = cost(x_data, y_data, w)          # forward
        grad_val = gradient(x_data, y_data, w)      # backward
        w = w - lr * grad_val                       # update
        w_list.append(w)
        cost_list.append(cost_val)
        if epoch == 1 or epoch % print_every == 0:
            print(f"epoch {epoch:3d}/{epochs} | cost {cost_val:.8f} | gradient {grad_val:9.6f} | "
                  f"w {w:.7f}")
        if cost_val > 1e6 and cost_val > cost_list[0]:
            print(f"diverges: cost {cost_val:.2g} in epoch {epoch}; with lr {lr} each step ends "
                  "further from the minimum, below 0.214 it converges")
            break

    prediction = forward(4.0, w)
    print(f"Predict (after training): y(4) = {prediction:.5f} | w = {w:.7f}")
    return {"x_data": x_data, "y_data": y_data, "w_list": w_list, "cost_list": cost_list,
            "prediction": prediction}


def draw(result):
    """The path down the cost curve, and the cost over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    x_data, y_data = result["x_data"], result["y_data"]
    w = np.array(result["w_list"])
    costs = cost(x_data, y_data, w)
    every_w = np.linspace(min(0.0, w.min()), max(4.0, w.max()), 201)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.plot(every_w, cost(x_data, y_data, every_w), color="lightgray", linewidth=2,
              label="cost(w)")
    left.plot(w, costs, "o-", markersize=4, linewidth=1, label="after each step")
    left.plot(w[0], costs[0], "s", color="tab:orange", label=f"start, w = {w[0]:.5g}")
    left.plot(w[-1], costs[-1], "o", color="tab:red", label=f"end, w = {w[-1]:.5g}")
    left.set(xlabel="w", ylabel="cost", title="Each step goes against the slope")
    left.legend()
    right.plot(range(len(costs)), costs, marker="." if len(costs) < 30 else "")
    right.set(xlabel="steps taken", ylabel="cost", title="The cost after each step")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w"]))
    show(draw(result), "lesson3")
