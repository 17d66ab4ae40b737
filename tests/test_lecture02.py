"""Lecture 2: exhaustive search for w, and the cost surface over w and b."""

import tracemalloc

import numpy as np
import pytest
from matplotlib.axes import Axes

import lesson2
import lesson2_2
from utils import BadInput


def test_they_run_without_torch(runs_without_torch):
    runs_without_torch("lesson2", "lesson2_2")


# ---------------------------------------------------------------------------------- lesson 2
def test_search_gives_the_values_of_the_slides():
    result = lesson2.main()
    assert result["w_list"] == np.arange(0.0, 4.1, 0.1).tolist()     # the course's own line
    assert len(result["w_list"]) == len(result["mse_list"]) == 41
    assert result["w_list"][20] == 2.0 and result["w_list"][40] == 4.0      # exact, no drift
    mse = dict(zip(result["w_list"], result["mse_list"], strict=True))
    assert mse[0.0] == pytest.approx(56 / 3) and mse[4.0] == pytest.approx(56 / 3)
    assert mse[1.0] == pytest.approx(14 / 3)
    assert result["mse_list"][30] == pytest.approx(14 / 3)
    assert (result["best"], mse[2.0], result["prediction"]) == (20, 0.0, 8.0)


@pytest.mark.parametrize("w_max, step, count", [
    (4.0, 0.3, 14), (0.3, 0.1, 4), (4.0, 0.25, 17), (4.0, 4.0, 2), (100.0, 0.7, 143),
])
def test_it_steps_exactly_what_is_asked(w_max, step, count):
    """0.3 / 0.1 is below 3 in floating point, and no step passes w_max."""
    result = lesson2.main(w_max=w_max, step=step)
    assert result["w_list"] == [step * k for k in range(count)]
    assert result["mse_list"] == pytest.approx([14 / 3 * (w - 2) ** 2 for w in result["w_list"]])
    assert result["mse_list"][result["best"]] == min(result["mse_list"])


# -------------------------------------------------------------------------------- lesson 2_2
def test_surface_is_not_transposed_and_holds_the_curve():
    surface, curve = lesson2_2.main(), lesson2.main()
    w, b, mse = surface["w"], surface["b"], surface["mse"]
    assert mse.shape == w.shape == b.shape == (41, 41)
    assert w[0].tolist() == curve["w_list"] and (b[20] == 0).all() and b[0, 0] == -2.0
    np.testing.assert_allclose(mse[20], curve["mse_list"], rtol=0, atol=1e-12)
    assert mse[20, 40] == pytest.approx(18.6667, abs=1e-4)           # w = 4, b = 0; not 4.0
    assert mse[40, 20] == pytest.approx(4.0)                         # w = 2, b = 2
    by_hand = ((w + b - 2) ** 2 + (2 * w + b - 4) ** 2 + (3 * w + b - 6) ** 2) / 3
    np.testing.assert_allclose(mse, by_hand, atol=1e-12)
    assert (surface["best_w"], surface["best_b"], surface["prediction"]) == (2.0, 0.0, 8.0)


def test_steps_of_the_surface_are_exactly_what_is_asked():
    result = lesson2_2.main(step=0.3)
    assert result["w"][0].tolist() == [0.3 * k for k in range(14)]
    assert result["b"][:, 0].tolist() == [0.3 * k for k in range(-6, 7)]
    assert (result["best_w"], result["best_b"]) == (0.3 * 7, -0.3)
    assert lesson2_2.main(w_max=0.3, b_max=0.3)["mse"].shape == (7, 4)


def test_too_many_pairs_are_refused_before_they_take_memory():
    tracemalloc.start()
    try:
        with pytest.raises(BadInput, match="at most 1,000,000 pairs of w and b, got 200,000,000"):
            lesson2_2.main(w_max=100.0, b_max=100.0, step=0.01)
        assert tracemalloc.get_traced_memory()[1] < 1e6              # bytes at most
    finally:
        tracemalloc.stop()


def test_the_drawn_surface_is_not_transposed(monkeypatch):
    surfaces, contours, contour = [], [], Axes.contour
    monkeypatch.setattr("mpl_toolkits.mplot3d.axes3d.Axes3D.plot_surface",
                        lambda self, w, b, mse, **style: surfaces.append((w, b, mse)))

    def spy(self, *table, **style):
        contours.append(table)
        return contour(self, *table, **style)

    monkeypatch.setattr(Axes, "contour", spy)
    lesson2_2.draw(lesson2_2.main())
    for (w, b, mse), in (surfaces, contours):
        at_4_0 = np.isclose(w, 4) & np.isclose(b, 0)
        assert mse[at_4_0] == pytest.approx([18.6667], abs=1e-4)


@pytest.mark.parametrize("settings", [
    {"w_max": 0.01, "b_max": 0.01, "step": 0.01}, {"w_max": 2.0, "b_max": 2.0, "step": 2.0},
    {"w_max": 50.0, "b_max": 0.5, "step": 0.1},
])
def test_tables_of_any_form_are_drawn(settings):
    lesson2_2.draw(lesson2_2.main(**settings)).canvas.draw()


# ------------------------------------------------------------------------------------- both
@pytest.mark.parametrize("lesson", [lesson2, lesson2_2])
@pytest.mark.parametrize("step", [9.0, 0.0])
def test_a_step_that_cannot_work_gets_one_line(lesson, step, capsys):
    with pytest.raises(BadInput, match=f"^--step {step}: expected .*$"):
        lesson.main(step=step)
    assert capsys.readouterr().out == ""
