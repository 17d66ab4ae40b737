"""Lecture 9: the net, softmax and cross-entropy, the way from pixels to batches, what it reaches.

What lessons 9, 10 and 10_2 have alike, the training on MNIST, is tested here for all three.
"""

import copy
import math
import re
import sys

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image
from torch import nn

import lesson9
import lesson9_2
import lesson10
import lesson10_2
from utils import load_mnist
from watching import watched_steps

TRAINED = pytest.mark.parametrize("lesson", [lesson9, lesson10, lesson10_2],
                                  ids=lambda lesson: lesson.__name__)
WIDTHS = [784, 512, 256, 128, 64, 10]


@pytest.fixture(scope="module")
def digits():
    """2,400 training digits, of which 2,200 train where 200 validate, and 1,000 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:2400].clone(), y[:2400], x_test[:1000].clone(), y_test[:1000]


@pytest.fixture
def give(monkeypatch):
    """give(lesson, digits): let that lesson's main() find these digits; return main."""
    def patch(lesson, digits):
        monkeypatch.setattr(lesson, "load_mnist", lambda device: digits)
        return lesson.main
    return patch


# ------------------------------------------------------------------------------------- the net
def test_the_net_is_that_of_the_course():
    model = lesson9.Net()
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert [layers[0].in_features] + [layer.out_features for layer in layers] == WIDTHS
    assert sum(p.numel() for p in model.parameters()) == 575_050


def test_the_net_flattens_and_has_relu_between_its_layers():
    model, x = lesson9.Net(), torch.randn(3, 1, 28, 28)
    h = x.flatten(start_dim=1)
    for layer in (model.l1, model.l2, model.l3, model.l4):
        h = layer(h).relu()
    torch.testing.assert_close(model(x), model.l5(h))
    assert (model(x) < 0).any(), "raw scores: neither ReLU nor softmax after the last layer"


def test_the_most_probable_digit_and_its_probability():
    model, x = lesson9.Net(), torch.randn(2300, 1, 28, 28)      # more than one big batch
    digit, probability = lesson9.predict(model, x)
    z = model(x).detach()
    by_hand = z.exp() / z.exp().sum(dim=1, keepdim=True)
    assert torch.equal(digit, z.argmax(dim=1))
    torch.testing.assert_close(probability, by_hand[range(len(x)), digit])
    y = torch.randint(10, (len(x),))
    assert lesson9.accuracy(model, x, y) == pytest.approx((digit == y).double().mean().item())


# ------------------------------------------------------------------------------------ losses
def test_cross_entropy_facts(capsys):
    result = lesson9_2.main()
    assert [round(value, 4) for value in result["A"][:3]] == [0.4966] * 3
    assert [round(value, 4) for value in result["B"][:3]] == [1.2389] * 3
    assert result["A"][3] != pytest.approx(result["A"][0], abs=0.1)
    of_one = {-2.0: 0, -0.5: 1, 0.3: 0, 1.7: 1}         # score: class
    binary = sum(math.log1p(math.exp(z if y == 0 else -z)) for z, y in of_one.items()) / 4
    assert result["binary"] == pytest.approx([binary] * 3, rel=1e-6)
    printed = capsys.readouterr().out
    assert printed.count("0.4966") >= 3 and printed.count("1.2389") >= 3
    assert printed.splitlines()[-1] == (
        f"cross-entropy A {result['A'][0]:.4f}, B {result['B'][0]:.4f} | "
        f"BCE {result['binary'][0]:.4f} = CE([0, z], y)")


