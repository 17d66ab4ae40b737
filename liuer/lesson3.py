"""Lesson 3: gradient descent. Walk downhill: step against the slope of the cost of all samples.

    cost(w) = (1/N) sum (w x - y)^2        d cost/dw = (1/N) sum 2 x (w x - y)
    w <- w - lr d cost/dw

Run:   python liuer/lesson3.py              (--help lists the settings)
See:   w = 1.9999444 | prediction y(4) = 7.99978 (before training: 4.0)
Notes: liuer/README.md, lecture 3
"""

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w):
    return w * x


def cost(xs, ys, w):
    """Mean squared error over all samples."""
    return sum((forward(x, w) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def gradient(xs, ys, w):
    """d cost/dw, derived by hand: the mean of 2 x (w x - y)."""
    return sum(2 * x * (forward(x, w) - y) for x, y in zip(xs, ys, strict=True)) / len(xs)


def main(epochs=100, lr=0.01, w=1.0):
    """Descend from w; return the data, the cost before each step, every w on the way, and y(4).

    epochs: steps, each over all samples, >= 1
    lr: learning rate, the length of a step for a slope of 1, > 0 and <= 100
    w: where to start, >= -100 and <= 100
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    before = forward(4.0, w)

    # 3. Loss: cost(); the optimizer is one line of the loop

    # 4. Training cycle: forward, backward, update
    ws, losses = [w], []
    for epoch in range(1, epochs + 1):
        loss = cost(x_data, y_data, w)                               # forward
        grad = gradient(x_data, y_data, w)                           # backward
        w = w - lr * grad                                            # update
        losses.append(loss)
        ws.append(w)
        if loss > 1e6:
            raise BadInput(f"the cost has grown to {loss:.2g} in {epoch} epochs: with lr {lr} each "
                           "step ends further from the minimum; it converges below 0.214")
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | cost {loss:.8f} | gradient {grad:9.6f} | w {w:.7f}")

    prediction = forward(4.0, w)
    print(f"w = {w:.7f} | prediction y(4) = {prediction:.5f} (before training: {before:.1f})")
    return {"x_data": x_data, "y_data": y_data, "losses": losses, "ws": ws, "w": w,
            "prediction": prediction, "before": before}


def draw(result):
    """The path down the cost curve, and the cost over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    x_data, y_data, ws = result["x_data"], result["y_data"], np.array(result["ws"])
    every_w = np.linspace(min(0.0, ws.min()), max(4.0, ws.max()), 201)
    costs = cost(x_data, y_data, ws)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.plot(every_w, cost(x_data, y_data, every_w), color="lightgray", linewidth=2,
              label="cost(w)")
    left.plot(ws, costs, "o-", markersize=4, linewidth=1, label="after each step")
    left.plot(ws[0], costs[0], "s", color="tab:orange", label=f"start, w = {ws[0]:.1f}")
    left.plot(ws[-1], costs[-1], "o", color="tab:red", label=f"end, w = {ws[-1]:.4f}")
    left.set(xlabel="w", ylabel="cost", title="Steps shrink as the slope does")
    left.legend()
    right.plot(range(len(costs)), costs)
    right.set(xlabel="steps taken", ylabel="cost", title="The cost after each step")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson3")
