"""Lecture 8: a Dataset and its batches, workers under every start method, what is held out."""

import multiprocessing
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import lesson8
from utils import DATA, BadInput, plot_curve

TABLE = DATA / "breast_cancer.csv"
ROW = ",".join(["0.5"] * 8)
STARTS = [start for start in multiprocessing.get_all_start_methods()
          if not start.startswith("loky")]      # joblib, which other tests import, adds its own


def split(monkeypatch, **settings):
    """Row numbers of the training and of the test part, and the result of a short run."""
    parts, random_split = [], lesson8.random_split
    monkeypatch.setattr(lesson8, "random_split", lambda *arguments: (
        parts.extend(random_split(*arguments)) or parts))
    result = lesson8.main(**{"epochs": 1, **settings})
    monkeypatch.setattr(lesson8, "random_split", random_split)
    return *(list(part.indices) for part in parts), result


# --------------------------------------------------------------------------------- the batches
def test_dataset():
    dataset = lesson8.CSVDataset(TABLE)
    assert isinstance(dataset, Dataset) and len(dataset) == 569
    x, y = dataset[3]
    assert x.shape == (8,) and y.shape == (1,)
    fourth = [float(field) for field in TABLE.read_text(encoding="ascii").split("\n")[3].split(",")]
    assert [*x.tolist(), *y.tolist()] == pytest.approx(fourth)
    shapes = [tuple(x.shape) for x, _ in DataLoader(dataset, batch_size=32)]
    assert shapes == 17 * [(32, 8)] + [(25, 8)]


def test_the_batches_of_the_docstring(run_script):
    out = run_script("lesson8.py").stdout
    assert out.startswith("456 training rows in 15 batches, 113 to test\n")
    assert "all rows in 18 batches: DataLoader " in out and ", equal: True\n" in out


@pytest.mark.parametrize("batch_size", [1, 32, 100, 569, 1000])
def test_the_same_batches_from_a_loader_and_by_indexing(batch_size):
    dataset = lesson8.CSVDataset(TABLE)
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))
    assert lesson8.loader_and_index(dataset, order, batch_size) is True


def test_the_times_of_loader_and_index(monkeypatch, capsys):
    clock = iter([10.0, 10.5, 10.625])
    monkeypatch.setattr(lesson8, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    lesson8.loader_and_index(lesson8.CSVDataset(TABLE), torch.arange(569), 32)
    assert capsys.readouterr().out == ("all rows in 18 batches: DataLoader 500.0 ms, "
                                       "indexing 125.0 ms, equal: True\n")


@pytest.mark.parametrize("wrong", [0, 1])
def test_batches_that_differ_are_seen(wrong):
    """In one feature or one label, of one sample that the loader fetches."""
    class Wrong(lesson8.CSVDataset):
        def __getitem__(self, index):
            sample = [part.clone() for part in super().__getitem__(index)]
            if isinstance(index, int) and index == 5:
                sample[wrong] += 1
            return tuple(sample)

    assert lesson8.loader_and_index(Wrong(TABLE), torch.arange(569), 32) is False


def test_every_epoch_sees_every_training_row_once_in_a_new_order(monkeypatch):
    seen = []

    class Watched(lesson8.CSVDataset):
        def __getitem__(self, index):
            if isinstance(index, int):
                seen.append(index)
            return super().__getitem__(index)

    monkeypatch.setattr(lesson8, "CSVDataset", Watched)
    train, test, _ = split(monkeypatch, epochs=3)
    epochs = [seen[k * 456:(k + 1) * 456] for k in range(3)]
    assert all(sorted(epoch) == sorted(train) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


# ---------------------------------------------------------------------------------- the result
def test_it_beats_the_baseline_on_unseen_rows(run_script):
    result = lesson8.main()
    assert result["accuracy"] > 0.88 and result["train_accuracy"] > 0.9 > 0.7 > result["baseline"]
    assert run_script("lesson8.py").stdout.rstrip("\n").split("\n")[-1] == (
        f"test accuracy {result['accuracy']:.1%} | training accuracy "
        f"{result['train_accuracy']:.1%} | baseline {result['baseline']:.1%}")


def test_the_loss_of_an_epoch_is_a_mean_over_samples(monkeypatch):
    """With a net that does not learn: a mean of batch means would weigh the last batch too much."""
    train, _, result = split(monkeypatch, epochs=1, lr=1e-30)
    torch.manual_seed(0)
    model = lesson8.Model()
    dataset = lesson8.CSVDataset(TABLE)
    expected = nn.functional.binary_cross_entropy(model(dataset.x[train]), dataset.y[train])
    assert result["losses"] == pytest.approx([expected.item()], abs=1e-6)


class Threshold(nn.Module):
    def forward(self, x):
        assert not self.training and not torch.is_grad_enabled()
        return x[:, :1]


@pytest.mark.parametrize("training", [True, False])
def test_accuracy_is_a_mean_over_samples(training):
    samples = [(torch.full((8,), v), torch.tensor([float(v > 0.5)])) for v in (0.1, 0.9, 0.8)]
    samples += [(torch.full((8,), 0.7), torch.tensor([0.0]))]        # the only wrong one
    model = Threshold().train(training)
    for batch_size in (1, 3, 4):                                     # 3: a last batch of one
        assert lesson8.accuracy(model, DataLoader(samples, batch_size)) == 0.75
        assert model.training is training


def test_tested_on_the_rows_it_was_not_trained_on(monkeypatch):
    measured = []
    monkeypatch.setattr(lesson8, "accuracy", lambda model, loader: (
        measured.append(list(loader.dataset.indices)) or 0.25 * len(measured)))
    train, test, result = split(monkeypatch)
    assert sorted(train + test) == list(range(569))
    assert (len(train), len(test)) == (456, 113)
    assert measured == [test, train]
    assert (result["accuracy"], result["train_accuracy"]) == (0.25, 0.5)


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.9])
def test_the_constant_answer_is_chosen_on_training_labels_and_scored_on_test_labels(
        share, monkeypatch):
    """Labels of the test part that are all 1, all 0 or half of each never change the choice."""
    train, test, _ = split(monkeypatch)
    x = np.zeros((569, 8), np.float32)
    for test_labels in (np.ones(113), np.zeros(113), np.arange(113) % 2):
        y = np.zeros((569, 1), np.float32)
        y[train[:round(share * 456)]] = 1
        y[test, 0] = test_labels
        monkeypatch.setattr(lesson8, "read_table", lambda path, y=y: (x, y))
        answer = float(share > 0.5)
        assert lesson8.main(epochs=1)["baseline"] == pytest.approx((test_labels == answer).mean())


