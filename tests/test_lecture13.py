"""Lecture 13, the first two scripts: names to languages, and the character language model."""

import csv
import io
import math
import re
import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import files
import lesson13
import lesson13_2
from lesson13 import NameDataset, RNNClassifier, make_tensors, name2list, number_letters
from utils import DATA, BadInput

NAMES = ["kim", "nguyen", "papadopoulos", "o'sullivan", "de la cruz", "xu", "muller", "sato"]
ASCII = number_letters([])


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ---------------------------------------------------------------------------- names that ship
@pytest.fixture(scope="module")
def shipped():
    return files.read_names(DATA / "names_train.csv"), files.read_names(DATA / "names_test.csv")


def test_the_shipped_names(shipped):
    """18 languages, a quarter of each to test on, Latin letters, and no name twice."""
    train, test = (Counter(language for _, language in part) for part in shipped)
    assert sorted(train) == sorted(test) and len(train) == 18
    assert all(100 <= train[k] + test[k] <= 350 for k in train), train + test
    assert all(abs(test[k] / (train[k] + test[k]) - 0.25) < 0.02 for k in train)
    names = [name for part in shipped for name, _ in part]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+([ '-][a-z]+)*", name)] == []


@pytest.mark.parametrize(("name", "language"), [
    ("Kim", "Korean"), ("Nguyen", "Vietnamese"), ("Sato", "Japanese"), ("Wang", "Chinese"),
    ("Papadopoulos", "Greek"), ("O'Sullivan", "Irish"), ("Ivanov", "Russian"),
    ("García", "Spanish"), ("Novák", "Czech"), ("Müller", "German"), ("Haddad", "Arabic")])
def test_well_known_names_are_where_people_expect_them(shipped, name, language):
    assert dict(shipped[0] + shipped[1]).get(files.plain(name)) == language


# ------------------------------------------------------------------------------------- name model
@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return RNNClassifier(128, 100, 18, n_layers=2).eval()


def tensors(names, letters=ASCII):
    return make_tensors(names, [0] * len(names), letters)[:2]


def test_the_tensors_hold_every_name():
    x, lengths, countries = make_tensors(NAMES, list(range(8)), ASCII)
    assert x.shape == (8, max(map(len, NAMES))) and lengths.device.type == "cpu"
    assert lengths.tolist() == list(map(len, NAMES)) and countries.tolist() == list(range(8))
    for row, name in zip(x.tolist(), NAMES, strict=True):
        assert row == [ord(letter) for letter in name] + [0] * (x.shape[1] - len(name))


def test_letters_beyond_ascii_are_those_of_the_training_names(capsys):
    letters = number_letters(["王伟", "李伟", "田中", "kim"])
    assert len(letters) == 128 + 5 and letters["k"] == ord("k")
    assert name2list("李x山", letters) == ([letters["李"], ord("x"), 0], 3)
    lesson13.tell_new_letters(["王伟", "山田", "kim"], letters)
    assert capsys.readouterr().out == "letters that training has not seen: 1: 山 in 山田\n"
    lesson13.tell_new_letters(["王伟"], letters)
    assert capsys.readouterr().out == ""


def test_name_classifier_has_the_lectures_parameters(classifier):
    assert sum(p.numel() for p in classifier.parameters()) == 318_818


def test_a_batch_of_names_gives_what_one_at_a_time_gives(classifier):
    together = classifier(*tensors(NAMES))
    alone = torch.cat([classifier(*tensors([name])) for name in NAMES])
    assert together.shape == (len(NAMES), 18)
    torch.testing.assert_close(together, alone)


def test_packing_makes_padding_irrelevant(classifier):
    x, lengths = tensors(NAMES)
    wider = torch.cat([x, torch.full((len(x), 20), 99)], dim=1)
    junk = torch.where(torch.arange(wider.shape[1]) < lengths[:, None], wider, 99)
    torch.testing.assert_close(classifier(junk, lengths), classifier(x, lengths))


def test_last_states_are_the_top_layers_in_both_directions(classifier):
    x, lengths = tensors(["nguyen"])
    output, _ = classifier.gru(classifier.embedding(x))
    both = torch.cat([output[:, -1, :100], output[:, 0, 100:]], dim=1)
    torch.testing.assert_close(classifier(x, lengths), classifier.fc(both))


@pytest.mark.parametrize(("n_layers", "bidirectional"), [(1, False), (1, True), (3, False)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_other_layers_directions_and_types(n_layers, bidirectional, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")          # of dropout in a single layer
        model = RNNClassifier(128, 6, 3, n_layers, bidirectional, dropout=0.5).to(dtype).eval()
    x, lengths = tensors(["kim", "le"])
    output, _ = model.gru(model.embedding(x[:1]))
    last = output[:, -1, :6]
    if bidirectional:
        last = torch.cat([last, output[:, 0, 6:]], dim=1)
    torch.testing.assert_close(model(x, lengths)[:1], model.fc(last))
    assert model(x, lengths).dtype == dtype


def test_the_confusion_matrix_and_the_share_of_right_answers(classifier):
    pairs = list(zip(NAMES, "abcabcab", strict=True))
    loader = DataLoader(NameDataset(pairs, ["a", "b", "c"]), 3)
    with torch.no_grad():
        classifier.fc.bias[3:] -= 100           # it only ever says 0, 1 or 2
        pred = classifier(*tensors(NAMES)).argmax(dim=1).tolist()
    accuracy, confusion = lesson13.testModel(classifier.train(), loader, ASCII, 18)
    true = ["abc".index(country) for _, country in pairs]
    assert accuracy == pytest.approx(sum(map(int.__eq__, pred, true)) / 8)
    for (i, j), count in Counter(zip(true, pred, strict=True)).items():
        assert confusion[i, j] == count
    assert confusion.sum() == 8


# --------------------------------------------------------------------------------------- name run
@pytest.fixture
def some_names(tmp_path):
    settings = {}
    for key in ("train", "test"):
        text = (DATA / f"names_{key}.csv").read_text(encoding="utf-8")
        rows = list(csv.reader(io.StringIO(text)))[::25]
        text = "".join(f'"{name}","{label}"\n' for name, label in rows)
        settings[key] = str(write(tmp_path / f"{key}.csv", text))
    return settings


def test_names_run_counts_and_prints_what_it_returns(some_names, capsys):
    result = lesson13.main(epochs=2, name="Nguyen，O'Neill, Müller", test_each=True, **some_names)
    printed = capsys.readouterr().out
    confusion, labels = result["confusion"], result["country_list"]
    train = Counter(label for _, label in files.read_names(some_names["train"]))
    share = Counter(label for _, label in files.read_names(some_names["test"]))
    assert confusion.sum(dim=1).tolist() == [share[label] for label in labels]
    assert result["accuracy"] == pytest.approx((confusion.diag().sum() / confusion.sum()).item())
    likeliest = min(label for label in train if train[label] == max(train.values()))
    assert result["baseline"] == pytest.approx(share[likeliest] / share.total())
    assert printed.splitlines()[-1] == (f"test accuracy {result['accuracy']:.2%} (always the most "
                                        f"frequent label: {result['baseline']:.2%})")
    assert len(result["acc_list"]) == 2 and result["acc_list"][-1] == result["accuracy"]
    assert f"| test accuracy {result['acc_list'][0]:.2%}\n" in printed
    assert re.search(r"(?m)^nguyen( \| \w+ [\d.]+%){3}\no'neill( \| \w+ [\d.]+%){3}\nmuller \|",
                     printed)
    shown = np.asarray(lesson13.draw(result).axes[0].images[0].get_array())
    for i, label in enumerate(labels):
        assert shown[i].sum() == pytest.approx(1 if share[label] else 0)


def test_a_saved_net_answers_as_before_without_training(some_names, tmp_path, capsys, monkeypatch):
    path = str(tmp_path / "net.pt")
    first = lesson13.main(epochs=2, name="Nguyen", save=path, **some_names)
    answer = re.search(r"(?m)^nguyen .*$", capsys.readouterr().out)[0]
    monkeypatch.setattr(lesson13, "trainModel", None)
    again = lesson13.main(load=path, name="Nguyen, 李")
    printed = capsys.readouterr().out
    assert answer in printed and "\n李 | " in printed
    assert "letters that training has not seen: 1: 李 in 李\n" in printed
    assert again["accuracy"] == first["accuracy"] and lesson13.draw(again)
    files.save(path, {"weights": {}})
    with pytest.raises(BadInput, match=r"net\.pt: expected a net that lesson13\.py --save wrote"):
        lesson13.main(load=path)


def test_names_and_labels_in_chinese(tmp_path, capsys):
    rows = [f"{family}{given},{label}\n" for family, label in (
        ("王", "中国"), ("李", "中国"), ("张", "中国"), ("佐", "日本"), ("鈴", "日本"))
        for given in "一二三四五六七八"]
    path = str(write(tmp_path / "names.csv", "".join(rows + ["Kim,Korea\n", "Park,Korea\n"])))
    result = lesson13.main(train=path, test=path, epochs=15, lr=0.01, name="王八,Kim")
    out = capsys.readouterr().out
    assert result["accuracy"] > 0.9 and result["country_list"] == ["Korea", "中国", "日本"]
    assert re.search("(?m)^王八 \\| 中国 ", out) and re.search(r"(?m)^kim \|", out)
    lesson13.draw(result).draw_without_rendering()      # a missing letter is a warning: an error


@pytest.mark.parametrize("name", [" ", "", ",", "，、"])
def test_impossible_names_are_refused_before_the_training(name, capsys):
    with pytest.raises(BadInput, match="--name: expected names with commas between"):
        lesson13.main(name=name)
    assert "parameters" not in capsys.readouterr().out


@pytest.mark.slow
def test_default_names_run_reaches_its_floor(run_script):
    run = run_script("lesson13.py")
    assert run.returncode == 0, run.stderr
    assert "18 labels, 318,818 parameters" in run.stdout and "(0 in both)" in run.stdout
    accuracy, baseline = map(float, re.search(
        r"test accuracy ([\d.]+)% \(always the most frequent label: ([\d.]+)%\)\n$",
        run.stdout).groups())
    assert baseline < 10 and 68 < accuracy < 95


# ---------------------------------------------------------------------- character language model
@pytest.fixture
def char_model():
    torch.manual_seed(1)
    model = lesson13_2.CharModel(7, embedding_size=5, hidden_size=6)
    with torch.no_grad():
        model.fc.weight.mul_(5)         # decided enough that an error would show
    return model


@pytest.fixture
def short_book(tmp_path):
    book = (DATA / "alice.txt").read_text(encoding="utf-8")
    return lambda text=book[:8000]: str(write(tmp_path / "short.txt", text))


def test_characters_of_training_only_and_unknown_ones_are_0(short_book):
    book = (DATA / "alice.txt").read_text(encoding="utf-8")[:8000]
    characters, train, validation, test = lesson13_2.read_parts(
        short_book(book[:6800] + "\u4e2d" * 400 + book[7200:]))
    assert characters == "\ufffd" + "".join(sorted(set(book[:6800])))
    assert (len(train), len(validation), len(test)) == (6800, 400, 800)
    assert validation.tolist() == [0] * 400 and train.min() > 0
    assert "".join(characters[i] for i in train) == book[:6800]


def test_windows_go_from_left_to_right_and_each_target_is_the_next_character():
    windows = lesson13_2.make_windows(torch.arange(203), 2)
    assert [inputs.shape for inputs, _ in windows] == [(2, 32), (2, 32), (2, 32), (2, 5)]
    assert all(torch.equal(inputs + 1, target) for inputs, target in windows)
    assert torch.cat([inputs for inputs, _ in windows], dim=1).flatten().tolist() == [*range(202)]


def test_char_model_carries_its_state_over_windows(char_model):
    x = torch.randint(7, (2, 20))
    whole, h_whole = char_model(x)
    assert whole.shape == (2, 20, 7) and h_whole.shape == (1, 2, 6)
    h, parts = None, []
    for window in x.split(6, dim=1):
        part, h = char_model(window, h)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    torch.testing.assert_close(h, h_whole)


@pytest.mark.parametrize("chunk", [3, 19, 1000])
def test_perplexity_is_exp_of_the_mean_cross_entropy_in_any_chunks(char_model, chunk, monkeypatch):
    monkeypatch.setattr(lesson13_2, "CHUNK", chunk)
    x = torch.randint(7, (20,))
    p = char_model(x[None])[0][0].detach().double().softmax(dim=1)
    by_hand = math.exp(-sum(math.log(p[t, x[t + 1]]) for t in range(19)) / 19)
    assert lesson13_2.perplexity(char_model, x) == pytest.approx(by_hand, rel=1e-5)


def test_a_long_text_is_judged_in_small_pieces(char_model, monkeypatch):
    sizes = []
    forward = lesson13_2.CharModel.forward

    def spy(self, x, hidden=None):
        sizes.append(x.numel())
        return forward(self, x, hidden)

    monkeypatch.setattr(lesson13_2.CharModel, "forward", spy)
    lesson13_2.perplexity(char_model, torch.randint(7, (5_321,)))
    assert max(sizes) <= 1000 and sum(sizes) == 5_320


def test_counted_baselines_against_count_matrices():
    rng = np.random.default_rng(0)
    train, test, size = rng.integers(5, size=200), rng.integers(6, size=50), 6  # 5: only in test
    test[0], test[-1] = 5, 0    # with one character at both ends the wrong axis gives the same
    unigram = (np.bincount(train, minlength=size) + 1) / (len(train) + size)
    pairs = np.ones((size, size))
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    bigram = pairs / pairs.sum(axis=1, keepdims=True)
    found = lesson13_2.counted_perplexity(torch.tensor(train), torch.tensor(test), size)
    assert found == pytest.approx((np.exp(-np.log(unigram[test[1:]]).mean()),
                                   np.exp(-np.log(bigram[test[:-1], test[1:]]).mean())), rel=1e-9)


def test_a_low_temperature_writes_the_likeliest_character(char_model):
    seen = [1, 2, 3]
    written = lesson13_2.sample(char_model, torch.tensor(seen), 25, 1e-4)
    for _ in range(25):                 # from the start each time: no hidden state carried
        scores = char_model(torch.tensor([seen]))[0][0, -1].detach()
        scores[0] = -math.inf           # UNKNOWN, here at times the likeliest
        seen.append(scores.argmax().item())
    assert seen[3:] == written


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_softmax_at_that_temperature(char_model, temperature):
    nn.init.zeros_(char_model.fc.weight)        # every step has the same distribution
    with torch.no_grad():
        char_model.fc.bias.mul_(3)
    expected = char_model.fc.bias[1:].double().detach()
    drawn = lesson13_2.sample(char_model, torch.tensor([1]), 4000, temperature)
    frequency = np.bincount(drawn, minlength=7) / 4000
    assert frequency[0] == 0            # UNKNOWN is never written
    np.testing.assert_allclose(frequency[1:], (expected / temperature).softmax(0), atol=0.03)


def test_language_model_prints_its_result(short_book, capsys):
    book = (DATA / "alice.txt").read_text(encoding="utf-8")[:8000]
    settings = {"epochs": 1, "batch_size": 8, "hidden": 16}
    first = lesson13_2.main(text=short_book(), **settings)
    printed = capsys.readouterr().out
    assert printed.endswith(f"\ntest perplexity {first['perplexity']:.2f} (unigram "
                            f"{first['unigram']:.2f}, bigram {first['bigram']:.2f})\n")
    assert f"--- temperature 0.5 ---\n{book[7200:7220]}" in printed
    lesson13_2.main(text=short_book(), prompt="Alice 中", **settings)
    assert "--- temperature 1 ---\nAlice \ufffd" in capsys.readouterr().out


@pytest.mark.parametrize(("settings", "said"), [
    ({"temperature": 0.001}, "--temperature: expected at least 0.01"),
    ({"batch_size": 10**6}, "--batch_size: expected less than 6,800 strips")])
def test_impossible_settings_of_the_language_model(short_book, settings, said):
    with pytest.raises(BadInput, match=said):
        lesson13_2.main(text=short_book(), **settings)


@pytest.mark.parametrize("size", [9, 5_000_001])
def test_too_short_and_too_long_texts_get_one_line_before_the_training(tmp_path, size):
    path = write(tmp_path / "text.txt", "ab\n" * (size // 3))
    with pytest.raises(BadInput, match=r"text\.txt: expected 5,000 to 5,000,000 characters, got"):
        lesson13_2.main(text=str(path), batch_size=1000)


@pytest.mark.parametrize(("losses", "others"), [
    ([2.2, 1.3], (24.0, 12.0, 4.4)), ([6.0, 4.4], (700.0, 380.0, 125.0)),
    ([0.08, 0.001], (1.0, 1.0, 1.0)), ([3.4], (33.0, 31.0, 30.0))])
def test_ticks_of_any_perplexity_are_plain_numbers_inside_the_figure(losses, others):
    result = dict(zip(("unigram", "bigram", "perplexity"), others, strict=True))
    figure = lesson13_2.draw({"losses": losses, "validated": [others[2]] * len(losses), **result})
    figure.draw_without_rendering()
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    ticks = [(place, label.get_text()) for minor in (False, True) for place, label in
             zip(axes.get_yticks(minor=minor), axes.get_yticklabels(minor=minor), strict=True)
             if low <= place <= high and label.get_text()]
    assert 2 <= len(ticks) <= 12
    assert all(float(label) == pytest.approx(place) for place, label in ticks)


@pytest.mark.slow
def test_default_language_model_reaches_its_floor(run_script):
    run = run_script("lesson13_2.py")
    perplexity, unigram, bigram = map(float, re.search(
        r"\ntest perplexity ([\d.]+) \(unigram ([\d.]+), bigram ([\d.]+)\)\n$",
        run.stdout).groups())
    assert 3 < perplexity < 5.0 < bigram < unigram < 66
    book = (DATA / "alice.txt").read_text(encoding="utf-8")
    cool = run.stdout.split("--- temperature 0.5 ---\n")[1].split("\n---")[0]
    words = re.findall("[a-z]+", cool.lower())
    known = set(re.findall("[a-z]+", book[:int(0.85 * len(book))].lower()))
    assert sum(word in known for word in words) / len(words) > 0.8      # it writes words
