"""Lesson 11.5: each row is one change; what the changes do; what is left out says why."""

import contextlib
import io
import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

import lesson11_2
import lesson11_5
from lesson11_5 import ROWS, START
from utils import MEAN, STD, BadInput, load_mnist
from watching import watched_steps

EMPTY = -MEAN / STD         # a pixel of value 0, standardised
ALONE = {"compiled", "largest"}         # not in a short run
ONE = torch.device("cpu")


@pytest.fixture(scope="module")
def digits():
    """2,400 training digits and 500 test digits."""
    x, y, x_test, y_test = load_mnist()
    return x[:2400].clone(), y[:2400], x_test[:500].clone(), y_test[:500]


@pytest.fixture
def climb(monkeypatch):
    """climb(digits, rows="norm"): main() on these digits; what it returns and the lines printed."""
    def run(digits, **settings):
        monkeypatch.setattr(lesson11_5, "load_mnist", lambda device: digits)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            nets = lesson11_5.main(**settings)
        return nets, out.getvalue().rstrip("\n").split("\n")
    return run


@pytest.fixture
def seen(monkeypatch):
    """What main() passes on to train(), which trains nothing: a list of (model, epochs, settings,
    number of digits, of validation digits)."""
    calls = []

    def train(model, x, y, x_val, y_val, epochs, settings):
        calls.append((model, epochs, settings, len(x), len(x_val)))
        return [(1.0, 0.985), (2.5, 0.995)]
    monkeypatch.setattr(lesson11_5, "train", train)
    return calls


def few(digits, count=240):
    return tuple(part[:count] for part in digits)


def settings_of(name):
    settings = START
    for row, change in ROWS.items():
        settings = settings | change
        if row == name:
            return settings
    raise KeyError(name)


def net_of(name):
    settings = settings_of(name)
    if settings["widths"]:
        return lesson11_5.conv_net(settings["widths"])
    return lesson11_5.residual_net(settings["norm"], settings["pooling"])


def parameters(model):
    return sum(p.numel() for p in model.parameters())


# ------------------------------------------------------------------------------------ the nets
def test_the_first_net_is_that_of_lesson_11_2():
    torch.manual_seed(0)
    model, x = lesson11_2.Net(), torch.randn(5, 1, 28, 28)
    ours = net_of("lecture")
    places = {"conv1": "0", "rblock1": "4", "conv2": "5", "rblock2": "9", "fc": "12"}
    ours.load_state_dict({re.sub(r"^\w+", lambda match: places[match[0]], key): value
                          for key, value in model.state_dict().items()})
    assert parameters(ours) == 41_514
    assert torch.equal(ours(x), model(x))


def test_the_parameters_of_the_nets():
    counts = {name: parameters(net_of(name)) for name in ROWS}
    assert counts["norm"] == 41_514 + 2 * (3 * 16 + 3 * 32)
    assert counts["pooling"] == counts["norm"] - 10 * (512 - 32)
    assert counts["bf16"] == counts["compiled"] == counts["pooling"]
    assert counts["small"] < 10_000 and counts["large"] < 100_000 and counts["largest"] < 500_000
    for name in ("lecture", "norm", "pooling", "small", "large"):
        assert net_of(name)(torch.randn(2, 1, 28, 28)).shape == (2, 10)


def test_where_batch_norm_and_pooling_stand():
    kinds = [type(layer).__name__ for layer in net_of("small")]
    block = ["Conv2d", "BatchNorm2d", "ReLU"]
    assert kinds == (block * 2 + ["MaxPool2d"]) * 2 + block * 2 + ["AdaptiveAvgPool2d", "Flatten",
                                                                   "Linear"]
    model, x = net_of("pooling").eval(), torch.randn(3, 1, 28, 28)
    features = model[:10](x)                        # (3, 32, 4, 4)
    torch.testing.assert_close(model(x), model[12](features.mean(dim=(2, 3))))
    block, x = lesson11_5.ResidualBlock(4, nn.BatchNorm2d).eval(), torch.randn(2, 4, 5, 5)
    nn.init.constant_(block.norm2.bias, 0.5)
    inner = block.conv2(block.norm1(block.conv1(x)).relu())
    torch.testing.assert_close(block(x), (x + block.norm2(inner)).relu())


