"""What every script shows is what it computed: printed numbers and figures.

For all scripts, found by their file names: a new one is covered at once.
"""

import ast
import importlib
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import watching
from conftest import LIUER, SCRIPTS
from watching import TRAINED, epochs_of, mean_loss, smallest_text, texts_of

watch = pytest.fixture(watching.watch)
SOURCE = {name: (LIUER / name).read_text(encoding="utf-8") for name in SCRIPTS}
TREE = {name: ast.parse(text) for name, text in SOURCE.items()}

# ------------------------------------------------------------------------------ printed numbers
# The last line, made of the result; {losses_end} is the last of result["losses"], {unclipped_count}
# how many it holds. Of a script that is not here every number must stand in the result.
LAST = dict(re.findall(r"^(\S+\.py) +(.*)$", """
image2tensor.py training pixels: mean {mean:.4f}, std {std:.4f}
lesson2.py      best w = {w:.1f} | MSE {mse:.4f} | prediction y(4) = {prediction:.1f}
lesson2_2.py    best w = {w:.1f}, b = {b:.1f} | MSE {mse:.4f} | prediction y(4) = {prediction:.1f}
lesson3.py      w = {w:.7f} | prediction y(4) = {prediction:.5f} (before training: {before:.1f})
lesson3_2.py    w = {w:.7f} (2 - w = {distance:.1e}) | prediction y(4) = {prediction:.7f} \
(before training: {before:.1f})
lesson3_3.py    left the saddle, of {seeds} seeds: full batch {escaped[full batch]}, \
SGD {escaped[SGD]}, mini-batch {escaped[mini-batch]}, SGD without lean {escaped[SGD without lean]}
lesson4.py      w = {w:.7f} | prediction y(4) = {prediction:.7f} (before training: {before:.1f})
lesson4_2.py    w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} \
(before training: {before:.1f})
lesson4_3.py    w = {w:.5f} | b = {b:.5f} | prediction y(4) = {prediction:.5f} \
(before training: {before:.1f})
lesson4_4.py    y = {weights[0]:.4f} x^2 + {weights[1]:.4f} x + {weights[2]:.4f} | \
prediction y(4) = {prediction:.4f} (before training: {before:.1f})
lesson5.py      w = {w:.4f} | b = {b:.4f} | prediction y(4) = {prediction:.4f} \
(before training: {before:.1f})
lesson5_2.py    all start at loss {start_loss:.4f} | lowest: {best} {best_loss:.1e} | \
SGD by hand equals torch to {difference:.1e}
lesson6.py      z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses_end:.4f} | \
test accuracy {accuracy:.1%} | p = 0.5 at {hours:.1f} hours
lesson6_1.py    z = {w[0]:.2f} {w[1]:+.2f} x1 {w[2]:+.2f} x2 | loss {losses_end:.4f} | \
test accuracy {accuracy:.1%}
lesson7.py      accuracy {accuracy:.1%} on the rows it trained on (baseline \
{base_accuracy:.1%}) | loss {losses_end:.4f} (baseline {base_loss:.4f})
lesson8.py      test accuracy {accuracy:.1%} | training accuracy {train_accuracy:.1%} | \
baseline {baseline:.1%}
lesson8_2.py    held-out accuracy {accuracy[0]:.1%} | women only {accuracy[1]:.1%} | \
nobody survives {accuracy[2]:.1%}
lesson9.py      test accuracy {accuracy:.2%}
lesson9_2.py    cross-entropy A {A[0]:.4f}, B {B[0]:.4f} | BCE {binary[0]:.4f} = CE([0, z], y)
lesson9_3.py    test log-loss {result[test log-loss]:.4f} | class frequencies \
{result[class frequencies]:.4f} | best possible {result[best possible]:.4f}
lesson10.py     test accuracy {accuracy:.2%}
lesson10_2.py   test accuracy {accuracies[deeper]:.2%}, lesson 10 {accuracies[lesson 10]:.2%}
lesson10_3.py   turned up to 12 degrees: {right[12][moved]} of 6 photos read right, \
without turns and shifts {right[12][plain]}
lesson11.py     test accuracy {accuracy:.2%}
lesson11_2.py   test accuracy {accuracy:.2%}
lesson11_3.py   test accuracy {accuracies[identity]:.2%} identity, \
{accuracies[constant scaling]:.2%} constant scaling, \
{accuracies[1x1 convolution]:.2%} 1x1 convolution
lesson11_4.py   test accuracy {accuracies[DenseNet]:.2%} DenseNet, \
{accuracies[plain of width 6]:.2%} plain of width 6, \
{accuracies[plain of width 15]:.2%} plain of width 15
lesson11_5.py   test accuracy {lecture[0][test]:.2%} lecture, {small[0][test]:.2%} small
lesson11_6.py   test accuracy {accuracy:.2%}, processes: 1
lesson12.py     predicted {strings_end} | loss {losses_end:.4f} (floor {floor:.4f})
lesson12_2.py   predicted {strings_end} | loss {losses_end:.4f} (floor {floor:.4f})
lesson12_3.py   predicted {strings_end} | loss {losses_end:.4f} (no floor) | \
{parameters} parameters
lesson12_4.py   test accuracy {accuracy:.1%} with clipping (lost at step {unclipped_count} without)
lesson12_5.py   test accuracy {accuracy:.1%} (forward only {forward:.1%})
lesson13.py     test accuracy {accuracy:.2%} (always the most frequent label: {baseline:.2%})
lesson13_2.py   test perplexity {perplexity:.2f} (unigram {unigram:.2f}, bigram {bigram:.2f})
lesson13_3.py   test F1 {f1[bidirectional]:.3f}
lesson13_4.py   test BLEU {bleu:.1f}, two in a row {bleu_two:.1f}
lesson13_5.py   test BLEU {bleu:.1f} with attention, {bleu_without:.1f} without
lesson13_6.py   test BLEU {bleu:.1f}, greedy {greedy:.1f}
lesson13_7.py   test accuracy GRU {accuracy[GRU]:.1%}, bag of words \
{accuracy[bag of words]:.1%}, majority {accuracy[majority]:.1%}, \
always neutral {accuracy[always neutral]:.1%}
""", re.MULTILINE))
NUMBER = re.compile(r"(?<![\w.^])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?%?(?!\w)")


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


