"""Lecture 8, exercise 8-1: the public table, Kaggle's files with their quirks, what is written."""

import gzip
import os
import re

import pytest
import torch
from torch.utils.data import DataLoader

import lesson8_2
from lesson8_2 import prepare, read_kaggle, read_shipped
from utils import BadInput

HEADER = "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"
ROWS = ['1,0,3,"Braund, Mr. Owen Harris",male,22,1,0,A/5 21171,7.25,,S',
        '2,1,1,"Cumings, Mrs. John Bradley (Florence Briggs Thayer)",female,38,1,0,PC 17599,'
        '71.2833,C85,C',
        '29,1,3,"O\'Dwyer, Miss. Ellen ""Nellie""",female,,0,0,330959,7.8792,,Q',
        '62,1,1,"Icard, Miss. Amelie",female,38,0,0,113572,80,B28,',
        '804,1,3,"Thomas, Master. Assad Alexander",male,0.42,0,1,2625,8.5167,,C']
NAN = float("nan")
X = [[0, 3, 22, 1, 0, 7.25, 0, 0, 1], [1, 1, 38, 1, 0, 71.2833, 1, 0, 0],
     [1, 3, NAN, 0, 0, 7.8792, 0, 1, 0], [1, 1, 38, 0, 0, 80, 0, 0, 0],
     [0, 3, 0.42, 0, 1, 8.5167, 1, 0, 0]]


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


def passengers(n, survives):
    """Lines of a train.csv of n passengers who survive as survives(i) says."""
    lines = [HEADER]
    for i in range(n):
        sex, age = ("female" if i % 3 == 0 else "male"), (20 + i % 40 if i % 7 else "")
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
    best = sum(max((y[index == i] == k).sum().item() for k in (0, 1)) for i in range(14)) / 2201
    assert capsys.readouterr().out == (f"2,201 aboard; of answers by sex, class and age at most "
                                       f"{best:.1%} can be right\n")


# -------------------------------------------------------------------------------- Kaggle's files
def same(tensor, rows):
    return torch.equal(tensor.nan_to_num(-1), torch.tensor(rows).float().nan_to_num(-1))


def test_kaggles_columns_become_numbers(write):
    x, y = read_kaggle(write("\n".join([HEADER, *ROWS]) + "\n"), "Survived", "[01]")
    assert same(x, X) and y.tolist() == [[0], [1], [1], [1], [1]]


@pytest.mark.parametrize("form", ["mark", "windows", "gzip", "no end", "blank lines"])
def test_forms_in_which_files_come(write, form):
    text = "\n".join([HEADER, *ROWS]) + "\n"
    text = {"mark": "\ufeff" + text, "windows": text.replace("\n", "\r\n"), "no end": text[:-1],
            "gzip": gzip.compress(text.encode()), "blank lines": text + "\n\n"}[form]
    x, y = read_kaggle(write(text), "Survived", "[01]")
    assert same(x, X) and y.sum() == 4


def test_the_order_of_the_columns_and_others_do_not_matter(write):
    lines = ["Fare,Deck,Embarked,Sex,Parch,SibSp,Age,Pclass,Survived"]
    lines += ['7.25,"a, b",S,male,0,1,22,3,0', "71.2833,,C,female,0,1,38,1,1"]
    x, y = read_kaggle(write("\n".join(lines)), "Survived", "[01]")
    assert same(x, X[:2]) and y.tolist() == [[0], [1]]


def test_a_test_file_has_numbers_and_no_answer(write):
    x, ids = read_kaggle(write("\n".join(without_survived([HEADER, *ROWS]))), "PassengerId", r"\d+")
    assert same(x, X) and ids.flatten().tolist() == [1, 2, 29, 62, 804]


def test_an_empty_fare_is_missing(write):
    x, _ = read_kaggle(write(f"{HEADER}\n{ROWS[0].replace('7.25', '')}\n"), "Survived", "[01]")
    assert x.isnan().nonzero().tolist() == [[0, 5]]


def test_missing_columns_are_named_in_one_line(write):
    path = write("PassengerId,Pclass,Name,sex,Age,Parch\n1,3,A,male,2,0\n")
    with pytest.raises(BadInput) as error:
        read_kaggle(path, "Survived", "[01]")
    assert str(error.value) == (f"{path}, line 1: expected Kaggle's columns, missing: SibSp, Fare, "
                                "Survived, Sex, Embarked")


