"""From picture to tensor: equal to torchvision, and clear where the picture is none."""

import re
import sys
import zlib

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

import image2tensor
from utils import MEAN, STD, BadInput


def picture(tmp_path, mode, name="picture.png", size=(7, 5)):
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], bands), np.uint8)
    path = tmp_path / name
    Image.fromarray(pixels.squeeze(), mode=None).save(path)
    return path, pixels


@pytest.mark.parametrize(("mode", "name", "shape"), [
    ("L", "gray.png", (1, 5, 7)), ("RGB", "colour.png", (3, 5, 7)), ("RGB", "c.jpg", (3, 5, 7)),
    ("RGBA", "clear.png", (3, 5, 7)), ("LA", "graya.png", (1, 5, 7))])
def test_equals_totensor_and_normalize(tmp_path, mode, name, shape):
    from torchvision import transforms

    image = image2tensor.read_picture(picture(tmp_path, mode, name)[0])
    x = image2tensor.to_tensor(image)
    assert x.shape == shape and x.dtype == torch.float32 and x.min() >= 0 and x.max() <= 1
    assert torch.equal(x, transforms.ToTensor()(image))
    standard = image2tensor.standardise(x)
    assert torch.equal(standard, transforms.Normalize((0.1307,), (0.3081,))(x))
    assert image2tensor.compare(image, standard) == 0
    standard[0, 4, 6] -= 0.25
    assert image2tensor.compare(image, standard) == pytest.approx(0.25, abs=1e-6)


def test_channels_come_first_and_keep_their_place(tmp_path):
    path, pixels = picture(tmp_path, "RGB")
    x = image2tensor.to_tensor(image2tensor.read_picture(path))
    for c, row, column in ((0, 4, 6), (1, 0, 3), (2, 2, 0)):
        assert x[c, row, column].item() == pytest.approx(pixels[row, column, c] / 255)


def test_what_is_transparent_becomes_white_paper(tmp_path):
    """A drawing program's picture: black ink on nothing. Half transparent ink is gray."""
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, 1, 3], pixels[1, 2, 3] = 255, 128
    for mode in ("RGBA", "LA"):
        Image.fromarray(pixels).convert(mode).save(tmp_path / "ink.png")
        x = image2tensor.to_tensor(image2tensor.read_picture(tmp_path / "ink.png"))
        assert x[0].mul(255).round().tolist() == [[255, 0, 255], [255, 255, 127]]


@pytest.mark.parametrize(("orientation", "wanted"), [
    (1, [[0, 50, 100], [150, 200, 250]]), (3, [[250, 200, 150], [100, 50, 0]]),
    (6, [[150, 0], [200, 50], [250, 100]])])
def test_a_picture_is_turned_as_the_camera_was_held(tmp_path, orientation, wanted):
    image = Image.fromarray(np.array([[0, 50, 100], [150, 200, 250]], np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)
    assert np.array(image2tensor.read_picture(tmp_path / "turned.png")).tolist() == wanted


def test_a_file_of_the_reader(small_data, tmp_path, capsys):
    small_data(image2tensor)
    path, pixels = picture(tmp_path, "RGB")
    result = image2tensor.main(file=str(path))
    assert (result["picture"].numpy() == pixels).all() and result["standard"].shape == (3, 5, 7)
    out = capsys.readouterr().out
    assert "(3, 5, 7)" in out and "(5, 7, 3)" in out
    assert "Normalize: 0\n" in out, "the difference from torchvision"


@pytest.fixture(scope="module")
def result():
    return image2tensor.main()


def test_the_famous_two_numbers(result, run_script):
    assert (round(result["mean"], 4), round(result["std"], 4)) == (MEAN, STD) == (0.1307, 0.3081)
    last = run_script("image2tensor.py").stdout.rstrip("\n").split("\n")[-1]
    assert last == f"training pixels: mean {result['mean']:.4f}, std {result['std']:.4f}"
    counts = result["counts"].double()      # of each byte: the same two numbers, another way
    values = torch.arange(256, dtype=torch.double) / 255
    mean = (counts * values).sum() / counts.sum()
    assert counts.sum() == 60_000 * 28 * 28
    assert result["mean"] == pytest.approx(mean.item(), abs=1e-6)
    std = ((counts * (values - mean) ** 2).sum() / counts.sum()).sqrt()
    assert result["std"] == pytest.approx(std.item(), abs=1e-6)


def test_load_mnist_prepares_all_digits_like_the_first(result):
    assert result["equal"] is True and result["difference"] == 0
    assert result["standard"].shape == result["x"].shape == (1, 28, 28)
    assert torch.equal(result["x"][0], result["picture"] / 255)


def test_the_figure_shows_the_picture_and_where_the_pixels_are(result):
    figure = image2tensor.draw(result)
    plt.close(figure)
    left, right = figure.axes
    assert (left.images[0].get_array() == result["picture"].numpy()).all()
    counts, edges, _ = right.patches[0].get_data()
    assert counts.sum() == 60_000 * 28 * 28
    shares = counts / counts.sum()
    middle = (edges[1:] + edges[:-1]) / 2           # the standardised values of the 256 bytes
    assert (shares * middle).sum() == pytest.approx(0, abs=1e-3)
    assert (shares * middle**2).sum() == pytest.approx(1, abs=1e-3)


def bad_file(tmp_path, kind):
    path = tmp_path / "bad.png"
    if kind == "text":
        path.write_text("no picture", encoding="utf-8")
    elif kind == "empty":
        path.touch()
    elif kind == "cut":
        path.write_bytes(picture(tmp_path, "RGB", "whole.png", (60, 60))[0].read_bytes()[:3000])
    elif kind == "16 bit":
        Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(path)
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "16 bit", "folder", "missing"])
def test_an_unreadable_picture_raises(tmp_path, kind):
    with pytest.raises(BadInput, match="bad.png: expected .* got"):
        image2tensor.read_picture(bad_file(tmp_path, kind))


