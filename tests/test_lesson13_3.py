"""Lesson 13_3: tags, the tagger, the best allowed path, the scores, the baseline, the data."""

import itertools
import re

import pytest
import torch

import lesson13_3 as lesson
from utils import DATA, BadInput

SENTENCES = ["the cat sat on a mat", "i am a cat", "the dog sat", "a dog and a cat", "on the mat"]
TINY = [[words.split() for words in SENTENCES]] * 4  # 4 chapters, the last two held out
SMALL = {"epochs": 2, "hidden": 8, "batch_size": 4, "text": "thecat"}


@pytest.fixture(scope="module")
def book():
    return lesson.read_chapters()


@pytest.fixture(params=["forward", "bidirectional"])
def model(request):
    torch.manual_seed(2)
    return lesson.Tagger(request.param == "bidirectional", hidden=8).eval()


@pytest.mark.parametrize(("words", "tags"), [
    ("a", "S"), ("it", "BE"), ("was", "BME"), ("white", "BMMME"),
    ("i saw a white rabbit", "SBMESBMMMEBMMMME"),
])
def test_tags_of_known_words(words, tags):
    assert lesson.tag(words.split()) == tags
    assert lesson.untag(words.replace(" ", ""), tags) == words.split()


def test_tags_and_words_there_and_back_for_the_whole_book(book):
    for words in itertools.chain.from_iterable(book):
        tags = lesson.tag(words)
        assert len(tags) == sum(map(len, words))
        assert lesson.untag("".join(words), tags) == words


def allowed(tags):
    """Written as a pattern: words of one letter, or B, any number of M, E."""
    return re.fullmatch("(S|BM*E)+", tags)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_viterbi_finds_the_best_of_all_allowed_paths(length):
    torch.manual_seed(length)
    for _ in range(20):
        scores = torch.randn(length, 4)
        paths = ["".join(p) for p in itertools.product("BMES", repeat=length)]
        best = max(filter(allowed, paths), key=lambda path: sum(
            scores[t, "BMES".index(tag)].item() for t, tag in enumerate(path)))
        assert lesson.viterbi(scores) == best


def test_viterbi_keeps_allowed_tags_and_mends_others():
    def scores(tags):
        return 5.0 * torch.eye(4)[lesson.encode(tags, "BMES")]
    assert lesson.viterbi(scores("SBMESBE")) == "SBMESBE"
    assert lesson.viterbi(scores("M")) == "S"
    mended = lesson.viterbi(scores("BBMMEM"))
    assert allowed(mended) and sum(a != b for a, b in zip(mended, "BBMMEM", strict=True)) == 2


def test_shapes(model):
    y_pred = model(torch.zeros(3, 5, dtype=torch.long), torch.tensor([5, 2, 4]))
    assert y_pred.shape == (3, 5, 4)
    scores = lesson.predict(model, ["abc", "x"])
    assert [tuple(row.shape) for row in scores] == [(3, 4), (1, 4)]
    torch.testing.assert_close(scores[0].exp().sum(dim=1), torch.ones(3))


def test_padding_never_changes_a_result(model):
    lines = ["off", "withherhead", "x", "saidthequeenofhearts"]
    together = lesson.predict(model, lines)
    for line, row in zip(lines, together, strict=True):
        torch.testing.assert_close(lesson.predict(model, [line])[0], row)
    x = torch.randint(26, (2, 9))
    lengths = torch.tensor([9, 4])
    other = x.clone()
    other[1, 4:] = (other[1, 4:] + 7) % 26  # other letters in the padding
    torch.testing.assert_close(model(other, lengths)[1, :4], model(x, lengths)[1, :4])


def test_the_right_reader_reads_each_line_turned_round():
    """Line by line and without padding: what nn.GRU(bidirectional=True) does with a packed batch.
    Each reader gets the letters and pairs in its own order, so two GRUs stand in for that one."""
    torch.manual_seed(0)
    model = lesson.Tagger(True, hidden=8).eval()
    x, lengths = torch.randint(26, (3, 7)), torch.tensor([7, 3, 5])
    y_pred = model(x, lengths)
    for row, line, n in zip(y_pred, x, lengths, strict=True):
        line = line[None, :n]
        from_left, from_right = model.from_left(line), model.from_right(line.flip(1)).flip(1)
        expected = model.linear(torch.cat([from_left, from_right], dim=2))[0]
        torch.testing.assert_close(row[:n], expected)


def test_a_reader_knows_each_letter_and_the_one_before():
    reader = lesson.Reader(6, 4)
    seen = {}
    reader.pair.register_forward_pre_hook(lambda _, inputs: seen.update(pair=inputs[0].tolist()))
    reader(torch.tensor([[0, 1, 1, 25]]))
    assert seen["pair"] == [[26 * 26 + 0, 26 * 0 + 1, 26 * 1 + 1, 26 * 1 + 25]]
    assert max(seen["pair"][0]) < reader.pair.num_embeddings


def test_words_are_swapped_for_others_of_the_dictionary():
    phrases = [["the", "cat", "sat"]] * 1000
    dictionary = {"dog", "mouse"}
    assert lesson.swap_words(phrases, dictionary, 0.0) == phrases
    torch.manual_seed(0)
    swapped = lesson.swap_words(phrases, dictionary, 0.2)
    assert phrases == [["the", "cat", "sat"]] * 1000, "the phrases themselves stay"
    assert [len(words) for words in swapped] == [3] * 1000
    new = [word for words in swapped for word in words if word not in ("the", "cat", "sat")]
    assert set(new) == dictionary and 0.15 < len(new) / 3000 < 0.25
    torch.manual_seed(0)
    assert lesson.swap_words(phrases, {"mouse", "dog"}, 0.2) == swapped


