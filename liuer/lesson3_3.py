"""Lesson 3_3: mini-batch, the compromise. Full batch, SGD and mini-batch side by side.

    w <- w - lr (1/B) sum over the batch of d loss/dw        B = N: full batch, B = 1: SGD

Part 1, the line of lesson 3: fewer samples a step means more steps an epoch.
Part 2, a cost with a saddle, four samples that lean left or right and cancel out on average:

    loss_n(u, v) = u^2 / 2 + (v^2 - 1)^2 / 4 + lean_n v        mean of lean_n = 0

At (0, 0) the full gradient is exactly 0 and full batch stays there; the minima are (0, -1) and
(0, 1). The noise of single samples can help to leave a saddle. It is no guarantee: where all
samples agree (lean 0) SGD stays as well, and the same noise keeps it from settling in a minimum.

Run:   python liuer/lesson3_3.py            (--help lists the settings)
See:   left the saddle, of 10 seeds: full batch 0, SGD 10, mini-batch 10, SGD without lean 0
Notes: liuer/README.md, lecture 3
"""

from functools import partial

import numpy as np

from utils import BadInput, flags, show

x_data = np.array([1.0, 2.0, 3.0])
y_data = np.array([2.0, 4.0, 6.0])
LEAN = np.array([-1.0, 1.0, -1.0, 1.0])  # sums to 0 exactly, also in floating point
SEEDS = 10


def line_loss(w, batch):
    """Squared error of y = w x on the samples `batch`, and its gradient; w is an array of one."""
    error = w * x_data[batch] - y_data[batch]                        # (B,)
    return (error**2).mean(), (2 * x_data[batch] * error).mean(keepdims=True)


def saddle_loss(w, batch, lean=LEAN):
    """Loss of part 2 on the samples `batch`, and its gradient; w is (u, v)."""
    u, v = w
    tilt = lean[batch].mean()
    return u**2 / 2 + (v**2 - 1)**2 / 4 + tilt * v, np.array([u, v**3 - v + tilt])


def descend(loss_and_gradient, w, n, batch_size, epochs, lr, rng):
    """Gradient descent from w over n samples; return w after every step (steps + 1, len(w)) and
    the loss over all samples after each epoch."""
    path, losses = [w], []
    for epoch in range(1, epochs + 1):
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            loss, grad = loss_and_gradient(w, order[start:start + batch_size])  # forward, backward
            if not loss < 1e6:
                raise BadInput(f"the loss has grown to {loss:.2g} in epoch {epoch}: lr {lr} is "
                               "too large, try a smaller one")
            w = w - lr * grad                                                   # update
            path.append(w)
        losses.append(loss_and_gradient(w, np.arange(n))[0])
    return np.array(path), losses


def main(epochs=100, lr=0.01, saddle_lr=0.1, seed=0):
    """Descend both costs with three batch sizes; return the paths, the losses, who got away.

    epochs: passes over the samples, >= 1
    lr: learning rate of part 1, > 0 and <= 100
    saddle_lr: learning rate of part 2, > 0 and <= 100
    seed: order of the samples, part 2 counts over 10 seeds from this one on, >= 0
    """
    # 1. Prepare data: x_data, y_data, LEAN; the batch sizes
    line_sizes = {"full batch": 3, "SGD": 1, "mini-batch": 2}
    saddle_sizes = {"full batch": 4, "SGD": 1, "mini-batch": 2, "SGD without lean": 1}

    # 2. Define model: y_pred = w x in part 1, the point (u, v) itself in part 2

    # 3. Loss: line_loss() and saddle_loss(), which also hold the gradient derived by hand

    # 4. Training cycle: forward, backward, update are the loop of descend()
    lines, saddles, escaped = {}, {}, {}
    for name, size in line_sizes.items():
        path, losses = descend(line_loss, np.array([1.0]), len(x_data), size, epochs, lr,
                               np.random.default_rng(seed))
        lines[name] = {"path": path[:, 0], "losses": losses}
        print(f"line   | {name:16} | steps per epoch {(len(path) - 1) // epochs} | "
              f"w {path[-1, 0]:.7f} | cost {losses[-1]:.1e}")
    for name, size in saddle_sizes.items():
        cost = partial(saddle_loss, lean=0 * LEAN if "without" in name else LEAN)
        runs = [descend(cost, np.array([1.5, 0.0]), len(LEAN), size, epochs, saddle_lr,
                        np.random.default_rng(seed + k)) for k in range(SEEDS)]
        path, losses = runs[0]
        saddles[name] = {"path": path, "losses": losses}
        escaped[name] = sum(abs(run[0][-1, 1]) > 0.5 for run in runs)
        print(f"saddle | {name:16} | steps per epoch {(len(path) - 1) // epochs} | "
              f"u {path[-1, 0]:6.3f}, v {path[-1, 1]:6.3f} | cost {losses[-1]:.4f}")

    counts = ", ".join(f"{name} {count}" for name, count in escaped.items())
    print(f"left the saddle, of {SEEDS} seeds: {counts}")
    return {"lines": lines, "saddles": saddles, "escaped": escaped,
            "losses": lines["mini-batch"]["losses"]}


def draw(result):
    """The three paths on the line of lesson 3, and on the cost with a saddle."""
    import matplotlib.pyplot as plt

    figure, (line, plane, time) = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
    u, v = np.meshgrid(np.linspace(-0.6, 1.7, 80), np.linspace(-1.6, 1.6, 80))
    plane.contour(u, v, u**2 / 2 + (v**2 - 1)**2 / 4, levels=14, colors="lightgray")
    for name, style in zip(result["lines"], ("o-", ".-", "s-"), strict=True):
        path, epochs = result["lines"][name]["path"], len(result["lines"][name]["losses"])
        steps = (len(path) - 1) // epochs
        shown = path[:20 * steps + 1]
        line.plot(np.arange(len(shown)) / steps, shown, style, markersize=3,
                  label=f"{name}: {steps} an epoch")
        saddle = result["saddles"][name]
        plane.plot(*saddle["path"].T, style, markersize=3, linewidth=1, label=name)
        time.plot(range(1, len(saddle["losses"]) + 1), saddle["losses"], label=name)
    line.axhline(2, color="gray", linestyle="--", linewidth=1)
    line.set(xlabel="epoch", ylabel="w", title="Part 1: y = w x, w on its way to 2")
    plane.plot(0, 0, "x", color="black", markersize=9, label="saddle")
    plane.plot([0, 0], [-1, 1], "*", color="black", markersize=11, label="minima")
    plane.set(xlabel="u", ylabel="v", title="Part 2: start at (1.5, 0)")
    time.set(xlabel="epoch", ylabel="cost", title="Part 2: cost (saddle 0.25, minimum 0)")
    for ax in (line, plane, time):
        ax.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson3_3")
