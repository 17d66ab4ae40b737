"""What main() does while it trains, and what it must not look at: for every script that trains.

Each run is watched by spies in PyTorch (watching.py): a new script is covered at once.
"""

import csv
import random
import re
import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

import watching
from conftest import LIUER, SCRIPTS
from watching import TRAINED, all_digits, epochs_of, flat, losses_of, mean_loss, same

watch = pytest.fixture(watching.watch)

SOURCE = {name: (LIUER / name).read_text(encoding="utf-8") for name in SCRIPTS}
BATCHED = [name for name in TRAINED if name == "lesson11_5.py"
           or re.search(r"def main\([^)]*\bbatch_size=", SOURCE[name])]

# What need not change in training, by name.
UNUSED = {
    "lesson7_2.py": ".*",               # nets that end in a ReLU: all their outputs may be 0
    "lesson12_4.py": ".*",              # where the loss is lost the weights are as well
    "lesson13_5.py": "key.weight",      # without attention there is nothing to choose from
}
NEW_BATCHES = ["lesson12_4.py"]         # makes new sequences in every step
IN_ORDER = ["lesson13_2.py"]            # reads a text from left to right
MOVED = ["lesson10_3.py", "lesson11_5.py"]      # move images by chance, whenever they are used
JOINED = ["lesson13_4.py"]              # joins other sentences in every epoch
# Nets that are compared: those of one script, of which all have the same ...
SAME_WEIGHTS = {"lesson5_2.py": 18, "lesson7_2.py": 7, "lesson10_3.py": 2, "lesson12_4.py": 2,
                "lesson13_5.py": 2}
SAME_BATCHES = {"lesson5_2.py": 18, "lesson7_2.py": 7, "lesson10_2.py": 2, "lesson11_3.py": 3,
                "lesson11_4.py": 3, "lesson12_4.py": 2, "lesson13_5.py": 2}


# What these have and a change to the script must not lose unnoticed.
CLIPPED = ["lesson12_4.py", "lesson13_2.py", "lesson13_5.py", "lesson13_6.py"]
SCHEDULED = ["lesson9.py", "lesson9_3.py", "lesson10.py", "lesson10_2.py", "lesson10_3.py",
             "lesson11.py", "lesson11_2.py", "lesson11_4.py", "lesson11_5.py", "lesson11_6.py",
             "lesson12_4.py", "lesson13.py", "lesson13_2.py", "lesson13_3.py", "lesson13_5.py",
             "lesson13_6.py"]


@pytest.mark.parametrize(("name", "call"), [
    *((name, "clip_grad_norm_(") for name in CLIPPED),
    *((name, "scheduler.step()") for name in SCHEDULED)])
def test_clipping_and_falling_rates_are_still_there(name, call):
    assert call in SOURCE[name]


# ----------------------------------------------------------------------------------- one step
@pytest.mark.parametrize("name", TRAINED)
def test_each_step_is_made_in_order(name, watch):
    """Forward and loss, zero_grad, backward, clipping where the script has it, step, and where the
    step's optimizer has a scheduler, that. LBFGS does the first three several times."""
    run = watch(name)
    clip = "c" if "clip_grad_norm_(" in SOURCE[name] else ""
    steps = rf"((fl)*zb{clip})+(s|Sh)"
    assert re.search(steps, run.events)
    others = re.sub(steps, "", run.events)
    assert set(others) <= set("evfb"), f"{others} is no step of training: see watching.Run"
    assert ("S" in run.events) == ("lr_scheduler" in SOURCE[name])


@pytest.mark.parametrize("name", TRAINED)
def test_nets_train_in_training_mode_and_answer_in_the_other(name, watch):
    run = watch(name)
    for net in run.nets:
        for batch in flat(net.steps):
            assert batch.modes == {True}, type(net.model).__name__
    for model, modes in run.evaluated:
        differs = any(isinstance(part, (nn.Dropout, nn.modules.batchnorm._NormBase))
                      or getattr(part, "dropout", 0) for part in model.modules())
        assert modes == {False} or not differs, type(model).__name__


