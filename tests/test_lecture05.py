"""Lecture 5: linear regression in four steps; eight optimizers and the settings of SGD."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

import lesson5
import lesson5_2
from utils import BadInput


def last_line(text):
    return text.rstrip("\n").split("\n")[-1]


def curves(axes):
    """label -> (x, y) of each line of an axes."""
    return {line.get_label(): (np.asarray(line.get_xdata()).ravel().tolist(),
                               np.asarray(line.get_ydata()).ravel().tolist())
            for line in axes.lines}


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


def test_same_seed_same_result():
    first, again, other = (lesson5.main(seed=seed, epochs=5) for seed in (3, 3, 4))
    for key in ("losses", "lines", "w", "b", "prediction", "before"):
        assert first[key] == again[key]
    assert first["losses"] != other["losses"]


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
    assert result["before"] == pytest.approx(4 * result["lines"][0][0] + result["lines"][0][1])


def test_no_gradients_where_it_predicts(monkeypatch):
    enabled = []
    forward = lesson5.LinearModel.forward
    monkeypatch.setattr(lesson5.LinearModel, "forward", lambda model, x: (
        enabled.append((len(x), torch.is_grad_enabled())) or forward(model, x)))
    lesson5.main(epochs=2)
    assert enabled == [(1, False), (3, True), (3, True), (1, False)]


@pytest.mark.parametrize("epochs", [1, 9, 25, 101])
def test_first_and_last_epoch_are_printed(epochs, capsys):
    result = lesson5.main(epochs=epochs)
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    rows = [line for line in printed if line.startswith("epoch")]
    assert rows[0].startswith(f"epoch    1/{epochs} ")
    assert rows[-1].startswith(f"epoch {epochs:4d}/{epochs} | loss {result['losses'][-1]:.8f} ")
    assert len(rows) == len(set(rows)) <= 14
    assert printed[-1] == (f"w = {result['w']:.4f} | b = {result['b']:.4f} | "
                           f"prediction y(4) = {result['prediction']:.4f} "
                           f"(before training: {result['before']:.1f})")


@pytest.mark.parametrize("lr", [0.061, 1.0, 100.0])
def test_a_learning_rate_that_diverges_gets_one_line(lr):
    with pytest.raises(BadInput, match="the loss has grown to .* choose --lr below 0.06") as caught:
        lesson5.main(epochs=10_000, lr=lr)
    assert "\n" not in str(caught.value)
    assert float(str(caught.value).split()[5]) < 1e9    # it stops there, not at inf or nan
    assert lesson5.main(epochs=2000, lr=0.059)["losses"][-1] < 1e-6     # and below it converges


@pytest.mark.parametrize("epochs", [1, 5, 1000])
def test_figure_of_the_line(epochs):
    result = lesson5.main(epochs=epochs)
    fit, loss = lesson5.draw(result).axes
    shown = curves(fit)
    drawn = [epoch for epoch in (0, 1, 10, 100) if epoch <= epochs] + [epochs] * (epochs > 1)
    assert list(shown) == [f"epoch {epoch}" for epoch in drawn] + [
        "samples", f"y(4) = {result['prediction']:.4f}"]
    for epoch in drawn:
        w, b = result["lines"][epoch]
        assert shown[f"epoch {epoch}"] == ([0, 5], [b, 5 * w + b])
    assert shown["samples"] == ([1, 2, 3], [2, 4, 6])
    assert shown[f"y(4) = {result['prediction']:.4f}"] == ([4], [result["prediction"]])
    assert loss.lines[0].get_xydata().tolist() == [[k, value] for k, value in
                                                   enumerate(result["losses"], start=1)]
    assert loss.get_xlabel() == "epoch" and loss.get_ylabel() == "loss (sum)"
    assert loss.get_yscale() == "log" and loss.lines[0].get_marker() == "o"     # one epoch shows
    plt.close("all")


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
        assert losses[0] == optimizers["start_loss"] == pytest.approx(start), name
        assert losses[-1] < losses[0], name
    assert optimizers["curves"]["LBFGS"][-1] < 1e-3
    assert lesson5_2.main(epochs=3) == lesson5_2.main(epochs=3)
    assert lesson5_2.main(epochs=3, seed=1)["start_loss"] != optimizers["start_loss"]


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


def test_what_the_docstring_says_of_adagrad_adam_and_rprop(optimizers):
    """Steps of w, from the weights after ever more calls."""
    def steps(optimizer_class, *numbers):
        def w(epochs):
            return lesson5_2.train(optimizer_class, epochs, 0, lr=0.01)[1] if epochs else first
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


def test_the_last_line_of_the_optimizers(capsys):
    for settings in ({"epochs": 1}, {"epochs": 20}, {"epochs": 60, "lr": 100.0}):     # SGD: nan
        result = lesson5_2.main(**settings)
        out = capsys.readouterr().out
        for name, losses in result["curves"].items():
            assert f"{name:8} | loss {losses[0]:.4f} -> {losses[-1]:.2e} | w " in out
        assert last_line(out) == (
            f"all start at loss {result['start_loss']:.4f} | lowest: {result['best']} "
            f"{result['best_loss']:.1e} | SGD by hand equals torch to {result['difference']:.1e}")
        assert not any(losses[-1] < result["best_loss"] for losses in result["curves"].values())
        assert result["curves"][result["best"]][-1] == result["best_loss"]
        lesson5_2.draw(result).canvas.draw()
        plt.close("all")


def test_figure_of_the_optimizers(optimizers):
    panels = lesson5_2.draw(optimizers).axes
    assert [ax.get_title() for ax in panels] == ["eight optimizers", "SGD: lr", "SGD: momentum",
                                                 "SGD: weight_decay"]
    for ax, expected in zip(panels, [optimizers["curves"], *optimizers["sweeps"].values()],
                            strict=True):
        assert curves(ax) == {label: (list(range(1, 61)), losses)
                              for label, losses in expected.items()}
        assert [text.get_text() for text in ax.get_legend().get_texts()] == list(expected)
        ends = [losses[-1] for losses in expected.values()]
        assert ax.get_ylim()[0] < min(ends)
    plt.close("all")
