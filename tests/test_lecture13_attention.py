"""Lesson 13.5: attention, teacher forcing and greedy decoding, both nets alike, training, BLEU."""

import random
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import sacrebleu
import torch
import torch.nn.functional as F

import lesson13_4
import lesson13_5
import lesson13_6
from lesson13_5 import BOS, EOS, PAD, Translator, bleu, fit, translate
from utils import BadInput

SMALL = {"epochs": 2, "hidden": 8, "batch_size": 16}
SOURCES = [["a", "b"], ["c"], ["d", "a", "b", "c", "d", "zzz"]]     # the first two get padding
SOURCE_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
TARGET_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "A", "B", "C"]


def make_translator(attention=True, seed=0):
    torch.manual_seed(seed)
    model = Translator(len(SOURCE_WORDS), len(TARGET_WORDS), 8, attention)
    with torch.no_grad():
        for p in model.parameters():                # fresh weights repeat one word for ever
            p.normal_(std=0.8)
    return model


@pytest.fixture
def files(pair_files):
    return pair_files("f")


# ------------------------------------------------------------------------------ words and files
@pytest.mark.parametrize(("sentence", "words"), [
    ("L'homme, dit-il.", "l' homme , dit - il ."),
    ("Aujourd'hui, je n'ai pas d’œufs !", "aujourd'hui , je n' ai pas d' œufs !"),
    ("Qu'est-ce que c'est ?", "qu' est - ce que c' est ?"),
    ("I'm the baker's son!", "i 'm the baker 's son !"),
    ("De\u0301ja\u0300 vu", "déjà vu"),
])
def test_french_words(sentence, words):
    assert lesson13_5.tokenize(sentence) == words.split()


@pytest.mark.parametrize(("content", "number"), [
    ("one column\n", 1), ("a\tb\n\nc\td\n", 2), ("a\t\n", 1), ("", 1), ("\n", 1),
    ("a\tb\n \tc\n", 2), ("a\tb\nc\t7 \n", 2), ("12\tGo.\t7\tVa !\n", 1),
    ("Go.\tVa !\tx\nRun.\tCou", 2),
    ("Go.\tVa !\nI am\there.\tJe suis là.\n", 2)])
def test_a_bad_file_of_english_french_pairs_is_named(tmp_path, content, number):
    path = tmp_path / "pairs.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        lesson13_5.read_pairs(path)
    assert str(error.value).startswith(
        f"{path}, line {number}: expected English TAB French, as many tabs as in line 1 and no "
        "number alone, got [")


