"""Lesson 3.3: mini-batch, the lecture's compromise. Full batch, SGD and mini-batch side by side.

    w <- w - lr (1/B) sum over the batch of 2 x (w x - y)
    B = N: full batch (lesson 3)        B = 1: SGD (lesson 3.2)        between: mini-batch

The samples come in a new random order in each epoch: that is the S of SGD.

Run:     python liuer/lesson3_3.py                  (--help lists the settings)
Prints:  w at the end: full batch 1.859086, SGD 1.997620, mini-batch 1.976608
Notes:   liuer/README.md, lecture 3
"""

import numpy as np

from utils import settings, show

BATCH_SIZES = {"full batch": 3, "SGD": 1, "mini-batch": 2}


def forward(x, w):
    return x * w


def cost(xs, ys, w):
    """Mean squared error over all samples."""
    total = 0
    for x, y in zip(xs, ys):
        y_pred = forward(x, w)
        total += (y_pred - y) ** 2
    return total / len(xs)


def gradient(xs, ys, w):
    """d cost/dw over the samples of a batch: the mean of 2 x (x w - y)."""
    grad = 0
    for x, y in zip(xs, ys):
        grad += 2 * x * (x * w - y)
    return grad / len(xs)


def main(epochs=20, lr=0.01, w=1.0, seed=0):
    """Descend from w with three batch sizes; return every w of each.

    epochs: passes over the samples
    lr: learning rate
    w: where all three start
    seed: of the order of the samples
    """
    # 1. Prepare data
    x_data = np.array([1.0, 2.0, 3.0])              # (N,)
    y_data = np.array([2.0, 4.0, 6.0])

    # 2. Define model: forward()
    start_w = w
    start_cost = cost(x_data, y_data, w)

    # 3. Loss: cost(), of a batch; the optimizer is one line of the loop

    # 4. Training cycle, once for each batch size
    w_lists = {}
    for name, batch_size in BATCH_SIZES.items():
        rng = np.random.default_rng(seed)
        w = start_w
        w_list = [w]
        for epoch in range(1, epochs + 1):
            order = rng.permutation(len(x_data))    # such as 2, 0, 1
            for i in range(0, len(order), batch_size):
                batch = order[i:i + batch_size]     # (B,)  the last one may be smaller
                grad_val = gradient(x_data[batch], y_data[batch], w)    # forward and backward
                w = w - lr * grad_val                                   # update
                w_list.append(w.item())
            cost_val = cost(x_data, y_data, w)
            if cost_val > 1e6 and cost_val > start_cost:
                print(f"diverges: {name} with lr {lr}, cost {cost_val:.2g} after epoch {epoch}")
                break
        w_lists[name] = w_list
        print(f"{name:10} | batches of {batch_size} | steps {len(w_list) - 1:2d} | "
              f"cost {cost_val:.2e} | w {w:.6f}")

    ends = []
    for name, w_list in w_lists.items():
        ends.append(f"{name} {w_list[-1]:.6f}")
    print("w at the end: " + ", ".join(ends))
    return {"w_lists": w_lists}


def draw(result):
    """w on its way to 2 with each batch size."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for (name, w_list), marker in zip(result["w_lists"].items(), "o.s"):
        steps = {"full batch": 1, "SGD": 3, "mini-batch": 2}[name]
        epochs = np.arange(len(w_list)) / steps     # a part of an epoch for each step
        label = f"{name}: {steps} {'step' if steps == 1 else 'steps'} an epoch"
        axes.plot(epochs, w_list, marker + "-", markersize=4, linewidth=1, label=label)
    axes.axhline(2, color="gray", linestyle="--", linewidth=1)
    axes.set(xlabel="epoch", ylabel="w", title="The line y = w x: a dot for each step")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w"]))
    show(draw(result), "lesson3_3")
