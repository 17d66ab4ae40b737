"""Picture to tensor: bytes (H, W, C) to floats (C, H, W) in [0, 1] to mean 0 and deviation 1.

    ToTensor:  x = bytes / 255, channels first        Normalize:  x = (x - mean) / std

mean and std are two numbers for the whole data set: those of all training pixels. Normalize
standardises; the pixels are no more normally distributed afterwards than before (see the figure).

Run:   python liuer/image2tensor.py --file my_picture.png      (without --file: a digit of MNIST)
See:   training pixels: mean 0.1314, std 0.3091
Notes: liuer/README.md, lecture 9
"""

import numpy as np
import torch
from PIL import Image

from utils import BadInput, flags, load_mnist, show


def read_picture(path):
    """The picture as 8-bit gray or RGB. Raises BadInput where it is none."""
    try:
        with Image.open(path) as image:
            image.load()        # open reads the header only: a cut file shows itself here
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError,
            Image.DecompressionBombWarning) as error:
        raise BadInput(f"{path}: expected a picture (PNG, JPEG, ...), got: {error}") from None
    if image.mode.startswith(("I", "F")):
        raise BadInput(f"{path}: expected 8 bits a channel, got mode {image.mode}; save it as "
                       "8-bit PNG or JPEG")
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def to_tensor(image):
    """PIL image, (H, W) gray or (H, W, C) colour bytes -> float (C, H, W) in [0, 1]."""
    pixels = torch.from_numpy(np.array(image))          # (H, W) or (H, W, C)  uint8
    if pixels.ndim == 2:
        pixels = pixels.unsqueeze(2)                    # (H, W, 1)
    return pixels.permute(2, 0, 1).contiguous().float().div(255)        # (C, H, W)


def standardise(x, mean, std):
    return x.sub(mean).div(std)


def compare(image, x, mean, std):
    """The largest difference from torchvision's ToTensor and Normalize; None without it."""
    try:
        from torchvision import transforms
    except Exception as error:      # ImportError, or what a torchvision for another torch raises
        print(f"comparison skipped: torchvision cannot be imported ({error})".replace("\n", " "))
        return None
    both = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))])
    difference = (both(image) - x).abs().max().item()
    print(f"largest difference from torchvision's ToTensor and Normalize: {difference:g}")
    return difference


def describe(name, x):
    print(f"{name:13}{str(tuple(x.shape)):15} {str(x.dtype).removeprefix('torch.'):8}"
          f" {x.min():8.4f} to {x.max():8.4f}, mean {x.float().mean():8.4f}")


def main(file=None, shipped=False):
    """Turn a picture into a standardised tensor, step by step; return the tensors, mean and std.

    file: a picture, PNG or JPEG; without one the first training digit
    shipped: take the 10,000 digits that ship, also where the full MNIST is there
    """
    images, labels, _, _, part = load_mnist(shipped)                    # (N, 28, 28) uint8
    pixels = images.float().div(255)
    mean, std = pixels.mean().item(), pixels.std().item()

    if file is None:
        image = Image.fromarray(images[0].numpy())
        print(f"picture: the first training digit, a {labels[0]}; --file PATH takes your own")
    else:
        image = read_picture(file)
    raw = torch.from_numpy(np.array(image))     # (H, W) or (H, W, C): PIL and NumPy put C last
    x = to_tensor(image)
    standard = standardise(x, mean, std)
    describe("picture", raw)
    describe("ToTensor", x)
    describe("Normalize", standard)
    difference = compare(image, standard, mean, std)
    digits = standardise(pixels, mean, std)
    print(f"all {len(images):,} training digits, standardised: mean {digits.mean().abs():.4f}, "
          f"std {digits.std():.4f}")
    if part == "held-out":
        print("using the digits that ship; for the full MNIST: python data/download.py mnist")
    print(f"training pixels: mean {mean:.4f}, std {std:.4f}")
    return {"picture": raw, "x": x, "standard": standard, "mean": mean, "std": std,
            "difference": difference, "digits": digits}


def draw(result):
    """The picture, and how its pixels and those of all digits spread before and after."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained",
                                         width_ratios=[1, 1.3])
    left.imshow(result["picture"].numpy(), cmap="gray")
    left.set_title(f"{tuple(result['picture'].shape)} to {tuple(result['standard'].shape)}")
    digits, bins = result["digits"].numpy(), np.linspace(-0.5, 3, 71)
    counts, _ = np.histogram(digits, bins)
    right.stairs(counts / digits.size, bins, fill=True, label="training digits, standardised")
    z = np.linspace(-0.5, 3, 200)
    normal = np.exp(-z**2 / 2) / np.sqrt(2 * np.pi)
    right.plot(z, normal * (bins[1] - bins[0]), color="tab:red",
               label="a normal distribution, for comparison")
    right.set(xlabel="value", ylabel="share of pixels", yscale="log",
              title="mean 0 and deviation 1, but not normal")
    right.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "image2tensor")
