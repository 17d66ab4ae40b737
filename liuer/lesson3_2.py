"""Lesson 3.2: stochastic gradient descent. Step after every sample, not once for all of them.

    loss = (w x - y)^2        d loss/dw = 2 x (w x - y)
    w <- w - lr d loss/dw

Each gradient needs the w the last step made: the samples of an epoch cannot run in parallel.

Run:   python liuer/lesson3_2.py            (--help lists the settings)
See:   w = 2.0000000 (2 - w = 7.6e-14) | prediction y(4) = 8.0000000 (before training: 4.0)
Notes: liuer/README.md, lecture 3
"""

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w):
    return w * x


def loss_of(x, y, w):
    """Squared error of one sample."""
    return (forward(x, w) - y) ** 2


def gradient(x, y, w):
    """d loss/dw of one sample, derived by hand."""
    return 2 * x * (forward(x, w) - y)


def main(epochs=100, lr=0.01, w=1.0):
    """Descend sample by sample; return the data, the loss of each epoch, every w, and y(4).

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    w: where to start, >= -100 and <= 100
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    before = forward(4.0, w)

    # 3. Loss: loss_of(); the optimizer is one line of the loop

    # 4. Training cycle: forward, backward, update
    ws, losses = [w], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in zip(x_data, y_data, strict=True):
            loss = loss_of(x, y, w)                                  # forward
            grad = gradient(x, y, w)                                 # backward
            w = w - lr * grad                                        # update
            total += loss
            ws.append(w)
            if loss > 1e6:
                raise BadInput(f"the loss has grown to {loss:.2g} in epoch {epoch}: "
                               f"lr {lr} is too large, try --lr 0.01")
            if epoch == 1:
                print(f"x {x:.0f}, y {y:.0f} | loss {loss:.6f} | gradient {grad:8.4f} | w {w:.6f}")
        losses.append(total / len(x_data))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.2e} | w {w:.14f}")

    prediction = forward(4.0, w)
    print(f"w = {w:.7f} (2 - w = {2 - w:.1e}) | prediction y(4) = {prediction:.7f} "
          f"(before training: {before:.1f})")
    return {"x_data": x_data, "y_data": y_data, "losses": losses, "ws": ws, "lr": lr, "w": w,
            "distance": 2 - w, "prediction": prediction, "before": before}


def draw(result):
    """w on its way to 2: three steps an epoch, and the one step of lesson 3."""
    import matplotlib.pyplot as plt
    import numpy as np

    x_data, y_data, ws = result["x_data"], result["y_data"], result["ws"]
    n = len(x_data)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    shown = min(30, len(result["losses"]))                           # epochs
    full = ws[:1]   # lesson 3 from the same start: one step an epoch, along the mean gradient
    for _ in range(shown):
        grads = [gradient(x, y, full[-1]) for x, y in zip(x_data, y_data, strict=True)]
        full.append(full[-1] - result["lr"] * sum(grads) / n)
    axes.plot(range(shown + 1), full, "o-", markersize=3, label="full batch: 1 step an epoch")
    axes.plot(np.arange(n * shown + 1) / n, ws[:n * shown + 1], ".-",
              label="SGD: 3 steps an epoch")
    axes.axhline(2, color="gray", linestyle="--", linewidth=1)
    axes.set(xlabel="epoch", ylabel="w", title="w on its way to 2")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson3_2")
