"""Lecture 13, the first two scripts: names to languages, and the character language model."""

import csv
import gzip
import io
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import lesson13
import lesson13_2
from lesson13 import NameClassifier, gru_shapes, plain, read_names, read_parts, to_tensor
from utils import DATA, BadInput

NAMES = ["kim", "nguyen", "papadopoulos", "o'sullivan", "de la cruz", "xu", "muller", "sato"]


# ------------------------------------------------------------------------ names that ship, reader
@pytest.fixture(scope="module")
def shipped():
    return read_names(lesson13.TRAIN), read_names(lesson13.TEST)


def test_no_shipped_name_stands_twice_in_either_or_both_parts(shipped):
    count = Counter(name for part in shipped for name, _ in part)
    assert [name for name, times in count.items() if times > 1] == []


def test_sizes_of_the_shipped_languages(shipped):
    train, test = (Counter(language for _, language in part) for part in shipped)
    assert sorted(train) == sorted(test) and len(train) == 18
    assert all(100 <= train[k] + test[k] <= 350 for k in train), train + test
    assert all(abs(test[k] / (train[k] + test[k]) - 0.25) < 0.02 for k in train)


def test_shipped_names_are_spelled_in_latin_letters(shipped):
    assert [name for part in shipped for name, _ in part
            if not re.fullmatch(r"[a-z]+([ '-][a-z]+)*", name)] == []


@pytest.mark.parametrize(("name", "language"), [
    ("Kim", "Korean"), ("Nguyen", "Vietnamese"), ("Sato", "Japanese"), ("Wang", "Chinese"),
    ("Papadopoulos", "Greek"), ("O'Sullivan", "Irish"), ("Ivanov", "Russian"),
    ("García", "Spanish"), ("Novák", "Czech"), ("Müller", "German"), ("Haddad", "Arabic")])
def test_well_known_names_are_where_people_expect_them(shipped, name, language):
    assert dict(shipped[0] + shipped[1]).get(plain(name)) == language


def test_accents_and_capitals_do_not_matter_in_names():
    assert plain("Müller") == plain("muller") == "muller"
    assert plain("  Łukasz Strauß\n") == plain("lukasz strauss")
    assert plain("Nguyễn Đặng") == "nguyen dang"
    assert plain("O’Neill") == plain("O'NEILL") == "o'neill"


@pytest.mark.parametrize(("name", "wanted"), [
    ("王伟", "王伟"), (" Иванов", "иванов"), ("Müller 王", "muller"), ("佐藤-鈴木", "佐藤-鈴木"),
    ("김", "\u1100\u1175\u11b7"), ("", ""), (" ", ""), ("123", ""), ("?!", ""), ("。", "")])
def test_a_name_without_latin_letters_stays_and_one_without_letters_is_none(name, wanted):
    assert plain(name) == wanted


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_names_reader_takes_the_forms_in_circulation(tmp_path):
    quoted = write(tmp_path / "a.csv", '"Adsit","Czech"\r\n"Jevolojnov,","Russian"\r\n')
    assert read_names(quoted) == [("adsit", "Czech"), ("jevolojnov,", "Russian")]
    packed = write(tmp_path / "a.csv.gz", gzip.compress(quoted.read_bytes()))
    assert read_names(packed) == read_names(quoted)
    marked = write(tmp_path / "b.csv", "\ufeffMüller,German\nKim,Korean")
    assert read_names(marked) == [("muller", "German"), ("kim", "Korean")]


@pytest.mark.parametrize(("content", "line"), [
    ("", 1), ("\n\n", 1), ("Kim,Korean\nNguyen\n", 2), ("Kim,Korean\nLe,Vietnamese,7\n", 2),
    ("Kim,Korean\n,Czech\n", 2), ("Kim,\n", 1), ("Kim, \n", 1), ("Kim,Korean\n王,中国\n12,?\n", 3),
    ('Kim,Korean\n"Le,Vietnamese\n', 2), ('"Kim","Korean"\n"Le","Viet', 2),
    ("Kim,Korean\n\nLe,Vietnamese\n", 2), ("Kim,Korean\n" + "x" * 200_000 + ",Czech\n", 2),
    ("Kim,Korean\nMüller,German\n".encode("latin-1"), 2)])
