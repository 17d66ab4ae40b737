"""Lesson 13_2: the character language model, its baselines, its samples and its input."""

import math
import re

import numpy as np
import pytest
import torch

import lesson13_2 as lesson
from utils import DATA, BadInput

SMALL = {"epochs": 2, "batch_size": 8, "window": 16, "hidden": 16, "length": 30, "lr": 0.01}


@pytest.fixture(scope="module")
def book():
    return (DATA / "alice.txt").read_text(encoding="utf-8")


@pytest.fixture
def small_text(book, tmp_path):
    def write(text=book[:8000]):
        path = tmp_path / "small.txt"
        path.write_text(text, encoding="utf-8")
        return str(path)
    return write


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = lesson.CharModel(7, embedding=5, hidden=6)
    with torch.no_grad():
        model.linear.weight.mul_(5)  # decided enough that an error would show
    return model


def test_the_book_is_whole_and_plain(book):
    assert re.findall(r"(?m)^CHAPTER (\w+)\. ", book) == [
        "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    assert book.startswith("CHAPTER I. Down the Rabbit-Hole\n\nAlice was beginning to get")
    assert book.endswith("happy summer days.\n\n              THE END\n")
    assert set(book) <= {"\n", *map(chr, range(32, 127))}
    assert not re.search(r"Gutenberg|eBook|\\|\[|\*|_|\n\n\n|[ \t]\n", book)
    assert "'Well, I never heard it before,' said the Mock Turtle; 'but it sounds\n" in book


def test_make_alice_takes_the_book_out_of_php_and_refuses_another(book):
    import make_alice
    make_alice.check(book)
    php = f"<?php\nlicence\n    protected static $t = <<<'EOT'\n{book}EOT;\n/* licence */"
    assert make_alice.clean(make_alice.extract(php)) == book
    for damaged in (book.replace("CHAPTER V.", "CHAPTER 5."), book.replace("rabbit", "hare"),
                    book + "\t"):
        with pytest.raises(ValueError, match="expected|unexpected"):
            make_alice.check(damaged)
    with pytest.raises(ValueError, match="no text from"):
        make_alice.extract("<?php")
    marked = "a\n\n  *   *\n\n   *  *\n\n_I_ b\n [later editions continued as follows\n x\n y]\n\nc"
    assert make_alice.clean(marked) == "a\n\nI b\n\nc\n"


def test_vocabulary_has_a_fixed_order_and_reads_new_characters_as_unknown():
    vocabulary = lesson.Vocabulary("banana\nBan\ufffd")
    assert vocabulary.chars == ["\ufffd", "\n", "B", "a", "b", "n"] and len(vocabulary) == 6
    assert vocabulary.encode("ban\né\ufffd").tolist() == [4, 3, 5, 1, 0, 0]
    assert vocabulary.decode(vocabulary.encode("banana\n").tolist()) == "banana\n"


def test_model_shapes(model):
    logits, h = model(torch.zeros(3, 4, dtype=torch.long))
    assert logits.shape == (3, 4, 7) and h.shape == (1, 3, 6)


def test_hidden_state_carried_over_windows_equals_one_pass(model):
    model.eval()
    x = torch.randint(7, (2, 20))
    whole, h_whole = model(x)
    h, parts = None, []
    for window in x.split(6, dim=1):
        part, h = model(window, h)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    torch.testing.assert_close(h, h_whole)
    assert not torch.allclose(model(x[:, 6:12])[0], whole[:, 6:12])  # so carrying matters


@pytest.mark.parametrize("chunk", [1, 7, 19, 1000])
def test_perplexity_is_exp_of_the_mean_cross_entropy_in_any_chunks(model, chunk):
    x = torch.randint(7, (20,))
    model.eval()
    p = model(x[None])[0][0].detach().double().softmax(dim=1)
    by_hand = math.exp(-sum(math.log(p[t, x[t + 1]]) for t in range(19)) / 19)
    model.train()  # perplexity itself has to switch dropout off
    assert lesson.perplexity(model, x, chunk) == pytest.approx(by_hand, rel=1e-5)


def test_a_model_that_knows_nothing_has_perplexity_v(model):
    torch.nn.init.zeros_(model.linear.weight)
    torch.nn.init.zeros_(model.linear.bias)
    assert lesson.perplexity(model, torch.randint(7, (50,))) == pytest.approx(7, rel=1e-5)


def test_baselines_against_count_matrices():
    rng = np.random.default_rng(0)
    train, test = rng.integers(5, size=200), rng.integers(6, size=50)  # 5 never occurs in training
    size = 6
    unigram = (np.bincount(train, minlength=size) + 1) / (len(train) + size)
    pairs = np.ones((size, size))
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    bigram = pairs / pairs.sum(axis=1, keepdims=True)
    assert unigram.sum() == pytest.approx(1)
    assert lesson.unigram_perplexity(train.tolist(), test.tolist(), size) == pytest.approx(
        np.exp(-np.log(unigram[test[1:]]).mean()))
    assert lesson.bigram_perplexity(train.tolist(), test.tolist(), size) == pytest.approx(
        np.exp(-np.log(bigram[test[:-1], test[1:]]).mean()))


def test_temperature_towards_0_is_argmax(model):
    x = torch.tensor([1, 2, 3])
    greedy = lesson.sample(model, x, 25, 0)
    assert lesson.sample(model, x, 25, 1e-4, torch.Generator().manual_seed(3)) == greedy
    model.eval()
    seen = x.tolist()
    for _ in range(25):  # from the start each time: no hidden state carried
        logits = model(torch.tensor([seen]))[0][0, -1]
        logits[0] = -math.inf
        seen.append(logits.argmax().item())
    assert seen[3:] == greedy


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_softmax_at_that_temperature(model, temperature):
    torch.nn.init.zeros_(model.linear.weight)  # every step has the same distribution
    expected = (model.linear.bias[1:].double() * 3).detach()
    with torch.no_grad():
        model.linear.bias.mul_(3)
    drawn = lesson.sample(model, torch.tensor([1]), 4000, temperature,
                          torch.Generator().manual_seed(0))
    frequency = np.bincount(drawn, minlength=7) / 4000
    assert frequency[0] == 0  # UNKNOWN is never written
    np.testing.assert_allclose(frequency[1:], (expected / temperature).softmax(0), atol=0.03)


def test_same_seed_same_run_and_held_out_text_is_never_trained_on(book, small_text):
    first = lesson.main(text=small_text(), **SMALL)
    assert lesson.main(text=small_text(), **SMALL) == first
    assert lesson.main(text=small_text(), **SMALL, seed=1)["losses"] != first["losses"]
    other = lesson.main(text=small_text(book[:7200] + "Zebra!\n\u4e2d\u6587" + book[:791]), **SMALL)
    assert other["losses"] == first["losses"] and other["samples"] == first["samples"]
    assert other["perplexity"] != first["perplexity"] and math.isfinite(other["perplexity"])


@pytest.mark.parametrize(("batch_size", "window"), [(1, 500), (64, 1), (7, 13)])
def test_any_cut_of_the_text_trains(small_text, batch_size, window):
    settings = SMALL | {"epochs": 1, "batch_size": batch_size, "window": window}
    result = lesson.main(text=small_text(), **settings)
    assert result["losses"][0] < math.log(60)


@pytest.mark.parametrize(("content", "said"), [
    (b"", "at least 5,000 characters to learn from, got 0"),
    (b"too short", "got 9"),
    (b"x" * 9000 + b"\xff", "UTF-8 text, got a byte that is none at position 9,000"),
    (None, "No such file or directory"),
])
def test_bad_file_gets_one_clear_line(tmp_path, content, said):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        lesson.main(text=str(path))
    assert said in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_bad_settings_get_one_clear_line(run_script, small_text, tmp_path):
    run = run_script("lesson13_2.py", "--prompt", "Alice \u00e9")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == ("lesson13_2.py: --prompt: expected characters that the training text "
                          "holds, got '\u00e9'\n")
    with pytest.raises(BadInput, match="directory"):
        lesson.main(text=str(tmp_path))
    with pytest.raises(BadInput, match="at least one character"):
        lesson.main(prompt="")
    with pytest.raises(BadInput, match="7,200 characters"):
        lesson.main(text=small_text(), batch_size=400)


def test_default_run_reaches_its_floor(run_script, book):
    run = run_script("lesson13_2.py")
    held_out = float(re.search(r"\nheld-out perplexity ([\d.]+) \| [\d.]+ s\n$", run.stdout)[1])
    uniform, unigram, bigram = map(float, re.search(
        r"uniform (\d+), unigram ([\d.]+), bigram ([\d.]+)", run.stdout).groups())
    assert 3 < held_out < 5.0 < bigram < unigram < uniform
    cut = int(0.9 * len(book))
    assert f"train {cut:,} characters | held out {len(book) - cut:,}" in run.stdout
    # An independent count of the unigram baseline over all characters that have one before them.
    train, test = book[:cut], book[cut:]
    size = len(set(train)) + 1
    p = {char: (train.count(char) + 1) / (len(train) + size) for char in set(test)}
    assert uniform == size
    assert unigram == pytest.approx(
        np.exp(-np.mean([np.log(p[char]) for char in test[1:]])), abs=0.006)
    for temperature in ("0.5", "1"):
        text = run.stdout.split(f"--- temperature {temperature} ---\n")[1]
        assert text.startswith("Alice ")
    cool = run.stdout.split("--- temperature 0.5 ---\n")[1].split("\n---")[0]
    words = re.findall("[a-z]+", cool.lower())
    known = set(re.findall("[a-z]+", train.lower()))
    assert sum(word in known for word in words) / len(words) > 0.8  # it writes words, not letters
