"""Lecture 3: gradient descent, stochastic gradient descent, mini-batch; a saddle."""

import random
import re
import sys

import numpy as np
import pytest
import torch

import lesson3
import lesson3_2
import lesson3_3
from utils import BadInput, flags

X, Y = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]


def last_line(text):
    return text.rstrip("\n").split("\n")[-1]


def lines(axes):
    """The curves of an axes: label -> (x, y)."""
    return {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
            for line in axes.lines}


def test_they_run_without_torch(runs_without_torch):
    runs_without_torch("lesson3", "lesson3_2", "lesson3_3")


@pytest.mark.parametrize("lesson", [lesson3, lesson3_2, lesson3_3])
def test_one_epoch_is_drawn(lesson):
    lesson.draw(lesson.main(epochs=1)).canvas.draw()


@pytest.mark.parametrize("lesson", [lesson3, lesson3_2])
@pytest.mark.parametrize("w", [2.0, -100.0, 100.0])
def test_any_start_is_drawn(lesson, w):
    lesson.draw(lesson.main(epochs=2, w=w)).canvas.draw()


@pytest.mark.parametrize("lesson", [lesson3, lesson3_2])
@pytest.mark.parametrize("epochs", [1, 9, 25, 101])
def test_first_and_last_epoch_are_printed(lesson, epochs, capsys):
    lesson.main(epochs=epochs)
    printed = [line for line in capsys.readouterr().out.split("\n") if line.startswith("epoch")]
    assert printed[0].startswith(f"epoch   1/{epochs} ")
    assert printed[-1].startswith(f"epoch {epochs:3d}/{epochs} ")
    assert len(printed) == len(set(printed)) <= 14


@pytest.mark.parametrize("lesson, form", [
    (lesson3, "w = {w:.7f} | prediction y(4) = {prediction:.5f} (before training: {before:.1f})"),
    (lesson3_2, "w = {w:.7f} (2 - w = {distance:.1e}) | prediction y(4) = {prediction:.7f} "
                "(before training: {before:.1f})"),
])
def test_the_last_line_is_the_result(lesson, form, capsys):
    result = lesson.main(epochs=7, lr=0.02, w=-0.5)
    assert last_line(capsys.readouterr().out) == form.format(**result)
    assert result["w"] == result["ws"][-1] and result["before"] == -2.0
    assert result["prediction"] == pytest.approx(4 * result["w"])


@pytest.mark.parametrize("lesson", [lesson3, lesson3_2])
def test_a_negative_start_in_any_form(lesson, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)          # flags() puts its own there
    for text in ("-1e-1", "-.1", "-0.1"):
        monkeypatch.setattr(sys, "argv", ["lesson.py", "--epochs", "1", "--w", text])
        lesson.main(**flags(lesson.main))
        assert last_line(capsys.readouterr().out).endswith("(before training: -0.4)")


@pytest.mark.parametrize("lesson, setting", [
    (lesson3, {"lr": 0.5}), (lesson3_2, {"lr": 0.3}), (lesson3_3, {"lr": 9.0}),
])
def test_a_setting_that_cannot_work_says_so_in_one_line(lesson, setting):
    (name, value), = setting.items()
    with pytest.raises(BadInput, match=str(value)) as error:
        lesson.main(**setting)
    assert "\n" not in str(error.value) and name in str(error.value)


def test_a_mistake_is_one_line_for_the_reader(run_script):
    run = run_script("lesson3.py", "--lr", "0.5")
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert run.stderr.startswith("lesson3.py: the cost has grown to ") and "0.5" in run.stderr


# ---------------------------------------------------------------------------------- lesson 3
def test_gradient_descent_gives_the_values_of_the_slides(run_script):
    result = lesson3.main()
    assert result["ws"][0] == 1.0 and len(result["ws"]) == 101 and len(result["losses"]) == 100
    assert result["ws"][1] == pytest.approx(1.093333, abs=1e-6)
    assert result["losses"][:2] == pytest.approx([4.6667, 3.8362], abs=5e-5)
    assert result["w"] == pytest.approx(1.9999444, abs=5e-8)
    assert result["prediction"] == pytest.approx(7.99978, abs=5e-6)
    # cost is a parabola: every step shrinks the distance to 2 by the same factor
    assert result["w"] == pytest.approx(2 - (1 - 0.01 * 28 / 3) ** 100, abs=1e-12)
    assert last_line(run_script("lesson3.py").stdout) == (
        "w = 1.9999444 | prediction y(4) = 7.99978 (before training: 4.0)")


def test_gradient_of_the_cost_equals_autograd():
    rng = random.Random(0)
    for _ in range(20):
        xs, ys = ([rng.uniform(-5, 5) for _ in range(4)] for _ in range(2))
        w = torch.tensor(rng.uniform(-5, 5), dtype=torch.float64, requires_grad=True)
        loss = ((w * torch.tensor(xs).double() - torch.tensor(ys).double()) ** 2).mean()
        loss.backward()
        assert lesson3.cost(xs, ys, w.item()) == pytest.approx(loss.item(), rel=1e-5)
        assert lesson3.gradient(xs, ys, w.item()) == pytest.approx(w.grad.item(), rel=1e-5)


