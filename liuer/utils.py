"""What the lessons share, and no lesson: where files live, settings, data, figures."""

import argparse
import gzip
import hashlib
import inspect
import io
import operator
import os
import re
import sys
import tempfile
import zlib
from pathlib import Path
from traceback import walk_tb

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data"
IMAGES = DATA.with_name("images")

MEAN, STD = 0.1307, 0.3081      # of MNIST's training pixels in [0, 1], as image2tensor.py prints
MNIST_SHA256 = "ee068f36682cba7f38bafdedc77b0f873ebbcf877036f7ebde566966146ac146"
COMPARE = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
UNUSUAL = {";": "semicolons", "[\"']": "quotes", r"[^\W\de_]": "letters (a header?)", r",\s*$":
           "a comma at the end", r"(^|,)\s*(,|$)": "an empty field", r"^\d+,": "row numbers?",
           "": "too many, too few or odd numbers"}      # the first that is found in a line counts
NUMBERS = re.compile(r"(\s*[-+]?(\d+\.?|\d*\.\d+)(e[-+]?\d+)?\s*(,(?!$)|$))+", re.ASCII | re.I)


class BadInput(ValueError):
    """A user's mistake. A script shows its message as one line, without a traceback."""


def flags(main):
    """Read `--name value` for each keyword of main from the command line; return a dict.

    The type is that of the default (None: a string; False: a switch). The line on a setting in
    main's docstring is its help; a limit in it holds: `epochs: ..., >= 1` refuses `--epochs 0`.
    """
    sys.excepthook = one_line
    if hasattr(sys.stdout, "reconfigure"):      # a Chinese console has no ü: print ? for it
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    doc = inspect.getdoc(main) or sys.exit("start Python without -OO: it drops the settings' texts")
    meanings = dict(re.findall(r"^(\w+): (.+)$", doc, re.MULTILINE))
    parser = argparse.ArgumentParser(description=doc.split("\n")[0], allow_abbrev=False)

    def error(message):     # one line, where argparse would print the usage of every setting first
        message = re.sub(r"^argument (--\w+)\S*:", r"\1:", message)
        parser.exit(2, f"{parser.prog}: {message}\n")
    parser.error = error
    for name, parameter in inspect.signature(main).parameters.items():
        default, meaning = parameter.default, meanings[name]
        names = dict.fromkeys([f"--{name}", f"--{name.replace('_', '-')}"])
        text = f"{meaning} (default: {default})".replace("%", "%%")
        if default is False:
            parser.add_argument(*names, action="store_true", help=text)
        else:
            kind = str if default is None else type(default)
            parser.add_argument(*names, type=checked(kind, meaning), default=default, help=text,
                                metavar=kind.__name__.upper())
    typed = [] if sys.argv[0].endswith("kernel_launcher.py") else sys.argv[1:]  # [] in a notebook
    for i in reversed(range(1, len(typed))):
        if re.match(r"-(\d|\.|inf|nan)", typed[i]):     # to argparse -1e-3 is an option
            typed[i - 1:i + 1] = [f"{typed[i - 1]}={typed[i]}"]
    settings = vars(parser.parse_args(typed))
    use_threads(1)
    import matplotlib.pyplot as plt
    try:
        plt.switch_backend(plt.get_backend())
    except Exception as error:      # each way of opening windows fails in its own way
        print(f"no window can be opened ({error}): look at the figure's file")
        plt.switch_backend("agg")
    return settings


def checked(kind, meaning):
    """A reader of one setting: its type is kind, its limits stand in meaning (`>= 1`, `< 1`)."""
    limits = re.findall(r"([<>]=?) (-?[\d.]+)", meaning)
    wanted = {int: "a whole number", float: "a number", str: "a text"}[kind]
    wanted += " and".join(f" {sign} {bound}" for sign, bound in limits)

    def read(text):
        try:
            value = kind(text)
            fine = value != "" if kind is str else abs(value) < 2**63      # nor is nan
        except ValueError:
            fine = False
        if not fine or not all(COMPARE[sign](value, float(bound)) for sign, bound in limits):
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {text!r}; see --help")
        return value

    return read


def one_line(kind, error, traceback):
    """sys.excepthook: a BadInput and Ctrl-C are one line each; anything else has its traceback."""
    if kind is BrokenPipeError:         # `| head -n 1` has read enough: end quietly
        os._exit(1)
    if kind is KeyboardInterrupt:
        epochs = [f.f_locals["epoch"] for f, _ in walk_tb(traceback) if "epoch" in f.f_locals]
        error = f"stopped in epoch {epochs[0]}; the lines above stand" if epochs else "stopped"
    elif not issubclass(kind, BadInput):
        return sys.__excepthook__(kind, error, traceback)
    print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
    if kind is KeyboardInterrupt:
        sys.exit(130)


def finite(loss):
    """loss.item(). Raises BadInput when training diverges: nan, inf, or a loss beyond any sense."""
    value = loss.item()
    if not abs(value) < 500:            # exp(value), a perplexity, shall be a number as well
        raise BadInput(f"the loss has become {value:.4g}, training diverges: try a smaller --lr")
    return value


