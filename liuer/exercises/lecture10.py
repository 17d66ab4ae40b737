"""Exercises of lecture 10: convolutional nets. 10-1 is the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture10.py                 a line for each exercise
    python liuer/exercises/lecture10.py --hint 10-1     a hint
"""

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 10-1. Three convolutions, then three linear layers:
#   (1,28,28) conv 5x5, pool (10,12,12) conv 5x5, pool (20,4,4) conv 3x3, pool (40,2,2)
#   flat 160, linear 80, linear 40, linear 10; ReLU after each pool and between the linear layers.
# One convolution needs padding to keep its (4,4). Which one?
class DeeperNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = ...
        self.conv2 = ...
        self.conv3 = ...
        self.fc1 = ...
        self.fc2 = ...
        self.fc3 = ...

    def forward(self, x):
        """x (N, 1, 28, 28): raw scores (N, 10)."""
        return ...


# 10-2. How many pixels wide is the output of a convolution? A kernel with dilation d has holes: its
# numbers lie d pixels apart, so one of 3 with dilation 2 reaches over 5 pixels.
def output_size(size, kernel, padding, stride, dilation):
    """All whole numbers, padding on both sides."""
    return ...


# 10-3. The convolution itself, in plain loops: without conv2d, unfold and the like.
def convolve(x, weight, bias):
    """x (C, H, W), weight (O, C, K, K), bias (O,): a tensor (O, H - K + 1, W - K + 1)."""
    return ...


# 10-4. Numbers to learn in a layer, with its bias.
def conv_parameters(in_channels, out_channels, kernel):
    """Of nn.Conv2d(in_channels, out_channels, kernel)."""
    return ...


def linear_parameters(in_features, out_features):
    """Of nn.Linear(in_features, out_features)."""
    return ...


# 10-5. Lesson 10's net on pictures of another size: conv 5x5 to 10 channels, pool by 2, conv 5x5 to
# 20 channels, pool by 2, flat, linear. How many features does the linear layer read?
def flat_features(height, width):
    """320 for 28 x 28. Pooling drops a row or column that is left over."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def deeper_by_functions(model, x):
    for conv, padding in [(model.conv1, 0), (model.conv2, 0), (model.conv3, 1)]:
        x = F.conv2d(x, conv.weight, conv.bias, padding=padding).relu()
        x = F.max_pool2d(x, 2)
    x = x.reshape(len(x), 160)
    for layer in (model.fc1, model.fc2):
        x = F.linear(x, layer.weight, layer.bias).relu()
    return F.linear(x, model.fc3.weight, model.fc3.bias)


def check_10_1():
    """5x5 takes 4 pixels off each side's length, pooling halves what is left. Print x.shape after
    each line of forward. The last layer gives raw scores."""
    torch.manual_seed(0)
    model, x = DeeperNet(), torch.randn(3, 1, 28, 28)
    shapes = {"conv1": (10, 1, 5, 5), "conv2": (20, 10, 5, 5), "conv3": (40, 20, 3, 3),
              "fc1": (80, 160), "fc2": (40, 80), "fc3": (10, 40)}
    for name, shape in shapes.items():
        yield f"the shape of {name}.weight", getattr(model, name).weight.shape, shape
    yield "all parameters", sum(p.numel() for p in model.parameters()), 29_050
    got = model(x)
    yield "the shape of model(x), x (3, 1, 28, 28)", got.shape, (3, 10)
    yield "model(x), 3 random pictures", got, deeper_by_functions(model, x)
    model.fc3.bias.data -= 5            # now all scores are below 0
    yield "model(x), where the scores are negative", model(x), deeper_by_functions(model, x)


def check_10_2():
    """Draw the padded row and let the kernel, as far as it reaches, begin at 0, stride, 2 stride
    ...: what is its last place?"""
    for size, kernel, padding, stride, dilation in [
            (28, 5, 0, 1, 1), (28, 5, 2, 1, 1), (28, 3, 1, 2, 1), (12, 3, 0, 1, 2),
            (32, 4, 1, 3, 2), (7, 7, 0, 1, 1), (11, 2, 0, 2, 1), (30, 5, 3, 4, 3)]:
        conv = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
        given = f"size={size} kernel={kernel} padding={padding} stride={stride} dilation={dilation}"
        yield given, output_size(size, kernel, padding, stride, dilation), \
            conv(torch.zeros(1, 1, size)).shape[2]


def check_10_3():
    """One number for each output channel, row and column: a window of x times one kernel, added up
    over all channels, rows and columns of the window. Nothing is flipped."""
    picture = torch.tensor([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4],
                            [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]]).float().view(1, 5, 5)
    weight = torch.arange(1.0, 10.0).view(1, 1, 3, 3)
    yield "the picture of the notes", convolve(picture, weight, torch.zeros(1)), \
        [[[211, 295, 262], [259, 282, 214], [251, 253, 169]]]
    generator = torch.Generator().manual_seed(0)
    for c, h, w, o, k in [(1, 3, 3, 1, 2), (2, 4, 6, 3, 3), (3, 5, 4, 2, 1)]:
        x = torch.randn(c, h, w, generator=generator)
        weight = torch.randn(o, c, k, k, generator=generator)
        bias = torch.randn(o, generator=generator)
        yield f"random x {(c, h, w)}, weight {(o, c, k, k)}", convolve(x, weight, bias), \
            F.conv2d(x, weight, bias)


def check_10_4():
    """Each output has a weight for everything it reads, and one bias. A kernel reads all channels
    of its window; the size of the picture does not matter."""
    for sizes in [(1, 10, 5), (10, 20, 5), (20, 40, 3), (88, 20, 1)]:
        expected = sum(p.numel() for p in nn.Conv2d(*sizes).parameters())
        yield f"conv_parameters{sizes}", conv_parameters(*sizes), expected
    for sizes in [(320, 10), (784, 512), (8, 1)]:
        expected = sum(p.numel() for p in nn.Linear(*sizes).parameters())
        yield f"linear_parameters{sizes}", linear_parameters(*sizes), expected


def check_10_5():
    """Go through the four layers with the height, then with the width: no rounding up."""
    conv1, conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
    for height, width in [(28, 28), (32, 32), (30, 45), (16, 27)]:
        x = torch.zeros(1, 1, height, width)
        x = F.max_pool2d(conv2(F.max_pool2d(conv1(x), 2)), 2)
        yield f"height={height} width={width}", flat_features(height, width), x.numel()


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson10_2.py, then exercises/lecture11.py")