def test_the_curves_of_the_losses(capsys):
    """Left: points of BCE on the line of cross-entropy; right: the slides' samples on -log p."""
    scores = {"A": [[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]],
              "B": [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]]}     # of the slides
    result = lesson9_2.main()
    figure = lesson9_2.draw(result)
    plt.close(figure)
    left, right = figure.axes
    for k, (line, points) in enumerate(zip(left.lines[::2], left.lines[1::2], strict=True)):
        assert line.get_label() == f"CrossEntropy([0, z], {k})"
        assert points.get_label() == f"BCE(sigmoid(z), {k})"
        loss = line.get_ydata()
        assert (loss[0] < loss[-1]) == (k == 0)         # a low score is right for class 0
        curve = dict(zip(*line.get_data(), strict=True))
        wanted = pytest.approx([float(loss) for loss in points.get_ydata()], rel=1e-4)
        assert [curve[z] for z in points.get_xdata()] == wanted
        by_hand = [math.log1p(math.exp(-z if k else z)) for z in line.get_xdata()]
        assert list(loss) == pytest.approx(by_hand, rel=1e-4)
    for line, name in zip(right.lines[1:], "AB", strict=True):
        p = torch.tensor(scores[name]).softmax(dim=1)[range(3), [2, 0, 1]]
        assert line.get_label() == f"prediction {name}, mean {result[name][0]:.4f}"
        assert list(line.get_xdata()) == pytest.approx(p.tolist())
        assert list(line.get_ydata()) == pytest.approx((-p.log()).tolist(), rel=1e-4)


# -------------------------------------------------------------------------- pixels to batches
def test_all_images_at_once_equal_torchvision_one_by_one(digits):
    """What load_mnist does with all images is what the lecture does with each."""
    from torchvision import transforms

    transform = transforms.Compose([transforms.ToTensor(),
                                    transforms.Normalize((0.1307,), (0.3081,))])
    x = torch.cat([digits[0], digits[2]])
    pixels = (x[:, 0] * 0.3081 + 0.1307).mul(255).round().byte()
    one_by_one = torch.stack([transform(Image.fromarray(image.numpy())) for image in pixels])
    assert torch.equal(x, one_by_one)
    assert lesson9.compare(x[0]) == "equal"
    assert lesson9.compare(x[0] * 1.001) == "different"


@pytest.mark.parametrize("broken", [
    "raise ImportError('gone')", "raise RuntimeError('operator torchvision::nms does not exist')"])
def test_without_torchvision_only_the_comparison_is_missing(broken, tmp_path, monkeypatch, digits):
    (tmp_path / "torchvision.py").write_text(broken, encoding="utf-8")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    assert lesson9.compare(digits[0][0]) == "not compared, torchvision cannot be imported"


# ------------------------------------------------------------------------------- the training
@TRAINED
def test_same_seed_same_result(lesson, digits, give):
    main = give(lesson, tuple(part[:240] for part in digits))
    first, again, other = (main(epochs=1, seed=seed) for seed in (3, 3, 4))
    assert first["losses"] == again["losses"] != other["losses"]
    assert first["accuracy"] == again["accuracy"]


@TRAINED
def test_the_test_digits_are_never_trained_on(lesson, digits, give):
    """Other test digits change the accuracy on them, and nothing else."""
    x, y, x_test, y_test = (part[:240] for part in digits)
    before = give(lesson, (x, y, x_test, y_test))(epochs=1)
    after = give(lesson, (x, y, -x_test, torch.full_like(y_test, -1)))(epochs=1)
    assert before["losses"] == after["losses"]
    assert before["accuracy"] > after["accuracy"] == 0
    if lesson is not lesson10_2:        # validates nothing: its settings are lesson 10's
        assert before["accuracies"] == after["accuracies"]


@pytest.mark.parametrize("lesson", [lesson9, lesson10])
def test_the_last_twelfth_validates_and_is_never_trained_on(lesson, digits, give):
    x, y, x_test, y_test = (part[:240] for part in digits)
    before = give(lesson, (x, y, x_test, y_test))(epochs=2)
    other = torch.cat([y[:220], torch.full((20,), -1)])
    after = give(lesson, (x, other, x_test, y_test))(epochs=2)
    assert before["losses"] == after["losses"] and before["accuracy"] == after["accuracy"]
    assert max(before["accuracies"]) > 0 and after["accuracies"] == [0, 0]


@TRAINED
def test_the_rate_falls_in_equal_steps_towards_0(lesson, digits, give):
    with watched_steps() as seen:
        give(lesson, tuple(part[:240] for part in digits))(epochs=2, batch_size=50, lr=0.04)
    steps = 10      # two epochs of 220 (10_2: 240) digits in batches of 50, the last one smaller
    wanted = [0.04 * (1 - step / steps) for step in range(steps)]
    assert [step.pop("lr") for step in seen] == pytest.approx(
        wanted * (2 if lesson is lesson10_2 else 1))
    assert all(step == {"type": torch.optim.SGD, "momentum": 0.9, "weight_decay": 5e-4}
               for step in seen)