def stands_in(text, values):
    return any(written_as(value, text) == text for value in values if math.isfinite(value))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_last_line_is_made_of_the_result(name, watch):
    run = watch(name)
    last = run.lines[-1]
    if name in LAST:
        lists = {key: value for key, value in run.result.items() if isinstance(value, list)}
        ends = {f"{key}_end": value[-1] for key, value in lists.items() if value}
        counts = {f"{key}_count": len(value) for key, value in lists.items()}
        assert last == LAST[name].format(**run.result, **ends, **counts)
    else:
        for number in NUMBER.findall(last):
            assert stands_in(number, leaves(run.result)), f"{number} is not in the result: {last}"


def gradient_of_lesson_3(run, k):
    w = run.result["ws"][k - 1]
    return [sum(2 * x * (w * x - y) for x, y in zip((1, 2, 3), (2, 4, 6), strict=True)) / 3]


# What an epoch prints besides, and the result does not hold: (script, word before the number):
# its values in epoch k, or None where they cannot be told.
ELSE = {
    ("lesson3.py", "gradient"): gradient_of_lesson_3,
    ("lesson4_4.py", "by hand"): lambda run, k: run.result["weights"] if k == 2 else None,
    ("lesson4_4.py", "autograd"): lambda run, k: run.result["weights"] if k == 2 else None,
    ("lesson5.py", "w"): lambda run, k: run.result["lines"].get(k),
    ("lesson5.py", "b"): lambda run, k: run.result["lines"].get(k),
    ("lesson7.py", "accuracy"): lambda run, k: [run.result["accuracy"]] if k == 2 else None,
    ("lesson13_2.py", "train"): lambda run, k: [math.exp(run.result["losses"][k - 1])],
    ("lesson13_6.py", "never below"): lambda run, k: [run.result["losses"]["its floor"][k - 1]],
}
SERIES = {"validation accuracy": ["accuracies"], "val": ["val_losses"], "w": ["ws"], "b": ["bs"],
          "validation": ["validated", "val_losses", "validation"], "accuracy": ["accuracies"]}


