"""What the lessons share, and nothing that is a lesson: where files live, settings, MNIST, figures.

Importing this file imports neither torch nor torchvision nor pyplot, so lessons 2 and 3 start at
once; each is imported where it is needed.
"""

import argparse
import gzip
import inspect
import math
import re
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
IMAGES = ROOT / "images"


class BadInput(ValueError):
    """A user's mistake. A script shows its message as one line, without a traceback."""


# ---------------------------------------------------------------------------------- settings
def flags(main):
    """Read `--name value` for each keyword of main from the command line; return a dict.

    The type is that of the default (None: a string; False: a switch). `--help` shows each
    setting's line in main's docstring, `name: meaning`. A limit written there holds:
    `epochs: passes over the data, >= 1` turns `--epochs 0` into one clear line.
    """
    sys.excepthook = one_line
    meanings = dict(re.findall(r"^ +(\w+): (.+)$", main.__doc__ or "", re.MULTILINE))
    parser = Parser(description=(main.__doc__ or "").split("\n")[0], allow_abbrev=False)
    for name, parameter in inspect.signature(main).parameters.items():
        default, meaning = parameter.default, meanings.get(name, "")
        names = dict.fromkeys([f"--{name}", f"--{name.replace('_', '-')}"])
        text = f"{meaning} (default: {default})".replace("%", "%%")
        if default is False:
            parser.add_argument(*names, action="store_true", help=text)
        else:
            read = checked(type(default) if default is not None else str, meaning)
            parser.add_argument(*names, dest=name, type=read, default=default, help=text,
                                metavar=read.__name__.upper())
    return vars(parser.parse_args())


def checked(kind, meaning):
    """A reader of one setting: its type is kind, its limits stand in meaning (`>= 1`, `< 1`)."""
    limits = re.findall(r"([<>]=?) (-?[\d.]+)", meaning)
    wanted = " and ".join(f"{sign} {bound}" for sign, bound in limits)

    def read(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or (kind is float and not math.isfinite(value)) or not all(
                {">=": value >= float(bound), ">": value > float(bound),
                 "<=": value <= float(bound), "<": value < float(bound)}[sign]
                for sign, bound in limits):
            number = {int: "a whole number", float: "a number"}.get(kind, "a text")
            raise argparse.ArgumentTypeError(f"expected {number} {wanted}".strip()
                                             + f", got {text!r} (--help lists the settings)")
        return value

    read.__name__ = kind.__name__
    return read


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line, where argparse would print the usage of every setting first."""
        message = re.sub(r"^argument (--\w+)\S*:", r"\1:", message)
        self.exit(2, f"{self.prog}: {message}\n")


def one_line(kind, error, traceback):
    """sys.excepthook: a BadInput is shown as one line; anything else keeps its traceback."""
    if issubclass(kind, (BadInput, KeyboardInterrupt)):
        print(f"{Path(sys.argv[0]).name}: {error if str(error) else 'stopped'}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


# ------------------------------------------------------------------------------------- MNIST
def load_mnist(shipped=False, data=DATA):
    """The digits, as they are stored.

    With the four official files in data/MNIST/raw: 60,000 to train and the 10,000 of the test set.
    Without them, or with shipped=True: the 10,000 that ship (the first 10,000 of the official
    training file), 9,000 to train and the last 1,000 held out.

    Returns x_train (N, 28, 28) uint8, y_train (N,) int64, x_test, y_test alike, and the name of
    the second part: "test" or "held-out". Raises BadInput for a file that is missing, damaged or
    another file than its name says.
    """
    import torch

    raw = data / "MNIST" / "raw"
    if raw.is_dir() and not shipped:
        arrays = [read_idx(raw, f"{part}-{kind}-ubyte", magic, count)
                  for part, count in (("train", 60_000), ("t10k", 10_000))
                  for kind, magic in (("images-idx3", 2051), ("labels-idx1", 2049))]
        part = "test"
    else:
        path = data / "mnist_10k.npz"
        try:
            with path.open("rb") as stream, np.load(stream) as file:
                images, labels = file["images"], file["labels"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise BadInput(f"{path}: expected the 10,000 digits that ship with the lessons, got "
                           f"{type(error).__name__}: {error}; check the file out again") from None
        if images.shape != (10_000, 28, 28) or labels.shape != (10_000,) or labels.max() > 9:
            raise BadInput(f"{path}: expected 10,000 images of 28x28 and their labels 0-9, got "
                           f"{images.shape} and {labels.shape}; check the file out again")
        arrays = [images[:9000], labels[:9000], images[9000:], labels[9000:]]
        part = "held-out"
    x_train, y_train, x_test, y_test = map(torch.from_numpy, arrays)
    return x_train, y_train.long(), x_test, y_test.long(), part


def read_idx(folder, name, magic, count):
    """One IDX file (or its .gz): images (count, 28, 28) or labels (count,), uint8. See
    http://yann.lecun.com/exdb/mnist/ for the format; big-endian magic, counts, then bytes."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), folder / name)
    shape = (count, 28, 28) if magic == 2051 else (count,)
    remedy = "remove data/MNIST and run: python data/download.py mnist"
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        got = "no such file" if isinstance(error, FileNotFoundError) else error
        raise BadInput(f"{path}: expected an MNIST file, got: {got}; {remedy}") from None
    header, values = content[:4 * (1 + len(shape))], content[4 * (1 + len(shape)):]
    found = np.frombuffer(header[:len(header) // 4 * 4], dtype=">i4").tolist()
    if found != [magic, *shape]:
        raise BadInput(f"{path}: expected the IDX header {[magic, *shape]}, got {found}; {remedy}")
    if len(values) != math.prod(shape):
        raise BadInput(f"{path}: expected {math.prod(shape):,} bytes after the header, "
                       f"got {len(values):,}; {remedy}")
    array = np.frombuffer(values, dtype=np.uint8).reshape(shape).copy()  # torch wants it writable
    if magic == 2049 and array.max() > 9:
        raise BadInput(f"{path}: expected labels 0 to 9, got {array.max()}; {remedy}")
    return array


# ----------------------------------------------------------------------------------- figures
def plot_curve(values, xlabel="epoch", ylabel="loss"):
    """A figure of one curve (a list, one value an epoch) or of several (a dict label: list)."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    curves = values if isinstance(values, dict) else {None: values}
    for label, curve in curves.items():
        axes.plot(range(1, len(curve) + 1), curve, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    if None not in curves:
        axes.legend()
    return figure


def show(figure, name):
    """Write the figure to images/run/NAME.png; open a window where there is a display."""
    import matplotlib.pyplot as plt

    path = IMAGES / "run" / f"{name}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise BadInput(f"{path}: the figure could not be written: {error}") from None
    if figure.canvas.required_interactive_framework:  # None where pyplot only draws to files
        plt.show()
    plt.close(figure)
