"""What the lessons share, and no lesson: settings, device, MNIST, figures. Two minutes to read."""

import argparse
import hashlib
import importlib.util
import inspect
import io
import math
import os
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data"
IMAGES = DATA.with_name("images")
MNIST_SHA256 = "ee068f36682cba7f38bafdedc77b0f873ebbcf877036f7ebde566966146ac146"


class BadInput(ValueError):
    """A user's mistake. A script shows its message as one line, without a traceback."""


def settings(main, negative=()):
    """Read `--name value` for each keyword of main from the command line; return a dict.

    A value has the type of its default (None: a text; True or False: a switch). Whole numbers are
    at least 1, or 0 where the default is 0; other numbers are at least 0, unless `negative` names
    them. --help shows the script's docstring; a line `name: text` of main's is that setting's help.
    """
    sys.excepthook = one_line
    if hasattr(sys.stdout, "reconfigure"):      # a Chinese console has no ü: print ? for it
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    choose_backend()
    parser = argparse.ArgumentParser(description=main.__globals__.get("__doc__"),
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS, allow_abbrev=False)
    parser.error = lambda message: parser.exit(2, f"{parser.prog}: {message}; see --help\n")
    parser._negative_number_matcher = re.compile(r"-\.?\d")     # -1e-3 is a number, no option
    texts = dict(re.findall(r"^ *(\w+): (.+)$", main.__doc__ or "", re.MULTILINE))
    lowest = {}
    for name, parameter in inspect.signature(main).parameters.items():
        default = parameter.default
        example = default[0] if isinstance(default, tuple) else default
        kind = str if example is None else type(example)
        form = {"type": kind, "metavar": kind.__name__.upper()}
        if kind is bool:
            form = {"action": argparse.BooleanOptionalAction}
        elif isinstance(default, tuple):
            form["nargs"] = "+"
        help_ = f"{texts.get(name, '')} (default: {default})".strip().replace("%", "%%")
        options = sorted({f"--{name}", f"--{name.replace('_', '-')}"}, reverse=True)
        parser.add_argument(*options, default=default, help=help_, **form)
        lowest[name] = -2**63 if name in negative else min(1, example) if kind is int else 0
    # Pasted into a console or a notebook, the words behind the program's name are not for us.
    ours = Path(sys.argv[0]).name == Path(main.__code__.co_filename).name
    values = vars(parser.parse_args(sys.argv[1:] if ours else []))
    for name, value in values.items():
        for one in value if isinstance(value, (tuple, list)) else [value]:
            if one == "":
                parser.error(f"--{name}: expected a text, got none")
            if isinstance(one, (int, float)) and not lowest[name] <= one < 2**63:   # nor is nan
                parser.error(f"--{name}: expected a number, at least {lowest[name]}, got {one}")
    return values


def one_line(kind, error, traceback):
    """sys.excepthook: a BadInput and Ctrl-C are one line each; anything else has its traceback."""
    if kind is BrokenPipeError or (os.name == "nt" and getattr(error, "errno", 0) == 22):
        os._exit(1)                     # `| more` has read enough: end quietly
    if kind is KeyboardInterrupt:
        print(f"{Path(sys.argv[0]).name}: stopped", file=sys.stderr)
        sys.exit(130)
    if not issubclass(kind, BadInput):
        return sys.__excepthook__(kind, error, traceback)
    print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)


def finite(loss):
    """The mean loss of an epoch as it is. Raises BadInput where training diverged: nan or inf."""
    if not math.isfinite(loss):
        raise BadInput(f"the loss has become {loss}: training diverges, try a smaller --lr")
    return loss


def progress(loader, name):
    """The batches of a loader; on a terminal a count of them, which the next line overwrites."""
    for i, batch in enumerate(loader, start=1):
        if sys.stdout.isatty():
            print(f"{name} | batch {i}/{len(loader)}", end="\r", flush=True)
        yield batch


def pick_device():
    """A GPU where there is one that works; else the CPU, with half of its cores."""
    import torch
    if torch.cuda.is_available():
        try:
            torch.ones(1, device="cuda").sum().item()
            return torch.device("cuda")
        except (RuntimeError, AssertionError) as error:     # Assertion: a torch without CUDA
            print("the GPU cannot be used, so the CPU is: " + str(error).split("\n")[0])
    if "OMP_NUM_THREADS" not in os.environ:     # threads that wait for a busy core cost more
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    return torch.device("cpu")


def load_mnist():
    """The official MNIST: images (N, 28, 28) in bytes and labels (N,), to train and to test."""
    import torch
    path = DATA / "mnist.npz"
    content = path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else b""
    if hashlib.sha256(content).hexdigest() != MNIST_SHA256:
        raise BadInput(f"{path}: expected the file that ships; run: git checkout data/mnist.npz")
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    return (arrays["x_train"], arrays["y_train"].long(),
            arrays["x_test"], arrays["y_test"].long())


def choose_backend():
    """Let matplotlib draw into files where it can open no window."""
    backend = os.environ.get("MPLBACKEND", "")
    module = backend.removeprefix("module://").split(".")[0]
    if backend.startswith("module://") and importlib.util.find_spec(module) is None:
        del os.environ["MPLBACKEND"]    # a notebook's, which this Python does not have
    import matplotlib.pyplot as plt
    try:
        plt.switch_backend(plt.get_backend())
    except Exception as error:      # each way of opening windows fails in its own way
        print(f"no window can be opened ({error}): look at the figure's file")
        plt.switch_backend("agg")


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
    print("figure:", path, file=sys.stderr)             # on stdout the result stays last
    if plt.get_backend().lower() not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template"):
        plt.show()                                      # a window, or a notebook's output
    plt.draw_if_interactive.called = False              # else %run shows an empty figure, too
    plt.close(figure)
