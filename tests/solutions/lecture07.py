"""Solutions of lecture 7, and changes to them that readers make: each must be seen."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.activation = activation

    def forward(self, x):
        x = self.activation(self.linear1(x))
        x = self.activation(self.linear2(x))
        return torch.sigmoid(self.linear3(x))


def linear(x, weight, bias):
    return x @ weight.T + bias


def shapes(sizes, samples):
    result = []
    for i in range(len(sizes) - 1):
        inputs, outputs = sizes[i], sizes[i + 1]
        result.append([(outputs, inputs), (outputs,), (samples, outputs)])
    return result


def standardise(x_train, x_new):
    mean = x_train.mean(dim=0)
    deviation = x_train.std(dim=0, correction=0)
    deviation[deviation == 0] = torch.inf
    return (x_train - mean) / deviation, (x_new - mean) / deviation


def accuracy(model, x, y, batch_size):
    right = 0
    with torch.no_grad():
        for start in range(0, len(x), batch_size):
            y_pred = model(x[start:start + batch_size])
            right += ((y_pred > 0.5) == (y[start:start + batch_size] == 1)).sum().item()
    return right / len(x)


def merge(weight1, bias1, weight2, bias2):
    return weight2 @ weight1, weight2 @ bias1 + bias2


MISTAKES = {
    "7-1": [("torch.sigmoid(self.linear3(x))", "self.activation(self.linear3(x))"),
            ("self.activation(self.linear2(x))", "self.linear2(x)"),
            ("torch.sigmoid(self.linear3(x))", "self.linear3(x)"),
            ("self.activation(self.linear1(x))", "torch.sigmoid(self.linear1(x))"),
            ("        super().__init__()\n", ""), ("nn.Linear(6, 4)", "nn.Linear(4, 6)"),
            ("        return torch", "        torch")],
    "7-2": [("x @ weight.T + bias", "nn.functional.linear(x, weight, bias)"),
            ("weight.T", "weight"), (" + bias", ""), ("x @ weight.T", "weight @ x.T"),
            ("bias\n", "bias[:, None]\n")],
    "7-3": [("(outputs, inputs)", "(inputs, outputs)"), ("(outputs,)", "(1, outputs)"),
            ("(samples, outputs)", "(outputs, samples)"), ("len(sizes) - 1", "len(sizes) - 2")],
    "7-4": [(", correction=0", ""), ("x_train.mean(dim=0)", "x_train.mean()"),
            ("(x_new - mean) / deviation", "(x_new - x_new.mean(dim=0)) / x_new.std(dim=0)"),
            ("    deviation[deviation == 0] = torch.inf\n", "")],
    "7-5": [(").sum()", ").float().mean()"), ("right / len(x)", "right / (start + batch_size)"),
            ("len(x), batch_size", "len(x) - batch_size + 1, batch_size"),
            ("x[start:start + batch_size]", "x"), ("> 0.5", "> 0")],
    "7-6": [("weight2 @ weight1,", "weight1 @ weight2,"), ("weight2 @ bias1", "bias1"),
            ("+ bias2", "* bias2"), ("weight2 @ weight1,", "(weight2 @ weight1).T,")],
}
ALSO_RIGHT = {
    "7-2": [("x @ weight.T + bias", "torch.addmm(bias, x, weight.t())")],
    "7-6": [("weight2 @ bias1", "bias1 @ weight2.T")],
}