@pytest.mark.parametrize(("row", "said"), [
    (ROWS[0].replace('"', ""), "12 fields, got more"), (ROWS[0] + ",", "12 fields, got more"),
    (ROWS[0].replace("7.25", "7,25"), "12 fields, got more"),
    (ROWS[0].replace(",0,3,", ",2,3,", 1), "Survived as [01], got '2'"),
    (ROWS[0].replace(",0,3,", ",,3,", 1), "Survived as [01], got ''"),
    (ROWS[0].replace(",0,3,", ",0,4,", 1), "Pclass as [123], got '4'"),
    (ROWS[0].replace("male", "Male"), "Sex as male|female, got 'Male'"),
    (ROWS[0].replace("22", "twenty"), "Age as "), (ROWS[0].replace("22", "-22"), "Age as "),
    (ROWS[0].replace("22", "9" * 400), "Age as "), (ROWS[0].replace("7.25", "inf"), "Fare as "),
    (ROWS[0][:-1] + "X", "Embarked as [CQS]?, got 'X'"),
    ("1,0,3", "Age as "), ('1,0,3,"Braund, Mr. Owen' + "n" * 200_000, "got 'no field'")])
def test_bad_rows_get_file_line_and_field(write, row, said):
    path = write("\n".join([HEADER, ROWS[1], row]))
    with pytest.raises(BadInput) as error:
        read_kaggle(path, "Survived", "[01]")
    message = str(error.value)
    assert message.startswith(f"{path}, line 3: expected ") and said in message
    assert "\n" not in message and len(message) < len(path) + 120


@pytest.mark.parametrize(("text", "said"), [
    ("", "line 1: expected Kaggle's columns, missing: Pclass"),
    (HEADER.replace(",", ";"), "line 1: expected Kaggle's columns, missing: Pclass"),
    ("x" * 200_000, "line 1: expected Kaggle's columns"),
    (HEADER + "\n", "expected 5 passengers or more, got 0"),
    ("\n".join([HEADER, *ROWS[:4]]), "expected 5 passengers or more, got 4"),
    ("<!DOCTYPE html>", "got a web page"),
    (HEADER.encode("utf-16"), "expected UTF-8, got UTF-16")])
def test_files_that_are_no_passengers(write, text, said):
    path = write(text)
    with pytest.raises(BadInput) as error:
        lesson8_2.main(train=path)
    assert said in str(error.value) and str(error.value).startswith(path)


# -------------------------------------------------------------------------------- numbers to learn
def test_the_median_is_that_of_the_training_part():
    train = torch.tensor([[0, 1, 10.0], [1, 2, 20], [0, 3, 50], [1, 3, NAN]])
    other = torch.tensor([[1, 2, NAN], [0, 1, 1000]])
    age = prepare(train, train)[:, 2]
    mean, std = 25.0, ((15**2 + 5**2 + 25**2 + 5**2) / 4) ** 0.5      # the empty one is 20
    torch.testing.assert_close(age, (torch.tensor([10.0, 20, 50, 20]) - mean) / std)
    torch.testing.assert_close(prepare(other, train)[:, 2],
                               (torch.tensor([20.0, 1000]) - mean) / std)


def test_training_columns_have_mean_0_and_deviation_1_and_classes_are_one_hot():
    torch.manual_seed(0)
    x = torch.cat([torch.rand(50, 1).round(), torch.randint(4, (50, 1)), 9 * torch.rand(50, 3)], 1)
    z = prepare(x, x)
    assert z.shape == (50, 9)
    torch.testing.assert_close(z[:, :5].mean(dim=0), torch.zeros(5), atol=1e-6, rtol=0)
    torch.testing.assert_close(z[:, :5].std(dim=0, correction=0), torch.ones(5))
    assert torch.equal(z[:, 5:], torch.eye(4)[x[:, 1].long()])


def test_a_column_of_one_value_or_of_none_has_no_say():
    train = torch.tensor([[1, 3, NAN, 7.0], [0, 3, NAN, 7]])
    z = prepare(torch.tensor([[1.0, 1, 30, 8], [0, 2, NAN, 7]]), train)
    assert z[:, 1:4].tolist() == [[0, 0, 0], [0, 0, 0]]


