"""Lesson 13: names to languages. The data that ship, the reader, the packed GRU, the run."""

import csv
import gzip
import re
import subprocess
import sys
from collections import Counter

import pytest
import torch

import bench_names
import lesson13
import make_names
from conftest import LIUER, ROOT
from lesson13 import BadInput, NameClassifier, encode, gru_shapes, predict, read_names, to_tensor

PARTS = [ROOT / "data" / f"names_{part}.csv" for part in ("train", "test")]
NAMES = ["Kim", "Nguyen", "Papadopoulos", "O'Sullivan", "de la Cruz", "Xu", "Müller", "Sato"]


@pytest.fixture(scope="module")
def rows():
    return [[tuple(row) for row in csv.reader(path.read_text(encoding="utf-8").splitlines())]
            for path in PARTS]


# ------------------------------------------------------------------------------ data that ship
def test_no_name_stands_twice_in_either_or_both_parts(rows):
    count = Counter(make_names.fold(name) for part in rows for name, _ in part)
    assert [name for name, n in count.items() if n > 1] == []


def test_sizes_of_languages(rows):
    train, test = (Counter(language for _, language in part) for part in rows)
    assert sorted(train) == sorted(test) == sorted(make_names.ORDER)
    assert len(train) == 18
    assert all(100 <= train[k] + test[k] <= 350 for k in train), train + test
    assert all(abs(test[k] / (train[k] + test[k]) - 0.25) < 0.02 for k in train)


def test_names_are_spelled_in_latin_letters(rows):
    odd = [name for part in rows for name, _ in part
           if not re.fullmatch(r"[a-z]+([ '-][a-z]+)*", make_names.fold(name))
           or lesson13.UNKNOWN in encode(name)]
    assert odd == []


@pytest.mark.parametrize(("name", "language"), [
    ("Kim", "Korean"), ("Nguyen", "Vietnamese"), ("Sato", "Japanese"), ("Wang", "Chinese"),
    ("Papadopoulos", "Greek"), ("O'Sullivan", "Irish"), ("Ivanov", "Russian"),
    ("García", "Spanish"), ("Novák", "Czech"), ("Müller", "German"), ("Haddad", "Arabic")])
def test_well_known_names_are_where_people_expect_them(rows, name, language):
    assert dict(rows[0] + rows[1]).get(name) == language


def test_files_equal_what_the_script_makes():
    if make_names.problem():
        pytest.skip(make_names.problem())
    made = [make_names.to_csv(part).encode() for part in make_names.build()]
    assert made == [path.read_bytes() for path in PARTS]


def test_make_names_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(make_names.VERSIONS, "faker", "0.0.1")
    with pytest.raises(SystemExit, match=r"needs faker 0\.0\.1, found .+: pip install faker==0\.0"):
        make_names.main()


def test_transliteration():
    assert make_names.from_cyrillic("Достоевский") == "Dostoevsky"
    assert make_names.from_cyrillic("Григорьев") == "Grigoriev"
    assert make_names.from_cyrillic("Щукин") == "Shchukin"
    assert make_names.from_greek("Ευαγγελόπουλος") == "Evangelopoulos"
    assert make_names.from_greek("Μπουρλής") == "Bourlis"
    assert make_names.from_greek("Ευσταθίου") == "Efstathiou"


# ------------------------------------------------------------------------------------- letters
def test_accents_and_capitals_do_not_matter():
    assert encode("Müller") == encode("muller") == [ord(c) for c in "muller"]
    assert encode("  Łukasz Strauß\n") == encode("lukasz strauss")
    assert encode("Nguyễn Đặng Yıldız") == encode("nguyen dang yildiz")
    assert encode("王") == [lesson13.UNKNOWN]
    assert encode("") == []


def test_tensor_holds_every_name():
    x, lengths = to_tensor(NAMES)
    assert x.shape == (len(NAMES), max(map(len, NAMES)))
    assert lengths.tolist() == list(map(len, NAMES))
    assert lengths.device.type == "cpu"
    for row, name, length in zip(x.tolist(), NAMES, lengths.tolist(), strict=True):
        assert row == encode(name) + [0] * (x.shape[1] - length)


# --------------------------------------------------------------------------------------- model
@pytest.fixture
def model():
    torch.manual_seed(0)
    return NameClassifier(18)


def test_parameters(model):
    # 128*100 letters; 2 directions of 3 gates, layer 1 and 2; 200*18 + 18
    assert sum(p.numel() for p in model.parameters()) == 318_818


def test_batch_first_changes_input_and_output_only():
    assert gru_shapes() == {False: [(7, 3, 100), (4, 3, 100), (7, 3, 200), (4, 3, 100)],
                            True: [(3, 7, 100), (4, 3, 100), (3, 7, 200), (4, 3, 100)]}


def test_a_batch_gives_what_one_name_at_a_time_gives(model):
    model.eval()
    together = model(*to_tensor(NAMES))
    alone = torch.cat([model(*to_tensor([name])) for name in NAMES])
    assert together.shape == (len(NAMES), 18)
    torch.testing.assert_close(together, alone)


