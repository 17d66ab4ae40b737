"""What every script shows is what it computed: printed numbers and figures.

For all scripts, found by their file names, each watched on few data (watching.py): a new one is
covered at once.
"""

import importlib
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from scripts import SCRIPTS, TABLE
from watching import content, mean_loss, smallest_text, texts_of

NUMBER = re.compile(r"(?<![\w.^])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?%?(?!\w)")


# ------------------------------------------------------------------------------ printed numbers
def leaves(value):
    """Every number in a result, and those that are keys: nested lists, dicts, tensors."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(key)
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, (torch.Tensor, np.ndarray)):
        yield from np.asarray(value).ravel()[:5000].tolist()        # no text quotes a photo
    elif isinstance(value, str) and NUMBER.fullmatch(value):
        yield float(value)
    elif isinstance(value, (int, float)):
        yield value


def written_as(value, text):
    """The value in the form of a printed number: as many digits, in per cent, with an exponent."""
    digits = re.search(r"\.(\d+)", text)
    places = len(digits[1]) if digits else 0
    kind = "%" if text.endswith("%") else "e" if "e" in text else "f"
    sign, comma = "+" * text.startswith("+"), "," * ("," in text)
    return format(value, f"{sign}{comma}.{places}{kind}")


def texts(value):
    """Every text and every key that is a text in a result."""
    if isinstance(value, dict):
        return texts([*value.keys(), *value.values()])
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) and re.search(r"[^\W\d]", value) else []


def stands_in(text, values):
    return any(written_as(value, text) == text for value in values if math.isfinite(value))


def of_the_nets(run):
    """How many weights each net has, and the weights of the smallest."""
    for net in run.nets:
        count = sum(value.numel() for value in net.after.values())
        yield count
        if count < 10:
            yield from leaves(net.after)


# What the last line says and neither result nor settings hold.
DERIVED = {
    "lesson3_2.py": lambda result: [2 - result["w_list"][-1]],
    "lesson3_4.py": lambda result: [10],                        # seeds
    "lesson9_2.py": lambda result: [0],                         # CE([0, z], y)
    "lesson12_4.py": lambda result: [len(result["curves"]["RNN"]) - 1],
    "lesson12_6.py": lambda result: [len(result["unclipped"])],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_last_line_is_made_of_the_result(name, watch):
    """Each number of it. Which of two stands where is for the lecture's own test."""
    run = watch(name)
    values = [*leaves(run.result), *leaves(run.settings), *of_the_nets(run)]
    values += DERIVED.get(name, lambda result: [])(run.result)
    last = run.lines[-1].removesuffix(", processes: 1")
    for text in sorted(texts(run.result), key=len, reverse=True):   # "plain of width 6": a name
        last = last.replace(text, "")
    numbers = NUMBER.findall(last)
    assert numbers or "predicted" in last or name == "rnn_shapes.py"    # a list of shapes
    for number in numbers:
        fixed = number == "4" and "y(4)" in run.lines[-1]       # hours, that the lecture asks for
        assert fixed or stands_in(number, values), f"{number} is not in the result"


def series(value):
    """Every list of numbers in a result."""
    if isinstance(value, dict):
        return [row for item in value.values() for row in series(item)]
    if isinstance(value, (list, tuple)) and len(value) and all(
            isinstance(item, (int, float)) for item in value):
        return [list(value)]
    if isinstance(value, (list, tuple)):
        columns = [list(column) for column in zip(*value, strict=False)] if all(
            isinstance(item, (list, tuple)) for item in value) else []
        return [row for item in [*value, *columns] for row in series(item)]
    return []


