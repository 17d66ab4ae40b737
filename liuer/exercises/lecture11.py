"""Exercises of lecture 11: Inception, residual nets, DenseNet. 11-1 and 11-2 are the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture11.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture11.py --hint 11-1      提示 / a hint
"""

import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 11-1. 残差块 relu(x + F(x)) 的两个变体，F 是 conv1、ReLU、conv2（He 等 2016 年的论文
# Identity Mappings，图 2）。变体 (b)，常数缩放：relu(x / 2 + F(x) / 2)。
# Two variants of the residual block relu(x + F(x)), where F is conv1, ReLU, conv2 (He et al. 2016,
# Identity Mappings, figure 2). Variant (b), constant scaling: relu(x / 2 + F(x) / 2).
class ScaledBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# 11-1 的变体 (e)：捷径是 x 的 1x1 卷积，通道数不变。
# Variant (e) of 11-1: the shortcut is a 1x1 convolution of x with as many channels as x.
class ConvShortcutBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.shortcut = ...

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# 11-2. 稠密块：每一层是 3x3 卷积加 ReLU；它读入 x 和前面所有层的输出，再加上 width 个通道。
# 第 i 层读入多少个通道？
# A dense block: each layer is a 3x3 convolution and a ReLU; it reads x and the outputs of all
# layers before it, and adds `width` channels. How many channels does layer i read?
class DenseBlock(nn.Module):
    def __init__(self, channels, width, layers):
        super().__init__()
        self.convs = nn.ModuleList(...)     # of nn.Conv2d; forward does the rest

    def forward(self, x):
        """x (N, C, H, W): x, then the output of every layer, side by side along the channels."""
        return ...


# 11-3. 像 Inception 那样的四个分支，高和宽都不变。
# Four branches side by side, as in Inception. Height and width do not change.
def inception(x, conv1x1, conv3x3, conv5x5):
    """x (N, C, H, W), and the weights of three convolutions: (O, C, 1, 1), (O, C, 3, 3) and
    (O, C, 5, 5), no biases. Joined along the channels, in this order: the three convolutions of x
    and, as the fourth, its average over windows of 3x3 at every pixel (F.avg_pool2d)."""
    return ...


# 11-4. 课上的残差块：F(x) 是 conv1、ReLU、conv2。先相加，还是先激活？
# The residual block of the lecture: F(x) is conv1, ReLU, conv2. Add first, or activate first?
class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# 11-5. 捷径为什么有用？分两步，都是手工，不用 autograd。第一步：一个块把数 x 变成
# x + w tanh(x)，没有捷径时是 w tanh(x)。tanh(x) 的导数是 1 - tanh(x)^2。
# Why does a shortcut help? Two steps, both by hand, without autograd. First, one block: it makes
# x + w tanh(x) of a number x, without its shortcut w tanh(x). tanh(x) has the slope 1 - tanh(x)^2.
def one_block(x, w, shortcut):
    """Numbers x, w; shortcut True or False: the pair of the block's output and its slope at x."""
    return ...


# 11-5，第二步：若干个块一个接一个，第 k 个块的数是 w[k]。第一块的输入变一点，最后一块的输出变多少？
# Second step: several such blocks one after the other, the k-th with w[k]. By how much does the
# output of the last block change with the input of the first?
def slope(x, w, shortcut):
    """x a number, w a list of numbers, shortcut True or False: the derivative."""
    return ...