def test_an_unreadable_picture_gets_one_line(run_script, tmp_path):
    run = run_script("image2tensor.py", "--file", bad_file(tmp_path, "text"))
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr == (f"image2tensor.py: {tmp_path}/bad.png: expected a picture, got another "
                          "kind of file; save it as PNG or JPEG\n")


@pytest.mark.parametrize(("start", "name"), [
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"), (b"\0\0\0\x18ftypmp42", "a video"),
    (b"%PDF-1.7\n%\xe2\xe3", "a PDF"), (b"PK\3\4", "a zip archive"), (b"", "an empty file"),
    (b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg width="1"/>', "an SVG drawing"),
    (b"\n<!DOCTYPE html>\n<title>404</title>", "a web page"), (b"hello", "another kind of file"),
])
def test_what_is_no_picture_is_named_as_what_it_is(tmp_path, start, name):
    path = tmp_path / "picture.png"
    path.write_bytes(start)
    with pytest.raises(BadInput, match=f"picture.png: expected a picture, got {name}.*; save it"):
        image2tensor.read_picture(path)


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg"])
def test_a_picture_cut_at_every_tenth_is_refused(tmp_path, name):
    path = picture(tmp_path, "RGB", name, (60, 60))[0]
    whole = path.read_bytes()
    for tenth in range(10):
        path.write_bytes(whole[:len(whole) * tenth // 10])
        with pytest.raises(BadInput, match=f"{name}: expected a picture") as error:
            image2tensor.read_picture(path)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [(9000, 9000), (20000, 20000)])    # Pillow refuses one
def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path, size):
    path = tmp_path / "huge.png"
    Image.new("1", (1, 1)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(BadInput, match="huge.png: expected a picture .*pixels"):
        image2tensor.read_picture(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "RGB", "RGBA"])
def test_a_picture_of_any_mode_is_gray_or_rgb(tmp_path, mode):
    path = tmp_path / "picture.tiff"
    Image.new(mode, (2, 2)).save(path)
    assert image2tensor.read_picture(path).mode == ("L" if mode in ("1", "L", "LA") else "RGB")


@pytest.mark.parametrize("broken", [
    "raise ImportError('gone')", "raise RuntimeError('operator torchvision::nms does not exist')"])
def test_without_torchvision_only_the_comparison_is_missing(broken, small_data, tmp_path,
                                                            monkeypatch, capsys):
    (tmp_path / "torchvision.py").write_text(broken, encoding="utf-8")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    small_data(image2tensor)
    assert image2tensor.main()["difference"] is None
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert sum(line.startswith("comparison skipped") for line in lines) == 1
    assert re.fullmatch(r"training pixels: mean \S+, std \S+", lines[-1])


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "I", "F", "CMYK", "LA"])
def test_a_picture_whose_values_are_not_brightness_is_refused(mode):
    """Black and white as 0 and 1 would be nearly black; a palette holds numbers of colours."""
    with pytest.raises(BadInput, match=f"expected a picture in L, RGB or RGBA, got {mode}"):
        image2tensor.to_tensor(Image.new(mode, (3, 2)))
