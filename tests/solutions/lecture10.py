"""Solutions of lecture 10, and changes to them that readers make: each must be seen."""

import torch
import torch.nn.functional as F
from torch import nn


class DeeperNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv3 = nn.Conv2d(20, 40, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(160, 80)
        self.fc2 = nn.Linear(80, 40)
        self.fc3 = nn.Linear(40, 10)

    def forward(self, x):                               # (N, 1, 28, 28)
        x = F.relu(F.max_pool2d(self.conv1(x), 2))      # (N, 10, 12, 12)
        x = F.relu(F.max_pool2d(self.conv2(x), 2))      # (N, 20, 4, 4)
        x = F.relu(F.max_pool2d(self.conv3(x), 2))      # (N, 40, 2, 2)
        x = x.flatten(start_dim=1)                      # (N, 160)
        x = F.relu(self.fc1(x))                         # (N, 80)
        x = F.relu(self.fc2(x))                         # (N, 40)
        return self.fc3(x)                              # (N, 10)


def output_size(size, kernel, padding, stride, dilation):
    reach = dilation * (kernel - 1) + 1
    return (size + 2 * padding - reach) // stride + 1


def convolve(x, weight, bias):
    channels, height, width = x.shape
    kernel = weight.shape[2]
    result = torch.zeros(len(weight), height - kernel + 1, width - kernel + 1)
    for out in range(len(weight)):
        for i in range(height - kernel + 1):
            for j in range(width - kernel + 1):
                window = x[:, i:i + kernel, j:j + kernel]               # (C, K, K)
                result[out, i, j] = (window * weight[out]).sum() + bias[out]
    return result


def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_net(make_net, path):
    net = make_net()
    net.load_state_dict(torch.load(path, weights_only=True))
    net.eval()
    return net


def flat_features(height, width):
    channels = 20
    sides = []
    for size in (height, width):
        for _ in range(2):
            size = (size - 4) // 2
        sides.append(size)
    return channels * sides[0] * sides[1]


def confusion(target, predicted, classes):
    matrix = torch.zeros(classes, classes, dtype=torch.int64)
    for true, answer in zip(target, predicted, strict=True):
        matrix[true, answer] += 1
    return matrix


def precision_and_recall(matrix):
    right = matrix.diagonal()
    precision = right / matrix.sum(dim=0).clamp(min=1)
    recall = right / matrix.sum(dim=1).clamp(min=1)
    return precision, recall


def adaptive_max_pool(x, size):
    height, width = x.shape[1:]
    out = torch.zeros(len(x), size, size)
    for i in range(size):
        top, bottom = i * height // size, -(-(i + 1) * height // size)
        for j in range(size):
            left, right = j * width // size, -(-(j + 1) * width // size)
            out[:, i, j] = x[:, top:bottom, left:right].amax(dim=(1, 2))
    return out


MISTAKES = {
    "10-1": [(", padding=1", ""), ("return self.fc3(x)", "return F.relu(self.fc3(x))"),
             ("x = F.relu(self.fc1(x))", "x = self.fc1(x)"),
             ("x.flatten(start_dim=1)", "x.flatten()"),
             ("nn.Linear(160, 80)", "nn.Linear(640, 80)"),
             ("nn.Conv2d(10, 20, kernel_size=5)", "nn.Conv2d(10, 20, kernel_size=5, padding=2)")],
    "10-2": [("2 * padding", "padding"), ("// stride", "/ stride"),
             ("dilation * (kernel - 1) + 1", "kernel"),
             ("dilation * (kernel - 1) + 1", "dilation * kernel"), ("stride + 1", "stride")],
    "10-3": [("    channels, height", "    return F.conv2d(x, weight, bias)\n    channels, height"),
             ("* weight[out])", "* weight[out].flip(1, 2))"), (" + bias[out]", ""),
             ("x[:, i:i + kernel", "x[:1, i:i + kernel"),
             ("for j in range(width - kernel + 1)", "for j in range(width - kernel)"),
             ("(window * weight[out]).sum()", "(window * weight[out])[0].sum()")],
    "10-4": [("    net.eval()\n", ""), ("model.state_dict(), path", "model, path"),
             ("    net.load_state_dict(torch.load(path, weights_only=True))\n", ""),
             ("torch.save(model.state_dict(), path)", "pass"),
             ("model.state_dict(), path", "dict(model.named_parameters()), path")],
    "10-5": [("channels = 20", "channels = 1"), ("(size - 4) // 2", "(size - 4) / 2"),
             ("range(2)", "range(1)"), ("(size - 4) // 2", "(size - 3) // 2"),
             ("sides[0] * sides[1]", "sides[0] ** 2")],
    "10-6": [("matrix[true, answer]", "matrix[answer, true]"), ("dim=0", "dim=1"),
             ("return precision, recall", "return recall, precision"), (".clamp(min=1)", "")],
    "10-7": [("-(-(i + 1) * height // size)", "(i + 1) * height // size"),
             ("j * width // size, -(", "j * height // size, -("), (".amax(", ".mean("),
             ("i * height // size, -(", "i * (height // size), -("),
             ("[:, i, j]", "[:, j, i]")],
}
ALSO_RIGHT = {
    "10-2": [("    return (size + 2 * padding - reach) // stride + 1",
              "    return int((size + 2 * padding - reach) / stride + 1)")],
    "10-6": [("    for true, answer in zip(target, predicted, strict=True):\n"
              "        matrix[true, answer] += 1\n",
              "    matrix.index_put_((target, predicted), torch.tensor(1), accumulate=True)\n")],
}