def test_it_converges_below_the_limit_the_message_names():
    assert lesson3.main(lr=0.213, epochs=3000)["w"] == pytest.approx(2, abs=1e-3)
    with pytest.raises(BadInput, match="0.214"):
        lesson3.main(lr=0.216, epochs=3000)


def test_the_drawn_descent():
    result = lesson3.main(epochs=5)
    left, right = lesson3.draw(result).axes
    w, costs = lines(left)["cost(w)"]
    assert w.min() == 0 and w.max() == 4
    np.testing.assert_allclose(costs, 14 / 3 * (w - 2) ** 2, atol=1e-12)
    w, costs = lines(left)["after each step"]
    assert w.tolist() == result["ws"]
    assert costs[:-1] == pytest.approx(result["losses"])
    assert costs[-1] == pytest.approx(14 / 3 * (result["w"] - 2) ** 2)
    for label, end in ((f"start, w = {result['ws'][0]:.1f}", 0),
                       (f"end, w = {result['w']:.4f}", -1)):
        w, cost = lines(left)[label]
        assert (w.tolist(), cost.tolist()) == ([result["ws"][end]], [costs[end]])
    (steps, after), = lines(right).values()
    assert list(steps) == [0, 1, 2, 3, 4, 5] and after.tolist() == costs.tolist()


# -------------------------------------------------------------------------------- lesson 3_2
def test_sgd_gives_the_values_of_the_slides(run_script):
    result = lesson3_2.main()
    assert len(result["ws"]) == 301 and len(result["losses"]) == 100
    assert result["ws"][1:4] == pytest.approx([1.02, 1.0984, 1.260688], abs=1e-12)
    assert 2 - result["w"] == pytest.approx(8e-14, rel=0.1)
    assert result["losses"][0] == pytest.approx((1 + 3.8416 + 7.31594304) / 3)
    out = run_script("lesson3_2.py").stdout
    assert "x 3, y 6 | loss 7.315943 | gradient -16.2288 | w 1.260688\n" in out
    assert last_line(out).endswith("y(4) = 8.0000000 (before training: 4.0)")


def test_sgd_takes_the_samples_in_the_order_of_the_slides():
    result, w = lesson3_2.main(epochs=4), 1.0
    for step in range(12):
        x, y = X[step % 3], Y[step % 3]
        assert lesson3_2.loss_of(x, y, w) == (w * x - y) ** 2
        w -= 0.01 * 2 * x * (w * x - y)
        assert result["ws"][step + 1] == pytest.approx(w, rel=1e-15)


@pytest.mark.parametrize("epochs", [1, 2, 3, 50])
def test_the_drawn_steps_of_sgd(epochs):
    result = lesson3_2.main(epochs=epochs)
    axes, = lesson3_2.draw(result).axes
    shown = min(30, epochs)
    epoch, w = lines(axes)["full batch: 1 step an epoch"]
    assert list(epoch) == list(range(shown + 1))
    assert w == pytest.approx(lesson3.main(epochs=shown)["ws"])
    epoch, w = lines(axes)["SGD: 3 steps an epoch"]
    assert epoch == pytest.approx([k / 3 for k in range(3 * shown + 1)])
    assert w.tolist() == result["ws"][:3 * shown + 1]
    assert axes.lines[-1].get_ydata() == [2, 2]         # where both go


# -------------------------------------------------------------------------------- lesson 3_3
def test_batch_sizes_are_steps_an_epoch():
    paths = lesson3_3.main(epochs=10)["saddles"]
    assert {name: len(path) - 1 for name, path in paths.items()} == {
        "full batch": 10, "SGD": 40, "mini-batch": 20, "SGD without lean": 40}


def test_ten_seeds_and_the_ends_of_the_lines(monkeypatch, capsys):
    seeds, descend = [], lesson3_3.descend
    monkeypatch.setattr(lesson3_3, "descend", lambda *arguments: (
        seeds.append(arguments[-1]) or descend(*arguments)))
    result = lesson3_3.main(epochs=2, seed=5)
    assert seeds == 3 * [5] + 4 * list(range(5, 15))
    out = capsys.readouterr().out
    for name, ws in result["lines"].items():
        assert re.search(rf"line +\| {name} .*\| w {ws[-1]:.6f} after 20 epochs\n", out)


