"""Lecture 11: Inception, residual nets, DenseNet: the nets, how they train, what they show."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

import lesson11
import lesson11_2
import lesson11_3
import lesson11_4
from utils import BadInput, load_mnist
from watching import watched_steps


@pytest.fixture(scope="module")
def digits():
    """7,200 training digits (the last 5,000 validate) and 1,000 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:7200], y[:7200], x_test[:1000], y_test[:1000]


@pytest.fixture
def train(monkeypatch):
    """train(lesson, digits, epochs=1): main() of that lesson on these digits, 240 of them to train
    on where `few`. The gradients of untrained nets take longest: they all are 0.5."""
    def run(lesson, digits, few=True, **settings):
        x, y, x_test, y_test = digits
        if few:
            monkeypatch.setattr(lesson, "VALIDATION", 60, raising=False)
            x, y, x_test, y_test = x[:300], y[:300], x_test[:100], y_test[:100]
        monkeypatch.setattr(lesson, "load_mnist", lambda: (x, y, x_test, y_test))
        if hasattr(lesson, "first_gradient"):
            monkeypatch.setattr(lesson, "first_gradient", lambda model, x, y: 0.5)
        return lesson.main(**settings)
    return run


def parameters(model):
    return sum(p.numel() for p in model.parameters())


# ------------------------------------------------------------------------------------ the nets
@pytest.mark.parametrize(("net", "count", "shapes"), [
    (lesson11.Net(), 97_298, {"incep1": (88, 12, 12), "incep2": (88, 4, 4)}),
    (lesson11_2.Net(), 41_514, {"rblock1": (16, 12, 12), "rblock2": (32, 4, 4)}),
    (lesson11_3.Net(lesson11_3.ResidualBlock, 1), 41_514, {}),
    (lesson11_3.Net(lesson11_3.ScaledBlock, 1), 41_514, {}),
    (lesson11_3.Net(lesson11_3.ConvShortcutBlock, 1), 42_842, {}),
    (lesson11_4.Net(lesson11_4.DenseBlock, 6), 26_818,
     {"block1": (52, 12, 12), "transition": (26, 12, 12), "block2": (62, 6, 6)}),
    (lesson11_4.Net(lesson11_4.ChainBlock, 6), 6_378, {"block1": (6, 12, 12)}),
    (lesson11_4.Net(lesson11_4.ChainBlock, 15), 27_330, {"block2": (15, 6, 6)})])
def test_parameters_and_shapes_of_the_notes(net, count, shapes):
    seen = {}
    for name in shapes:
        net.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: seen.update({name: output.shape[1:]}))
    assert net(torch.randn(3, 1, 28, 28)).shape == (3, 10)
    assert seen == shapes
    assert parameters(net) == count


def test_copied_blocks_take_colour_other_sizes_and_types():
    assert lesson11.InceptionA(3)(torch.randn(2, 3, 7, 9)).shape == (2, 88, 7, 9)
    x = torch.randn(5, 24, 20, 30, dtype=torch.float64)
    for block in (lesson11_2.ResidualBlock, lesson11_2.PlainBlock, lesson11_3.ScaledBlock,
                  lesson11_3.ConvShortcutBlock):
        y = block(24).double()(x)
        assert y.shape == x.shape and y.dtype == x.dtype
    assert lesson11_4.DenseBlock(3, width=5, layers=2)(torch.randn(2, 3, 8, 6)).shape[1] == 13


@pytest.mark.parametrize("lesson", [lesson11, lesson11_2])
@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 1, 32, 32), (2, 3, 28, 28)])
def test_another_shape_ends_in_an_error(lesson, shape):
    """One image without a batch, a larger image, colour: never in other rows."""
    with pytest.raises(RuntimeError):
        lesson.Net()(torch.randn(shape))


@pytest.mark.parametrize("lesson", [lesson11, lesson11_2])
def test_channels_last_changes_nothing_but_the_speed(lesson):
    model, x = lesson.Net(), torch.randn(3, 1, 28, 28)
    plain = model(x)
    torch.testing.assert_close(model.to(memory_format=torch.channels_last)(x), plain,
                               rtol=1e-4, atol=1e-5)


def test_a_dense_layer_reads_all_before_it_and_a_chained_one_the_last():
    x = torch.randn(2, 16, 5, 5)
    dense = lesson11_4.DenseBlock(16, width=12, layers=3).eval()
    out = dense(x)
    assert torch.equal(out[:, :16], x), "the input stands in the output as it came"
    torch.testing.assert_close(out[:, 40:], dense.layers[2](out[:, :40]))
    chain = lesson11_4.ChainBlock(16, width=15, layers=2).eval()
    torch.testing.assert_close(chain(x), chain.layers[1](chain.layers[0](x)))