@pytest.mark.parametrize("sentence", ["我们去北京。", "こんにちは", "สวัสดี"])
def test_words_without_spaces_are_sent_to_lesson_13_6(tmp_path, sentence):
    path = tmp_path / "pairs.txt"
    path.write_text(f"Go.\tVa !\nGo.\t{sentence}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="pairs.txt, line 2: no space between words: see lesson13_6"):
        lesson13_5.read_pairs(path)


@pytest.mark.parametrize("sentence", ["", "  ", "\t"])
def test_an_empty_sentence_is_refused_before_anything_is_read(monkeypatch, sentence):
    monkeypatch.delattr(lesson13_5, "read_text")
    with pytest.raises(BadInput, match="--sentence: expected words, got"):
        lesson13_5.main(sentence=sentence)


def test_what_stands_in_both_and_what_is_unknown_is_told(files, capsys):
    train = Path(files["train"]).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(train[:3]) + "e1 e2 zebra e3 e1\tf1\tx\n"
    Path(files["test"]).write_text(text, encoding="utf-8")
    words = sum(len(line.split("\t")[0].split()) for line in text.splitlines())
    lesson13_5.main(**files, **SMALL)
    assert capsys.readouterr().out.splitlines()[0] == (
        f"4 to translate, 3 also in training; unknown words {1 / words:.1%}")


# ------------------------------------------------------------------------------------ attention
@pytest.mark.parametrize("attention", [True, False])
def test_attention_sums_to_one_and_padding_gets_none(attention):
    model = make_translator(attention)
    x = lesson13_5.encode(SOURCES, SOURCE_WORDS)
    _, weights = model(x, steps=4)
    assert weights.shape == (3, 4, x.shape[1] if attention else 1)
    assert torch.allclose(weights.sum(dim=2), torch.ones(3, 4))
    if attention:
        padding = (x == PAD)[:, None].expand_as(weights)
        assert padding.any() and weights[padding].max() == 0
        assert weights[~padding].min() > 0


@pytest.mark.parametrize("attention", [True, False])
def test_padding_changes_no_translation(attention):
    model = make_translator(attention)
    together, weights = translate(model, SOURCES, SOURCE_WORDS, TARGET_WORDS)
    for i, sentence in enumerate(SOURCES):
        [alone], looks = translate(model, [sentence], SOURCE_WORDS, TARGET_WORDS)
        steps = min(len(alone) + 1, looks.shape[1])
        assert together[i][:steps] == alone[:steps]
        assert torch.allclose(weights[i, :steps, :looks.shape[2]], looks[0, :steps], atol=1e-5)


def test_a_step_is_that_of_the_docstring():
    """State, scores, context and output of the first two steps, written out."""
    model = make_translator()
    x, y = lesson13_5.encode(SOURCES[:1], SOURCE_WORDS), torch.tensor([[4, 5]])
    states, mask, vector = model.encode(x)
    state, context = torch.tanh(model.start(vector)), torch.zeros_like(vector)
    logits, weights = model(x, y)
    assert mask.all()
    for t, before in enumerate((BOS, 4)):
        word = model.target_embedding(torch.tensor([before]))
        state = model.decoder(torch.cat([word, context], dim=1), state)
        scores = torch.stack([state[0] @ model.key(h) for h in states[0]])
        assert torch.allclose(weights[0, t], scores.softmax(dim=0), atol=1e-5)
        context = (weights[0, t][:, None] * states[0]).sum(dim=0, keepdim=True)
        features = torch.tanh(model.combine(torch.cat([state, context], dim=1)))
        assert torch.allclose(logits[0, t], model.output(features)[0], atol=1e-5)


def test_without_attention_the_only_thing_to_see_is_the_last_states():
    model = make_translator(attention=False)
    x = lesson13_5.encode(SOURCES, SOURCE_WORDS)
    states, mask, vector = model.encode(x)
    assert torch.equal(states[:, 0], vector) and mask.shape == (3, 1)
    embedded = model.source_embedding(x[:1, :3])        # a b <eos>
    _, last = model.encoder(embedded)
    assert torch.allclose(vector[0], torch.cat([last[0, 0], last[1, 0]]), atol=1e-6)


def test_both_nets_have_the_same_weights_at_first():
    nets = []
    for attention in (True, False):
        torch.manual_seed(3)
        nets.append(Translator(9, 7, 8, attention).state_dict())
    assert all(torch.equal(nets[0][name], nets[1][name]) for name in nets[0])


def test_greedy_is_the_argmax_under_teacher_forcing():
    """Fed with its own words as if they were the true ones, the net writes the same words."""
    model = make_translator()
    x = lesson13_5.encode(SOURCES, SOURCE_WORDS)
    free, _ = model(x, steps=6)
    words = free.argmax(dim=2)
    forced, _ = model(x, words)
    assert torch.allclose(free, forced, atol=1e-5)
    assert words.unique().numel() > 2
    other, _ = model(x, words.roll(1, dims=1))
    assert torch.allclose(forced[:, 0], other[:, 0]) and not torch.allclose(forced, other)


def test_a_translation_ends_before_its_eos(monkeypatch):
    model = make_translator()
    rows = torch.tensor([[4, EOS, 5, 4], [6, 5, 4, 4], [EOS, 4, 4, 4]])
    monkeypatch.setattr(model, "forward", lambda x, steps: (
        F.one_hot(rows, len(TARGET_WORDS)).float(), torch.ones(3, 4, x.shape[1])))
    assert translate(model, SOURCES, SOURCE_WORDS, TARGET_WORDS)[0] == [
        ["A"], ["C", "B", "A", "A"], []]


# -------------------------------------------------------------------------------------- training
def test_batches_of_like_length_hold_every_pair_once(monkeypatch):
    """In the two epochs in other batches; within a batch the lengths are alike."""
    x, y = torch.full((50, 3), 5), torch.zeros(50, 9, dtype=torch.long)
    x[:, 0] = torch.arange(50)
    x[:, 2] = EOS
    for i in range(50):
        y[i, :1 + i % 9] = 4
    model = Translator(60, 7, 8)
    seen, forward = [], model.forward
    monkeypatch.setattr(model, "forward", lambda x, y: seen.append((x, y)) or forward(x, y))
    x[:, 0] += 6        # no padding
    fit(model, x, y, x[:2], y[:2], epochs=2, batch_size=8, lr=1e-3)
    epochs = [seen[:7], seen[8:15]]                 # then the pairs to watch
    for batches in epochs:
        assert sorted(i for x, _ in batches for i in x[:, 0].tolist()) == [*range(6, 56)]
        for _, y in batches:
            lengths = (y != PAD).sum(dim=1)
            assert lengths.max() == y.shape[1] and lengths.max() - lengths.min() <= 2
    assert [x.tolist() for x, _ in epochs[0]] != [x.tolist() for x, _ in epochs[1]]


def test_the_losses_are_means_over_tokens(monkeypatch, capsys):
    torch.manual_seed(0)
    model = make_translator()
    x = lesson13_5.encode(SOURCES, SOURCE_WORDS)
    y = lesson13_5.encode([["A"], ["B", "C", "A", "B"], ["C", "C"]], TARGET_WORDS)
    with torch.no_grad():
        logits, _ = model(x, y)
    expected = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=PAD).item()
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self, closure=None: None)
    losses = fit(model, x, y, x, y, epochs=1, batch_size=2, lr=1e-3)
    assert losses[0] == pytest.approx(expected, rel=1e-5)
    assert f"loss {expected:.4f} | validation {expected:.4f}" in capsys.readouterr().out