# ------------------------------------------------------------------------------------ the digits
def test_the_lecture_s_way_gives_the_same_digits(digits):
    x, y = few(digits, 20)[:2]
    dataset = lesson11_5.Digits(x, y, MEAN, STD)
    assert len(dataset) == 20
    for i in range(20):
        torch.testing.assert_close(dataset[i][0], x[i])
        assert dataset[i][1] == y[i]


def test_both_ways_hand_out_the_same_batches(digits):
    x, y = few(digits, 50)[:2]
    passes = []
    for dataset in (None, lesson11_5.Digits(x, y, MEAN, STD)):
        torch.manual_seed(4)
        passes.append([list(lesson11_5.batches(x, y, dataset, 16)) for _ in range(2)])
    for indexed, loaded in zip(*passes, strict=True):
        assert [len(batch) for batch, _ in indexed] == [16, 16, 16, 2]
        for one, other in zip(indexed, loaded, strict=True):
            torch.testing.assert_close(one[0], other[0])
            assert torch.equal(one[1], other[1])
    for epoch in passes[0]:         # all digits, once each
        together = torch.cat([batch for batch, _ in epoch])
        assert sorted(together.sum(dim=(1, 2, 3)).tolist()) == sorted(
            x.sum(dim=(1, 2, 3)).tolist())
    assert not torch.equal(passes[0][0][0][1], passes[0][1][0][1])


def test_no_shift_and_no_turn_change_nothing(digits):
    x = few(digits, 10)[0]
    torch.testing.assert_close(lesson11_5.move(x, 0, 0), x, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("random", "wanted"), [
    ([1.0, 0.5], lambda x: torch.roll(x, -2, dims=3)), ([0.5, 0.0], lambda x: torch.roll(x, 2, 2))])
def test_a_shift_by_two_pixels(digits, monkeypatch, random, wanted):
    """Right and down are drawn in [0, 1): 0.5 is none. Digits have a margin of four pixels."""
    x = torch.full((2, 1, 28, 28), EMPTY)
    x[:, :, 4:24, 4:24] = digits[0][:2, :, 4:24, 4:24]
    monkeypatch.setattr(torch, "rand", lambda *shape, device: (
        torch.tensor(random)[:, None].expand(shape) if len(shape) == 2 else torch.full(shape, 0.5)))
    torch.testing.assert_close(lesson11_5.move(x, 2, 10), wanted(x), rtol=0, atol=1e-4)


def test_a_quarter_turn(digits, monkeypatch):
    x = digits[0][:3]
    monkeypatch.setattr(torch, "rand", lambda *shape, device: torch.ones(shape))
    turned = lesson11_5.move(x, 0, 90)
    torch.testing.assert_close(turned, torch.rot90(x, 1, dims=(2, 3)), rtol=0, atol=1e-3)


def test_each_digit_moves_on_its_own_and_not_too_far():
    x = torch.full((400, 1, 28, 28), EMPTY)
    x[:, :, 13:15, 13:15] = 2.0
    torch.manual_seed(0)
    moved = lesson11_5.move(x, 2, 0)
    ink = moved[:, 0] - EMPTY                                               # (400, 28, 28)
    place = torch.arange(28.0)
    columns = (ink.sum(dim=1) * place).sum(dim=1) / ink.sum(dim=(1, 2)) - 13.5
    rows = (ink.sum(dim=2) * place).sum(dim=1) / ink.sum(dim=(1, 2)) - 13.5
    for offset in (rows, columns):
        assert 1.8 < offset.max() <= 2.01 and -2.01 <= offset.min() < -1.8
        assert abs(offset.mean()) < 0.2
    assert abs(torch.corrcoef(torch.stack([rows, columns]))[0, 1]) < 0.2
    assert moved[:, 0, 0].allclose(torch.tensor(EMPTY)), "what comes in is empty"


