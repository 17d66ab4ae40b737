"""Lessons 2 to 4: the values of the slides, and gradients by hand against autograd."""

import random
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

import lesson2
import lesson2_2
import lesson3
import lesson3_2
import lesson3_3
import lesson4
import lesson4_2
import lesson4_3
import lesson4_4
from conftest import LIUER
from utils import BadInput


def last_line(run):
    return run.stdout.rstrip("\n").split("\n")[-1]


@pytest.mark.parametrize("name", ["lesson2", "lesson2_2", "lesson3", "lesson3_2", "lesson3_3"])
def test_lessons_2_and_3_run_without_torch(name, tmp_path):
    code = (f"import sys, {name} as lesson\nlesson.draw(lesson.main())\n"
            "assert 'torch' not in sys.modules\n")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path,
                         env={"PYTHONPATH": str(LIUER), "MPLBACKEND": "agg", "PATH": "",
                              "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


# ---------------------------------------------------------------------------------- lesson 2
def test_search_gives_the_values_of_the_slides(run_script):
    result = lesson2.main()
    assert result["ws"] == [k / 10 for k in range(41)]               # exact, no drift
    cost = dict(zip(result["ws"], result["losses"], strict=True))
    assert cost[0.0] == pytest.approx(56 / 3) and cost[4.0] == pytest.approx(56 / 3)
    assert cost[1.0] == pytest.approx(14 / 3) and cost[3.0] == pytest.approx(14 / 3)
    assert cost[2.0] == 0.0
    assert (result["w"], result["prediction"]) == (2.0, 8.0)
    assert last_line(run_script("lesson2.py")) == (
        "best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0")


def test_surface_is_not_transposed_and_holds_the_curve():
    surface, curve = lesson2_2.main(), lesson2.main()
    ws, bs, cost = surface["ws"], surface["bs"], surface["cost"]
    assert cost.shape == (len(bs), len(ws)) == (41, 41)
    assert bs[0] == -2.0 and bs[20] == 0.0 and bs[-1] == 2.0
    np.testing.assert_allclose(ws, curve["ws"], rtol=0, atol=1e-15)
    np.testing.assert_allclose(cost[20], curve["losses"], atol=1e-12)
    assert cost[20, 40] == pytest.approx(18.6667, abs=1e-4)          # w = 4, b = 0; not 4.0
    assert cost[40, 20] == pytest.approx(4.0)                        # w = 2, b = 2
    for row, column in [(0, 0), (7, 31), (40, 40)]:
        by_hand = sum((ws[column] * x + bs[row] - 2 * x) ** 2 for x in (1, 2, 3)) / 3
        assert cost[row, column] == pytest.approx(by_hand)
    assert (surface["w"], surface["b"]) == (2.0, 0.0)


def test_the_drawn_surface_is_not_transposed(monkeypatch):
    drawn = []
    monkeypatch.setattr("mpl_toolkits.mplot3d.axes3d.Axes3D.plot_surface",
                        lambda self, w, b, cost, **style: drawn.append((w, b, cost)))
    lesson2_2.draw(lesson2_2.main())
    (w, b, cost), = drawn
    at_4_0 = np.isclose(w, 4) & np.isclose(b, 0)
    assert cost[at_4_0] == pytest.approx([18.6667], abs=1e-4)


@pytest.mark.parametrize("name, setting", [
    ("lesson2.py", "--step=9.0"), ("lesson2_2.py", "--step=9.0"), ("lesson3.py", "--lr=0.5"),
    ("lesson3_2.py", "--lr=0.3"), ("lesson3_3.py", "--saddle_lr=9.0"), ("lesson4.py", "--lr=0.3"),
    ("lesson4_2.py", "--lr=0.5"), ("lesson4_3.py", "--lr=0.5"), ("lesson4_4.py", "--lr=0.5"),
    ("lesson5.py", "--lr=0.1"),
])
def test_a_setting_that_cannot_work_says_so_in_one_line(run_script, name, setting):
    run = run_script(name, *setting.split("="))
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert run.stderr.startswith(f"{name}: ") and setting.split("=")[1] in run.stderr


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
    assert last_line(run_script("lesson3.py")) == (
        "w = 1.9999444 | prediction y(4) = 7.99978 (before training: 4.0)")


def test_it_converges_below_the_limit_the_message_names():
    assert lesson3.main(lr=0.213, epochs=3000)["w"] == pytest.approx(2, abs=1e-3)
    with pytest.raises(BadInput, match="0.214"):
        lesson3.main(lr=0.216, epochs=3000)


def test_sgd_gives_the_values_of_the_slides():
    result = lesson3_2.main()
    assert len(result["ws"]) == 301
    assert result["ws"][1:4] == pytest.approx([1.02, 1.0984, 1.260688], abs=1e-12)
    assert 2 - result["w"] == pytest.approx(8e-14, rel=0.1)
    assert result["losses"][0] == pytest.approx((1 + 3.8416 + 7.31594304) / 3)


def test_batch_sizes_on_the_line():
    result = lesson3_3.main(epochs=10)
    paths = {name: line["path"] for name, line in result["lines"].items()}
    assert {name: len(path) - 1 for name, path in paths.items()} == {
        "full batch": 10, "SGD": 30, "mini-batch": 20}
    np.testing.assert_allclose(paths["full batch"], lesson3.main(epochs=10)["ws"], atol=1e-12)


def test_gradients_of_the_two_costs_equal_autograd():
    rng = np.random.default_rng(0)
    for _ in range(20):
        point, batch = rng.normal(size=2), rng.permutation(4)[:rng.integers(1, 5)]
        u, v = (torch.tensor(value, requires_grad=True) for value in point)
        tilt = lesson3_3.LEAN[batch].mean()
        loss = u**2 / 2 + (v**2 - 1) ** 2 / 4 + tilt * v
        loss.backward()
        value, grad = lesson3_3.saddle_loss(point, batch)
        assert value == pytest.approx(loss.item())
        np.testing.assert_allclose(grad, [u.grad, v.grad], atol=1e-12)

        w, batch = torch.tensor(point[:1], requires_grad=True), batch[batch < 3]
        if len(batch):
            x, y = torch.from_numpy(lesson3_3.x_data), torch.from_numpy(lesson3_3.y_data)
            loss = ((w * x[batch] - y[batch]) ** 2).mean()
            loss.backward()
            value, grad = lesson3_3.line_loss(point[:1], batch)
            assert value == pytest.approx(loss.item())
            np.testing.assert_allclose(grad, w.grad, atol=1e-12)


def test_noise_can_help_at_a_saddle_and_needs_to_be_there(run_script):
    result = lesson3_3.main()
    full = result["saddles"]["full batch"]
    assert (full["path"][:, 1] == 0).all()                           # never leaves v = 0
    assert full["losses"][-1] == pytest.approx(0.25, abs=1e-6)       # the cost of the saddle
    assert result["escaped"]["full batch"] == result["escaped"]["SGD without lean"] == 0
    assert min(result["escaped"]["SGD"], result["escaped"]["mini-batch"]) >= 8       # of 10
    assert result["saddles"]["SGD"]["losses"][-1] < 0.1
    settled = np.ptp(result["saddles"]["SGD"]["path"][-40:, 1])
    assert settled > 0.01                                            # and it does not settle
    assert lesson3_3.main(epochs=3)["saddles"]["SGD"]["path"].tolist() == \
        lesson3_3.main(epochs=3)["saddles"]["SGD"]["path"].tolist()  # seeded


# ---------------------------------------------------------------------------------- lesson 4
def test_autograd_takes_the_same_steps_as_sgd_by_hand():
    by_hand, autograd = lesson3_2.main(), lesson4.main()
    assert len(autograd["ws"]) == len(by_hand["ws"])
    np.testing.assert_allclose(autograd["ws"], by_hand["ws"], rtol=0, atol=1e-6)
    assert autograd["grads"][:3] == pytest.approx([-2, -7.84, -16.2288], rel=1e-6)


@pytest.mark.parametrize("lesson", [lesson4_2, lesson4_3])
def test_gradient_of_w_and_b_by_hand_equals_autograd(lesson):
    rng = random.Random(0)
    for _ in range(50):
        x, y, *start = (rng.uniform(-5, 5) for _ in range(4))
        w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in start)
        ((w * x + b - y) ** 2).backward()
        assert lesson.gradient(x, y, *start) == pytest.approx((w.grad.item(), b.grad.item()))


