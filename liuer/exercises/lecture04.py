"""Exercises of lecture 4: back-propagation. 4-1 to 4-4 are the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture04.py                 a line for each exercise
    python liuer/exercises/lecture04.py --hint 4-4      a hint
"""

import random
import weakref

import torch
from check import run


# 4-1. The graph of y_pred = x * w with loss = (y_pred - y)^2. Go through it backwards on paper:
# what is d loss/dw? With x = 2, y = 4, w = 1 it is a number that you can check in your head.
def slope_of_w(x, y, w):
    """d loss/dw for numbers x, y, w. Without PyTorch."""
    return ...


# 4-2. The same with a bias: y_pred = x * w + b. The course takes x = 1, y = 2, w = 1, b = 2.
def slopes_of_w_and_b(x, y, w, b):
    """The pair (d loss/dw, d loss/db)."""
    return ...


# 4-3. The quadratic model y_pred = w1 * x^2 + w2 * x + b by hand, loss = (y_pred - y)^2.
def slopes_by_hand(x, y, w):
    """w is (w1, w2, b); return (d loss/dw1, d loss/dw2, d loss/db). Without PyTorch."""
    return ...


# 4-4. The same three by PyTorch: no derivative of yours, backward() finds them.
def slopes_by_autograd(x, y, w):
    """w is (w1, w2, b), three numbers; return a tensor (3,) of the three slopes."""
    return ...


# 4-5. One epoch of stochastic gradient descent. The line that is missing comes after backward():
# update weight, and see to it that the next sample finds no gradient of this one.
def one_epoch(xs, ys, w, lr):
    """Weight after one step for each sample, beginning at w."""
    weight = torch.tensor(w, requires_grad=True)
    for x, y in zip(xs, ys, strict=True):
        loss = (weight * x - y) ** 2
        loss.backward()
        ...
    return weight.item()


# 4-6. A loss to print. loss_of(x, y) gives the loss of one sample as a tensor with its graph.
def mean_loss(loss_of, xs, ys):
    """Mean loss, a number of Python's; while it adds up, no graph of an earlier sample is kept."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def line_loss(x, y, w, b=0.0):
    return (w * x + b - y) ** 2


def quadratic_loss(x, y, w1, w2, b):
    return (w1 * x * x + w2 * x + b - y) ** 2


def slopes(loss, x, y, weights):
    """How the loss changes with each weight, measured a little to the left and to the right."""
    result = []
    for i in range(len(weights)):
        more, less = list(weights), list(weights)
        more[i] += 1e-4
        less[i] -= 1e-4
        result.append((loss(x, y, *more) - loss(x, y, *less)) / 2e-4)
    return result


def some(count):
    """Five lists of that many numbers between -3 and 3."""
    rng = random.Random(4)
    return [[round(rng.uniform(-3, 3), 2) for _ in range(count)] for _ in range(5)]


def check_4_1():
    """Two functions in a row, a product and then a square: multiply their derivatives."""
    for x, y, w in [(2, 4, 1), *some(3)]:
        expected = slopes(line_loss, x, y, [w])[0]
        yield f"x={x} y={y} w={w}", slope_of_w(x, y, w), expected


def check_4_2():
    """Both paths share all but the last step: by how much does y_pred grow with w, with b?"""
    for x, y, w, b in [(1, 2, 1, 2), *some(4)]:
        expected = slopes(line_loss, x, y, [w, b])
        yield f"x={x} y={y} w={w} b={b}", slopes_of_w_and_b(x, y, w, b), expected


def quadratic_samples():
    """Triples of x, y and (w1, w2, b)."""
    return [(2, 4, (1, 1, 1)), *[(x, y, tuple(w)) for x, y, *w in some(5)]]


def check_4_3():
    """As in 4-2; the derivative of y_pred in w1 treats x as a constant, whatever its power."""
    for x, y, w in quadratic_samples():
        yield f"x={x} y={y} w={w}", slopes_by_hand(x, y, w), slopes(quadratic_loss, x, y, w)


def check_4_4():
    """Make w a tensor that records what is done with it; backward() leaves the answer there."""
    for x, y, w in quadratic_samples():
        got = slopes_by_autograd(x, y, w)
        yield f"x={x} y={y} w={w}", got, slopes(quadratic_loss, x, y, w)
        yield "the type of the answer", type(got).__name__, "Tensor"


def check_4_5():
    """backward() adds to .grad. And only what is changed outside of the graph stays a leaf."""
    for w, lr in [(1.0, 0.01), (0.5, 0.02), (-1.0, 0.05)]:
        expected = w
        for x, y in [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]:
            expected -= lr * slopes(line_loss, x, y, [expected])[0]
        got = one_epoch([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], w, lr)
        yield f"x=(1, 2, 3) y=(2, 4, 6) w={w} lr={lr}", got, expected


class Token:
    """Stands for a tensor that a graph has put aside for its backward."""
    def __init__(self, tensor):
        self.tensor = tensor


def check_4_6():
    """A tensor holds on to the graph it came from. Turn each loss into a number as you add it."""
    weight = torch.tensor(1.0, requires_grad=True)
    alive, most = weakref.WeakSet(), 0

    def put_aside(tensor):
        nonlocal most
        token = Token(tensor)
        alive.add(token)
        most = max(most, len(alive))
        return token

    xs, ys = [x for x, _ in some(2)], [y for _, y in some(2)]
    with torch.autograd.graph.saved_tensors_hooks(put_aside, lambda token: token.tensor):
        got = mean_loss(lambda x, y: line_loss(x, y, weight), xs, ys)
    expected = sum(line_loss(x, y, 1.0) for x, y in zip(xs, ys, strict=True)) / 5
    yield f"x={xs} y={ys} w=1", got, expected
    yield "the type of the mean", type(got).__name__, "float"
    yield "graphs in memory at a time", f"{most} of 5", f"{min(most, 2)} of 5"


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson4_4.py has both ways side by side; then lecture 5, "
                        "liuer/lesson5.py")
