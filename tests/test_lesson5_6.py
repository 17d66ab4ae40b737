"""Lessons 5 and 6: the optimizers against their formulas, logistic regression against autograd."""

import numpy as np
import pytest
import torch
from torch import nn

import lesson5
import lesson5_2
import lesson6
import lesson6_1


@pytest.fixture(scope="module")
def optimizers():
    return lesson5_2.main(epochs=60)


def test_linear_regression_reaches_the_values_of_the_slides(run_script):
    result = lesson5.main()
    assert result["w"] == pytest.approx(1.9996, abs=5e-4)
    assert result["b"] == pytest.approx(8.3e-4, abs=5e-4)
    assert result["prediction"] == pytest.approx(7.9994, abs=5e-4)
    assert len(result["losses"]) == 1000 and result["losses"][-1] < 1e-6
    assert lesson5.main(seed=3, epochs=5)["losses"] == lesson5.main(seed=3, epochs=5)["losses"]
    assert lesson5.main(seed=4, epochs=5)["losses"] != lesson5.main(seed=3, epochs=5)["losses"]


def test_the_loss_is_a_sum():
    torch.manual_seed(0)
    model = lesson5.LinearModel()
    expected = ((model(lesson5.x_data) - lesson5.y_data) ** 2).sum().item()
    assert lesson5.main(epochs=1)["losses"] == pytest.approx([expected])


# ------------------------------------------------------------------------------- optimizers
def test_eight_optimizers_start_alike_and_descend(optimizers):
    assert set(optimizers["curves"]) == {"SGD", "Adagrad", "Adam", "Adamax", "ASGD", "LBFGS",
                                         "RMSprop", "Rprop"}
    for name, losses in optimizers["curves"].items():
        assert losses[0] == optimizers["curves"]["SGD"][0], name
        assert losses[-1] < losses[0], name
    assert optimizers["curves"]["LBFGS"][-1] < 1e-3
    assert lesson5_2.main(epochs=3)["curves"] == lesson5_2.main(epochs=3)["curves"]


def test_what_the_settings_of_sgd_do(optimizers):
    last = {key: losses[-1] for key, (losses, _) in optimizers["sweeps"].items()}
    w = {key: abs(w) for key, (_, w) in optimizers["sweeps"].items()}
    assert last["lr", 0.03] < last["lr", 0.01] < last["lr", 0.001] < last["lr", 0.062]
    assert last["momentum", 0.5] < last["momentum", 0.0]
    assert w["weight_decay", 1.0] < w["weight_decay", 0.1] < w["weight_decay", 0.0]
    assert last["lr", 0.01] == last["momentum", 0.0] == last["weight_decay", 0.0]


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


def test_the_check_in_the_script_is_small(optimizers):
    assert 0 <= optimizers["difference"] < 1e-5


# -------------------------------------------------------------------------------- lesson 6
def test_both_logistic_regressions_have_the_same_points_and_find_the_same_line():
    with_torch, by_hand = lesson6.main(), lesson6_1.main()
    assert len(with_torch["x"]) == 100 and (with_torch["x"][:, 0] == 1).all()
    np.testing.assert_allclose(with_torch["x"], by_hand["x"], atol=1e-6)
    np.testing.assert_array_equal(with_torch["y"][:, 0], by_hand["y"])
    np.testing.assert_allclose(with_torch["w"], by_hand["w"], atol=1e-4)
    np.testing.assert_allclose(with_torch["losses"], by_hand["losses"], atol=1e-5)
    assert 0.85 < by_hand["accuracy"] < 1 and by_hand["losses"][-1] < 0.25
    assert with_torch["accuracy"] == pytest.approx(by_hand["accuracy"], abs=0.002)
    assert by_hand["losses"][0] == pytest.approx(np.log(2))          # w = 0 answers 1/2


def test_it_ends_in_the_minimum():
    result = lesson6_1.main(epochs=3000)
    assert abs(lesson6_1.gradient(np.array(result["w"]), result["x"], result["y"])).max() < 1e-6


def test_gradient_by_hand_equals_autograd():
    rng = np.random.default_rng(0)
    for _ in range(10):
        x, w = rng.normal(size=(17, 3)), rng.normal(size=3)
        y = rng.integers(2, size=17)
        weight = torch.tensor(w, requires_grad=True)
        y_pred = torch.sigmoid(torch.tensor(x) @ weight)
        loss = nn.functional.binary_cross_entropy(y_pred, torch.tensor(y, dtype=torch.float64))
        loss.backward()
        assert lesson6_1.cost(w, x, y) == pytest.approx(loss.item(), abs=1e-9)
        np.testing.assert_allclose(lesson6_1.gradient(w, x, y), weight.grad, atol=1e-6)
        np.testing.assert_allclose(lesson6_1.sigmoid(x @ w), y_pred.detach(), atol=1e-12)


def test_loss_stays_finite_for_large_z():
    x, w = np.array([[1.0], [-1.0]]), np.array([1e4])
    assert lesson6_1.cost(w, x, np.array([0, 1])) == pytest.approx(1e4)    # wrong: |z|
    assert lesson6_1.cost(w, x, np.array([1, 0])) == 0                     # right
    assert lesson6_1.sigmoid(np.array([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]
    assert np.isfinite(lesson6_1.gradient(w, x, np.array([0, 1]))).all()


def test_decision_line_is_where_the_probability_is_one_half():
    result = lesson6.main(epochs=50)
    figure = lesson6.draw(result)
    line = next(line for line in figure.axes[0].lines if line.get_label() == "z = 0")
    w0, w1, w2 = result["w"]
    for x1, x2 in (line.get_xy1(), line.get_xy2()):
        assert w0 + w1 * x1 + w2 * x2 == pytest.approx(0, abs=1e-5)


def test_one_feature_crosses_one_half_near_2_4(run_script):
    w, b, half = lesson6.one_feature()
    assert half == pytest.approx(2.4, abs=0.05) and w * half + b == pytest.approx(0, abs=1e-6)
    assert run_script("lesson6.py").stdout.rstrip().endswith("p = 0.5 at 2.4 hours")
