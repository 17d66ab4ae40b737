"""Lecture 9, exercise 9-2: the simulation and its exact answer, Kaggle's files, what is written."""

import csv
import math
import os
import random
import re

import pytest
import torch
from torch import nn
from torch.distributions import Gamma, Poisson

import lesson9_3
from lesson9_3 import CLASSES, FEATURES, KINDS, SHARES, log_loss, read_kaggle, simulate
from utils import BadInput, plot_curve


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="train.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
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
    x, y, p = simulate(40)
    torch.manual_seed(3)                        # the same rates: they are drawn first
    usual = Gamma(0.3, 0.6).sample((93,))
    rates = (usual * Gamma(4.0, 4.0).sample((9 * KINDS, 93)) + 0.01).double()
    assert x.shape == (40, 93) and p.shape == (40, 9)
    counts = x.double().expm1().round()
    for count, found in zip(counts, p, strict=True):
        of_kind = Poisson(rates).log_prob(count).sum(dim=1).exp() / KINDS        # (K,)
        joint = SHARES.double() * of_kind.view(9, KINDS).sum(dim=1)
        torch.testing.assert_close(found.double(), joint / joint.sum(), atol=1e-4, rtol=1e-3)


def test_the_exact_probabilities_come_true():
    """Of the products that have a probability near p, a share of about p is of that class."""
    torch.manual_seed(0)
    x, y, p = simulate(20_000)
    truth = nn.functional.one_hot(y, 9).float()
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        assert inside.sum() > 400
        assert truth[inside].mean().item() == pytest.approx(p[inside].mean().item(), abs=0.03)
    assert truth.mean(dim=0).tolist() == pytest.approx(SHARES.tolist(), abs=0.01)
    assert 0.6 < (x == 0).float().mean() < 0.95
    torch.testing.assert_close(x.expm1(), x.expm1().round(), atol=1e-3, rtol=0)     # whole counts


def test_no_other_answer_is_better_than_the_exact_one():
    torch.manual_seed(1)
    x, y, p = simulate(5000)
    best = log_loss(p, y)
    for other in (p ** 0.7, p ** 1.4, 0.9 * p + 0.1 / 9, p.roll(1, dims=1), SHARES.expand(5000, 9)):
        assert log_loss(other / other.sum(dim=1, keepdim=True), y) > best
    of_kaggle = [1929, 16122, 8004, 2691, 2739, 14135, 2839, 8464, 4955]
    assert SHARES.sum().item() == pytest.approx(1)
    assert SHARES.tolist() == pytest.approx([n / 61878 for n in of_kaggle], abs=0.006)


# ------------------------------------------------------------------------------------- log-loss
def test_log_loss_is_cross_entropy_after_the_softmax():
    z, y = torch.randn(50, 9), torch.randint(9, (50,))
    expected = nn.CrossEntropyLoss()(z, y).item()
    assert log_loss(z.softmax(dim=1), y) == pytest.approx(expected, rel=1e-5)
    p = torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]])
    assert log_loss(p, torch.tensor([[0], [2]])) == log_loss(p, torch.tensor([0, 2]))
    assert log_loss(p, torch.tensor([0, 2])) == pytest.approx(-math.log(0.5 * 0.75) / 2)
    assert log_loss(p, torch.tensor([2, 0])) == pytest.approx((15 * math.log(10) + math.log(4)) / 2)


# -------------------------------------------------------------------------------- Kaggle's files
def test_counts_and_classes_are_read(write):
    lines = products(3)
    x, targets = read_kaggle(write("\n".join(lines) + "\n"), "target", "Class_[1-9]")
    expected = [[int(field) for field in line.split(",")[1:-1]] for line in lines[1:]]
    torch.testing.assert_close(x, torch.tensor(expected).float().log1p())
    assert targets == ["Class_1", "Class_2", "Class_3"] and x.dtype == torch.float32


