"""Lecture 13, exercise 13-1: opinions and Kaggle's file, what is held out, the two models."""

import gzip
import re

import pytest
import torch
from torch import nn

import lesson13_7
from lesson13_7 import Classifier, predict, read_opinions, split, to_tensor, tokenize
from utils import DATA, BadInput

SHIPPED = str(DATA / "opinions.tsv")
# In the form of Kaggle's file: pieces of sentences, marks as words, quotes that stand alone, and a
# phrase without a word.
KAGGLE = """PhraseId\tSentenceId\tPhrase\tSentiment
1\t1\tA series of escapades demonstrating the adage , none of which amounts to much .\t1
2\t1\tA series of escapades\t2
3\t1\tamounts to much\t2
4\t2\tThis "quiet , introspective film is n't boring\t4
5\t2\tis n't boring\t3
6\t2\t''\t2
7\t3\tEven fans of Ismail Merchant 's work\t1
8\t3\tamounts to much\t2
9\t4\tA positively thrilling combination\t3
10\t4\t \t2
11\t5\tAggressive self-glorification\t1
12\t5\tA series of escapades\t2
13\t6\tA thrilling film\t4
"""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="train.tsv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return to_file


# ---------------------------------------------------------------------------------------- words
@pytest.mark.parametrize(("phrase", "tokens"), [
    ("It isn't bad!", "it is n't bad !"), ("is n't boring", "is n't boring"),
    ("Can’t say I’m sad", "ca n't say i 'm sad"), ("the director's cut", "the director 's cut"),
    ("Merchant 's work , none", "merchant 's work , none"), ("self-made", "self - made"),
    ("  ", ""), ("Très bon!", "très bon !"), ("100 %", "100 %")])
def test_words_and_marks(phrase, tokens):
    assert " ".join(tokenize(phrase)) == tokens


def test_kaggles_writing_and_the_usual_one_have_the_same_words():
    assert tokenize("It is n't the director 's best , is it ?") == tokenize(
        "It isn't the director's best, is it?")


# --------------------------------------------------------------------------------------- reader
def test_kaggles_file(write):
    rows = read_opinions(write(KAGGLE))
    assert [grade for _, _, grade in rows] == [1, 2, 2, 4, 3, 2, 1, 2, 3, 2, 1, 2, 4]
    assert [sentence for sentence, _, _ in rows] == list("1112223344556")
    assert rows[3][1] == ["this", '"', "quiet", ",", "introspective", "film", "is", "n't", "boring"]
    assert rows[9] == ("4", [], 2)


@pytest.mark.parametrize("form", ["mark", "windows", "gzip", "no end"])
def test_forms_in_which_files_come(write, form):
    text = {"mark": "\ufeff" + KAGGLE, "windows": KAGGLE.replace("\n", "\r\n"),
            "gzip": gzip.compress(KAGGLE.encode()), "no end": KAGGLE[:-1]}[form]
    assert read_opinions(write(text)) == read_opinions(write(KAGGLE, "usual.tsv"))


def test_the_order_of_the_columns_and_others_do_not_matter(write):
    lines = [line.split("\t") for line in KAGGLE.splitlines()]
    text = "".join("\t".join([grade, phrase, "x", sentence]) + "\n"
                   for _, sentence, phrase, grade in lines)
    assert read_opinions(write(text)) == read_opinions(write(KAGGLE, "usual.tsv"))


def test_without_sentences_each_phrase_is_its_own(write):
    assert read_opinions(write("Sentiment\tPhrase\n4\tA good one\n0\tNo\n")) == [
        ("A good one", ["a", "good", "one"], 4), ("No", ["no"], 0)]