def test_bad_names_get_a_line_that_says_file_and_line(tmp_path, content, line):
    csv.field_size_limit(10 ** 9)       # as other readers of tables set it: no matter here
    path = write(tmp_path / "names.csv", content)
    with pytest.raises(BadInput) as error:
        read_names(path)
    assert str(error.value).startswith(f"{path}, line {line}: expected ")
    assert "\n" not in str(error.value)


def test_names_file_that_is_missing_or_damaged(tmp_path):
    with pytest.raises(BadInput, match=r"missing\.csv: .*No such file"):
        read_names(tmp_path / "missing.csv")
    with pytest.raises(BadInput, match=r"bad\.csv\.gz: "):
        read_names(write(tmp_path / "bad.csv.gz", gzip.compress(b"Kim,Korean\n" * 1000)[:40]))


def test_a_header_is_left_out_and_told(tmp_path, capsys):
    rows = [("kim", "Korean"), ("le", "Vietnamese"), ("park", "Korean"), ("tran", "Vietnamese")]
    text = "".join(f"{name},{label}\n" for name, label in rows)
    path = write(tmp_path / "names.csv", "Name,Language\n" + text)
    assert read_names(path) == rows
    assert capsys.readouterr().out == (
        f"{path}: line 1 is taken for a header and left out: name, Language\n")
    for other in (text, "Kim,Korean\nNovak,Czech\nPark,Korean\n", "Kim,Korean\n"):   # no header
        assert len(read_names(write(path, other))) == other.count("\n")
    assert capsys.readouterr().out == ""


def test_a_folder_of_one_text_a_language_as_the_tutorial_has_it(tmp_path):
    write(tmp_path / "Korean.txt", "Kim\r\nPark\r\n")
    write(tmp_path / "Irish.txt", "O’Neill\n")
    write(tmp_path / "README.md", "no names")
    assert read_names(tmp_path) == [("o'neill", "Irish"), ("kim", "Korean"), ("park", "Korean")]
    write(tmp_path / "Irish.txt", "O'Neill\n\nByrne\n")
    with pytest.raises(BadInput, match="Irish.txt, line 2: expected name,label, or in a folder"):
        read_names(tmp_path)
    write(tmp_path / "Irish.txt", "O'Neill\n" + "x" * 2000)
    with pytest.raises(BadInput, match="Irish.txt, line 2: expected name,label, or in a folder"):
        read_names(tmp_path)


# ---------------------------------------------------------------------------------- held-out names
def test_train_alone_holds_out_a_tenth_of_its_names(tmp_path, capsys):
    rows = [(f"name{letter}{other}", "A") for letter in "abcdefghij" for other in "abcdefghij"]
    rows += [("nameaa", "B"), ("Namebb", "B")]              # the same name in other rows
    path = write(tmp_path / "own.csv", "".join(f"{name},{label}\n" for name, label in rows))
    train, test, letters = read_parts(str(path), lesson13.TEST)
    assert letters == "".join(chr(code) for code in range(128))
    assert not {name for name, _ in train} & {name for name, _ in test}
    assert len({name for name, _ in test}) == 10 and len(train) + len(test) == len(rows)
    assert f"a tenth of the different names in {path} is held out" in capsys.readouterr().out


def test_given_and_shipped_test_names_are_used_as_they_are(tmp_path, capsys):
    path = write(tmp_path / "own.csv", "Kim,Korean\nLe,Vietnamese\n")
    assert read_parts(str(path), str(path))[:2] == (read_names(path), read_names(path))
    assert "(2 of them in both)" in capsys.readouterr().out
    assert read_parts(lesson13.TRAIN, str(path))[1] == read_names(path)
    assert read_parts(lesson13.TRAIN, lesson13.TEST)[1] == read_names(lesson13.TEST)
    assert "held out" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["Kim,Korean\n", "Kim,Korean\nKIM,Czech\n"])
def test_one_name_alone_cannot_be_split(tmp_path, text):
    path = write(tmp_path / "one.csv", text)
    with pytest.raises(BadInput, match="one.csv: expected several names, to train on some"):
        read_parts(str(path), lesson13.TEST)


