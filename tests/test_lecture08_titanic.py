"""Lecture 8, exercise 8-1: the public table, Kaggle's columns, what is written."""

import re

import pytest
import torch

import lesson8_2
from lesson8_2 import fill_and_scale, numbers_of, read_shipped
from utils import BadInput

HEADER = "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"
NAN = float("nan")


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="train.csv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    return to_file


def passengers(n, survives):
    """Lines of a train.csv of n passengers who survive as survives(i) says."""
    lines = [HEADER]
    for i in range(n):
        sex = "female" if i % 3 == 0 else "male"
        age = 20 + i % 40 if i % 7 else ""
        lines.append(f'{i + 1},{survives(i):d},{1 + i // 3 % 3},"N, Mr. {i}",{sex},{age},{i % 2},0,'
                     f'T {i},{5 + i % 50}.5,,{"SCQ"[i % 3]}')
    return lines


def without_survived(lines):
    return [re.sub(r"^(\w+),\w+,", r"\1,", line) for line in lines]


# ------------------------------------------------------------------------------ the public table
def test_the_table_has_the_known_margins(capsys):
    x, y = read_shipped()
    female, where, child = x.unbind(dim=1)
    assert x.shape == (2201, 3) and y.shape == (2201, 1) and y.sum() == 711
    assert [(where == k).sum().item() for k in range(4)] == [885, 325, 285, 706]
    assert (female.sum(), child.sum(), (female * child).sum()) == (470, 109, 45)
    assert [y[where == k].sum().item() for k in range(4)] == [212, 203, 118, 178]
    assert y[female == 1].sum() == 344 and y[child == 1].sum() == 57
    assert y[(female == 0) & (where == 1) & (child == 0)].mean().item() == pytest.approx(57 / 175)
    _, index = x.unique(dim=0, return_inverse=True)
    best = 0
    for i in range(14):
        survived = y[index == i]
        best += max(survived.sum().item(), len(survived) - survived.sum().item())
    assert f"at most {best / 2201:.1%} can be right" in capsys.readouterr().out


def test_kaggles_fields_become_numbers():
    rows = [{"Sex": "male", "Pclass": "3", "Age": "22", "SibSp": "1", "Parch": "0", "Fare": "7.25",
             "Embarked": "S"},
            {"Sex": "female", "Pclass": "1", "Age": "", "SibSp": "0", "Parch": "2", "Fare": "80",
             "Embarked": ""},
            {"Sex": "male", "Pclass": "2", "Age": "0.42", "SibSp": "0", "Parch": "1", "Fare": "",
             "Embarked": "C"}]
    wanted = torch.tensor([[0, 3, 22, 1, 0, 7.25, 0, 0, 1], [1, 1, NAN, 0, 2, 80, 0, 0, 0],
                           [0, 2, 0.42, 0, 1, NAN, 1, 0, 0]])
    torch.testing.assert_close(numbers_of(rows), wanted, equal_nan=True)


# -------------------------------------------------------------------------------- numbers to learn
def test_the_median_is_that_of_the_training_part():
    train = torch.tensor([[0, 1, 10.0], [1, 2, 20], [0, 3, 50], [1, 3, NAN]])
    other = torch.tensor([[1, 2, NAN], [0, 1, 1000]])
    age = fill_and_scale(train, train)[:, 2]
    mean, std = 25.0, ((15**2 + 5**2 + 25**2 + 5**2) / 4) ** 0.5      # the empty one is 20
    torch.testing.assert_close(age, (torch.tensor([10.0, 20, 50, 20]) - mean) / std)
    torch.testing.assert_close(fill_and_scale(other, train)[:, 2],
                               (torch.tensor([20.0, 1000]) - mean) / std)


def test_training_columns_have_mean_0_and_deviation_1_and_classes_are_one_hot():
    torch.manual_seed(0)
    x = torch.cat([torch.rand(50, 1).round(), torch.randint(4, (50, 1)), 9 * torch.rand(50, 3)], 1)
    z = fill_and_scale(x, x)
    assert z.shape == (50, 9)
    torch.testing.assert_close(z[:, :5].mean(dim=0), torch.zeros(5), atol=1e-6, rtol=0)
    torch.testing.assert_close(z[:, :5].std(dim=0, correction=0), torch.ones(5))
    assert torch.equal(z[:, 5:], torch.eye(4)[x[:, 1].long()])


