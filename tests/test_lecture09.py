"""Lecture 9: from pixels to batches, the net, its training and mistakes, softmax, cross-entropy.

How lessons train is tested for all in test_every_script_trains.py; Digits, train and test, which
several lessons share, in test_shared_pieces.py.
"""

import copy
import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import lesson9
import lesson9_2
import lesson10
from utils import load_mnist
from watching import watched_steps


@pytest.fixture(scope="module")
def digits():
    """2,400 training digits, of which 200 validate, and 1,000 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:2400], y[:2400], x_test[:1000], y_test[:1000]


@pytest.fixture
def give(monkeypatch):
    """give(lesson, digits, validation): let that lesson's main() find these digits; return main."""
    def patch(lesson, digits, validation):
        monkeypatch.setattr(lesson, "load_mnist", lambda: digits)
        monkeypatch.setattr(lesson, "VALIDATION", validation)
        return lesson.main
    return patch


# -------------------------------------------------------------------------- pixels to batches
def test_a_loader_gives_the_same_batches_with_and_without_getitems(digits):
    class Slow(lesson9.Digits):
        def __getattribute__(self, name):
            if name == "__getitems__":
                raise AttributeError
            return super().__getattribute__(name)

    fast = DataLoader(lesson9.Digits(*digits[2:]), 300, collate_fn=tuple)
    slow = DataLoader(Slow(*digits[2:]), 300)
    for (x, y), (x_slow, y_slow) in zip(fast, slow, strict=True):
        assert torch.equal(x, x_slow) and torch.equal(y, y_slow)


# ------------------------------------------------------------------------------------- the net
def test_the_net_keeps_the_number_of_its_images():
    """view(-1, 784) made 64 rows of 49 images of 32 x 32."""
    model = lesson9.Net()
    assert model(torch.randn(1, 28, 28)).shape == (1, 10)       # one image without a batch
    for shape in ((49, 1, 32, 32), (4, 3, 28, 28), (28, 28)):
        with pytest.raises(RuntimeError):
            model(torch.randn(shape))
    assert model.double()(torch.randn(0, 1, 28, 28).double()).shape == (0, 10)


# ------------------------------------------------------------------------------- the training
@pytest.mark.parametrize("lesson", [lesson9, lesson10])
def test_the_lecture_s_settings_and_ours(lesson, digits, give):
    main = give(lesson, [part[:240] for part in digits], 20)
    with watched_steps() as seen:
        main(epochs=2, batch_size=50, lr=0.01, momentum=0.5, weight_decay=0, falling=False)
    lecture = {"type": torch.optim.SGD, "lr": 0.01, "momentum": 0.5, "weight_decay": 0}
    assert seen == [lecture] * 10       # two epochs of 220 digits, the last batch is smaller
    climb = {"climb": 4} if lesson is lesson10 else {}
    with watched_steps() as seen:
        main(epochs=2, batch_size=50, lr=0.04, **climb)
    wanted = [0.04 * (1 - step / 10) for step in range(10)]
    if climb:
        wanted[:3] = [0.01, 0.02, 0.03]
    assert [step.pop("lr") for step in seen] == pytest.approx(wanted)
    assert seen == [{"type": torch.optim.SGD, "momentum": 0.9, "weight_decay": 5e-4}] * 10


@pytest.mark.parametrize(("lesson", "floor"), [(lesson9, 0.80), (lesson10, 0.90)])
def test_2200_digits_teach_it_most_others(lesson, floor, digits, give):
    climb = {"climb": 30} if lesson is lesson10 else {}
    result = give(lesson, digits, 200)(epochs=4, batch_size=32, lr=0.05, **climb)
    assert floor < result["accuracy"] < 1 and floor < result["accuracies"][-1] < 1
    assert result["losses"] == sorted(result["losses"], reverse=True)