def test_letters_beyond_ascii_are_those_of_the_training_names(tmp_path, capsys):
    train = write(tmp_path / "train.csv", "王伟,中国\n李伟,中国\n田中,日本\nKim,韩国\n")
    test = write(tmp_path / "test.csv", "李王,中国\n山田,日本\n中,日本\nZoe,法国\n")
    *_, letters = read_parts(str(train), str(test))
    assert letters == lesson13.ASCII + "".join(sorted("王伟李田中"))
    assert "\n1 test names hold letters that no training name holds\n" in capsys.readouterr().out
    x, lengths = to_tensor(["王伟", "山田", "kim"], letters)
    assert [[letters[i] for i in row] for row in x.tolist()] == [
        ["王", "伟", "\0"], ["\0", "田", "\0"], ["k", "i", "m"]]
    assert lengths.tolist() == [2, 2, 3]


def test_names_and_labels_in_chinese(tmp_path, capsys):
    """The net tells them apart, and the figure shows numbers where its font has no letters."""
    rows = [f"{family}{given},{label}\n" for family, label in (
        ("王", "中国"), ("李", "中国"), ("张", "中国"), ("佐", "日本"), ("鈴", "日本"))
        for given in "一二三四五六七八"]
    path = str(write(tmp_path / "names.csv", "".join(rows + ["Kim,Korea\n", "Park,Korea\n"])))
    result = lesson13.main(train=path, test=path, epochs=15, lr=0.01, name="王八,Kim")
    out = capsys.readouterr().out
    assert result["accuracy"] > 0.9 and result["labels"] == ["Korea", "中国", "日本"]
    assert re.search("(?m)^王八 \\| 中国 ", out) and re.search(r"(?m)^kim \|", out)
    figure = lesson13.draw(result)
    figure.draw_without_rendering()                 # a missing letter is a warning, here an error
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Korea", "1", "2"]
    assert capsys.readouterr().out == "in the figure: 0 Korea, 1 中国, 2 日本\n"


# ------------------------------------------------------------------------------------- name model
@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return NameClassifier(128, 18).eval()


def test_name_tensor_holds_every_name():
    x, lengths = to_tensor(NAMES)
    assert x.shape == (len(NAMES), max(map(len, NAMES))) and lengths.device.type == "cpu"
    assert lengths.tolist() == list(map(len, NAMES))
    for row, name in zip(x.tolist(), NAMES, strict=True):
        assert row == [ord(letter) for letter in name] + [0] * (x.shape[1] - len(name))


def test_name_classifier_has_the_lectures_parameters(classifier):
    assert sum(p.numel() for p in classifier.parameters()) == 318_818


def test_gru_shapes_change_in_input_and_output_only():
    assert gru_shapes(False) == "input (7, 3, 100) output (7, 3, 200) h0 and hn (4, 3, 100)"
    assert gru_shapes(True) == "input (3, 7, 100) output (3, 7, 200) h0 and hn (4, 3, 100)"


def test_a_batch_of_names_gives_what_one_at_a_time_gives(classifier):
    together = classifier(*to_tensor(NAMES))
    alone = torch.cat([classifier(*to_tensor([name])) for name in NAMES])
    assert together.shape == (len(NAMES), 18)
    torch.testing.assert_close(together, alone)


def test_packing_makes_padding_irrelevant(classifier):
    x, lengths = to_tensor(NAMES)
    wider = torch.cat([x, torch.full((len(x), 20), 99)], dim=1)
    junk = torch.where(torch.arange(wider.shape[1]) < lengths[:, None], wider, 99)
    torch.testing.assert_close(classifier(junk, lengths), classifier(x, lengths))


def test_last_states_are_the_top_layers_in_both_directions(classifier):
    x, lengths = to_tensor(["nguyen"])
    output, h = classifier.gru(classifier.embedding(x))
    torch.testing.assert_close(h[-2], output[:, -1, :100])  # forward, after the last letter
    torch.testing.assert_close(h[-1], output[:, 0, 100:])   # backward, after the first
    both = torch.cat([output[:, -1, :100], output[:, 0, 100:]], dim=1)
    torch.testing.assert_close(classifier(x, lengths), classifier.linear(both))


def test_both_directions_of_the_name_model_learn(classifier):
    classifier(*to_tensor(NAMES)).logsumexp(dim=1).sum().backward()
    for name, parameter in classifier.gru.named_parameters():
        if name.startswith("weight"):
            assert parameter.grad.abs().max() > 1e-6, name


# --------------------------------------------------------------------------------------- name run
@pytest.fixture
def some_names(tmp_path):
    files = {}
    for key, path in (("train", lesson13.TRAIN), ("test", lesson13.TEST)):
        rows = list(csv.reader(io.StringIO((DATA / path).read_text(encoding="utf-8"))))[::25]
        text = "".join(f'"{name}","{label}"\n' for name, label in rows)
        files[key] = str(write(tmp_path / f"{key}.csv", text))
    return files


