"""Lesson 13.3: tags, the tagger, the best allowed row, the baselines, the score, the data."""

import itertools
import math
import re
from collections import Counter

import matplotlib.pyplot as plt
import pytest
import torch

import lesson13_3
from lesson13_3 import Tagger, predict, tag, untag
from utils import DATA, BadInput

SENTENCES = ["the cat sat on a mat", "i am a cat", "the dog sat", "a dog and a cat", "on the mat"]
PHRASES = [words.split() for words in SENTENCES]
SMALL = {"epochs": 2, "hidden": 8, "batch_size": 4, "text": "thecat"}


@pytest.fixture(scope="module")
def book():
    return lesson13_3.read_chapters(DATA / "alice.txt")


@pytest.fixture
def tiny_book(monkeypatch):
    """tiny_book(): main() then reads a book of five chapters with the same five phrases each."""
    def replace(val=PHRASES, test=PHRASES):
        chapters = [PHRASES, PHRASES, val, test[:1], test[1:]]
        monkeypatch.setattr(lesson13_3, "read_chapters", lambda path: chapters)
    replace()
    return replace


@pytest.fixture(params=["forward", "bidirectional"])
def tagger(request):
    torch.manual_seed(2)
    return Tagger(27, 4, 6, 8, request.param == "bidirectional")


# -------------------------------------------------------------------------------- tags and words
@pytest.mark.parametrize(("words", "tags"), [
    ("a", "S"), ("it", "BE"), ("was", "BME"), ("white", "BMMME"),
    ("i saw a white rabbit", "SBMESBMMMEBMMMME"),
])
def test_tags_of_known_words(words, tags):
    assert tag(words.split()) == tags
    assert untag(words.replace(" ", ""), tags) == words.split()


def test_tags_and_words_there_and_back_for_the_whole_book(book):
    for words in itertools.chain.from_iterable(book):
        tags = tag(words)
        assert len(tags) == len("".join(words))
        assert untag("".join(words), tags) == words


def test_letters_and_tags_become_numbers_with_padding():
    phrases = [["a", "bz"], ["c"]]
    assert lesson13_3.to_letters(phrases).tolist() == [[1, 2, 26], [3, 0, 0]]
    assert lesson13_3.to_tags(phrases).tolist() == [[3, 0, 2], [3, -100, -100]]


# ----------------------------------------------------------------------------------- Viterbi
def allowed(tags):
    """Written as a pattern: words of one letter, or B, any number of M, E."""
    return re.fullmatch("(S|BM*E)+", tags)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_viterbi_finds_the_best_of_all_allowed_rows(length):
    torch.manual_seed(length)
    for _ in range(20):
        scores = torch.randn(length, 4)
        rows = ["".join(row) for row in itertools.product("BMES", repeat=length)]
        best = max(filter(allowed, rows), key=lambda row: sum(
            scores[t, "BMES".index(name)].item() for t, name in enumerate(row)))
        assert lesson13_3.viterbi(scores) == best


def test_viterbi_keeps_allowed_tags_and_mends_others():
    def scores(tags):
        return 5.0 * torch.eye(4)[["BMES".index(name) for name in tags]]
    assert lesson13_3.viterbi(scores("SBMESBE")) == "SBMESBE"
    assert lesson13_3.viterbi(scores("M")) == "S"
    mended = lesson13_3.viterbi(scores("BBMMEM"))
    assert allowed(mended) and sum(a != b for a, b in zip(mended, "BBMMEM", strict=True)) == 2


# ------------------------------------------------------------------------------------- model
def test_the_tagger_is_one_embedding_and_one_gru_read_line_by_line(tagger):
    tagger = tagger.double()
    x = torch.randint(1, 27, (3, 9))
    for i, length in enumerate((7, 3, 5)):      # two columns more than the longest line
        x[i, length:] = 0
    scores = tagger(x)
    assert scores.shape == (3, 9, 4)
    for row, line, length in zip(scores, x, (7, 3, 5), strict=True):
        output, _ = tagger.gru(tagger.embedding(line[:length]))     # no batch, no padding
        torch.testing.assert_close(row[:length], tagger.fc(output))


def test_a_tagger_of_other_sizes():
    tagger = Tagger(11, 7, 6, 8, True, pad=10)
    x = torch.tensor([[0, 1, 2], [3, 10, 10]])
    assert tagger(x).shape == (2, 3, 7)
    torch.testing.assert_close(tagger(x)[1, :1], tagger(x[1:, :1])[0])


