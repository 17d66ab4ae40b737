"""Lesson 3.3: mini-batch, the compromise. Full batch, SGD and mini-batch side by side.

    w <- w - lr (1/B) sum over the batch of d loss/dw        B = N: full batch, B = 1: SGD

First on the slides' line y = w x, then on a cost with a saddle: along u a bowl, along v a hill at 0
between valleys at -1 and 1. Each sample leans to one side along v, on average none:

    loss_n(u, v) = u^2 / 2 + (v^2 - 1)^2 / 4 + lean_n v        lean = -1, 1, -1, 1

Run:   python liuer/lesson3_3.py            (--help lists the settings)
See:   left the saddle, of 10 seeds: full batch 0, SGD 10, mini-batch 10, SGD without lean 0
Notes: liuer/README.md, lecture 3
"""

import numpy as np

from utils import BadInput, flags, show  # liuer/utils.py

SEEDS = 10
LINE_EPOCHS = 20
SAMPLES = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])            # (N, 2)  x, y of the slides


def line_loss(w, samples):
    """Mean of (w x - y)^2 over samples (x, y) (B, 2), and its gradient; w is one weight (1,)."""
    x, y = samples.T                                                 # (B,), (B,)
    return ((w * x - y)**2).mean(), np.array([(2 * x * (w * x - y)).mean()])


def saddle_loss(w, lean):
    """Mean loss over samples that lean so (B,), and its gradient; w is (u, v)."""
    u, v = w
    loss = u**2 / 2 + (v**2 - 1)**2 / 4 + lean.mean() * v
    return loss, np.array([u, v**3 - v + lean.mean()])


def descend(loss_of, w, samples, batch_size, epochs, lr, seed):
    """Gradient descent from w over samples in random order; return every w (steps + 1, weights)."""
    rng = np.random.default_rng(seed)
    path = [w]
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(samples))
        for start in range(0, len(samples), batch_size):
            batch = samples[order[start:start + batch_size]]
            loss, grad = loss_of(w, batch)                           # forward, backward
            w = w - lr * grad                                        # update
            path.append(w)
            if not loss < 1e6:
                raise BadInput(f"the loss has grown to {loss:.2g} in epoch {epoch}: "
                               f"lr {lr} is too large, try --lr 0.1")
    return np.array(path)


def main(epochs=100, lr=0.1, v=0.0, seed=0):
    """Descend with three batch sizes; return the paths, and how many left the saddle.

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    v: where to start along v, >= -2 and <= 2
    seed: order of the samples, counted over 10 seeds from this one on, >= 0
    """
    # 1. Prepare data: SAMPLES of the line, and of the saddle
    lean = np.array([-1.0, 1.0, -1.0, 1.0])                          # (N,)

    # 2. Define model: the weight w of the line, the point (u, v) itself on the saddle

    # 3. Loss: line_loss() and saddle_loss(), with their gradients derived by hand

    # 4. Training cycle: forward, backward, update are the loop of descend()
    lines = {}
    for name, size in [("full batch", 3), ("SGD", 1), ("mini-batch", 2)]:
        path = descend(line_loss, np.array([1.0]), SAMPLES, size, LINE_EPOCHS, 0.01, seed)
        lines[name] = path[:, 0]
        print(f"line   | {name:16} | steps per epoch {(len(path) - 1) // LINE_EPOCHS} | "
              f"w {path[-1, 0]:.6f} after {LINE_EPOCHS} epochs")

    saddles, escaped = {}, {}
    start = np.array([1.5, v])
    for name, samples, size in [("full batch", lean, 4), ("SGD", lean, 1),
                                ("mini-batch", lean, 2), ("SGD without lean", 0 * lean, 1)]:
        paths = np.array([descend(saddle_loss, start, samples, size, epochs, lr, seed + k)
                          for k in range(SEEDS)])                    # (SEEDS, steps + 1, 2)
        saddles[name] = paths[0]
        escaped[name] = int((abs(paths[:, -1, 1]) > 0.5).sum())      # nearer to a minimum
        end = paths[0, -1]
        print(f"saddle | {name:16} | steps per epoch {(len(paths[0]) - 1) // epochs} | "
              f"u {end[0]:6.3f}, v {end[1]:6.3f} | cost {saddle_loss(end, samples)[0]:.4f}")

    counts = ", ".join(f"{name} {count}" for name, count in escaped.items())
    print(f"left the saddle, of {SEEDS} seeds: {counts}")
    return {"lines": lines, "saddles": saddles, "seeds": SEEDS, "escaped": escaped}


def draw(result):
    """Left: w of the line over the epochs. Right: to the saddle or to a minimum."""
    import matplotlib.pyplot as plt

    figure, (left, axes) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
    for name, style in [("full batch", "o-"), ("SGD", ".-"), ("mini-batch", "s-")]:
        w = result["lines"][name]
        left.plot(np.linspace(0, LINE_EPOCHS, len(w)), w, style, markersize=3, linewidth=1,
                  label=f"{name}: {(len(w) - 1) // LINE_EPOCHS} an epoch")
    left.set(xlabel="epoch", ylabel="w", title="The line y = w x: a dot a step")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.legend()
    u, v = np.meshgrid(np.linspace(-0.6, 1.7, 80), np.linspace(-1.6, 1.6, 80))
    axes.contour(u, v, saddle_loss((u, v), np.zeros(1))[0], levels=14, colors="lightgray")
    for name, style in [("full batch", "o-"), ("SGD", ".-"), ("mini-batch", "s-")]:
        path = result["saddles"][name]
        axes.plot(path[:, 0], path[:, 1], style, markersize=3, linewidth=1, label=name)
    axes.plot(0, 0, "x", color="black", markersize=9, label="saddle")
    axes.plot([0, 0], [-1, 1], "*", color="black", markersize=11, label="minima")
    axes.set(xlabel="u", ylabel="v", title="To the saddle or to a minimum")
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson3_3")
