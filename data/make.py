"""Rebuild the data sets that come from a package, or unpack MNIST for torchvision.

    python data/make.py mnist FOLDER         data/mnist.npz from the four official MNIST files
    python data/make.py breast_cancer        data/breast_cancer.csv from scikit-learn's copy
    python data/make.py alice TEXT.PHP       data/alice.txt from Debian's package php-faker
    python data/make.py unpack               data/MNIST/raw: the four official files, out of
                                             mnist.npz, where datasets.MNIST("data") finds them

Where the packages are to be had, and what changes on the way, is told in data/README.md. A set is
written only where it is the one that ships: by its sha256 there, or MNIST by the md5 of its files.
"""

import hashlib
import io
import os
import re
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent
MD5 = {"train-images": "6bbc9ace898e44ae57da46a324031adb",
       "train-labels": "a25bea736e30d166cdddb491f175f624",
       "t10k-images": "2646ac647ad5339dbf082846283269ea",
       "t10k-labels": "27ae3e4e09519cfbb04c329615203637"}
FEATURES = ["mean radius", "mean texture", "mean smoothness", "mean compactness",
            "mean concavity", "mean concave points", "mean symmetry", "mean fractal dimension"]


def checksum(name):
    """The sha256 that data/README.md lists for a file."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    return re.search(rf"^([0-9a-f]{{64}})  {re.escape(name)}$", text, re.MULTILINE)[1]


def write(path, content, sha256=None):
    """Write bytes, whole or not at all. Raises ValueError where the sha256 is another."""
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        raise ValueError(f"expected sha256 {sha256}, got {found}: another version of the source?")
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    os.replace(beside, path)
    print(f"{path} | {len(content):,} bytes | sha256 {found}")


def read_idx(folder, part, kind):
    """One official MNIST file: images (N, 28, 28) or labels (N,), uint8. The format is on
    http://yann.lecun.com/exdb/mnist/: a magic number and the sizes, big-endian, then the bytes."""
    path = next(Path(folder).glob(f"{part}-{kind}[.-]idx*-ubyte"))
    content = path.read_bytes()
    if hashlib.md5(content).hexdigest() != MD5[f"{part}-{kind}"]:
        raise ValueError(f"{path} is not the official file: its md5 is another")
    dimensions = content[3]
    shape = struct.unpack(f">{dimensions}i", content[4:4 + 4 * dimensions])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def make_mnist(folder):
    """The four official files as one .npz with the names that Keras uses. Its bytes depend on the
    content and on zlib, but not on the time of day, which np.savez would write."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part, kind in (("x_train", "train", "images"), ("y_train", "train", "labels"),
                                 ("x_test", "t10k", "images"), ("y_test", "t10k", "labels")):
            array = io.BytesIO()
            np.lib.format.write_array(array, read_idx(folder, part, kind))
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, array.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def unpack():
    """The four official files, byte by byte, out of mnist.npz."""
    raw = DATA / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    with np.load(DATA / "mnist.npz") as file:
        for part, name in (("train", "train"), ("test", "t10k")):
            images, labels = file[f"x_{part}"], file[f"y_{part}"]
            write(raw / f"{name}-images-idx3-ubyte",
                  struct.pack(">4i", 2051, *images.shape) + images.tobytes())
            write(raw / f"{name}-labels-idx1-ubyte",
                  struct.pack(">2i", 2049, *labels.shape) + labels.tobytes())


def make_breast_cancer():
    """569 rows without a header: eight features as they were measured, and the label, 1 for
    benign."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    names = list(table.feature_names)
    columns = [names.index(name) for name in FEATURES]
    lines = []
    for row, label in zip(table.data[:, columns], table.target, strict=True):
        fields = [str(value) for value in row.tolist()]     # the shortest text of each number
        lines.append(",".join([*fields, str(label)]) + "\n")
    return "".join(lines).encode("ascii")


def make_alice(php):
    """The book between CHAPTER I and THE END. Left out: stanzas of later editions, in square
    brackets in chapter X; rows of asterisks; the underscores around an italic I."""
    source = Path(php).read_text(encoding="utf-8")
    text = re.search(r"<<<'EOT'\n(CHAPTER I\. .*?\n +THE END)\nEOT;", source, re.DOTALL)[1]
    text = re.sub(r"(?m)^ *\[later editions continued as follows\n[^\]]*\]\n", "", text)
    text = re.sub(r"(?m)^[ *]+\n", "\n", text).replace("_I_", "I")
    return (re.sub(r"\n{3,}", "\n\n", text) + "\n").encode("ascii")


SETS = {"mnist": ("mnist.npz", make_mnist), "alice": ("alice.txt", make_alice),
        "breast_cancer": ("breast_cancer.csv", make_breast_cancer)}     # file, how it is made

if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or [""]
    if name == "unpack" and not arguments:
        unpack()
    elif name in SETS and len(arguments) == (name != "breast_cancer"):
        file, make = SETS[name]
        try:
            sha256 = None if name == "mnist" else checksum(file)    # it compares md5 sums itself
            write(DATA / file, make(*arguments), sha256)
        except (OSError, ImportError, ValueError, StopIteration, TypeError) as error:
            reason = str(error) or "the source is not what data/README.md describes"
            sys.exit(f"make.py: {name}: {reason}. Nothing was written.")
    else:
        sys.exit(__doc__)
