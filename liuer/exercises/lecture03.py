"""Exercises of lecture 3: gradient descent. In plain Python, without NumPy and PyTorch.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture03.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture03.py --hint 3-1      提示 / a hint
"""

import random

from check import run


# 3-1. y_pred = w * x 的代价是所有样本 (y_pred - y)^2 的平均。它对 w 的梯度是多少？
# The cost of y_pred = w * x is the mean of (y_pred - y)^2 over the samples. What is its gradient?
def gradient(xs, ys, w):
    """d cost/dw for lists of samples xs, ys and a number w."""
    return ...


# 3-2. 随机梯度下降（SGD）：每个样本更新一次，用这个样本的损失在当前权重处的梯度。
# 样本按列表的顺序来。
# Stochastic gradient descent: one step after each sample, with the gradient of that sample's loss
# at the current weight. The samples come in the order of the lists.
def epoch_of_sgd(xs, ys, w, lr):
    """The weights after each sample, a list as long as xs."""
    return ...


# 3-3. 折中：每个小批量更新一次，用这一批的平均梯度。依次取 batch_size 个样本为一批，
# 最后一批是剩下的样本。
# The compromise: one step for each mini-batch, with the mean gradient over it. A batch is the
# next batch_size samples; the last one has whatever is left.
def epoch_of_batches(xs, ys, w, lr, batch_size):
    """The weights after each batch, a list."""
    return ...


# 3-4. 动量：v <- beta v + 梯度，然后 w <- w - lr v。第一步之前 v 是 0。
# beta 就是 PyTorch 的 momentum，笔记里的 μ。
# Momentum: v <- beta v + gradient, then w <- w - lr v. Before the first step v is 0. beta is
# PyTorch's momentum, μ in the notes.
def descend(slope_at, w, lr, beta, steps):
    """slope_at(w) is the slope at w; return the weights after each step, a list."""
    return ...


# 3-5. 学习率选对了，3-1 的代价从任何起点出发，一步就到最低点。是哪个学习率？
# 样本都在直线 y = k x 上；答案只取决于 xs。
# With the right learning rate, gradient descent on the cost of 3-1 takes a single step, wherever
# it starts. Which rate is it? The samples lie on a line y = k x; the answer depends only on xs.
def lr_of_one_step(xs):
    """The learning rate after whose first step w is k."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
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
    """平均的导数等于导数的平均；每一项用链式法则。

    The derivative of a mean is the mean of the derivatives; use the chain rule for each of them.
    """
    for (xs, ys), w in [(COURSE, 1.0), (some_samples(0, 4), 0.5), (some_samples(1, 7), -2.0)]:
        expected = measured(xs, ys, w)
        yield f"x={xs} y={ys} w={w}", gradient(list(xs), list(ys), w), expected


def walk(batches, w, lr):
    """The weights after a step for each batch, a pair of lists."""
    ws = []
    for xs, ys in batches:
        w -= lr * measured(xs, ys, w)
        ws.append(w)
    return ws


def check_3_2():
    """更新写在样本的循环里面，它用的梯度也在里面计算。

    The update belongs inside the loop over the samples, and so does the gradient it uses.
    """
    for (xs, ys), w, lr in [(COURSE, 1.0, 0.01), (some_samples(2, 5), 0.5, 0.05)]:
        batches = [([x], [y]) for x, y in zip(xs, ys, strict=True)]
        expected = walk(batches, w, lr)
        yield f"x={xs} y={ys} w={w} lr={lr}", epoch_of_sgd(xs, ys, w, lr), expected


def check_3_3():
    """切片超出末尾时会变短：平均要除以这一批真正的样本数。

    A slice that reaches past the end is shorter: take the mean over what is really in it.
    """
    for seed, count, batch_size in [(3, 6, 3), (4, 6, 6), (5, 5, 1), (6, 5, 2), (7, 8, 3)]:
        xs, ys = some_samples(seed, count)
        batches = [(xs[:batch_size], ys[:batch_size])]
        while sum(len(batch[0]) for batch in batches) < count:
            done = len(batches) * batch_size
            batches.append((xs[done:done + batch_size], ys[done:done + batch_size]))
        got = epoch_of_batches(xs, ys, 0.5, 0.05, batch_size)
        yield f"x={xs} y={ys} w=0.5 lr=0.05 batch_size={batch_size}", got, walk(batches, 0.5, 0.05)


def check_3_4():
    """v 要留到下一步。beta = 0 时就是普通的梯度下降；lr = 0 时 w 不动。

    v lives on into the next step. With beta = 0 this is plain gradient descent; with lr = 0 w
    stays where it is.
    """
    for w, lr, beta in [(1.0, 0.1, 0.0), (1.0, 0.0, 0.9), (1.0, 0.1, 0.5), (-2.0, 0.02, 0.9)]:
        slopes, expected, here = [], [], w
        for _ in range(5):
            slopes.insert(0, 2 * (here - 3))        # the latest first
            here -= lr * sum(beta**age * slope for age, slope in enumerate(slopes))
            expected.append(here)
        got = descend(lambda w: 2 * (w - 3), w, lr, beta, 5)
        yield f"slope 2 (w - 3) w={w} lr={lr} beta={beta}", got, expected


def check_3_5():
    """把梯度写成 c (w - k) 的形式：从 w 走一步 lr c (w - k)，要正好到 k。

    Write the gradient as c (w - k); a step of lr c (w - k) from w has to end at k.
    """
    for xs in (COURSE[0], some_samples(8, 2)[0], some_samples(9, 5)[0]):
        nothing = [0.0] * len(xs)
        expected = 1 / (measured(xs, nothing, 1.0) - measured(xs, nothing, 0.0))
        yield f"x={xs}", lr_of_one_step(xs), expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson3_3.py, the three side by side; then lecture 4, "
                        "liuer/lesson4.py")
