"""Lecture 6: logistic regression with PyTorch and by hand, the same points, the same line."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

import lesson6
import lesson6_1


@pytest.fixture(scope="module")
def both():
    return lesson6.main(), lesson6_1.main()


def labelled(axes, label):
    """The (x, y) rows of the line with that label."""
    line = next(line for line in axes.lines if line.get_label() == label)
    return np.column_stack([np.asarray(line.get_xdata()), np.asarray(line.get_ydata())])


# ------------------------------------------------------------------------------------- both
def test_both_have_the_same_points_and_find_the_same_line(both):
    with_torch, by_hand = both
    assert len(with_torch["x"]) == 100 and (with_torch["x"][:, 0] == 1).all()
    np.testing.assert_allclose(with_torch["x"], by_hand["x"], atol=1e-6)
    np.testing.assert_array_equal(with_torch["y"][:, 0], by_hand["y"])
    np.testing.assert_allclose(with_torch["w"], by_hand["w"], atol=1e-4)
    np.testing.assert_allclose(with_torch["losses"], by_hand["losses"], atol=1e-5)
    assert 0.85 < by_hand["accuracy"] < 1 and by_hand["losses"][-1] < 0.25
    assert with_torch["accuracy"] == pytest.approx(by_hand["accuracy"], abs=0.002)
    assert by_hand["losses"][0] == pytest.approx(np.log(2))          # w = 0 answers 1/2


def test_the_accuracy_is_that_of_1000_other_points(both):
    for result, make_clouds in ((both[0], lesson6.make_clouds), (both[1], lesson6_1.make_clouds)):
        x, y = make_clouds(1000, 1)
        z = np.asarray(x) @ np.array(result["w"])
        expected = ((z > 0) == (np.asarray(y).reshape(-1) == 1)).mean()
        assert result["accuracy"] == pytest.approx(expected, abs=1e-6)
        assert not np.isin(np.asarray(x)[:, 1], np.asarray(result["x"])[:, 1]).any()


@pytest.mark.parametrize("lesson", [lesson6, lesson6_1])
def test_same_seed_same_result(lesson):
    first, again, other = (lesson.main(epochs=5, seed=seed) for seed in (3, 3, 4))
    assert first["losses"] == again["losses"] != other["losses"]
    assert first["w"] == again["w"] and first["accuracy"] == again["accuracy"]


@pytest.mark.parametrize("lesson", [lesson6, lesson6_1])
@pytest.mark.parametrize("epochs", [1, 9, 25, 101])
def test_first_and_last_epoch_are_printed(lesson, epochs, capsys):
    result = lesson.main(epochs=epochs)
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    rows = [line for line in printed if line.startswith("epoch")]
    assert rows[0] == f"epoch   1/{epochs} | loss {result['losses'][0]:.4f}"
    assert rows[-1] == f"epoch {epochs:3d}/{epochs} | loss {result['losses'][-1]:.4f}"
    assert len(rows) == len(set(rows)) <= 14
    w = result["w"]
    assert printed[-1].startswith(
        f"z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {result['losses'][-1]:.4f} | "
        f"test accuracy {result['accuracy']:.1%}")


# ---------------------------------------------------------------------------------- lesson 6
def test_the_model_is_a_sigmoid_of_a_sum():
    model = lesson6.LogisticRegression(3, bias=False)
    x = torch.randn(5, 3)
    assert sum(p.numel() for p in model.parameters()) == 3
    torch.testing.assert_close(model(x)[:, 0], 1 / (1 + torch.exp(-x @ model.linear.weight[0])))


def test_one_feature_crosses_one_half_near_2_4(run_script):
    assert lesson6.one_feature() == pytest.approx(2.4, abs=0.05)
    assert run_script("lesson6.py").stdout.rstrip().endswith("p = 0.5 at 2.4 hours")


def test_one_feature_is_the_summed_descent_from_zero():
    w = b = 0.0
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0])
    for _ in range(1000):
        error = 1 / (1 + np.exp(-(w * x + b))) - y
        w, b = w - 0.01 * (error * x).sum(), b - 0.01 * error.sum()
    assert lesson6.one_feature() == pytest.approx(-b / w, rel=1e-3)


def test_one_feature_does_not_depend_on_any_seed():
    """Nor do the clouds change with what one_feature does."""
    runs = []
    for seed in (0, 1, 2):
        torch.manual_seed(100 + seed)
        runs.append(lesson6.main(epochs=2, seed=seed))
    assert runs[0]["hours"] == runs[1]["hours"] == runs[2]["hours"] == lesson6.one_feature()
    assert runs[0]["w"] != runs[1]["w"]


def test_figure_of_the_decision_line():
    result = lesson6.main(epochs=50)
    plane, = lesson6.draw(result).axes
    w0, w1, w2 = result["w"]
    x, y = np.asarray(result["x"]), np.asarray(result["y"])[:, 0]
    for label in (0, 1):
        np.testing.assert_array_equal(labelled(plane, f"y = {label}"), x[y == label, 1:])
    line = next(line for line in plane.lines if line.get_label() == "z = 0")
    (x1, x2), slope = line.get_xy1(), line.get_slope()
    for step in (-4, 0, 4):                             # where the probability is one half
        assert w0 + w1 * (x1 + step) + w2 * (x2 + slope * step) == pytest.approx(0, abs=1e-5)
    plt.close("all")


# -------------------------------------------------------------------------------- lesson 6.1
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


def test_figure_of_the_probability():
    result = lesson6_1.main(epochs=50)
    figure = lesson6_1.draw(result)
    plane = figure.axes[0]
    for label in (0, 1):
        np.testing.assert_array_equal(labelled(plane, f"y = {label}"),
                                      result["x"][result["y"] == label, 1:])
    shades, line = plane.collections
    np.testing.assert_allclose(shades.levels, np.linspace(0, 1, 11), atol=1e-9)
    w0, w1, w2 = result["w"]
    (segment,) = line.get_paths()
    for x1, x2 in segment.vertices:                     # the black line is where z = 0
        assert w0 + w1 * x1 + w2 * x2 == pytest.approx(0, abs=1e-6)
    plt.close("all")


def test_labels_as_a_column_are_refused():
    """(N,) minus (N, 1) would be (N, N) numbers, and their mean a wrong cost without an error."""
    w, x, y = np.ones(3), np.ones((5, 3)), np.array([0, 1, 1, 0, 1])
    assert lesson6_1.cost(w, x, y) == pytest.approx(np.log1p(np.exp(3)) - 3 * 3 / 5)
    with pytest.raises(ValueError, match="mismatch"):
        lesson6_1.cost(w, x, y[:, None])
