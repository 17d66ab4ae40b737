"""Exercises of lecture 2: the linear model. 2-1 is the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture02.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture02.py --hint 2-1      提示 / a hint
"""

import math

import numpy as np
from check import run


# 2-1. 画 y_pred = w * x + b 的代价曲面：对每一对 (w, b)，算出所有样本的均方误差（MSE）。
# 一行对应一个 b，一列对应一个 w；用 np.meshgrid 生成所有的组合。
# The cost surface of y_pred = w * x + b: the mean squared error over the samples for every pair
# (w, b). One row for each b, one column for each w; np.meshgrid makes the pairs.
def cost_surface(xs, ys, ws, bs):
    """xs, ys are the samples (N,), ws (W,) and bs (B,) what to try; return the costs (B, W)."""
    return ...


# 2-2. 要试的权重：0, step, 2 step, ..., last，两端都包括。误差不能逐步累积：
# 0.1, 0.2, ..., 10.0 的最后一个是 10.0，不是 9.99999999999998。
# The weights to try: 0, step, 2 step, ..., last, both ends included. Errors must not add up:
# the last of 0.1, 0.2, ..., 10.0 is 10.0, not 9.99999999999998.
def weights_to_try(step, last):
    """A list or an array; last is a multiple of step, as exactly as the two can be written."""
    return ...


# 2-3. 模型 y_pred = w * x，一次算完所有样本和所有权重：NumPy 不需要循环。
# The model y_pred = w * x for all samples and all weights at once: NumPy needs no loop.
def cost_of_each(x, y, ws):
    """x, y (N,), ws (W,); return the mean squared error of each weight (W,)."""
    return ...


# 2-4. 从第五讲起，x 是一张表，一行一个样本；而 y 可能仍是一维的一串数。
# 两者相减，NumPy 不报错，但请看结果的形状。
# From lecture 5 on, x is a table with one row for each sample, while y may still be a plain row
# of numbers. NumPy subtracts one from the other without complaint, but look at the result's shape.
def cost_of_column(x, y, w, b):
    """x (N, 1), y (N,), numbers w and b; return the mean squared error over the N samples."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def squared_errors(xs, ys, w, b):
    """Sample by sample, in a plain loop."""
    return [(w * x + b - y) ** 2 for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def some_samples(seed, count):
    rng = np.random.default_rng(seed)
    return rng.normal(size=count).round(2), rng.normal(size=count).round(2)


def check_2_1():
    """meshgrid 返回两张表，把它们的形状打印出来。它的哪个参数沿着一行变化？

    meshgrid returns two tables; print their shapes. Which of its arguments varies along a row?
    """
    course = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    for (xs, ys), w_count, b_count in [(course, 4, 3), (some_samples(0, 5), 41, 41),
                                       (some_samples(1, 4), 2, 5)]:
        ws, bs = np.linspace(0, 4, w_count), np.linspace(-2, 2, b_count)
        got = cost_surface(xs, ys, ws, bs)
        expected = [[np.mean(squared_errors(xs, ys, w, b)) for w in ws] for b in bs]
        yield f"{len(xs)} samples, {b_count} values of b, {w_count} of w", got, expected


def check_2_2():
    """一共有多少步？两个小数相除可能得到 2.9999999999999996：先四舍五入。

    How many steps are there? Dividing decimals may give 2.9999999999999996: round the result.
    """
    for step, last, count in [(0.5, 2.0, 5), (0.1, 0.2, 3), (0.1, 0.3, 4), (0.1, 1.1, 12),
                              (0.1, 4.0, 41), (0.1, 10.0, 101)]:
        got = weights_to_try(step, last)
        yield f"step={step} last={last}", got, [k * step for k in range(count)]
        errors = [abs(float(w) - k * step) for k, w in enumerate(got)]
        allowed = "at most the rounding of one number"
        largest = allowed if max(errors) <= math.ulp(last) else f"{max(errors):.1e}"
        yield f"step={step} last={last}, the largest error,", largest, allowed


def check_2_3():
    """把其中一个变成一列，乘积就是一张表；再沿一个轴取平均。

    Turn one of the two into a column and the products form a table; then take the mean over
    one axis.
    """
    for seed, count, tried in [(2, 3, 5), (3, 4, 4), (4, 6, 1)]:
        x, y = some_samples(seed, count)
        ws = np.random.default_rng(seed).normal(size=tried).round(2)
        expected = [np.mean(squared_errors(x, y, w, 0.0)) for w in ws.tolist()]
        yield f"{count} samples, {tried} weights", cost_of_each(x, y, ws), expected


def check_2_4():
    """一列减一行，得到所有两两组合的一张表。先让两者形状相同。

    A column minus a row is a table of all pairs. Give both the same shape first.
    """
    for seed, w, b in [(5, 1.0, 0.0), (6, 2.0, -1.0), (7, -0.5, 0.3)]:
        x, y = some_samples(seed, 4)
        expected = np.mean(squared_errors(x, y, w, b))
        got = cost_of_column(x.reshape(4, 1), y, w, b)
        yield f"x={x.tolist()} as a column y={y.tolist()} w={w} b={b}", got, expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson2_2.py draws the surface; then lecture 3, "
                        "liuer/lesson3.py")
