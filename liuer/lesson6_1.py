"""Lesson 6.1: logistic regression by hand in NumPy, on the points of lesson6.py.

    z = w0 x0 + w1 x1 + w2 x2        y_pred = 1 / (1 + e^-z)
    cost = -(1/N) sum [y log y_pred + (1 - y) log(1 - y_pred)]
    d cost/dw = (1/N) sum (y_pred - y) x

For large |z| the sigmoid rounds to 0 or 1 and log(0) is -inf. Written with z the loss of a sample
is log(1 + e^z) - y z, which logaddexp computes without overflow.

Run:   python liuer/lesson6_1.py            (--help lists the settings)
See:   z = 0.20 +1.64 x1 +2.19 x2 | loss 0.2170 | test accuracy 91.8%
Notes: liuer/README.md, lecture 6
"""

import numpy as np

from utils import flags, show  # liuer/utils.py


def make_clouds(n, seed):
    """n points from two Gaussian clouds that overlap a little, and the cloud of each."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2                                             # (N,)  0, 1, 0, 1, ...
    centre = np.array([[-1.0, -1.0], [1.0, 1.0]])[y]                 # (N, 2)
    points = centre + rng.normal(size=(n, 2))                        # (N, 2)
    return np.column_stack([np.ones(n), points]), y                  # (N, 3)  x0 = 1 carries w0


def sigmoid(z):
    """1 / (1 + e^-z), also where e^-z would overflow."""
    return np.exp(-np.logaddexp(0, -z))


def cost(w, x, y):
    """Mean cross-entropy; finite for every finite z."""
    z = x @ w                                                        # (N,)
    return (np.logaddexp(0, z).sum() - y @ z) / len(z)


def gradient(w, x, y):
    """d cost/dw (3,). The slope of sigmoid cancels against that of log: y_pred - y is left."""
    return (sigmoid(x @ w) - y) @ x / len(x)


def main(epochs=500, lr=0.5, seed=0):
    """Train; return losses, weights (w0, w1, w2), accuracy and the points.

    epochs: steps, each over all 100 points, >= 1
    lr: learning rate, > 0 and <= 100
    seed: of the points, >= 0
    """
    # 1. Prepare data
    x, y = make_clouds(100, seed)                                    # (N, 3), (N,)
    x_test, y_test = make_clouds(1000, seed + 1)

    # 2. Define model: three weights
    w = np.zeros(3)

    # 3. Loss: cost(); the optimizer is one line of the loop

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        loss = cost(w, x, y)                                         # forward
        grad = gradient(w, x, y)                                     # backward
        w = w - lr * grad                                            # update
        losses.append(loss.item())
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    accuracy = ((x_test @ w > 0) == (y_test == 1)).mean().item()
    print(f"z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses[-1]:.4f} | "
          f"test accuracy {accuracy:.1%}")
    return {"losses": losses, "w": w.tolist(), "accuracy": accuracy, "x": x, "y": y}


def draw(result):
    """Probability of class 1 over the plane, and the decision line."""
    import matplotlib.pyplot as plt

    x, y, (w0, w1, w2) = result["x"], result["y"], result["w"]
    figure, plane = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
    x1, x2 = np.meshgrid(np.linspace(-4, 4, 100), np.linspace(-4, 4, 100))
    z = w0 + w1 * x1 + w2 * x2                                       # (100, 100)
    shades = plane.contourf(x1, x2, sigmoid(z), levels=10, cmap="coolwarm", alpha=0.6)
    figure.colorbar(shades, ax=plane)
    plane.contour(x1, x2, z, levels=[0], colors="black")
    plane.plot(x[y == 0, 1], x[y == 0, 2], "bo", markersize=4, label="y = 0")
    plane.plot(x[y == 1, 1], x[y == 1, 2], "r^", markersize=4, label="y = 1")
    plane.set(xlabel="x1", ylabel="x2", title="Probability of class 1; black: z = 0")
    plane.legend(loc="lower left")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson6_1")
