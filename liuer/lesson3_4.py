"""Lesson 3.4: a saddle. The full batch sticks where its gradient is 0; noise can help to leave.

    loss_n(u, v) = u^2 / 2 + (v^2 - 1)^2 / 4 + lean_n v        lean = -1, 1, -1, 1

Along u this is a bowl, along v a hill at 0 between two valleys at -1 and 1. Each sample leans to
one side along v, all together to none: at (0, 0) the gradient of the cost is 0.

Run:     python liuer/lesson3_4.py                  (--help lists the settings)
         python liuer/lesson3_4.py --v 1e-6 --epochs 200    (a millionth beside: all of them leave)
Prints:  left the saddle, of 10 seeds: full batch 0, SGD 10, mini-batch 10, SGD without lean 0
Notes:   liuer/README.md, lecture 3
"""

import numpy as np

from utils import settings, show

SEEDS = 10


def cost(lean, u, v):
    """Mean loss at (u, v) over samples that lean so."""
    return u**2 / 2 + (v**2 - 1)**2 / 4 + lean.mean() * v


def gradient(lean, u, v):
    """(d cost/du, d cost/dv), derived by hand."""
    return u, v**3 - v + lean.mean()


def descend(lean, batch_size, v, epochs, lr, seed):
    """Mini-batch gradient descent from (1.5, v); return every u and every v on the way."""
    rng = np.random.default_rng(seed)
    u = 1.5
    u_list, v_list = [u], [v]
    for _ in range(epochs):
        order = rng.permutation(len(lean))
        for i in range(0, len(order), batch_size):
            if max(abs(u), abs(v)) > 1000:          # it has flown off
                return u_list, v_list
            du, dv = gradient(lean[order[i:i + batch_size]], u, v)      # forward and backward
            u = u - lr * du                                             # update
            v = v - lr * dv
            u_list.append(u)
            v_list.append(v)
    return u_list, v_list


def main(epochs=100, lr=0.1, v=0.0, seed=0):
    """Descend with three batch sizes; return the paths, and how many of 10 left the saddle.

    epochs: passes over the samples
    lr: learning rate
    v: where to start along v
    seed: of the order of the samples, counted over 10 seeds from this one on
    """
    # 1. Prepare data
    lean = np.array([-1.0, 1.0, -1.0, 1.0])         # (N,)
    no_lean = np.zeros(4)                           # all samples alike: no noise

    # 2. Define model: the point (u, v) itself

    # 3. Loss: cost(), with its gradient by hand; the optimizer is two lines of descend()

    # 4. Training cycle: descend(), ten times for each batch size
    paths, escaped = {}, {}
    for name, leans, batch_size in [("full batch", lean, 4), ("SGD", lean, 1),
                                    ("mini-batch", lean, 2), ("SGD without lean", no_lean, 1)]:
        count = 0
        for k in range(SEEDS):
            u_list, v_list = descend(leans, batch_size, v, epochs, lr, seed + k)
            if abs(v_list[-1]) > 0.5:               # nearer to a minimum than to the saddle
                count += 1
            if k == 0:
                paths[name] = (u_list, v_list)
        u_list, v_list = paths[name]
        u_end, v_end = u_list[-1], v_list[-1]
        if max(abs(u_end), abs(v_end)) > 1000:
            print(f"diverges: {name} flies off to u {u_end:.2g}, v {v_end:.2g}; "
                  f"lr {lr} or v {v} is too large")
            return {"paths": paths, "escaped": escaped}
        escaped[name] = count
        print(f"{name:16} | steps {len(u_list) - 1:3d} | u {u_end:6.3f}, v {v_end:6.3f} | "
              f"cost {cost(leans, u_end, v_end):.4f}")

    counts = []
    for name, count in escaped.items():
        counts.append(f"{name} {count}")
    print(f"left the saddle, of {SEEDS} seeds: {', '.join(counts)}")
    return {"paths": paths, "escaped": escaped}


def draw(result):
    """The cost from above, and where each batch size goes: to the saddle or to a minimum."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    u, v = np.meshgrid(np.linspace(-0.6, 1.7, 80), np.linspace(-1.8, 1.8, 80))      # (80, 80)
    axes.contour(u, v, cost(np.zeros(1), u, v), levels=14, colors="lightgray")
    for name, style in [("SGD", ".-"), ("mini-batch", "s-"), ("full batch", "o-")]:
        if name in result["paths"]:
            u_list, v_list = result["paths"][name]
            axes.plot(u_list, v_list, style, markersize=3, linewidth=1, label=name)
    axes.plot(0, 0, "x", color="black", markersize=9, label="saddle")
    axes.plot([0, 0], [-1, 1], "*", color="black", markersize=11, label="minima")
    axes.set(xlabel="u", ylabel="v", title="To the saddle or to a minimum")
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["v"]))
    show(draw(result), "lesson3_4")