def test_a_phrase_has_the_same_tags_alone_and_among_seventy(tagger):
    phrases = PHRASES * 14
    together = predict(tagger, phrases)
    assert len(together) == 70
    for words, row in zip(phrases[-5:], together[-5:], strict=True):
        assert row.shape == (len("".join(words)), 4)
        torch.testing.assert_close(row.exp().sum(dim=1), torch.ones(len(row)))
        torch.testing.assert_close(predict(tagger, [words])[0], row)


def test_forward_never_sees_what_follows():
    for bidirectional in (False, True):
        torch.manual_seed(2)
        one, two = predict(Tagger(27, 4, 6, 8, bidirectional), [["thecat"], ["thefur"]])
        assert torch.allclose(one[:3], two[:3]) != bidirectional


def test_both_taggers_have_as_many_weights(tiny_book):
    result = lesson13_3.main(epochs=1)
    weights = {}
    for name, model in result["models"].items():
        weights[name] = sum(p.numel() for key, p in model.gru.named_parameters() if "weight" in key)
    assert weights["forward"] == weights["bidirectional"]


def test_strings_are_refused(tagger):
    for call in (lambda: predict(tagger, ["it was"]), lambda: lesson13_3.to_tags(["it was"]),
                 lambda: lesson13_3.f1(["it was"], [["it", "was"]])):
        with pytest.raises(BadInput):
            call()


# --------------------------------------------------------------------------------- baselines
def test_longest_match_by_hand():
    counts = Counter({"the": 1, "them": 1, "men": 1, "dine": 1, "here": 1, "a": 1})
    assert lesson13_3.longest_match("themendinehere", counts) == [
        "them", "e", "n", "dine", "here"]       # greedy: "the men" is out of reach
    assert lesson13_3.longest_match("xa", counts) == ["x", "a"]


def test_most_probable_words_by_hand():
    counts = Counter({"the": 5, "them": 1, "men": 2, "dine": 1, "here": 1})
    # the men: 5/10 * 2/10, them e n: 1/10 * 0.1/10 * 0.1/10
    assert lesson13_3.most_probable("themendinehere", counts) == ["the", "men", "dine", "here"]
    # A word not seen stays whole where its letters one by one would cost more.
    assert lesson13_3.most_probable("thequxmen", counts) == ["the", "qux", "men"]
    # a b: 0.3 * 0.3 = 0.09 against ab: 0.1
    assert lesson13_3.most_probable("ab", Counter({"a": 3, "b": 3, "ab": 1, "c": 3})) == ["ab"]
    assert lesson13_3.most_probable("ab", Counter({"a": 4, "b": 3, "ab": 1, "c": 2})) == ["a", "b"]


def test_most_probable_words_are_the_best_of_all_splits():
    generator = torch.Generator().manual_seed(1)
    counts = Counter({"a": 5, "ab": 3, "b": 2, "ba": 4, "abc": 1, "c": 1, "cab": 2})
    total = sum(counts.values())

    def splits(line):
        if not line:
            yield []
        for size in range(1, len(line) + 1):
            for rest in splits(line[size:]):
                yield [line[:size], *rest]

    def score(words):
        return sum(math.log((counts[word] or 0.1 ** len(word)) / total) for word in words)

    for _ in range(20):
        line = "".join("abcd"[i] for i in torch.randint(4, (8,), generator=generator))
        words = lesson13_3.most_probable(line, counts)
        assert "".join(words) == line
        assert score(words) == pytest.approx(max(map(score, splits(line))))


# ------------------------------------------------------------------------------------- score
def test_f1_of_words_by_hand():
    true = [["it", "was", "the", "rabbit"], ["a", "cat"]]
    guess = [["it", "was", "ther", "abbit"], ["acat"]]
    # 2 of 5 guessed words are right, and 2 of the 6 true ones.
    assert lesson13_3.f1(guess, true) == pytest.approx(4 / 11)
    assert pytest.approx(2 * (2 / 5) * (2 / 6) / (2 / 5 + 2 / 6)) == 4 / 11
    assert lesson13_3.f1(true, true) == 1.0
    assert lesson13_3.f1([["ab", "a"]], [["a", "ba"]]) == 0     # the same words at other places
    assert lesson13_3.spans(["it", "was", "a"]) == {(0, 2), (2, 5), (5, 6)}


