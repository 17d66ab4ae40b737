"""Lesson 13.3: tags, the tagger, the best allowed row, the baselines, the score, the data."""

import inspect
import itertools
import math
import re
from collections import Counter

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F

import lesson13_3
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


def make_tagger(bidirectional):
    torch.manual_seed(2)
    return lesson13_3.Tagger(26, 4, 6, 8, bidirectional)


@pytest.fixture(params=["forward", "bidirectional"])
def tagger(request):
    return make_tagger(request.param == "bidirectional")


# -------------------------------------------------------------------------------- tags and words
@pytest.mark.parametrize(("words", "tags"), [
    ("a", "S"), ("it", "BE"), ("was", "BME"), ("white", "BMMME"),
    ("i saw a white rabbit", "SBMESBMMMEBMMMME"),
])
def test_tags_of_known_words(words, tags):
    assert lesson13_3.tag(words.split()) == tags
    assert lesson13_3.untag(words.replace(" ", ""), tags) == words.split()


def test_tags_and_words_there_and_back_for_the_whole_book(book):
    for words in itertools.chain.from_iterable(book):
        tags = lesson13_3.tag(words)
        assert len(tags) == sum(map(len, words))
        assert lesson13_3.untag("".join(words), tags) == words


def test_lines_become_numbers_with_padding():
    x = lesson13_3.encode(["abz", "c"], lesson13_3.LETTERS, 0)
    assert x.tolist() == [[0, 1, 25], [2, 0, 0]] and x.dtype == torch.int64
    y = lesson13_3.encode(["BES", "S"], lesson13_3.TAGS, lesson13_3.IGNORE)
    assert y.tolist() == [[0, 2, 3], [3, -100, -100]]
    assert F.cross_entropy(torch.randn(6, 4), y.flatten()).isfinite()   # padding is left out


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
def test_shapes_of_the_tagger(tagger):
    scores = tagger(torch.zeros(3, 5, dtype=torch.long), torch.tensor([5, 2, 4]))
    assert scores.shape == (3, 5, 4)
    rows = lesson13_3.predict(tagger, ["abc", "x"])
    assert [tuple(row.shape) for row in rows] == [(3, 4), (1, 4)]
    torch.testing.assert_close(rows[0].exp().sum(dim=1), torch.ones(3))


def test_sizes_of_the_tagger_are_its_arguments():
    tagger = lesson13_3.Tagger(11, 5, 6, 8, True)
    assert tagger.embedding.weight.shape == (11, 6)
    assert (tagger.gru.input_size, tagger.gru.hidden_size) == (6, 8)
    assert tagger.linear.weight.shape == (5, 16)


def test_padding_never_changes_a_tag(tagger):
    lines = ["off", "withherhead", "x", "saidthequeenofhearts"]
    together = lesson13_3.predict(tagger, lines)
    for line, row in zip(lines, together, strict=True):
        torch.testing.assert_close(lesson13_3.predict(tagger, [line])[0], row)
    x, lengths = torch.randint(26, (2, 9)), torch.tensor([9, 4])
    other = x.clone()
    other[1, 4:] = (other[1, 4:] + 7) % 26      # other letters in the padding
    torch.testing.assert_close(tagger(other, lengths)[1, :4], tagger(x, lengths)[1, :4])


def test_the_tagger_is_one_embedding_and_one_gru_read_line_by_line(tagger):
    x, lengths = torch.randint(26, (3, 7)), torch.tensor([7, 3, 5])
    scores = tagger(x, lengths)
    for row, line, length in zip(scores, x, lengths, strict=True):
        output, _ = tagger.gru(tagger.embedding(line[:length]))     # no batch, no padding
        torch.testing.assert_close(row[:length], tagger.linear(output))


def test_forward_never_sees_what_follows():
    for bidirectional in (False, True):
        one, two = lesson13_3.predict(make_tagger(bidirectional), ["thecat", "thefur"])
        assert torch.allclose(one[:3], two[:3]) != bidirectional


