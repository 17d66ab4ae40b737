"""What every script shows is what it computed: printed numbers, figures; limits; pieces in copies.

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
from torch import nn

import watching
from conftest import LIUER, SCRIPTS
from watching import TRAINED, epochs_of, mean_loss

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
        yield from np.asarray(value.detach() if isinstance(value, torch.Tensor) else value
                              ).ravel().tolist()
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