def use_threads(count):
    """Let torch compute with that many threads, unless the environment sets it (README, Speed)."""
    if "torch" in sys.modules and "OMP_NUM_THREADS" not in os.environ:
        sys.modules["torch"].set_num_threads(count)


def pick_device():
    """A GPU where there is one that works; else the CPU, with half of its cores (use_threads)."""
    import torch
    if torch.cuda.is_available():
        try:
            torch.ones(1, device="cuda").sum().item()
            return torch.device("cuda")
        except (RuntimeError, AssertionError) as error:     # Assertion: a torch without CUDA
            print("the GPU cannot be used, so the CPU is: " + str(error).split("\n")[0])
    use_threads(max(1, (os.cpu_count() or 1) // 2))
    return torch.device("cpu")


def load_mnist(device="cpu"):
    """The official MNIST, standardised: every pixel (value / 255 - MEAN) / STD."""
    import torch
    path = DATA / "mnist.npz"
    content = path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else b""
    if hashlib.sha256(content).hexdigest() != MNIST_SHA256:
        raise BadInput(f"{path}: expected the file that ships; run: git checkout data/mnist.npz")
    with np.load(io.BytesIO(content)) as file:
        x_train, y_train, x_test, y_test = (torch.from_numpy(a).to(device) for a in file.values())
    x_train, x_test = ((x.unsqueeze(1) / 255).sub_(MEAN).div_(STD) for x in (x_train, x_test))
    return x_train, y_train.long(), x_test, y_test.long()       # (N, 1, 28, 28), (N,) of each


def read_text(path):
    """The text of a UTF-8 file, plain or gzipped, with \\n as the end of a line."""
    try:
        with open(path, "rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"    # some browsers unzip and leave the name
            content = (gzip.GzipFile(fileobj=file) if packed else file).read(10**8)
        if len(content) == 10**8:
            raise OSError("100 MB or more")
        text = content.decode("utf-8-sig")      # -sig: some editors begin a file with a mark
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: expected a file that can be read, got: {error}") from None
    except UnicodeDecodeError as error:
        got = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "another coding (GBK?)"
        line = content[:error.start].count(b"\n") + 1
        raise BadInput(f"{path}, line {line}: expected UTF-8, got {got}; save as UTF-8") from None
    if "\0" in text or re.match(r"\s*<(!doctype|html|head|\?xml)", text, re.IGNORECASE):
        got = "bytes 0, UTF-16 or no text; save as UTF-8" if "\0" in text else "a web page"
        raise BadInput(f"{path}: expected a text in UTF-8, got {got}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_table(path, features=8):
    """Rows of numbers in [-1, 1] and a label 0 or 1, commas between: x (N, features), y (N, 1)."""
    lines = read_text(path).rstrip().split("\n")
    for number, line in enumerate(lines, start=1):
        if not NUMBERS.fullmatch(line) or line.count(",") != features:
            got = next(name for pattern, name in UNUSUAL.items() if re.search(pattern, line))
            raise BadInput(f"{path}, line {number}: expected {features} numbers and a label 0 or 1,"
                           f" commas between, got {got}: {line[:60]!r}")
    table = np.loadtxt(lines, delimiter=",", ndmin=2)           # (N, features + 1)
    if set(table[:, -1]) != {0, 1}:
        raise BadInput(f"{path}: expected labels 0 and 1, last, got {np.unique(table[:, -1])[:5]}")
    for k in np.flatnonzero(abs(table).max(axis=0) > 1):
        raise BadInput(f"{path}: expected [-1, 1], column {k + 1} goes from {table[:, k].min():g} "
                       f"to {table[:, k].max():g}; scale it: 2 * (x - low) / (high - low) - 1")
    return np.split(table.astype(np.float32), [features], axis=1)


def plot_curve(values, xlabel="epoch", ylabel="loss"):
    """A figure of one curve (a list, one value an epoch) or of several (a dict label: list)."""
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for label, curve in values.items() if isinstance(values, dict) else [(None, values)]:
        marker = "." if len(curve) < 30 else ""         # a single epoch is a point, no line
        axes.plot(range(1, len(curve) + 1), curve, marker=marker, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.grid(alpha=0.3)
    if isinstance(values, dict):
        axes.legend()
    return figure


def show(figure, name):
    """Write the figure to images/run/NAME.png, say where, and show it where there is a screen."""
    import matplotlib.pyplot as plt
    path = IMAGES / "run" / f"{name}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{os.getpid()}.part")    # the same lesson may write it right now
        figure.savefig(part, dpi=110, format="png")
        os.replace(part, path)
    except OSError as error:
        print(f"images/run cannot be written: {error}", file=sys.stderr)
        path = Path(tempfile.mkdtemp()) / path.name     # new: no one else's file is in the way
        figure.savefig(path, dpi=110)
    near = os.path.relpath(path) if path.drive == Path.cwd().drive else str(path)
    print("figure:", min(str(path), near, key=len), file=sys.stderr)  # on stdout the result is last
    if figure.canvas.required_interactive_framework or "inline" in plt.get_backend():
        plt.show()
    plt.close(figure)
