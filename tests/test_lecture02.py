"""Lecture 2: exhaustive search for w, and the cost surface over w and b."""

import tracemalloc

import numpy as np
import pytest
from matplotlib.axes import Axes

import lesson2
import lesson2_2
from utils import BadInput


def last_line(text):
    return text.rstrip("\n").split("\n")[-1]


def test_they_run_without_torch(runs_without_torch):
    runs_without_torch("lesson2", "lesson2_2")


# ---------------------------------------------------------------------------------- lesson 2
def test_search_gives_the_values_of_the_slides(run_script):
    result = lesson2.main()
    assert result["ws"] == np.arange(0.0, 4.1, 0.1).tolist()         # the course's own line
    assert len(result["ws"]) == len(result["losses"]) == 41
    assert result["ws"] == pytest.approx([k / 10 for k in range(41)], rel=1e-15, abs=0)
    assert result["ws"][20] == 2.0 and result["ws"][40] == 4.0       # exact, no drift
    cost = dict(zip(result["ws"], result["losses"], strict=True))
    assert cost[0.0] == pytest.approx(56 / 3) and cost[4.0] == pytest.approx(56 / 3)
    assert cost[1.0] == pytest.approx(14 / 3) and cost[3.0] == pytest.approx(14 / 3)
    assert cost[2.0] == 0.0
    assert (result["w"], result["mse"], result["prediction"]) == (2.0, 0.0, 8.0)
    assert last_line(run_script("lesson2.py").stdout) == (
        "best w = 2.0 | MSE 0.0000 | prediction y(4) = 8.0")


def test_mse_is_the_mean_over_the_data_given():
    assert lesson2.mse([1.0, 2.0], [1.0, 1.0], 3.0) == ((3 - 1) ** 2 + (6 - 1) ** 2) / 2
    with pytest.raises(ValueError):
        lesson2.mse([1.0, 2.0], [1.0], 3.0)


@pytest.mark.parametrize("w_max, step, count, says", [
    (4.0, 0.3, 14, "the last w is 3.9: one more step of 0.3 would pass 4"),
    (0.3, 0.1, 4, None),        # 0.3 / 0.1 is below 3 in floating point
    (4.0, 0.25, 17, None),
    (4.0, 4.0, 2, None),
    (0.001, 0.001, 2, None),
    (100.0, 0.7, 143, "the last w is 99.4: one more step of 0.7 would pass 100"),
])
def test_it_steps_exactly_what_is_asked(capsys, w_max, step, count, says):
    result = lesson2.main(w_max=w_max, step=step)
    assert result["ws"] == [step * k for k in range(count)]
    assert result["losses"] == pytest.approx([14 / 3 * (w - 2) ** 2 for w in result["ws"]])
    assert result["mse"] == min(result["losses"]) == result["losses"][result["ws"].index(
        result["w"])]
    out = capsys.readouterr().out
    assert ("the last w" in out) == (says is not None)
    if says:
        assert out.split("\n")[0] == says
    assert last_line(out) == (f"best w = {round(result['w'], 4)} | MSE {result['mse']:.4f} | "
                              f"prediction y(4) = {round(result['prediction'], 4)}")
    assert f"\nw = {round(result['ws'][-1], 4)} | " in out           # the last one is printed
    lesson2.draw(result)


def test_a_w_between_two_tenths_is_printed_in_full(capsys):
    lesson2.main(w_max=0.5, step=0.25)
    assert "w = 0.25 | y_pred 0.25   0.5  0.75 | MSE 14.2917\n" in capsys.readouterr().out


def test_the_drawn_search():
    result = lesson2.main(step=0.3)
    axes, = lesson2.draw(result).axes
    curve, lowest = axes.lines
    assert curve.get_xdata().tolist() == result["ws"]
    assert curve.get_ydata().tolist() == result["losses"]
    assert lowest.get_xydata().tolist() == [[result["w"], min(result["losses"])]]
    assert lowest.get_label() == "lowest: w = 2.1"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("w", "MSE")


