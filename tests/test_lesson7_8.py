"""Lessons 7 and 8: the table and bad ones, the nets, workers under every start method."""

import gzip
import importlib
import multiprocessing
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import lesson7
import lesson7_2
import lesson8
from utils import DATA, BadInput

TABLE = DATA / "breast_cancer.csv"
READERS = [lesson7.load_csv, lesson7_2.load_csv, lesson8.load_csv]


def last_line(run):
    return run.stdout.rstrip("\n").split("\n")[-1]


# --------------------------------------------------------------------------------- the table
def test_the_table_is_what_its_script_makes():
    pytest.importorskip("sklearn")
    made = importlib.import_module("make_breast_cancer").make()
    assert made.encode("ascii") == TABLE.read_bytes().replace(b"\r\n", b"\n")


def test_the_table_against_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    raw = datasets.load_breast_cancer()
    columns = [list(raw.feature_names).index(f"mean {name}") for name in (
        "radius", "texture", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension")]
    x, y = lesson7.load_csv(TABLE)
    assert x.shape == (569, 8) and y.shape == (569, 1)
    np.testing.assert_array_equal(y[:, 0], raw.target)
    for k, column in enumerate(columns):                             # linear, rising
        assert np.corrcoef(x[:, k], raw.data[:, column])[0, 1] == pytest.approx(1, abs=1e-6)


def test_the_table_is_scaled_and_labelled():
    x, y = lesson7.load_csv(TABLE)
    assert (x.min(dim=0).values == -1).all() and (x.max(dim=0).values == 1).all()
    assert y.sum() == 357 and y.mean().item() == pytest.approx(0.627, abs=5e-4)
    malignant = x[y[:, 0] == 0].mean(dim=0) - x[y[:, 0] == 1].mean(dim=0)
    assert malignant[0] > 0.3                                        # label 0: the larger radius


@pytest.mark.parametrize("read", READERS)
def test_plain_and_gzipped_tables_whatever_the_name(read, tmp_path):
    text = TABLE.read_bytes()
    for name, content in (("a.csv", text), ("b.csv.gz", gzip.compress(text)),
                          ("unzipped.csv.gz", text), ("zipped.csv", gzip.compress(text)),
                          ("windows.csv", text.replace(b"\n", b"\r\n") + b"\r\n")):
        (tmp_path / name).write_bytes(content)
        for part, whole in zip(read(tmp_path / name), lesson7.load_csv(TABLE), strict=True):
            assert torch.equal(part, whole), name


ROW = ",".join(["0.5"] * 8)
BAD = {
    "missing": (None, "No such file"),
    "empty": (b"", "0 rows"),
    "columns": (f"{ROW},1\n0.1,0.2,1\n".encode(), "line 2: '0.1,0.2,1'"),
    "word": (f"{ROW},0\n{ROW},1\nhigh{ROW},1\n".encode(), "line 3: 'high"),
    "header": (f"radius,texture\n{ROW},1\n".encode(), "line 1: 'radius"),
    "gap": (f"{ROW},0\n\n{ROW},1\n".encode(), "line 2: ''"),
    "nan": (f"nan{ROW[3:]},1\n{ROW},0\n".encode(), "line 1: 'nan"),
    "inf": (f"{ROW},1\ninf{ROW[3:]},0\n".encode(), "line 2: 'inf"),
    "label": (f"{ROW},1\n{ROW},0\n{ROW},2\n".encode(), "line 3: '"),
    "one class": (f"{ROW},1\n{ROW},1\n".encode(), "without both labels"),
    "binary": (bytes(range(128, 256)), "utf-8"),
    "truncated": (gzip.compress(TABLE.read_bytes())[:3000], "end-of-stream"),
    "damaged": (gzip.compress(TABLE.read_bytes())[:3000] + bytes(200), ""),
    "folder": ("folder", "directory"),
}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_table_gets_one_clear_line(read, kind, tmp_path):
    content, reason = BAD[kind]
    path = tmp_path / "table.csv"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: expected lines of 8 numbers and a label 0 or 1")
    assert "\n" not in message
    if kind != "folder":                                             # worded by the system
        assert reason in message


@pytest.mark.parametrize("name", ["lesson7.py", "lesson7_2.py", "lesson8.py"])
def test_a_bad_path_on_the_command_line(run_script, name, tmp_path):
    run = run_script(name, "--path", "no-such-table.csv.gz")
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith(f"{name}: no-such-table.csv.gz: expected")


def make_table(path, rows=759):
    """A table like the lecture's diabetes.csv.gz: as many rows, two thirds with label 1."""
    rng = np.random.default_rng(0)
    y = (np.arange(rows) % 3 > 0).astype(int)
    x = np.clip(0.4 * rng.normal(size=(rows, 8)) + 0.3 * (2 * y[:, None] - 1), -1, 1)
    lines = "".join(",".join(f"{value:.6g}" for value in row) + f",{label}\n"
                    for row, label in zip(x, y, strict=True))
    path.write_bytes(gzip.compress(lines.encode()))
    return path


def test_another_table_by_path(tmp_path):
    path = str(make_table(tmp_path / "diabetes.csv.gz"))
    result = lesson7.main(epochs=3, path=path)
    assert result["baseline"][1] == pytest.approx(2 / 3, abs=1e-3)
    assert lesson8.main(epochs=30, path=path)["accuracy"] > 0.8
    assert len(lesson7_2.main(epochs=2, path=path)["curves"]) == len(lesson7_2.ACTIVATIONS)


# --------------------------------------------------------------------------------- lesson 7
def test_the_net_of_lesson_7():
    model = lesson7.Model()
    assert sum(p.numel() for p in model.parameters()) == 87
    assert model.linear1.weight.shape == (6, 8)
    x = torch.randn(5, 8)
    sigmoid = torch.sigmoid
    by_hand = sigmoid(sigmoid(sigmoid(x @ model.linear1.weight.T + model.linear1.bias)
                              @ model.linear2.weight.T + model.linear2.bias)
                      @ model.linear3.weight.T + model.linear3.bias)
    torch.testing.assert_close(model(x), by_hand)
    for other in (lesson7_2.Model(torch.sigmoid), lesson8.Model()):
        other.load_state_dict(model.state_dict())
        torch.testing.assert_close(other(x), by_hand)


def test_lesson_7_beats_the_baseline(run_script):
    run = run_script("lesson7.py")
    assert "87 parameters" in run.stdout
    accuracy, base_accuracy, loss, base_loss = map(float, re.findall(r"\d+\.\d+", last_line(run)))
    assert (base_accuracy, base_loss) == (62.7, 0.6603)
    assert 90 < accuracy < 99.9 and loss < 0.2


def test_baseline_is_the_best_constant():
    y = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    loss, accuracy = lesson7.baseline(y)
    constants = torch.linspace(0.01, 0.99, 99)
    losses = [nn.functional.binary_cross_entropy(torch.full_like(y, c), y) for c in constants]
    assert loss == pytest.approx(min(losses).item(), abs=1e-5) and accuracy == 0.75


def test_without_momentum_it_stays_at_the_baseline():
    result = lesson7.main(epochs=200, momentum=0)
    assert result["losses"][-1] == pytest.approx(result["baseline"][0], abs=0.01)
    assert result["accuracy"] == pytest.approx(result["baseline"][1])


def test_same_seed_same_result():
    assert lesson7.main(epochs=3)["losses"] == lesson7.main(epochs=3)["losses"]
    assert lesson7.main(epochs=3, seed=1)["losses"] != lesson7.main(epochs=3)["losses"]
    assert lesson8.main(epochs=2) == lesson8.main(epochs=2)
    assert lesson8.main(epochs=2, seed=1)["losses"] != lesson8.main(epochs=2)["losses"]


# ------------------------------------------------------------------------------- lesson 7_2
def test_activations(run_script):
    run = run_script("lesson7_2.py")
    for name in lesson7_2.ACTIVATIONS:
        loss, accuracy = map(float, re.search(
            rf"^{name} +\| loss ([\d.]+) \| accuracy ([\d.]+)%", run.stdout, re.MULTILINE).groups())
        assert loss < 0.2 and accuracy > 90, name
    raised, stuck = map(int, re.search(r"BCELoss raises: (\d+) \| all outputs 0: (\d+)",
                                       run.stdout).groups())
    assert raised >= 1 and stuck >= 1 and raised + stuck <= 10
    assert "between 0 and 1" in run.stdout


def test_only_the_last_activation_must_give_a_probability():
    x = 3 * torch.randn(50, 8)
    for activation in lesson7_2.ACTIVATIONS.values():
        y_pred = lesson7_2.Model(activation)(x)
        assert ((y_pred > 0) & (y_pred < 1)).all()
    model = lesson7_2.Model(torch.relu, last=torch.relu)
    nn.init.constant_(model.linear3.bias, 1.5)
    nn.init.zeros_(model.linear3.weight)
    with pytest.raises(ValueError, match="epoch 1, largest output 1.500: all elements of input"):
        lesson7_2.train(model, x, torch.ones(50, 1), 1, 0.1, 0.9)


# --------------------------------------------------------------------------------- lesson 8
def test_dataset():
    dataset = lesson8.CSVDataset(TABLE)
    assert isinstance(dataset, Dataset) and len(dataset) == 569
    x, y = dataset[3]
    assert x.shape == (8,) and y.shape == (1,)
    shapes = [tuple(x.shape) for x, _ in DataLoader(dataset, batch_size=32)]
    assert shapes == 17 * [(32, 8)] + [(25, 8)]


def test_lesson_8_beats_the_baseline_on_unseen_rows(run_script):
    run = run_script("lesson8.py")
    assert run.stdout.startswith("456 training rows in 15 batches | 113 test rows")
    test, train, baseline = map(float, re.findall(r"(\d+\.\d)%", last_line(run)))
    assert test > 88 and train > 90 and baseline < 70


def test_accuracy_is_a_mean_over_samples():
    class Threshold(nn.Module):
        def forward(self, x):
            return x[:, :1]

    samples = [(torch.full((8,), v), torch.tensor([float(v > 0.5)])) for v in (0.1, 0.9, 0.8)]
    samples += [(torch.full((8,), 0.7), torch.tensor([0.0]))]        # the only wrong one
    for batch_size in (1, 3, 4):                                     # 3: a last batch of one
        assert lesson8.accuracy(Threshold(), DataLoader(samples, batch_size)) == 0.75


def test_tested_on_the_rows_it_was_not_trained_on(monkeypatch):
    split, measured = lesson8.random_split, []
    parts = []
    monkeypatch.setattr(lesson8, "random_split",
                        lambda *arguments: parts.extend(split(*arguments)) or parts)
    monkeypatch.setattr(lesson8, "accuracy", lambda model, loader: (
        measured.append(set(loader.dataset.indices)) or 0.25 * len(measured)))
    result = lesson8.main(epochs=1)
    train, test = (set(part.indices) for part in parts)
    assert train | test == set(range(569)) and not train & test
    assert (len(train), len(test)) == (456, 113)
    assert measured == [test, train]
    assert (result["accuracy"], result["train_accuracy"]) == (0.25, 0.5)


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_two_workers(run_script, start):
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {start}")
    run = run_script("lesson8.py", "--workers", 2, "--start", start, "--epochs", 2)
    assert run.stderr == "" and run.returncode == 0
    assert run.stdout.count("training rows") == 1                    # workers do not run main
    alone = lesson8.main(epochs=1)["losses"][0]                      # the same first epoch
    assert f"epoch   1/2 | loss {alone:.4f}\n" in run.stdout


def test_workers_start_as_asked(monkeypatch):
    asked = []

    def loader(*arguments, num_workers=0, persistent_workers=False, multiprocessing_context=None,
               **settings):
        asked.append((num_workers, multiprocessing_context))
        return DataLoader(*arguments, **settings)

    monkeypatch.setattr(lesson8, "DataLoader", loader)
    lesson8.main(epochs=1, workers=2, start="spawn")
    assert asked[0] == (2, "spawn") and set(asked[1:]) == {(0, None)}


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")      # Python 3.12: threads and fork
def test_two_forked_workers():
    assert lesson8.main(epochs=1, workers=2, start="fork") == lesson8.main(epochs=1)


def test_an_unknown_start_method(run_script):
    run = run_script("lesson8.py", "--workers", 2, "--start", "thread")
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "expected one of" in run.stderr and "'thread'" in run.stderr


def test_too_few_rows_to_split(tmp_path):
    (tmp_path / "few.csv").write_text(f"{ROW},1\n{ROW},0\n", encoding="utf-8")
    with pytest.raises(BadInput, match="at least 5 rows to split, got 2"):
        lesson8.main(path=str(tmp_path / "few.csv"))