def test_both_taggers_have_as_many_weights(monkeypatch, tiny_book):
    made, tagger = [], lesson13_3.Tagger
    monkeypatch.setattr(lesson13_3, "Tagger", lambda *sizes: made.append(sizes) or tagger(*sizes))
    hidden = inspect.signature(lesson13_3.main).parameters["hidden"].default
    lesson13_3.main(**SMALL | {"epochs": 1, "hidden": hidden})
    grus = [tagger(*sizes).gru for sizes in made]
    assert [gru.bidirectional for gru in grus] == [False, True]
    assert [sizes[:3] for sizes in made] == [(26, 4, 64)] * 2
    weights = [sum(p.numel() for name, p in gru.named_parameters() if "weight" in name)
               for gru in grus]
    assert weights[0] == weights[1]


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


def test_methods_are_compared_on_phrases_of_their_own(capsys):
    """Of abc the longest match makes ab c, the most probable is a bc."""
    counts, val, test = Counter(a=5, ab=1, c=5, bc=5), [["a", "bc"]], [["ab", "c"], ["c"]]
    f1 = lesson13_3.compare({}, counts, val, test, "abcc")
    assert f1 == {"longest match": 1.0, "most probable": pytest.approx(2 * 1 / (3 + 3))}
    assert capsys.readouterr().out.splitlines() == [
        "longest match | F1: val 0.000, test 1.000 | ab c c",
        "most probable | F1: val 1.000, test 0.333 | a bc c"]


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
    assert all(re.fullmatch("[a-z]+", word) for word in words)


@pytest.mark.parametrize(("content", "said"), [
    (None, "No such file"), (b"\xff\xfe", "UTF-16"), (b"\xe9", "expected UTF-8"), (b"", "got 0"),
    (b"CHAPTER I. A\n\nb\n" * 11 + b"THE END", "got 11"),
    (b"CHAPTER I. A\n\nb\n" * 12, "12 chapters to THE END, got 12")])
def test_a_damaged_book_gets_one_clear_line(tmp_path, content, said):
    path = tmp_path / "alice.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        lesson13_3.read_chapters(path)
    assert said in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["caf\u00e9 7", "", " -- ", "\u4e2d\u6587", "it's"])
def test_a_text_of_other_letters_gets_one_clear_line(text):
    with pytest.raises(BadInput) as error:
        lesson13_3.main(text=text)
    assert str(error.value) == f"--text: expected letters a to z, got {''.join(text.split())!r}"


def test_a_bad_text_stops_before_training(run_script):
    run = run_script("lesson13_3.py", "--text", "42")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "lesson13_3.py: --text: expected letters a to z, got '42'\n"


# ---------------------------------------------------------------------------------- training
def test_only_the_first_chapters_are_trained_on(tiny_book, capsys):
    first = lesson13_3.main(**SMALL)
    assert lesson13_3.main(**SMALL)["losses"] == first["losses"]
    assert lesson13_3.main(**SMALL | {"seed": 1})["losses"] != first["losses"]
    capsys.readouterr()
    lesson13_3.main(**SMALL)
    words = re.findall(r"[a-z ]+$", capsys.readouterr().out, re.MULTILINE)
    other = [["queens", "and", "cats"], ["the", "croquet"]]
    for part in ("val", "test"):
        tiny_book(**{part: other})
        result = lesson13_3.main(**SMALL)
        assert result["losses"] == first["losses"]
        # Nor do the baselines know the words of these chapters.
        assert re.findall(r"[a-z ]+$", capsys.readouterr().out, re.MULTILINE) == words
    assert result["test"] == other and result["f1"] != first["f1"]


def test_the_loss_is_the_mean_over_letters(tiny_book):
    """Two phrases a batch, nothing learned: batches of other sizes, yet the same mean."""
    result = lesson13_3.main(**SMALL | {"epochs": 1, "batch_size": 3, "lr": 1e-12})
    lines, tags = ["".join(words) for words in PHRASES], [*map(lesson13_3.tag, PHRASES)]
    for name, model in result["models"].items():
        scores = torch.cat(lesson13_3.predict(model, lines))
        y = torch.tensor(["BMES".index(name) for name in "".join(tags)])
        assert result["losses"][name] == [pytest.approx(F.nll_loss(scores, y).item(), rel=1e-5)]


