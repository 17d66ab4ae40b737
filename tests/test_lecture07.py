"""Lecture 7: the table, a net of three layers against the constant answer, other activations."""

import gzip

import numpy as np
import pytest
import torch
from torch import nn

import lesson7
import lesson7_2
import lesson8
from utils import DATA, BadInput

TABLE = DATA / "breast_cancer.csv"


def table():
    """The features from -1 to 1, and the labels."""
    xy = torch.from_numpy(np.loadtxt(TABLE, delimiter=",", dtype=np.float32))
    x, y = xy[:, :-1], xy[:, [-1]]
    low, high = x.min(dim=0).values, x.max(dim=0).values
    return 2 * (x - low) / (high - low) - 1, y


# --------------------------------------------------------------------------------- own tables
def make_table(path, labels=(0, 1), header="", features=3, rows=60):
    """Numbers in raw units; the label says whether the first is large."""
    rng = np.random.default_rng(0)
    lines = [header] if header else []
    for _ in range(rows):
        row = rng.normal(loc=120, scale=30, size=features)
        label = labels[1] if row[0] > 120 else labels[0]
        lines.append(",".join([f"{value:.4g}" for value in row] + [str(label)]))
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


@pytest.mark.parametrize(("name", "form"), [
    ("t.csv", {}), ("t.csv.gz", {"features": 8}), ("t.csv", {"labels": (-1, 1)}),
    ("t.csv", {"labels": ("bad", "good"), "header": "a,b,c,quality"}), ("t.csv", {"features": 1})])
def test_a_table_of_ones_own(tmp_path, name, form):
    path = make_table(tmp_path / name, **form)
    assert lesson7.main(epochs=600, lr=0.5, path=path)["accuracy"] > 0.9
    assert lesson8.main(epochs=60, batch_size=4, lr=0.3, path=path)["train_accuracy"] > 0.9
    assert len(lesson7_2.main(epochs=2, path=path)["curves"]) == 7


@pytest.mark.parametrize("lesson", [lesson7, lesson7_2, lesson8])
def test_a_feature_that_never_varies(lesson, tmp_path):
    lines = [f"5,{i},{i % 2}" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    lesson.main(epochs=2, path=str(tmp_path / "t.csv"))


@pytest.mark.parametrize("comma", [",", ", ", "，"])
def test_a_row_is_answered(tmp_path, comma, capsys):
    path = make_table(tmp_path / "t.csv")
    for first, large in ((170, True), (70, False)):
        lesson7.main(epochs=600, lr=0.5, path=path, predict=comma.join([str(first), "120", "120"]))
        last = capsys.readouterr().out.rstrip("\n").split("\n")[-1]
        p = float(last.split("probability of class 1: ")[1].rstrip("%"))
        assert (p > 70) if large else (p < 30)


@pytest.mark.parametrize(("row", "said"), [
    ("1,2", "expected 8 numbers, got 2"), ("1,2,3,4,5,6,7,8,1", "expected 8 numbers, got 9"),
    ("a,2", "got 'a'"), ("nan,2", "got 'nan'"), ("1,,2", "got ''")])
def test_a_row_that_is_none_is_refused_before_the_training(row, said, capsys):
    with pytest.raises(BadInput, match=f"^--predict: .*{said}"):
        lesson7.main(predict=row)
    assert "epoch" not in capsys.readouterr().out


# ---------------------------------------------------------------------------------- lesson 7
def test_it_beats_the_baseline(run_script):
    result = lesson7.main()
    assert result["base_loss"] == pytest.approx(0.6603, abs=5e-5)
    assert result["base_accuracy"] == pytest.approx(357 / 569)
    assert 0.9 < result["accuracy"] < 0.999 and result["losses"][-1] < 0.2
    run = run_script("lesson7.py")
    assert "\n87 parameters\n" in run.stdout
    assert run.stdout.rstrip("\n").split("\n")[-1] == (
        f"accuracy {result['accuracy']:.1%} on the rows it trained on (baseline 62.7%) | "
        f"loss {result['losses'][-1]:.4f} (baseline 0.6603)")


def test_the_first_two_losses_and_the_accuracy_of_the_same_weights():
    x, y = table()
    torch.manual_seed(0)
    model = lesson7.Model(8)
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
    right = ((y_pred > 0.5) == (y == 1)).sum().item()        # of the same weights as the last loss
    assert result["accuracy"] == pytest.approx(right / 569)


def test_baseline_is_the_best_constant():
    y = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    loss, accuracy = lesson7.baseline(y)
    constants = torch.linspace(0.01, 0.99, 99)
    losses = [nn.functional.binary_cross_entropy(torch.full_like(y, c), y) for c in constants]
    assert loss == pytest.approx(min(losses).item(), abs=1e-5) and accuracy == 0.75
    assert lesson7.baseline(1 - y) == pytest.approx((loss, accuracy))
    assert lesson7.baseline(y.long()) == pytest.approx((loss, accuracy))
    assert lesson7.baseline(torch.ones(3, 1)) == (0, 1)


def test_labels_in_a_row_are_no_labels_in_a_column():
    y_pred = torch.tensor([[0.9], [0.5], [0.6], [0.1]])
    assert lesson7.share_right(y_pred, torch.tensor([[1.0], [1.0], [0.0], [0.0]])) == 0.5
    with pytest.raises(AssertionError):
        lesson7.share_right(y_pred, torch.tensor([1.0, 1.0, 0.0, 0.0]))


def test_without_momentum_it_stays_at_the_baseline():
    result = lesson7.main(epochs=200, momentum=0)
    assert result["losses"][-1] == pytest.approx(result["base_loss"], abs=0.01)
    assert result["accuracy"] == pytest.approx(result["base_accuracy"])


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
        y_pred = lesson7_2.Model(8, activation)(x)
        assert ((y_pred > 0) & (y_pred < 1)).all()
    model = lesson7_2.Model(8, torch.relu, last=torch.relu)
    nn.init.constant_(model.linear3.bias, 1.5)
    nn.init.zeros_(model.linear3.weight)
    with pytest.raises(RuntimeError, match="all elements of input should be between 0 and 1"):
        lesson7_2.train_full(model, x, torch.ones(50, 1), 1, 0.1, 0.9)


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
    monkeypatch.setattr(lesson7_2, "train_full", lambda *arguments: next(answers))
    lesson7_2.main(epochs=1)
    assert capsys.readouterr().out.rstrip("\n").split("\n")[-1] == (
        "lowest loss: softsign 0.1000, accuracy 80.0% | sigmoid 0.3000, accuracy 70.0%")


