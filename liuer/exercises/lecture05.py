"""Exercises of lecture 5: linear regression with PyTorch. 5-1 is the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture05.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture05.py --hint 5-1      提示 / a hint
"""

import warnings

import torch
from check import run
from torch import nn


# 5-1. 在同一个模型上试 SGD、Adagrad、Adam、Adamax、ASGD、LBFGS、RMSprop、Rprop。
# 同一个训练步要能用于全部八个优化器，包括 LBFGS：它在一步里要多次计算损失。
# Try SGD, Adagrad, Adam, Adamax, ASGD, LBFGS, RMSprop and Rprop on the same model. One training
# step has to serve all eight, even LBFGS, which computes the loss several times within a step.
def train_step(model, criterion, optimizer, x, y):
    """Forward, backward, update; return the loss before the update, a number."""
    return ...


# 5-2. 找错误。下面的训练程序能运行，但有三处错误。把它抄到函数里并改正。
# Find the faults. This training program runs, but it has three faults. Copy it into the function
# and mend them.
#     optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=lr)
#     losses = []
#     for epoch in range(epochs):
#         y_pred = model(x)
#         loss = nn.MSELoss()(y_pred, y)
#         loss.backward()
#         optimizer.step()
#         losses.append(loss.item())
#     return losses
def train_without_faults(model, x, y, epochs, lr):
    """x (N, 1), y (N,): a plain row of numbers. Return the loss of each epoch, a list."""
    ...


# 5-3. 训练循环：前向、反向、更新，每一句都放在正确的位置。
# The training cycle with everything in its place.
def train(model, criterion, optimizer, x, y, epochs):
    """Train on all samples in each epoch; return the loss before each update, a list of numbers."""
    losses = []
    for _ in range(epochs):
        ...
    return losses


# 5-4. 对一个新的 x 给出预测。模型的输入是一张表：一行一个样本，一列一个特征；
# 不训练的时候，不要记录计算图。
# The prediction for one new x. The model takes a table, one row a sample and one column a
# feature; and where nothing is trained, no graph should be recorded.
def predict(model, x):
    """x is a number, like 4.0; return the prediction, a Python number."""
    return ...


# 5-5. 从空白开始写完整的程序：准备数据、定义模型、损失和优化器、训练循环，四步都由你来写。
# 用 nn.Linear(1, 1) 拟合 y = w x + b，返回学到的 w 和 b。
# A whole program from nothing: prepare data, define model, loss and optimizer, training cycle, all
# four steps are yours. Fit y = w x + b with nn.Linear(1, 1); return the w and b that it learned.
def fit_line(xs, ys):
    """xs, ys: lists of numbers, five samples or fewer, |x| <= 3. Return (w, b), Python numbers."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
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
    """optimizer.step 可以接收一个函数，想调用几次就调用几次。为了每次都重新计算，
    这个函数要做什么，返回什么？

    optimizer.step takes a function that it may call as often as it likes. What does that function
    have to do, and to return, so that every call starts afresh?
    """
    criterion = nn.MSELoss(reduction="sum")
    for name in ("SGD", "Adagrad", "Adam", "Adamax", "ASGD", "RMSprop", "Rprop"):
        kind = getattr(torch.optim, name)
        model, other = line(), line()
        optimizer, theirs = kind(model.parameters(), lr=0.02), kind(other.parameters(), lr=0.02)
        for step in range(1, 4):
            got = train_step(model, criterion, optimizer, X, Y)
            yield f"{name}, loss before step {step}", got, put_gradient(other)
            yield f"{name}, the type of the loss", type(got).__name__, "float"
            theirs.step()
            yield f"{name}, w and b after step {step}", weights(model), weights(other)
    model = line()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1)
    yield "LBFGS, loss before step 1", train_step(model, criterion, optimizer, X, Y), 16.5
    train_step(model, criterion, optimizer, X, Y)
    rounded = [round(weight, 2) for weight in weights(model)]
    yield "LBFGS, w and b after 2 steps", rounded, [2.0, 0.0]


def check_5_2():
    """优化器更新的是谁的参数？每个 epoch 开始时 .grad 里是什么？y_pred - y 的形状是什么？

    Whose parameters does the optimizer update? What is in .grad when an epoch begins? And what is
    the shape of y_pred - y?
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")         # PyTorch warns of one of the three
        for samples, lr, epochs in [(3, 0.05, 4), (5, 0.1, 3)]:
            torch.manual_seed(samples)
            x = torch.randn(samples, 1)
            y = 2 * x[:, 0] + torch.randn(samples)
            model, expected = line(), []
            w, b = weights(model)
            for _ in range(epochs):
                error = w * x[:, 0] + b - y
                expected.append((error**2).mean().item())
                w = w - lr * (2 * error * x[:, 0]).mean().item()
                b = b - lr * (2 * error).mean().item()
            got = train_without_faults(model, x, y, epochs, lr)
            yield f"{samples} samples, lr={lr}, losses", got, expected
            kinds = {type(loss).__name__ for loss in got}
            yield "the type of a loss", ", ".join(sorted(kinds)), "float"
            yield f"{samples} samples, lr={lr}, w and b", weights(model), [w, b]


def check_5_3():
    """五行，顺序固定。每一行之后打印 model.weight.grad 看看。

    Five lines in a fixed order. Print model.weight.grad after each of them.
    """
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
    """两层方括号就是一行一列的表。不记录计算图，用 with torch.no_grad()。

    Two pairs of brackets make a table of one row and one column. And to record no graph there is
    with torch.no_grad().
    """
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


def check_5_5():
    """学习率太小，epoch 太少，就到不了最低点；先用 0.01 和很多个 epoch。xs 要变成 (N, 1) 的表。

    With too small a rate or too few epochs it does not get to the minimum: begin with 0.01 and
    many epochs. xs has to become a table (N, 1).
    """
    for xs, ys in [([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), ([-1.0, 1.0], [5.0, -5.0]),
                   ([-2.0, 0.0, 1.0, 3.0], [1.0, 2.0, 2.0, 4.0])]:
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        w = 0.0
        for x, y in zip(xs, ys, strict=True):
            w += (x - mean_x) * (y - mean_y) / sum((other - mean_x) ** 2 for other in xs)
        got = fit_line(xs, ys)
        numbers = got if isinstance(got, (list, tuple)) else [got]
        yield "the types of w and b", [type(number).__name__ for number in numbers], ["float"] * 2
        rounded = [round(number, 2) + 0.0 for number in numbers]
        yield f"x={xs} y={ys}, w and b to two decimals", rounded, [
            round(w, 2) + 0.0, round(mean_y - w * mean_x, 2) + 0.0]


FORBIDDEN = {"5-4": ["weight", "bias"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson5_2.py draws the eight; then lecture 6, "
                        "liuer/lesson6.py")
