"""Lesson 6.1: logistic regression by hand in NumPy, on the points of lesson6.py.

    z = w0 x0 + w1 x1 + w2 x2        y_pred = 1 / (1 + e^-z)
    cost = -(1/N) sum [y log y_pred + (1 - y) log(1 - y_pred)]
    d cost/dw = (1/N) sum (y_pred - y) x

Run:     python liuer/lesson6_1.py                  (--help lists the settings)
Prints:  z = 0.20 +1.64 x1 +2.19 x2 | loss 0.2170 | test accuracy 91.8%
Notes:   liuer/README.md, lecture 6
"""

import numpy as np

from utils import settings, show


def make_clouds(n, seed):
    """n points from two Gaussian clouds, around (-1, -1) and (1, 1), and the cloud of each."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2                        # (N,)  0, 1, 0, 1, ...
    noise = rng.normal(size=(n, 2))
    x = np.ones((n, 3))                         # (N, 3)  x0 = 1 carries w0
    x[:, 1] = 2 * y - 1 + noise[:, 0]
    x[:, 2] = 2 * y - 1 + noise[:, 1]
    return x, y


def sigmoid(z):
    """Probability of class 1."""
    # The formula is 1 / (1 + np.exp(-z)). For z below -709 its e^-z is too large for a float.
    # The same number without that, as logaddexp(0, -z) is log(1 + e^-z):
    return np.exp(-np.logaddexp(0, -z))


def cost(w, x, y):
    """Mean cross-entropy."""
    z = x @ w                                   # (N,)
    assert y.shape == z.shape                   # otherwise y * z would be all times all
    # The formula is -(y * log(y_pred) + (1 - y) * log(1 - y_pred)). For large z, y_pred rounds
    # to 1 and log(0) is -inf. The same loss of each sample, finite for every z:
    losses = np.logaddexp(0, z) - y * z         # (N,)  log(1 + e^z) - y z
    return losses.mean()


def gradient(w, x, y):
    """d cost/dw (3,). The slope of sigmoid cancels against that of log: y_pred - y is left."""
    y_pred = sigmoid(x @ w)                     # (N,)
    return (y_pred - y) @ x / len(x)


def main(epochs=500, lr=0.5, seed=0):
    """Train; return the losses, the weights (w0, w1, w2), the test accuracy and the points.

    epochs: steps, each over all 100 points
    lr: learning rate
    seed: of the points
    """
    # 1. Prepare data
    x, y = make_clouds(100, seed)               # (N, 3), (N,)
    x_test, y_test = make_clouds(1000, seed + 1)

    # 2. Define model: three weights
    w = np.zeros(3)

    # 3. Loss: cost(); the optimizer is one line of the loop

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        loss = cost(w, x, y)                    # forward
        grad = gradient(w, x, y)                # backward
        w = w - lr * grad                       # update
        losses.append(loss.item())
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    predicted = sigmoid(x_test @ w) > 0.5
    accuracy = (predicted == y_test).mean().item()
    print(f"z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses[-1]:.4f} | "
          f"test accuracy {accuracy:.1%}")
    return {"losses": losses, "w": w.tolist(), "accuracy": accuracy, "x": x, "y": y}


def draw(result):
    """Probability of class 1 over the plane, and the decision line."""
    import matplotlib.pyplot as plt

    x, y = result["x"], result["y"]
    w0, w1, w2 = result["w"]
    figure, plane = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
    x1, x2 = np.meshgrid(np.linspace(-4, 4, 100), np.linspace(-4, 4, 100))
    z = w0 + w1 * x1 + w2 * x2                  # (100, 100)
    shades = plane.contourf(x1, x2, sigmoid(z), levels=np.linspace(0, 1, 11), cmap="Greys",
                            alpha=0.6)
    figure.colorbar(shades, ax=plane, label="probability of class 1")
    if w2 != 0:                                 # after a step
        plane.axline((0, -w0 / w2), slope=-w1 / w2, color="black", label="z = 0")
    plane.plot(x[y == 0, 1], x[y == 0, 2], "o", markeredgecolor="white", label="y = 0")
    plane.plot(x[y == 1, 1], x[y == 1, 2], "^", markeredgecolor="white", label="y = 1")
    plane.set(xlabel="x1", ylabel="x2", xlim=(-4, 4), ylim=(-4, 4), title="Decision line")
    plane.legend(loc="lower left")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson6_1")
