"""Lecture 4: back-propagation, and gradients by hand against autograd."""

import random
import re
import sys

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

import lesson3_2
import lesson4
import lesson4_2
import lesson4_3
import lesson4_4
from utils import BadInput, flags

LESSONS = [lesson4, lesson4_2, lesson4_3, lesson4_4]
X, Y = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]


def last_line(text):
    return text.rstrip("\n").split("\n")[-1]


def lines(axes):
    """The curves of an axes: label -> (x, y)."""
    return {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
            for line in axes.lines}


@pytest.mark.parametrize("lesson", LESSONS)
def test_one_epoch_is_drawn(lesson):
    figure = lesson.draw(lesson.main(epochs=1))
    figure.canvas.draw()
    for axes in figure.axes:
        for line in axes.lines:     # a single value is a point, no line that nobody sees
            assert len(line.get_xdata()) != 1 or line.get_marker() not in ("", "None")


@pytest.mark.parametrize("lesson, start", [
    (lesson4, {"w": 2.0}), (lesson4_2, {"w": 2.0, "b": 0.0}), (lesson4_3, {"w": 2.0, "b": 0.0}),
    (lesson4, {"w": -100.0}), (lesson4_2, {"w": -100.0, "b": 100.0}),
    (lesson4_3, {"w": -100.0, "b": -100.0}),
])
def test_any_start_is_drawn(lesson, start):
    lesson.draw(lesson.main(epochs=2, **start)).canvas.draw()


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("epochs", [1, 9, 25, 101])
def test_first_and_last_epoch_are_printed(lesson, epochs, capsys):
    result = lesson.main(epochs=epochs)
    printed = [line.split("|") for line in capsys.readouterr().out.split("\n")
               if line.startswith("epoch")]
    assert printed[0][0].split() == ["epoch", f"1/{epochs}"]
    assert printed[-1][0].split() == ["epoch", f"{epochs}/{epochs}"]
    assert float(printed[-1][1].split()[1]) == pytest.approx(result["losses"][-1], rel=0.01)
    assert len(printed) <= 14


@pytest.mark.parametrize("lesson, settings, form", [
    (lesson4, {"w": -0.5},
     "w = {w:.7f} | prediction y(4) = {prediction:.7f} (before training: {before:.1f})"),
    (lesson4_2, {"w": -0.5, "b": 3.0},
     "w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} "
     "(before training: {before:.1f})"),
    (lesson4_3, {"w": -0.5, "b": 3.0},
     "w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} "
     "(before training: {before:.1f})"),
    (lesson4_4, {},
     "y = {weights[0]:.4f} x^2 + {weights[1]:.4f} x + {weights[2]:.4f} | "
     "prediction y(4) = {prediction:.4f} (before training: {before:.1f})"),
])
def test_the_last_line_is_the_result(lesson, settings, form, capsys):
    result = lesson.main(epochs=7, lr=0.02, **settings)
    assert last_line(capsys.readouterr().out) == form.format(**result)
    start, end = list(settings.values()) or [1.0, 1.0, 1.0], result.get("weights")
    if end is None:
        end = [result[name] for name in settings]
    slopes = {1: [4], 2: [4, 1], 3: [16, 4, 1]}[len(start)]         # what a weight counts at x = 4
    assert result["before"] == np.dot(slopes, start)
    assert result["prediction"] == pytest.approx(np.dot(slopes, end))


@pytest.mark.parametrize("lesson, before", [(lesson4, -0.4), (lesson4_2, 0.6), (lesson4_3, 0.6)])
def test_a_negative_start_in_any_form(lesson, before, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)          # flags() puts its own there
    for text in ("-1e-1", "-.1", "-0.1"):
        monkeypatch.setattr(sys, "argv", ["lesson.py", "--epochs", "1", "--w", text])
        lesson.main(**flags(lesson.main))
        assert last_line(capsys.readouterr().out).endswith(f"(before training: {before})")


@pytest.mark.parametrize("lesson, lr", [
    (lesson4, 0.3), (lesson4_2, 0.5), (lesson4_3, 0.5), (lesson4_4, 0.5),
])
def test_a_setting_that_cannot_work_says_so_in_one_line(lesson, lr):
    with pytest.raises(BadInput, match=f"lr {lr}") as error:
        lesson.main(lr=lr)
    assert "\n" not in str(error.value)


def test_a_mistake_is_one_line_for_the_reader(run_script):
    run = run_script("lesson4_2.py", "--lr", "0.5")
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert run.stderr.startswith("lesson4_2.py: the cost has grown to ") and "0.5" in run.stderr