def test_forward_never_sees_what_follows_and_has_as_many_weights():
    torch.manual_seed(0)
    for bidirectional in (False, True):
        model = lesson.Tagger(bidirectional, hidden=8).eval()
        one, two = lesson.predict(model, ["thecat", "thefur"])
        assert torch.allclose(one[:3], two[:3]) != bidirectional
    grus = [sum(p.numel() for name, p in lesson.Tagger(flag).named_parameters()
                if ".gru.weight" in name) for flag in (False, True)]
    assert grus[0] == grus[1]


def test_scores_by_hand():
    true = [["it", "was", "the", "rabbit"], ["a", "cat"]]
    guess = [["it", "was", "ther", "abbit"], ["acat"]]
    # 2 of 5 guessed words are right, 2 of 6 true ones are found; of "rabbit" and "was" one.
    row = lesson.evaluate(guess, true, {"it", "the", "a", "cat"})
    assert row["precision"] == pytest.approx(2 / 5) and row["recall"] == pytest.approx(2 / 6)
    assert row["f1"] == pytest.approx(2 * (2 / 5) * (2 / 6) / (2 / 5 + 2 / 6)) == 4 / 11
    assert row["unseen"] == 1 / 2
    assert lesson.evaluate(true, true, set())["f1"] == 1.0
    assert lesson.evaluate(true, true, {w for words in true for w in words})["unseen"] == 0
    # Same words at other places are not right.
    assert lesson.evaluate([["ab", "a"]], [["a", "ba"]], {"a"})["f1"] == 0
    assert lesson.spans(["it", "was", "a"]) == [(0, 2), (2, 5), (5, 6)]


def test_longest_match_by_hand():
    dictionary = {"the", "them", "men", "dine", "here", "a"}
    assert lesson.longest_match("themendinehere", dictionary) == [
        "them", "e", "n", "dine", "here"]  # greedy: "the men" is out of reach
    assert lesson.longest_match("xa", dictionary) == ["x", "a"]


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


def test_held_out_chapters_are_never_trained_on(monkeypatch):
    monkeypatch.setattr(lesson, "read_chapters", lambda: TINY)
    first = lesson.main(**SMALL)
    again = lesson.main(**SMALL)
    assert again == first
    assert lesson.main(**SMALL, seed=1)["losses"] != first["losses"]
    other = [*TINY[:2], [["queens", "and", "cats"]], [["the", "croquet"]]]
    monkeypatch.setattr(lesson, "read_chapters", lambda: other)
    result = lesson.main(**SMALL)
    assert result["losses"] == first["losses"] and result["segmented"] == first["segmented"]
    assert first["unseen"] == 0 and result["unseen"] == 3 / 5


def test_a_tiny_book_is_learned(monkeypatch):
    monkeypatch.setattr(lesson, "read_chapters", lambda: TINY)
    result = lesson.main(**SMALL | {"epochs": 25, "hidden": 16, "lr": 0.02, "dropout": 0.0})
    assert result["f1"] == 1.0 and result["losses"][-1] < 0.05
    assert result["segmented"]["bidirectional"] == ["the", "cat"]


def test_the_readers_line():
    assert lesson.letters_of("Off with her HEAD! Don't.") == "offwithherheaddont"


@pytest.mark.parametrize(("text", "got"), [("caf\u00e9 7", "7, \u00e9"), ("", "none"),
                                           (" -- ", "none"), ("\u4e2d\u6587", "\u4e2d, \u6587")])
def test_a_line_of_other_letters_gets_one_clear_line(text, got):
    with pytest.raises(BadInput) as error:
        lesson.letters_of(text)
    assert str(error.value) == f"--text: expected letters a to z, got {got}"


def test_a_bad_line_stops_before_training(run_script):
    run = run_script("lesson13_3.py", "--text", "42")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "lesson13_3.py: --text: expected letters a to z, got 2, 4\n"


@pytest.mark.parametrize(("content", "said"), [
    (None, "FileNotFoundError"), (b"\xff\xfe", "UnicodeDecodeError"), (b"", "got 0"),
    (b"CHAPTER I. A\n\nb\n", "got 1")])
def test_a_damaged_book_gets_one_clear_line(tmp_path, content, said):
    path = tmp_path / "alice.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        lesson.read_chapters(path)
    assert said in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_default_run_reaches_its_floor(run_script, book):
    run = run_script("lesson13_3.py")
    f1 = float(re.search(r"\nheld-out F1 ([\d.]+) \| [\d.]+ s\n$", run.stdout)[1])
    table = {name: [*map(float, (precision, recall, f, unseen))]
             for name, precision, recall, f, unseen in re.findall(
                 r"(?m)^(longest match|forward|bidirectional) +\| +([\d.]+) +([\d.]+) +([\d.]+) "
                 r"\| ([\d.]+)$", run.stdout)}
    assert 0.93 <= f1 < 0.99 and table["bidirectional"][2] == f1
    assert table["longest match"][2] + 0.1 < f1 and table["forward"][2] + 0.1 < f1
    train = list(itertools.chain.from_iterable(itertools.chain.from_iterable(book[:10])))
    test = list(itertools.chain.from_iterable(itertools.chain.from_iterable(book[10:])))
    unseen = sum(word not in set(train) for word in test) / len(test)
    assert f"train {len(train):,} words" in run.stdout
    assert f"held out {len(test):,}" in run.stdout
    assert f"{unseen:.1%} of these words are not in train" in run.stdout
    assert "bidirectional  | it was the white rabbit" in run.stdout
