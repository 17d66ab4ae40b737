"""Exercises of lecture 2: the linear model. 2-1 is the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture02.py                 a line for each exercise
    python liuer/exercises/lecture02.py --hint 2-1      a hint
"""

import math

import numpy as np
from check import run


# 2-1. The cost surface of y_pred = w * x + b: the mean squared error over the samples, for every
# pair of a w and a b. One row for each b, one column for each w, and np.meshgrid makes the pairs.
def cost_surface(xs, ys, ws, bs):
    """xs, ys are the samples (N,), ws (W,) and bs (B,) what to try; return the costs (B, W)."""
    return ...


# 2-2. The weights to try: 0, step, 2 step, ... up to last, both ends included. No error may add up
# on the way: of 0.1, 0.2, ... 10.0 the last is 10.0, not 9.99999999999998.
def weights_to_try(step, last):
    """A list or an array; last is a multiple of step, as exactly as the two can be written."""
    return ...


# 2-3. The model y_pred = w * x, all samples and all weights at once: NumPy needs no loop.
def cost_of_each(x, y, ws):
    """x, y (N,), ws (W,); return the mean squared error of each weight (W,)."""
    return ...


# 2-4. From lecture 5 on x is a table, one row for each sample, while y may still be a plain row of
# numbers. Their difference is no error to NumPy, but look at its shape.
def cost_of_column(x, y, w, b):
    """x (N, 1), y (N,), numbers w and b; return the mean squared error over the N samples."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def squared_errors(xs, ys, w, b):
    """Sample by sample, in a plain loop."""
    return [(w * x + b - y) ** 2 for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def some_samples(seed, count):
    rng = np.random.default_rng(seed)
    return rng.normal(size=count).round(2), rng.normal(size=count).round(2)


def check_2_1():
    """meshgrid gives two tables; print their shapes. Which of its arguments runs along a row?"""
    course = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    for (xs, ys), w_count, b_count in [(course, 41, 41), (some_samples(0, 5), 4, 3),
                                       (some_samples(1, 4), 2, 5)]:
        ws, bs = np.linspace(0, 4, w_count), np.linspace(-2, 2, b_count)
        got = cost_surface(xs, ys, ws, bs)
        expected = [[np.mean(squared_errors(xs, ys, w, b)) for w in ws] for b in bs]
        yield f"{len(xs)} samples, {b_count} values of b, {w_count} of w", got, expected


def check_2_2():
    """How many steps are there? A quotient of decimals may be 2.9999999999999996: round it."""
    for step, last, count in [(0.5, 2.0, 5), (0.1, 0.3, 4), (0.1, 4.0, 41), (0.1, 10.0, 101)]:
        got = weights_to_try(step, last)
        yield f"step={step} last={last}", got, [k * step for k in range(count)]
        errors = [abs(float(w) - k * step) for k, w in enumerate(got)]
        allowed = "at most the rounding of one number"
        largest = allowed if max(errors) <= math.ulp(last) else f"{max(errors):.1e}"
        yield f"step={step} last={last}, the largest error,", largest, allowed


def check_2_3():
    """Make one of the two a column, so that the products are a table; then a mean over one axis."""
    for seed, count, tried in [(2, 3, 5), (3, 4, 4), (4, 6, 1)]:
        x, y = some_samples(seed, count)
        ws = np.random.default_rng(seed).normal(size=tried).round(2)
        expected = [np.mean(squared_errors(x, y, w, 0.0)) for w in ws.tolist()]
        yield f"{count} samples, {tried} weights", cost_of_each(x, y, ws), expected


def check_2_4():
    """A column minus a row is a table of all pairs. Give both the same shape first."""
    for seed, w, b in [(5, 1.0, 0.0), (6, 2.0, -1.0), (7, -0.5, 0.3)]:
        x, y = some_samples(seed, 4)
        expected = np.mean(squared_errors(x, y, w, b))
        got = cost_of_column(x.reshape(4, 1), y, w, b)
        yield f"x={x.tolist()} as a column y={y.tolist()} w={w} b={b}", got, expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson2_2.py draws the surface; then lecture 3, "
                        "liuer/lesson3.py")
