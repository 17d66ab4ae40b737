"""Lecture 8: a Dataset and its batches, what is held out, workers under every start method."""

import multiprocessing
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import lesson8
from conftest import LIUER
from utils import DATA, BadInput

TABLE = DATA / "breast_cancer.csv"
ROW = ",".join(["0.5"] * 8)
STARTS = [start for start in multiprocessing.get_all_start_methods()
          if not start.startswith("loky")]      # joblib, which other tests import, adds its own


@pytest.fixture
def parts(monkeypatch):
    """The two parts that random_split made in a run of main()."""
    made = []
    random_split = lesson8.random_split

    def remember(dataset, shares):
        made.extend(random_split(dataset, shares))
        return made

    monkeypatch.setattr(lesson8, "random_split", remember)
    return made


def test_the_dataset_has_the_lines_as_they_stand():
    dataset = lesson8.DiabetesDataset(TABLE)
    assert len(dataset) == 569
    inputs, labels = dataset[3]
    fourth = np.loadtxt(TABLE, delimiter=",", dtype=np.float32)[3]
    assert inputs.tolist() == fourth[:8].tolist() and labels.tolist() == fourth[8:].tolist()
    shapes = [tuple(inputs.shape) for inputs, labels in DataLoader(dataset, batch_size=32)]
    assert shapes == 17 * [(32, 8)] + [(25, 8)]


def test_the_parts_share_no_row_and_only_the_training_rows_scale(parts):
    lesson8.main(epochs=1)
    train, test = parts
    assert sorted(train.indices + test.indices) == list(range(569))
    assert (len(train), len(test)) == (456, 113)
    x = train.dataset.x_data
    np.testing.assert_allclose(x[train.indices].amin(dim=0), -1, atol=1e-6)
    np.testing.assert_allclose(x[train.indices].amax(dim=0), 1, atol=1e-6)
    assert x[test.indices].max() > 1.01         # a row that training has not seen lies outside
    raw = np.loadtxt(TABLE, delimiter=",", dtype=np.float32)[:, :-1]
    low, high = raw[train.indices].min(axis=0), raw[train.indices].max(axis=0)
    np.testing.assert_allclose(x, 2 * (raw - low) / (high - low) - 1, atol=1e-5)


def test_it_beats_the_baseline_on_unseen_rows(run_script):
    result = lesson8.main()
    assert result["accuracy"] > 0.9 and result["train_accuracy"] > 0.9 > 0.7 > result["baseline"]
    out = run_script("lesson8.py").stdout
    assert out.startswith("456 training rows in 15 batches, 113 to test\n")
    assert out.rstrip("\n").split("\n")[-1] == (
        f"test accuracy {result['accuracy']:.1%} | training accuracy "
        f"{result['train_accuracy']:.1%} | baseline {result['baseline']:.1%}")


def test_accuracies_and_baseline_are_those_of_their_rows(parts, monkeypatch):
    """With a net that answers by a rule: class 1 where the first feature is below the middle."""
    class Rule(nn.Module):
        def __init__(self, features):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return torch.sigmoid(0 * self.weight - x[:, [0]])

    monkeypatch.setattr(lesson8, "Model", Rule)
    result = lesson8.main(epochs=1)
    train, test = parts
    xy = np.loadtxt(TABLE, delimiter=",", dtype=np.float32)
    first, label = xy[:, 0], xy[:, -1]
    middle = (first[train.indices].min() + first[train.indices].max()) / 2
    right = (first < middle) == (label == 1)
    assert result["accuracy"] == pytest.approx(right[test.indices].mean())
    assert result["train_accuracy"] == pytest.approx(right[train.indices].mean())
    assert result["baseline"] == pytest.approx(label[test.indices].mean())      # benign is frequent


@pytest.mark.parametrize("rows", [2, 4])
def test_too_few_rows_to_split(rows, tmp_path):
    text = f"{ROW},1\n" + f"{ROW},0\n" * (rows - 1)
    (tmp_path / "few.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=f"few.csv: expected at least 5 rows to split, got {rows}"):
        lesson8.main(path=str(tmp_path / "few.csv"))
    (tmp_path / "few.csv").write_text(text + f"{ROW},0\n" * (5 - rows), encoding="utf-8")
    assert lesson8.main(epochs=1, path=str(tmp_path / "few.csv"))["accuracy"] in (0, 1)


# ------------------------------------------------------------------------------------ workers
@pytest.mark.parametrize("start", STARTS)
def test_two_workers(python, tmp_path, start):
    """The script as a reader starts it; on this system, and as on Windows and Python 3.14."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import multiprocessing\nmultiprocessing.set_start_method({start!r})\n")
    quiet = ("-W", "error", "-W", "ignore:.*fork:DeprecationWarning")   # Python 3.12: threads, fork
    run = python(*quiet, LIUER / "lesson8.py", "--workers", 2, "--epochs", 2, PYTHONPATH=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("training rows") == 1                    # workers do not run main
    alone = lesson8.main(epochs=1)["losses"][0]                      # the same first epoch
    assert f"epoch   1/2 | loss {alone:.4f}\n" in run.stdout


def test_a_row_is_answered(capsys, tmp_path):
    """--predict scales the row by the training rows: on a table whose label is "x0 above 50"."""
    lines = [f"{37 * i % 100},{7 * i % 13},{int(37 * i % 100 > 50)}" for i in range(100)]
    (tmp_path / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    for row, likely in (("95,3", True), ("4，9", False)):
        lesson8.main(epochs=60, lr=0.5, path=tmp_path / "table.csv", predict=row)
        answer = re.search(rf"{row} \| probability of class 1: ([\d.]+)%", capsys.readouterr().out)
        assert (float(answer[1]) > 90) == likely and (float(answer[1]) < 10) != likely
    for wrong in ("95", "95,x", "95,3,1", "1,nan"):
        with pytest.raises(BadInput, match="--predict: expected"):
            lesson8.main(epochs=1, path=tmp_path / "table.csv", predict=wrong)