def values_of(run, i, label, k, epochs):
    """What net number i may print behind that word in epoch k."""
    if (run.name, label) in ELSE:
        return ELSE[run.name, label](run, k)
    if label in ("loss", "cost"):
        if run.name not in TRAINED:
            return [run.result["losses"][k - 1]]
        return [mean_loss(run.name, epochs_of(run)[i][k - 1])]
    holders = [run.result, *(value for value in run.result.values() if isinstance(value, dict))]
    for holder in holders:
        for key in SERIES.get(label, [label]):
            if isinstance(holder.get(key), list):
                values = holder[key]
                return [values[k * (len(values) - 1) // epochs if label in "wb" else k - 1]]
    if label == "validation":
        return [run.nets[i].others[k - 1]]
    return None


@pytest.mark.parametrize("name", [name for name in SCRIPTS if re.search(
    r"\{epoch(:\w+)?\}/\{epochs\}", SOURCE[name])])
def test_the_lines_of_the_epochs_are_made_of_what_was_computed(name, watch):
    """Of every net the first and the last epoch are printed; before the word may stand its name."""
    run, net, seen = watch(name), -1, set()
    for line in run.lines:
        found = re.fullmatch(r"(.*?)epoch\W+(\d+)/(\d+)(.*)", line)
        if not found:
            continue
        before, k, epochs, after = found[1], int(found[2]), int(found[3]), found[4]
        net += k == 1
        seen.add((net, k))
        if isinstance(run.result.get("losses"), dict) and before:
            assert before.strip(" |") == list(run.result["losses"])[net]
        for part in re.split(r"[|,:\]]", after):
            numbers = NUMBER.findall(part)
            label = re.match(r"[ a-z]*", part)[0].strip()
            values = values_of(run, net, label, k, epochs)
            if values is None:
                assert not numbers or (name, label) in ELSE, f"what is {part!r}? Add it to ELSE"
            else:
                assert all(stands_in(number, values) for number in numbers), (line, values)
    assert net >= 0 and {(i, k) for i in range(net + 1) for k in (1, epochs)} <= seen


# -------------------------------------------------------------------------------------- figures
_figures = {}


def figure_of(run):
    if run.name not in _figures:
        _figures[run.name] = draw(run.name, run.result)
    return _figures[run.name]


def draw(name, result):
    """The figure that the script hands to show()."""
    drawing, = (node.args[0] for node in ast.walk(TREE[name]) if isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "show")
    module = importlib.import_module(name[:-3])
    figure = eval(ast.unparse(drawing), {**vars(module), "result": result})
    plt.close(figure)
    return figure


def numbers(data):
    return np.asarray(data, dtype=float)


def sequences(value):
    """Every row of numbers that a result holds: lists, rows and columns of tables, images."""
    if isinstance(value, dict):
        for item in (*value.values(), list(value), list(value.values())):
            yield from sequences(item)
    elif isinstance(value, (list, tuple)) and not all(isinstance(v, (int, float)) for v in value):
        for item in value:
            yield from sequences(item)
        if all(isinstance(v, (list, tuple)) for v in value):
            for column in zip(*value, strict=False):
                yield from sequences(list(column))
    elif isinstance(value, (list, tuple, torch.Tensor, np.ndarray)):
        array = numbers(value)
        yield array
        if array.ndim > 1:
            for part in (*array, *array.T):
                yield from sequences(part)


def content(data):
    array = numbers(data)
    return array.shape, array.tobytes()


# Rows of numbers that a figure shows and that follow from the result, computed anew.
def squared_errors(w):
    """Mean over the samples (1, 2), (2, 4), (3, 6) of what w x is off."""
    return sum((w * x - 2 * x) ** 2 for x in (1, 2, 3)) / 3


def of_lesson_3(result):
    ws = numbers(result["ws"])
    every = np.linspace(min(0, ws.min()), max(4, ws.max()), 201)
    costs = squared_errors(ws)
    return [every, squared_errors(every), costs, costs[:1], costs[-1:]]


def of_lesson_3_2(result):
    full, epochs = result["ws"][:1], len(result["losses"])
    for _ in range(epochs):
        slope = sum(2 * x * x * (full[-1] - 2) for x in (1, 2, 3)) / 3
        full.append(full[-1] - result["lr"] * slope)
    return [full, np.arange(3 * epochs + 1) / 3, [2.0]]


def of_lesson_3_3(result):
    return [*(np.linspace(0, 20, len(w)) for w in result["lines"].values()), [-1, 1], [0, 0]]


def of_lesson_4(result):
    ws = numbers(result["ws"])
    rows = [2 * x * (ws * x - 2 * x) for x in (1, 2, 3)]
    return rows + [ws[k:-1:3] for k in range(3)] + [result["grads"][k::3] for k in range(3)]


def of_lesson_4_4(result):
    x = np.linspace(0, 5, 101)
    return [x, np.polyval(result["weights"], x), 2 * x, [1, 2, 3], [2, 4, 6]]


def of_lesson_5(result):
    return [[0, 5], [4.0], *([b, 5 * w + b] for w, b in result["lines"].values())]


def of_lesson_6(result):
    x, y = numbers(result["x"]), numbers(result["y"]).ravel()
    return [x[y == label, column] for label in (0, 1) for column in (1, 2)]


def of_lesson_8_2(result):
    """Shares by sex and class: men of the crew, of the 1st, 2nd, 3rd class, women of the same."""
    female, where = numbers(result["x"])[:, :2].T
    return [[numbers(values)[(female == i) & (where == j)].mean() for i in (0, 1) for j in range(4)]
            for values in (result["y"], result["p"])]


def of_lesson_9_2(result):
    z, p = np.linspace(-5, 5, 101), np.linspace(0.01, 1, 100)
    losses = [np.log(1 + np.exp(z)), np.log(1 + np.exp(-z))]
    scores = np.array([[[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]],
                       [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]]])    # of the slides
    shares = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    right = shares[:, range(3), [2, 0, 1]]
    return [z, z[::10], *losses, *(row[::10] for row in losses), p, -np.log(p), *right,
            *-np.log(right)]


def of_lesson_11_5(result):
    means = [[sum(net[key] for net in row) / len(row) for key in ("seconds", "test")]
             for row in result.values()]
    return [[seconds] for seconds, _ in means] + [[100 * test] for _, test in means]


def of_lesson_11_6(result):
    parts = numbers([times for _, times in result["times"].values()]).T     # (4, W)
    return [*parts, (parts[0] + parts[1] + parts[3])[0] / numbers(list(result["times"]))]


def shares_of_grades(y_test, y_pred, size):
    table = np.zeros((size, size))
    np.add.at(table, (y_test.numpy(), y_pred.numpy()), 1)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(table / table.sum(axis=1, keepdims=True))      # 0: in none of them


def of_lesson_13_3(result):
    phrases = [words for words in result["test"] if 30 <= len("".join(words)) <= 40]
    line = "".join((phrases or result["test"])[0])
    x = torch.tensor([["abcdefghijklmnopqrstuvwxyz".index(letter) for letter in line]])
    with torch.no_grad():
        return [model(x, torch.tensor([len(line)]))[0].softmax(dim=1)[:, 2:].sum(dim=1)
                for model in result["models"].values()]


OTHER_NUMBERS = ["float32.py", "lesson2_2.py"]      # fields in base 2; heights of lines
HIDDEN = {      # what a drawing reads and may not show; "": the whole value
    ("lesson3_2.py", "losses"): "", ("lesson3_3.py", "saddles"): ["SGD without lean"],
    ("lesson8_2.py", "x"): "", ("lesson13_3.py", "models"): "",
    ("lesson13_3.py", "f1"): ["longest match", "most probable"],
    ("lesson13_7.py", "accuracy"): ["majority", "always neutral"],
    ("lesson13_7.py", "y_pred"): ["majority", "always neutral"],
}
DERIVED = {
    "lesson3.py": of_lesson_3, "lesson3_2.py": of_lesson_3_2, "lesson3_3.py": of_lesson_3_3,
    "lesson4.py": of_lesson_4, "lesson4_4.py": of_lesson_4_4, "lesson5.py": of_lesson_5,
    "lesson6.py": of_lesson_6, "lesson6_1.py": of_lesson_6, "lesson8_2.py": of_lesson_8_2,
    "lesson9_2.py": of_lesson_9_2, "lesson11_5.py": of_lesson_11_5,
    "lesson11_6.py": of_lesson_11_6, "lesson13_3.py": of_lesson_13_3,
    "lesson7.py": lambda result: [[result["base_loss"]] * len(result["losses"])],
    "lesson10_3.py": lambda result: [np.asarray(r["photo"]) for r in result["readings"]],
    "lesson11_3.py": lambda result: [range(2, 17, 2)],
    "lesson12_5.py": lambda result: [[1 / 4]],
    "lesson13.py": lambda result: [shares_of_grades(result["y_test"], result["y_pred"],
                                                    len(result["labels"]))],
    "lesson13_2.py": lambda result: [np.exp(result["losses"])],
    "lesson13_5.py": lambda result: [result["weights"][:len(result["translation"]) + 1]],
    "lesson13_7.py": lambda result: [shares_of_grades(result["y_test"], y_pred, 5)
                                     for y_pred in result["y_pred"].values()],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_figure_is_made_of_the_result(name, watch):
    """Each line, bar and image is a row of numbers of the result, or follows from it as DERIVED
    says; where a line has the name of a list of the result, it is that list."""
    run = watch(name)
    derived = [numbers(row) for row in DERIVED.get(name, lambda result: [])(run.result)]
    known = {content(row) for row in sequences(run.result)}
    named = {key: value for holder in (run.result, *run.result.values())
             if isinstance(holder, dict) for key, value in holder.items()}

    def made_of_the_result(data):
        data = numbers(data)
        if data.size == 1:
            values = [*leaves(run.result), *(row.item() for row in derived if row.size == 1), 0]
            return data.item() in values
        return content(data) in known or any(
            row.shape == data.shape and np.allclose(row, np.nan_to_num(data), rtol=1e-5, atol=1e-6)
            for row in derived)

    for axes in figure_of(run).axes:
        for line in axes.lines:
            if isinstance(line, plt.matplotlib.lines.AxLine):
                continue
            x, y = line.get_xydata().T
            if line.get_transform() != axes.transData:          # axhline: one number
                assert made_of_the_result(y[:1]) and y[0] == y[1]
            elif len(y):
                assert made_of_the_result(y), (line, y)
                counted = x.tolist() in (list(range(len(x))), list(range(1, len(x) + 1)))
                assert counted or made_of_the_result(x), (line, x)
                if axes.get_xlabel() == "epoch" and "3" not in name[:8]:    # lesson 3 counts from 0
                    assert x.tolist() == list(range(1, len(x) + 1)), line
                if isinstance(named.get(line.get_label()), list):
                    assert content(y) == content(named[line.get_label()]), line
        for bars in axes.containers:
            if isinstance(bars, plt.matplotlib.container.BarContainer):
                assert made_of_the_result([bar.get_height() for bar in bars]), bars
        for image in axes.images:
            assert made_of_the_result(image.get_array()), image


@pytest.mark.parametrize("name", SCRIPTS)
def test_axes_have_labels_and_epochs_are_whole_numbers(name, watch):
    for axes in figure_of(watch(name)).axes:
        if axes.lines and axes.axison:
            assert axes.get_xlabel() and axes.get_ylabel()
        if axes.get_xlabel() == "epoch":
            assert all(tick == int(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize("name", SCRIPTS)
def test_letters_are_legible(name, watch):
    assert smallest_text(figure_of(watch(name))) >= 11


@pytest.mark.parametrize("name", SCRIPTS)
def test_numbers_in_titles_and_legends_are_those_of_the_result(name, watch):
    run = watch(name)
    values, keys = [*leaves(run.result)], str(run.result)
    for text in [] if name in OTHER_NUMBERS else texts_of(figure_of(run)):
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
            seen += [line.get_label(), content(line.get_xydata())]
            seen += [getattr(line, "_xy1", None), getattr(line, "_slope", None)]     # of axline
        seen += [content(image.get_array()) for image in axes.images]
        for patch in axes.patches:
            path = patch.get_path().transformed(patch.get_patch_transform())
            seen += [content(path.vertices), patch.get_facecolor()]
        for collection in axes.collections:
            seen += [content(path.vertices) for path in collection.get_paths()]
            seen.append(content(getattr(collection, "_vec", 0)))                # of a surface
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
        return value + "x"
    if isinstance(value, dict):
        return {key: other(item) for key, item in value.items()}
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


@pytest.mark.parametrize("name", SCRIPTS)
def test_another_result_is_another_figure(name, watch):
    """Whatever the drawing reads of the result, it shows: each value, each entry of a dict."""
    run = watch(name)
    text = "".join(ast.unparse(node) for node in TREE[name].body
                   if getattr(node, "name", "draw") == "draw")
    first, result = drawn(figure_of(run)), run.result
    for key in [key for key in result if f"result['{key}']" in text]:
        value, results = result[key], [{**result, key: other(result[key])}]
        if isinstance(value, dict):
            results = [{**result, key: {**value, entry: other(value[entry])}} for entry in value
                       if entry not in HIDDEN.get((name, key), [])]
        for changed in results if HIDDEN.get((name, key)) != "" else []:
            assert drawn(draw(name, changed)) != first, key