def test_names_run_counts_and_prints_what_it_returns(some_names, capsys):
    result = lesson13.main(epochs=2, name="Nguyen, O'Neill", **some_names)
    printed = capsys.readouterr().out
    y_test, y_pred, labels = result["y_test"], result["y_pred"], result["labels"]
    assert result["accuracy"] == pytest.approx((y_test == y_pred).float().mean().item())
    train = Counter(label for _, label in read_names(some_names["train"]))
    share = Counter(label for _, label in read_names(some_names["test"]))
    likeliest = min(label for label in train if train[label] == max(train.values()))
    assert result["baseline"] == pytest.approx(share[likeliest] / len(y_test))
    assert printed.splitlines()[-1] == (f"test accuracy {result['accuracy']:.2%} (always the most "
                                        f"frequent label: {result['baseline']:.2%})")
    assert re.search(r"(?m)^nguyen( \| \w+ [\d.]+%){3}\no'neill( \| \w+ [\d.]+%){3}$", printed)
    shown = lesson13.draw(result).axes[0].images[0].get_array()
    for i, label in enumerate(labels):
        if share[label]:
            of_label = y_pred[y_test == i]
            assert shown[i].tolist() == pytest.approx(
                [(of_label == j).float().mean().item() for j in range(len(labels))])


def test_test_names_do_not_touch_the_training(some_names):
    first = lesson13.main(epochs=1, **some_names)
    path = Path(some_names["test"])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[::2]), encoding="utf-8")
    assert lesson13.main(epochs=1, **some_names)["losses"] == first["losses"]
    assert lesson13.main(epochs=1, seed=1, **some_names)["losses"] != first["losses"]


@pytest.mark.parametrize("name", ["王", "Kim,,Park", " ", "", "12"])
def test_impossible_names_are_refused_before_the_training(name, capsys):
    with pytest.raises(BadInput, match="--name: expected names in the letters of the training"):
        lesson13.main(name=name)
    assert "parameters" not in capsys.readouterr().out


@pytest.mark.slow
def test_default_names_run_reaches_its_floor(run_script):
    run = run_script("lesson13.py")
    assert run.returncode == 0, run.stderr
    assert "18 labels, 318,818 parameters" in run.stdout and "(0 of them in both)" in run.stdout
    accuracy, baseline = map(float, re.search(
        r"test accuracy ([\d.]+)% \(always the most frequent label: ([\d.]+)%\)\n$",
        run.stdout).groups())
    assert baseline < 10 and 67 < accuracy < 95


# ---------------------------------------------------------------------- character language model
@pytest.fixture
def char_model():
    torch.manual_seed(1)
    model = lesson13_2.CharModel(7, embedding=5, hidden=6)
    with torch.no_grad():
        model.linear.weight.mul_(5)     # decided enough that an error would show
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
    assert not torch.allclose(char_model(x[:, 6:12])[0], whole[:, 6:12])


def test_perplexity_is_exp_of_the_mean_cross_entropy(char_model):
    x = torch.randint(7, (20,))
    p = char_model(x[None])[0][0].detach().double().softmax(dim=1)
    by_hand = math.exp(-sum(math.log(p[t, x[t + 1]]) for t in range(19)) / 19)
    assert lesson13_2.perplexity(char_model, x) == pytest.approx(by_hand, rel=1e-5)
    assert char_model.training          # put back as it was
    nn.init.zeros_(char_model.linear.weight)
    nn.init.zeros_(char_model.linear.bias)
    assert lesson13_2.perplexity(char_model, x) == pytest.approx(7, rel=1e-5)


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
                                   np.exp(-np.log(bigram[test[:-1], test[1:]]).mean())), rel=1e-5)


