"""From picture to tensor: equal to torchvision, the two numbers, the figure. Files that are no
pictures are refused by files.py."""

import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

import image2tensor
from utils import BadInput


def picture(mode, size=(7, 5)):
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(pixels.squeeze())


@pytest.mark.parametrize(("mode", "shape"), [("L", (1, 5, 7)), ("RGB", (3, 5, 7)),
                                             ("RGBA", (4, 5, 7))])
def test_equals_totensor_and_normalize(mode, shape, capsys):
    from torchvision import transforms

    image = picture(mode)
    x = image2tensor.picture_to_tensor(image)
    assert x.shape == shape and x.dtype == torch.float32 and x.min() >= 0 and x.max() <= 1
    assert torch.equal(x, transforms.ToTensor()(image))
    standard = image2tensor.normalize(x)
    assert torch.equal(standard, transforms.Normalize((0.1307,), (0.3081,))(x))
    image2tensor.compare_with_torchvision(image, standard)
    standard[0, 4, 6] -= 0.25
    image2tensor.compare_with_torchvision(image, standard)
    same, other = capsys.readouterr().out.splitlines()
    assert same == "largest difference from torchvision's ToTensor and Normalize: 0"
    assert float(other.split()[-1]) == pytest.approx(0.25, abs=1e-6)


def test_channels_come_first_and_keep_their_place():
    image = picture("RGB")
    x = image2tensor.picture_to_tensor(image)
    for c, row, column in ((0, 4, 6), (1, 0, 3), (2, 2, 0)):
        assert x[c, row, column].item() == pytest.approx(image.getpixel((column, row))[c] / 255)


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "I", "F", "CMYK", "LA"])
def test_a_picture_whose_values_are_not_brightness_is_refused(mode):
    """Black and white as 0 and 1 would be nearly black; a palette holds numbers of colours."""
    with pytest.raises(BadInput, match=f"expected a picture in L, RGB or RGBA, got {mode}"):
        image2tensor.picture_to_tensor(Image.new(mode, (3, 2)))


def test_a_file_of_the_reader(small_data, tmp_path, capsys):
    small_data(image2tensor)
    image = picture("RGB")
    image.save(tmp_path / "picture.png")
    result = image2tensor.main(file=str(tmp_path / "picture.png"))
    assert (result["picture"].numpy() == np.array(image)).all()
    assert torch.equal(result["standard"], (result["picture"].permute(2, 0, 1) / 255 - 0.1307)
                       / 0.3081)
    out = capsys.readouterr().out
    assert "(3, 5, 7)" in out and "(5, 7, 3)" in out and "Normalize: 0\n" in out


@pytest.fixture(scope="module")
def result():
    return image2tensor.main()


def test_the_famous_two_numbers(result):
    assert (round(result["mean"], 4), round(result["std"], 4)) == (0.1307, 0.3081)
    counts = result["counts"].double()      # of each byte: the same two numbers, another way
    values = torch.arange(256, dtype=torch.double) / 255
    mean = (counts * values).sum() / counts.sum()
    assert counts.sum() == 60_000 * 28 * 28
    assert result["mean"] == pytest.approx(mean.item(), abs=1e-6)
    std = ((counts * (values - mean) ** 2).sum() / counts.sum()).sqrt()
    assert result["std"] == pytest.approx(std.item(), abs=1e-6)


def test_the_figure_shows_the_picture_and_where_the_pixels_are(result):
    figure = image2tensor.draw(result)
    plt.close(figure)
    left, right = figure.axes
    assert (left.images[0].get_array() == result["picture"].numpy()).all()
    counts, edges, _ = right.patches[0].get_data()
    shares = counts / counts.sum()
    middle = (edges[1:] + edges[:-1]) / 2           # the standardised values of the 256 bytes
    assert (shares * middle).sum() == pytest.approx(0, abs=1e-3)
    assert (shares * middle**2).sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("broken", [
    "raise ImportError('gone')", "raise RuntimeError('operator torchvision::nms does not exist')"])
def test_without_torchvision_only_the_comparison_is_missing(broken, small_data, tmp_path,
                                                            monkeypatch, capsys):
    (tmp_path / "torchvision.py").write_text(broken, encoding="utf-8")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    small_data(image2tensor)
    image2tensor.main()
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert sum(line.startswith("comparison skipped") for line in lines) == 1
    assert re.fullmatch(r"training pixels: mean \S+, std \S+", lines[-1])
