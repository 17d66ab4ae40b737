"""Lesson 11.5: each row is one change; what the changes do."""

import re

import pytest
import torch
from torch import nn

import lesson11_2
import lesson11_5
from lesson11_5 import ROWS
from utils import BadInput, load_mnist
from watching import watched_steps

EMPTY = -0.1307 / 0.3081        # a pixel of value 0, standardised


@pytest.fixture(scope="module")
def digits():
    """7,200 training digits (the last 5,000 validate) and 500 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:7200], y[:7200], x_test[:500], y_test[:500]


@pytest.fixture
def climb(monkeypatch, digits, capsys):
    """climb(rows="norm"): main() on these digits; what it returns and the lines printed."""
    def run(few=False, **settings):
        monkeypatch.setattr(lesson11_5, "load_mnist", lambda: digits)
        if few:
            monkeypatch.setattr(lesson11_5, "SHORT", 240)
        result = lesson11_5.main(**settings)
        return result, capsys.readouterr().out.splitlines()
    return run


# ------------------------------------------------------------------------------------ the rows
def test_one_thing_changes_from_row_to_row():
    rows = list(ROWS.values())
    assert 6 <= len(rows) <= 8
    for above, row in zip(rows, rows[1:], strict=False):
        assert sum(above[key] != row[key] for key in row) == 1
    assert rows[0] == {"net": lesson11_5.residual_net, "dataset": lesson11_5.Digits,
                       "lr": 0.01, "momentum": 0.5, "cycle": False}, "the lecture's"


def test_the_first_net_is_that_of_lesson_11_2():
    torch.manual_seed(0)
    model, x = lesson11_2.Net(), torch.randn(5, 1, 28, 28)
    ours = lesson11_5.residual_net()
    places = {"conv1": "0", "rblock1": "4", "conv2": "5", "rblock2": "9", "fc": "11"}
    weights = {}
    for key, value in model.state_dict().items():
        name = key.split(".")[0]
        weights[key.replace(name, places[name], 1)] = value
    ours.load_state_dict(weights)
    torch.testing.assert_close(ours(x), model(x))


def test_the_parameters_of_the_nets(climb, monkeypatch):
    monkeypatch.setattr(lesson11_5, "fit", lambda x, y, epochs, name, device, net, **row: net())
    counts = climb(few=True)[0]["parameters"]
    assert counts["lecture"] == counts["momentum"] == 41_514
    assert counts["norm"] == counts["moved"] == 41_514 + 2 * (3 * 16 + 3 * 32)
    assert (counts["small"], counts["large"]) == (9_914, 70_330)


def test_where_batch_norm_stands():
    block, x = lesson11_5.NormBlock(4, nn.BatchNorm2d).eval(), torch.randn(2, 4, 5, 5)
    nn.init.constant_(block.norm2.bias, 0.5)
    inner = block.conv2(block.norm1(block.conv1(x)).relu())
    torch.testing.assert_close(block(x), (x + block.norm2(inner)).relu())


# ------------------------------------------------------------------------------------ the digits
def test_no_shift_and_no_turn_change_nothing(digits):
    x = lesson11_5.Digits(*digits[:2])[:10][0]
    torch.testing.assert_close(lesson11_5.shift_and_turn(x, 0, 0), x, rtol=0, atol=1e-4)


def test_a_quarter_turn_and_a_shift_of_a_wide_image(monkeypatch):
    """Chance drawn as 1: all the way; as 0.5: not at all."""
    x = torch.randn(2, 3, 8, 8)
    monkeypatch.setattr(torch, "rand", lambda *shape, device: torch.ones(shape))
    torch.testing.assert_close(lesson11_5.shift_and_turn(x, 0, 90), torch.rot90(x, 1, dims=(2, 3)),
                               rtol=0, atol=1e-3)
    x = torch.zeros(1, 1, 10, 30, dtype=torch.float64)
    x[0, 0, 5, 15] = 1
    wanted = torch.zeros_like(x)
    wanted[0, 0, 3, 13] = 1         # two pixels up and left, whatever the image's sides
    torch.testing.assert_close(lesson11_5.shift_and_turn(x, 2, 0), wanted, rtol=0, atol=1e-5)


def test_each_digit_moves_on_its_own_and_not_too_far():
    x = torch.full((400, 1, 28, 28), EMPTY)
    x[:, :, 13:15, 13:15] = 2.0
    torch.manual_seed(0)
    moved = lesson11_5.shift_and_turn(x, 2, 0)
    ink = moved[:, 0] - EMPTY                                               # (400, 28, 28)
    place = torch.arange(28.0)
    columns = (ink.sum(dim=1) * place).sum(dim=1) / ink.sum(dim=(1, 2)) - 13.5
    rows = (ink.sum(dim=2) * place).sum(dim=1) / ink.sum(dim=(1, 2)) - 13.5
    for offset in (rows, columns):
        assert 1.8 < offset.max() <= 2.01 and -2.01 <= offset.min() < -1.8
        assert abs(offset.mean()) < 0.2
    assert abs(torch.corrcoef(torch.stack([rows, columns]))[0, 1]) < 0.2
    assert moved[:, 0, 0].allclose(torch.tensor(EMPTY)), "what comes in is empty"


def test_moved_digits_are_others_at_every_use_and_keep_their_labels(digits):
    plain = lesson11_5.Digits(*digits[:2])
    moved = lesson11_5.ShiftedDigits(*digits[:2])
    for images, labels in (moved.__getitems__([3, 5]), moved.__getitems__([3, 5])):
        assert labels.tolist() == [plain[3][1], plain[5][1]]
        assert 0.01 < (images[0] - plain[3][0]).abs().mean() < 0.6
    image, label = moved[3]
    assert image.shape == (1, 28, 28) and label == plain[3][1]
    assert not torch.equal(image, moved[3][0])


# ------------------------------------------------------------------------------------ training
def test_a_cycle_moves_the_rate_and_not_the_momentum(climb):
    with watched_steps() as seen:
        climb(few=True, rows="rate,cycle", epochs=5)
    rate, cycle = seen[:20], seen[20:]
    assert {(step["lr"], step["momentum"]) for step in rate} == {(0.1, 0.9)}
    assert {step["momentum"] for step in cycle} == {0.9}
    rates = [step["lr"] for step in cycle]
    top = rates.index(max(rates))
    assert len(rates) == 20 and 3 <= top <= 7 and rates[top] == pytest.approx(0.1, rel=0.02)
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[0] == pytest.approx(0.004) and rates[-1] < 0.001


def test_rows_seeds_and_means(climb, monkeypatch):
    """Two nets a row; what is tested is given: validation, test, validation, test."""
    fitted, given = [], iter([0.5, 0.25, 0.75, 0.5, 0.25, 0.75, 0.75, 1.0])
    monkeypatch.setattr(lesson11_5, "test", lambda model, loader: next(given))

    def fit(x, y, epochs, name, device, net, **row):
        fitted.append((len(x), epochs, name, torch.initial_seed()))
        return nn.Linear(2, 1)
    monkeypatch.setattr(lesson11_5, "fit", fit)
    result, printed = climb(rows="norm,moved", seeds=2, seed=7, epochs=9, full=True)
    assert fitted == [(2200, 9, "norm", 7), (2200, 9, "norm", 8),
                      (2200, 9, "moved", 7), (2200, 9, "moved", 8)]
    assert result["validation"] == {"norm": [0.5, 0.75], "moved": [0.25, 0.75]}
    assert result["accuracies"] == {"norm": [0.25, 0.5], "moved": [0.75, 1.0]}
    assert "norm     | mean of  2 |    62.500% | 37.500%" in printed
    assert printed[-1] == "test accuracy 37.50% norm, 87.50% moved"


def test_a_short_run_trains_10_000_digits(monkeypatch, capsys):
    x, y = torch.zeros(36_000, 28, 28, dtype=torch.uint8), torch.zeros(36_000, dtype=torch.long)
    counts = []
    monkeypatch.setattr(lesson11_5, "load_mnist", lambda: (x, y, x[:10], y[:10]))
    monkeypatch.setattr(lesson11_5, "fit", lambda x, *_, **row: counts.append(len(x)) or Zeros())
    lesson11_5.main(rows="lecture")
    lesson11_5.main(rows="lecture", full=True)
    assert counts == [10_000, 31_000]


class Zeros(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return torch.zeros(len(x), 10)


def test_an_unknown_row_gets_one_line(climb):
    with pytest.raises(BadInput, match=r"--rows: expected names out of lecture,.*got 'huge'"):
        climb(rows="norm,huge")


# ------------------------------------------------------------------------------ what they reach
@pytest.mark.slow
def test_the_ladder_leads_up(run_script):
    lines = run_script("lesson11_5.py").stdout.rstrip("\n").split("\n")
    test = {}
    for line in lines[2:-1]:
        test[line.split()[0]] = float(re.search(r"([\d.]+)%$", line)[1])
    assert list(test) == list(ROWS)
    assert test["lecture"] < 96 and 97 < test["momentum"] < test["cycle"]
    assert test["moved"] > 98.3 and 98.3 < test["large"] < 100
