"""Lecture 4: back-propagation, and gradients by hand against autograd."""

import numpy as np
import pytest
import torch

import lesson3_2
import lesson4
import lesson4_2
import lesson4_3
import lesson4_4

X, Y = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]


@pytest.mark.parametrize("lesson, settings", [
    (lesson4, {"w": -5000.0}), (lesson4, {"w": 2.0}), (lesson4_2, {"w": 2.0, "b": 0.0}),
    (lesson4_2, {"w": -5000.0, "b": 5000.0}), (lesson4_3, {"w": 2.0, "b": 0.0}),
    (lesson4_3, {"w": -5000.0, "b": -5000.0}),
])
def test_any_start_is_drawn_and_none_is_taken_for_divergence(lesson, settings, capsys):
    lesson.draw(lesson.main(epochs=12, **settings)).canvas.draw()
    assert "diverges" not in capsys.readouterr().out


@pytest.mark.parametrize("lesson", [lesson4, lesson4_2, lesson4_3, lesson4_4])
@pytest.mark.parametrize("lr", [0.4, 1e15])         # 1e15: to inf in float32
def test_divergence_is_said_once_and_drawn(lesson, lr, capsys):
    result = lesson.main(lr=lr)
    assert capsys.readouterr().out.count("\ndiverges: ") == 1
    lesson.draw(result).canvas.draw()


# ---------------------------------------------------------------------------------- lesson 4
def test_autograd_takes_the_same_steps_as_sgd_by_hand():
    by_hand, autograd = lesson3_2.main(), lesson4.main()
    assert len(autograd["w_list"]) == len(by_hand["w_list"])
    np.testing.assert_allclose(autograd["w_list"], by_hand["w_list"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(autograd["loss_list"], by_hand["loss_list"], rtol=0.01, atol=1e-10)
    assert autograd["grad_list"][:3] == pytest.approx([-2, -7.84, -16.2288], rel=1e-6)
    assert autograd["prediction"] == pytest.approx(7.9999986, abs=5e-8)


# ---------------------------------------------------------------------- lessons 4_2 and 4_3
def test_gradient_of_w_and_b_by_hand_equals_autograd():
    rng = np.random.default_rng(0)
    for _ in range(50):
        xs, ys = rng.uniform(-5, 5, (2, rng.integers(1, 5)))
        start = rng.uniform(-5, 5, 2).tolist()
        w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in start)
        ((w * torch.tensor(xs) + b - torch.tensor(ys)) ** 2).mean().backward()
        by_autograd = pytest.approx((w.grad.item(), b.grad.item()))
        assert lesson4_2.gradient(xs, ys, *start) == by_autograd
        if len(xs) == 1:
            assert lesson4_3.gradient(xs[0], ys[0], *start) == by_autograd


@pytest.mark.parametrize("lesson, w, b, prediction", [
    (lesson4_2, 2.00000, 0.00001, 7.99999), (lesson4_3, 1.99972, 0.00067, 7.99954)])
def test_w_and_b_reach_the_line(lesson, w, b, prediction):
    result = lesson.main()
    assert (result["w_list"][-1], result["b_list"][-1], result["prediction"]) == pytest.approx(
        (w, b, prediction), abs=5e-6)


def test_it_converges_below_the_limit_that_the_line_names(capsys):
    assert lesson4_2.main(lr=0.179, epochs=3000)["w_list"][-1] == pytest.approx(2, abs=1e-3)
    assert "diverges" not in capsys.readouterr().out
    lesson4_2.main(lr=0.182, epochs=3000)
    assert "below 0.18 it converges" in capsys.readouterr().out


@pytest.mark.parametrize("lesson, batch, losses", [
    (lesson4_2, 3, "cost_list"), (lesson4_3, 1, "loss_list")])
def test_steps_and_losses_equal_those_of_torch(lesson, batch, losses):
    result = lesson.main(epochs=5)
    assert len(result["w_list"]) == len(result["b_list"]) == 5 * 3 // batch + 1
    w, b = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (X, Y))
    optimizer = torch.optim.SGD([w, b], lr=0.01)
    expected = []
    for step in range(5 * 3 // batch):
        k = torch.arange(step * batch, step * batch + batch) % 3
        optimizer.zero_grad()
        loss = ((w * x[k] + b - y[k]) ** 2).mean()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
        assert (result["w_list"][step + 1], result["b_list"][step + 1]) == pytest.approx(
            (w.item(), b.item()))
    assert result[losses] == pytest.approx(np.reshape(expected, (5, -1)).mean(axis=1))


# -------------------------------------------------------------------------------- lesson 4_4
def test_quadratic_by_hand_equals_autograd():
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, y, *start = rng.uniform(-3, 3, 5).tolist()
        weights = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in start]
        lesson4_4.loss(x, y, *weights).backward()
        assert lesson4_4.loss(x, y, *start) == pytest.approx(
            (start[0] * x**2 + start[1] * x + start[2] - y) ** 2)
        assert lesson4_4.gradient(x, y, *start) == pytest.approx(
            tuple(weight.grad.item() for weight in weights))


def test_both_sides_are_printed_and_not_one_of_them_twice(monkeypatch, capsys):
    """They agree; with a gradient by hand that is always 0 only the other half learns."""
    def printed():
        lesson4_4.main()
        lines = [line for line in capsys.readouterr().out.split("\n") if "| autograd" in line]
        return [line.split("by hand ")[1].split(" | autograd ") for line in lines]

    rows = printed()
    assert len(rows) == 3 + 11 and all(by_hand == autograd for by_hand, autograd in rows)
    assert rows[1][0] == "dw1 22.8800 dw2 11.4400 db  5.7200"
    monkeypatch.setattr(lesson4_4, "gradient", lambda *arguments: (0.0, 0.0, 0.0))
    without = printed()
    assert [row[1] for row in without] == [row[1] for row in rows]
    assert without[-1][0] == "w1 1.0000 w2 1.0000 b 1.0000"


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
    assert [result["w1"], result["w2"], result["b"]] == pytest.approx(weights.tolist())
    assert result["loss_list"] == pytest.approx(np.reshape(losses, (4, 3)).mean(axis=1))
    assert lesson4_4.main()["prediction"] == pytest.approx(8.5442, abs=5e-5)


def test_20000_epochs_reach_the_line():
    weights = [1.0, 1.0, 1.0]       # the half by hand alone: autograd would take seconds
    for _ in range(20_000):
        for x, y in zip(X, Y, strict=True):
            grads = lesson4_4.gradient(x, y, *weights)
            weights = [w - 0.01 * grad for w, grad in zip(weights, grads, strict=True)]
    assert f"{lesson4_4.forward(4.0, *weights):.1f}" == "8.0"


def test_single_node_graphs_of_the_exercise(capsys):
    assert lesson4_4.single_nodes() == [(-8.0, -8.0), (2.0, 2.0), (2.0, 2.0)]
    assert "x 2, y 4, w 1      | d loss/dw by hand -8.0, autograd -8.0" in capsys.readouterr().out