@pytest.mark.parametrize("name", TRAINED)
def test_every_weight_is_the_optimizer_s_and_changes(name, watch):
    for net in watch(name).nets:
        groups = [p for group in net.optimizer.param_groups for p in group["params"]]
        assert {id(p) for p in groups} == {id(p) for p in net.model.parameters()}
        same = [key for key in net.before if torch.equal(net.before[key], net.after[key])
                and not re.fullmatch(UNUSED.get(name, ""), key)]
        assert same == [], "weights that training does not change"


@pytest.mark.parametrize("name", [name for name in TRAINED
                                  if "clip_grad_norm_(" in SOURCE[name]])
def test_gradients_are_clipped(name, watch):
    limit = re.search(r"clip_grad_norm_\(model\.parameters\(\), ([\w.]+)\)", SOURCE[name])[1]
    run = watch(name)
    if limit == "limit":                        # lesson 12.4: the first net without, then with
        without, net = run.nets
        assert max(without.norms) > 10
        assert net.norms == pytest.approx([0.01] * len(net.norms), rel=1e-3)
    else:
        assert limit == "1.0"
        assert all(max(net.norms) <= 1.001 for net in run.nets)


@pytest.mark.parametrize("name", [name for name in TRAINED if "lr_scheduler" in SOURCE[name]])
def test_the_rate_falls_to_almost_0_in_the_last_step_and_never_is_0(name, watch):
    """A scheduler that counts too few steps comes to 0 before, one that counts too many never."""
    nets = watch(name).nets
    scheduled = [net for net in nets if len(set(net.rates)) > 1]
    assert scheduled
    for net in scheduled[-1:] if name in NEW_BATCHES else scheduled:    # its first is soon lost
        rates = net.rates
        top = max(net.optimizer.param_groups[0]["initial_lr"], *rates)
        assert 0 < min(rates) == rates[-1] <= top * (1.001 / len(rates) + 0.01)


# --------------------------------------------------------------------------------- one epoch
@pytest.mark.parametrize("name", BATCHED)
def test_every_epoch_has_every_sample_once_in_a_new_order(name, watch):
    """Seen by what net and criterion get: each sample stays with its own target."""
    run = watch(name)
    if name in NEW_BATCHES:
        seen = [batch.x.numpy().tobytes() for batch in flat(run.nets[-1].steps)]
        assert len(set(seen)) == len(seen)
        return
    for epochs in epochs_of(run):
        rows = [[row for batch in flat(epoch) for row in batch.rows()] for epoch in epochs]
        first, second = rows[:2]
        if name in IN_ORDER:
            assert first == second
            continue
        if name in MOVED:
            first, second = ([y for _, y in epoch] for epoch in (first, second))
        assert first != second, "the same order in both epochs"
        if name in JOINED:      # the same words, in other sentences
            first, second = (np.frombuffer(b"".join(y for _, y in epoch), np.int64).tolist()
                             for epoch in (first, second))
        assert Counter(first) == Counter(second)


def samples(run):
    """How many a script trains on, where that can be counted without it."""
    source = SOURCE[run.name]
    if "load_mnist" in source:
        return 66 if "11 // 12" in source else 72       # of 72; or an eleventh part for validation
    known = {"lesson8_2.py": 2201 - 440, "lesson9_3.py": 210, "lesson12_5.py": 330}
    return known.get(run.name)


@pytest.mark.parametrize("name", BATCHED)
def test_all_batches_but_the_last_have_the_size_that_was_asked_for(name, watch):
    run = watch(name)
    if name in NEW_BATCHES + IN_ORDER + JOINED:
        sizes = {len(batch.x) for batch in flat(run.nets[0].steps)}
        assert sizes == ({20, 10, 1} if name in JOINED else {run.settings["batch_size"]})
        return
    wanted = run.settings.get("batch_size")
    for epochs in epochs_of(run):
        for epoch in epochs:
            sizes = sorted(len(batch.x) for batch in flat(epoch))
            size = wanted or sizes[-1]
            assert sizes[1:] == [size] * (len(sizes) - 1) and sizes[0] <= size
            assert sum(sizes) == (samples(run) or sum(sizes))
            assert not wanted or 0 < sizes[0] < size, "choose other sizes in watching.py"


