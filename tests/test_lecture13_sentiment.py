"""Lecture 13, exercise 13-1: what is held out, the two models, their scores; two grades."""

import re

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

import lesson13_7
from lesson13_7 import EOS, PAD, UNK, OpinionDataset, SentimentClassifier, encode, grade, split
from utils import DATA, BadInput

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
WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", *(f"w{i}" for i in range(4, 50))]
PHRASES = [["w4"], ["w6", "w9", "w5"], ["w5", "w4"], ["w7"] * 9, []]


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="train.tsv"):
        path = tmp_path / name
        path.write_text(lines if isinstance(lines, str) else "\n".join(lines), encoding="utf-8")
        return str(path)

    return to_file


# ------------------------------------------------------------------------------------- held out
def test_phrases_of_a_sentence_stay_together_and_none_is_in_two_parts(write):
    rows = lesson13_7.read_opinions(write(KAGGLE))
    train, test = split(rows, "")
    assert {sentence for sentence, _, _ in test} == {"5"}
    assert {sentence for sentence, _, _ in train} == set("12346")
    phrases = [{" ".join(tokens) for _, tokens, _ in part} for part in (train, test)]
    assert not phrases[0] & phrases[1] and "a series of escapades" in phrases[1]
    assert len(test) == 2 and len(train) == 10      # that phrase left the training part


def test_the_opinions_are_split_evenly():
    path = DATA / "opinions.tsv"
    train, test = split(lesson13_7.read_opinions(path), path)
    for part, n in ((train, 96), (test, 24)):
        assert [sum(value == k for _, _, value in part) for k in range(5)] == [n] * 5


@pytest.mark.parametrize(("phrases", "count"), [([f"{i}" for i in range(4)], 4),
                                                (["the same"] * 9, 1)])
def test_too_few_sentences_get_one_line(write, phrases, count):
    path = write(["Phrase\tSentiment", *(f"{phrase}\t1" for phrase in phrases)])
    with pytest.raises(BadInput) as error:
        lesson13_7.main(train=path)
    assert str(error.value) == (f"{path}: expected 5 sentences with their own words, got {count}")


def test_words_of_the_test_part_alone_are_unknown_and_do_not_touch_the_training(write, capsys):
    """Other words and grades in every fifth row: the losses stay."""
    lines = (DATA / "opinions.tsv").read_text(encoding="utf-8").splitlines()
    first = lesson13_7.main(epochs=1)
    lines[5::5] = [f"Zebra{i}\t{i % 5}\tx" for i in range(120)]
    capsys.readouterr()
    other = lesson13_7.main(epochs=1, train=write(lines))
    assert "120 to test, 100% of their words are new" in capsys.readouterr().out
    assert other["losses"] == first["losses"]
    assert other["y_test"].tolist() == [0, 1, 2, 3, 4] * 24 != first["y_test"].tolist()


# --------------------------------------------------------------------------------------- models
def test_a_batch_is_padded_to_its_longest():
    rows = [("", phrase, 4) for phrase in PHRASES]
    dataset = OpinionDataset(rows, WORDS, [0, 4])
    x, y = dataset.__getitems__([1, 2])
    assert x.tolist() == [[6, 9, 5, EOS], [5, 4, EOS, PAD]] and y.tolist() == [1, 1]
    assert dataset[4][0].tolist() == [EOS] and dataset[4][1] == 1 and len(dataset) == 5
    assert encode([["zebra"]], WORDS).tolist() == [[UNK, EOS]]


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    return SentimentClassifier(50, 3, hidden_size=8).double().eval()


def test_a_batch_gives_what_one_at_a_time_gives(classifier):
    x = encode(PHRASES, WORDS)
    together = classifier(x)
    alone = torch.cat([classifier(encode([phrase], WORDS)) for phrase in PHRASES])
    assert x.shape == (5, 10) and together.shape == (5, 3)
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(classifier(nn.functional.pad(x, (0, 7))), together)


def test_last_states_of_both_directions(classifier):
    x = encode(PHRASES[1:2], WORDS)
    output, _ = classifier.gru(classifier.embedding(x))
    both = torch.cat([output[:, -1, :8], output[:, 0, 8:]], dim=1)
    torch.testing.assert_close(classifier(x), classifier.fc(both))
    assert not torch.allclose(classifier(x), classifier(x.flip(1)))     # the order matters


def test_grades_are_given_without_dropout(classifier):
    dataset = OpinionDataset([("", phrase, 0) for phrase in PHRASES * 3], WORDS, [0])
    p = grade(classifier.train(), DataLoader(dataset, 4, collate_fn=tuple))
    assert not classifier.training and not p.requires_grad
    torch.testing.assert_close(p, classifier(encode(PHRASES * 3, WORDS)).softmax(dim=1))