# 11-6. 哪些层永远学不到东西？Inception 里有一行写成了 branch3x3 = self.branch5x5_1(x)，
# 程序照样运行，损失也下降，可是 branch3x3_1 从来没被用到。
# 写一个函数，找出一次反向传播之后没有得到梯度的参数。
# Which layers never learn? Write one line of Inception as branch3x3 = self.branch5x5_1(x): nothing
# fails and the loss falls, yet branch3x3_1 is never used. Find the parameters that have received no
# gradient after one backward pass.
def never_learn(model, x, y):
    """x, y: a batch for F.cross_entropy(model(x), y). Return the names (as in named_parameters) of
    those without a gradient or with one that is 0 everywhere, a list in the order of the model."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def residual(block, x):
    """F(x) of a block with two convolutions."""
    y = F.conv2d(x, block.conv1.weight, block.conv1.bias, padding=1).relu()
    return F.conv2d(y, block.conv2.weight, block.conv2.bias, padding=1)


def pictures(channels, seed=0):
    return 3 * torch.randn(2, channels, 5, 6, generator=torch.Generator().manual_seed(seed))


def check_11_1():
    """两条路径在一个加法里汇合，加法之后只有一个 ReLU。(e) 里的 1x1 卷积只在 x 那条路上，
    F 仍是两个卷积。

    The two paths meet in one sum, and only one ReLU follows it. In (e) the 1x1 convolution is on
    the path of x alone; F keeps its two convolutions.
    """
    torch.manual_seed(1)
    x, block = pictures(3), ScaledBlock(3)
    yield "ScaledBlock, random x (2, 3, 5, 6)", block(x.clone()), \
        (x / 2 + residual(block, x) / 2).relu()
    block = ConvShortcutBlock(3)
    yield "the shape of shortcut.weight", block.shortcut.weight.shape, (3, 3, 1, 1)
    kept = F.conv2d(x, block.shortcut.weight, block.shortcut.bias)
    yield "ConvShortcutBlock, random x (2, 3, 5, 6)", block(x.clone()), \
        (kept + residual(block, x)).relu()


def check_11_2():
    """第 0 层之后有 channels + width 个通道，第 1 层之后再多一个 width。
    把每层的输出沿通道这一维接到 x 后面。

    After layer 0 there are channels + width channels, after layer 1 one width more. Append each
    output to x along the axis of the channels.
    """
    torch.manual_seed(2)
    for channels, width, layers in [(3, 2, 4), (1, 5, 2)]:
        block, x = DenseBlock(channels, width, layers), pictures(channels)
        given = f"channels={channels} width={width} layers={layers}"
        shapes = [(width, channels + i * width, 3, 3) for i in range(layers)]
        yield f"{given}: the shapes of the weights", [conv.weight.shape for conv in block.convs], \
            shapes
        got = block(x)
        yield f"{given}: the shape for x {tuple(x.shape)}", got.shape, \
            (2, channels + layers * width, 5, 6)
        expected = x
        for conv in block.convs:
            y = F.conv2d(expected, conv.weight, conv.bias, padding=1).relu()
            expected = torch.stack([*expected.unbind(1), *y.unbind(1)], dim=1)
        yield f"{given}: random x {tuple(x.shape)}", got, expected


def check_11_3():
    """大小为 K 的核会减少 K - 1 个像素，所以每边要补一半。池化的步幅（stride）默认等于窗口大小。

    A kernel of size K takes K - 1 pixels away, so each side needs half of that as padding. The
    stride of a pooling is its window unless you give another one.
    """
    generator = torch.Generator().manual_seed(3)
    for channels, out in [(1, 2), (4, 3)]:
        x = pictures(channels)
        kernels = [torch.randn(out, channels, k, k, generator=generator) for k in (1, 3, 5)]
        got = inception(x, *kernels)
        yield f"the shape for x {tuple(x.shape)}, {out} channels a convolution", got.shape, \
            (2, 3 * out + channels, 5, 6)
        branches = [F.conv2d(F.pad(x, [side] * 4), kernel)
                    for side, kernel in zip((0, 1, 2), kernels, strict=True)]
        branches.append(F.avg_pool2d(F.pad(x, [1] * 4), 3, 1))
        for i, branch in enumerate(branches):
            begin = i * out
            yield f"branch {i + 1} of random x {tuple(x.shape)}", \
                got[:, begin:begin + branch.shape[1]], branch


def check_11_4():
    """如果 F(x) 先过 ReLU 再相加，这个块能让正的 x 变小吗？

    If F(x) passes a ReLU before it is added, can the block ever make a positive x smaller?
    """
    torch.manual_seed(4)
    block, x = ResidualBlock(3), pictures(3)
    yield "random x (2, 3, 5, 6)", block(x.clone()), (x + residual(block, x)).relu()
    x = x.abs().requires_grad_()
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    block(x).sum().backward()
    yield "the gradient at a positive x, all weights 0", x.grad, torch.ones_like(x)


def check_11_5():
    """链式法则把各块的导数相乘，每一块在它自己的输入处求导。x + F(x) 的导数是什么？

    The chain rule multiplies the derivatives of the blocks, each taken at the input of its own
    block. What is the derivative of x + F(x)?
    """
    for x, w in [(0.5, 0.8), (-1.2, -0.4)]:
        for shortcut in (True, False):
            ends = []
            for start in (x, x + 1e-5, x - 1e-5):
                ends.append(w * math.tanh(start) + (start if shortcut else 0))
            yield f"one_block: x={x} w={w} shortcut={shortcut}", one_block(x, w, shortcut), \
                (ends[0], (ends[1] - ends[2]) / 2e-5)
    for x, w in [(0.5, [0.8]), (-0.3, [0.5, -0.4]), (1.0, [0.9, 0.3, -0.2, 0.6])]:
        for shortcut in (True, False):
            ends = []
            for end in (x + 1e-5, x - 1e-5):
                for factor in w:
                    end = factor * math.tanh(end) + (end if shortcut else 0)
                ends.append(end)
            yield f"x={x} w={w} shortcut={shortcut}", slope(x, w, shortcut), \
                (ends[0] - ends[1]) / 2e-5


class TwoBranches(nn.Module):
    """The slip of 11-6 in small: branch2 reads what branch1 made, first2 is never called."""
    def __init__(self, slip):
        super().__init__()
        self.slip = slip
        self.first1 = nn.Linear(4, 5)
        self.first2 = nn.Linear(4, 5)
        self.second2 = nn.Linear(5, 3, bias=False)
        self.output = nn.Linear(8, 3)

    def forward(self, x):
        branch1 = self.first1(x)
        branch2 = self.second2(branch1 if self.slip == 1 else self.first2(x))
        if self.slip == 2:
            branch1 = 0 * branch1
        return self.output(torch.cat([branch1, branch2], dim=1))


def check_11_6():
    """没用到的参数，.grad 是 None；乘以 0 的，.grad 全是 0。先清掉旧的梯度。

    A parameter that was not used has None as its .grad; where it was multiplied by 0, its .grad is
    0 everywhere. Clear old gradients first.
    """
    torch.manual_seed(6)
    x, y = torch.randn(6, 4), torch.randint(3, (6,))
    names = {0: [], 1: ["first2.weight", "first2.bias"], 2: ["first1.weight", "first1.bias"]}
    for slip, expected in names.items():
        model = TwoBranches(slip)
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)     # of an earlier step
        yield f"a net with slip {slip}", never_learn(model, x, y), expected


FORBIDDEN = {"11-5": ["torch", "backward"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson11_3.py and lesson11_4.py, then exercises/lecture12.py")
