"""Solutions of lecture 5, and changes to them that readers make: each must be seen."""

import torch
from torch import nn


def train_step(model, criterion, optimizer, x, y):
    def closure():
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


def train_without_faults(model, x, y, epochs, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        y_pred = model(x)
        loss = nn.MSELoss()(y_pred[:, 0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train(model, criterion, optimizer, x, y, epochs):
    losses = []
    for _ in range(epochs):
        y_pred = model(x)
        loss = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def predict(model, x):
    with torch.no_grad():
        return model(torch.tensor([[x]])).item()


def fit_line(xs, ys):
    x, y = torch.tensor(xs).unsqueeze(1), torch.tensor(ys).unsqueeze(1)
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(2000):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.weight.item(), model.bias.item()


MISTAKES = {
    "5-1": [("        optimizer.zero_grad()\n", ""), ("        return loss\n", ""),
            ("closure).item()", "closure)"), ("    return optimizer.step(closure).item()",
             "    loss = closure()\n    optimizer.step()\n    return loss.item()"),
            ("        loss.backward()\n        return loss\n\n    return",
             "        return loss\n\n    closure().backward()\n    return")],
    "5-2": [("model.parameters()", "nn.Linear(1, 1).parameters()"), ("y_pred[:, 0]", "y_pred"),
            ("        optimizer.zero_grad()\n", ""), ("loss.item()", "loss")],
    "5-3": [("        optimizer.zero_grad()\n", ""), ("loss.item()", "loss"),
            ("        optimizer.zero_grad()\n        loss.backward()\n",
             "        loss.backward()\n        optimizer.zero_grad()\n"),
            ("        loss.backward()\n        optimizer.step()\n",
             "        optimizer.step()\n        loss.backward()\n"),
            ("loss.item()", "criterion(model(x), y).item()")],
    "5-4": [("[[x]]", "x"), (".item()", ""), ("[[x]]", "[x]"),
            ("torch.no_grad()", "torch.enable_grad()"),
            ("model(torch.tensor([[x]])).item()", "(model.weight * x + model.bias).item()")],
    "5-5": [("2000", "20"), (".item(), model", ", model"), ("torch.tensor(ys).unsqueeze(1)",
            "torch.tensor(ys)"), ("        optimizer.zero_grad()\n", "")],
}
ALSO_RIGHT = {
    "5-1": [("    return optimizer.step(closure).item()",
             "    loss = criterion(model(x), y).item()\n"
             "    optimizer.step(closure)\n    return loss")],
    "5-3": [("        y_pred = model(x)\n",
             "        optimizer.zero_grad()\n        y_pred = model(x)\n")],
    "5-4": [("        return model(torch.tensor([[x]])).item()",
             "        y_pred = model(torch.full((1, 1), x))\n    return float(y_pred)")],
}