def test_a_low_temperature_writes_the_likeliest_character(char_model):
    seen = [1, 2, 3]
    written = lesson13_2.sample(char_model, torch.tensor(seen), 25, 1e-4)
    for _ in range(25):                 # from the start each time: no hidden state carried
        logits = char_model(torch.tensor([seen]))[0][0, -1].detach()
        logits[0] = -math.inf           # UNKNOWN, here at times the likeliest
        seen.append(logits.argmax().item())
    assert seen[3:] == written and char_model.training


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_softmax_at_that_temperature(char_model, temperature):
    nn.init.zeros_(char_model.linear.weight)    # every step has the same distribution
    with torch.no_grad():
        char_model.linear.bias.mul_(3)
    expected = char_model.linear.bias[1:].double().detach()
    drawn = lesson13_2.sample(char_model, torch.tensor([1]), 4000, temperature)
    frequency = np.bincount(drawn, minlength=7) / 4000
    assert frequency[0] == 0            # UNKNOWN is never written
    np.testing.assert_allclose(frequency[1:], (expected / temperature).softmax(0), atol=0.03)


def test_language_model_prints_its_result_and_never_trains_on_the_test(short_book, capsys):
    book = (DATA / "alice.txt").read_text(encoding="utf-8")[:8000]
    settings = {"epochs": 1, "batch_size": 8, "hidden": 16}
    first = lesson13_2.main(text=short_book(), **settings)
    printed = capsys.readouterr().out
    assert printed.endswith(f"\ntest perplexity {first['perplexity']:.2f} (unigram "
                            f"{first['unigram']:.2f}, bigram {first['bigram']:.2f})\n")
    assert f"--- temperature 0.5 ---\n{book[7200:7220]}" in printed
    other = lesson13_2.main(text=short_book(book[:7200] + "Zebra!" + book[:794]), **settings)
    assert other["losses"] == first["losses"] and other["validated"] == first["validated"]
    assert other["perplexity"] != first["perplexity"] and math.isfinite(other["perplexity"])
    capsys.readouterr()
    lesson13_2.main(text=short_book(), prompt="Alice ", **settings)
    assert "--- temperature 1 ---\nAlice " in capsys.readouterr().out


@pytest.mark.parametrize(("content", "said"), [
    (b"", "at least 5,000 characters, got 0"), (b"too short", "got 9"),
    (b"x" * 9000 + b"\xff", "expected UTF-8"), (None, "No such file or directory")])
def test_bad_text_gets_one_clear_line(tmp_path, content, said):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        lesson13_2.main(text=str(path))
    assert said in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_figure_of_the_language_model_shows_what_was_computed():
    result = {"losses": [2.0, 1.5], "validated": [6.0, 4.0], "unigram": 24.0, "bigram": 12.0,
              "perplexity": 4.5}
    lines = {line.get_label(): list(line.get_ydata())
             for line in lesson13_2.draw(result).axes[0].lines}
    assert lines["train"] == [math.exp(2.0), math.exp(1.5)] and lines["validation"] == [6.0, 4.0]
    for name in ("unigram", "bigram", "perplexity"):
        assert lines[f"{name} of the test"] == [result[name]] * 2


@pytest.mark.parametrize(("losses", "others"), [
    ([2.2, 1.3], (24.0, 12.0, 4.4)), ([6.0, 4.4], (700.0, 380.0, 125.0)),
    ([0.08, 0.001], (1.0, 1.0, 1.0)), ([8.5, 1.9], (3000.0, 500.0, 5.0)),
    ([1.06, 0.8], (2.95, 2.6, 2.2)), ([3.4], (33.0, 31.0, 30.0))])
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


def test_a_chinese_text_needs_no_prompt(tmp_path, capsys):
    text = "".join(f"{a}{b}去{c}。" for a in "我你他她" for b in "不也都常"
                   for c in "北京上海天津" * 12)
    path = write(tmp_path / "text.txt", text)
    result = lesson13_2.main(text=str(path), epochs=2, batch_size=8, hidden=32, lr=0.02)
    out = capsys.readouterr().out
    assert result["perplexity"] < result["unigram"] and len(text) == 5760
    cool, warm = re.findall(r"--- temperature [\d.]+ ---\n(.*)", out)
    assert cool.startswith(text[int(0.9 * len(text)):][:20]) and len(cool) == len(warm) == 320
    assert set(cool + warm) <= set(text)
    lesson13_2.main(text=str(path), epochs=1, batch_size=8, hidden=8, prompt="我去X")
    assert "--- temperature 1 ---\n我去\ufffd" in capsys.readouterr().out


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


def test_names_become_plain_before_they_become_numbers():
    for raw, letters in (("Müller", "muller"), (" O’Neill ", "o'neill"), ("KIM", "kim")):
        x, lengths = to_tensor([raw])
        assert x.tolist() == [[ord(letter) for letter in letters]] and lengths.item() == x.shape[1]