# ------------------------------------------------------------------------------------ the rows
def test_the_rows_are_those_of_the_ladder(seen, digits, climb, monkeypatch):
    """Each row's settings are those of the row above but for its change."""
    monkeypatch.setattr(torch, "compile", lambda model: model)      # really, it takes half a minute
    nets, printed = climb(few(digits), full=True, epochs=2)
    able = [name for name in ROWS if name in nets]
    assert set(ROWS) - set(able) <= {"compiled", "bf16"}, "only for what this machine lacks"
    for name, (model, epochs, settings, count, validating) in zip(able, seen, strict=True):
        assert settings == settings_of(name) and epochs == 2 * settings["longer"]
        assert (count, validating) == (220, 20)
        assert parameters(model) == parameters(net_of(name))
        layout = model[0].weight.is_contiguous(memory_format=torch.channels_last)
        assert layout or settings["layout"] is torch.contiguous_format
    changes = list(ROWS.values())
    assert START["loader"] and (START["lr"], START["momentum"], START["batch_size"]) == (
        0.01, 0.5, 64), "the lecture's"
    before = START
    for change in changes[1:]:
        assert change and all(before[key] != value for key, value in change.items())
        before = before | change
    row = next(line for line in printed if line.startswith("norm "))
    assert re.fullmatch(r"norm     \|     41,802 \|   1.25 s \|   1.0 s \|   2.5 s \|     99.50% \|"
                        r" \d+\.\d\d%", row)


def test_a_short_run_trains_10_000_digits(seen, climb):
    x, y = torch.zeros(36_000, 1, 28, 28), torch.zeros(36_000, dtype=torch.long)
    nets, printed = climb((x, y, x[:10], y[:10]))
    assert {call[3:] for call in seen} == {(10_000, 2_000)}
    assert {call[1] for call in seen} == {3}, "the last rows no longer than the others"
    assert printed[0].startswith("10,000 digits train, 2,000 validate")
    assert set(nets).isdisjoint(ALONE)
    for name in ALONE:
        assert any(line.startswith(f"{name:8} | left out: longer than") for line in printed)


def test_chosen_rows_and_seeds(seen, digits, climb, monkeypatch):
    tested = iter([0.25, 0.5, 0.75, 1.0])
    monkeypatch.setattr(lesson11_5, "accuracy", lambda *arguments: next(tested))
    nets, printed = climb(few(digits), rows="norm,indexed", seeds=2, seed=7)
    assert list(nets) == ["indexed", "norm"] and len(seen) == 4
    assert printed[4] == "indexed  | mean of 2: validation 99.500%, test 37.500%"
    assert re.fullmatch(r"test accuracy 37.50% indexed, 87.50% norm \| [\d.]+ s", printed[-1])
    weights = []
    for seed in (7, 8):
        torch.manual_seed(seed)
        weights.append(net_of("indexed")[0].weight)
    for call, weight in zip(seen, weights, strict=False):
        assert torch.equal(call[0][0].weight, weight)


def test_one_row_alone(seen, digits, climb):
    _, printed = climb(few(digits), rows="largest")
    assert re.fullmatch(r"test accuracy \d+\.\d\d% largest \| [\d.]+ s", printed[-1])


def test_an_unknown_row_gets_one_line(digits, climb):
    with pytest.raises(BadInput, match=r"--rows: expected names out of lecture,.*got 'norm,huge'"):
        climb(few(digits), rows="norm,huge")


# ------------------------------------------------------------------------------------ left out
def test_bf16_where_the_processor_has_it(monkeypatch):
    settings = settings_of("bf16")
    for able, wanted in (({"avx512_bf16": True}, ""), ({"amx_bf16": True}, ""),
                         ({"avx2": True}, "this processor has no fast bf16")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able, raising=False)
        assert lesson11_5.why_not("bf16", settings, ONE, False).startswith(wanted)
        assert bool(lesson11_5.why_not("bf16", settings, ONE, False)) == bool(wanted)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert "no fast bf16" in lesson11_5.why_not("bf16", settings, ONE, False)


