"""Picture to tensor: bytes (H, W, C) to floats (C, H, W) in [0, 1] to mean 0 and deviation 1.

    ToTensor:  x = bytes / 255, channels first        Normalize:  x = (x - mean) / std

Run:   python liuer/image2tensor.py --file my_picture.png      (without --file: a digit of MNIST)
See:   training pixels: mean 0.1307, std 0.3081
Notes: liuer/README.md, lecture 9
"""

import re
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from utils import MEAN, STD, BadInput, flags, load_mnist, show  # liuer/utils.py

PIXELS = 50_000_000     # at most: 600 MB as floats in three channels
KINDS = {               # files that people take for pictures, by their first bytes
    rb"....ftyp(hei|hev|mif|msf)": "HEIC, as phones take it", rb"....ftypavi": "AVIF",
    rb"....ftyp": "a video", rb"%PDF": "a PDF", rb"(<\?xml.*|\s*|<!--.*)<svg": "an SVG drawing",
    rb"\s*<(!doctype|html|head)": "a web page", rb"PK": "a zip archive", rb"$": "an empty file",
}


def kind_of(path):
    """What a file is that Pillow does not know."""
    with open(path, "rb") as file:
        start = file.read(500)
    return next((name for pattern, name in KINDS.items()
                 if re.match(pattern, start, re.DOTALL | re.IGNORECASE)), "another kind of file")


def read_picture(path):
    """The picture as 8-bit gray or RGB, upright, what is transparent white. Raises BadInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # of large pictures, of damaged notes about a photo
            with Image.open(path) as file:
                if file.width * file.height > PIXELS:
                    raise ValueError(f"{file.width} x {file.height} pixels: make it smaller")
                image = ImageOps.exif_transpose(file)       # turned as the camera was held
    except UnidentifiedImageError:
        raise BadInput(f"{path}: expected a picture, got {kind_of(path)}; save it as PNG or JPEG"
                       ) from None
    except Exception as error:      # Pillow's readers have a dozen kinds
        got = getattr(error, "strerror", None) or error     # "No such file or directory"
        raise BadInput(f"{path}: expected a picture (PNG, JPEG, ...), got: {got}") from None
    if image.mode.startswith(("I", "F")):
        raise BadInput(f"{path}: expected 8 bits a channel, got {image.mode}; save as 8-bit PNG")
    paper = Image.new("RGBA", image.size, "white")
    on_paper = Image.alpha_composite(paper, image.convert("RGBA"))
    return on_paper.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def to_tensor(image):
    """PIL image, (H, W) gray or (H, W, C) colour bytes -> float (C, H, W) in [0, 1]."""
    if image.mode not in ("L", "RGB", "RGBA"):          # of others a value is not 0 to 255
        raise BadInput(f"expected a picture in L, RGB or RGBA, got {image.mode}: see convert()")
    pixels = torch.from_numpy(np.array(image))          # (H, W) or (H, W, C)  uint8
    if pixels.ndim == 2:
        pixels = pixels.unsqueeze(2)                    # (H, W, 1)
    return pixels.permute(2, 0, 1).contiguous().float().div(255)        # (C, H, W)


def standardise(x):
    return x.sub(MEAN).div(STD)


def compare(image, x):
    """The largest difference from torchvision's ToTensor and Normalize; None without it."""
    try:
        from torchvision import transforms
    except Exception as error:      # ImportError, or what a torchvision for another torch raises
        print(f"comparison skipped: torchvision cannot be imported ({error})".replace("\n", " "))
        return None
    both = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    difference = (both(image) - x).abs().max().item()
    print(f"largest difference from torchvision's ToTensor and Normalize: {difference:g}")
    return difference


def describe(name, x):
    print(f"{name:13}{str(tuple(x.shape)):15} {str(x.dtype).removeprefix('torch.'):8}"
          f" {x.min():8.4f} to {x.max():8.4f}, mean {x.float().mean():8.4f}")


def main(file=None):
    """Turn a picture into a standardised tensor, step by step; return the tensors, mean and std.

    file: a picture, PNG or JPEG; without one the first training digit
    """
    image = read_picture(file) if file else None
    x_train, y_train, _, _ = load_mnist()                           # (N, 1, 28, 28) float32
    digits = (x_train.squeeze(1) * STD + MEAN).mul(255).round().byte()      # back to 0..255
    if image is None:
        image = Image.fromarray(digits[0].numpy())
        print(f"picture: the first training digit, a {y_train[0]}; --file PATH takes your own")

    picture = torch.from_numpy(np.array(image))     # (H, W) or (H, W, C): PIL and NumPy put C last
    x = to_tensor(image)                            # (C, H, W)
    standard = standardise(x)                       # (C, H, W)
    describe("picture", picture)
    describe("ToTensor", x)
    describe("Normalize", standard)
    difference = compare(image, standard)

    pixels = digits.float().div(255)                # (N, 28, 28)
    equal = torch.equal(standardise(pixels).unsqueeze(1), x_train)
    print(f"all {len(digits):,} training digits at once, equal to load_mnist's: {equal}")
    mean, std = pixels.mean().item(), pixels.std().item()
    print(f"training pixels: mean {mean:.4f}, std {std:.4f}")
    counts = digits.flatten().bincount(minlength=256)       # (256,)  pixels of each byte
    return {"picture": picture, "x": x, "standard": standard, "difference": difference,
            "equal": equal, "mean": mean, "std": std, "counts": counts}


def draw(result):
    import matplotlib.pyplot as plt
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.imshow(result["picture"].numpy(), cmap="gray")
    edges = standardise((torch.arange(257) - 0.5) / 255)    # byte k reaches from k - 0.5 to k + 0.5
    right.stairs(result["counts"].numpy(), edges.numpy(), fill=True)
    right.set_title("all training digits: mean 0, std 1, but not normal")
    right.set(xlabel="standardised value", ylabel="pixels", yscale="log")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "image2tensor")