# -------------------------------------------------------------------------------- the gradient
def test_the_gradient_passes_where_f_is_constant_but_for_the_last_relu():
    """F of a block is 0: the shortcut alone carries the gradient, where the sum is positive."""
    for block, wanted in ((lesson11_2.ResidualBlock(16), 1), (lesson11_2.PlainBlock(16), 0)):
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
        x = torch.randn(2, 16, 12, 12, requires_grad=True)
        block(x).sum().backward()
        assert torch.equal(x.grad, wanted * (x > 0).float())


def test_the_first_gradient_by_hand_leaves_the_model_as_it_is(digits):
    x, y = lesson11_2.Digits(*digits[:2])[:16]
    model = lesson11_2.deep_net(lesson11_2.PlainBlock, 2)
    conv, relu, pool, one, two, flat, fc = model
    loss = nn.CrossEntropyLoss()(fc(flat(two(one(pool(relu(conv(x))))))), y)
    wanted = torch.autograd.grad(loss, conv.weight)[0].norm().item()
    for _ in range(2):      # the second time the same
        assert lesson11_2.first_gradient(model, x, y) == pytest.approx(wanted)
    assert all(p.grad is None for p in model.parameters())


def test_the_shortcut_keeps_the_gradient_over_depth(digits):
    x, y = lesson11_2.Digits(*digits[:2])[:16]
    for seed in (0, 1, 2):
        norms = {}
        for block in (lesson11_2.ResidualBlock, lesson11_2.PlainBlock):
            for depth in (2, 4, 8):
                torch.manual_seed(seed)
                model = lesson11_2.deep_net(block, depth)
                norms[block, depth] = lesson11_2.first_gradient(model, x, y)
        shortcut, plain = list(norms.values())[:3], list(norms.values())[3:]
        assert 0.1 < min(shortcut) <= max(shortcut) < 3
        assert plain[0] < 0.1 and plain[1] < plain[0] / 4 and plain[2] < plain[1] / 16


def test_a_factor_on_the_shortcut_shrinks_the_gradient(digits):
    x, y = lesson11_3.Digits(*digits[:2])[:16]
    shrunk = {}
    for name, block in lesson11_3.BLOCKS.items():
        norms = []
        for depth in (1, 4):
            torch.manual_seed(0)
            norms.append(lesson11_3.first_gradient(lesson11_3.Net(block, depth), x, y))
        shrunk[name] = norms[1] / norms[0]
    assert shrunk["identity"] > 1 / 3
    for name in ("constant scaling", "1x1 convolution"):
        assert shrunk[name] < 1 / 2**6      # six blocks more


def test_the_gradients_by_blocks_are_compared_on_the_same_weights(train, digits, monkeypatch):
    """By depth first the one with the shortcut, then the one without; both drawn and returned."""
    first_weights = []
    monkeypatch.setattr(lesson11_2, "DEPTHS", (1, 3))

    def gradient(model, x, y):
        first_weights.append(model[0].weight)
        return float(len(first_weights))
    train(lesson11_2, digits, epochs=1)
    monkeypatch.setattr(lesson11_2, "first_gradient", gradient)
    result = lesson11_2.main(epochs=1)
    assert result["gradients"] == {"with shortcut": [1, 3], "without": [2, 4]}
    assert torch.equal(first_weights[0], first_weights[1])


# -------------------------------------------------------------------------------- the training
@pytest.mark.parametrize(("lesson", "settings"), [
    (lesson11, {"climb": 4}), (lesson11_2, {"climb": 4}), (lesson11_3, {}), (lesson11_4, {})])
def test_the_rates(lesson, settings, digits, train):
    """Two epochs of 240 or 300 digits in batches of 50, the last one smaller where 240."""
    with watched_steps() as seen:
        train(lesson, digits, epochs=2, batch_size=50, lr=0.01, **settings)
    steps = 10 if lesson in (lesson11, lesson11_2) else 12
    wanted = [0.01 * (1 - step / steps) for step in range(steps)]
    if lesson in (lesson11, lesson11_2):
        wanted[:3] = [0.0025, 0.005, 0.0075]
    if lesson is lesson11_3:
        wanted = [0.01] * steps
    nets = len(seen) // steps
    assert nets == (1 if lesson in (lesson11, lesson11_2) else 3)
    assert [step["lr"] for step in seen] == pytest.approx(wanted * nets)
    decay = lesson.main.__defaults__[4] if lesson in (lesson11, lesson11_2) else 5e-4
    assert {(step["momentum"], step["weight_decay"]) for step in seen} == {(0.9, decay)}


