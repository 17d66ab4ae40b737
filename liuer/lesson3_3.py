"""Lesson 3.3: mini-batch, the compromise. Full batch, SGD and mini-batch side by side.

    w <- w - lr (1/B) sum over the batch of d loss/dw        B = N: full batch, B = 1: SGD

The cost has a saddle: along u it is a bowl, along v a hill at 0 stands between valleys at -1 and 1.
Each sample leans to one side along v, on average none:

    loss_n(u, v) = u^2 / 2 + (v^2 - 1)^2 / 4 + lean_n v        lean = -1, 1, -1, 1

Run:   python liuer/lesson3_3.py            (--help lists the settings)
See:   left the saddle, of 10 seeds: full batch 0, SGD 10, mini-batch 10, SGD without lean 0
Notes: liuer/README.md, lecture 3
"""

import numpy as np

from utils import BadInput, flags, show

SEEDS = 10


def saddle_loss(w, lean):
    """Mean loss over samples that lean so (B,), and its gradient; w is (u, v)."""
    u, v = w
    loss = u**2 / 2 + (v**2 - 1)**2 / 4 + lean.mean() * v
    return loss, np.array([u, v**3 - v + lean.mean()])


def descend(w, lean, batch_size, epochs, lr, seed):
    """Gradient descent from w over samples in random order; return every w (steps + 1, 2)."""
    rng = np.random.default_rng(seed)
    path = [w]
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(lean))
        for start in range(0, len(lean), batch_size):
            batch = lean[order[start:start + batch_size]]
            loss, grad = saddle_loss(w, batch)                       # forward, backward
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
    # 1. Prepare data
    lean = np.array([-1.0, 1.0, -1.0, 1.0])                          # (N,)

    # 2. Define model: the point (u, v) itself

    # 3. Loss: saddle_loss(), with its gradient derived by hand

    # 4. Training cycle: forward, backward, update are the loop of descend()
    saddles, escaped = {}, {}
    start = np.array([1.5, v])
    for name, samples, size in [("full batch", lean, 4), ("SGD", lean, 1),
                                ("mini-batch", lean, 2), ("SGD without lean", 0 * lean, 1)]:
        paths = np.array([descend(start, samples, size, epochs, lr, seed + k)
                          for k in range(SEEDS)])                    # (SEEDS, steps + 1, 2)
        saddles[name] = paths[0]
        escaped[name] = int((abs(paths[:, -1, 1]) > 0.5).sum())      # nearer to a minimum
        end = paths[0, -1]
        print(f"saddle | {name:16} | steps per epoch {(len(paths[0]) - 1) // epochs} | "
              f"u {end[0]:6.3f}, v {end[1]:6.3f} | cost {saddle_loss(end, samples)[0]:.4f}")

    counts = ", ".join(f"{name} {count}" for name, count in escaped.items())
    print(f"left the saddle, of {SEEDS} seeds: {counts}")
    return {"saddles": saddles, "seeds": SEEDS, "escaped": escaped}


def draw(result):
    """The three paths over the cost, to the saddle or to a minimum."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
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
