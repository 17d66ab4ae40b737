"""Exercises of lecture 6: logistic regression. The course has none here; these are ours.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture06.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture06.py --hint 6-1      提示 / a hint
"""

import torch
import torch.nn.functional as F
from check import run


# 6-1. 由分数 z 计算二分类交叉熵：-y log p - (1 - y) log(1 - p) 的平均，p = sigmoid(z)。
# z = 200 时，float32 的 p 恰好是 1，log(0) 是 -inf；而真正的损失是 200 或 0。
# 请直接用 z 来写，不用 PyTorch 的损失函数，让它对这样的 z 也正确。
# Binary cross-entropy from the scores z: the mean of -y log p - (1 - y) log(1 - p), where p is
# sigmoid(z). At z = 200 a float32 p is exactly 1 and log(0) is -inf, yet the loss is 200 or 0.
# Write it with z, without PyTorch's losses, so that it is right for such a z as well.
def stable_bce(z, y):
    """z, y (N,), y is 0.0 or 1.0; return the mean over the N samples."""
    return ...


# 6-2. z = x w 时，这个损失对 w 的梯度：手工推导，不用 autograd。
# The gradient of that loss for z = x w, derived by hand and without autograd.
def gradient(w, x, y):
    """w (3,), x (N, 3), y (N,); return d loss/dw (3,), for the mean over the N samples."""
    return ...


# 6-3. cross_entropy 要求每个类别一个分数。取哪两个分数，它的损失正好等于一个分数 z
# 的二分类交叉熵？
# cross_entropy takes one score for each class. With which two scores does it give exactly the
# loss that binary cross-entropy gives for the one score z?
def two_scores(z):
    """z (N,); return the scores of the classes 0 and 1, (N, 2)."""
    return ...


# 6-4. 准确率是多少？概率大于 0.5 的样本判为 1 类。这里分数是一列（模型的输出就是这样），
# 标签是一维的一串数。
# How many are right? A sample is taken for class 1 where its probability is above one half. Here
# the scores are a column, as a model gives them, and the labels a plain row.
def accuracy(z, y):
    """Scores z (N, 1), not probabilities; labels y (N,), 0 or 1. Return the share of right ones."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def some_samples(seed, count):
    """Scores between -4 and 4 with one decimal, and labels 0.0 or 1.0."""
    torch.manual_seed(seed)
    z = torch.randint(-40, 41, (count,)) / 10
    return z, torch.randint(2, (count,)).float()


def listed(values):
    return [round(value, 1) for value in values.tolist()]


def check_6_1():
    """把 sigmoid 代入公式化简，剩下的是 log(e^a + e^b) 的形式，PyTorch 可以不溢出地计算它。

    Put the sigmoid into the formula and simplify. What is left has the form log(e^a + e^b), which
    PyTorch can compute without overflow.
    """
    far = torch.tensor([200.0, -200.0, 200.0, -200.0]), torch.tensor([1.0, 0.0, 0.0, 1.0])
    for z, y in [some_samples(0, 1), some_samples(1, 4), far, (far[0][2:], far[1][2:])]:
        expected = F.binary_cross_entropy_with_logits(z, y)
        yield f"z={listed(z)} y={listed(y)}", stable_bce(z, y), expected


def check_6_2():
    """链式法则给出三个因子；sigmoid 的导数会约掉，剩下的和线性回归一样。

    Three factors by the chain rule; the derivative of the sigmoid cancels. The rest is as in linear
    regression.
    """
    for seed, count in [(2, 1), (3, 3), (4, 8)]:
        _, y = some_samples(seed, count)
        x, w = torch.randn(count, 3), torch.randn(3, requires_grad=True)
        F.binary_cross_entropy_with_logits(x @ w, y).backward()
        yield f"random samples, N={count}", gradient(w.detach(), x, y), w.grad


def check_6_3():
    """把 sigmoid(z) 写成分数，分母是 e 的两个幂之和。

    Write sigmoid(z) as a fraction whose denominator is the sum of two powers of e.
    """
    for seed, count in [(5, 1), (6, 2), (7, 6)]:
        z, y = some_samples(seed, count)
        got = two_scores(z)
        yield f"z={listed(z)}, the shape", list(getattr(got, "shape", [])), [count, 2]
        for label in (0, 1):
            y = torch.full((count,), label)
            losses = F.cross_entropy(got, y, reduction="none")
            expected = F.binary_cross_entropy_with_logits(z, y.float(), reduction="none")
            yield f"z={listed(z)}, loss of class {label}", losses, expected


def check_6_4():
    """z 是多少时概率正好是 0.5？求平均之前，看看它的形状。

    For which z is the probability exactly one half? And look at the shape of what you take the mean
    of.
    """
    small = torch.tensor([0.3, 0.2, -0.1, 0.4, 0.0]), torch.tensor([1, 1, 0, 0, 1])
    for z, y in [small, some_samples(8, 5), some_samples(9, 12)]:
        right = [(score > 0) == (label == 1) for score, label in zip(z, y, strict=True)]
        expected = sum(right).item() / len(right)
        yield f"z={listed(z)} as a column y={listed(y)}", accuracy(z.unsqueeze(1), y), expected


FORBIDDEN = {"6-1": ["binary_cross_entropy_with_logits", "binary_cross_entropy", "BCELoss",
                     "BCEWithLogitsLoss"],
             "6-2": ["backward", "grad"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson6_1.py, by hand; then lecture 7, liuer/lesson7.py")
