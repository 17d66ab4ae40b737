"""Exercises of lecture 7: several features, several layers. 7-1 is the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture07.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture07.py --hint 7-1      提示 / a hint
"""

import math

import torch
from check import run
from torch import nn


# 7-1. 换用别的激活函数。课上的网络 8 -> 6 -> 4 -> 1，激活函数由参数给出。
# 不论别的层用什么激活，最后一层的输出是给 BCELoss 的。
# Try other activations. The net of the lecture, 8 -> 6 -> 4 -> 1, gets its activation as an
# argument. Whatever the other layers use, the output of the last one goes into BCELoss.
class Net(nn.Module):
    def __init__(self, activation):
        """activation: a function or a module, like torch.relu or nn.ReLU()"""
        super().__init__()
        ...

    def forward(self, x):
        """x (N, 8); return the probability of class 1 (N, 1)."""
        ...


# 7-2. nn.Linear 算的是什么？只用张量运算写出来。
# What nn.Linear computes, written with tensors alone.
def linear(x, weight, bias):
    """x (N, inputs); weight and bias shaped as in nn.Linear(inputs, outputs). Return y_pred."""
    return ...


# 7-3. 数据经过若干线性层时的形状。sizes 为 [8, 6, 4, 1] 时，三层是 nn.Linear(8, 6)、
# nn.Linear(6, 4)、nn.Linear(4, 1)。
# The shapes on the way through a net of linear layers. For sizes [8, 6, 4, 1] the layers are
# nn.Linear(8, 6), nn.Linear(6, 4), nn.Linear(4, 1).
def shapes(sizes, samples):
    """For each layer a list of three tuples: the shapes of weight, bias and output."""
    return ...


# 7-4. 特征的尺度差别很大时，sigmoid 会饱和，学不动。把每个特征按训练数据标准化：
# 均值 0，标准差 1；取值全都相同的特征变成 0。新的一行也要用训练数据的均值和标准差。
# Where features differ widely in scale, the sigmoid saturates and nothing is learned. Standardise
# each feature by the training rows: mean 0, standard deviation 1; a feature that never varies
# becomes 0. New rows are scaled by the training rows' numbers, too.
def standardise(x_train, x_new):
    """x_train (N, D), x_new (M, D); return both, scaled. The deviation divides by N, not N - 1."""
    return ...


# 7-5. 数据太多，内存一次放不下，就分批计算准确率。结果要和一次算完的相同，
# 最后一批较小的时候也一样。
# The accuracy in batches, for data too large for the memory. The result has to be that of all
# samples at once, even where the last batch is smaller.
def accuracy(model, x, y, batch_size):
    """x (N, 8), y (N, 1), model(x) (N, 1) probabilities of class 1; return the share of right."""
    return ...


