"""Picture to tensor: bytes (H, W, C) to floats (C, H, W) in [0, 1] to mean 0 and deviation 1.

    ToTensor:  x = bytes / 255, channels first        Normalize:  x = (x - mean) / std

Run:    python liuer/image2tensor.py --file my_picture.png      (without --file: a digit of MNIST)
Prints: training pixels: mean 0.1307, std 0.3081
Notes:  liuer/README.md, lecture 9
"""

import numpy as np
import torch
from PIL import Image

from files import read_picture
from utils import BadInput, load_mnist, settings, show


def picture_to_tensor(image):
    """PIL image, (H, W) gray or (H, W, C) colour bytes -> float (C, H, W) in [0, 1]."""
    if image.mode not in ("L", "RGB", "RGBA"):          # of others a value is not 0 to 255
        raise BadInput(f"expected a picture in L, RGB or RGBA, got {image.mode}: see convert()")
    pixels = torch.from_numpy(np.array(image))          # (H, W) or (H, W, C)  uint8
    if pixels.ndim == 2:
        pixels = pixels.unsqueeze(2)                    # (H, W, 1)
    x = pixels.permute(2, 0, 1).contiguous()            # (C, H, W)
    return x / 255


def normalize(x, mean=0.1307, std=0.3081):
    return (x - mean) / std


def compare_with_torchvision(image, x):
    """Print the largest difference of x from what torchvision makes of the image."""
    try:
        from torchvision import transforms
    except Exception as error:      # ImportError, or what a torchvision for another torch raises
        reason = str(error).split("\n")[0]
        print(f"comparison skipped: torchvision cannot be imported ({reason})")
        return
    transform = transforms.Compose([            # the lecture's
        transforms.ToTensor(),
        transforms.Normalize((0.1307,), (0.3081,)),
    ])
    difference = (transform(image) - x).abs().max().item()
    print(f"largest difference from torchvision's ToTensor and Normalize: {difference:g}")


def describe_tensor(name, x):
    kind = str(x.dtype).removeprefix("torch.")
    print(f"{name:13}{str(tuple(x.shape)):15} {kind:8}"
          f" {x.min():8.4f} to {x.max():8.4f}, mean {x.float().mean():8.4f}")


def main(file=None):
    """Turn a picture into a standardised tensor, step by step; return it, and MNIST's mean and std.

    file: a picture, PNG or JPEG; without one the first training digit
    """
    image = read_picture(file) if file else None
    x_train, y_train, _, _ = load_mnist()           # (N, 28, 28) uint8, (N,)
    if image is None:
        image = Image.fromarray(x_train[0].numpy())
        print(f"picture: the first training digit, a {y_train[0]}; --file PATH takes your own")

    picture = torch.from_numpy(np.array(image))     # (H, W) or (H, W, C): PIL and NumPy put C last
    x = picture_to_tensor(image)                            # (C, H, W)
    standard = normalize(x)                         # (C, H, W)
    describe_tensor("picture", picture)
    describe_tensor("ToTensor", x)
    describe_tensor("Normalize", standard)
    compare_with_torchvision(image, standard)

    pixels = x_train / 255                          # (N, 28, 28)  all of them at once
    mean, std = pixels.mean().item(), pixels.std().item()
    print(f"training pixels: mean {mean:.4f}, std {std:.4f}")
    counts = x_train.flatten().bincount(minlength=256)      # (256,)  pixels of each byte
    return {"picture": picture, "standard": standard, "mean": mean, "std": std, "counts": counts}


def draw(result):
    """The picture, and how often each standardised value stands in the training digits."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    left.imshow(result["picture"].numpy(), cmap="gray")
    left.axis("off")
    edges = (torch.arange(257) - 0.5) / 255         # byte k reaches from k - 0.5 to k + 0.5
    right.stairs(result["counts"].numpy(), normalize(edges).numpy(), fill=True)
    right.set_title("all training digits: mean 0, std 1, but not normal")
    right.set(xlabel="standardised value", ylabel="pixels", yscale="log")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "image2tensor")
