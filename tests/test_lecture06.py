"""Lecture 6: logistic regression with PyTorch and by hand, the same points, the same line."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

import lesson6
import lesson6_1
import lesson6_2


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
    assert by_hand["w"] == pytest.approx([0.20, 1.64, 2.19], abs=5e-3)     # of the notes
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


# ---------------------------------------------------------------------------------- lesson 6
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


def test_loss_stays_finite_for_large_z():
    x, w = np.array([[1.0], [-1.0]]), np.array([1e4])
    assert lesson6_1.cost(w, x, np.array([0, 1])) == pytest.approx(1e4)    # wrong: |z|
    assert lesson6_1.cost(w, x, np.array([1, 0])) == 0                     # right
    assert lesson6_1.sigmoid(np.array([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]
    assert np.isfinite(lesson6_1.gradient(w, x, np.array([0, 1]))).all()


def test_labels_as_a_column_are_refused():
    """(N,) minus (N, 1) would be (N, N) numbers, and their mean a wrong cost without an error."""
    w, x, y = np.ones(3), np.ones((5, 3)), np.array([0, 1, 1, 0, 1])
    assert lesson6_1.cost(w, x, y) == pytest.approx(np.log1p(np.exp(3)) - 3 * 3 / 5)
    with pytest.raises(AssertionError):
        lesson6_1.cost(w, x, y[:, None])


# -------------------------------------------------------------------------------- lesson 6.2
def test_the_lecture_s_program_crosses_one_half_near_2_4_hours():
    result = lesson6_2.main()
    assert result["half"] == pytest.approx(2.4, abs=0.05)
    hours, p = result["hours"], result["p"]
    assert len(hours) == len(p) == 200 and (hours[0], hours[-1]) == (0, 10)
    assert (p.diff() > 0).all() and p[0] < 0.1 and p[-1] > 0.99
    assert hours[p > 0.5][0].item() == pytest.approx(result["half"], abs=10 / 199)
    curve, line = lesson6_2.draw(result).axes[0].lines[:2]
    np.testing.assert_array_equal(curve.get_ydata(), p)
    assert list(line.get_ydata()) == [0.5, 0.5]


def test_its_steps_are_the_summed_descent():
    """By hand from the same weights: w - 0.01 sum (y_pred - y) x."""
    torch.manual_seed(0)
    linear = nn.Linear(1, 1)
    w, b = linear.weight.item(), linear.bias.item()
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0])
    for _ in range(1000):
        error = 1 / (1 + np.exp(-(w * x + b))) - y
        w, b = w - 0.01 * (error * x).sum(), b - 0.01 * error.sum()
    result = lesson6_2.main()
    assert result["half"] == pytest.approx(-b / w, rel=1e-3)
    assert result["p_4"] == pytest.approx(1 / (1 + np.exp(-(4 * w + b))), abs=1e-4)
