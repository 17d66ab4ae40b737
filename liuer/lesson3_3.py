"""Lesson 3.3: mini-batch, the compromise. Full batch, SGD and mini-batch side by side.

    w <- w - lr (1/B) sum over the batch of d loss/dw        B = N: full batch, B = 1: SGD

"Stochastic": every epoch takes the samples in a new random order.
Part 1, the line of lesson 3: fewer samples a step means more steps an epoch.
Part 2, a cost of two weights with a saddle. Along u it is a bowl; along v a hill at v = 0 stands
between valleys at -1 and 1. Each sample leans to one side along v, on average none:

    loss_n(u, v) = u^2 / 2 + (v^2 - 1)^2 / 4 + lean_n v        lean = -1, 1, -1, 1

Full batch stays at the saddle (0, 0) only because it starts exactly on v = 0, at (1.5, 0); from
v = 1e-6 it leaves late: --v 1e-6 --epochs 200. The noise of single samples can help to leave. It is
no guarantee: without lean there is no noise; and it keeps SGD from settling in a minimum.

Run:   python liuer/lesson3_3.py            (--help lists the settings)
See:   left the saddle, of 10 seeds: full batch 0, SGD 10, mini-batch 10, SGD without lean 0
Notes: liuer/README.md, lecture 3
"""

import numpy as np

from utils import BadInput, flags, show

SEEDS = 10


def line_loss(w, samples):
    """Mean loss of y = w x over samples (B, 2) of x and y, and its gradient; w is (1,)."""
    x, y = samples.T                                                 # (B,), (B,)
    error = w * x - y                                                # (B,)
    return (error**2).mean(), (2 * x * error).mean(keepdims=True)


def saddle_loss(w, lean):
    """Mean loss of part 2 over samples that lean so (B,), and its gradient; w is (u, v)."""
    u, v = w
    loss = u**2 / 2 + (v**2 - 1)**2 / 4 + lean.mean() * v
    return loss, np.array([u, v**3 - v + lean.mean()])


def descend(loss_and_gradient, w, samples, batch_size, epochs, lr, seed):
    """Gradient descent from w; return w after every step (steps + 1, len(w))."""
    rng = np.random.default_rng(seed)
    path = [w]
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(samples))
        for start in range(0, len(samples), batch_size):
            batch = samples[order[start:start + batch_size]]
            loss, grad = loss_and_gradient(w, batch)                 # forward, backward
            w = w - lr * grad                                        # update
            path.append(w)
            if not loss < 1e6:
                raise BadInput(f"the loss has grown to {loss:.2g} in epoch {epoch}: with {lr} the "
                               "steps are too long, try a smaller --lr or --saddle_lr")
    return np.array(path)


def main(epochs=100, lr=0.01, saddle_lr=0.1, v=0.0, seed=0):
    """Descend both costs with three batch sizes; return the paths, and how many got away.

    epochs: passes over the samples, >= 1
    lr: learning rate of part 1, > 0 and <= 100
    saddle_lr: learning rate of part 2, > 0 and <= 100
    v: where part 2 starts along v, >= -2 and <= 2
    seed: order of the samples, part 2 counts over 10 seeds from this one on, >= 0
    """
    # 1. Prepare data
    line = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])            # (N, 2)  x, y
    lean = np.array([-1.0, 1.0, -1.0, 1.0])                          # (N,)

    # 2. Define model: y_pred = w x in part 1, the point (u, v) itself in part 2

    # 3. Loss: line_loss() and saddle_loss(), which also hold the gradient derived by hand

    # 4. Training cycle: forward, backward, update are the loop of descend()
    lines, saddles, escaped = {}, {}, {}
    for name, size in [("full batch", 3), ("SGD", 1), ("mini-batch", 2)]:
        path = descend(line_loss, np.array([1.0]), line, size, epochs, lr, seed)
        lines[name] = path[:, 0]
        print(f"line   | {name:16} | steps per epoch {(len(path) - 1) // epochs} | "
              f"w {path[-1, 0]:.7f} | cost {line_loss(path[-1], line)[0]:.1e}")

    start = np.array([1.5, v])
    for name, samples, size in [("full batch", lean, 4), ("SGD", lean, 1),
                                ("mini-batch", lean, 2), ("SGD without lean", 0 * lean, 1)]:
        paths = np.array([descend(saddle_loss, start, samples, size, epochs, saddle_lr, seed + k)
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
    """The three paths on the line of lesson 3, and on the cost with a saddle."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    u, v = np.meshgrid(np.linspace(-0.6, 1.7, 80), np.linspace(-1.6, 1.6, 80))
    right.contour(u, v, saddle_loss((u, v), np.zeros(1))[0], levels=14, colors="lightgray")
    for name, steps, style in [("full batch", 1, "o-"), ("SGD", 3, ".-"), ("mini-batch", 2, "s-")]:
        path = result["lines"][name][:20 * steps + 1]                # 20 epochs
        left.plot(np.arange(len(path)) / steps, path, style, markersize=3,
                  label=f"{name}: {steps} an epoch")
        path = result["saddles"][name]
        right.plot(path[:, 0], path[:, 1], style, markersize=3, linewidth=1, label=name)
    left.axhline(2, color="gray", linestyle="--", linewidth=1)
    left.set(xlabel="epoch", ylabel="w", title="Part 1: y = w x, w on its way to 2")
    left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    left.legend()
    right.plot(0, 0, "x", color="black", markersize=9, label="saddle")
    right.plot([0, 0], [-1, 1], "*", color="black", markersize=11, label="minima")
    right.set(xlabel="u", ylabel="v", title="Part 2: to the saddle or to a minimum")
    right.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson3_3")
