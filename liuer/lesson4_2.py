"""Lesson 4.2: y = w x + b by gradient descent, with the gradient derived by hand.

    loss = (w x + b - y)^2
    d loss/dw = 2 x (w x + b - y)        d loss/db = 2 (w x + b - y)

The gradient of the cost is the mean of these over the samples. The cost is a long narrow valley:
down its side takes a few steps, along its floor thousands.

Run:   python liuer/lesson4_2.py            (--help lists the settings)
See:   w = 2.00000 | b = 0.00001 | prediction y(4) = 7.99999 (before training: 5.0)
Notes: liuer/README.md, lecture 4
"""

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w, b):
    return w * x + b


def cost(xs, ys, w, b):
    """Mean squared error over all samples."""
    return sum((forward(x, w, b) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def gradient(x, y, w, b):
    """(d loss/dw, d loss/db) of one sample."""
    error = forward(x, w, b) - y
    return 2 * x * error, 2 * error


def main(epochs=5000, lr=0.01, w=1.0, b=1.0):
    """Descend from (w, b); return data, the cost before each step, every w and b, and y(4).

    epochs: steps, each over all samples, >= 1
    lr: learning rate, > 0 and <= 100
    w: where w starts, >= -100 and <= 100
    b: where b starts, >= -100 and <= 100
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    before = forward(4.0, w, b)

    # 3. Loss: cost(); the optimizer is two lines of the loop

    # 4. Training cycle: forward, backward, update
    ws, bs, losses = [w], [b], []
    for epoch in range(1, epochs + 1):
        loss = cost(x_data, y_data, w, b)                            # forward
        dw_sum, db_sum = 0.0, 0.0
        for x, y in zip(x_data, y_data, strict=True):
            dw, db = gradient(x, y, w, b)                            # backward
            dw_sum += dw
            db_sum += db
        w = w - lr * dw_sum / len(x_data)                            # update
        b = b - lr * db_sum / len(x_data)
        losses.append(loss)
        ws.append(w)
        bs.append(b)
        if loss > 1e6:
            raise BadInput(f"the cost has grown to {loss:.2g} in {epoch} epochs: with lr {lr} each "
                           "step ends further from the minimum; it converges below 0.18")
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | cost {loss:.2e} | w {w:.6f} | b {b:9.6f}")

    prediction = forward(4.0, w, b)
    print(f"w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} "
          f"(before training: {before:.1f})")
    return {"x_data": x_data, "y_data": y_data, "losses": losses, "ws": ws, "bs": bs, "w": w,
            "b": b, "prediction": prediction, "before": before}


def draw(result):
    """The path through the valley of the cost, and the cost over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    ws, bs, losses = result["ws"], result["bs"], result["losses"]
    w_line = np.linspace(min(1.4, *ws) - 0.5, max(2.6, *ws) + 0.5, 120)
    b_line = np.linspace(min(-1.0, *bs) - 0.5, max(1.0, *bs) + 0.5, 120)
    w, b = np.meshgrid(w_line, b_line)                               # (120, 120)
    costs = cost(result["x_data"], result["y_data"], w, b)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.contour(w, b, costs, levels=np.geomspace(0.02, 30, 12), colors="lightgray")
    left.plot(ws, bs, ".-", markersize=3, linewidth=1, label="path")
    left.plot(ws[0], bs[0], "s", color="tab:orange", label=f"start ({ws[0]:.1f}, {bs[0]:.1f})")
    left.plot(ws[-1], bs[-1], "o", color="tab:red", label=f"end ({ws[-1]:.3f}, {bs[-1]:.3f})")
    left.set(xlabel="w", ylabel="b", title="Fast down the side, slow along the floor")
    left.legend()
    right.plot(range(1, len(losses) + 1), losses, marker="." if len(losses) < 30 else "")
    right.set_yscale("log" if max(losses) > 0 else "linear")         # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="cost", title="Cost before each step")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson4_2")