def test_same_seed_same_result():
    assert lesson8.main(epochs=2) == lesson8.main(epochs=2)
    assert lesson8.main(epochs=2, seed=1)["losses"] != lesson8.main(epochs=2)["losses"]


@pytest.mark.parametrize("epochs", [1, 9, 25])
def test_first_and_last_epoch_are_printed(epochs, capsys):
    result = lesson8.main(epochs=epochs)
    rows = [line for line in capsys.readouterr().out.split("\n") if line.startswith("epoch")]
    assert rows[0] == f"epoch   1/{epochs} | loss {result['losses'][0]:.4f}"
    assert rows[-1] == f"epoch {epochs:3d}/{epochs} | loss {result['losses'][-1]:.4f}"
    assert len(rows) == len(set(rows)) <= 14


def test_batches_of_one_and_one_epoch():
    result = lesson8.main(epochs=1, batch_size=1)
    figure = plot_curve(result["losses"], ylabel="mean loss of the epoch")
    assert figure.axes[0].lines[0].get_xydata().tolist() == [[1, result["losses"][0]]]
    plt.close("all")


@pytest.mark.parametrize("rows", [2, 4])
def test_too_few_rows_to_split(rows, tmp_path):
    text = f"{ROW},1\n" + f"{ROW},0\n" * (rows - 1)
    (tmp_path / "few.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=f"few.csv: expected at least 5 rows to split, got {rows}"):
        lesson8.main(path=str(tmp_path / "few.csv"))
    (tmp_path / "few.csv").write_text(text + f"{ROW},0\n" * (5 - rows), encoding="utf-8")
    assert lesson8.main(epochs=1, path=str(tmp_path / "few.csv"))["accuracy"] in (0, 1)


# ------------------------------------------------------------------------------------ workers
@pytest.mark.parametrize("start", [start for start in STARTS if start != "fork"])
def test_two_workers_that_import_the_script(run_script, start):
    run = run_script("lesson8.py", "--workers", 2, "--start", start, "--epochs", 2)
    assert run.stderr == "" and run.returncode == 0
    assert run.stdout.count("training rows") == 1                    # workers do not run main
    alone = lesson8.main(epochs=1)["losses"][0]                      # the same first epoch
    assert f"epoch   1/2 | loss {alone:.4f}\n" in run.stdout


@pytest.mark.parametrize("start", [start for start in STARTS if start == "fork"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")      # Python 3.12: threads and fork
def test_two_forked_workers(start):
    assert lesson8.main(epochs=1, workers=2, start=start) == lesson8.main(epochs=1)


def test_workers_start_as_asked(monkeypatch):
    asked = []

    def loader(*arguments, num_workers=0, persistent_workers=False, multiprocessing_context=None,
               **settings):
        asked.append((num_workers, multiprocessing_context))
        return DataLoader(*arguments, **settings)

    monkeypatch.setattr(lesson8, "DataLoader", loader)
    lesson8.main(epochs=1, workers=2, start="spawn")
    assert asked[0] == (2, "spawn") and set(asked[1:]) == {(0, None)}
    asked.clear()
    lesson8.main(epochs=1, workers=0, start="spawn")
    assert set(asked) == {(0, None)}


def test_an_unknown_start_method(run_script):
    run = run_script("lesson8.py", "--workers", 2, "--start", "thread")
    assert run.returncode == 1 and run.stdout == "" and run.stderr.count("\n") == 1
    assert "--start: expected one of" in run.stderr and "'thread'" in run.stderr
