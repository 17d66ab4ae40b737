"""Lecture 3: gradient descent, stochastic gradient descent, mini-batch; a saddle."""

import numpy as np
import pytest
import torch

import lesson3
import lesson3_2
import lesson3_3
import lesson3_4


def test_they_run_without_torch(runs_without_torch):
    runs_without_torch("lesson3", "lesson3_2", "lesson3_3", "lesson3_4")


@pytest.mark.parametrize("lesson, settings", [
    (lesson3, {"lr": 0.3}), (lesson3_2, {"lr": 0.3}), (lesson3_3, {"lr": 0.3}),
    (lesson3_4, {"lr": 9.0}), (lesson3_4, {"v": 5.0}),
    (lesson3, {"lr": 1e10}), (lesson3_2, {"lr": 1e10}), (lesson3_3, {"lr": 1e10}),
    (lesson3_4, {"lr": 1e10, "v": 0.5}),
])
def test_divergence_is_said_and_drawn(lesson, settings, capsys):
    result = lesson.main(**settings)
    assert "\ndiverges: " in "\n" + capsys.readouterr().out
    lesson.draw(result).canvas.draw()


@pytest.mark.parametrize("lesson", [lesson3, lesson3_2, lesson3_3])
@pytest.mark.parametrize("w", [2.0, -5000.0, 5000.0])
def test_any_start_is_drawn_and_none_is_taken_for_divergence(lesson, w, capsys):
    lesson.draw(lesson.main(epochs=12, w=w)).canvas.draw()
    assert "diverges" not in capsys.readouterr().out


def test_the_divergent_script_ends_well(run_script):
    run = run_script("lesson3.py", "--lr", "0.3")
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.count("diverges: cost 1.9e+06 in epoch 12; with lr 0.3 ") == 1


# ---------------------------------------------------------------------------------- lesson 3
def test_gradient_descent_gives_the_values_of_the_slides():
    result = lesson3.main()
    w_list = result["w_list"]
    assert w_list[0] == 1.0 and len(w_list) == 101 and len(result["cost_list"]) == 100
    assert w_list[1] == pytest.approx(1.093333, abs=1e-6)
    assert result["cost_list"][:2] == pytest.approx([4.6667, 3.8362], abs=5e-5)
    assert w_list[-1] == pytest.approx(1.9999444, abs=5e-8)
    assert result["prediction"] == pytest.approx(7.99978, abs=5e-6)
    # cost is a parabola: every step shrinks the distance to 2 by the same factor
    assert w_list[-1] == pytest.approx(2 - (1 - 0.01 * 28 / 3) ** 100, abs=1e-12)


@pytest.mark.parametrize("lesson", [lesson3, lesson3_3])
def test_gradient_of_the_cost_equals_autograd(lesson):
    rng = np.random.default_rng(0)
    for _ in range(20):
        xs, ys = rng.uniform(-5, 5, (2, rng.integers(1, 6)))
        w = torch.tensor(rng.uniform(-5, 5), dtype=torch.float64, requires_grad=True)
        loss = ((w * torch.tensor(xs) - torch.tensor(ys)) ** 2).mean()
        loss.backward()
        assert lesson.cost(xs.tolist(), ys.tolist(), w.item()) == pytest.approx(loss.item())
        assert lesson.gradient(xs, ys, w.item()) == pytest.approx(w.grad.item())


def test_it_converges_below_the_limit_that_the_line_names(capsys):
    assert lesson3.main(lr=0.213, epochs=3000)["w_list"][-1] == pytest.approx(2, abs=1e-3)
    assert "diverges" not in capsys.readouterr().out
    lesson3.main(lr=0.216, epochs=3000)
    assert "below 0.214 it converges" in capsys.readouterr().out


# -------------------------------------------------------------------------------- lesson 3_2
def test_sgd_gives_the_values_of_the_slides():
    result = lesson3_2.main()
    w_list = result["w_list"]
    assert len(w_list) == 301 and len(result["loss_list"]) == 100
    assert w_list[1:4] == pytest.approx([1.02, 1.0984, 1.260688], abs=1e-12)
    assert 2 - w_list[-1] == pytest.approx(8e-14, rel=0.1)
    assert result["loss_list"][0] == pytest.approx((1 + 3.8416 + 7.31594304) / 3)
    w = 1.0
    for step in range(12):                          # in the order of the slides
        x, y = [(1, 2), (2, 4), (3, 6)][step % 3]
        w -= 0.01 * lesson3_2.gradient(x, y, w)
        assert w_list[step + 1] == pytest.approx(w, rel=1e-15)


