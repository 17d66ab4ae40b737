"""Exercises of lecture 11: Inception, residual nets, DenseNet. 11-1 and 11-2 are the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture11.py                 a line for each exercise
    python liuer/exercises/lecture11.py --hint 11-1     a hint
"""

import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 11-1. Two variants of the residual block relu(x + F(x)), where F is conv1, ReLU, conv2 (He et al.
# 2016, Identity Mappings, figure 2). Variant (b), constant scaling: relu(x / 2 + F(x) / 2).
class ScaledBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# Variant (e) of 11-1: the shortcut is a 1x1 convolution of x, as wide as x.
class ConvShortcutBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.shortcut = ...

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# 11-2. A dense block: each layer is a 3x3 convolution and a ReLU; it reads x and the outputs of all
# layers before it, and adds `width` channels to them. How many channels does layer i read?
class DenseBlock(nn.Module):
    def __init__(self, channels, width, layers):
        super().__init__()
        self.convs = nn.ModuleList(...)     # of nn.Conv2d; forward does the rest

    def forward(self, x):
        """x (N, C, H, W): x, then the output of every layer, side by side along the channels."""
        return ...


# 11-3. Four branches side by side, as in Inception. Height and width stay what they are.
def inception(x, conv1x1, conv3x3, conv5x5):
    """x (N, C, H, W), and the weights of three convolutions: (O, C, 1, 1), (O, C, 3, 3) and
    (O, C, 5, 5), no biases. Joined along the channels, in this order: the three convolutions of x
    and, as the fourth, its average over windows of 3x3 at every pixel (F.avg_pool2d)."""
    return ...


# 11-4. The residual block of the lecture: F(x) is conv1, ReLU, conv2. Add first, or activate first?
class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        """x (N, C, H, W): the same shape."""
        return ...


# 11-5. Why a shortcut helps. A stack of blocks on one number: block k makes x + w_k tanh(x) of its
# input x, without its shortcut w_k tanh(x). The derivative of tanh(x) is 1 - tanh(x)^2. How much
# does the output of the last block change with the input of the first? By hand, without autograd.
def slope(x, w, shortcut):
    """x a number, w a list, one number for each block, shortcut True or False: the derivative."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def residual(block, x):
    """F(x) of a block with two convolutions."""
    y = F.conv2d(x, block.conv1.weight, block.conv1.bias, padding=1).relu()
    return F.conv2d(y, block.conv2.weight, block.conv2.bias, padding=1)


def pictures(channels, seed=0):
    return 3 * torch.randn(2, channels, 5, 6, generator=torch.Generator().manual_seed(seed))


def check_11_1():
    """Both paths end in one sum, and the only ReLU behind it is outside. In (e) the 1x1 convolution
    is on the way of x alone; F keeps its two convolutions."""
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
    """Behind layer 0 there are channels + width channels, behind layer 1 one width more. Lengthen x
    by each output, on the axis of the channels."""
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
    """A kernel of side K takes K - 1 pixels away, so it needs half of that as padding on each side.
    The stride of a pooling is its window unless you give another."""
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
    """What can a block make of a positive x if its output can only be added after a ReLU: can it
    ever take something away?"""
    torch.manual_seed(4)
    block, x = ResidualBlock(3), pictures(3)
    yield "random x (2, 3, 5, 6)", block(x.clone()), (x + residual(block, x)).relu()
    x = x.abs().requires_grad_()
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    block(x).sum().backward()
    yield "the gradient at a positive x, all weights 0", x.grad, torch.ones_like(x)


def check_11_5():
    """The chain rule multiplies the derivatives of the blocks, each at the number that reaches this
    block. What is the derivative of x + F(x)?"""
    for x, w in [(0.5, [0.8]), (-0.3, [0.5, -0.4]), (1.0, [0.9, 0.3, -0.2, 0.6])]:
        for shortcut in (True, False):
            ends = []
            for end in (x + 1e-5, x - 1e-5):
                for factor in w:
                    end = factor * math.tanh(end) + (end if shortcut else 0)
                ends.append(end)
            yield f"x={x} w={w} shortcut={shortcut}", slope(x, w, shortcut), \
                (ends[0] - ends[1]) / 2e-5


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson11_3.py and lesson11_4.py, then exercises/lecture12.py")