def held_out_of(n):
    torch.manual_seed(0)
    return torch.randperm(n).tensor_split([n // 5])


def test_held_out_passengers_change_nothing_but_their_own_answers(write):
    lines = passengers(40, lambda i: i % 3 == 0)
    before = lesson8_2.main(epochs=2, train=write("\n".join(lines)))
    held_out, kept = held_out_of(40)
    for i in held_out.tolist():
        lines[1 + i] = re.sub(r"male,\d*,", "male,99,", lines[1 + i]).replace(".5,,", "9.5,,")
    after = lesson8_2.main(epochs=2, train=write("\n".join(lines)))
    assert torch.equal(before["p"][kept], after["p"][kept])
    assert not torch.equal(before["p"][held_out], after["p"][held_out])


def test_mini_batches_of_the_training_part(monkeypatch):
    seen = []

    def loader(dataset, batch_size, shuffle):
        seen.append((len(dataset), batch_size, shuffle))
        return DataLoader(dataset, batch_size, shuffle=shuffle)

    monkeypatch.setattr(lesson8_2, "DataLoader", loader)
    lesson8_2.main(epochs=1, batch_size=50)
    assert seen == [(1761, 50, True)]


# --------------------------------------------------------------------------------------- result
def test_the_net_finds_the_shares_of_the_table(run_script):
    result = lesson8_2.main()
    x, y, p = result["x"], result["y"], result["p"]
    held_out, kept = held_out_of(2201)
    women = (x[:, :1] == 1) == (y == 1)
    assert result["accuracy"][1:] == pytest.approx(
        [women[held_out].float().mean().item(), 1 - y[held_out].mean().item()])
    assert result["accuracy"][0] == pytest.approx(((p > 0.5) == (y == 1))[held_out].float().mean())
    assert result["accuracy"][0] > result["accuracy"][2] + 0.07
    assert result["accuracy"][0] > result["accuracy"][1] - 0.02
    groups, index = x[kept].unique(dim=0, return_inverse=True)
    for i in range(len(groups)):        # of the training part, where they are many
        inside = index == i
        if inside.sum() > 60:
            assert p[kept][inside].mean().item() == pytest.approx(
                y[kept][inside].mean().item(), abs=0.09), groups[i]
    loss = torch.nn.functional.binary_cross_entropy(p[kept], y[kept])
    assert loss < 0.49      # that of the shares by sex alone is 0.52, of every group's 0.48
    run = run_script("lesson8_2.py")
    assert run.stdout.endswith("\nheld-out accuracy {:.1%} | women only {:.1%} | nobody survives "
                               "{:.1%}\n".format(*result["accuracy"]))


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


def test_same_seed_same_result():
    first, again, other = (lesson8_2.main(epochs=1, seed=seed)["p"] for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_it_learns_a_rule_from_kaggles_columns(write, tmp_path, monkeypatch):
    """Who paid more than 30 survives: neither sex nor class says it."""
    monkeypatch.chdir(tmp_path)
    lines = passengers(400, lambda i: i % 50 >= 25)
    new = without_survived(passengers(60, lambda i: 0))
    result = lesson8_2.main(epochs=40, train=write("\n".join(lines)),
                            test=write("\n".join(new), "test.csv"))
    assert result["accuracy"][0] > 0.93 > 0.7 > max(result["accuracy"][1:])
    rows = (tmp_path / "submission.csv").read_text(encoding="utf-8").split("\n")
    assert rows[0] == "PassengerId,Survived" and rows[-1] == "" and len(rows) == 62
    answers = [row.split(",") for row in rows[1:-1]]
    assert [i for i, _ in answers] == [str(i + 1) for i in range(60)]
    right = sum(answer == str(int(i % 50 >= 25)) for i, (_, answer) in enumerate(answers))
    assert right >= 54
    assert len(lesson8_2.draw(result).axes[0].containers[0]) == 6       # no crew


# ------------------------------------------------------------------------------- submission.csv
@pytest.fixture
def files(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    lines = passengers(20, lambda i: i % 3 == 0)
    return {"train": write("\n".join(lines)), "epochs": 1,
            "test": write("\n".join(without_survived(lines[:4])), "test.csv")}


def test_the_answer_is_written_where_the_reader_stands(files, tmp_path, capsys):
    lesson8_2.main(**files)
    path = tmp_path / "here" / "submission.csv"
    assert os.listdir(path.parent) == ["submission.csv"]
    out = capsys.readouterr().out
    assert re.search(rf"(?m)^{re.escape(str(path))}: 3 passengers, \d of them survive$", out)
    assert re.fullmatch(r"PassengerId,Survived\n1,[01]\n2,[01]\n3,[01]\n",
                        path.read_bytes().decode())


def test_an_answer_that_cannot_be_written_leaves_nothing(files, tmp_path):
    (tmp_path / "here" / "submission.csv").mkdir()
    with pytest.raises(BadInput, match=r"submission\.csv: expected to write there, got: "):
        lesson8_2.main(**files)
    assert os.listdir() == ["submission.csv"]


def test_a_bad_test_file_is_refused_before_the_training(files, write, capsys):
    bad = write("PassengerId,Pclass\n1,3\n", "bad.csv")
    with pytest.raises(BadInput, match="missing: Age, SibSp, Parch, Fare, Sex, Embarked"):
        lesson8_2.main(**(files | {"test": bad}))
    assert "epoch" not in capsys.readouterr().out and os.listdir() == []


def test_a_test_file_alone_is_refused():
    with pytest.raises(BadInput, match="--test: expected --train as well"):
        lesson8_2.main(test="test.csv")


def test_a_mistake_is_one_line(run_script, write):
    run = run_script("lesson8_2.py", "--train", write("Survived,Age\n1,2\n"))
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "missing: Pclass, SibSp, Parch, Fare, Sex, Embarked" in run.stderr