# -------------------------------------------------------------------------------- lesson 2_2
def test_surface_is_not_transposed_and_holds_the_curve(run_script):
    surface, curve = lesson2_2.main(), lesson2.main()
    ws, bs, cost = surface["ws"], surface["bs"], surface["cost"]
    assert cost.shape == (len(bs), len(ws)) == (41, 41)
    assert bs[0] == -2.0 and bs[20] == 0.0 and bs[-1] == 2.0
    assert ws.tolist() == curve["ws"]
    np.testing.assert_allclose(cost[20], curve["losses"], rtol=0, atol=1e-12)
    assert cost[20, 40] == pytest.approx(18.6667, abs=1e-4)          # w = 4, b = 0; not 4.0
    assert cost[40, 20] == pytest.approx(4.0)                        # w = 2, b = 2
    for row, column in [(0, 0), (7, 31), (40, 40)]:
        by_hand = sum((ws[column] * x + bs[row] - 2 * x) ** 2 for x in (1, 2, 3)) / 3
        assert cost[row, column] == pytest.approx(by_hand)
    assert (surface["w"], surface["b"], surface["mse"]) == (2.0, 0.0, 0.0)
    assert surface["prediction"] == 8.0
    out = run_script("lesson2_2.py").stdout
    assert out.startswith("1,681 pairs: 41 values of b (rows) x 41 values of w (columns)\n")
    assert [float(line.split("MSE")[1]) for line in out.split("\n") if line.startswith("w = ")] \
        == [18.6667, 4.6667, 0.0, 4.6667, 18.6667]
    assert last_line(out) == "best w = 2.0, b = 0.0 | MSE 0.0000 | prediction y(4) = 8.0"


def test_steps_of_the_surface_are_exactly_what_is_asked(capsys):
    result = lesson2_2.main(step=0.3)
    assert result["ws"].tolist() == [0.3 * k for k in range(14)]
    assert result["bs"].tolist() == [0.3 * k for k in range(-6, 7)]
    assert (result["w"], result["b"]) == (0.3 * 7, -0.3) and result["mse"] == result["cost"].min()
    assert result["prediction"] == pytest.approx(4 * result["w"] + result["b"])
    out = capsys.readouterr().out
    assert out.startswith(
        "the last w is 3.9, the last b 1.8: one more step of 0.3 would pass 4 or 2\n182 pairs: ")
    assert last_line(out) == "best w = 2.1, b = -0.3 | MSE 0.0167 | prediction y(4) = 8.1"
    lesson2_2.main(w_max=0.3, b_max=0.3)
    assert capsys.readouterr().out.startswith("28 pairs: 7 values of b (rows) x 4 values of w")


def test_too_many_pairs_are_refused_before_they_take_memory():
    tracemalloc.start()
    try:
        with pytest.raises(BadInput, match="200,030,001 pairs.* at most 1,000,000.*--step"):
            lesson2_2.main(w_max=100.0, b_max=100.0, step=0.01)
        assert tracemalloc.get_traced_memory()[1] < 1e6              # bytes at most
    finally:
        tracemalloc.stop()
    with pytest.raises(BadInput, match="1,001,000 pairs"):
        lesson2_2.main(w_max=9.99, b_max=5.0, step=0.01)
    assert lesson2_2.main(w_max=9.98, b_max=5.0, step=0.01)["cost"].size == 999_999


def test_the_drawn_surface_is_not_transposed(monkeypatch):
    surfaces, contours, contour = [], [], Axes.contour
    monkeypatch.setattr("mpl_toolkits.mplot3d.axes3d.Axes3D.plot_surface",
                        lambda self, w, b, cost, **style: surfaces.append((w, b, cost)))

    def spy(self, *table, **style):
        contours.append(table)
        return contour(self, *table, **style)

    monkeypatch.setattr(Axes, "contour", spy)
    figure = lesson2_2.draw(lesson2_2.main())
    for (w, b, cost), in (surfaces, contours):
        at_4_0 = np.isclose(w, 4) & np.isclose(b, 0)
        assert cost[at_4_0] == pytest.approx([18.6667], abs=1e-4)
        by_hand = sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3)) / 3
        np.testing.assert_allclose(cost, by_hand, atol=1e-12)
    surface, above = figure.axes
    for axes in (surface, above):
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("w", "b")
    row, lowest = above.lines
    assert list(row.get_ydata()) == [0, 0] and "b = 0" in row.get_label()
    assert lowest.get_xydata().tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize("settings", [
    {"w_max": 0.01, "b_max": 0.01, "step": 0.01}, {"w_max": 2.0, "b_max": 2.0, "step": 2.0},
    {"w_max": 100.0, "b_max": 0.01, "step": 0.01},
])
def test_the_smallest_tables_are_drawn(settings):
    lesson2_2.draw(lesson2_2.main(**settings)).canvas.draw()


# ------------------------------------------------------------------------------------- both
@pytest.mark.parametrize("lesson", [lesson2, lesson2_2])
def test_a_step_longer_than_the_range_gets_one_line(lesson, capsys):
    with pytest.raises(BadInput, match="^step 9.0 is longer than .*: try --step 0.1$"):
        lesson.main(step=9.0)
    assert capsys.readouterr().out == ""


def test_a_mistake_is_one_line_for_the_reader(run_script):
    run = run_script("lesson2.py", "--step", "9.0")
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and run.stderr.startswith("lesson2.py: step 9.0 is longer")
