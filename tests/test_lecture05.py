"""Lecture 5: linear regression in four steps; eight optimizers and the settings of SGD."""

import numpy as np
import pytest
import torch
from torch import nn

import lesson5
import lesson5_2


def squared_errors(w, b):
    return sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3))


# ---------------------------------------------------------------------------------- lesson 5
def test_linear_regression_reaches_the_values_of_the_slides():
    result = lesson5.main()
    assert result["w"] == pytest.approx(1.9996, abs=5e-4)
    assert result["b"] == pytest.approx(8.3e-4, abs=5e-4)
    assert result["prediction"] == pytest.approx(7.9994, abs=5e-4)
    assert result["prediction"] == pytest.approx(4 * result["w"] + result["b"], abs=1e-5)
    assert len(result["losses"]) == 1000 and result["losses"][-1] < 1e-6


def test_the_loss_is_a_sum_and_a_step_follows_its_derived_gradient():
    result = lesson5.main(epochs=2, lr=0.01)
    w, b = result["lines"][0]
    for epoch in (1, 2):
        assert result["losses"][epoch - 1] == pytest.approx(squared_errors(w, b), rel=1e-5)
        errors = [(x, w * x + b - 2 * x) for x in (1, 2, 3)]
        w -= 0.01 * sum(2 * x * error for x, error in errors)
        b -= 0.01 * sum(2 * error for x, error in errors)
        assert result["lines"][epoch] == pytest.approx((w, b), abs=1e-5)
    assert (result["w"], result["b"]) == result["lines"][2]


@pytest.mark.parametrize("lr", [0.061, 1.0, 100.0, 1e18])
def test_a_learning_rate_that_diverges_is_told_and_drawn(lr, capsys):
    result = lesson5.main(epochs=10_000, lr=lr)
    assert capsys.readouterr().out.count("\ndiverges: loss ") == 1
    losses = result["losses"]
    assert losses[-1] > 1e6 and max(losses[:-1]) < 1e6      # it stops at once
    lesson5.draw(result).canvas.draw()


def test_below_the_limit_that_it_names_it_converges(capsys):
    assert lesson5.main(epochs=2000, lr=0.059)["losses"][-1] < 1e-6
    assert "diverges" not in capsys.readouterr().out


# -------------------------------------------------------------------------------- lesson 5.2
NAMES = ["SGD", "Adagrad", "Adam", "Adamax", "ASGD", "LBFGS", "RMSprop", "Rprop"]


@pytest.fixture(scope="module")
def optimizers():
    return lesson5_2.main(epochs=60)


def test_eight_optimizers_start_alike_and_descend(optimizers):
    assert list(optimizers["curves"]) == NAMES
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    start = squared_errors(model.weight.item(), model.bias.item())
    for name, losses in optimizers["curves"].items():
        assert len(losses) == 60
        assert losses[0] == pytest.approx(start), name
        assert losses[-1] < losses[0], name
    assert optimizers["curves"]["LBFGS"][-1] < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_each_curve_is_that_of_the_optimizer_of_its_name(name, optimizers):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.01)

    def closure():
        optimizer.zero_grad()
        loss = ((model(torch.tensor([[1.0], [2.0], [3.0]])) - torch.tensor([[2.0], [4.0], [6.0]]))
                ** 2).sum()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(60)]
    assert optimizers["curves"][name] == pytest.approx(losses, rel=1e-4, abs=1e-9)


def test_plain_sgd_is_gradient_descent(optimizers):
    assert optimizers["curves"]["SGD"] == pytest.approx(lesson5.main(epochs=60)["losses"])


def test_what_the_docstring_says_of_each_optimizer(optimizers):
    """Steps of w, from the weights after ever more calls."""
    def steps(optimizer_class, *numbers):
        def w(epochs):
            return lesson5_2.fit_line(optimizer_class, epochs, 0, lr=0.01)[1] if epochs else first
        torch.manual_seed(0)
        first = nn.Linear(1, 1).weight.item()
        return [w(k) - w(k - 1) for k in numbers]

    last = {name: losses[-1] for name, losses in optimizers["curves"].items()}
    assert max(last, key=last.get) == "Adagrad"
    first, *others = steps(torch.optim.Adagrad, 1, 2, 10, 100, 300)
    assert first == pytest.approx(0.01, rel=1e-3)
    assert others == sorted(others, reverse=True) and 0 < others[-1] < 0.001
    first, late, later = steps(torch.optim.Adam, 1, 100, 200)
    assert first == pytest.approx(0.01, rel=1e-3)
    assert late == pytest.approx(0.0058, abs=1e-4) and later == pytest.approx(0.0018, abs=1e-4)
    steps_of_rmsprop = steps(torch.optim.RMSprop, 1, 2)
    assert steps_of_rmsprop == pytest.approx([0.1, 0.068], abs=2e-3)
    assert steps(torch.optim.Rprop, 2, 3) == pytest.approx([0.012, 0.0144], rel=1e-3)