# 7-6. 两个线性层之间没有激活函数，就等于一个线性层。是哪一个？
# Two linear layers without an activation between them are one linear layer. Which one?
def merge(weight1, bias1, weight2, bias2):
    """The weight and the bias of the one layer that computes layer 2 of layer 1."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def check_7_1():
    """概率能取哪些值？所以三个激活函数里有一个不能换。

    Which values can a probability have? So one of the three activations must not be replaced.
    """
    names = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
             "nn.LeakyReLU(0.1)": nn.LeakyReLU(0.1)}
    for name, activation in names.items():
        torch.manual_seed(0)
        model = Net(activation)
        layers = list(model.parameters())
        expected = [[6, 8], [6], [4, 6], [4], [1, 4], [1]]
        yield "the shapes of the parameters", [list(layer.shape) for layer in layers], expected
        x = 3 * torch.randn(4, 8)
        h = x
        for i in (0, 2, 4):
            h = torch.einsum("ni,oi->no", h, layers[i]) + layers[i + 1]
            h = activation(h) if i < 4 else 1 / (1 + torch.exp(-h))
        yield f"activation={name} and 4 random samples", model(x), h


def check_7_2():
    """先写出形状：输入的维度要对上，留下的是输出的维度。

    Write down the shapes: the inputs have to meet, the outputs remain.
    """
    for samples, inputs, outputs in [(5, 8, 6), (3, 4, 4), (1, 4, 1)]:
        torch.manual_seed(samples)
        layer, x = nn.Linear(inputs, outputs), torch.randn(samples, inputs)
        got = linear(x, layer.weight.detach(), layer.bias.detach())
        yield f"x ({samples}, {inputs}) and nn.Linear({inputs}, {outputs})", got, layer(x)


def check_7_3():
    """PyTorch 里，一层的 weight 每个输出占一行。

    In PyTorch the weight of a layer has a row for each output.
    """
    for sizes, samples in [([8, 6, 4, 1], 5), ([3, 2], 1), ([784, 512, 10], 64)]:
        expected, x = [], torch.zeros(samples, sizes[0])
        for i in range(len(sizes) - 1):
            layer = nn.Linear(sizes[i], sizes[i + 1])
            x = layer(x)
            expected.append([layer.weight.shape, layer.bias.shape, x.shape])
        got = shapes(sizes, samples)
        given = f"sizes={sizes} samples={samples}"
        layers = got if isinstance(got, (list, tuple)) else []
        yield f"{given}, number of layers", len(layers), len(expected)
        for number, layer in enumerate(layers, start=1):
            yield f"{given}, layer {number}", layer, expected[number - 1]


def check_7_4():
    """每一列一个均值、一个标准差：沿哪个轴求？标准差为 0 的列不能拿来做除数。

    One mean and one deviation for each column: along which axis? And nothing can be divided by a
    deviation of 0.
    """
    for rows, features in [(6, 3), (4, 2)]:
        torch.manual_seed(rows)
        x_train, x_new = 5 + 20 * torch.randn(rows, features), torch.randn(3, features)
        x_train[:, -1] = 7.0
        expected, expected_new = [], []
        for column, new in zip(x_train.T.tolist(), x_new.T.tolist(), strict=True):
            mean = sum(column) / rows
            deviation = math.sqrt(sum((value - mean) ** 2 for value in column) / rows)
            factor = 1 / deviation if deviation else 0.0
            expected.append([(value - mean) * factor for value in column])
            expected_new.append([(value - mean) * factor for value in new])
        got = standardise(x_train, x_new)
        pair = got if isinstance(got, (list, tuple)) else [got]
        yield "the number of tables", len(pair), 2
        yield f"x_train ({rows}, {features})", pair[0], torch.tensor(expected).T
        yield f"x_new (3, {features})", pair[1], torch.tensor(expected_new).T


class First(nn.Module):
    """Takes the first feature for the probability, and notes how many rows it was given."""
    def __init__(self):
        super().__init__()
        self.rows = []

    def forward(self, x):
        self.rows.append(len(x))
        return x[:, :1]


def check_7_5():
    """对各批的准确率取平均，小批里的样本会占得太重。

    In the mean of the batches' accuracies, a sample of a small batch counts more than the others.
    """
    for samples, batch_size in [(8, 4), (5, 4), (7, 3), (6, 10)]:
        torch.manual_seed(samples)
        x, y = torch.rand(samples, 8), torch.randint(2, (samples, 1)).float()
        y[0] = (x[0, 0] < 0.5).float()      # the first is wrong, the last right: batches differ
        y[-1] = (x[-1, 0] > 0.5).float()
        right = [(p > 0.5) == (label == 1) for p, label in zip(x[:, 0], y[:, 0], strict=True)]
        model = First()
        got = accuracy(model, x, y, batch_size)
        given = f"{samples} samples, batch_size={batch_size}"
        yield given, got, sum(right).item() / samples
        yield f"{given}, the longest batch", max(model.rows), min(samples, batch_size)


def check_7_6():
    """把 x A2^T + b2 里的 x 换成 x A1^T + b1，再展开。

    Put x A1^T + b1 in place of x in x A2^T + b2 and multiply out.
    """
    for inputs, hidden, outputs in [(3, 3, 3), (8, 6, 4), (2, 5, 1)]:
        torch.manual_seed(hidden)
        one, two = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        x = torch.randn(4, inputs)
        got = merge(one.weight.detach(), one.bias.detach(), two.weight.detach(), two.bias.detach())
        given = f"nn.Linear({inputs}, {hidden}), nn.Linear({hidden}, {outputs})"
        tensors = got if isinstance(got, (list, tuple)) else []
        sizes = [list(getattr(tensor, "shape", [])) for tensor in tensors]
        yield f"{given}, shapes of weight and bias", sizes, [[outputs, inputs], [outputs]]
        y_pred = torch.einsum("ni,oi->no", x, got[0]) + got[1]
        yield f"{given}, output for 4 random samples", y_pred, two(one(x))


FORBIDDEN = {"7-2": ["linear", "Linear"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson7_2.py draws seven activations; then lecture 8, "
                        "liuer/lesson8.py")