def test_the_batches_come_in_a_new_order_each_epoch(tiny_book, monkeypatch):
    orders, randperm = [], torch.randperm

    def spy(n):
        orders.append(randperm(n).tolist())
        return torch.tensor(orders[-1])
    monkeypatch.setattr(torch, "randperm", spy)
    lesson13_3.main(**SMALL | {"batch_size": 1, "epochs": 3})
    assert len(orders) == 6 and all(sorted(order) == [*range(10)] for order in orders)
    assert orders[0] != orders[1] != orders[2]
    assert orders[3] != orders[4] != orders[5]


def test_a_tiny_book_is_learned_and_printed(tiny_book, capsys):
    result = lesson13_3.main(**SMALL | {"epochs": 25, "hidden": 16, "lr": 0.02})
    assert result["f1"]["bidirectional"] == 1.0 and result["losses"]["bidirectional"][-1] < 0.05
    out = capsys.readouterr().out
    rows = re.findall(r"(?m)^(.{13}) \| F1: val ([\d.]+), test ([\d.]+) \| (.*)$", out)
    assert [name.strip() for name, *_ in rows] == [*result["f1"]] == [
        "longest match", "most probable", "forward", "bidirectional"]
    for name, _, test, _ in rows:
        assert test == f"{result['f1'][name.strip()]:.3f}"
    assert rows[-1][-1] == "the cat"
    assert re.search(r"\ntest F1 1\.000 \| [\d.]+ s\n$", out)
    for name, losses in result["losses"].items():
        epochs = re.findall(rf"(?m)^{name} +\| epoch +(\d+)/25 \| loss ([\d.]+)$", out)
        assert [int(epoch) for epoch, _ in epochs] == [1, *range(2, 25, 2), 25]
        assert all(loss == f"{losses[int(epoch) - 1]:.4f}" for epoch, loss in epochs)


def test_the_figure_shows_the_first_phrase_of_30_to_40_letters(tiny_book):
    long = ["we", "learned", "french", "and", "music", "said", "the", "mock", "turtle"]     # 40
    tiny_book(test=[["the", "cat"], ["too"] * 14, long, ["on"] * 16])
    result = lesson13_3.main(**SMALL)
    figure = lesson13_3.draw(result)
    ends = [1, 8, 14, 17, 22, 26, 29, 33, 39]       # we learned french ...
    for axes, name in zip(figure.axes, ("forward", "bidirectional"), strict=True):
        assert [text.get_text() for text in axes.get_xticklabels()] == [*"".join(long)]
        scores = lesson13_3.predict(result["models"][name], ["".join(long)])[0].exp()
        p_end = scores[:, 2] + scores[:, 3]         # of BMES
        assert [bar.get_height() for bar in axes.patches] == pytest.approx(p_end.tolist())
        green = [i for i, bar in enumerate(axes.patches)
                 if bar.get_facecolor() == plt.matplotlib.colors.to_rgba("tab:green")]
        assert green == ends
        assert axes.get_title().startswith(f"{name}: test F1 {result['f1'][name]:.3f}")
    plt.close(figure)


@pytest.mark.slow
def test_default_run_of_the_taggers(run_script):
    run = run_script("lesson13_3.py")
    rows = re.findall(r"(?m)^(.{13}) \| F1: val ([\d.]+), test ([\d.]+) \| (.*)$", run.stdout)
    test = {name.strip(): float(f1) for name, _, f1, _ in rows}
    assert 0.91 <= test["bidirectional"] < 0.99
    assert test["longest match"] + 0.1 < test["bidirectional"]
    assert test["forward"] + 0.1 < test["bidirectional"]
    assert test["most probable"] < test["bidirectional"]
    assert re.search(rf"\ntest F1 {test['bidirectional']:.3f} \| [\d.]+ s\n$", run.stdout)
    assert rows[-1][-1].startswith("it was the white rabbit")