@pytest.mark.parametrize("name", TRAINED)
def test_the_loss_of_an_epoch_is_the_mean_over_what_was_trained_on(name, watch):
    """Of samples or tokens, not of batches: the last one is smaller. Of each step's own loss."""
    run = watch(name)
    for losses, epochs in zip(losses_of(run), epochs_of(run), strict=False):
        for loss, steps in zip(losses, epochs, strict=True):
            counts = {step[0].count for step in steps}
            assert len(steps) == 1 or len(counts) > 1 or name in NEW_BATCHES
            assert loss == pytest.approx(mean_loss(name, steps), rel=1e-6, nan_ok=True)


# ------------------------------------------------------------------------------- several nets
@pytest.mark.parametrize("name", SAME_WEIGHTS)
def test_nets_that_are_compared_start_from_the_same_weights(name, watch):
    first, *others = watch(name).nets[:SAME_WEIGHTS[name]]
    assert len(others) == SAME_WEIGHTS[name] - 1
    for net in others:
        assert all(torch.equal(net.before[key], value) for key, value in first.before.items())


@pytest.mark.parametrize("name", SAME_BATCHES)
def test_nets_that_are_compared_see_the_same_batches(name, watch):
    first, *others = watch(name).nets[:SAME_BATCHES[name]]
    assert len(others) == SAME_BATCHES[name] - 1
    for net in others:
        for step, other in zip(first.steps, net.steps, strict=False):
            assert torch.equal(step[0].x, other[0].x) and torch.equal(step[0].y, other[0].y)


# --------------------------------------------------------------------- seeds, and what is left
def state():
    return (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(), np.geterr(), warnings.filters[:])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_second_call_gives_the_same_whatever_stood_in_the_generators(name, watch):
    """And main() changes neither PyTorch's nor the script's own settings."""
    constants = {}

    def disturb(module, patch):
        random.seed(5)
        np.random.seed(5)               # noqa: NPY002  what scripts must not use
        torch.manual_seed(5)
        for key, value in vars(module).items():
            if key.isupper():
                constants[key] = value, repr(value)

    before = state()
    first, again = watch(name), watch(name, change=disturb)
    assert same(first.result, again.result) and first.events == again.events
    assert all(same(training(one), training(other))
               for one, other in zip(first.nets, again.nets, strict=True))
    assert state() == before
    assert all(repr(value) == text for value, text in constants.values())


@pytest.mark.parametrize("name", [name for name in SCRIPTS
                                  if re.search(r"def main\([^)]*\bseed=", SOURCE[name])])
def test_the_seed_reaches_data_weights_and_order(name, watch):
    first, other = watch(name), watch(name, seed=1)
    assert not same(first.result, other.result)
    for one, two in zip(first.nets, other.nets, strict=True):
        if any(p.any() for p in one.before.values()):       # some start from 0
            assert not same(one.before, two.before)
    for one, two in zip(first.orders, other.orders, strict=False):
        assert len(one) < 10 or one != two                  # few come alike by chance


# ------------------------------------------------------------------------------------------ leaks
def training(net):
    """All that training is: batches, losses, rates, weights before and after."""
    steps = [(batch.x, batch.y, batch.loss) for batch in flat(net.steps)]
    return steps, net.rates, net.before, net.after


def other_digits(change):
    """Each of these functions makes a change: what it gives is called before main()."""
    def apply(module, first, patch):
        changed = change(*module.load_mnist("cpu"))
        patch.setattr(module, "load_mnist", lambda device="cpu": changed)
    return apply


def other_file(stem, change):
    """In that one of the script's files whose name holds the stem."""
    def apply(module, first, patch):
        path, = (path for path in module.DATA.iterdir()
                 if stem in path.name and path.name in SOURCE[module.__name__ + ".py"])
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return apply


