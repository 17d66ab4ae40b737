"""Lecture 9, exercise 9-2: the simulation and its exact answer, Kaggle's files, what is written.

What files.py refuses and how it writes is tested with it.
"""

import csv
import math
import os
import random
import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.distributions import Gamma, Poisson

import lesson9_3
from lesson9_3 import CLASSES, FEATURES, KINDS, SHARES, log_loss, read_products, simulate
from utils import BadInput


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="train.csv"):
        path = tmp_path / name
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return str(path)

    return to_file


def products(n, columns=("id", *FEATURES, "target"), seed=0):
    """Lines of a train.csv whose first feature is high in classes 1 to 4, the second in 5 to 9."""
    generator, lines = random.Random(seed), [",".join(columns)]
    for i in range(n):
        label = i % 9 + 1
        row = {name: generator.choice("0001") for name in columns}
        row |= {"id": str(i + 1), "target": f"Class_{label}", "feat_1": str(9 * (label < 5)),
                "feat_2": str(9 * (label > 4))}
        lines.append(",".join(row[name] for name in columns))
    return lines


# -------------------------------------------------------------------------------- the simulation
def test_the_exact_probabilities_are_those_of_bayes_rule():
    torch.manual_seed(3)
    counts, y, p = simulate(40)
    torch.manual_seed(3)                        # the same means: they are drawn first
    usual = Gamma(0.3, 0.6).sample((93,))
    means = (usual * Gamma(4.0, 4.0).sample((9 * KINDS, 93)) + 0.01).double()
    assert counts.shape == (40, 93) and p.shape == (40, 9) and y.shape == (40,)
    for count, found in zip(counts.double(), p, strict=True):
        of_kind = Poisson(means).log_prob(count).sum(dim=1).exp() / KINDS       # (K,)
        joint = SHARES.double() * of_kind.view(9, KINDS).sum(dim=1)
        torch.testing.assert_close(found.double(), joint / joint.sum(), atol=1e-4, rtol=1e-3)


def test_the_exact_probabilities_come_true():
    """Of the products that have a probability near p, a share of about p is of that class."""
    torch.manual_seed(0)
    counts, y, p = simulate(20_000)
    truth = nn.functional.one_hot(y, 9).float()
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        assert inside.sum() > 400
        assert truth[inside].mean().item() == pytest.approx(p[inside].mean().item(), abs=0.03)
    assert truth.mean(dim=0).tolist() == pytest.approx(SHARES.tolist(), abs=0.012)
    assert 0.6 < (counts == 0).float().mean() < 0.95 and torch.equal(counts, counts.round())


def test_no_other_answer_is_better_than_the_exact_one():
    torch.manual_seed(1)
    counts, y, p = simulate(5000)
    best = log_loss(p, y)
    for other in (p ** 0.7, p ** 1.4, 0.9 * p + 0.1 / 9, p.roll(1, dims=1), SHARES.expand(5000, 9)):
        assert log_loss(other / other.sum(dim=1, keepdim=True), y) > best
    of_kaggle = [1929, 16122, 8004, 2691, 2739, 14135, 2839, 8464, 4955]
    assert SHARES.sum().item() == pytest.approx(1)
    assert SHARES.tolist() == pytest.approx([n / 61878 for n in of_kaggle], abs=0.006)


# --------------------------------------------------------------------------- log-loss and answers
def test_log_loss_is_cross_entropy_after_the_softmax():
    z, y = torch.randn(50, 9), torch.randint(9, (50,))
    expected = nn.CrossEntropyLoss()(z, y).item()
    assert log_loss(z.softmax(dim=1), y) == pytest.approx(expected, rel=1e-5)
    p = torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]])
    assert log_loss(p, torch.tensor([0, 2])) == pytest.approx(-math.log(0.5 * 0.75) / 2)
    assert log_loss(p, torch.tensor([2, 0])) == pytest.approx((15 * math.log(10) + math.log(4)) / 2)


def test_probabilities_of_more_than_a_thousand_products():
    model = nn.Sequential(nn.Linear(93, 9), nn.Dropout())
    for n in (2300, 0):
        counts = torch.randint(5, (n, 93)).float()
        p = lesson9_3.probabilities(model, counts)
        torch.testing.assert_close(p, model[0](counts.log1p()).softmax(dim=1).detach())
        assert not p.requires_grad