def test_gradients_are_clipped_and_the_rate_falls(monkeypatch, files, capsys):
    norms, rates = [], []
    step = torch.optim.Adam.step

    def spy(self, closure=None):
        grads = [p.grad.flatten() for p in self.param_groups[0]["params"] if p.grad is not None]
        norms.append(torch.cat(grads).norm().item())
        rates.append(self.param_groups[0]["lr"])
        return step(self, closure)
    monkeypatch.setattr(torch.optim.Adam, "step", spy)
    lesson13_5.main(**files, **SMALL)
    assert max(norms) <= 1.0001
    half = len(rates) // 2
    assert rates[:half] == rates[half:]             # the same for both nets
    assert max(rates) == pytest.approx(7e-3, rel=0.3) and rates[half - 1] < 1e-3


def test_what_is_not_trained_on_changes_no_training_of_13_5(files, tmp_path, capsys):
    first = lesson13_5.main(**files, **SMALL)
    other = tmp_path / "other.txt"
    other.write_text("e1 e2\tf7 f7\n", encoding="utf-8")
    second = lesson13_5.main(**{**files, "val": str(other), "test": str(other)}, **SMALL)
    assert first["losses"] == second["losses"]
    assert first["bleu"] != second["bleu"] or first["words"] != second["words"]
    again = lesson13_5.main(**files, **SMALL)
    assert again["losses"] == first["losses"] and again["bleu"] == first["bleu"]
    assert lesson13_5.main(**files, **SMALL, seed=1)["losses"] != first["losses"]


def test_the_last_line_is_the_result_of_13_5(files, capsys):
    result = lesson13_5.main(**files, **SMALL, sentence="e1 e2 e3")
    last = capsys.readouterr().out.rstrip().split("\n")[-1]
    found = re.fullmatch(r"test BLEU ([\d.]+) with attention, ([\d.]+) without", last)
    assert [float(number) for number in found.groups()] == [
        round(result["bleu"], 1), round(result["bleu_without"], 1)]
    assert result["words"] == ["e1", "e2", "e3"]