def test_w_and_b_reach_the_line():
    assert lesson4_2.main(epochs=1)["ws"][1] == pytest.approx(1 + 0.01 * 16 / 3)
    first = lesson4_2.main(epochs=1)
    mean = [sum(g) / 3 for g in zip(*(lesson4_2.gradient(x, 2 * x, 1, 1) for x in (1, 2, 3)),
                                    strict=True)]
    assert (first["w"], first["b"]) == pytest.approx((1 - 0.01 * mean[0], 1 - 0.01 * mean[1]))
    for lesson, close in ((lesson4_2, 1e-4), (lesson4_3, 1e-2)):
        result = lesson.main()
        assert result["w"] == pytest.approx(2, abs=close)
        assert result["b"] == pytest.approx(0, abs=close)
        assert result["prediction"] == pytest.approx(8, abs=close)


def test_sgd_with_b_equals_torch_step_by_step():
    result = lesson4_3.main(epochs=5)
    w, b = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([w, b], lr=0.01)
    for k in range(15):
        x = k % 3 + 1
        optimizer.zero_grad()
        ((w * x + b - 2 * x) ** 2).backward()
        optimizer.step()
        assert (result["ws"][k + 1], result["bs"][k + 1]) == pytest.approx((w.item(), b.item()))


def test_quadratic_by_hand_equals_autograd(run_script):
    rng = random.Random(0)
    for _ in range(50):
        x, y, *start = (rng.uniform(-3, 3) for _ in range(5))
        weights = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in start]
        ((weights[0] * x**2 + weights[1] * x + weights[2] - y) ** 2).backward()
        assert lesson4_4.gradient(x, y, *start) == pytest.approx(
            tuple(weight.grad.item() for weight in weights))
    result = lesson4_4.main()
    assert len(result["pairs"]) == 300
    for by_hand, by_autograd in result["pairs"]:
        assert by_hand == pytest.approx(by_autograd, rel=1e-9, abs=1e-12)
    assert result["w"] == pytest.approx(result["w_autograd"], rel=1e-12)
    assert result["prediction"] == pytest.approx(8.5442, abs=5e-5)   # as the course's answer
    out = run_script("lesson4_4.py").stdout
    for by_hand, by_autograd in re.findall(r"by hand +(-?[\d.]+), autograd +(-?[\d.]+)", out):
        assert by_hand == by_autograd


def test_single_node_graphs_of_the_exercise():
    rows = lesson4_4.single_nodes()
    assert list(rows.values()) == [[("w", -8.0, -8.0)], [("w", 2.0, 2.0), ("b", 2.0, 2.0)]]