@pytest.mark.parametrize(("text", "said"), [
    ("", "line 1: expected columns with tabs, missing: Phrase, Sentiment"),
    ("Phrase,Sentiment\nx,1\n", "line 1: expected columns with tabs, missing: Phrase, Sentiment"),
    ("Phrase\tsentiment\nx\t1\n", "line 1: expected columns with tabs, missing: Sentiment"),
    ("A good film\t4\nA bad one\t1\n", "missing: Phrase, Sentiment"),
    ("x" * 200_000, "missing: Phrase, Sentiment"),
    ("Phrase\tSentiment\nx\t1\ny\t5\n", "line 3: expected a Sentiment of 0 to 4, got '5'"),
    ("Phrase\tSentiment\nx\t1\n\ny\n", "line 4: expected a Sentiment of 0 to 4, got ''"),
    ("Phrase\tSentiment\nx\ty\t1\n", "line 2: expected a Sentiment of 0 to 4, got 'y'"),
    ("Phrase\tSentiment\n" + "".join(f"{i}\t1\n" for i in range(4)),
     "expected 5 sentences with their own words, got 4"),
    ("Phrase\tSentiment\n" + "the same\t1\n" * 9,
     "expected 5 sentences with their own words, got 1"),
    ("Phrase\tSentiment\n", "expected 5 sentences with their own words, got 0")])
def test_bad_files_get_one_line(write, text, said):
    path = write(text)
    with pytest.raises(BadInput) as error:
        lesson13_7.main(train=path)
    assert str(error.value).startswith(path) and said in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < len(path) + 100


# ------------------------------------------------------------------------------------- held out
def test_phrases_of_a_sentence_stay_together_and_none_is_in_two_parts(write):
    rows = read_opinions(write(KAGGLE))
    train, test = split(rows, "")
    assert {sentence for sentence, _, _ in test} == {"5"}
    assert {sentence for sentence, _, _ in train} == set("12346")
    phrases = [{" ".join(tokens) for _, tokens, _ in part} for part in (train, test)]
    assert not phrases[0] & phrases[1] and "a series of escapades" in phrases[1]
    assert len(test) == 2 and len(train) == 10      # that phrase left the training part
    assert split(rows[::-1], "")[1] != test


def test_the_opinions_are_split_evenly():
    train, test = split(read_opinions(SHIPPED), SHIPPED)
    assert (len(train), len(test)) == (480, 120)
    for part, n in ((train, 96), (test, 24)):
        assert [sum(grade == k for _, _, grade in part) for k in range(5)] == [n] * 5


def test_words_of_the_test_part_alone_are_unknown(monkeypatch, write):
    seen = []
    monkeypatch.setattr(lesson13_7, "to_tensor", lambda rows, words: (
        seen.append((rows, words)) or to_tensor(rows, words)))
    lesson13_7.main(epochs=1)
    (train, words), (test, _) = seen
    assert words[:2] == ["<pad>", "<unk>"] and len(words) == len(set(words))
    assert set(words[2:]) == {word for _, tokens, _ in train for word in tokens}
    x, _ = to_tensor(test, words)
    for row, (_, tokens, _) in zip(x.tolist(), test, strict=True):
        expected = [words.index(word) if word in words else 1 for word in tokens]
        assert row == expected + [0] * (x.shape[1] - len(tokens))


def test_test_phrases_do_not_touch_the_training(write):
    """Other words and grades in every fifth row: the losses stay."""
    lines = (DATA / "opinions.tsv").read_text(encoding="utf-8").splitlines()
    first = lesson13_7.main(epochs=1)
    lines[5::5] = [f"Zebra {i}\t{i % 2}\tx" for i in range(120)]
    other = lesson13_7.main(epochs=1, train=write("\n".join(lines)))
    assert other["losses"] == first["losses"]
    assert lesson13_7.main(epochs=1, seed=1)["losses"] != first["losses"]
    assert other["y_test"].tolist() == [0, 1] * 60 != first["y_test"].tolist()


# --------------------------------------------------------------------------------------- models
@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return Classifier(50, 5, hidden=8).eval()