def test_the_order_of_the_columns_other_columns_marks_and_quotes_do_not_matter(write):
    usual = read_kaggle(write("\n".join(products(5))), "target", "Class_[1-9]")
    table = [dict(zip(products(0)[0].split(","), line.split(","), strict=True))
             for line in products(5)[1:]]
    columns = ["target", *reversed(FEATURES), "note", "id"]
    lines = [",".join(f'"{name}"' for name in columns)]
    for row in table:
        lines.append(",".join(f'"{row.get(name, "a, b")}"' for name in columns))
    path = write("\ufeff" + "\r\n".join(lines) + "\r\n", "other.csv")
    x, targets = read_kaggle(path, "target", "Class_[1-9]")
    assert torch.equal(x, usual[0]) and targets == usual[1]
    assert read_kaggle(path, "id", r"\d+")[1] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("old", "new"), [
    ("Class_2", "Class_10"), ("Class_2", "Class_0"), ("Class_2", "2"), ("Class_2", ""),
    ("Class_2", "Class_2,1"), (",9,", ",-9,"), (",9,", ",9.5,"), (",9,", ",,"), (",9,", ",nan,"),
    (",9,", f",{'9' * 400},"), (",9,", ",")])
def test_bad_rows_get_file_and_line(write, old, new):
    lines = products(3)
    lines[2] = lines[2].replace(old, new, 1)
    path = write("\n".join(lines))
    with pytest.raises(BadInput) as error:
        read_kaggle(path, "target", "Class_[1-9]")
    assert str(error.value).startswith(f"{path}, line 3: expected target as Class_[1-9] and 93 ")
    assert "\n" not in str(error.value) and len(str(error.value)) < len(path) + 140


def test_missing_columns_are_named(write):
    path = write("\n".join(products(3, ["id", *FEATURES[2:90], "Target"])))
    with pytest.raises(BadInput) as error:
        read_kaggle(path, "target", "Class_[1-9]")
    assert str(error.value) == (f"{path}, line 1: expected Kaggle's columns, missing: target, "
                                "feat_1, feat_2, feat_91, feat_92, feat_93")


@pytest.mark.parametrize(("text", "said"), [
    ("\n".join(products(0)), "expected 20 products or more, got 0"),
    ("\n".join(products(19)), "expected 20 products or more, got 19"),
    ("", "missing: target"), ("x" * 200_000, "missing: target"), ("<html>", "got a web page")])
def test_files_that_are_no_products(write, text, said):
    path = write(text)
    with pytest.raises(BadInput) as error:
        lesson9_3.main(train=path)
    assert str(error.value).startswith(path) and said in str(error.value)


# --------------------------------------------------------------------------------------- result
def test_the_net_comes_near_the_exact_answer(run_script):
    run = run_script("lesson9_3.py")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("simulated counts, not Kaggle's: 20,000 products, ")
    net, frequencies, best = map(float, re.search(
        r"\ntest log-loss ([\d.]+) \| class frequencies ([\d.]+) \| best possible ([\d.]+)\n$",
        run.stdout).groups())
    assert 0.3 < best < net < best + 0.2 < 1 < 1.8 < frequencies < 2.1


