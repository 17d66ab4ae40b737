"""Lessons 9 to 11: the nets of the course, the losses, the batches, and what the nets reach."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import lesson9
import lesson9_2
import lesson10
import lesson10_2
import lesson11
import lesson11_2
import lesson11_3
import lesson11_4
from utils import DATA, load_mnist

FULL = (DATA / "MNIST" / "raw").is_dir()
NETS = {lesson9: 575_050, lesson10: 8_490, lesson11: 97_298, lesson11_2: 41_514}
FLOORS = {"lesson9.py": (96, 98.2), "lesson10.py": (98, 99.0), "lesson11.py": (98, 99.0),
          "lesson11_2.py": (98.3, 99.3)}     # % on the digits that ship, on the full MNIST
images = pytest.fixture(lambda: torch.randn(3, 1, 28, 28, generator=torch.manual_seed(0)))


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def last_line(run):
    return run.stdout.rstrip("\n").split("\n")[-1]


@pytest.mark.parametrize("lesson", NETS, ids=lambda lesson: lesson.__name__)
def test_the_nets_are_those_of_the_course(lesson, images):
    model = lesson.Net()
    assert parameters(model) == NETS[lesson]
    assert model(images).shape == (3, 10)


SHAPES = {
    lesson9: {"l1": (512,), "l2": (256,), "l3": (128,), "l4": (64,), "l5": (10,)},
    lesson10: {"conv1": (10, 24, 24), "conv2": (20, 8, 8), "pooling": (20, 4, 4), "fc": (10,)},
    lesson11: {"conv1": (10, 24, 24), "incep1": (88, 12, 12), "conv2": (20, 8, 8),
               "mp": (20, 4, 4), "incep2": (88, 4, 4), "incep1.branch1x1": (16, 12, 12),
               "incep1.branch5x5_2": (24, 12, 12), "incep1.branch3x3_3": (24, 12, 12),
               "incep1.branch_pool": (24, 12, 12)},
    lesson11_2: {"conv1": (16, 24, 24), "rblock1": (16, 12, 12), "conv2": (32, 8, 8),
                 "mp": (32, 4, 4), "rblock2": (32, 4, 4)},
    }
INPUTS = {lesson9: {"l1": (784,)}, lesson10: {"conv2": (10, 12, 12), "fc": (320,)},
          lesson11: {"incep1": (10, 12, 12), "incep2": (20, 4, 4), "fc": (1408,)},
          lesson11_2: {"rblock1": (16, 12, 12), "rblock2": (32, 4, 4), "fc": (512,)}}


@pytest.mark.parametrize("lesson", NETS, ids=lambda lesson: lesson.__name__)
def test_the_shapes_on_the_way(lesson, images):
    model, seen, given = lesson.Net(), {}, {}

    def record(name):
        def hook(module, arguments, output):
            given[name], seen[name] = tuple(arguments[0].shape[1:]), tuple(output.shape[1:])
        return hook

    for name, module in model.named_modules():
        module.register_forward_hook(record(name))
    model(images)
    assert {name: seen[name] for name in SHAPES[lesson]} == SHAPES[lesson]
    assert {name: given[name] for name in INPUTS[lesson]} == INPUTS[lesson]


@pytest.mark.parametrize("lesson", [lesson11, lesson11_2, lesson11_4],
                         ids=lambda lesson: lesson.__name__)
def test_channels_last_changes_nothing_but_the_speed(lesson, images):
    model = getattr(lesson, "DenseNet", getattr(lesson, "Net", None))().eval()
    plain = model(images)
    model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(model(images), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("block", lesson11_3.BLOCKS.values())
def test_a_block_keeps_the_shape(block):
    for channels, size in ((16, 12), (32, 4), (5, 7)):
        x = torch.randn(2, channels, size, size)
        assert block(channels)(x).shape == x.shape


def test_the_gradient_reaches_the_first_layer_where_f_prime_is_0(images):
    """F of both blocks constant: the shortcut alone carries the gradient; without it none comes."""
    model = lesson11_2.Net()
    for block in (model.rblock1, model.rblock2):
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
    model(images).square().sum().backward()
    assert model.conv1.weight.grad.norm() > 1e-3
    assert model.rblock1.conv1.weight.grad.norm() == 0

    class NoShortcut(lesson11_2.ResidualBlock):
        def forward(self, x):
            return super().forward(x) - x.relu()     # x is not negative here: z - x is F alone

    x = torch.rand(2, 16, 12, 12, requires_grad=True)
    block = NoShortcut(16)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    block(x).sum().backward()
    assert x.grad.norm() == 0
    assert lesson11_2.gradient_with_dead_blocks() > 0


def test_the_blocks_formulas():
    x = torch.randn(2, 4, 6, 6)
    for block in lesson11_3.BLOCKS.values():
        b = block(4)
        f = b.conv2(b.conv1(x).relu())
        wanted = {lesson11_2.ResidualBlock: lambda x=x, f=f: x + f,
                  lesson11_3.ScaledBlock: lambda x=x, f=f: x / 2 + f / 2,
                  lesson11_3.ConvShortcutBlock: lambda x=x, f=f, b=b: b.shortcut(x) + f}[block]()
        torch.testing.assert_close(b(x), wanted.relu())


def test_the_exercises_nets(images):
    deeper = lesson10_2.DeeperNet()
    layers = [type(module) for module in deeper.modules()]
    assert layers.count(nn.Conv2d) == layers.count(nn.Linear) == 3
    assert deeper(images).shape == (3, 10)
    assert parameters(lesson11_3.make_net(lesson11_3.ScaledBlock)) == 41_514
    assert parameters(lesson11_3.make_net(lesson11_3.ConvShortcutBlock)) == 42_842

    block, x = lesson11_4.DenseBlock(16, growth=12, layers=3).eval(), torch.randn(2, 16, 5, 5)
    out = block(x)
    assert out.shape == (2, 16 + 3 * 12, 5, 5)
    assert torch.equal(out[:, :16], x), "the input stands in the output as it came"
    assert [conv.in_channels for conv in block.convs] == [16, 28, 40]
    last = block.convs[2](block.norms[2](out[:, :40]).relu())
    torch.testing.assert_close(out[:, 40:], last)
    assert lesson11_4.DenseNet()(images).shape == (3, 10)


# ------------------------------------------------------------------------------------ losses
def test_cross_entropy_facts(capsys):
    result = lesson9_2.main()
    assert [round(value, 4) for value in result["A"][:3]] == [0.4966] * 3
    assert [round(value, 4) for value in result["B"][:3]] == [1.2389] * 3
    assert result["A"][3] != pytest.approx(result["A"][0], abs=0.1)
    assert result["binary"] == pytest.approx([result["binary"][0]] * 3, rel=1e-6)
    printed = capsys.readouterr().out
    assert printed.count("0.4966") >= 3 and printed.count("1.2389") >= 3


# ----------------------------------------------------------------------------------- batches
def test_a_dataloader_gives_the_same_batches():
    images, labels = load_mnist(shipped=True)[:2]
    x, y = lesson9.standardise(images[:1000]), labels[:1000]
    order = torch.randperm(len(x), generator=torch.manual_seed(0))
    loader = DataLoader(TensorDataset(x, y), batch_size=64, sampler=order.tolist())
    for (x_loaded, y_loaded), batch in zip(loader, order.split(64), strict=True):
        assert torch.equal(x_loaded, x[batch]) and torch.equal(y_loaded, y[batch])
    assert lesson9.loader_and_index(x, y, 64)[0] is True


@pytest.mark.parametrize("lesson", NETS, ids=lambda lesson: lesson.__name__)
def test_every_lesson_prepares_the_images_alike(lesson):
    images = load_mnist(shipped=True)[2]
    assert torch.equal(lesson.standardise(images), lesson9.standardise(images))
    x = torch.arange(2 * 28 * 28.0).view(2, 1, 28, 28)
    assert torch.equal(lesson.shift(x, 0), x)
    torch.manual_seed(1)
    moved = {tuple(lesson.shift(x, 2)[0, 0, 14, 14:15].tolist()) for _ in range(200)}
    wanted = {(x[0, 0, 14 + down, 14 + right].item(),) for down in range(-2, 3)
              for right in range(-2, 3)}
    assert moved == wanted


# ------------------------------------------------------------------------------ what they reach
def small(monkeypatch, lesson):
    """The lesson on 600 images of the shipped digits, 120 of them held out."""
    digits = load_mnist(shipped=True)
    part = digits[0][:600], digits[1][:600], digits[2][:120], digits[3][:120], "held-out"
    monkeypatch.setattr(lesson, "load_mnist", lambda shipped: part)
    return lesson


@pytest.mark.parametrize("lesson", [*NETS, lesson10_2, lesson11_3, lesson11_4],
                         ids=lambda lesson: lesson.__name__)
def test_same_seed_same_result(lesson, monkeypatch, capsys):
    main = small(monkeypatch, lesson).main
    first, again, other = (main(epochs=1, seed=seed) for seed in (3, 3, 4))
    assert first["losses"] == again["losses"] != other["losses"]
    assert first["accuracy"] == again["accuracy"]
    assert 0 < first["accuracy"] < 1
    assert "python data/download.py mnist" in capsys.readouterr().out


@pytest.mark.parametrize("lesson", NETS, ids=lambda lesson: lesson.__name__)
def test_the_test_set_is_looked_at_once_and_never_trained_on(lesson, monkeypatch, capsys):
    """Other test digits change the accuracy on them, and nothing else."""
    main = small(monkeypatch, lesson).main
    before = main(epochs=1)
    x, y, x_test, y_test, part = lesson.load_mnist(False)
    other = x, y, -x_test, torch.full_like(y_test, -1), part       # no digit is right
    monkeypatch.setattr(lesson, "load_mnist", lambda shipped: other)
    after = main(epochs=1)
    assert before["losses"] == after["losses"] and before["accuracies"] == after["accuracies"]
    assert before["accuracy"] > after["accuracy"] == 0


def test_the_mistakes_shown_are_mistakes(monkeypatch, capsys):
    result = small(monkeypatch, lesson9).main(epochs=2)
    images, y, y_pred = result["mistakes"]
    assert len(images) == len(y) == len(y_pred) <= 24 and images.shape[1:] == (28, 28)
    assert all(a != b for a, b in zip(y, y_pred, strict=True)) and len(y) > 0
    figure = lesson9.draw(result)
    plt.close(figure)
    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == [
        f"{a}, read as {b}" for a, b in zip(y, y_pred, strict=True)]
    assert all((axes.images[0].get_array() == image.numpy()).all()
               for axes, image in zip(drawn, images, strict=True))


def test_the_filters_and_feature_maps_are_drawn(monkeypatch, capsys):
    result = small(monkeypatch, lesson10).main(epochs=1)
    assert result["filters"].shape == (10, 5, 5) and result["maps"].shape == (10, 24, 24)
    figure = lesson10.draw(result)
    plt.close(figure)
    assert sum(len(axes.images) for axes in figure.axes) == 1 + 10 + 10


@pytest.mark.parametrize("name", FLOORS)
def test_accuracy_on_the_digits_that_ship(run_script, name):
    run = run_script(name, "--shipped")
    found = re.fullmatch(r"held-out accuracy (\d+\.\d\d)% \| \d+\.\d s", last_line(run))
    assert found, last_line(run)
    assert FLOORS[name][0] <= float(found[1]) < 100
    assert "python data/download.py mnist" in run.stdout


def test_the_exercises_on_the_digits_that_ship(run_script):
    for name, floor in (("lesson10_2.py", 96.5), ("lesson11_3.py", 97), ("lesson11_4.py", 97)):
        found = re.findall(r"(\d+\.\d\d)%", last_line(run_script(name, "--shipped")))
        assert found and all(floor <= float(value) < 100 for value in found), (name, found)


@pytest.mark.full_mnist
@pytest.mark.skipif(not FULL, reason="needs the full MNIST in data/MNIST")
@pytest.mark.parametrize("name", FLOORS)
def test_accuracy_on_the_full_mnist(run_script, name):
    found = re.fullmatch(r"test accuracy (\d+\.\d\d)% \| \d+\.\d s", last_line(run_script(name)))
    assert found and FLOORS[name][1] <= float(found[1]) < 100