def other_rows(function, chosen):
    """In those rows of the tables that the function of the script returns."""
    def apply(module, first, patch):
        def changed(*arguments):
            tables = [table.copy() if isinstance(table, np.ndarray) else table.clone()
                      for table in original(*arguments)]
            rows = chosen(first, *tables)
            assert 0 < len(rows) < len(tables[0]) / 2
            for table in tables:        # from one end of their range to the other
                table[rows] = table[rows].max() + table[rows].min() - table[rows]
            return tables
        original = getattr(module, function)
        patch.setattr(module, function, changed)
    return apply


def never_seen(first, x, y):
    """Rows of a table that stand in no batch of training."""
    seen = {x for batch in flat(first.nets[0].steps) for x, _ in batch.rows()}
    return [i for i, row in enumerate(x) if row.tobytes() not in seen]


def other_pairs(part):
    """Lesson 12.5: the answers of another sentence each, and fewer of them."""
    def apply(module, first, patch):
        def changed(rng):
            parts = original(rng)
            sentences, answers = zip(*parts[part], strict=True)
            answers = answers[len(answers) // 2:] + answers[:len(answers) // 2]
            parts[part] = list(zip(sentences, answers, strict=True))[::3]
            return parts
        original = module.make_parts
        patch.setattr(module, "make_parts", changed)
    return apply


def other_clouds(module, first, patch):
    original = module.make_clouds
    patch.setattr(module, "make_clouds", lambda n, seed: original(n, seed + (n == 1000)))


def new_words(text):
    """Other words in another order, in the first two columns of each line."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        one, two, *rest = line.split("\t")
        one, two = (" ".join(["zebra", *reversed(side.split())]) for side in (one, two))
        lines.append("\t".join([one, two, *rest]))
    return "\n".join(lines)


def new_names(text):
    names, labels = zip(*csv.reader(text.splitlines()), strict=True)
    labels = labels[1:] + labels[:1]
    return "".join(f"q{name[::-1]}x,{label}\n" for name, label in zip(names, labels, strict=True))


def new_end(first, last):
    """Between two shares of the text: a character that stands nowhere else, large for small."""
    def change(text):
        start, end = int(first * len(text)), int(last * len(text))
        return text[:start] + ("\u03a9" + text[start:end - 1].swapcase()) + text[end:]
    return change


def new_chapters(*numbers):
    def change(text):
        parts = re.split(r"(?m)^(?=CHAPTER )", text)
        for i in numbers:
            lines = parts[i].split("\n")
            parts[i] = "\n".join(line if i == 0 or line == "THE END" else line[::-1]
                                 for i, line in enumerate(lines))
        return "".join(parts)
    return change


def every_fifth_opinion(text):
    head, *rows = text.rstrip("\n").split("\n")
    for i in range(4, len(rows), 5):
        _, grade, topic = rows[i].split("\t")
        rows[i] = f"zebra {i} zebra\t{4 - int(grade)}\t{topic}"
    return "\n".join([head, *rows])


LEAKS = {("lesson6.py", "test"): other_clouds, ("lesson6_1.py", "test"): other_clouds,
         ("lesson8.py", "test"): other_rows("read_table", never_seen),
         ("lesson8_2.py", "test"): other_rows(
             "read_shipped", lambda first, x, y: first.orders[0][:len(x) // 5]),
         ("lesson9_3.py", "test"): other_rows(
             "simulate", lambda first, x, *_: first.orders[0][len(x) * 17 // 20:]),
         ("lesson9_3.py", "validation"): other_rows(
             "simulate", lambda first, x, *_: first.orders[0][len(x) * 7 // 10:len(x) * 17 // 20]),
         ("lesson12_5.py", "validation"): other_pairs(1), ("lesson12_5.py", "test"): other_pairs(2),
         ("lesson13.py", "test"): other_file("_test", new_names),
         ("lesson13_2.py", "validation"): other_file("alice", new_end(0.85, 0.9)),
         ("lesson13_2.py", "test"): other_file("alice", new_end(0.9, 1)),
         ("lesson13_3.py", "validation"): other_file("alice", new_chapters(-3)),
         ("lesson13_3.py", "test"): other_file("alice", new_chapters(-2, -1)),
         ("lesson13_7.py", "test"): other_file("opinions", every_fifth_opinion)}
for name in SCRIPTS:        # what several have alike
    if "load_mnist(device)" in SOURCE[name]:
        LEAKS[name, "test labels"] = other_digits(lambda x, y, a, b: (x, y, a, (b + 1) % 10))
        LEAKS[name, "test images"] = other_digits(lambda x, y, a, b: (x, y, a.flip(3), b))
    if "11 // 12" in SOURCE[name]:
        LEAKS[name, "validation"] = other_digits(lambda x, y, *test: (
            torch.cat([x[:66], x[66:].flip(3)]), torch.cat([y[:66], (y[66:] + 1) % 10]), *test))
    for stem, part in (("-val", "validation"), ("-test", "test")):
        if re.search(rf"\w{stem}\.txt", SOURCE[name]):
            LEAKS[name, part] = other_file(stem, new_words)
ON_TEST = ["losses", "validated", "val_losses", "validation", "batch_losses", "gradients",
           "parameters", "train_accuracy", "w"]          # what no test part changes
ON_VALIDATION = ["validated", "val_losses", "validation"]      # what a validation part changes


def independent(result, part):
    """What must not depend on that part: the result or a piece of it."""
    if not isinstance(result, dict):
        return [independent(item, part) for item in result] if isinstance(result, list) else result
    kept = {}
    for key, value in result.items():
        watched = key in ON_VALIDATION or (key == "accuracies" and isinstance(value, list))
        if part == "validation" and not watched:
            kept[key] = independent(value, part)
        elif part != "validation" and (watched or key in ON_TEST):
            kept[key] = value
    return kept


@pytest.mark.parametrize(("name", "part"), LEAKS)
def test_training_does_not_depend_on(name, part, watch):
    first = watch(name)
    other = watch(name, change=lambda module, patch: LEAKS[name, part](module, first, patch))
    if "load_mnist" not in SOURCE[name]:        # of few digits the accuracy may stay the same
        assert first.lines != other.lines or not same(first.result, other.result)
    assert same([training(net) for net in first.nets], [training(net) for net in other.nets])
    assert same(independent(first.result, part), independent(other.result, part))


def test_no_part_is_forgotten():
    """Who prints a test accuracy, BLEU, ... has a test part above."""
    for name in SCRIPTS:
        see = re.search(r"^See: +(.*)", SOURCE[name], re.MULTILINE)[1]
        if re.search(r"\btest\b|held-out", see) and name not in NEW_BATCHES:
            assert [part for script, part in LEAKS if script == name and part != "validation"], name


# ------------------------------------------------------------------------------------------ scores
@pytest.mark.parametrize("name", [name for name in TRAINED if "load_mnist(device)" in SOURCE[name]
                                  and name != "lesson10_3.py"])
def test_the_accuracies_are_those_of_the_trained_nets(name, watch):
    """On all test digits, and of the last epoch on the validation digits."""
    run = watch(name)
    x, y, x_test, y_test = all_digits()
    x_val, y_val, x_test, y_test = x[66:72], y[66:72], x_test[:40], y_test[:40]
    tested, validated = [run.result.get("accuracy")], []
    if name == "lesson11_5.py":
        nets = [net for row in run.result.values() for net in row]
        tested, validated = [net["test"] for net in nets], [net["validation"] for net in nets]
    elif isinstance(run.result["accuracies"], dict):
        tested = list(run.result["accuracies"].values())
    else:
        validated = run.result["accuracies"][-1:]
    for scores, x, y in ((tested, x_test, y_test), (validated, x_val, y_val)):
        for net, score in zip(run.nets, scores, strict=False):
            with torch.no_grad():
                right = net.model.eval()(x).argmax(dim=1) == y
            assert score == pytest.approx(right.double().mean().item())
