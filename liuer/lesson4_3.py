"""Lesson 4.3: y = w x + b by stochastic gradient descent, with the gradient derived by hand.

    loss = (w x + b - y)^2 = (y_pred - y)^2, by the chain rule through y_pred:
    d loss/dw = 2 (y_pred - y) x        d loss/db = 2 (y_pred - y) 1

Run:     python liuer/lesson4_3.py                  (--help lists the settings)
Prints:  Predict (after training): y(4) = 7.99954 | w = 1.99972 | b = 0.00067
Notes:   liuer/README.md, lecture 4
"""

from utils import settings, show


def forward(x, w, b):
    return x * w + b


def loss(x, y, w, b):
    """Squared error of one sample."""
    y_pred = forward(x, w, b)
    return (y_pred - y) ** 2


def gradient(x, y, w, b):
    """(d loss/dw, d loss/db) of one sample: what comes down to y_pred, times the local slopes."""
    dy_pred = 2 * (forward(x, w, b) - y)
    return dy_pred * x, dy_pred * 1


def main(epochs=1000, lr=0.01, w=1.0, b=1.0):
    """Descend sample by sample; return data, every w and b, losses of the epochs, and y(4).

    epochs: passes over the samples
    lr: learning rate
    w: where w starts
    b: where b starts
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    print(f"Predict (before training): y(4) = {forward(4.0, w, b):.1f}")

    # 3. Loss: loss(); the optimizer is two lines of the loop

    # 4. Training cycle
    w_list, b_list, loss_list = [w], [b], []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        l_sum = 0.0
        for x, y in zip(x_data, y_data):
            loss_val = loss(x, y, w, b)             # forward
            dw, db = gradient(x, y, w, b)           # backward
            w = w - lr * dw                         # update
            b = b - lr * db
            l_sum += loss_val
            w_list.append(w)
            b_list.append(b)
        mean_loss = l_sum / len(x_data)
        loss_list.append(mean_loss)
        if epoch == 1 or epoch % print_every == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {mean_loss:.2e} | w {w:.6f} | b {b:9.6f}")
        if mean_loss > 1e6 and mean_loss > loss_list[0]:
            print(f"diverges: loss {mean_loss:.2g} in epoch {epoch}; lr {lr} is too large")
            break

    prediction = forward(4.0, w, b)
    print(f"Predict (after training): y(4) = {prediction:.5f} | w = {w:.5f} | b = {b:.5f}")
    return {"x_data": x_data, "y_data": y_data, "w_list": w_list, "b_list": b_list,
            "loss_list": loss_list, "prediction": prediction}


def draw(result):
    """The path of single samples across the valley of the cost, and the loss over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    w_list, b_list, loss_list = result["w_list"], result["b_list"], result["loss_list"]
    w_line = np.linspace(min(1.4, min(w_list)) - 0.5, max(2.6, max(w_list)) + 0.5, 120)
    b_line = np.linspace(min(-1.0, min(b_list)) - 0.5, max(1.0, max(b_list)) + 0.5, 120)
    w, b = np.meshgrid(w_line, b_line)              # (120, 120)
    costs = np.zeros_like(w)
    for x, y in zip(result["x_data"], result["y_data"]):
        costs += loss(x, y, w, b) / len(result["x_data"])
    levels = np.geomspace(0.02, max(30, costs.max()), 12)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.contour(w, b, costs, levels=levels, colors="lightgray")
    left.plot(w_list, b_list, ".-", markersize=3, linewidth=0.7, label="path, one sample a step")
    left.plot(w_list[0], b_list[0], "s", color="tab:orange",
              label=f"start ({w_list[0]:.4g}, {b_list[0]:.4g})")
    left.plot(w_list[-1], b_list[-1], "o", color="tab:red",
              label="end")
    left.set(xlabel="w", ylabel="b", title="Steps across and along the valley")
    left.legend()
    right.plot(range(1, len(loss_list) + 1), loss_list, marker="." if len(loss_list) < 30 else "")
    right.set_yscale("log" if max(loss_list) > 0 else "linear")     # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w", "b"]))
    show(draw(result), "lesson4_3")
