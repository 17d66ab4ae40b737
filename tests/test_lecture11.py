"""Lecture 11: Inception, residual nets, DenseNet: the nets, how they train, what they show."""

import contextlib
import io
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

LESSONS = [lesson11, lesson11_2]        # validate and print; the other two compare nets
TRAINED = pytest.mark.parametrize("lesson", [*LESSONS, lesson11_3, lesson11_4],
                                  ids=lambda lesson: lesson.__name__)
SHORTCUTS = {"identity": lesson11_3.ResidualBlock, "constant scaling": lesson11_3.ScaledBlock,
             "1x1 convolution": lesson11_3.ConvShortcutBlock}
NETS = {
    "Inception": lesson11.Net, "residual": lesson11_2.Net,
    **{name: lambda block=block: lesson11_3.Net(block, 1) for name, block in SHORTCUTS.items()},
    "DenseNet": lambda: lesson11_4.Net(lesson11_4.DenseBlock, 6),
    "plain 6": lambda: lesson11_4.Net(lesson11_4.PlainBlock, 6),
    "plain 15": lambda: lesson11_4.Net(lesson11_4.PlainBlock, 15)}
PARAMETERS = {"Inception": 97_298, "residual": 41_514, "identity": 41_514,
              "constant scaling": 41_514, "1x1 convolution": 42_842,
              "DenseNet": 26_818, "plain 6": 6_378, "plain 15": 27_330}