def test_a_column_of_one_value_or_of_none_has_no_say():
    train = torch.tensor([[1, 3, NAN, 7.0], [0, 3, NAN, 7]])
    z = fill_and_scale(torch.tensor([[1.0, 1, 30, 8], [0, 2, NAN, 7]]), train)
    assert z[:, 1:4].tolist() == [[0, 0, 0], [0, 0, 0]]


# --------------------------------------------------------------------------------------- result
def test_the_net_finds_the_shares_of_the_table(run_script):
    result = lesson8_2.main()
    x, y, p = result["x"], result["y"], result["p"]
    torch.manual_seed(0)
    order = torch.randperm(2201)
    held_out, kept = order[:440], order[440:]
    women = ((x[:, :1] == 1) == (y == 1))[held_out].float().mean().item()
    net = ((p > 0.5) == (y == 1))[held_out].float().mean().item()
    assert list(result["accuracies"].values()) == pytest.approx(
        [net, women, 1 - y[held_out].mean().item()])
    assert net > 1 - y[held_out].mean().item() + 0.07 and net > women - 0.02
    groups, index = x[kept].unique(dim=0, return_inverse=True)
    for i in range(len(groups)):        # of the training part, where they are many
        inside = index == i
        if inside.sum() > 60:
            assert p[kept][inside].mean().item() == pytest.approx(
                y[kept][inside].mean().item(), abs=0.09), groups[i]
    loss = torch.nn.functional.binary_cross_entropy(p[kept], y[kept])
    assert loss < 0.49      # that of the shares by sex alone is 0.52, of every group's 0.48
    last = run_script("lesson8_2.py").stdout.rstrip("\n").split("\n")[-1]
    assert last == " | ".join(f"{name} {share:.1%}" for name, share in result["accuracies"].items())


def test_bars_are_the_shares_counted_and_the_nets():
    result = lesson8_2.main(epochs=1)
    axes = lesson8_2.draw(result).axes[0]
    counted, net = ([bar.get_height() for bar in bars] for bars in axes.containers)
    died = [670, 118, 154, 35 + 387, 3, 4, 13, 17 + 89]
    survived = [192, 62, 25, 88, 20, 141, 93, 90]
    assert counted == pytest.approx([s / (s + d) for s, d in zip(survived, died, strict=True)])
    assert [text.get_text() for text in axes.get_xticklabels()][:2] == ["male\ncrew", "male\n1st"]
    crew = (result["x"][:, 0] == 1) & (result["x"][:, 1] == 0)
    assert net[4] == pytest.approx(result["p"][crew].mean().item())


def test_it_learns_a_rule_from_kaggles_columns(write, tmp_path, monkeypatch):
    """Who paid more than 30 survives: neither sex nor class says it."""
    monkeypatch.chdir(tmp_path)
    new = without_survived(passengers(60, lambda i: 0))
    result = lesson8_2.main(epochs=40, train=write(passengers(400, lambda i: i % 50 >= 25)),
                            test=write(new, "test.csv"))
    net, women, nobody = result["accuracies"].values()
    assert net > 0.93 > 0.7 > max(women, nobody)
    rows = (tmp_path / "submission.csv").read_bytes().decode().split("\n")
    assert rows[0] == "PassengerId,Survived" and rows[-1] == "" and len(rows) == 62
    right = 0
    for i, row in enumerate(rows[1:-1]):
        number, answer = row.split(",")
        assert number == str(i + 1)
        if answer == str(int(i % 50 >= 25)):
            right += 1
    assert right >= 54
    assert len(lesson8_2.draw(result).axes[0].containers[0]) == 6       # no crew


def test_a_bad_test_file_is_refused_before_the_training(write, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bad = write(["PassengerId,Pclass", "1,3"], "bad.csv")
    with pytest.raises(BadInput, match="bad.csv, line 1: .*missing: Sex, Age"):
        lesson8_2.main(train=write(passengers(20, lambda i: i % 3 == 0)), test=bad)
    assert "epoch" not in capsys.readouterr().out
    assert not (tmp_path / "submission.csv").exists()


def test_a_test_file_alone_is_refused():
    with pytest.raises(BadInput, match="--test: expected --train as well"):
        lesson8_2.main(test="test.csv")