def test_what_the_settings_of_sgd_do(optimizers):
    """One setting at a time, against a loop by hand: v = m v + g + d w, w = w - lr v."""
    wanted = {"lr": [0.001, 0.01, 0.03, 0.062], "momentum": [0.0, 0.5, 0.9],
              "weight_decay": [0.0, 0.1, 1.0]}
    assert list(optimizers["sweeps"]) == list(wanted)
    torch.manual_seed(0)
    model, last = nn.Linear(1, 1), {}
    for key, values in wanted.items():
        labels = optimizers["sweeps"][key]
        for value, (label, losses) in zip(values, labels.items(), strict=True):
            settings = {"lr": 0.01, "momentum": 0.0, "weight_decay": 0.0} | {key: value}
            weights, velocity = np.array([model.weight.item(), model.bias.item()]), 0.0
            expected = []
            for _ in range(60):
                errors = [weights @ [x, 1] - 2 * x for x in (1, 2, 3)]
                expected.append(sum(error**2 for error in errors))
                grad = sum(2 * error * np.array([x, 1]) for x, error in
                           zip((1, 2, 3), errors, strict=True))
                velocity = settings["momentum"] * velocity + grad \
                    + settings["weight_decay"] * weights
                weights = weights - settings["lr"] * velocity
            assert label == f"{value}: w = {weights[0]:.3g}"
            assert losses == pytest.approx(expected, rel=1e-3, abs=1e-6)
            last[key, value] = losses[-1], abs(weights[0])
    assert last["lr", 0.03] < last["lr", 0.01] < last["lr", 0.001] < last["lr", 0.062]
    assert last["momentum", 0.5] < last["momentum", 0.0]
    decayed = [last["weight_decay", value][1] for value in (1.0, 0.1, 0.0)]
    assert decayed == sorted(decayed)
    assert last["lr", 0.01] == last["momentum", 0.0] == last["weight_decay", 0.0]
    assert optimizers["curves"]["SGD"] in optimizers["sweeps"]["lr"].values()


def test_optimizers_that_all_diverge_have_no_best():
    result = lesson5_2.main(epochs=60, lr=1e18)
    assert all(not losses[-1] < 0 for losses in result["curves"].values())
    lesson5_2.draw(result).canvas.draw()


@pytest.mark.parametrize("momentum, weight_decay", [(0, 0), (0.9, 0), (0, 0.3), (0.7, 0.3)])
def test_sgd_by_hand_equals_torch(momentum, weight_decay):
    settings = {"lr": 0.05, "momentum": momentum, "weight_decay": weight_decay}
    torch.manual_seed(0)
    w = torch.randn(4, dtype=torch.float64, requires_grad=True)
    by_hand, velocity, optimizer = w.detach().clone(), 0.0, torch.optim.SGD([w], **settings)
    for _ in range(30):
        optimizer.zero_grad()
        (w**2 * torch.arange(4) + w.cos()).sum().backward()
        by_hand, velocity = lesson5_2.sgd_step(by_hand, w.grad, velocity, **settings)
        optimizer.step()
        torch.testing.assert_close(by_hand, w.detach(), rtol=0, atol=1e-12)


def test_the_check_in_the_script_sees_a_wrong_step(optimizers, monkeypatch):
    assert 0 <= optimizers["difference"] < 1e-5
    right = lesson5_2.sgd_step
    monkeypatch.setattr(lesson5_2, "sgd_step", lambda w, grad, velocity, lr, momentum, decay:
                        right(w, grad, velocity, lr, momentum, 0.0))
    assert lesson5_2.check_by_hand(60) > 1e-3


def test_the_check_in_the_script_keeps_the_largest_difference():
    largest = [lesson5_2.check_by_hand(epochs) for epochs in range(1, 60)]
    assert largest == sorted(largest)


