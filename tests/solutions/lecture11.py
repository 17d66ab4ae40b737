"""Solutions of lecture 11, and changes to them that readers make: each must be seen."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class ScaledBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(0.5 * x + 0.5 * y)


class ConvShortcutBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(self.shortcut(x) + y)


class DenseBlock(nn.Module):
    def __init__(self, channels, width, layers):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(channels + i * width, width, kernel_size=3, padding=1)
            for i in range(layers))

    def forward(self, x):                   # (N, C, H, W)
        for conv in self.convs:
            y = F.relu(conv(x))             # (N, width, H, W)
            x = torch.cat([x, y], dim=1)
        return x                            # (N, C + layers * width, H, W)


def inception(x, conv1x1, conv3x3, conv5x5):
    branches = [F.conv2d(x, conv1x1),
                F.conv2d(x, conv3x3, padding=1),
                F.conv2d(x, conv5x5, padding=2),
                F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)]
    return torch.cat(branches, dim=1)


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(x + y)


def one_block(x, w, shortcut):
    y = w * math.tanh(x)
    derivative = w * (1 - math.tanh(x) ** 2)
    if shortcut:
        y += x
        derivative += 1
    return y, derivative


def slope(x, w, shortcut):
    product = 1.0
    for factor in w:
        x, derivative = one_block(x, factor, shortcut)
        product *= derivative
    return product


def never_learn(model, x, y):
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    names = []
    for name, parameter in model.named_parameters():
        if parameter.grad is None or not parameter.grad.any():
            names.append(name)
    return names


MISTAKES = {
    "11-1": [("0.5 * x + 0.5 * y", "0.5 * x + y"), ("0.5 * x + 0.5 * y", "x + 0.5 * y"),
             ("F.relu(0.5 * x + 0.5 * y)", "0.5 * x + F.relu(0.5 * y)"),
             ("self.shortcut(x) + y", "x + self.shortcut(y)"),
             ("nn.Conv2d(channels, channels, kernel_size=1)", "nn.Conv2d(channels, 1, 1)"),
             ("F.relu(self.shortcut(x) + y)", "self.shortcut(x) + y")],
    "11-2": [("channels + i * width", "channels"), ("dim=1", "dim=0"), ("[x, y]", "[y, x]"),
             ("F.relu(conv(x))", "conv(x)"), ("kernel_size=3, padding=1", "kernel_size=3"),
             ("        return x ", "        return y "),
             ("channels + i * width, width,", "channels + i * width, channels,")],
    "11-3": [("dim=1", "dim=0"), ("conv5x5, padding=2", "conv5x5, padding=1"),
             (", stride=1, padding=1", ""), ("conv3x3, padding=1", "conv3x3"),
             ("torch.cat(branches, dim=1)", "sum(branches)"), ("F.avg_pool2d", "F.max_pool2d")],
    "11-4": [("F.relu(x + y)", "x + F.relu(y)"), ("F.relu(x + y)", "x + y"),
             ("F.relu(x + y)", "F.relu(y)"), ("F.relu(self.conv1(x))", "self.conv1(x)")],
    "11-5": [("        derivative += 1\n", ""), ("x, derivative = one", "_, derivative = one"),
             ("product *= derivative", "product += derivative"),
             ("        y += x\n", ""), ("math.tanh(x) ** 2", "math.tanh(x)"),
             ("    return product", "    x = torch.tensor(x)\n    return product")],
    "11-6": [("    model.zero_grad()\n", ""), (" or not parameter.grad.any()", ""),
             ("parameter.grad is None or not parameter.grad.any()", "parameter.grad is None"),
             ("names.append(name)", "names.append(parameter)")],
}
ALSO_RIGHT = {
    "11-1": [("F.relu(0.5 * x + 0.5 * y)", "(x + y).relu() / 2")],
    "11-2": [("            x = torch.cat([x, y], dim=1)\n        return x ",
              "            x = torch.concat((x, y), 1)\n        return x ")],
}
