"""Exercises of lecture 4: back-propagation. 4-1 to 4-4 are the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture04.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture04.py --hint 4-4      提示 / a hint
"""

import random
import weakref

import torch
from check import run


# 4-1. 计算图 y_pred = x * w，loss = (y_pred - y)^2。在纸上反向走一遍：d loss/dw 是多少？
# x = 2, y = 4, w = 1 时的结果可以口算检查。
# The graph of y_pred = x * w with loss = (y_pred - y)^2. Go through it backwards on paper: what
# is d loss/dw? For x = 2, y = 4, w = 1 you can check the number in your head.
def slope_of_w(x, y, w):
    """d loss/dw for numbers x, y, w. Without PyTorch."""
    return ...


# 4-2. 加上偏置：y_pred = x * w + b。课程取 x = 1, y = 2, w = 1, b = 2。
# The same with a bias: y_pred = x * w + b. The course takes x = 1, y = 2, w = 1, b = 2.
def slopes_of_w_and_b(x, y, w, b):
    """The pair (d loss/dw, d loss/db)."""
    return ...


# 4-3. 二次模型 y_pred = w1 * x^2 + w2 * x + b，loss = (y_pred - y)^2，手工求梯度。
# The quadratic model y_pred = w1 * x^2 + w2 * x + b, loss = (y_pred - y)^2: gradients by hand.
def slopes_by_hand(x, y, w):
    """w is (w1, w2, b); return (d loss/dw1, d loss/dw2, d loss/db). Without PyTorch."""
    return ...


# 4-4. 同样的三个梯度让 PyTorch 来算：不用自己求导，backward() 会求。
# The same three gradients by PyTorch: you derive nothing, backward() finds them.
def slopes_by_autograd(x, y, w):
    """w is (w1, w2, b), three numbers; return a tensor (3,) of the three slopes."""
    return ...


# 4-5. 随机梯度下降的一个 epoch。backward() 之后缺了几行：更新权重，
# 并且不要让这个样本的梯度留给下一个样本。
# One epoch of stochastic gradient descent. What follows backward() is missing: update the weight,
# and leave no gradient of this sample for the next one.
def one_epoch(xs, ys, w, lr):
    """Weight after one step for each sample, beginning at w."""
    weight = torch.tensor(w, requires_grad=True)
    for x, y in zip(xs, ys, strict=True):
        loss = (weight * x - y) ** 2
        loss.backward()
        ...
    return weight.item()


# 4-6. 用来打印的平均损失。loss_of(x, y) 返回一个样本的损失，是带着计算图的张量。
# A mean loss to print. loss_of(x, y) gives the loss of one sample, a tensor with its graph.
def mean_loss(loss_of, xs, ys):
    """The mean loss, a Python number; while adding up, keep no graph of an earlier sample."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def line_loss(x, y, w, b=0.0):
    return (w * x + b - y) ** 2


def quadratic_loss(x, y, w1, w2, b):
    return (w1 * x * x + w2 * x + b - y) ** 2


def slopes(loss, x, y, weights):
    """How the loss changes with each weight, measured a little to the left and to the right."""
    result = []
    for i in range(len(weights)):
        more, less = list(weights), list(weights)
        more[i] += 1e-4
        less[i] -= 1e-4
        result.append((loss(x, y, *more) - loss(x, y, *less)) / 2e-4)
    return result


def some(count):
    """Five lists of that many numbers between -3 and 3."""
    rng = random.Random(4)
    return [[round(rng.uniform(-3, 3), 2) for _ in range(count)] for _ in range(5)]


def check_4_1():
    """先乘积，再平方，两个函数相接：把它们的导数相乘。

    Two functions in a row, a product and then a square: multiply their derivatives.
    """
    for x, y, w in [(2, 4, 1), *some(3)]:
        expected = slopes(line_loss, x, y, [w])[0]
        yield f"x={x} y={y} w={w}", slope_of_w(x, y, w), expected


def check_4_2():
    """两条路径只有最后一步不同：w 增加一点，y_pred 增加多少？b 呢？

    The two paths differ in their last step only: by how much does y_pred change when w grows a
    little, and when b does?
    """
    for x, y, w, b in [(1, 2, 1, 2), *some(4)]:
        expected = slopes(line_loss, x, y, [w, b])
        yield f"x={x} y={y} w={w} b={b}", slopes_of_w_and_b(x, y, w, b), expected


def quadratic_samples():
    """Triples of x, y and (w1, w2, b)."""
    return [(2, 4, (1, 1, 1)), *[(x, y, tuple(w)) for x, y, *w in some(5)]]


def check_4_3():
    """同 4-2；对 w1 求导时，x 不论几次方都是常数。

    As in 4-2; for the derivative with respect to w1, x is a constant, whatever its power.
    """
    for x, y, w in quadratic_samples():
        yield f"x={x} y={y} w={w}", slopes_by_hand(x, y, w), slopes(quadratic_loss, x, y, w)


def check_4_4():
    """把 w 变成会记录运算的张量（requires_grad）；backward() 之后答案就在它的 .grad 里。

    Make w a tensor that records what is done with it (requires_grad); backward() leaves the
    answer in its .grad.
    """
    for x, y, w in quadratic_samples():
        got = slopes_by_autograd(x, y, w)
        yield f"x={x} y={y} w={w}", got, slopes(quadratic_loss, x, y, w)
        yield "the type of the answer", type(got).__name__, "Tensor"


def check_4_5():
    """backward() 会往 .grad 上累加，所以要清零。更新要在计算图之外（no_grad 或 .data）。

    backward() adds to .grad, so clear it. And do the update outside the graph (no_grad or .data).
    """
    for w, lr in [(1.0, 0.01), (0.5, 0.02), (-1.0, 0.05)]:
        expected = w
        for x, y in [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]:
            expected -= lr * slopes(line_loss, x, y, [expected])[0]
        got = one_epoch([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], w, lr)
        yield f"x=(1, 2, 3) y=(2, 4, 6) w={w} lr={lr}", got, expected


class Token:
    """Stands for a tensor that a graph has put aside for its backward."""
    def __init__(self, tensor):
        self.tensor = tensor


def check_4_6():
    """张量会一直保留它的计算图。累加时把每个损失先变成数。

    A tensor keeps the graph it came from. Turn each loss into a number as you add it.
    """
    weight = torch.tensor(1.0, requires_grad=True)
    alive, most = weakref.WeakSet(), 0

    def put_aside(tensor):
        nonlocal most
        token = Token(tensor)
        alive.add(token)
        most = max(most, len(alive))
        return token

    xs, ys = [x for x, _ in some(2)], [y for _, y in some(2)]
    with torch.autograd.graph.saved_tensors_hooks(put_aside, lambda token: token.tensor):
        got = mean_loss(lambda x, y: line_loss(x, y, weight), xs, ys)
    expected = sum(line_loss(x, y, 1.0) for x, y in zip(xs, ys, strict=True)) / 5
    yield f"x={xs} y={ys} w=1", got, expected
    yield "the type of the mean", type(got).__name__, "float"
    yield "graphs in memory at a time", f"{most} of 5", f"{min(most, 2)} of 5"


FORBIDDEN = {"4-1": ["torch"], "4-2": ["torch"], "4-3": ["torch"],
             "4-4": ["slope_of_w", "slopes_of_w_and_b", "slopes_by_hand"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson4_4.py has both ways side by side; then lecture 5, "
                        "liuer/lesson5.py")