@pytest.mark.parametrize("size, sizes", [(1, [1, 1, 1]), (2, [2, 1]), (3, [3])])
def test_every_epoch_draws_the_samples_in_a_new_random_order(size, sizes):
    batches = []

    def spy(w, samples):
        batches.append(samples.tolist())
        return 0.0, np.ones(1)

    path = lesson3_3.descend(spy, np.zeros(1), np.arange(3), size, epochs=20, lr=0.5, seed=0)
    np.testing.assert_allclose(path[:, 0], -0.5 * np.arange(20 * len(sizes) + 1))
    assert [len(batch) for batch in batches] == sizes * 20
    orders = np.concatenate(batches).reshape(20, 3)
    assert (np.sort(orders) == [0, 1, 2]).all()                      # each sample once an epoch
    assert len({tuple(order) for order in orders}) >= 4              # of 6


def test_gradient_of_the_line_equals_autograd():
    rng = np.random.default_rng(1)
    for _ in range(20):
        samples, w = rng.normal(size=(rng.integers(1, 5), 2)), rng.normal(size=1)
        weight = torch.tensor(w, requires_grad=True)
        x, y = torch.tensor(samples).T
        loss = ((weight * x - y) ** 2).mean()
        loss.backward()
        value, grad = lesson3_3.line_loss(w, samples)
        assert value == pytest.approx(loss.item())
        np.testing.assert_allclose(grad, weight.grad, atol=1e-12)


def test_on_the_line_more_steps_an_epoch_get_nearer():
    result = lesson3_3.main(epochs=1)
    ends = {name: w[-1] for name, w in result["lines"].items()}
    assert result["lines"]["full batch"].tolist() == pytest.approx(lesson3.main(epochs=20)["ws"])
    assert ends["full batch"] < ends["mini-batch"] < ends["SGD"] < 2
    assert {name: len(w) - 1 for name, w in result["lines"].items()} == {
        "full batch": 20, "SGD": 60, "mini-batch": 40}


def test_gradient_of_the_saddle_equals_autograd():
    rng = np.random.default_rng(0)
    for _ in range(20):
        point, lean = rng.normal(size=2), rng.normal(size=rng.integers(1, 5))
        u, v = (torch.tensor(value, requires_grad=True) for value in point)
        loss = u**2 / 2 + (v**2 - 1) ** 2 / 4 + lean.mean() * v
        loss.backward()
        value, grad = lesson3_3.saddle_loss(point, lean)
        assert value == pytest.approx(loss.item())
        np.testing.assert_allclose(grad, [u.grad, v.grad], atol=1e-12)

def test_noise_can_help_at_a_saddle_and_needs_to_be_there(run_script):
    result = lesson3_3.main()
    full, sgd = result["saddles"]["full batch"], result["saddles"]["SGD"]
    assert (full[:, 1] == 0).all()                                   # never leaves v = 0
    none = np.zeros(1)
    assert lesson3_3.saddle_loss(full[-1], none)[0] == pytest.approx(0.25, abs=1e-6)  # the saddle
    assert result["escaped"]["full batch"] == result["escaped"]["SGD without lean"] == 0
    assert min(result["escaped"]["SGD"], result["escaped"]["mini-batch"]) >= 8       # of 10
    assert lesson3_3.saddle_loss(sgd[-1], none)[0] < 0.1
    assert np.ptp(sgd[-40:, 1]) > 0.01                               # and it does not settle
    counts = ", ".join(f"{name} {count}" for name, count in result["escaped"].items())
    assert last_line(run_script("lesson3_3.py").stdout) == (
        f"left the saddle, of 10 seeds: {counts}")
    again = [lesson3_3.main(epochs=3, seed=seed)["saddles"]["SGD"].tolist() for seed in (0, 0, 1)]
    assert again[0] == again[1] != again[2]                          # seeded


@pytest.mark.parametrize("side", [-1, 1])
def test_full_batch_stays_at_the_saddle_only_from_exactly_0(side):
    late = lesson3_3.main(epochs=200, v=side * 1e-6)
    assert late["saddles"]["full batch"][-1] == pytest.approx([0, side], abs=1e-3)
    assert late["escaped"]["full batch"] == late["escaped"]["SGD without lean"] == 10
    early = lesson3_3.main(epochs=100, v=side * 1e-6)
    assert abs(early["saddles"]["full batch"][-1, 1]) < 0.1          # still near
    assert early["escaped"]["full batch"] == 0


def test_the_drawn_paths():
    result = lesson3_3.main(epochs=40)
    left, axes = lesson3_3.draw(result).axes
    for name, steps in (("full batch", 1), ("SGD", 3), ("mini-batch", 2)):
        epoch, w = lines(left)[f"{name}: {steps} an epoch"]
        assert epoch == pytest.approx([k / steps for k in range(20 * steps + 1)])
        assert w.tolist() == result["lines"][name].tolist()
    for name in ("full batch", "SGD", "mini-batch"):
        u, v = lines(axes)[name]
        assert np.stack([u, v], axis=1).tolist() == result["saddles"][name].tolist()
    assert np.transpose(lines(axes)["saddle"]).tolist() == [[0, 0]]     # of u²/2 + (v² - 1)²/4
    assert sorted(np.transpose(lines(axes)["minima"]).tolist()) == [[0, -1], [0, 1]]