# -------------------------------------------------------------------------------- the mistakes
def test_the_mistakes_shown_are_mistakes(digits):
    torch.manual_seed(0)
    model, dataset = lesson9.Net(), lesson9.Digits(*digits[2:])
    before = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        p, predicted = model(dataset.x).softmax(dim=1).max(dim=1)
    wrong = (predicted != dataset.y).nonzero().flatten().tolist()
    mistakes = lesson9.find_mistakes(model, dataset)
    assert len(mistakes) == 24 < len(wrong)
    for i, (image, *shown) in zip(wrong, mistakes, strict=False):
        assert torch.equal(image, dataset.x[i, 0])
        assert shown == [dataset.y[i], predicted[i], pytest.approx(p[i].item(), rel=1e-4)]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert len(lesson9.find_mistakes(model, dataset, most=2000)) == len(wrong)

    figure = lesson9.draw({"mistakes": mistakes[:20], "accuracy": 0.5})     # 20: fewer than places
    plt.close(figure)
    for axes, (image, label, predicted, probability) in zip(
            figure.axes, mistakes[:20], strict=False):
        assert axes.get_title() == f"{label}, read as {predicted}\np = {probability:.2f}"
        assert (axes.images[0].get_array() == image.numpy()).all()


def test_looking_for_mistakes_ends_when_there_are_enough(digits):
    class Ends(lesson9.Digits):
        def __getitem__(self, index):
            assert index < 100, "all 1,000 are looked at"
            return super().__getitem__(index)

    assert len(lesson9.find_mistakes(lesson9.Net(), Ends(*digits[2:]), most=5)) == 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_accuracy(seed, run_script):
    last = run_script("lesson9.py", "--seed", seed).stdout.rstrip("\n").split("\n")[-1]
    accuracy = re.fullmatch(r"test accuracy (\d+\.\d\d)%", last)[1]
    assert 98.3 <= float(accuracy) < 100


# -------------------------------------------------------------------------------------- losses
def test_cross_entropy_facts():
    result = lesson9_2.main()
    assert [round(value, 4) for value in result["A"][:3]] == [0.4966] * 3
    assert [round(value, 4) for value in result["B"][:3]] == [1.2389] * 3
    assert [round(result[name][3], 4) for name in "AB"] == [0.8382, 1.1443]     # softmax twice
    of_one = {-2.0: 0, -0.5: 1, 0.3: 0, 1.7: 1}         # score: class
    binary = sum(math.log1p(math.exp(z if y == 0 else -z)) for z, y in of_one.items()) / 4
    assert result["binary"] == pytest.approx([binary] * 3, rel=1e-6)


def test_the_losses_by_hand_work_for_other_scores():
    z, y = torch.randn(7, 5).double(), torch.randint(5, (7,))
    torch.testing.assert_close(lesson9_2.softmax(z), z.softmax(dim=1))
    torch.testing.assert_close(lesson9_2.cross_entropy_by_hand(z, y),
                               nn.functional.cross_entropy(z, y))


def test_the_curves_of_the_losses():
    """Left: points of BCE on the line of cross-entropy; right: the slides' samples on -log p."""
    result = lesson9_2.main()
    figure = lesson9_2.draw(result)
    plt.close(figure)
    left, right = figure.axes
    for k, (line, points) in enumerate(zip(left.lines[::2], left.lines[1::2], strict=True)):
        assert line.get_label() == f"CrossEntropy([0, z], {k})"
        assert points.get_label() == f"BCE(sigmoid(z), {k})"
        for drawn in (line, points):
            by_hand = [math.log1p(math.exp(-z if k else z)) for z in drawn.get_xdata()]
            assert list(drawn.get_ydata()) == pytest.approx(by_hand, rel=1e-4)
    for line, name in zip(right.lines[1:], "AB", strict=True):
        scores = torch.tensor(lesson9_2.SCORES[name])
        p = scores.softmax(dim=1)[range(3), [2, 0, 1]]
        assert line.get_label() == f"prediction {name}, mean {result[name][0]:.4f}"
        assert list(line.get_xdata()) == pytest.approx(p.tolist())
        assert list(line.get_ydata()) == pytest.approx((-p.log()).tolist(), rel=1e-4)
