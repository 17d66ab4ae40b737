"""Lecture 7: the table, a net of three layers against the constant answer, other activations."""

import gzip

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

import lesson7
import lesson7_2
import lesson8
from utils import DATA, BadInput, plot_curve, read_table

TABLE = DATA / "breast_cancer.csv"
TAKE_A_PATH = [lesson7, lesson7_2, lesson8]


def table():
    x, y = read_table(TABLE)
    return torch.from_numpy(x), torch.from_numpy(y)


def curves(axes):
    """label -> y of each line of an axes; x must be the epochs from 1 on."""
    found = {}
    for line in axes.lines:
        assert list(line.get_xdata()) == list(range(1, len(line.get_xdata()) + 1))
        found[line.get_label()] = list(line.get_ydata())
    return found


# --------------------------------------------------------------------------------- the table
def test_the_table_against_scikit_learn():
    raw = load_breast_cancer()
    columns = [list(raw.feature_names).index(f"mean {name}") for name in (
        "radius", "texture", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension")]
    x, y = read_table(TABLE)
    assert x.shape == (569, 8) and y.shape == (569, 1)
    np.testing.assert_array_equal(y[:, 0], raw.target)
    for k, column in enumerate(columns):                             # linear, rising
        assert np.corrcoef(x[:, k], raw.data[:, column])[0, 1] == pytest.approx(1, abs=1e-6)


def test_label_1_is_benign():
    x, y = read_table(TABLE)
    assert y.sum() == 357 and y.mean() == pytest.approx(0.627, abs=5e-4)
    assert x[y[:, 0] == 0, 0].mean() > x[y[:, 0] == 1, 0].mean() + 0.3     # 0: the larger radius


ROW = ",".join(["0.5"] * 8)
BAD = {
    "missing": None,
    "empty": b"",
    "columns": f"{ROW},1\n0.1,0.2,1\n".encode(),
    "header": f"radius,texture\n{ROW},1\n".encode(),
    "raw units": f"{ROW},1\n{ROW},0\n".replace("0.5,0", "148,0").encode(),
    "semicolons": f"{ROW},1\n{ROW},0\n".replace(",", ";").replace(".", ",").encode(),
    "row numbers": f"0,{ROW},1\n1,{ROW},0\n".encode(),
    "comma at the end": f"{ROW},1,\n{ROW},0,\n".encode(),
    "not a number": f"{ROW},1\n{ROW},0\n".replace("0.5,0", "nan,0").encode(),
    "UTF-16": f"{ROW},1\n{ROW},0\n".encode("utf-16"),
    "web page": b"<!DOCTYPE html><title>404</title>",
    "label": f"{ROW},1\n{ROW},0\n{ROW},2\n".encode(),
    "one class": f"{ROW},1\n{ROW},1\n".encode(),
    "binary": bytes(range(128, 256)),
    "truncated": gzip.compress(TABLE.read_bytes())[:3000],
    "damaged": gzip.compress(TABLE.read_bytes())[:3000] + bytes(200),
    "folder": "folder",
}


@pytest.mark.parametrize("lesson", TAKE_A_PATH)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_table_gets_one_line_before_anything_is_printed(lesson, kind, tmp_path, capsys):
    path = tmp_path / "table.csv"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(BAD[kind])
    with pytest.raises(BadInput, match="table.csv.*: expected") as caught:
        lesson.main(path=str(path))
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["lesson7.py", "lesson7_2.py", "lesson8.py"])
def test_a_bad_path_on_the_command_line(run_script, name):
    run = run_script(name, "--path", "no-such-table.csv.gz")
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith(f"{name}: no-such-table.csv.gz: expected")


@pytest.mark.parametrize(("row", "said"), [
    ("6,148,72,35,0,33.6,0.627,50,1", "expected [-1, 1], column 1 goes from 0.5 to 6; scale it: "
     "2 * (x - low) / (high - low) - 1"),
    ("0,5;0,5;0,5;0,5;0,5;0,5;0,5;0,5;1", "got semicolons: '0,5;0,5;"),
    ('"0.5",0.5,0.5,0.5,0.5,0.5,0.5,0.5,1', "got quotes: '\"0.5\",0.5"),
    (f"12,{ROW},1", "got row numbers?: '12,0.5,0.5"),
    (f"{ROW},1,", "got a comma at the end: '0.5,0.5"),
    ("0.5,,0.5,0.5,0.5,0.5,0.5,0.5,1", "got an empty field: '0.5,,0.5"),
    ("a,b,c,d,e,f,g,h,label", "got letters (a header?): 'a,b,c"),
    ("0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 1", "got too many, too few or odd numbers: '0.5 0.5"),
])
def test_the_line_says_what_is_unusual(row, said, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"{ROW},0\n{ROW},1\n{row}\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        lesson7.main(path=str(path))
    place = str(path) if "[-1, 1]" in said else f"{path}, line 3"
    assert str(caught.value).startswith(place + ": expected ") and said in str(caught.value)


def test_another_table_by_path(tmp_path):
    """One like the lecture's diabetes.csv.gz: as many rows, two thirds with label 1."""
    rng = np.random.default_rng(0)
    y = (np.arange(759) % 3 > 0).astype(int)
    x = np.clip(0.4 * rng.normal(size=(759, 8)) + 0.3 * (2 * y[:, None] - 1), -1, 1)
    lines = "".join(",".join(f"{value:.6g}" for value in row) + f",{label}\n"
                    for row, label in zip(x, y, strict=True))
    path = tmp_path / "diabetes.csv.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    result = lesson7.main(epochs=3, path=str(path))
    assert result["base_accuracy"] == pytest.approx(2 / 3, abs=1e-3)
    assert lesson8.main(epochs=30, path=str(path))["accuracy"] > 0.8
    assert len(lesson7_2.main(epochs=2, path=str(path))["curves"]) == 7


# ---------------------------------------------------------------------------------- lesson 7
def test_the_net():
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


def test_it_beats_the_baseline(run_script):
    result = lesson7.main()
    assert result["base_loss"] == pytest.approx(0.6603, abs=5e-5)
    assert result["base_accuracy"] == pytest.approx(357 / 569)
    assert 0.9 < result["accuracy"] < 0.999 and result["loss"] < 0.2
    run = run_script("lesson7.py")
    assert "\n87 parameters\n" in run.stdout
    assert run.stdout.rstrip("\n").split("\n")[-1] == (
        f"accuracy {result['accuracy']:.1%} on the rows it trained on (baseline 62.7%) | "
        f"loss {result['loss']:.4f} (baseline 0.6603)")


def test_the_first_two_losses_and_the_accuracy_of_the_same_weights():
    x, y = table()
    torch.manual_seed(0)
    model = lesson7.Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(2):
        y_pred = model(x)
        loss = -(y * y_pred.log() + (1 - y) * (1 - y_pred).log()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    result = lesson7.main(epochs=2)
    assert result["losses"] == pytest.approx(losses, abs=1e-5)
    assert result["loss"] == result["losses"][-1]
    right = sum((p > 0.5) == (label == 1) for p, label in
                zip(y_pred[:, 0].tolist(), y[:, 0].tolist(), strict=True))
    assert result["accuracy"] == pytest.approx(right / 569)


def test_the_accuracy_is_that_of_the_last_loss(monkeypatch):
    """Not of the weights one update later."""
    measured, accuracy = [], lesson7.accuracy
    monkeypatch.setattr(lesson7, "accuracy", lambda y_pred, y: (
        measured.append(y_pred.detach()) or accuracy(y_pred, y)))
    result = lesson7.main(epochs=3)
    for y_pred, loss in ((measured[-1], result["losses"][-1]), (measured[0], result["losses"][0])):
        assert nn.functional.binary_cross_entropy(y_pred, table()[1]).item() == loss


def test_accuracy():
    y = torch.tensor([[1.0], [1.0], [0.0], [0.0]])
    assert lesson7.accuracy(torch.tensor([[0.9], [0.51], [0.49], [0.1]]), y) == 1
    assert lesson7.accuracy(torch.tensor([[0.9], [0.5], [0.6], [0.1]]), y) == 0.5


def test_baseline_is_the_best_constant():
    y = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    loss, accuracy = lesson7.baseline(y)
    constants = torch.linspace(0.01, 0.99, 99)
    losses = [nn.functional.binary_cross_entropy(torch.full_like(y, c), y) for c in constants]
    assert loss == pytest.approx(min(losses).item(), abs=1e-5) and accuracy == 0.75
    assert lesson7.baseline(1 - y) == pytest.approx((loss, accuracy))


def test_without_momentum_it_stays_at_the_baseline():
    result = lesson7.main(epochs=200, momentum=0)
    assert result["losses"][-1] == pytest.approx(result["base_loss"], abs=0.01)
    assert result["accuracy"] == pytest.approx(result["base_accuracy"])


def test_same_seed_same_result():
    assert lesson7.main(epochs=3) == lesson7.main(epochs=3)
    assert lesson7.main(epochs=3, seed=1)["losses"] != lesson7.main(epochs=3)["losses"]


@pytest.mark.parametrize("epochs", [1, 9, 25, 101])
def test_first_and_last_epoch_are_printed(epochs, capsys):
    result = lesson7.main(epochs=epochs)
    rows = [line for line in capsys.readouterr().out.split("\n") if line.startswith("epoch")]
    assert rows[0].startswith(f"epoch    1/{epochs} ")
    assert rows[-1] == (f"epoch {epochs:4d}/{epochs} | loss {result['loss']:.4f} | "
                        f"accuracy {result['accuracy']:.1%}")
    assert len(rows) == len(set(rows)) <= 14


@pytest.mark.parametrize("epochs", [1, 40])
def test_figure(epochs):
    result = lesson7.main(epochs=epochs)
    figure = lesson7.draw(result)
    assert curves(figure.axes[0]) == {"8-6-4-1, sigmoid": result["losses"],
                                      "constant answer": [result["base_loss"]] * epochs}
    plt.close("all")


# -------------------------------------------------------------------------------- lesson 7.2
def test_activations(run_script):
    result = lesson7_2.main()
    assert list(result["curves"]) == ["sigmoid", "tanh", "softsign", "softplus", "ReLU",
                                      "leaky ReLU", "ELU"]
    stdout = run_script("lesson7_2.py").stdout
    slow = {}
    for name, losses in result["curves"].items():
        assert losses[-1] < 0.2 and result["accuracies"][name] > 0.9, name
        slow[name] = sum(loss > 0.3 for loss in losses)
        assert (f"{name:10} | loss {losses[-1]:.4f} | accuracy {result['accuracies'][name]:.1%} | "
                f"above 0.3 for {slow[name]} epochs\n") in stdout
    assert max(slow, key=slow.get) == "sigmoid"
    raised = len(result["errors"])
    assert raised >= 1 and result["all_zero"] >= 1 and raised + result["all_zero"] <= 10
    assert f"BCELoss raises: {raised} | all outputs 0: {result['all_zero']}\n" in stdout
    assert "between 0 and 1" in result["errors"][0] and result["errors"][0] in stdout
    best = min(result["curves"], key=lambda name: result["curves"][name][-1])
    assert stdout.rstrip("\n").split("\n")[-1] == (
        f"lowest loss: {best} {result['curves'][best][-1]:.4f}, accuracy "
        f"{result['accuracies'][best]:.1%} | sigmoid {result['curves']['sigmoid'][-1]:.4f}, "
        f"accuracy {result['accuracies']['sigmoid']:.1%}")


def test_with_sigmoids_it_is_the_net_of_lesson_7():
    one, other = lesson7.main(epochs=20), lesson7_2.main(epochs=20)
    assert other["curves"]["sigmoid"] == pytest.approx(one["losses"], abs=1e-6)
    assert other["accuracies"]["sigmoid"] == pytest.approx(one["accuracy"])
    assert lesson7_2.main(epochs=20, seed=1)["curves"] != other["curves"]


def test_each_activation_is_what_its_name_says():
    x = torch.linspace(-3, 3, 13)
    expected = {"sigmoid": 1 / (1 + (-x).exp()), "tanh": x.tanh(), "softsign": x / (1 + x.abs()),
                "softplus": (1 + x.exp()).log(), "ReLU": x.clamp(min=0),
                "leaky ReLU": torch.where(x > 0, x, 0.01 * x),
                "ELU": torch.where(x > 0, x, x.exp() - 1)}
    assert list(lesson7_2.ACTIVATIONS) == list(expected)
    for name, activation in lesson7_2.ACTIVATIONS.items():
        torch.testing.assert_close(activation(x), expected[name])


def test_only_the_last_activation_must_give_a_probability():
    x = 3 * torch.randn(50, 8)
    for activation in lesson7_2.ACTIVATIONS.values():
        y_pred = lesson7_2.Model(activation)(x)
        assert ((y_pred > 0) & (y_pred < 1)).all()
    model = lesson7_2.Model(torch.relu, last=torch.relu)
    nn.init.constant_(model.linear3.bias, 1.5)
    nn.init.zeros_(model.linear3.weight)
    with pytest.raises(RuntimeError, match="all elements of input should be between 0 and 1"):
        lesson7_2.train(model, x, torch.ones(50, 1), 1, 0.1, 0.9)


@pytest.mark.parametrize(("bias", "expected"), [(1.5, (10, 0)), (-1.0, (0, 10)), (0.5, (0, 0))])
def test_how_a_last_relu_fails(bias, expected, monkeypatch):
    """An output above 1, an output that is 0 for every row, an output that could be learned."""
    class Biased(lesson7_2.Model):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            nn.init.zeros_(self.linear3.weight)
            nn.init.constant_(self.linear3.bias, bias)

    monkeypatch.setattr(lesson7_2, "Model", Biased)
    result = lesson7_2.main(epochs=1, lr=1e-6, momentum=0.0)
    assert (len(result["errors"]), result["all_zero"]) == expected
    assert set(result["errors"]) <= {
        "largest output 1.500: all elements of input should be between 0 and 1"}


def test_some_outputs_of_0_are_no_failure(monkeypatch, capsys):
    class Half(lesson7_2.Model):
        def forward(self, x):
            return torch.relu(0.5 * x[:, :1] + 0 * super().forward(x))

    monkeypatch.setattr(lesson7_2, "Model", Half)
    assert lesson7_2.main(epochs=1)["all_zero"] == 0
    assert "10 seeds | BCELoss raises: 0 | all outputs 0: 0\n" in capsys.readouterr().out


def test_the_accuracy_beside_the_lowest_loss_is_that_net_s(monkeypatch, capsys):
    """The net with the lowest loss need not have the highest accuracy."""
    answers = [([0.3], 0.7), ([0.2], 0.9), ([0.1], 0.8)] + 20 * [([0.4], 0.6)]
    answers = iter(answers)
    monkeypatch.setattr(lesson7_2, "train", lambda *arguments: next(answers))
    lesson7_2.main(epochs=1)
    assert capsys.readouterr().out.rstrip("\n").split("\n")[-1] == (
        "lowest loss: softsign 0.1000, accuracy 80.0% | sigmoid 0.3000, accuracy 70.0%")


@pytest.mark.parametrize("epochs", [1, 40])
def test_figure_of_the_activations(epochs):
    result = lesson7_2.main(epochs=epochs)
    ax = plot_curve(result["curves"]).axes[0]
    assert curves(ax) == result["curves"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(result["curves"])
    plt.close("all")
