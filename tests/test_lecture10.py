"""Lecture 10: the convolutional nets, what they show, what they reach. How they train is tested
for all lessons in test_every_script_trains.py."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

import lesson10
import lesson10_2
from utils import load_mnist

NETS = [lesson10.Net, lesson10_2.Net, lesson10_2.DeeperNet]


@pytest.fixture
def images():
    return torch.randn(3, 1, 28, 28, generator=torch.manual_seed(0))


@pytest.fixture
def few_digits(monkeypatch):
    """few_digits(lesson): let that lesson find 480 training and 400 test digits; return these."""
    def patch(lesson):
        x, y, x_test, y_test = load_mnist()
        digits = x[:480], y[:480], x_test[:400], y_test[:400]
        monkeypatch.setattr(lesson, "load_mnist", lambda: digits)
        if hasattr(lesson, "VALIDATION"):
            monkeypatch.setattr(lesson, "VALIDATION", 40)
        return digits[2:]
    return patch


def shapes(model, x):
    """name -> shape of the input and output of each layer, the last time it is called."""
    given, seen = {}, {}
    for name, module in model.named_children():
        def note(module, arguments, output, name=name):
            given[name], seen[name] = tuple(arguments[0].shape[1:]), tuple(output.shape[1:])
        module.register_forward_hook(note)
    assert model(x).shape == (len(x), 10)
    return given, seen


def test_three_convolutions_and_three_linear_layers(images):
    model = lesson10_2.DeeperNet()
    layers = [type(module) for module in model.children()]
    assert layers.count(nn.Conv2d) == layers.count(nn.Linear) == 3
    given, seen = shapes(model, images)
    assert (given["conv2"], given["conv3"], given["fc1"]) == ((10, 12, 12), (20, 4, 4), (160,))
    assert seen["conv3"] == (40, 4, 4) and seen["pooling"] == (40, 2, 2)


@pytest.mark.parametrize("net", NETS)
def test_relu_after_every_layer_but_the_last(net, images):
    model = net()
    h = images
    convolutions = [layer for layer in model.children() if isinstance(layer, nn.Conv2d)]
    linears = [layer for layer in model.children() if isinstance(layer, nn.Linear)]
    for layer in convolutions:
        h = nn.functional.max_pool2d(layer(h), 2).relu()
    h = h.flatten(start_dim=1)
    for layer in linears[:-1]:
        h = layer(h).relu()
    torch.testing.assert_close(model(images), linears[-1](h))


@pytest.mark.parametrize("net", NETS)
def test_channels_last_changes_nothing_but_the_speed(net, images):
    model = net()
    plain = model(images)
    model.to(memory_format=torch.channels_last)
    assert not model.conv2.weight.is_contiguous()
    torch.testing.assert_close(model(images), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 1, 40, 40), (3, 3, 28, 28)])
def test_images_of_another_shape_end_in_an_error(net, shape):
    """One image without a batch dimension as well: unsqueeze(0)."""
    with pytest.raises(RuntimeError):
        net()(torch.randn(shape))


def test_a_digit_and_its_feature_maps_are_drawn(few_digits, monkeypatch):
    few_digits(lesson10)
    nets = []
    original = lesson10.conv1_maps
    monkeypatch.setattr(lesson10, "conv1_maps",
                        lambda model, image: nets.append(model) or original(model, image))
    result = lesson10.main(epochs=1)
    first = lesson10.Digits(*load_mnist()[2:]).x[:1]
    assert torch.equal(result["digit"], first[0, 0])
    conv1 = nets[0].conv1
    seen = nn.functional.conv2d(first, conv1.weight, conv1.bias)[0].clamp(min=0)
    assert result["maps"].shape == (10, 24, 24) and not result["maps"].requires_grad
    torch.testing.assert_close(result["maps"], seen.detach(), rtol=1e-4, atol=1e-5)
    figure = lesson10.draw(result)
    plt.close(figure)
    drawn = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    wanted = [result["digit"], *result["maps"]]
    for image, tensor in zip(drawn, wanted, strict=True):
        assert (image == tensor.numpy()).all()


def test_digits_that_one_net_alone_reads_right_are_drawn(few_digits):
    images, labels = few_digits(lesson10_2)
    result = lesson10_2.main(epochs=2, batch_size=32)
    assert result["parameters"] == {"lesson 10": 8_490, "deeper": 29_050}
    right = {name: readings == labels for name, readings in result["readings"].items()}
    for name, accuracy in result["accuracies"].items():
        assert accuracy == pytest.approx(right[name].double().mean().item())

    figure = lesson10_2.draw(result)
    plt.close(figure)
    assert len(figure.subfigs) == 2 and len(figure.axes) == 36
    for half, name, other in zip(figure.subfigs, ("lesson 10", "deeper"), ("deeper", "lesson 10"),
                                 strict=True):
        assert f"{result['accuracies'][name]:.2%}" in half.get_suptitle()
        assert f"{result['parameters'][name]:,}" in half.get_suptitle()
        alone = (right[name] & ~right[other]).nonzero()[:18, 0].tolist()
        drawn = [axes for axes in half.axes if axes.images]
        assert len(drawn) == len(alone)
        for axes, i in zip(drawn, alone, strict=True):
            assert (axes.images[0].get_array() == images[i].numpy()).all()
            assert axes.get_title() == f"{labels[i]}, not {result['readings'][other][i]}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_accuracy(seed, run_script):
    last = run_script("lesson10.py", "--seed", seed).stdout.rstrip("\n").split("\n")[-1]
    accuracy = re.fullmatch(r"test accuracy (\d+\.\d\d)%", last)[1]
    assert 99.0 <= float(accuracy) < 100


@pytest.mark.slow
def test_accuracy_of_the_exercise(run_script):
    last = run_script("lesson10_2.py").stdout.rstrip("\n").split("\n")[-1]
    accuracies = re.fullmatch(r"test accuracy (\S+)%, lesson 10 (\S+)%", last)
    assert all(96.5 <= float(accuracy) < 100 for accuracy in accuracies.groups())