def test_padding_never_changes_a_result(model):
    model.eval()
    x, lengths = to_tensor(NAMES)
    wider = torch.cat([x, torch.full((len(x), 20), 99)], dim=1)
    junk = torch.where(torch.arange(wider.shape[1]) < lengths[:, None], wider, 99)
    torch.testing.assert_close(model(junk, lengths), model(x, lengths))


def test_predict_keeps_the_order_of_its_input(model):
    x, lengths = to_tensor(NAMES)
    p = predict(model, x, lengths)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(len(NAMES)))
    torch.testing.assert_close(p.log(), model(x, lengths).log_softmax(dim=1))


def test_last_states_are_those_of_the_top_layer_in_both_directions(model):
    """h[-2] is the forward output at the last letter, h[-1] the backward one at the first."""
    model.eval()
    x, lengths = to_tensor(["Nguyen"])
    output, h = model.gru(model.embedding(x))
    torch.testing.assert_close(h[-2], output[:, -1, :100])
    torch.testing.assert_close(h[-1], output[:, 0, 100:])
    both = torch.cat([output[:, -1, :100], output[:, 0, 100:]], dim=1)
    torch.testing.assert_close(model(x, lengths), model.linear(both))


def test_both_directions_learn(model):
    model(*to_tensor(NAMES)).logsumexp(dim=1).sum().backward()
    for layer in (0, 1):
        for direction in ("", "_reverse"):
            for kind in ("weight_ih", "weight_hh"):
                gradient = getattr(model.gru, f"{kind}_l{layer}{direction}").grad
                assert gradient.abs().max() > 1e-6, (kind, layer, direction)


def test_batches_hold_every_name_once_and_no_padding():
    torch.manual_seed(0)
    lengths = torch.randint(2, 20, (1000,))
    first, second = (lesson13.length_batches(lengths, 64) for _ in range(2))
    for batches in (first, second):
        assert torch.cat(batches).sort().values.tolist() == list(range(1000))
        assert max(map(len, batches)) == 64
        assert all(len(b) and lengths[b].unique().numel() == 1 for b in batches)
    assert torch.cat(first).tolist() != torch.cat(second).tolist()


# -------------------------------------------------------------------------------------- reader
def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_reader_takes_the_forms_in_circulation(tmp_path):
    quoted = write(tmp_path / "a.csv", '"Adsit","Czech"\r\n"To, The First","Korean"\r\n')
    assert read_names(quoted) == [("Adsit", "Czech", 1), ("To, The First", "Korean", 2)]
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(quoted.read_bytes()))
    assert read_names(packed) == read_names(quoted)
    plain = write(tmp_path / "b.csv", "\ufeffMüller,German\n\nKim,Korean")
    assert read_names(plain) == [("Müller", "German", 1), ("Kim", "Korean", 3)]


@pytest.mark.parametrize(("content", "where", "expected"), [
    ("", "", "the file is empty"),
    ("\n\n", "", "the file is empty"),
    ("Kim,Korean\nNguyen\n", ", line 2", "1 columns"),
    ("Kim,Korean\nLe,Vietnamese,7\n", ", line 2", "3 columns"),
    ("Kim,Korean\n,Czech\n", ", line 2", "'','Czech'"),
    ("Kim,\n", ", line 1", "'Kim',''"),
    ("Kim,Korean\n" + 61 * "x" + ",Czech\n", ", line 2", "1 to 60 letters"),
    ('Kim,Korean\n"Le,Vietnamese\n', ", line ", "unexpected end of data"),
    ("Kim,Korean\nMüller,German\n".encode("latin-1"), ", line 2", "expected UTF-8"),
])
def test_bad_files_get_a_line_that_names_file_and_line(tmp_path, content, where, expected):
    path = write(tmp_path / "names.csv", content)
    with pytest.raises(BadInput) as error:
        read_names(path)
    assert str(error.value).startswith(f"{path}{where}")
    assert expected in str(error.value) and "\n" not in str(error.value)


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(BadInput, match="missing.csv: expected a CSV file.*No such file"):
        read_names(tmp_path / "missing.csv")
    whole = gzip.compress(b"Kim,Korean\n" * 1000)
    for content in (whole[:40], b"Kim,Korean\n"):
        with pytest.raises(BadInput, match=r"bad\.csv\.gz: expected a CSV file"):
            read_names(write(tmp_path / "bad.csv.gz", content))


def test_a_test_label_unseen_in_training(tmp_path):
    train = write(tmp_path / "train.csv", "Kim,Korean\nLe,Vietnamese\n")
    test = write(tmp_path / "test.csv", "Park,Korean\nSato,Japanese\n")
    with pytest.raises(BadInput) as error:
        lesson13.main(train=str(train), test=str(test))
    assert str(error.value).startswith(f"{test}, line 2: label 'Japanese'")


@pytest.mark.parametrize("name", ["", "王", "Kim,,Park", "x" * 61])
def test_impossible_names_are_refused_before_the_training(name, capsys):
    with pytest.raises(BadInput, match="expected names in Latin letters"):
        lesson13.main(name=name)
    assert capsys.readouterr().out == ""