PHRASES = [("", tokens, 0) for tokens in (["w1"], ["w3", "w9", "w2"], ["w5", "w4"], ["w7"] * 9, [])]
WORDS = [f"w{i}" for i in range(50)]


def test_a_batch_gives_what_one_at_a_time_gives(classifier):
    x, y = to_tensor(PHRASES, WORDS)
    together = classifier(x)
    alone = torch.cat([classifier(to_tensor([phrase], WORDS)[0]) for phrase in PHRASES])
    assert x.shape == (5, 9) and together.shape == (5, 5) and y.tolist() == [0] * 5
    torch.testing.assert_close(together, alone)
    wider = torch.cat([x, torch.zeros(5, 7, dtype=torch.long)], dim=1)
    torch.testing.assert_close(classifier(wider), together)


def test_last_states_of_both_directions(classifier):
    x, _ = to_tensor(PHRASES[1:2], WORDS)
    output, _ = classifier.gru(classifier.embedding(x))
    both = torch.cat([output[:, -1, :8], output[:, 0, 8:]], dim=1)
    torch.testing.assert_close(classifier(x), classifier.linear(both))
    assert not torch.allclose(classifier(x), classifier(x.flip(1)))     # the order matters


@pytest.mark.parametrize("training", [True, False])
def test_predictions_are_made_without_dropout_in_parts(classifier, training):
    x = torch.randint(1, 50, (1003, 4))
    classifier.train(training)
    p = predict(classifier, x)
    assert classifier.training is training and not p.requires_grad
    torch.testing.assert_close(p, classifier.eval()(x).softmax(dim=1))


def test_the_bag_of_words_adds_up_and_forgets_the_order(monkeypatch):
    """The model that main trains, caught where it predicts; a word not learned says nothing."""
    caught = []
    monkeypatch.setattr(lesson13_7, "predict", lambda model, x: (
        caught.append((model, x)) or predict(model, x)))
    lesson13_7.main(epochs=1)
    model, x = caught[1]
    assert isinstance(model, nn.EmbeddingBag) and (x == 1).any() and (x == 0).any()
    for phrase, z in zip(x[:20].tolist(), model(x[:20]), strict=True):
        torch.testing.assert_close(z, model.weight[phrase].sum(dim=0))
    torch.testing.assert_close(model(x.flip(1)), model(x))
    assert model.weight[:2].abs().max() == 0


# --------------------------------------------------------------------------------------- report
def test_scores_by_hand(capsys):
    y = torch.tensor([0, 1, 2, 3, 4, 2, 2, 2])
    y_pred = {"GRU": torch.tensor([0, 2, 4, 3, 0, 2, 1, 0]), "bag of words": y - 1,
              "majority": torch.full((8,), 2), "always neutral": torch.full((8,), 2)}
    result = lesson13_7.report(y_pred, y)
    assert result["accuracy"] == {"GRU": 3 / 8, "bag of words": 0, "majority": 4 / 8,
                                  "always neutral": 4 / 8}
    assert result["near"] == {"GRU": 5 / 8, "bag of words": 1, "majority": 6 / 8,
                              "always neutral": 6 / 8}
    assert capsys.readouterr().out == (         # 2 √3 / 8: three phrases that only one had right
        "the GRU beats the bag of words (less than 43.3% between them may be chance)\n"
        "within one grade GRU 62.5%, bag of words 100.0%, majority 75.0%, always neutral 75.0%\n"
        "test accuracy GRU 37.5%, bag of words 0.0%, majority 50.0%, always neutral 50.0%\n")
    lesson13_7.report(y_pred | {"bag of words": y_pred["GRU"]}, y)
    assert "the GRU does not beat the bag of words (less than 0.0% " in capsys.readouterr().out