@pytest.mark.parametrize("lesson", [lesson11, lesson11_2])
def test_the_settings_of_the_lecture(lesson, digits, train):
    with watched_steps() as seen:
        train(lesson, digits, epochs=2, batch_size=64, lr=0.01, momentum=0.5, weight_decay=0,
              falling=False)
    assert seen == [{"type": torch.optim.SGD, "lr": 0.01, "momentum": 0.5, "weight_decay": 0}] * 8


def test_stepped_on_after_its_end_the_rate_stays_0(digits, train, monkeypatch):
    made = []
    schedule = torch.optim.lr_scheduler.LambdaLR
    monkeypatch.setattr(torch.optim.lr_scheduler, "LambdaLR",
                        lambda *arguments: made.append(schedule(*arguments)) or made[-1])
    train(lesson11, digits, epochs=1, batch_size=60, climb=2)
    for _ in range(3):
        assert made[0].get_last_lr() == [0]
        made[0].step()


@pytest.mark.parametrize("lesson", [lesson11, lesson11_2])
def test_2200_digits_teach_it_most_others(lesson, digits, train, capsys):
    result = train(lesson, digits, few=False, epochs=2, climb=30, lr=0.03, batch_size=64)
    assert 0.75 < result["accuracy"] < 1 and result["losses"][1] < result["losses"][0]
    assert capsys.readouterr().out.splitlines()[-1] == f"test accuracy {result['accuracy']:.2%}"


def test_without_the_climb_inception_stops_with_one_line(digits, train):
    with pytest.raises(BadInput, match="the loss has become .*--lr"):
        train(lesson11, digits, few=False, epochs=4, climb=1, lr=0.3)


# -------------------------------------------------------------------------------- what it shows
def test_six_maps_of_each_branch_of_the_trained_net_are_drawn(digits, train, monkeypatch):
    models, maps = [], lesson11.feature_maps
    monkeypatch.setattr(lesson11, "feature_maps",
                        lambda model, image: models.append(model) or maps(model, image))
    result = train(lesson11, digits, epochs=1)
    x = lesson11.Digits(*digits[2:])[:1][0]                     # (1, 1, 28, 28)
    model = models[0]
    wanted = model.incep1(model.mp(model.conv1(x)).relu())[0]
    torch.testing.assert_close(result["maps"], wanted.detach())
    figure = lesson11.draw(result)
    plt.close(figure)
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    for row, first in enumerate((0, 16, 40, 64)):
        assert (drawn[7 * row] == x[0, 0].numpy()).all()
        for i in range(6):
            assert (drawn[7 * row + 1 + i] == result["maps"][first + i].numpy()).all()


@pytest.mark.parametrize(("lesson", "names"), [(lesson11_3, lesson11_3.BLOCKS),
                                               (lesson11_4, lesson11_4.NETS)])
def test_each_net_has_its_own_numbers(lesson, names, digits, train, monkeypatch, capsys):
    given = iter([0.1234, 0.4567, 0.8901])
    monkeypatch.setattr(lesson, "test", lambda model, loader: next(given))
    result = train(lesson, digits, epochs=1)
    first, second, third = names
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"test accuracy 12.34% {first}, 45.67% {second}, 89.01% {third}")
    assert result["accuracies"] == {first: 0.1234, second: 0.4567, third: 0.8901}


# ------------------------------------------------------------------------------ what they reach
@pytest.mark.slow
@pytest.mark.parametrize(("name", "floor"), [("lesson11.py", 98.8), ("lesson11_2.py", 99.2)])
def test_accuracy(run_script, name, floor):
    last = run_script(name).stdout.rstrip("\n").split("\n")[-1]
    accuracy = re.fullmatch(r"test accuracy (\d+\.\d\d)%", last)[1]
    assert floor <= float(accuracy) < 100


@pytest.mark.slow
def test_with_eight_blocks_only_the_plain_x_learns(run_script):
    last = run_script("lesson11_3.py").stdout.rstrip("\n").split("\n")[-1]
    identity, scaled, convolution = map(float, re.findall(r"(\d+\.\d\d)%", last))
    assert 93 <= identity < 100 and max(scaled, convolution) < 15


@pytest.mark.slow
def test_with_as_many_parameters_the_densenet_reads_best(run_script):
    last = run_script("lesson11_4.py").stdout.rstrip("\n").split("\n")[-1]
    dense, narrow, wide = map(float, re.findall(r"(\d+\.\d\d)%", last))
    assert 95.5 <= dense < 100 and wide < dense and narrow < dense - 5
