"""Exercises of lecture 3: gradient descent. In plain Python, without NumPy and PyTorch.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture03.py                 a line for each exercise
    python liuer/exercises/lecture03.py --hint 3-1      a hint
"""

import random

from check import run


# 3-1. The cost of y_pred = w * x is the mean of (y_pred - y)^2 over the samples. Its slope?
def gradient(xs, ys, w):
    """d cost/dw for lists of samples xs, ys and a number w."""
    return ...


# 3-2. Stochastic gradient descent: after each sample one step, with the slope of that sample's
# loss at the weight as it is by then. The samples come in the order of the lists.
def epoch_of_sgd(xs, ys, w, lr):
    """The weights after each sample, a list as long as xs."""
    return ...


# 3-3. The compromise: one step for each batch, with the mean slope over the batch. A batch is the
# next batch_size samples; the last one has what is left.
def epoch_of_batches(xs, ys, w, lr, batch_size):
    """The weights after each batch, a list."""
    return ...


# 3-4. Momentum: v <- beta v + slope, then w <- w - lr v. Before the first step v is 0.
def descend(slope_at, w, lr, beta, steps):
    """slope_at(w) is the slope at w; return the weights after each step, a list."""
    return ...


# 3-5. With the right learning rate gradient descent on the cost of 3-1 needs one step, from
# wherever it starts. Which one? For samples on a line y = k x; it depends on the xs alone.
def lr_of_one_step(xs):
    """The learning rate after whose first step w is k."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def cost(xs, ys, w):
    """Mean squared error of y = w x."""
    return sum((w * x - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def measured(xs, ys, w):
    """The slope of the cost at w: how it changes from a little to the left to a little right."""
    return (cost(xs, ys, w + 1e-4) - cost(xs, ys, w - 1e-4)) / 2e-4


def some_samples(seed, count):
    rng = random.Random(seed)
    rows = [[round(rng.uniform(-3, 3), 1) for _ in range(count)] for _ in range(2)]
    return rows[0], rows[1]


COURSE = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]


def check_3_1():
    """The derivative of a mean is the mean of the derivatives; for each the chain rule."""
    for (xs, ys), w in [(COURSE, 1.0), (some_samples(0, 4), 0.5), (some_samples(1, 7), -2.0)]:
        yield f"x={xs} y={ys} w={w}", gradient(xs, ys, w), measured(xs, ys, w)


def walk(batches, w, lr):
    """The weights after a step for each batch, a pair of lists."""
    ws = []
    for xs, ys in batches:
        w -= lr * measured(xs, ys, w)
        ws.append(w)
    return ws


def check_3_2():
    """The update stands inside the loop over the samples, and so does the slope it uses."""
    for (xs, ys), w, lr in [(COURSE, 1.0, 0.01), (some_samples(2, 5), 0.5, 0.05)]:
        batches = [([x], [y]) for x, y in zip(xs, ys, strict=True)]
        expected = walk(batches, w, lr)
        yield f"x={xs} y={ys} w={w} lr={lr}", epoch_of_sgd(xs, ys, w, lr), expected


def check_3_3():
    """A slice that reaches past the end is short: the mean is over what is really in it."""
    for seed, count, batch_size in [(3, 6, 3), (4, 6, 6), (5, 5, 1), (6, 5, 2), (7, 8, 3)]:
        xs, ys = some_samples(seed, count)
        batches = [(xs[:batch_size], ys[:batch_size])]
        while sum(len(batch[0]) for batch in batches) < count:
            done = len(batches) * batch_size
            batches.append((xs[done:done + batch_size], ys[done:done + batch_size]))
        got = epoch_of_batches(xs, ys, 0.5, 0.05, batch_size)
        yield f"x={xs} y={ys} w=0.5 lr=0.05 batch_size={batch_size}", got, walk(batches, 0.5, 0.05)


def check_3_4():
    """v outlives the step it was made in. With beta = 0 this is gradient descent, with lr = 0 w
    stays where it is."""
    for w, lr, beta in [(1.0, 0.1, 0.0), (1.0, 0.0, 0.9), (1.0, 0.1, 0.5), (-2.0, 0.02, 0.9)]:
        slopes, expected, here = [], [], w
        for _ in range(5):
            slopes.insert(0, 2 * (here - 3))        # the latest first
            here -= lr * sum(beta**age * slope for age, slope in enumerate(slopes))
            expected.append(here)
        got = descend(lambda w: 2 * (w - 3), w, lr, beta, 5)
        yield f"slope 2 (w - 3) w={w} lr={lr} beta={beta}", got, expected


def check_3_5():
    """Write the slope as c (w - k); from w a step of lr c (w - k) has to end at k."""
    for xs in (COURSE[0], some_samples(8, 2)[0], some_samples(9, 5)[0]):
        nothing = [0.0] * len(xs)
        expected = 1 / (measured(xs, nothing, 1.0) - measured(xs, nothing, 0.0))
        yield f"x={xs}", lr_of_one_step(xs), expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson3_3.py, the three side by side; then lecture 4, "
                        "liuer/lesson4.py")
