"""What main() does while it trains, and what it must not look at: for every script.

Each is watched by spies in PyTorch (watching.py) on few data: a new script is covered at once.
"""

import csv
import importlib
import inspect
import random
import re
import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from conftest import few_digits
from scripts import SCRIPTS, TABLE, TRAINED
from watching import content, mean_loss


def those(names, **what):
    """Parametrize a test by the scripts whose row of the table has all of this."""
    return pytest.mark.parametrize("name", [
        name for name in names
        if all(bool(getattr(TABLE[name], key)) == value for key, value in what.items())])


# ----------------------------------------------------------------------------------- one step
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_table_is_true(name, watch):
    run, row, module = watch(name), TABLE[name], importlib.import_module(name[:-3])
    known = inspect.signature(module.main).parameters
    assert len(run.nets) == row.nets
    assert row.seed == ("seed" in known)
    assert row.batches or "batch_size" not in known
    assert bool(row.digits) == (hasattr(module, "load_mnist") and row.nets > 0)
    assert (row.digits == "validated") == hasattr(module, "VALIDATION")


@those(TRAINED)
def test_each_step_is_made_in_order(name, watch):
    """Forward and loss, zero_grad, backward, clipping, step, schedule. LBFGS does the first ones
    several times; lesson 12 adds up the losses of its letters."""
    run, row = watch(name), TABLE[name]
    assert run.left == [], "the last of these led to no step"
    for net in run.nets:
        lbfgs = isinstance(net.optimizer, torch.optim.LBFGS)
        for step in net.steps:
            events = step.events
            if lbfgs:                           # its last evaluation
                before_last = [i for i, event in enumerate(events) if event == "backward"][:-1]
                events = events[before_last[-1] + 1:] if before_last else events
            assert events.count("zero_grad") == 1
            assert events.index("zero_grad") < events.index("backward")
            moves = [event for event in events if event != "zero_grad"]
            losses = moves[:moves.index("backward")]
            assert losses == ["forward", "loss"] * (len(losses) // 2) != []
            others = moves[len(losses):]
            assert [move for move in others if move not in ("clip", "schedule")] == [
                "backward", "step"]
            assert others == sorted(others, key=["backward", "clip", "step", "schedule"].index)
    last = run.nets[-1].steps[-1].events
    assert ("clip" in last) == bool(row.clip or name == "lesson12_6.py")
    scheduled = [net for net in run.nets if "schedule" in net.steps[0].events]
    assert bool(scheduled) == row.falls


@those(TRAINED)
def test_nets_train_in_training_mode_and_answer_in_the_other(name, watch):
    run = watch(name)
    for net in run.nets:
        for batch in net.batches():
            assert batch.modes == {True}, type(net.model).__name__
    for model, modes in run.evaluated:
        differs = any(isinstance(part, (nn.Dropout, nn.modules.batchnorm._NormBase))
                      or getattr(part, "dropout", 0) for part in model.modules())
        assert modes == {False} or not differs, type(model).__name__


@those(TRAINED)
def test_every_weight_is_the_optimizer_s_and_changes(name, watch):
    for net in watch(name).nets:
        groups = [p for group in net.optimizer.param_groups for p in group["params"]]
        assert {id(p) for p in groups} == {id(p) for p in net.model.parameters()}
        idle = [key for key in net.before if torch.equal(net.before[key], net.after[key])
                and not re.fullmatch(TABLE[name].idle, key)]
        assert idle == [], "weights that training does not change"


@those(TRAINED, clip=True)
def test_gradients_are_clipped(name, watch):
    limit = TABLE[name].clip
    norms = [step.norm for net in watch(name).nets for step in net.steps]
    assert max(norms) <= 1.001 * limit


@those(TRAINED, falls=True)
def test_the_rate_falls_to_almost_0_in_the_last_step_and_never_is_0(name, watch):
    """A schedule over too few steps comes to 0 before, one over too many never."""
    rates = [[step.rate for step in net.steps] for net in watch(name).nets]
    tops = [net.optimizer.param_groups[0].get("initial_lr", 0) for net in watch(name).nets]
    falling = [(row, max(top, *row)) for row, top in zip(rates, tops, strict=True)
               if len(set(row)) > 1]
    assert falling
    for row, top in falling[-1:] if TABLE[name].order == "made" else falling:   # 1st: soon lost
        assert 0 < min(row) == row[-1] <= top * (1.001 / len(row) + 0.01)


# --------------------------------------------------------------------------------- one epoch
@those(TRAINED, batches=True)
def test_every_epoch_has_every_sample_once_in_a_new_order(name, watch):
    """Seen by what net and criterion get: each sample stays with its own target."""
    run, order = watch(name), TABLE[name].order
    if order == "made":                         # new ones in every step
        seen = [batch.x.numpy().tobytes() for batch in run.nets[-1].batches()]
        assert len(set(seen)) == len(seen)
        return
    for epochs in run.epochs():
        rows = [[row for step in epoch for batch in step.batches for row in batch.rows()]
                for epoch in epochs]
        assert TABLE[name].samples in (0, len(rows[0]))
        first, second = rows[:2]
        if order == "text":                     # from left to right
            assert first == second
            continue
        if order == "moved":                    # the images, by chance, whenever they are used
            first, second = ([y for _, y in epoch] for epoch in (first, second))
        assert first != second, "the same order in both epochs"
        if order == "joined":                   # the same words, in other sentences
            first, second = (np.frombuffer(b"".join(y for _, y in epoch), np.int64).tolist()
                             for epoch in (first, second))
        assert Counter(first) == Counter(second)


@those(TRAINED, batches=True)
def test_all_batches_but_one_have_the_size_that_was_asked_for(name, watch):
    """The smaller one is the last, or anywhere where batches of like length come in a new order."""
    run, order = watch(name), TABLE[name].order
    wanted = run.settings.get("batch_size", 64)
    if order in ("made", "text", "joined"):
        sizes = {len(batch.x) for batch in run.nets[0].batches()}
        assert max(sizes) == wanted and (order == "joined" or len(sizes) == 1)
        return
    for epochs in run.epochs():
        for epoch in epochs:
            rest, *sizes = sorted(len(step.batches[0].x) for step in epoch)
            assert set(sizes) == {wanted}
            assert 0 < rest < wanted, "choose other sizes in scripts.py"


@those(TRAINED)
def test_the_loss_of_an_epoch_is_the_mean_over_what_was_trained_on(name, watch):
    """Of samples or tokens, not of batches: the last one is smaller. Of each step's own loss."""
    run = watch(name)
    for net, losses, epochs in zip(run.nets, run.losses(), run.epochs(), strict=False):
        for loss, steps in zip(losses, epochs, strict=True):
            counts = {step.batches[0].count for step in steps}
            assert len(steps) == 1 or len(counts) > 1 or TABLE[name].order == "made"
            assert loss == pytest.approx(mean_loss(net, steps), rel=1e-6, nan_ok=True)


# ------------------------------------------------------------------------------- several nets
@those(TRAINED, same_weights=True)
def test_nets_that_are_compared_start_from_the_same_weights(name, watch):
    first, *others = watch(name).nets[:TABLE[name].same_weights]
    assert len(others) == TABLE[name].same_weights - 1
    for net in others:
        assert all(torch.equal(net.before[key], value) for key, value in first.before.items())


@those(TRAINED, same_batches=True)
def test_nets_that_are_compared_see_the_same_batches(name, watch):
    first, *others = watch(name).nets[:TABLE[name].same_batches]
    assert len(others) == TABLE[name].same_batches - 1
    for net in others:
        pairs = list(zip(first.batches(), net.batches(), strict=False))
        assert pairs
        for one, other in pairs:
            assert torch.equal(one.x, other.x) and torch.equal(one.y, other.y)


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
    assert content(first.result) == content(again.result)
    assert [net.training() for net in first.nets] == [net.training() for net in again.nets]
    assert state() == before
    assert all(repr(value) == text for value, text in constants.values())


@those(SCRIPTS, seed=True)
def test_the_seed_reaches_data_weights_and_order(name, watch):
    first, other = watch(name), watch(name, seed=1)
    assert content(first.result) != content(other.result)
    for one, two in zip(first.nets, other.nets, strict=True):
        if any(p.any() for p in one.before.values()):       # some start from 0
            assert content(one.before) != content(two.before)
    for one, two in zip(first.orders, other.orders, strict=False):
        assert len(one) < 10 or one != two                  # few come alike by chance


# ------------------------------------------------------------------------------------------ leaks
# What spoils a part that is not trained on: change(module, first run, patch) before main() is run.
def other_test_labels(module, first, patch):
    x, y, x_test, y_test = few_digits()
    patch.setattr(module, "load_mnist", lambda: (x, y, x_test, (y_test + 1) % 10))


def other_test_images(module, first, patch):
    x, y, x_test, y_test = few_digits()
    patch.setattr(module, "load_mnist", lambda: (x, y, x_test.flip(2), y_test))


def other_validation_digits(module, first, patch):
    x, y, x_test, y_test = few_digits()
    x[66:], y[66:] = x[66:].flip(2), (y[66:] + 1) % 10
    patch.setattr(module, "load_mnist", lambda: (x, y, x_test, y_test))


def other_file(name, change):
    """In the file of that name."""
    def apply(module, first, patch):
        import files
        place = module.DATA if hasattr(module, "DATA") else files.DATA
        path = place / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return apply


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


def last_of_the_split(text):
    """Rows that random_split(..., [0.8, 0.2]) with seed 0 puts last: zeros, other labels."""
    rows = [line.split(",") for line in text.rstrip("\n").split("\n")]
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0)).tolist()
    labels = {row[-1] for row in rows}
    for i in order[len(rows) * 4 // 5 + 1:]:
        other, = labels - {rows[i][-1]}
        rows[i] = ["0"] * (len(rows[i]) - 1) + [other]
    return "".join(",".join(row) + "\n" for row in rows)


def other_rows(function, chosen):
    """In those rows of the tables that the function of the script returns."""
    def apply(module, first, patch):
        def changed(*arguments):
            tables = [table.copy() if isinstance(table, np.ndarray) else table.clone()
                      for table in original(*arguments)]
            rows = chosen(first, len(tables[0]))
            assert 0 < len(rows) < len(tables[0]) / 2
            for table in tables:        # from one end of their range to the other
                table[rows] = table[rows].max() + table[rows].min() - table[rows]
            return tables
        original = getattr(module, function)
        patch.setattr(module, function, changed)
    return apply


def part_of_order(start, end):
    """Of the first permutation of all rows, those between two shares."""
    return lambda first, n: next(order for order in first.orders if len(order) == n)[
        round(start * n):round(end * n)]


def other_pairs(part):
    """Lesson 12.5: the answers of another sentence each, and fewer of them."""
    def apply(module, first, patch):
        def changed(*given):
            parts = original(*given)
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


LEAKS = {("lesson6.py", "test"): other_clouds, ("lesson6_1.py", "test"): other_clouds,
         ("lesson8.py", "test"): other_file("breast_cancer.csv", last_of_the_split),
         ("lesson8_2.py", "test"): other_rows("read_shipped", part_of_order(0, 0.2)),
         ("lesson9_3.py", "test"): other_rows("simulate", part_of_order(0.85, 1)),
         ("lesson9_3.py", "validation"): other_rows("simulate", part_of_order(0.7, 0.85)),
         ("lesson12_5.py", "validation"): other_pairs(1), ("lesson12_5.py", "test"): other_pairs(2),
         ("lesson13.py", "test"): other_file("names_test.csv", new_names),
         ("lesson13_2.py", "validation"): other_file("alice.txt", new_end(0.85, 0.9)),
         ("lesson13_2.py", "test"): other_file("alice.txt", new_end(0.9, 1)),
         ("lesson13_3.py", "validation"): other_file("alice.txt", new_chapters(-3)),
         ("lesson13_3.py", "test"): other_file("alice.txt", new_chapters(-2, -1)),
         ("lesson13_7.py", "test"): other_file("opinions.tsv", every_fifth_opinion)}
for name in SCRIPTS:
    if TABLE[name].digits:
        LEAKS[name, "test labels"] = other_test_labels
        LEAKS[name, "test images"] = other_test_images
    if TABLE[name].digits == "validated":
        LEAKS[name, "validation"] = other_validation_digits
for name, pairs in (("lesson13_4.py", "deu-eng"), ("lesson13_5.py", "eng-fra"),
                    ("lesson13_6.py", "eng-fra")):
    LEAKS[name, "validation"] = other_file(f"{pairs}-val.txt", new_words)
    LEAKS[name, "test"] = other_file(f"{pairs}-test.txt", new_words)
# Keys of results that only what is trained on decides, and those that a validation part does.
TRAINING = ["losses", "validated", "val_losses", "validation", "batch_losses", "gradients",
            "parameters", "train_accuracy", "w"]
VALIDATED = ["validated", "val_losses", "validation"]


def independent(result, part):
    """What must not depend on that part: the result or a piece of it."""
    if not isinstance(result, dict):
        return [independent(item, part) for item in result] if isinstance(result, list) else result
    kept = {}
    for key, value in result.items():
        tested = "validation" in result         # then the accuracies are those of the test
        watched = key in VALIDATED or (key == "accuracies" and not tested and any(
            isinstance(row, list) for row in [value, *dict(value if isinstance(
                value, dict) else {}).values()]))
        if part == "validation" and not watched:
            kept[key] = independent(value, part)
        elif part != "validation" and (watched or key in TRAINING):
            kept[key] = value
    return kept


@pytest.mark.parametrize(("name", "part"), sorted(LEAKS))
def test_training_does_not_depend_on(name, part, watch):
    first = watch(name)
    other = watch(name, change=lambda module, patch: LEAKS[name, part](module, first, patch))
    if not TABLE[name].digits:                  # of few digits the accuracy may stay the same
        assert first.lines != other.lines or content(first.result) != content(other.result)
    assert [net.training() for net in first.nets] == [net.training() for net in other.nets]
    assert content(independent(first.result, part)) == content(independent(other.result, part))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_part_is_forgotten(name, watch):
    """Who prints a test accuracy, BLEU, ... has a test part above."""
    if re.search(r"\btest\b|held-out", watch(name).lines[-1]) and TABLE[name].order != "made":
        assert [part for script, part in LEAKS if script == name and part != "validation"]


# ------------------------------------------------------------------------------------------ scores
@those([name for name in TRAINED if name != "lesson10_3.py"], digits=True)
def test_the_accuracies_are_those_of_the_trained_nets(name, watch):
    """On all test digits, and of the last epoch on the validation digits."""
    run = watch(name)
    x, y, x_test, y_test = few_digits()
    tested, validated = run.result.get("accuracy"), run.result.get("validation", [])
    accuracies = run.result.get("accuracies", [])
    if isinstance(accuracies, dict):
        tested = accuracies
    else:
        validated = accuracies[-1:]
    for scores, images, labels in ((tested, x_test, y_test), (validated, x[66:], y[66:])):
        scores = scores if isinstance(scores, (dict, list)) else [scores]
        scores = list(scores.values()) if isinstance(scores, dict) else scores
        inputs = (images.unsqueeze(1) / 255 - 0.1307) / 0.3081
        for net, score in zip(run.nets, np.ravel(scores), strict=False):
            with torch.no_grad():
                right = net.model.eval()(inputs).argmax(dim=1) == labels
            assert score == pytest.approx(right.double().mean().item())