def test_counts_and_classes_are_read_by_their_names(write):
    lines = products(3)
    columns = ("target", *reversed(FEATURES), "id")
    expected = [[int(field) for field in line.split(",")[1:-1]] for line in lines[1:]]
    counts, targets = read_products(write(lines), "target", "Class_[1-9]")
    assert counts.tolist() == expected and counts.dtype == torch.float32
    assert targets == ["Class_1", "Class_2", "Class_3"]
    table = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    other = [",".join(columns)]
    for row in table:
        other.append(",".join(row[name] for name in columns))
    counts, ids = read_products(write(other, "other.csv"), "id", r"\d+")
    assert counts.tolist() == expected and ids == ["1", "2", "3"]


# --------------------------------------------------------------------------------------- result
def test_the_net_comes_near_the_exact_answer(run_script):
    run = run_script("lesson9_3.py")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("simulated counts, not Kaggle's: 20,000 products, ")
    net, frequencies, best = map(float, re.search(
        r"\ntest log-loss ([\d.]+) \| class frequencies ([\d.]+) \| best possible ([\d.]+)\n$",
        run.stdout).groups())
    assert 0.3 < best < net < best + 0.2 < 1 < 1.8 < frequencies < 2.1


def test_frequencies_are_those_of_the_training_part(write):
    lines = products(60)
    torch.manual_seed(0)
    kept, val, held_out = torch.randperm(60).split([42, 9, 9])
    for i in val.tolist():                      # a class that stands nowhere else
        lines[1 + i] = lines[1 + i].rpartition(",")[0] + ",Class_9"
    for i in kept.tolist():
        lines[1 + i] = lines[1 + i].replace("Class_9", "Class_8")
    levels = lesson9_3.main(epochs=1, train=write(lines))["levels"]
    y = torch.tensor([CLASSES.index(line.rpartition(",")[2]) for line in lines[1:]])
    p = [(sum(y[kept] == k).item() + 1) / (42 + 9) for k in range(9)]
    expected = -sum(math.log(p[k]) for k in y[held_out].tolist()) / 9
    assert levels["class frequencies"] == pytest.approx(expected, rel=1e-5)
    assert sorted(levels) == ["class frequencies", "test log-loss"]         # nothing is known here


def test_the_levels_are_drawn():
    result = lesson9_3.main(epochs=3, rows=300)
    figure = lesson9_3.draw(result)
    plt.close(figure)
    drawn = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}
    assert drawn.pop("training") == result["losses"]
    assert drawn.pop("validation") == result["val_losses"]
    assert drawn == {f"{name} {value:.4f}": [value] * 2 for name, value in result["levels"].items()}
    assert len(drawn) == 3


# ------------------------------------------------------------------------------- submission.csv
@pytest.fixture
def files(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    new = products(40, ("feat_93", "id", *FEATURES[:92]), seed=1)
    return {"train": write(products(400)), "test": write(new, "test.csv")}


def test_nine_probabilities_are_written_for_each_product(files):
    levels = lesson9_3.main(batch_size=20, **files)["levels"]
    assert os.listdir() == ["submission.csv"]
    with open("submission.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", *(f"Class_{i}" for i in range(1, 10))]
    assert [row["id"] for row in rows] == [str(i + 1) for i in range(40)]
    for i, row in enumerate(rows):
        p = [float(row[name]) for name in CLASSES]
        assert sum(p) == pytest.approx(1, abs=1e-5) and all(0 <= share <= 1 for share in p)
        low = sum(p[:4])                        # what the first two features tell
        assert low > 0.9 if i % 9 < 4 else low < 0.1
    assert levels["test log-loss"] < levels["class frequencies"]


def test_a_bad_test_file_is_refused_before_the_training(files, write, capsys):
    bad = write(products(3, FEATURES), "bad.csv")
    with pytest.raises(BadInput, match="id"):
        lesson9_3.main(**(files | {"test": bad}))
    assert "epoch" not in capsys.readouterr().out and os.listdir() == []


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(BadInput, match="--test: expected --train as well"):
        lesson9_3.main(test="test.csv")
    with pytest.raises(BadInput, match="--rows: expected 20 or more, got 19"):
        lesson9_3.main(rows=19)