def parts_of(n):
    torch.manual_seed(0)
    return torch.randperm(n).tensor_split([n * 7 // 10, n * 17 // 20])


def test_frequencies_are_those_of_the_training_part(write):
    lines = products(60)
    kept, val, held_out = parts_of(60)
    for i in val.tolist():                      # a class that stands nowhere else
        lines[1 + i] = lines[1 + i].rpartition(",")[0] + ",Class_9"
    for i in kept.tolist():
        lines[1 + i] = lines[1 + i].replace("Class_9", "Class_8")
    result = lesson9_3.main(epochs=1, train=write("\n".join(lines)))["result"]
    y = torch.tensor([CLASSES.index(line.rpartition(",")[2]) for line in lines[1:]])
    p = [(sum(y[kept] == k).item() + 1) / (42 + 9) for k in range(9)]
    expected = -sum(math.log(p[k]) for k in y[held_out].tolist()) / 9
    assert result["class frequencies"] == pytest.approx(expected, rel=1e-5)
    assert sorted(result) == ["class frequencies", "test log-loss"]         # nothing is known here


def test_test_products_change_nothing_but_the_test(write):
    lines = products(60)
    before = lesson9_3.main(epochs=2, train=write("\n".join(lines)))
    for i in parts_of(60)[2].tolist():
        lines[1 + i] = lines[1 + i].replace(",9,", ",77,")
    after = lesson9_3.main(epochs=2, train=write("\n".join(lines)))
    for name in ("training", "validation"):
        assert before["curves"][name] == after["curves"][name]
    assert before["result"]["test log-loss"] != after["result"]["test log-loss"]
    assert len(set(before["result"])) == 2


def test_a_loss_is_a_mean_over_samples(write):
    """With a rate that changes nothing: the last, smaller batch weighs less."""
    path = write("\n".join(products(60)))
    one, two = (lesson9_3.main(epochs=1, batch_size=size, lr=1e-30, train=path)["curves"]
                for size in (100, 40))
    assert one["training"] == pytest.approx(two["training"], rel=1e-5)


def test_level_lines_and_printed_rows(capsys):
    result = lesson9_3.main(epochs=3, rows=300)
    lines = capsys.readouterr().out.split("\n")
    curves = result["curves"]
    assert lines[1] == (f"epoch  1/3 | loss {curves['training'][0]:.4f} | validation "
                        f"{curves['validation'][0]:.4f}")
    drawn = {line.get_label(): list(line.get_ydata())
             for line in plot_curve(curves, ylabel="log-loss").axes[0].lines}
    for name in ("test log-loss", "class frequencies", "best possible"):
        assert drawn[name] == [result["result"][name]] * 3
    assert drawn["training"] == curves["training"] and len(drawn) == 5


def test_same_seed_same_result():
    first, again, other = (lesson9_3.main(epochs=1, rows=300, seed=seed) for seed in (0, 0, 1))
    assert first == again and first["curves"] != other["curves"]


# ------------------------------------------------------------------------------- submission.csv
@pytest.fixture
def files(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    new = products(40, ("feat_93", "id", *FEATURES[:92]), seed=1)
    return {"train": write("\n".join(products(400))), "test": write("\n".join(new), "test.csv")}


def test_nine_probabilities_are_written_for_each_product(files, tmp_path, capsys):
    result = lesson9_3.main(batch_size=20, **files)
    path = tmp_path / "here" / "submission.csv"
    assert os.listdir() == ["submission.csv"]
    assert f"{path}: nine probabilities for each of 40 products\n" in capsys.readouterr().out
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", *(f"Class_{i}" for i in range(1, 10))]
    assert [row["id"] for row in rows] == [str(i + 1) for i in range(40)]
    for i, row in enumerate(rows):
        p = [float(row[name]) for name in CLASSES]
        assert sum(p) == pytest.approx(1, abs=1e-5) and all(0 <= share <= 1 for share in p)
        low = sum(p[:4])                        # what the first two features tell
        assert low > 0.9 if i % 9 < 4 else low < 0.1
    assert result["result"]["test log-loss"] < result["result"]["class frequencies"]


def test_an_answer_that_cannot_be_written_leaves_nothing(files):
    os.mkdir("submission.csv")
    with pytest.raises(BadInput, match=r"submission\.csv: expected to write there, got: "):
        lesson9_3.main(epochs=1, **files)
    assert os.listdir() == ["submission.csv"]


def test_a_bad_test_file_is_refused_before_the_training(files, write, capsys):
    bad = write("\n".join(products(3, FEATURES)), "bad.csv")
    with pytest.raises(BadInput, match="missing: id$"):
        lesson9_3.main(**(files | {"test": bad}))
    assert capsys.readouterr().out == "" and os.listdir() == []


def test_a_test_file_alone_is_refused():
    with pytest.raises(BadInput, match="--test: expected --train as well"):
        lesson9_3.main(test="test.csv")