def test_what_fails_is_left_out_with_its_reason(monkeypatch, digits, climb):
    def fail(*arguments):
        raise RuntimeError("no C++ compiler\nmore lines")
    monkeypatch.setattr(torch, "compile", fail)
    monkeypatch.setattr(lesson11_5, "Digits", fail)
    nets, printed = climb(few(digits), rows="lecture,indexed,compiled", epochs=1)
    assert list(nets) == ["indexed"]
    for name in ("lecture ", "compiled"):
        assert f"{name} | left out: it fails here: no C++ compiler" in printed
    with pytest.raises(BadInput, match="--rows: expected a row that can run here, got lecture"):
        climb(few(digits), rows="lecture")


# ------------------------------------------------------------------------------------ training
def rates_of(name, digits, epochs=2):
    x, y = digits[:2]
    with watched_steps() as seen:
        lesson11_5.train(net_of(name), x, y, x[:10], y[:10], epochs, settings_of(name))
    assert {step.pop("type") for step in seen} == {torch.optim.SGD}
    return seen


def test_the_rate_stays_or_makes_one_cycle(digits):
    x, y = few(digits, 640)[:2]
    rates = rates_of("momentum", (x, y))
    assert rates == [{"lr": 0.03, "momentum": 0.9, "weight_decay": 0}] * 20
    rates = [step["lr"] for step in rates_of("cycle", (x, y))]
    top = rates.index(max(rates))
    assert len(rates) == 20 and 3 <= top <= 7 and rates[top] == pytest.approx(0.06)
    assert rates[:top + 1] == sorted(rates[:top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True) and rates[-1] < 0.001
    assert rates_of("norm", (x, y))[0]["weight_decay"] == 5e-4


def test_the_first_two_rows_train_the_same_net(digits, climb):
    nets, _ = climb(few(digits), rows="lecture,indexed", epochs=1)
    first, second = (nets[name][0] for name in ("lecture", "indexed"))
    assert first["test"] == pytest.approx(second["test"], abs=0.005)
    assert first["validation"] == second["validation"]


def test_a_step_is_that_of_the_lecture(digits):
    x, y = few(digits, 30)[:2]
    torch.manual_seed(1)
    model = net_of("lecture")
    wanted = [p.detach().clone() for p in model.parameters()]
    loss = nn.CrossEntropyLoss()(model(x), y)
    for p, gradient in zip(wanted, torch.autograd.grad(loss, model.parameters()), strict=True):
        p -= 0.01 * gradient
    lesson11_5.train(model, x, y, x, y, 1, settings_of("indexed"))
    for p, value in zip(model.parameters(), wanted, strict=True):
        torch.testing.assert_close(p.detach(), value, rtol=1e-4, atol=1e-6)


def test_only_what_trains_is_moved(digits, monkeypatch):
    moves, evaluated = [], []
    monkeypatch.setattr(lesson11_5, "move", lambda x, shift, turn: moves.append(
        (len(x), shift, turn)) or x)
    monkeypatch.setattr(lesson11_5, "accuracy", lambda model, x, y: evaluated.append(x) or 0.0)
    x, y = few(digits, 100)[:2]
    for name, wanted in (("layout", []), ("shifts", [(100, 2, 0)]),
                         ("small", [(64, 1, 8), (36, 1, 8)])):
        moves.clear()
        lesson11_5.train(net_of(name), x, y, x[:7], y[:7], 1, settings_of(name))
        assert moves == wanted
    assert all(torch.equal(part, x[:7]) for part in evaluated)


@pytest.mark.parametrize("name", ["pooling", "bf16"])
def test_bf16_is_the_arithmetic_of_the_forward_pass(digits, name):
    class Noted(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = net_of(name)

        def forward(self, x):
            out = self.model(x)
            kinds.append((self.training, out.dtype))
            return out

    kinds, (x, y) = [], few(digits, 20)[:2]
    lesson11_5.train(Noted(), x, y, x, y, 1, settings_of(name))
    wanted = torch.bfloat16 if name == "bf16" else torch.float32
    assert kinds == [(True, wanted), (False, torch.float32)]


def test_compiling_is_not_counted_and_leaves_no_gradient(digits, monkeypatch, capsys):
    x, y = few(digits, 150)[:2]
    shapes, grads = [], []

    def compiled(model):
        def run(x):
            shapes.append(len(x))
            return model(x)
        return run
    monkeypatch.setattr(torch, "compile", compiled)
    settings = settings_of("compiled")
    hook = register_optimizer_step_pre_hook(
        lambda optimizer, *_: grads.append(optimizer.param_groups[0]["params"][-1].grad.clone()))
    trained = []
    for change in ({}, {"compiled": False}):
        torch.manual_seed(0)
        model = net_of("compiled")
        lesson11_5.train(model, x, y, x, y, 1, settings | change)
        trained.append(model)
    hook.remove()
    assert shapes == [128, 22, 128, 22], "both sizes of a batch before the clock starts"
    torch.testing.assert_close(grads[0], grads[2])
    assert re.search(r"compiling took \d+ s, which the row does not count", capsys.readouterr().out)


def test_seconds_are_of_the_training_alone(digits, monkeypatch):
    clock = iter(range(0, 1000, 5))
    monkeypatch.setattr(lesson11_5.time, "perf_counter", lambda: next(clock))
    x, y = few(digits, 20)[:2]
    curve = lesson11_5.train(net_of("layout"), x, y, x, y, 3, settings_of("layout"))
    assert [seconds for seconds, _ in curve] == [5, 10, 15]
    curve = [(1.25, 0.97), (2.5, 0.98), (3.75, 0.979)]
    assert lesson11_5.first_time(curve, 0.98) == "2.5 s"
    assert lesson11_5.first_time(curve, 0.99) == "-"


def test_test_and_validation_digits_are_never_trained_on(digits, climb):
    x, y, x_test, y_test = few(digits)
    settings = {"rows": "norm", "epochs": 1}
    before = climb((x, y, x_test, y_test), **settings)[0]["norm"][0]
    other = torch.cat([y[:220], torch.full((20,), -1)])
    after = climb((x, other, x_test, torch.full_like(y_test, -1)), **settings)[0]["norm"][0]
    assert before["validation"] > after["validation"] == 0 == after["test"] < before["test"]
    again = climb((x, other, x_test, y_test), **settings)[0]["norm"][0]
    assert again["test"] == before["test"]


def test_2200_digits_teach_most_others(digits, climb):
    nets, _ = climb(digits, rows="lecture,cycle", epochs=2)
    lecture, cycle = (nets[name][0]["test"] for name in ("lecture", "cycle"))
    assert 0.3 < lecture < cycle - 0.03 and 0.88 < cycle < 1
    nets, _ = climb(digits, rows="norm", epochs=4)
    assert 0.93 < nets["norm"][0]["test"] < 1


# ------------------------------------------------------------------------------------ the figure
def test_a_numbered_point_a_row_is_drawn():
    nets = {"lecture": [{"seconds": 10.0, "test": 0.9}],
            "norm": [{"seconds": 4.0, "test": 0.98}, {"seconds": 6.0, "test": 0.99}]}
    figure = lesson11_5.draw(nets)
    axes = figure.axes[0]
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines]
    assert points == [(10, pytest.approx(90)), (5, pytest.approx(98.5))]
    assert [text.get_text() for text in axes.texts] == ["1", "2"]
    assert [text.xy for text in axes.texts] == points
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["1 lecture: 90.00 %", "2 norm: 98.50 %"]
    figure.canvas.draw()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= axes.get_window_extent().x1 and box.x1 <= figure.bbox.x1
    plt.close(figure)


# ------------------------------------------------------------------------------ what they reach
@pytest.mark.slow
def test_the_ladder_leads_up(run_script):
    lines = run_script("lesson11_5.py").stdout.rstrip("\n").split("\n")
    test = {line.split()[0]: float(re.search(r"([\d.]+)%$", line)[1])
            for line in lines if line.endswith("%")}
    assert test["lecture"] < 96 and math.isclose(test["lecture"], test["indexed"], abs_tol=0.2)
    assert 97 < test["momentum"] < test["norm"] and test["norm"] > 98.3
    assert 98.3 < test["large"] < 100