# ---------------------------------------------------------------------------------- lesson 4
def test_autograd_takes_the_same_steps_as_sgd_by_hand(run_script):
    by_hand, autograd = lesson3_2.main(), lesson4.main()
    assert len(autograd["ws"]) == len(by_hand["ws"])
    np.testing.assert_allclose(autograd["ws"], by_hand["ws"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(autograd["losses"], by_hand["losses"], rtol=0.01, atol=1e-10)
    assert autograd["grads"][:3] == pytest.approx([-2, -7.84, -16.2288], rel=1e-6)
    assert last_line(run_script("lesson4.py").stdout) == (
        "w = 1.9999996 | prediction y(4) = 7.9999986 (before training: 4.0)")


def test_the_drawn_gradients_lie_on_the_derivative():
    result = lesson4.main(epochs=6)
    left, right = lesson4.draw(result).axes
    dots = [(line.get_xdata(), line.get_ydata()) for line in left.lines if line.get_marker() == "o"]
    assert len(dots) == 4 and len(dots[-1][0]) == 0                  # the last one for the legend
    for k, (x, y) in enumerate(zip(X, Y, strict=True)):
        w, slope = lines(left)[f"by hand, 2x(wx - y) at x = {x:.0f}"]
        assert w.tolist() == result["ws"]
        np.testing.assert_allclose(slope, 2 * x * (w * x - y))
        w, grads = dots[k]
        assert w.tolist() == result["ws"][k:-1:3] and list(grads) == result["grads"][k::3]
        np.testing.assert_allclose(grads, 2 * x * (w * x - y), rtol=1e-4)
    (epoch, loss), = lines(right).values()
    assert (list(epoch), loss.tolist()) == ([1, 2, 3, 4, 5, 6], result["losses"])
    assert right.get_yscale() == "log"


# ---------------------------------------------------------------------- lessons 4_2 and 4_3
@pytest.mark.parametrize("lesson", [lesson4_2, lesson4_3])
def test_gradient_of_w_and_b_by_hand_equals_autograd(lesson):
    rng = random.Random(0)
    for _ in range(50):
        x, y, *start = (rng.uniform(-5, 5) for _ in range(4))
        w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in start)
        ((w * x + b - y) ** 2).backward()
        assert lesson.gradient(x, y, *start) == pytest.approx((w.grad.item(), b.grad.item()))


def test_w_and_b_reach_the_line(run_script):
    first = lesson4_2.main(epochs=1)
    assert first["ws"][1] == pytest.approx(1 + 0.01 * 16 / 3)
    assert (first["w"], first["b"]) == pytest.approx((1 + 0.01 * 16 / 3, 1 + 0.01 * 2))
    for lesson, close in ((lesson4_2, 1e-4), (lesson4_3, 1e-2)):
        result = lesson.main()
        assert result["w"] == pytest.approx(2, abs=close)
        assert result["b"] == pytest.approx(0, abs=close)
        assert result["prediction"] == pytest.approx(8, abs=close)
    assert last_line(run_script("lesson4_2.py").stdout) == (
        "w = 2.00000 | b = 0.00001 | prediction y(4) = 7.99999 (before training: 5.0)")
    assert last_line(run_script("lesson4_3.py").stdout) == (
        "w = 1.99972 | b = 0.00067 | prediction y(4) = 7.99954 (before training: 5.0)")


def test_it_converges_below_the_limit_the_message_names():
    assert lesson4_2.main(lr=0.179, epochs=3000)["w"] == pytest.approx(2, abs=1e-3)
    with pytest.raises(BadInput, match=r"below 0\.18$"):
        lesson4_2.main(lr=0.182, epochs=3000)


@pytest.mark.parametrize("lesson, batch", [(lesson4_2, 3), (lesson4_3, 1)])
def test_steps_and_losses_equal_those_of_torch(lesson, batch):
    result = lesson.main(epochs=5)
    assert len(result["ws"]) == len(result["bs"]) == 5 * 3 // batch + 1
    w, b = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (X, Y))
    optimizer = torch.optim.SGD([w, b], lr=0.01)
    losses = []
    for step in range(5 * 3 // batch):
        k = torch.arange(step * batch, step * batch + batch) % 3
        optimizer.zero_grad()
        loss = ((w * x[k] + b - y[k]) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        assert (result["ws"][step + 1], result["bs"][step + 1]) == pytest.approx(
            (w.item(), b.item()))
    assert result["losses"] == pytest.approx(np.reshape(losses, (5, -1)).mean(axis=1))


@pytest.mark.parametrize("lesson", [lesson4_2, lesson4_3])
def test_the_drawn_valley(lesson, monkeypatch):
    tables, contour = [], Axes.contour

    def spy(self, *table, **style):
        tables.append(table)
        return contour(self, *table, **style)

    monkeypatch.setattr(Axes, "contour", spy)
    result = lesson.main(epochs=40)
    left, right = lesson.draw(result).axes
    (w, b, costs), = tables
    np.testing.assert_allclose(
        costs, sum((w * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)) / 3)
    assert w.min() < 2 < w.max() and b.min() < 0 < b.max()           # the minimum is in sight
    assert (left.get_xlabel(), left.get_ylabel()) == ("w", "b")
    path = left.lines[0].get_xydata()
    assert path[:, 0].tolist() == result["ws"] and path[:, 1].tolist() == result["bs"]
    assert left.lines[1].get_xydata().tolist() == [[1.0, 1.0]]
    assert left.lines[2].get_xydata().tolist() == [[result["w"], result["b"]]]
    assert left.lines[2].get_label() == f"end ({result['w']:.3f}, {result['b']:.3f})"
    (epoch, loss), = lines(right).values()
    assert (list(epoch), loss.tolist()) == (list(range(1, 41)), result["losses"])
    assert right.get_yscale() == "log" and right.get_xlabel() == "epoch"
    assert right.get_ylabel() == {lesson4_2: "cost", lesson4_3: "loss"}[lesson]


# -------------------------------------------------------------------------------- lesson 4_4
def test_quadratic_by_hand_equals_autograd(run_script):
    rng = random.Random(0)
    for _ in range(50):
        x, y, *start = (rng.uniform(-3, 3) for _ in range(5))
        weights = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in start]
        ((weights[0] * x**2 + weights[1] * x + weights[2] - y) ** 2).backward()
        assert lesson4_4.gradient(x, y, *start) == pytest.approx(
            tuple(weight.grad.item() for weight in weights))
    result = lesson4_4.main()
    assert result["prediction"] == pytest.approx(8.5442, abs=5e-5)   # as the course's answer
    out = run_script("lesson4_4.py").stdout
    assert "x 2, y 4 | gradient by hand 22.8800 11.4400  5.7200 |" in out
    sides = [line.split("by hand")[1].replace(", autograd", "| autograd").split("| autograd")
             for line in out.split("\n") if "by hand" in line]
    assert len(sides) == 3 + 3 + 11                                  # nodes, samples, epochs
    for by_hand, by_autograd in sides:
        assert by_hand.split() == by_autograd.split()
    assert last_line(out) == ("y = 0.2404 x^2 + 0.9267 x + 0.9914 | prediction y(4) = 8.5442 "
                              "(before training: 21.0)")


def test_both_sides_are_printed_and_not_one_of_them_twice(monkeypatch, capsys):
    """With a gradient by hand that is always 0 only the other half learns."""
    lesson4_4.main(epochs=1)
    right = [line.split("autograd")[1] for line in capsys.readouterr().out.split("\n")
             if "| autograd" in line]
    monkeypatch.setattr(lesson4_4, "gradient", lambda *arguments: (0.0, 0.0, 0.0))
    lesson4_4.main(epochs=1)
    rows = [re.split(r"by hand|\| autograd", line) for line in capsys.readouterr().out.split("\n")
            if "| autograd" in line]
    assert [row[2] for row in rows] == right and len(rows) == 4
    assert [[float(number) for number in row[1].split()] for row in rows] == [
        [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_quadratic_takes_the_steps_of_torch():
    result = lesson4_4.main(epochs=4)
    weights = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.01)
    losses = []
    for step in range(12):
        x, y = X[step % 3], Y[step % 3]
        optimizer.zero_grad()
        loss = (weights @ torch.tensor([x**2, x, 1.0], dtype=torch.float64) - y) ** 2
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert result["weights"] == pytest.approx(weights.tolist())
    assert result["losses"] == pytest.approx(np.reshape(losses, (4, 3)).mean(axis=1))


def test_20000_epochs_reach_the_line():
    weights = [1.0, 1.0, 1.0]       # the half by hand alone: autograd would take seconds
    for epoch in range(20_000):
        for x, y in zip(X, Y, strict=True):
            grads = lesson4_4.gradient(x, y, *weights)
            weights = [w - 0.01 * grad for w, grad in zip(weights, grads, strict=True)]
        if epoch == 19:
            assert weights == pytest.approx(lesson4_4.main(epochs=20)["weights"])
    assert f"{lesson4_4.forward(4.0, *weights):.1f}" == "8.0"


def test_single_node_graphs_of_the_exercise():
    rows = lesson4_4.single_nodes()
    assert [row[1:] for row in rows] == [("w", -8.0, -8.0), ("w", 2.0, 2.0), ("b", 2.0, 2.0)]
    assert [row[0] for row in rows] == ["y_pred = w x, x=2, y=4, w=1",
                                        *2 * ["y_pred = w x + b, x=1, y=2, w=1, b=2"]]


def test_the_drawn_parabola():
    result = lesson4_4.main(epochs=3)
    axes, = lesson4_4.draw(result).axes
    x, y = lines(axes)["after training"]
    np.testing.assert_allclose(y, np.polyval(result["weights"], x), rtol=1e-5)
    x, y = lines(axes)["y = 2x"]
    np.testing.assert_allclose(y, 2 * x)
    x, y = lines(axes)["samples"]
    assert (x.tolist(), y.tolist()) == (X, Y)