@pytest.fixture(scope="module")
def digits():
    """2,400 training digits and 1,000 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:2400].clone(), y[:2400], x_test[:1000].clone(), y_test[:1000]


@pytest.fixture
def train(monkeypatch):
    """train(lesson, digits, epochs=2): main() of that lesson, in silence, on these digits. The
    gradients of untrained nets take longest: without gradients=True they all are 0.5."""
    def run(lesson, digits, gradients=False, **settings):
        monkeypatch.setattr(lesson, "load_mnist", lambda device: digits)
        if not gradients and hasattr(lesson, "first_gradient"):
            monkeypatch.setattr(lesson, "first_gradient", lambda *arguments: 0.5)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            result = lesson.main(**settings)
        return result | {"printed": out.getvalue().rstrip("\n").split("\n")}
    return run


def few(digits, count=240):
    return tuple(part[:count] for part in digits)


def nets_of(lesson):
    return 1 if lesson in LESSONS else 3


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def shapes(model, x):
    """name -> shape of the input and output of each layer, the last time it is called."""
    given, seen = {}, {}
    for name, module in model.named_modules():
        def note(module, arguments, output, name=name):
            given[name], seen[name] = tuple(arguments[0].shape[1:]), tuple(output.shape[1:])
        module.register_forward_hook(note)
    model(x)
    return given, seen


# ------------------------------------------------------------------------------------ the nets
@pytest.mark.parametrize("name", NETS)
def test_the_nets_are_those_of_the_course(name):
    model, x = NETS[name](), torch.randn(3, 1, 28, 28)
    assert parameters(model) == PARAMETERS[name]
    assert model(x).shape == (3, 10)
    plain = model.eval()(x)
    model.to(memory_format=torch.channels_last)     # changes nothing but the speed
    torch.testing.assert_close(model(x), plain, rtol=1e-4, atol=1e-5)


def test_the_shapes_through_inception():
    given, seen = shapes(lesson11.Net(), torch.randn(3, 1, 28, 28))
    wanted = {"conv1": (10, 24, 24), "incep1": (88, 12, 12), "conv2": (20, 8, 8),
              "mp": (20, 4, 4), "incep2": (88, 4, 4), "incep1.branch1x1": (16, 12, 12),
              "incep1.branch5x5_2": (24, 12, 12), "incep1.branch3x3_3": (24, 12, 12),
              "incep1.branch_pool": (24, 12, 12)}
    assert {name: seen[name] for name in wanted} == wanted
    assert (given["incep1"], given["incep2"]) == ((10, 12, 12), (20, 4, 4))
    assert given["fc"] == (1408,)


def test_inception_lays_its_branches_side_by_side():
    block, x = lesson11.InceptionA(10), torch.randn(2, 10, 12, 12)
    branches = [block.branch1x1(x), block.branch5x5_2(block.branch5x5_1(x)),
                block.branch3x3_3(block.branch3x3_2(block.branch3x3_1(x))),
                block.branch_pool(nn.AvgPool2d(3, stride=1, padding=1)(x))]
    torch.testing.assert_close(block(x), torch.cat(branches, dim=1))


@pytest.mark.parametrize("build", [lesson11_2.Net, NETS["identity"]])
def test_the_shapes_through_the_residual_net(build):
    given, seen = shapes(build(), torch.randn(3, 1, 28, 28))
    blocks = [name for name in seen if name in ("rblock1", "rblock2", "blocks1", "blocks2")]
    assert [seen[name] for name in blocks] == [(16, 12, 12), (32, 4, 4)]
    assert [given[name] for name in blocks] == [(16, 12, 12), (32, 4, 4)]
    assert (seen["conv1"], seen["conv2"], seen["mp"]) == ((16, 24, 24), (32, 8, 8), (32, 4, 4))
    assert given["fc"] == (512,)


def test_the_exercise_compares_with_the_lesson_s_net():
    torch.manual_seed(0)
    model, x = lesson11_2.Net(), torch.randn(3, 1, 28, 28)
    copied = NETS["identity"]()
    copied.load_state_dict({key.replace("rblock1", "blocks1.0").replace("rblock2", "blocks2.0"):
                            value for key, value in model.state_dict().items()})
    assert torch.equal(model(x), copied(x))
    assert len(lesson11_3.Net(lesson11_3.ScaledBlock, 4).blocks1) == 4


@pytest.mark.parametrize("block", [lesson11_2.ResidualBlock, lesson11_2.PlainBlock,
                                   *SHORTCUTS.values()])
def test_the_formula_of_a_block_and_its_shape(block):
    for channels, size in ((16, 12), (32, 4), (5, 7)):
        x, b = torch.randn(2, channels, size, size), block(channels)
        f = b.conv2(b.conv1(x).relu())
        z = {"ResidualBlock": x + f, "PlainBlock": f, "ScaledBlock": x / 2 + f / 2}
        if block is lesson11_3.ConvShortcutBlock:
            z["ConvShortcutBlock"] = b.shortcut(x) + f
        torch.testing.assert_close(b(x), z[block.__name__].relu())


def test_a_dense_layer_reads_all_before_it():
    block, x = lesson11_4.DenseBlock(16, width=12, layers=3).eval(), torch.randn(2, 16, 5, 5)
    out = block(x)
    assert out.shape == (2, 16 + 3 * 12, 5, 5) and block.channels == 52
    assert torch.equal(out[:, :16], x), "the input stands in the output as it came"
    assert [layer[2].in_channels for layer in block.layers] == [16, 28, 40]
    norm, _, conv = block.layers[2]
    torch.testing.assert_close(out[:, 40:], conv(norm(out[:, :40]).relu()))


def test_a_plain_layer_reads_the_one_before():
    block, x = lesson11_4.PlainBlock(16, width=15, layers=3).eval(), torch.randn(2, 16, 5, 5)
    out = block(x)
    for norm, _, conv in block:
        x = conv(norm(x).relu())
    assert out.shape == (2, block.channels, 5, 5) == (2, 15, 5, 5)
    torch.testing.assert_close(out, x)


def test_the_shapes_through_the_densenet():
    given, seen = shapes(NETS["DenseNet"](), torch.randn(3, 1, 28, 28))
    assert seen["block1"] == (52, 12, 12) and seen["transition"] == (26, 12, 12)
    assert given["block2"] == (26, 6, 6) and seen["block2"] == (62, 6, 6)
    assert given["fc"] == (62,)
    assert abs(parameters(NETS["plain 15"]()) / parameters(NETS["DenseNet"]()) - 1) < 0.05


# -------------------------------------------------------------------------------- the gradient
def test_the_gradient_reaches_the_first_layer_where_f_prime_is_0():
    """F of both blocks constant: the shortcut alone carries the gradient; without it none comes."""
    model = lesson11_2.Net()
    for block in (model.rblock1, model.rblock2):
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
    model(torch.randn(3, 1, 28, 28)).square().sum().backward()
    assert model.conv1.weight.grad.norm() > 1e-3
    assert model.rblock1.conv1.weight.grad.norm() == 0

    x = torch.rand(2, 16, 12, 12, requires_grad=True)
    block = lesson11_2.PlainBlock(16)
    nn.init.zeros_(block.conv2.weight)
    block(x).sum().backward()
    assert x.grad.norm() == 0


def test_the_relu_at_the_end_stops_the_gradient_where_the_sum_is_negative():
    x = torch.randn(2, 16, 12, 12, requires_grad=True)
    block = lesson11_2.ResidualBlock(16)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    block(x).sum().backward()
    assert torch.equal(x.grad, (x > 0).float())


def test_the_gradient_of_many_blocks(digits):
    """By hand for two blocks; with the shortcut it stays, without it, it shrinks block by block."""
    x, y = few(digits, 16)[:2]
    torch.manual_seed(5)
    conv, blocks = nn.Conv2d(1, 16, 5), [lesson11_2.PlainBlock(16), lesson11_2.PlainBlock(16)]
    h, fc = nn.functional.max_pool2d(conv(x).relu(), 2), nn.Linear(16 * 12 * 12, 10)
    loss = nn.CrossEntropyLoss()(fc(blocks[1](blocks[0](h)).flatten(1)), y)
    wanted = torch.autograd.grad(loss, conv.weight)[0].norm().item()
    assert lesson11_2.first_gradient(lesson11_2.PlainBlock, 2, x, y, 5) == pytest.approx(wanted)

    for seed in (0, 1, 2):
        shortcut, plain = ([lesson11_2.first_gradient(block, n, x, y, seed) for n in (2, 4, 8)]
                           for block in (lesson11_2.ResidualBlock, lesson11_2.PlainBlock))
        assert 0.1 < min(shortcut) <= max(shortcut) < 3
        assert plain[0] < 0.1 and plain[1] < plain[0] / 4 and plain[2] < plain[1] / 16


def test_a_factor_on_the_shortcut_shrinks_the_gradient(digits):
    x, y = few(digits, 16)[:2]
    norms = {}
    for name, block in SHORTCUTS.items():
        torch.manual_seed(0)
        norms[name] = [lesson11_3.first_gradient(lesson11_3.Net(block, n), x, y) for n in (1, 4)]
    assert norms["identity"][1] > norms["identity"][0] / 3
    for name in ("constant scaling", "1x1 convolution"):
        assert norms[name][1] < norms[name][0] / 2**6       # six blocks more


# -------------------------------------------------------------------------------- the training
@TRAINED
def test_same_seed_same_result(lesson, digits, train):
    first, again, other = (train(lesson, few(digits, 120), epochs=1, seed=seed)
                           for seed in (3, 3, 4))
    assert first["losses"] == again["losses"] != other["losses"]
    assert first["accuracies"] == again["accuracies"]


@TRAINED
def test_the_test_digits_are_never_trained_on(lesson, digits, train):
    """Other test digits change the accuracy on them, and nothing else."""
    x, y, x_test, y_test = few(digits, 120)
    before = train(lesson, (x, y, x_test, y_test), epochs=1)
    after = train(lesson, (x, y, -x_test, torch.full_like(y_test, -1)), epochs=1)
    assert before["losses"] == after["losses"]
    if lesson in LESSONS:
        assert before["accuracies"] == after["accuracies"] and after["accuracy"] == 0
    else:
        assert sum(before["accuracies"].values()) > sum(after["accuracies"].values()) == 0


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__)
def test_the_last_twelfth_validates_and_is_never_trained_on(lesson, digits, train):
    x, y, x_test, y_test = few(digits)
    before = train(lesson, (x, y, x_test, y_test), epochs=1)
    other = torch.cat([y[:220], torch.full((20,), -1)])
    after = train(lesson, (x, other, x_test, y_test), epochs=1)
    assert before["losses"] == after["losses"] and before["accuracy"] == after["accuracy"]
    assert after["accuracies"] == [0]


@TRAINED
def test_the_rates(lesson, digits, train):
    settings = {"climb": 4} if lesson is lesson11 else {}
    with watched_steps() as seen:
        train(lesson, few(digits), epochs=2, batch_size=50, lr=0.01, **settings)
    steps = 10      # two epochs of 220 or 240 digits in batches of 50, the last one smaller
    wanted = [0.01 * (1 - step / steps) for step in range(steps)]
    if lesson is lesson11:
        wanted = [0.0025, 0.005, 0.0075, *wanted[3:]]
    if lesson is lesson11_3:
        wanted = [0.01] * steps
    assert [step.pop("lr") for step in seen] == pytest.approx(wanted * nets_of(lesson))
    decay = 2e-3 if lesson is lesson11_2 else 5e-4
    assert all(step == {"type": torch.optim.SGD, "momentum": 0.9, "weight_decay": decay}
               for step in seen)


@TRAINED
def test_every_epoch_has_all_digits_in_a_new_order(lesson, digits, train, monkeypatch):
    orders, shuffle = [], torch.randperm
    monkeypatch.setattr(torch, "randperm", lambda *arguments, **named: orders.append(
        shuffle(*arguments, **named)) or orders[-1])
    train(lesson, few(digits), epochs=2, batch_size=50)
    count = 220 if lesson in LESSONS else 240
    assert len(orders) == 2 * nets_of(lesson)
    assert all(sorted(order.tolist()) == list(range(count)) for order in orders)
    assert not torch.equal(orders[0], orders[1])
    for i in range(2, len(orders)):     # the same batches for every net
        assert torch.equal(orders[i], orders[i - 2])


@TRAINED
def test_the_loss_is_the_mean_over_digits_and_that_of_the_train_mode(lesson, digits, train,
                                                                     monkeypatch):
    """Of every net, from what its criterion returned for batches of 90, 90 and 40 or 60 digits."""
    seen = []

    class Criterion(nn.CrossEntropyLoss):
        def forward(self, scores, y):
            loss = super().forward(scores, y)
            seen.append((loss.item(), len(y)))
            return loss

    monkeypatch.setattr(nn, "CrossEntropyLoss", Criterion)
    losses = train(lesson, few(digits), epochs=1, batch_size=90)["losses"]
    losses = [losses] if lesson in LESSONS else list(losses.values())
    assert len(seen) == 3 * nets_of(lesson)
    for i, epochs in enumerate(losses):
        batches = seen[3 * i:3 * i + 3]
        assert [count for _, count in batches] == [90, 90, 40 if lesson in LESSONS else 60]
        total = sum(loss * count for loss, count in batches)
        assert epochs == pytest.approx([total / sum(count for _, count in batches)])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__)
def test_every_300_batches_their_mean_is_printed(lesson, digits, train, monkeypatch):
    seen = []

    class Criterion(nn.CrossEntropyLoss):
        def forward(self, scores, y):
            loss = super().forward(scores, y)
            seen.append(loss.item())
            return loss

    monkeypatch.setattr(nn, "CrossEntropyLoss", Criterion)
    printed = train(lesson, few(digits, 700), epochs=2, batch_size=1, lr=1e-3)["printed"]
    assert len(seen) == 2 * 641
    wanted = {(epoch, i): sum(seen[641 * (epoch - 1) + i - 300:641 * (epoch - 1) + i]) / 300
              for epoch in (1, 2) for i in (300, 600)}
    lines = [line for line in printed if line.startswith("[")]
    assert lines == [f"[{epoch}, {i}] mean loss {mean:.4f}"
                     for (epoch, i), mean in wanted.items()]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__)
def test_2200_digits_teach_it_most_others(lesson, digits, train):
    settings = {"climb": 30, "lr": 0.03} if lesson is lesson11 else {}
    result = train(lesson, digits, epochs=2, **settings)
    assert 0.75 < result["accuracy"] < 1
    assert result["losses"] == sorted(result["losses"], reverse=True)
    epochs = zip((1, 2), result["losses"], result["accuracies"], strict=True)
    assert result["printed"][-3:-1] == [
        f"epoch {epoch}/2 | loss {loss:.4f} | validation accuracy {accuracy:.2%}"
        for epoch, loss, accuracy in epochs]
    assert re.fullmatch(rf"test accuracy {result['accuracy']:.2%} \| [\d.]+ s",
                        result["printed"][-1])


@pytest.mark.parametrize("lesson", [lesson11_3, lesson11_4])
def test_the_exercises_print_what_they_compare(lesson, digits, train):
    result = train(lesson, few(digits), epochs=1)
    values = ", ".join(f"{value:.2%} {name}" for name, value in result["accuracies"].items())
    assert re.fullmatch(rf"test accuracy {re.escape(values)} \| [\d.]+ s", result["printed"][-1])
    for name, losses in result["losses"].items():
        assert any(line.startswith(name) and f"loss {losses[0]:.4f}" in line
                   for line in result["printed"])


def test_without_the_climb_inception_stops_with_one_line(digits, train):
    with pytest.raises(BadInput, match="the loss has become .*--lr"):
        train(lesson11, digits, epochs=4, climb=1, lr=0.3)


# -------------------------------------------------------------------------------- what it shows
def test_six_maps_of_each_branch_are_drawn(digits, train):
    result = train(lesson11, few(digits), epochs=1)
    assert torch.equal(result["digit"], digits[2][0, 0]) and result["maps"].shape == (88, 12, 12)
    figure = lesson11.draw(result)
    plt.close(figure)
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    for row, first in enumerate((0, 16, 40, 64)):
        wanted = [result["digit"], *result["maps"][first:first + 6]]
        for image, tensor in zip(drawn[7 * row:7 * row + 7], wanted, strict=True):
            assert (image == tensor.numpy()).all()
    assert [axes.get_ylabel() for axes in figure.axes[::7]] == [
        "1x1", "1x1, 5x5", "1x1, 3x3, 3x3", "pool, 1x1"]


def test_the_maps_are_those_of_the_trained_net(digits, train, monkeypatch):
    outputs = []

    class Noted(lesson11.InceptionA):
        def forward(self, x):
            outputs.append(super().forward(x))
            return outputs[-1]

    monkeypatch.setattr(lesson11, "InceptionA", type("InceptionA", (Noted,), {}))
    result = train(lesson11, few(digits), epochs=1)
    assert outputs[-1].shape == (1, 88, 12, 12)
    assert torch.equal(result["maps"], outputs[-1][0]) and not result["maps"].requires_grad


def test_the_gradients_by_blocks_are_drawn(digits, train):
    result = train(lesson11_2, few(digits), gradients=True, epochs=1)
    x, y = few(digits, 64)[:2]
    for name, block in (("with shortcut", lesson11_2.ResidualBlock),
                        ("without", lesson11_2.PlainBlock)):
        assert len(result["gradients"][name]) == 16
        assert result["gradients"][name][3] == lesson11_2.first_gradient(block, 4, x, y, 0)
    four = next(line for line in result["printed"] if line.startswith(" 4 blocks"))
    assert f"{result['gradients']['with shortcut'][3]:.2f}" in four
    assert f"{result['gradients']['without'][3]:.0e}" in four
    figure = lesson11_2.draw(result)
    plt.close(figure)
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    for line, (name, norms) in zip(axes.lines, result["gradients"].items(), strict=True):
        assert line.get_label() == name and list(line.get_xdata()) == list(range(1, 17))
        assert list(line.get_ydata()) == norms


def test_the_shortcuts_are_drawn(digits, train):
    result = train(lesson11_3, few(digits), gradients=True, epochs=1, depth=1)
    assert list(result["gradients"]) == list(SHORTCUTS)
    torch.manual_seed(0)
    x, y = few(digits, 64)[:2]
    assert result["gradients"]["identity"][0] == lesson11_3.first_gradient(
        lesson11_3.Net(lesson11_3.ResidualBlock, 1), x, y)
    figure = lesson11_3.draw(result)
    plt.close(figure)
    left, right = figure.axes
    assert left.get_yscale() == "log"
    for line, (name, norms) in zip(left.lines, result["gradients"].items(), strict=True):
        assert line.get_label() == name and list(line.get_ydata()) == norms
        assert list(line.get_xdata()) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert [bar.get_height() for bar in right.patches] == list(result["accuracies"].values())
    assert [label.get_text() for label in right.get_xticklabels()] == list(SHORTCUTS)


def test_losses_and_accuracy_against_parameters_are_drawn(digits, train):
    result = train(lesson11_4, few(digits), epochs=1, batch_size=60)
    assert result["parameters"] == {name: PARAMETERS[name.replace("of width ", "")]
                                    for name in result["accuracies"]}
    for name, losses in result["batch_losses"].items():
        assert len(losses) == 4 and sum(losses) / 4 == pytest.approx(result["losses"][name][0])
    figure = lesson11_4.draw(result)
    plt.close(figure)
    left, right = figure.axes
    curves = {line.get_label(): list(line.get_ydata()) for line in left.lines}
    assert curves == result["batch_losses"] and left.get_yscale() == "log"
    points = {line.get_label(): (line.get_xdata()[0], line.get_ydata()[0])
              for line in right.lines}
    assert points == {f"{name}: {value:.2%}": (result["parameters"][name], value)
                      for name, value in result["accuracies"].items()}


# ------------------------------------------------------------------------------ what they reach
@pytest.mark.slow
@pytest.mark.parametrize(("name", "floor"), [("lesson11.py", 98.8), ("lesson11_2.py", 99.2)])
def test_accuracy(run_script, name, floor):
    last = run_script(name).stdout.rstrip("\n").split("\n")[-1]
    accuracy = re.fullmatch(r"test accuracy (\d+\.\d\d)% \| \d+\.\d s", last)[1]
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


def test_the_line_of_each_net_has_its_own_numbers(train, digits, monkeypatch):
    """On few digits two nets may reach the same accuracy, so each gets another one here."""
    given = iter([0.1234, 0.4567, 0.8901])
    monkeypatch.setattr(lesson11_4, "accuracy", lambda *_: next(given))
    printed = train(lesson11_4, few(digits), epochs=1, batch_size=60)["printed"]
    lines = [re.sub(" +", " ", line) for line in printed if "parameters" in line]
    assert lines == ["DenseNet | 26,818 parameters | test accuracy 12.34%",
                     "plain of width 6 | 6,378 parameters | test accuracy 45.67%",
                     "plain of width 15 | 27,330 parameters | test accuracy 89.01%"]
    assert "12.34% DenseNet, 45.67% plain of width 6, 89.01% plain of width 15" in printed[-1]
