"""Lesson 4_3: y = w x + b by stochastic gradient descent, with the gradient derived by hand.

    loss = (w x + b - y)^2 = (y_pred - y)^2, by the chain rule through y_pred:
    d loss/dw = 2 (y_pred - y) x        d loss/db = 2 (y_pred - y) 1

Run:   python liuer/lesson4_3.py            (--help lists the settings)
See:   w = 1.99972 | b = 0.00067 | prediction y(4) = 7.99954 (before training: 5.0)
Notes: liuer/README.md, lecture 4
"""

from utils import BadInput, flags, show

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]


def forward(x, w, b):
    return w * x + b


def loss_of(x, y, w, b):
    """Squared error of one sample."""
    return (forward(x, w, b) - y) ** 2


def gradient(x, y, w, b):
    """(d loss/dw, d loss/db) of one sample: what comes down to y_pred, times the local slopes."""
    dy_pred = 2 * (forward(x, w, b) - y)
    return dy_pred * x, dy_pred * 1


def main(epochs=1000, lr=0.01, w=1.0, b=1.0):
    """Descend sample by sample; return the loss of each epoch, every w and b, and y(4).

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    w: where w starts, >= -100 and <= 100
    b: where b starts, >= -100 and <= 100
    """
    # 1. Prepare data: x_data, y_data above
    before = forward(4.0, w, b)

    # 2. Define model: forward()

    # 3. Loss: loss_of(); the optimizer is two lines of the loop

    # 4. Training cycle: forward, backward, update
    ws, bs, losses = [w], [b], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in zip(x_data, y_data, strict=True):
            loss = loss_of(x, y, w, b)                               # forward
            dw, db = gradient(x, y, w, b)                            # backward
            w = w - lr * dw                                          # update
            b = b - lr * db
            total += loss
            ws.append(w)
            bs.append(b)
            if loss > 1e6:
                raise BadInput(f"the loss has grown to {loss:.2g} in epoch {epoch}: "
                               f"lr {lr} is too large, try --lr 0.01")
        losses.append(total / len(x_data))
        if epoch == 1 or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.2e} | w {w:.6f} | b {b:9.6f}")

    prediction = forward(4.0, w, b)
    print(f"w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} "
          f"(before training: {before})")
    return {"losses": losses, "ws": ws, "bs": bs, "w": w, "b": b, "prediction": prediction}


def draw(result):
    """The path of single samples across the valley of the cost, and the loss over the epochs."""
    import matplotlib.pyplot as plt
    import numpy as np

    ws, bs = result["ws"], result["bs"]
    left, right = min(*ws, 1.4) - 0.5, max(*ws, 2.6) + 0.5
    low, high = min(*bs, -1.0) - 0.5, max(*bs, 1.0) + 0.5
    w, b = np.meshgrid(np.linspace(left, right, 120), np.linspace(low, high, 120))
    mean = sum(loss_of(x, y, w, b) for x, y in zip(x_data, y_data, strict=True)) / len(x_data)
    figure, (plane, time) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    plane.contour(w, b, mean, levels=np.geomspace(0.02, 30, 12), colors="lightgray")
    plane.plot(ws, bs, ".-", markersize=3, linewidth=0.7, label="path, one sample a step")
    plane.plot(ws[0], bs[0], "s", color="tab:orange", label=f"start ({ws[0]:.1f}, {bs[0]:.1f})")
    plane.plot(ws[-1], bs[-1], "o", color="tab:red", label=f"end ({ws[-1]:.3f}, {bs[-1]:.3f})")
    plane.set(xlabel="w", ylabel="b", title="Steps across and along the valley")
    plane.legend()
    time.semilogy(range(1, len(result["losses"]) + 1), result["losses"])
    time.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch")
    time.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson4_3")
