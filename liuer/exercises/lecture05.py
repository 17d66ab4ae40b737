"""Exercises of lecture 5: linear regression with PyTorch. 5-1 is the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture05.py                 a line for each exercise
    python liuer/exercises/lecture05.py --hint 5-1      a hint
"""

import torch
from check import run
from torch import nn


# 5-1. Try SGD, Adagrad, Adam, Adamax, ASGD, LBFGS, RMSprop and Rprop on the same model. For that
# one training step has to serve all eight, also LBFGS, which computes the loss several times in it.
def train_step(model, criterion, optimizer, x, y):
    """Forward, backward, update; return the loss before the update, a number."""
    return ...


# 5-2. You trained with MSELoss(reduction="sum") and a learning rate that works. Now you take
# reduction="mean". Which learning rate makes the very same steps?
def lr_for_the_mean(lr_for_the_sum, samples):
    """The learning rate of SGD; samples is their number."""
    return ...


# 5-3. The training cycle with everything in its place.
def train(model, criterion, optimizer, x, y, epochs):
    """Train on all samples in each epoch; return the loss before each update, a list of numbers."""
    losses = []
    for _ in range(epochs):
        ...
    return losses


# 5-4. The answer for one new x. The model takes tables, one row a sample and one column a feature,
# and no graph is to be recorded where nothing is trained.
def predict(model, x):
    """x is a number, like 4.0; return the prediction, a number of Python's."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


def line(w=0.5, b=1.0):
    """nn.Linear(1, 1) with these weights."""
    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(w)
        model.bias.fill_(b)
    return model


def weights(model):
    return [model.weight.item(), model.bias.item()]


def put_gradient(model):
    """The gradient of the summed squared error, by the formula of lecture 4; return that error."""
    with torch.no_grad():
        error = model(X) - Y
        model.weight.grad = (2 * error * X).sum().reshape(1, 1)
        model.bias.grad = 2 * error.sum(dim=0)
        return (error**2).sum().item()


def check_5_1():
    """optimizer.step takes a function that it may call as often as it likes: what would that have
    to do, and return, so that each call is a fresh one?"""
    criterion = nn.MSELoss(reduction="sum")
    for name in ("SGD", "Adagrad", "Adam", "Adamax", "ASGD", "RMSprop", "Rprop"):
        kind = getattr(torch.optim, name)
        model, other = line(), line()
        optimizer, theirs = kind(model.parameters(), lr=0.02), kind(other.parameters(), lr=0.02)
        for step in range(1, 4):
            got = train_step(model, criterion, optimizer, X, Y)
            yield f"{name}, loss before step {step}", got, put_gradient(other)
            theirs.step()
            yield f"{name}, w and b after step {step}", weights(model), weights(other)
    model = line()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1)
    yield "LBFGS, loss before step 1", train_step(model, criterion, optimizer, X, Y), 16.5
    train_step(model, criterion, optimizer, X, Y)
    rounded = [round(weight, 2) for weight in weights(model)]
    yield "LBFGS, w and b after 2 steps", rounded, [2.0, 0.0]


def check_5_2():
    """How many times as large as the mean is the sum, and so its gradient?"""
    for samples, lr in [(3, 0.01), (1, 0.1), (10, 0.002)]:
        torch.manual_seed(samples)
        x = torch.randn(samples, 1)
        y = 2 * x + torch.randn(samples, 1)
        got = lr_for_the_mean(lr, samples)
        yield "the type of the learning rate", type(got).__name__, "float"
        results = []
        for reduction, rate in (("mean", got), ("sum", lr)):
            model = line()
            optimizer = torch.optim.SGD(model.parameters(), lr=rate)
            for _ in range(3):
                optimizer.zero_grad()
                nn.MSELoss(reduction=reduction)(model(x), y).backward()
                optimizer.step()
            results.append(weights(model))
        yield f"{samples} samples, lr {lr} for the sum, w and b after 3 steps", *results


def check_5_3():
    """Five lines in a fixed order. Print model.weight.grad after each of them."""
    for lr, epochs in [(0.01, 1), (0.01, 4), (0.02, 3)]:
        model, other = line(), line()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        got = train(model, nn.MSELoss(reduction="sum"), optimizer, X, Y, epochs)
        expected = []
        for _ in range(epochs):
            expected.append(put_gradient(other))
            with torch.no_grad():
                for weight in other.parameters():
                    weight -= lr * weight.grad
        yield f"lr={lr} epochs={epochs}, losses", got, expected
        yield f"lr={lr} epochs={epochs}, w and b", weights(model), weights(other)
        kinds = {type(loss).__name__ for loss in got}
        yield "the type of a loss", ", ".join(sorted(kinds)), "float"


def check_5_4():
    """Two pairs of brackets make a table of one row and one column. And there is a with for it."""
    seen = []

    def note(model, arguments):
        seen.append((tuple(arguments[0].shape), torch.is_grad_enabled()))

    for x, w, b in [(4.0, 2.0, 0.0), (-1.5, 0.5, 1.0)]:
        model = line(w, b)
        model.register_forward_pre_hook(note)
        got = predict(model, x)
        yield f"x={x} w={w} b={b}", got, w * x + b
        yield "the type of the prediction", type(got).__name__, "float"
        shapes = [str(shape) for shape, _ in seen]
        yield "the shapes that the model was given", shapes, ["(1, 1)"] * len(shapes)
        recorded = any(enabled for _, enabled in seen)
        yield "recording a graph", ["no", "yes"][recorded], "no"


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson5_2.py draws the eight; then lecture 6, "
                        "liuer/lesson6.py")
