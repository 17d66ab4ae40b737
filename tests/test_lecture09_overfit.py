"""Lesson 9.4: what differs between its rows, what counts as a difference, early stopping."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from scipy import stats
from torch.utils.data import DataLoader

import lesson9
import lesson9_4
from utils import BadInput, load_mnist
from watching import watched_steps


@pytest.fixture
def few(monkeypatch):
    """300 digits to train on and 60 to validate, 200 to test, two seeds a row."""
    x, y, x_test, y_test = load_mnist()
    digits = x[:360], y[:360], x_test[:200], y_test[:200]
    monkeypatch.setattr(lesson9_4, "load_mnist", lambda: digits)
    monkeypatch.setattr(lesson9_4, "VALIDATION", 60)
    monkeypatch.setattr(lesson9_4, "SEEDS", 2)


def test_without_dropout_the_net_is_lesson_9_s():
    net, copied = lesson9.Net(), lesson9_4.make_net(0.0)
    for mine, theirs in zip(copied.parameters(), net.parameters(), strict=True):
        mine.data.copy_(theirs)
    x = torch.randn(5, 1, 28, 28)
    torch.testing.assert_close(copied(x), net(x))
    assert not torch.equal(lesson9_4.make_net(0.2).train()(x), lesson9_4.make_net(0.2).train()(x))


def test_shifted_digits_are_the_digits_moved_by_up_to_a_pixel():
    x, y, _, _ = load_mnist()
    still, moved = lesson9_4.Digits(x[:60], y[:60]), lesson9_4.ShiftedDigits(x[:60], y[:60])
    torch.manual_seed(0)
    images, labels = next(iter(DataLoader(moved, 60, collate_fn=tuple)))
    assert torch.equal(labels, y[:60]) and torch.equal(moved.x, still.x)
    seen = set()
    for image, same in zip(images, still.x, strict=True):
        ways = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)
                if torch.equal(image, same.roll((down, right), dims=(1, 2)))]
        assert len(ways) == 1
        seen.update(ways)
    assert len(seen) == 9


def test_a_difference_counts_where_a_paired_t_test_says_so():
    generator = torch.Generator().manual_seed(0)
    counted = 0
    for trial in range(50):
        plain = (0.9 + 0.01 * torch.randn(5, generator=generator)).tolist()
        shift = 0.02 * trial / 50
        other = (0.9 + shift + 0.01 * torch.randn(5, generator=generator)).tolist()
        mean, deviation, counts = lesson9_4.compare(other, plain)
        assert mean == pytest.approx(sum(other) / 5 - sum(plain) / 5)
        p = stats.ttest_rel(other, plain).pvalue
        if abs(p - 0.05) > 0.001:       # CHANCE has two digits
            assert counts == (p < 0.05)
        counted += counts
    assert 5 < counted < 45


def test_one_measure_a_row_from_the_same_seeds(few, capsys):
    with watched_steps() as seen:
        result = lesson9_4.main(epochs=20, digits=30, batch_size=15)
    steps = 20 * 2                              # in each of the six rows, twice
    assert len(seen) == 6 * 2 * steps
    decay = {step["weight_decay"] for step in seen[2 * steps:4 * steps]}
    assert decay == {2e-3}
    assert {step["weight_decay"] for step in seen[:2 * steps] + seen[4 * steps:]} == {0}
    losses, curves = result["losses"], result["curves"]
    assert losses["early stopping"] == losses["nothing"]        # the same training, cut short
    assert curves["early stopping"] == curves["nothing"]
    for name in ("dropout", "shifted digits", "weight decay"):
        assert losses[name] != losses["nothing"]
    assert len(losses["more digits"][0]) == 2     # of ten times the digits: as many steps
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15].strip() for line in lines[2:-1]] == lesson9_4.MEASURES
    figure = lesson9_4.draw(result)
    plt.close(figure)
    for axes, name in zip(figure.axes, lesson9_4.MEASURES, strict=True):
        assert tuple(list(line.get_ydata()) for line in axes.lines) == curves[name][0]


def test_early_stopping_goes_back_to_the_best_epoch(few, monkeypatch):
    """Let the first of three epochs validate best: its weights are tested in that row alone."""
    epochs, tested = [], []

    def given(model, loader):
        weights = model[1].weight.detach().clone()
        if len(loader.dataset) == 60:
            epochs.append(weights)
            return [0.9, 0.2, 0.1][(len(epochs) - 1) % 3]
        if len(loader.dataset) == 200:
            tested.append(weights)
        return 0.5

    monkeypatch.setattr(lesson9_4, "test", given)
    lesson9_4.main(epochs=3, digits=30, batch_size=15)
    assert torch.equal(tested[0], epochs[2])            # nothing
    assert torch.equal(tested[6], epochs[18])           # early stopping: three rows of two before
    assert torch.equal(epochs[18], epochs[0])


def test_too_many_digits_are_refused():
    with pytest.raises(BadInput, match="--digits: expected at most 5,000, got 5001"):
        lesson9_4.main(digits=5_001)


@pytest.mark.slow
def test_the_gap(run_script):
    last = run_script("lesson9_4.py").stdout.splitlines()[-1]
    gap, plain, more = re.findall(r"\d+\.\d", last)
    assert 5 < float(gap) < 30 and float(plain) + 3 < float(more) < 100