# -------------------------------------------------------------------------------- lesson 3_3
def test_on_the_line_more_steps_an_epoch_get_nearer(capsys):
    w_lists = lesson3_3.main()["w_lists"]
    assert w_lists["full batch"] == pytest.approx(lesson3.main(epochs=20)["w_list"])
    assert [len(w_list) - 1 for w_list in w_lists.values()] == [20, 60, 40]
    assert w_lists["full batch"][-1] < w_lists["mini-batch"][-1] < w_lists["SGD"][-1] < 2
    assert w_lists["SGD"][-1] == pytest.approx(1.997620, abs=5e-7)
    assert w_lists["mini-batch"][-1] == pytest.approx(1.976608, abs=5e-7)


def test_every_epoch_takes_the_samples_in_a_new_random_order(monkeypatch):
    batches = []
    monkeypatch.setattr(lesson3_3, "gradient", lambda xs, ys, w: (
        batches.append(xs.tolist()) or np.float64(0)))
    lesson3_3.main()
    for size, sizes in ((3, [3]), (1, [1, 1, 1]), (2, [2, 1])):
        mine, batches = batches[:20 * len(sizes)], batches[20 * len(sizes):]
        assert [len(batch) for batch in mine] == sizes * 20, size
        orders = np.concatenate(mine).reshape(20, 3)
        assert (np.sort(orders) == [1, 2, 3]).all()                  # each sample once an epoch
        assert len({tuple(order) for order in orders}) >= 4          # of 6


# -------------------------------------------------------------------------------- lesson 3_4
def test_gradient_of_the_saddle_equals_autograd():
    rng = np.random.default_rng(0)
    for _ in range(20):
        point, lean = rng.normal(size=2), rng.normal(size=rng.integers(1, 5))
        u, v = (torch.tensor(value, requires_grad=True) for value in point)
        loss = u**2 / 2 + (v**2 - 1) ** 2 / 4 + lean.mean() * v
        loss.backward()
        assert lesson3_4.cost(lean, *point) == pytest.approx(loss.item())
        np.testing.assert_allclose(lesson3_4.gradient(lean, *point), [u.grad, v.grad], atol=1e-12)


def test_noise_can_help_at_a_saddle_and_needs_to_be_there():
    result = lesson3_4.main()
    u_list, v_list = result["paths"]["full batch"]
    assert set(v_list) == {0.0} and abs(u_list[-1]) < 1e-4           # ends at the saddle
    assert result["escaped"] == {"full batch": 0, "SGD": 10, "mini-batch": 10,
                                 "SGD without lean": 0}
    u_list, v_list = result["paths"]["SGD"]
    assert lesson3_4.cost(np.zeros(1), u_list[-1], v_list[-1]) < 0.1
    assert np.ptp(v_list[-40:]) > 0.01                               # and it does not settle
    assert {name: len(path[0]) - 1 for name, path in result["paths"].items()} == {
        "full batch": 100, "SGD": 400, "mini-batch": 200, "SGD without lean": 400}
    again = [lesson3_4.main(epochs=3, seed=seed)["paths"]["SGD"] for seed in (0, 0, 1)]
    assert again[0] == again[1] != again[2]                          # seeded


@pytest.mark.parametrize("side", [-1, 1])
def test_full_batch_stays_at_the_saddle_only_from_exactly_0(side):
    late = lesson3_4.main(epochs=200, v=side * 1e-6)
    u_list, v_list = late["paths"]["full batch"]
    assert (u_list[-1], v_list[-1]) == pytest.approx((0, side), abs=1e-3)
    assert late["escaped"]["full batch"] == late["escaped"]["SGD without lean"] == 10
    assert lesson3_4.main(epochs=100, v=side * 1e-6)["escaped"]["full batch"] == 0    # still near