@TRAINED
def test_every_epoch_has_all_digits_in_a_new_order(lesson, digits, give, monkeypatch):
    orders, shuffle = [], torch.randperm
    monkeypatch.setattr(torch, "randperm", lambda *arguments, **named: orders.append(
        shuffle(*arguments, **named)) or orders[-1])
    give(lesson, tuple(part[:240] for part in digits))(epochs=2, batch_size=50)
    count = 240 if lesson is lesson10_2 else 220
    assert all(sorted(order.tolist()) == list(range(count)) for order in orders)
    assert not torch.equal(orders[0], orders[1])
    if lesson is lesson10_2:    # the same batches for both nets
        assert torch.equal(orders[0], orders[2]) and torch.equal(orders[1], orders[3])


@TRAINED
def test_the_loss_is_the_mean_over_digits(lesson, digits, give, monkeypatch):
    """With steps too small to matter: the loss of the first weights on all training digits."""
    x, y, x_test, y_test = (part[:240] for part in digits)
    first = {}

    class Noted(lesson.Net):
        def __init__(self):
            super().__init__()
            first.setdefault("net", copy.deepcopy(self))

    noted = type("Net", (Noted,), {})
    monkeypatch.setattr(lesson, "Net", noted)
    losses = give(lesson, (x, y, x_test, y_test))(epochs=1, batch_size=90, lr=1e-9)["losses"]
    if lesson is lesson10_2:
        losses = losses["lesson 10"]
    else:
        x, y = x[:220], y[:220]
    wanted = nn.CrossEntropyLoss()(first["net"](x), y).item()
    assert losses == pytest.approx([wanted], rel=1e-5)


@pytest.mark.parametrize(("lesson", "floor"), [(lesson9, 0.80), (lesson10, 0.90)])
def test_2200_digits_teach_it_most_others(lesson, floor, digits, give, capsys):
    result = give(lesson, digits)(epochs=4)
    assert floor < result["accuracy"] < 1
    assert result["losses"] == sorted(result["losses"], reverse=True)
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    epochs = zip(range(1, 5), result["losses"], result["accuracies"], strict=True)
    assert lines[-5:-1] == [f"epoch {epoch}/4 | loss {loss:.4f} | validation accuracy "
                            f"{accuracy:.2%}" for epoch, loss, accuracy in epochs]
    assert re.fullmatch(rf"test accuracy {result['accuracy']:.2%} \| [\d.]+ s", lines[-1])


# -------------------------------------------------------------------------------- what it shows
def test_the_mistakes_shown_are_mistakes(digits, give, monkeypatch):
    """The first 24 of the trained net, with its answer and the probability of that."""
    nets, net = [], lesson9.Net
    monkeypatch.setattr(lesson9, "Net", lambda: nets.append(net()) or nets[-1])
    result = give(lesson9, digits)(epochs=1)
    x_test, y_test = digits[2:]
    p, y_pred = nets[0](x_test).softmax(dim=1).max(dim=1)
    wrong = [i for i in range(len(x_test)) if y_pred[i] != y_test[i]]
    assert result["accuracy"] == pytest.approx(1 - len(wrong) / len(x_test))
    assert len(result["mistakes"]) == 24
    for i, (image, *shown) in zip(wrong, result["mistakes"], strict=False):
        assert torch.equal(image, x_test[i, 0])
        assert shown == [y_test[i], y_pred[i], pytest.approx(p[i].item(), rel=1e-4)]
    figure = lesson9.draw(result)
    plt.close(figure)
    for axes, (image, y, y_pred, probability) in zip(figure.axes, result["mistakes"], strict=True):
        assert axes.get_title() == f"{y}, read as {y_pred}\np = {probability:.2f}"
        assert (axes.images[0].get_array() == image.numpy()).all()
    assert f"{result['accuracy']:.2%}" in figure.get_suptitle()


@pytest.mark.slow
def test_accuracy(run_script):
    lines = run_script("lesson9.py").stdout.rstrip("\n").split("\n")
    assert lines[0] == "load_mnist against ToTensor and Normalize: equal"
    accuracy = re.fullmatch(r"test accuracy (\d+\.\d\d)% \| \d+\.\d s", lines[-1])[1]
    assert 98.3 <= float(accuracy) < 100