def test_the_majority_is_that_of_the_training_part(write):
    lines = ["Phrase\tSentiment"] + [f"w{i} x{i % 7}\t{3 if i % 5 < 4 else 1}" for i in range(40)]
    result = lesson13_7.main(epochs=1, train=write("\n".join(lines)))
    assert result["y_test"].tolist() == [1] * 8
    assert result["y_pred"]["majority"].tolist() == [3] * 8
    assert result["accuracy"]["majority"] == 0 == result["near"]["majority"]
    assert result["near"]["always neutral"] == 1


def test_both_models_learn_a_word_and_only_the_gru_an_order(write):
    """A not before the word turns its grade around, one behind it does not."""
    order, word = ["Phrase\tSentiment"], ["Phrase\tSentiment"]
    for i in range(300):
        good, turned = i // 2 % 2, i % 2
        adjective = ["awful", "great"][good]
        phrase = f"not {adjective} f{i} just" if turned else f"just {adjective} f{i} not"
        order.append(f"{phrase}\t{4 * (good != turned)}")
        word.append(f"{phrase}\t{4 * good}")
    result = lesson13_7.main(epochs=8, train=write("\n".join(order)))
    assert result["accuracy"]["GRU"] > 0.95 > 0.75 > result["accuracy"]["bag of words"]
    result = lesson13_7.main(epochs=8, train=write("\n".join(word)))
    assert min(result["accuracy"]["GRU"], result["accuracy"]["bag of words"]) > 0.95


# ------------------------------------------------------------------------------------------ run
def test_default_run_reaches_its_floor(run_script):
    run = run_script("lesson13_7.py")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("480 phrases to train on, 1,132 different words | 120 to test, ")
    found = re.search(r"\nthe GRU (beats|does not beat) the bag of words .*\nwithin one grade GRU "
                      r"([\d.]+)%, bag of words ([\d.]+)%, majority 40.0%, always neutral 60.0%\n"
                      r"test accuracy GRU ([\d.]+)%, bag of words ([\d.]+)%, majority 20.0%, "
                      r"always neutral 20.0%\n$", run.stdout)
    gru, bag = float(found[4]), float(found[5])
    assert (found[1] == "beats") == (gru > bag)
    assert 30 < gru < 60 and 38 < bag < 60 and float(found[2]) > 52 and float(found[3]) > 60


def test_a_phrase_is_graded_by_both(capsys):
    lesson13_7.main(epochs=8, phrase="A wonderful, perfect film, I loved it")
    lines = [line for line in capsys.readouterr().out.split("\n") if line.startswith("A wonderful")]
    assert len(lines) == 2
    for line in lines:
        names = [part.rsplit(" ", 1)[0] for part in line.split(" | ")[1:]]
        shares = [float(part.rsplit(" ", 1)[1].rstrip("%")) for part in line.split(" | ")[1:]]
        assert names[0] == "4 positive" and set(names) < set(lesson13_7.GRADES)
        assert shares == sorted(shares, reverse=True) and 60 < sum(shares) <= 101


@pytest.mark.parametrize("phrase", ["", " ", "?!"])
def test_a_phrase_without_words_is_refused_before_the_training(phrase, capsys):
    with pytest.raises(BadInput, match="--phrase: expected words, got"):
        lesson13_7.main(phrase=phrase)
    assert capsys.readouterr().out == ""


def test_cells_of_the_figure_are_the_phrases_counted():
    result = lesson13_7.main(epochs=1)
    for axes, name in zip(lesson13_7.draw(result).axes, ("GRU", "bag of words"), strict=True):
        shown = [int(text.get_text()) for text in axes.texts]
        pairs = list(zip(result["y_test"].tolist(), result["y_pred"][name].tolist(), strict=True))
        assert shown == [pairs.count((i, j)) for i in range(5) for j in range(5)]
        colours = axes.images[0].get_array()
        assert colours.ravel().tolist() == pytest.approx([n / 24 for n in shown])
        assert axes.get_title() == f"{name}: {result['accuracy'][name]:.1%} right"