# --------------------------------------------------------------------------------------- scores
def test_scores_by_hand(capsys):
    y = torch.tensor([0, 1, 2, 3, 4, 2, 2, 2])
    y_pred = {"GRU": torch.tensor([0, 2, 4, 3, 0, 2, 1, 0]), "bag of words": (y - 1).clamp(min=0),
              "majority": torch.full((8,), 2)}
    right, near = lesson13_7.compare(y_pred, y, [0, 1, 2, 3, 4])
    assert right == {"GRU": 3 / 8, "bag of words": 1 / 8, "majority": 4 / 8}
    assert near == {"GRU": 5 / 8, "bag of words": 1, "majority": 6 / 8}
    assert capsys.readouterr().out == (         # 2 √2 / 8: two phrases that only one had right
        "the GRU beats the bag of words (less than 35.4% between them may be chance)\n"
        "within one grade GRU 62.5%, bag of words 100.0%, majority 75.0%\n"
        "test accuracy GRU 37.5%, bag of words 12.5%, majority 50.0%\n")
    lesson13_7.compare(y_pred | {"bag of words": y_pred["GRU"]}, y, [0, 1, 2, 3, 4])
    assert "the GRU does not beat the bag of words (less than 0.0% " in capsys.readouterr().out


def test_one_grade_off_is_of_the_grades_and_not_of_their_places():
    """A file that knows 0, 2, 3: from 0 to 2 are two grades."""
    y = torch.tensor([0, 1, 2])
    y_pred = {"GRU": torch.tensor([1, 1, 1]), "bag of words": y}
    assert lesson13_7.compare(y_pred, y, [0, 2, 3])[1]["GRU"] == pytest.approx(2 / 3)


def test_the_majority_is_that_of_the_training_part(write):
    lines = ["Phrase\tSentiment"]
    for i in range(40):
        lines.append(f"w{i} x{i % 7}\t{(3 if i else 2) if i % 5 < 4 else 1}")
    result = lesson13_7.main(epochs=1, train=write(lines))
    assert result["grades"] == [1, 2, 3] and result["y_test"].tolist() == [0] * 8
    assert result["y_pred"]["majority"].tolist() == [2] * 8
    assert result["near"]["majority"] == 0 and result["near"]["always neutral"] == 1


def test_both_models_learn_a_word_and_only_the_gru_an_order_and_two_grades_are_two(write, capsys):
    """A not before the word turns its grade around, one behind it does not."""
    order, word = ["Phrase\tSentiment"], ["Phrase\tSentiment"]
    for i in range(300):
        good, turned = i // 2 % 2, i % 2
        adjective = ["awful", "great"][good]
        phrase = f"not {adjective} f{i} just" if turned else f"just {adjective} f{i} not"
        order.append(f"{phrase}\t{int(good != turned)}")
        word.append(f"{phrase}\t{good}")
    result = lesson13_7.main(epochs=8, train=write(order), phrase="just great")
    assert result["accuracy"]["GRU"] > 0.95 > 0.75 > result["accuracy"]["bag of words"]
    assert list(result["accuracy"]) == ["GRU", "bag of words", "majority"]
    out = capsys.readouterr().out
    assert "within one grade" not in out and re.search(r"just great \| 1 \d+% \| 0 \d+%\n", out)
    for axes in lesson13_7.draw(result).axes:
        assert len(axes.texts) == 4
    result = lesson13_7.main(epochs=8, train=write(word))
    assert min(result["accuracy"]["GRU"], result["accuracy"]["bag of words"]) > 0.95


# ------------------------------------------------------------------------------------------ run
def test_default_run_reaches_its_floor(run_script):
    run = run_script("lesson13_7.py")
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


@pytest.mark.parametrize("phrase", ["", " "])
def test_a_phrase_without_words_is_refused_before_the_training(phrase, capsys):
    with pytest.raises(BadInput, match="--phrase: expected words, got"):
        lesson13_7.main(phrase=phrase)
    assert capsys.readouterr().out == ""


def test_the_bag_of_words_adds_up_and_an_unknown_word_says_nothing(monkeypatch):
    """The model that main trains, caught where it grades."""
    caught = []
    monkeypatch.setattr(lesson13_7, "grade", lambda model, loader: (
        caught.append(model) or grade(model, loader)))
    lesson13_7.main(epochs=1)
    bag = caught[1]
    x = torch.tensor([[4, 7, UNK, EOS, PAD]])
    torch.testing.assert_close(bag(x)[0], bag.weight[[4, 7, EOS]].sum(dim=0))
    assert bag.weight[[PAD, UNK]].abs().max() == 0


def test_cells_of_the_figure_are_the_phrases_counted():
    result = lesson13_7.main(epochs=1)
    for axes, name in zip(lesson13_7.draw(result).axes, ("GRU", "bag of words"), strict=True):
        shown = [int(text.get_text()) for text in axes.texts]
        pairs = list(zip(result["y_test"].tolist(), result["y_pred"][name].tolist(), strict=True))
        assert shown == [pairs.count((i, j)) for i in range(5) for j in range(5)]
        assert axes.images[0].get_array().ravel().tolist() == pytest.approx(
            [n / 24 for n in shown])
        assert axes.get_title() == f"{name}: {result['accuracy'][name]:.1%} right"