# ----------------------------------------------------------------------------------------- run
FLOOR = 67  # per cent; 71 and 73 were measured (seeds 1, 0); other machines round otherwise
SMALL = {"hidden": 16, "embedding": 16, "epochs": 1}


def some(rows, path, step=10):
    return str(write(path, make_names.to_csv(rows[::step])))


def test_saved_model_gives_the_same_answers_without_training(rows, tmp_path, capsys):
    train, test = (some(part, tmp_path / f"{i}.csv") for i, part in enumerate(rows))
    file = str(tmp_path / "model.pt")
    trained = lesson13.main(**SMALL, train=train, test=test, name="Nguyen, 王 Müller", save=file)
    loaded = lesson13.main(train=train, test=test, name="Nguyen, 王 Müller", load=file)
    assert loaded["names"] == trained["names"]
    assert [name for name, _ in loaded["names"]] == ["Nguyen", "王 Müller"]
    assert loaded["losses"] == [] and len(trained["losses"]) == 1
    assert loaded["accuracy"] == trained["accuracy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.csv", "1.csv", "model.pt"]
    for p in dict(loaded["names"]).values():
        assert sum(p.values()) == pytest.approx(1, abs=1e-4)
    with pytest.raises(BadInput, match="expected a model written by --save"):
        lesson13.main(load=train)
    with pytest.raises(BadInput, match="expected a model written by --save"):
        lesson13.main(load=str(tmp_path / "missing.pt"))
    with pytest.raises(BadInput, match="could not be written"):
        lesson13.save_model(tmp_path / "nowhere" / "model.pt", NameClassifier(2), ["a", "b"], {})


def test_result_does_not_depend_on_the_run(rows, tmp_path):
    """The labels are numbered alike whatever the hash seed, so all that follows is too."""
    train, test = (some(part, tmp_path / f"{i}.csv") for i, part in enumerate(rows))
    code = ("import sys, torch, lesson13; torch.set_num_threads(1);"
            "r = lesson13.main(epochs=1, hidden=8, embedding=8, train=sys.argv[1],"
            "test=sys.argv[2]); print(r['labels'], r['losses'], r['confusion'].tolist())")
    outputs = {subprocess.run([sys.executable, "-c", code, train, test], text=True, check=True,
                              env={"PYTHONPATH": str(LIUER), "PYTHONHASHSEED": seed, "PATH": ""},
                              capture_output=True).stdout.splitlines()[-1] for seed in "12"}
    assert len(outputs) == 1 and "'Arabic', 'Chinese'" in outputs.pop()


def test_default_run(run_script):
    run = run_script("lesson13.py")
    assert run.returncode == 0, run.stderr
    assert "batch_first=True  | input (3, 7, 100) h0 (4, 3, 100) output (3, 7, 200)" in run.stdout
    assert "318,818 parameters" in run.stdout
    assert "(0 of them in both)" in run.stdout
    baseline = float(re.search(r"^always \w+: ([\d.]+)%$", run.stdout, re.MULTILINE)[1])
    accuracy = float(re.search(r"test accuracy ([\d.]+)% \| \d+ s\n$", run.stdout)[1])
    assert baseline < 10
    assert FLOOR < accuracy < 95


def test_confusion_matrix_counts_every_test_name(rows, tmp_path):
    train, test = (some(part, tmp_path / f"{i}.csv") for i, part in enumerate(rows))
    result = lesson13.main(**SMALL, train=train, test=test)
    count = result["confusion"]
    of = Counter(row[1] for row in rows[1][::10])
    assert count.sum(dim=1).tolist() == [of[label] for label in result["labels"]]
    assert count.trace().item() / count.sum().item() == pytest.approx(result["accuracy"])
    figure = lesson13.draw(result)
    shown = figure.axes[0].images[0].get_array()
    assert shown.shape == (18, 18) and shown.max() <= 1


def test_the_benchmark_compares_both_ways(rows, tmp_path, monkeypatch, capsys):
    train, test = (some(part, tmp_path / f"{i}.csv") for i, part in enumerate(rows))
    monkeypatch.setattr(bench_names, "LECTURE_EPOCHS", 2)
    monkeypatch.setattr(lesson13.main, "__defaults__", (1, *lesson13.main.__defaults__[1:]))
    result = bench_names.compare(train, test, repeats=1)
    assert result["ratio"] == result["lecture"] / result["ours"] > 0
    assert result["seconds"] > 0 and result["lecture_seconds"] > 0
    assert 0 < result["lecture_accuracy"] < 1 and 0 < result["accuracy"] < 1
    assert "in 2 epochs" in capsys.readouterr().out or (
        result["lecture_accuracy"] >= result["accuracy"])


def test_mistake_is_shown_as_one_line(run_script, tmp_path):
    file = write(tmp_path / "bad.csv", "Kim,Korean\nNguyen\n")
    run = run_script("lesson13.py", "--train", file)
    assert run.returncode == 1
    assert run.stderr.startswith(f"lesson13.py: {file}, line 2: expected name,label")
    assert run.stderr.count("\n") == 1
