"""The benchmark measures without disturbing what it measures. What it finds is in the README."""

import functools
import importlib

import pytest

import lesson9
import lesson13
from bench import mnist, names
from utils import DATA, load_mnist


@pytest.fixture
def few(monkeypatch):
    """Let lesson 9 find 2,200 digits to train, 200 to validate, 500 to test; return these."""
    x, y, x_test, y_test = load_mnist()
    digits = x[:2400], y[:2400], x_test[:500], y_test[:500]
    monkeypatch.setattr(lesson9, "load_mnist", lambda: digits)
    monkeypatch.setattr(lesson9, "VALIDATION", 200)
    monkeypatch.setattr(mnist, "CHUNK", 8)
    return lesson9.Digits(*digits[2:])


def test_looking_does_not_disturb_the_training(few):
    plain = lesson9.main(epochs=1, batch_size=64)
    results = []
    clock = mnist.Clock(lesson9.Net(), 64, 2.0, few.x, few.y)       # a goal out of reach
    mnist.measure(lambda: results.append(lesson9.main(epochs=1, batch_size=64)), clock)
    assert results[0]["losses"] == plain["losses"] and results[0]["accuracy"] == plain["accuracy"]
    assert clock.steps == 35 and len(clock.shares) == 35 // 8 - 1
    assert clock.seconds > sum(clock.step_seconds) > 0
    assert all(share < 1 for share in clock.shares)


def test_the_clock_stops_at_the_goal(few):
    clock = mnist.Clock(lesson9.Net(), 64, 0.4, few.x, few.y)
    mnist.measure(lambda: lesson9.main(epochs=4, batch_size=64), clock)
    assert clock.steps % 8 == 0 and clock.steps < 4 * 35
    assert clock.accuracy == pytest.approx(lesson9.test(clock.net, [(few.x, few.y)]))
    assert clock.accuracy >= 0.4
    steps = clock.steps
    lesson9.main(epochs=1)
    assert clock.steps == steps, "it no longer listens"


@pytest.mark.parametrize("name", mnist.NETS)
def test_ours_gets_the_digits_and_settings_of_the_table(name, monkeypatch, capsys):
    module, goal, digits, settings = mnist.NETS[name]
    lesson, seen = importlib.import_module(module), []
    whole = load_mnist()

    def main(**given):
        seen.append(([len(part) for part in lesson.load_mnist()], given))

    monkeypatch.setattr(mnist, "load_mnist", lambda: whole)
    monkeypatch.setattr(lesson, "main", main)
    monkeypatch.setattr(mnist, "train_as_the_lecture", lambda model: None)
    monkeypatch.setattr(mnist, "measure", lambda train, clock: train() or clock)
    assert not mnist.compare(name, *whole[2:])          # nobody has trained
    assert f"{goal:.0%} not reached" in capsys.readouterr().out
    assert seen == [([digits, digits, 10_000, 10_000], settings)] * 2


def test_names_are_trained_both_ways(tmp_path, monkeypatch, capsys):
    files = []
    for part in ("train", "test"):
        lines = (DATA / f"names_{part}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        files.append(tmp_path / f"{part}.csv")
        files[-1].write_text("".join(lines[::40]), encoding="utf-8")
    monkeypatch.setattr(names, "EPOCHS", 2)
    monkeypatch.setattr(lesson13, "main", functools.partial(lesson13.main, epochs=1))
    result = names.compare(*files)
    assert result["seconds"] > 0 and result["lecture_seconds"] > 0
    assert 0 < result["lecture_accuracy"] < 1 and 0 < result["accuracy"] < 1
    assert f"ours {result['accuracy']:.2%}" in capsys.readouterr().out