def test_the_heat_map_and_the_losses_are_drawn():
    weights = torch.rand(9, 4).softmax(dim=1)
    result = {"words": ["x", "y", "z"], "translation": ["u", "v"], "weights": weights,
              "losses": {"without attention": [3.0, 2.0], "with attention": [2.5, 1.0]},
              "bleu": 90.04, "bleu_without": 64.06}
    figure = lesson13_5.draw(result)
    left, right = figure.axes[:2]
    assert left.images[0].get_array().tolist() == weights[:3].tolist()      # u v <eos>
    assert [text.get_text() for text in left.get_xticklabels()] == ["x", "y", "z", "<eos>"]
    assert [text.get_text() for text in left.get_yticklabels()] == ["u", "v", "<eos>"]
    assert {line.get_label(): line.get_ydata().tolist() for line in right.lines} == result["losses"]
    assert right.get_title() == "BLEU 90.0 with, 64.1 without"
    plt.close(figure)


# ------------------------------------------------------------------------------------------ BLEU
def test_bleu_of_13_5_is_the_one_of_sacrebleu():
    generator = random.Random(1)
    for _ in range(30):
        pairs = [([generator.choice("abcd") for _ in range(generator.randint(4, 9))],
                  [generator.choice("abcd") for _ in range(generator.randint(4, 9))])
                 for _ in range(3)]
        ours, references = zip(*pairs, strict=True)
        expected = sacrebleu.corpus_bleu([" ".join(words) for words in ours],
                                         [[" ".join(words) for words in references]],
                                         tokenize="none", force=True,
                                         smooth_method="none").score
        assert bleu(ours, references) == pytest.approx(expected, abs=1e-6)
    assert bleu([["a"] * 5], [["a"] * 5]) == pytest.approx(100)
    assert bleu([["b"] * 5], [["a"] * 5]) == 0


@pytest.mark.slow
def test_attention_beats_the_one_vector(run_script):
    last = run_script("lesson13_5.py").stdout.rstrip().split("\n")[-1]
    with_attention, without = map(float, re.findall(r"(\d+\.\d) with", last))
    assert with_attention >= 85 and with_attention - without >= 8


# ------------------------------------------------------------------------------- no four words
@pytest.mark.parametrize("lesson", [lesson13_4, lesson13_5])
def test_bleu_of_0_is_explained_and_the_right_ones_are_counted(
        lesson, tmp_path, monkeypatch, capsys):
    """Of four sentences of two words three are translated right: there is no run of four words."""
    pairs = {"go !": "va !", "run !": "cours !", "wait !": "attends !", "stop !": "non !"}
    path = tmp_path / "pairs.txt"
    path.write_text("".join(f"{en}\t{fr}\n" for en, fr in pairs.items()), encoding="utf-8")

    def translate(model, sentences, *words):
        other = pairs if lesson is lesson13_5 else {fr: en for en, fr in pairs.items()}
        ours = [other.get(" ".join(words), "").replace("non", "oui").replace("stop", "end").split()
                for words in sentences]
        return (ours, torch.zeros(len(ours), 3, 3)) if lesson is lesson13_5 else ours

    monkeypatch.setattr(lesson, "translate", translate)
    lesson.main(train=path, val=path, test=path, epochs=1, hidden=2)
    lines = capsys.readouterr().out.splitlines()
    line = ("BLEU is 0, for in none are four words in a row right; exactly right: 3 of 4")
    assert lines.count(line) == (2 if lesson is lesson13_5 else 1)
    assert lines[-1].startswith("test BLEU 0.0")


@pytest.mark.parametrize("lesson", [lesson13_4, lesson13_5, lesson13_6])
def test_bleu_of_strings_would_count_letters_and_is_refused(lesson):
    for ours, theirs in ((["a b c d"], ["a b c d"]), ([["a"]], ["a"]), (["a"], [["a"]])):
        with pytest.raises(BadInput, match="lists of words, got a string"):
            lesson.bleu(ours, theirs)


def test_the_weights_are_those_of_the_shown_sentence(files, monkeypatch, capsys):
    """A stand-in for translate gives the n-th sentence weights of n + 1 everywhere."""
    def translate(model, sentences, *words):
        count = torch.arange(1.0, len(sentences) + 1).view(-1, 1, 1)
        return [["f1"]] * len(sentences), count.expand(-1, 4, 30)

    monkeypatch.setattr(lesson13_5, "translate", translate)
    result = lesson13_5.main(**files, epochs=1, hidden=4, sentence="e1 e2 e3")
    assert torch.equal(result["weights"], torch.ones(4, 4))     # three words and <eos>
