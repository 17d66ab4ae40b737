"""From picture to tensor: equal to torchvision, and clear where the picture is none."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import image2tensor
import lesson9
from conftest import LIUER
from utils import DATA, BadInput, load_mnist

FULL = (DATA / "MNIST" / "raw").is_dir()


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
    normalize = transforms.Normalize((0.1307,), (0.3081,))
    assert torch.equal(image2tensor.standardise(x, 0.1307, 0.3081), normalize(x))


def test_channels_come_first_and_keep_their_place(tmp_path):
    path, pixels = picture(tmp_path, "RGB")
    x = image2tensor.to_tensor(image2tensor.read_picture(path))
    for c, row, column in ((0, 4, 6), (1, 0, 3), (2, 2, 0)):
        assert x[c, row, column].item() == pytest.approx(pixels[row, column, c] / 255)


def test_all_digits_standardised_once_equal_torchvision_sample_by_sample():
    """What lessons 9 to 11 do with all images at once is what the lecture does with each."""
    from torchvision import transforms

    images = load_mnist(shipped=True)[0]
    transform = transforms.Compose([transforms.ToTensor(),
                                    transforms.Normalize((0.1307,), (0.3081,))])
    one_by_one = torch.stack([transform(Image.fromarray(image.numpy())) for image in images])
    assert torch.equal(lesson9.standardise(images), one_by_one)


def test_a_file_on_the_command_line(run_script, tmp_path):
    run = run_script("image2tensor.py", "--shipped", "--file", picture(tmp_path, "RGB")[0])
    assert (run.stderr, run.returncode) == ("", 0)
    assert "(3, 5, 7)" in run.stdout and "(5, 7, 3)" in run.stdout
    assert "Normalize: 0\n" in run.stdout, "the difference from torchvision"


def test_mean_and_std_of_the_training_pixels(capsys):
    result = image2tensor.main(shipped=True)
    pixels = load_mnist(shipped=True)[0].double() / 255
    assert result["mean"] == pytest.approx(pixels.mean().item(), abs=1e-5)
    assert result["std"] == pytest.approx(pixels.std().item(), abs=1e-5)
    assert result["standard"].shape == (1, 28, 28) and result["difference"] == 0
    assert result["digits"].mean().item() == pytest.approx(0, abs=1e-4)
    assert result["digits"].std().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.full_mnist
@pytest.mark.skipif(not FULL, reason="needs the full MNIST in data/MNIST")
def test_the_famous_two_numbers(capsys):
    result = image2tensor.main()
    assert (round(result["mean"], 4), round(result["std"], 4)) == (0.1307, 0.3081)
    assert (result["mean"], result["std"]) == pytest.approx((lesson9.MEAN, lesson9.STD), abs=5e-5)


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
    run = run_script("image2tensor.py", "--shipped", "--file", bad_file(tmp_path, "text"))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1 and run.stderr.startswith("image2tensor.py: ")


@pytest.mark.parametrize("broken", [
    "raise ImportError('gone')", "raise RuntimeError('operator torchvision::nms does not exist')"])
def test_without_torchvision_only_the_comparison_is_missing(tmp_path, broken):
    (tmp_path / "torchvision.py").write_text(broken, encoding="utf-8")
    code = "import image2tensor; image2tensor.main(shipped=True)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True,
                         text=True, env={"PYTHONPATH": f"{tmp_path}:{LIUER}", "PATH": "",
                                         "OMP_NUM_THREADS": "1"})
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("comparison skipped") == 1
    assert run.stdout.endswith("std 0.3091\n")
