"""Exercises of lecture 7: several features, several layers. 7-1 is the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture07.py                 a line for each exercise
    python liuer/exercises/lecture07.py --hint 7-1      a hint
"""

import torch
from check import run
from torch import nn


# 7-1. Try other activations. The net of the lecture, 8 -> 6 -> 4 -> 1, gets its activation as an
# argument. The last layer is for BCELoss, whatever the activation of the others is.
class Net(nn.Module):
    def __init__(self, activation):
        """activation: a function or a module, like torch.relu or nn.ReLU()"""
        super().__init__()
        ...

    def forward(self, x):
        """x (N, 8); return the probability of class 1 (N, 1)."""
        ...


# 7-2. What nn.Linear computes, written with tensors alone.
def linear(x, weight, bias):
    """x (N, inputs); weight and bias shaped as in nn.Linear(inputs, outputs). Return y_pred."""
    return ...


# 7-3. The shapes on the way through a net of linear layers. For sizes [8, 6, 4, 1] these are
# nn.Linear(8, 6), nn.Linear(6, 4), nn.Linear(4, 1).
def shapes(sizes, samples):
    """For each layer a list of three tuples: the shapes of weight, bias and output."""
    return ...


# 7-4. And how many numbers do these layers learn?
def parameters(sizes):
    """The number of parameters of the net with these sizes. Without making it."""
    return ...


# 7-5. The accuracy in batches, as data that do not fit into memory at once would need. It is to be
# the same as of all in one batch, also where the last batch is shorter.
def accuracy(model, x, y, batch_size):
    """x (N, 8), y (N, 1), model(x) (N, 1) probabilities of class 1; return the share of right."""
    return ...


# 7-6. Two layers without an activation between them are one layer. Which one?
def merge(weight1, bias1, weight2, bias2):
    """The weight and the bias of the one layer that computes layer 2 of layer 1."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def check_7_1():
    """Which values may a probability have? One of the three activations is therefore not yours to
    replace."""
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
    """Write down the shapes: the inputs have to meet, the outputs remain."""
    for samples, inputs, outputs in [(5, 8, 6), (3, 4, 4), (1, 4, 1)]:
        torch.manual_seed(samples)
        layer, x = nn.Linear(inputs, outputs), torch.randn(samples, inputs)
        got = linear(x, layer.weight.detach(), layer.bias.detach())
        yield f"x ({samples}, {inputs}) and nn.Linear({inputs}, {outputs})", got, layer(x)


def check_7_3():
    """In PyTorch the weight of a layer has a row for each output."""
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
    """Count the numbers in weight and bias of each layer, from the shapes of 7-3."""
    for sizes in ([8, 6, 4, 1], [8, 1], [5, 5, 5], [784, 512, 256, 128, 64, 10]):
        layers = [nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)]
        expected = sum(p.numel() for p in nn.ModuleList(layers).parameters())
        yield f"sizes={sizes}", parameters(sizes), expected


class First(nn.Module):
    """Takes the first feature for the probability, and notes how many rows it was given."""
    def __init__(self):
        super().__init__()
        self.rows = []

    def forward(self, x):
        self.rows.append(len(x))
        return x[:, :1]


def check_7_5():
    """The mean of the batches' accuracies counts a sample in a short batch more than others."""
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
    """Put x A1^T + b1 in the place of x in x A2^T + b2, and multiply out."""
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


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson7_2.py draws seven activations; then lecture 8, "
                        "liuer/lesson8.py")