def at_epoch(run, k, epochs):
    """What an epoch may print: number k of each list of the result that has one an epoch, before
    or after it, or one a sample of it."""
    values = [run.settings.get("lr", math.nan)]
    for row in series(run.result):
        if len(row) in (epochs, epochs + 1):
            values += row[k - 1:k + 1]
        elif epochs and len(row) > epochs and len(row) % epochs <= 1:
            values.append(row[k * (len(row) // epochs) - (len(row) % epochs == 0)])
    return values


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_lines_of_the_epochs_are_made_of_what_was_computed(name, watch):
    """Of every net the first and the last epoch are printed. Its loss is the mean of what the
    criterion gave in that epoch; other numbers stand in the result."""
    run, net, seen = watch(name), -1, set()
    for line in run.lines:
        found = re.search(r"\bepoch +(\d+)/(\d+)(.*)", line)
        if not found:
            continue
        k, epochs = int(found[1]), int(found[2])
        net += k == 1
        seen.add((net, k))
        for part in re.split(r"[|,\]]", found[3]):
            values = at_epoch(run, k, epochs) + (list(leaves(run.result)) if k == epochs else [])
            values += [math.exp(value) for value in values if value < 20]       # perplexities
            values += of_the_nets(run)
            if TABLE[name].nets and re.match(r"\W*loss\b", part):
                epoch = run.epochs()[net][k - 1]
                values = [mean_loss(run.nets[net], epoch)]
            elif TABLE[name].nets and net < len(run.nets):
                values += run.nets[net].watched[k - 1:k]
            elsewhere = not re.match(r"\W*(loss|cost|validation)\b", part) and (
                k < epochs or re.search("gradient|by hand|autograd", part))     # in its lecture
            for number in [] if elsewhere else NUMBER.findall(part):
                assert stands_in(number, values), (line, number)
    last = max((k for _, k in seen), default=0)
    assert {(i, k) for i in range(net + 1) for k in (1, last)} <= seen
    assert not seen or last == epochs


# -------------------------------------------------------------------------------------- figures
_figures = {}


def drawn_by(name, result):
    figure = importlib.import_module(name[:-3]).draw(result)
    plt.close(figure)
    return figure


def figure_of(run):
    if run.name not in _figures:
        _figures[run.name] = drawn_by(run.name, run.result)
    return _figures[run.name]


def numbers_of(data):
    array = np.asarray(data, dtype=float)
    return array.shape, array.tobytes()


@pytest.mark.parametrize("name", SCRIPTS)
def test_axes_have_labels_and_epochs_are_whole_numbers(name, watch):
    for axes in figure_of(watch(name)).axes:
        if axes.lines and axes.axison:
            assert axes.get_xlabel() and axes.get_ylabel()
        if axes.get_xlabel() == "epoch":
            assert all(tick == int(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize("name", SCRIPTS)
def test_epochs_are_drawn_from_1_and_as_they_were_computed(name, watch):
    """Lesson 3 draws weights: the start is before epoch 1. What is drawn by epoch is a list of the
    result, of the entry that the line's label names, or follows from one (lesson 13.2: exp)."""
    run = watch(name)
    rows = series(run.result)
    rows += [np.exp(row) for row in rows if max(map(abs, row)) < 100]
    known = {numbers_of(row) for row in rows}
    named = {key: value for holder in (run.result, *run.result.values())
             if isinstance(holder, dict) for key, value in holder.items()}
    for axes in figure_of(run).axes:
        for line in axes.lines:
            x, y = line.get_xydata().T
            if isinstance(named.get(line.get_label()), list) and len(y) > 1:
                assert numbers_of(y) == numbers_of(named[line.get_label()]), line
            if axes.get_xlabel() == "epoch" and len(y) and line.get_transform() == axes.transData \
                    and TABLE[name].nets:
                assert x.tolist() == list(range(1, len(x) + 1)), line
                assert numbers_of(y) in known or len(set(y)) == 1, line     # one: a baseline


@pytest.mark.parametrize("name", SCRIPTS)
def test_letters_are_legible(name, watch):
    assert smallest_text(figure_of(watch(name))) >= 11


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in (
    "float32.py", "lesson2_2.py", "lesson11_5.py")])    # in base 2; heights of lines; what is wrong
def test_numbers_in_titles_and_legends_are_those_of_the_result(name, watch):
    run = watch(name)
    values, keys = [*leaves(run.result)], str(run.result)
    for text in texts_of(figure_of(run)):
        for number in re.findall(r"(?<![\w.])[-+]?\d+\.\d+(?:e[-+]\d+)?%?(?: %)?", text):
            scale = 100 if number.endswith(" %") else 1
            found = stands_in(number.removesuffix(" %"), [scale * value for value in values])
            assert found or repr(text) in keys, text


def drawn(figure):
    """All that a figure shows, but for colours of lines and places of texts."""
    seen = texts_of(figure)
    for axes in figure.axes:
        seen += [axes.get_xlabel(), axes.get_ylabel(), axes.get_xlim(), axes.get_ylim()]
        for line in axes.lines:
            seen += [line.get_label(), numbers_of(line.get_xydata())]
            seen += [getattr(line, "_xy1", None), getattr(line, "_slope", None)]     # of axline
        seen += [numbers_of(image.get_array()) for image in axes.images]
        for patch in axes.patches:
            path = patch.get_path().transformed(patch.get_patch_transform())
            seen += [numbers_of(path.vertices), patch.get_facecolor()]
        for collection in axes.collections:
            seen += [numbers_of(path.vertices) for path in collection.get_paths()]
            seen += [numbers_of(collection.get_offsets()),
                     numbers_of(getattr(collection, "_vec", 0))]            # of a surface
        for axis in (axes.xaxis, axes.yaxis):
            seen.append([text.get_text() for text in axis.get_ticklabels()])
    return seen


def other(value):
    """The same with every number and text in it changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 1.25 * value + 0.5
    if isinstance(value, str):
        return "x" + value
    if isinstance(value, dict):
        return {key: other(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(type(one) is int for one in value):
        return [(one + 1) % (max(value) + 1) for one in value]      # labels stay labels
    if isinstance(value, (list, tuple)):
        return type(value)(map(other, value))
    if isinstance(value, np.ndarray):
        return other(torch.from_numpy(value)).numpy()
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return 1.25 * value + 0.5
    if isinstance(value, torch.Tensor):
        return ~value if value.dtype in (torch.bool, torch.uint8) else \
            (value + 1) % max(2, value.max().item() + 1)
    return value                # a model, a photo


class Noted(dict):
    """A result that notes what a drawing reads of it: keys, and keys of what they hold."""

    def __init__(self, result):
        super().__init__(result)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)

    def __iter__(self):
        self.read.update(self.keys())
        return super().__iter__()

    def items(self):
        self.read.update(self.keys())
        return super().items()

    def values(self):
        self.read.update(self.keys())
        return super().values()


HIDDEN = {      # what a drawing reads and may not show: its key, or its key and an entry
    "lesson3_2.py": ["losses"], "lesson3_3.py": [("saddles", "SGD without lean")],
    "lesson8_2.py": ["x"], "lesson13_3.py": ["models"],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_another_result_is_another_figure(name, watch):
    """Whatever the drawing reads of the result, it shows: each value, each entry of a dict."""
    run, hidden = watch(name), HIDDEN.get(name, [])
    result = Noted({key: Noted(value) if type(value) is dict else value
                    for key, value in run.result.items()})
    first = drawn(drawn_by(name, result))
    assert result.read, "the figure shows nothing of the result"
    assert first == drawn(figure_of(run))
    for key in result.read - set(hidden):
        value, changes = run.result[key], [other(run.result[key])]
        if isinstance(value, dict):
            changes = [{**value, entry: other(value[entry])} for entry in result[key].read
                       if (key, entry) not in hidden]
        for change in changes:
            if content(change) != content(value):
                assert drawn(drawn_by(name, {**run.result, key: change})) != first, key