# -------------------------------------------------------------------------------------- data
def test_the_book_becomes_phrases(book):
    assert len(book) == 12
    phrases = [" ".join(words) for words in book[0]]
    assert phrases[:2] == ["alice was beginning to get very tired of sitting by her sister on the "
                           "bank", "and of having nothing to do"]
    # A bracket parts phrases, a line break does not.
    assert "so she was considering in her own mind" in phrases
    assert "once or twice she had peeped into the book her sister was reading" in phrases
    everything = list(itertools.chain.from_iterable(book))
    text = (DATA / "alice.txt").read_text(encoding="utf-8").lower()
    body = re.sub(r"(?m)^chapter .*\n", "", text)
    assert "".join("".join(words) for words in everything) == re.sub("[^a-z]", "", body)
    words = set(itertools.chain.from_iterable(everything))
    assert {"dont", "alices", "rabbit", "hole"} <= words and "rabbithole" not in words


@pytest.mark.parametrize(("content", "said"), [
    ("", "got 0"), ("CHAPTER I. A\n\nb\n" * 11 + "THE END", "got 11"),
    ("CHAPTER I. A\n\nb\n" * 12, "12 chapters to THE END, got 12")])
def test_a_damaged_book_gets_one_clear_line(tmp_path, content, said):
    path = tmp_path / "alice.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        lesson13_3.read_chapters(path)
    assert said in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize(("text", "said"), [
    ("caf\u00e9 7", "letters a to z, got 'caf\u00e97'"), ("", "got ''"), ("\u4e2d\u6587", "got"),
    ("it's", "got \"it's\""), ("a" * 1001, "at most 1,000 letters, got 1,001")])
def test_a_text_of_other_letters_or_too_long_gets_one_clear_line(text, said):
    with pytest.raises(BadInput, match="^--text: expected") as error:
        lesson13_3.main(text=text)
    assert said in str(error.value) and len(str(error.value)) < 120


# ---------------------------------------------------------------------------------- training
def test_only_the_first_chapters_teach_the_baselines(tiny_book, capsys):
    """The words of val and test make no difference to what is made of the text."""
    lesson13_3.main(**SMALL)
    words = re.findall(r"\| ([a-z ]+)$", capsys.readouterr().out, re.MULTILINE)
    tiny_book(val=[["thec", "at"]] * 9, test=[["theca", "t"]] * 9)
    lesson13_3.main(**SMALL)
    assert re.findall(r"\| ([a-z ]+)$", capsys.readouterr().out, re.MULTILINE) == words


def test_a_tiny_book_is_learned_and_printed(tiny_book, capsys):
    result = lesson13_3.main(**SMALL | {"epochs": 25, "hidden": 16, "lr": 0.02})
    assert result["f1"]["bidirectional"] == 1.0 and result["losses"]["bidirectional"][-1] < 0.05
    out = capsys.readouterr().out
    rows = re.findall(r"(?m)^(.{13}) \| F1: val ([\d.]+), test ([\d.]+) \| (.*)$", out)
    assert [name.strip() for name, *_ in rows] == [*result["f1"]] == [
        "longest match", "most probable", "forward", "bidirectional"]
    for name, _, test, _ in rows:
        assert test == f"{result['f1'][name.strip()]:.3f}"
    assert rows[-1][-1] == "the cat" and out.endswith("\ntest F1 1.000\n")


def test_the_figure_shows_the_first_phrase_of_30_to_40_letters(tiny_book):
    long = ["we", "learned", "french", "and", "music", "said", "the", "mock", "turtle"]     # 40
    tiny_book(test=[["the", "cat"], ["too"] * 14, long, ["on"] * 16])
    result = lesson13_3.main(**SMALL)
    figure = lesson13_3.draw(result)
    for axes, (name, model) in zip(figure.axes, result["models"].items(), strict=True):
        assert "".join(label.get_text() for label in axes.get_xticklabels()) == "".join(long)
        p = predict(model, [long])[0].exp()
        ends = torch.tensor([word_end - 1 for _, word_end in sorted(lesson13_3.spans(long))])
        bars = axes.containers[0]           # where a word ends; the hatch tells it without colour
        assert [bar.get_height() for bar in bars] == pytest.approx(
            (p[ends, 2] + p[ends, 3]).tolist())
        assert bars[0].get_hatch() and not axes.containers[1][0].get_hatch()
        assert axes.get_title().startswith(name)
    plt.close(figure)


@pytest.mark.slow
def test_the_bidirectional_tagger_beats_all_others(run_script):
    out = run_script("lesson13_3.py").stdout
    scores = [float(score) for score in re.findall(r"test ([\d.]+) \|", out)]
    assert len(scores) == 4 and scores[3] >= 0.91 and scores[3] > max(scores[:3])
