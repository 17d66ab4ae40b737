"""Lesson 13.5: attention step by step, padding, with and without it, the heat map."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F

import lesson13_4
import lesson13_5
from lesson13_5 import BOS, EOS, PAD, AttentionTranslator, look, translate
from utils import BadInput

SMALL = {"epochs": 2, "batch_size": 16, "hidden": 16}
SOURCES = [["a", "b"], ["a", "b", "c", "d", "zzz", "a"], ["c", "d", "zzz"]]
SOURCE_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
TARGET_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "A", "B", "C"]


def make_translator(attention=True, seed=0, hidden=8):
    torch.manual_seed(seed)
    model = AttentionTranslator(len(SOURCE_WORDS), len(TARGET_WORDS), hidden, attention)
    with torch.no_grad():
        for p in model.parameters():                # fresh weights repeat one word for ever
            p.normal_(std=0.8)
    return model


@pytest.fixture
def files(pair_files):
    return pair_files("f")


# ------------------------------------------------------------------------------------ attention
@pytest.mark.parametrize("attention", [True, False])
def test_attention_sums_to_one_and_padding_gets_none(attention):
    model = make_translator(attention).double()
    x = F.pad(lesson13_5.encode(SOURCES, SOURCE_WORDS), (0, 2))         # more than is needed
    logits, weights = model(x, torch.tensor([[BOS, 4, 5, 6]] * 3))
    assert logits.shape == (3, 4, len(TARGET_WORDS))
    assert weights.shape == (3, 4, x.shape[1] if attention else 1)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 4).double())
    if attention:
        padding = (x == PAD)[:, None].expand_as(weights)
        assert weights[padding].max() == 0 and weights[~padding].min() > 0


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("hidden", [8, 9])
def test_padding_changes_no_translation(attention, hidden):
    model = make_translator(attention, hidden=hidden)
    sentences = SOURCES * 30                        # two batches
    together = translate(model, sentences, SOURCE_WORDS, TARGET_WORDS)
    assert len(together) == 90 and together[:3] == together[-3:]
    for sentence, translation in zip(SOURCES, together[:3], strict=True):
        [alone] = translate(model, [sentence], SOURCE_WORDS, TARGET_WORDS)
        assert translation[:len(alone)] == alone    # alone it is cut off earlier
        weights = look(model, sentence, translation, SOURCE_WORDS, TARGET_WORDS)
        assert weights.shape == (len(translation) + 1, len(sentence) + 1 if attention else 1)


def test_a_step_is_that_of_the_docstring():
    """State, scores, context and output of the first two steps, written out."""
    model = make_translator()
    x, y = lesson13_5.encode(SOURCES[:1], SOURCE_WORDS), torch.tensor([[BOS, 4]])
    state, context, states, _, mask = model.encode(x)
    assert mask.all() and not context.any()
    logits, weights = model(x, y)
    for t in range(2):
        word = model.target_embedding(y[:, t])
        state = model.decoder(torch.cat([word, context], dim=1), state)
        scores = torch.stack([state[0] @ model.key(h) for h in states[0]])
        torch.testing.assert_close(weights[0, t], scores.softmax(dim=0))
        context = (weights[0, t][:, None] * states[0]).sum(dim=0, keepdim=True)
        features = torch.tanh(model.combine(torch.cat([state, context], dim=1)))
        torch.testing.assert_close(logits[0, t], model.output(features)[0])


def test_the_decoder_starts_from_the_last_states_and_without_attention_sees_only_them():
    model = make_translator(attention=False)
    x = lesson13_5.encode(SOURCES, SOURCE_WORDS)
    state, _, states, _, mask = model.encode(x)
    _, last = model.encoder(model.source_embedding(x[:1, :3]))          # a b <eos>
    vector = torch.cat([last[0, 0], last[1, 0]])
    torch.testing.assert_close(states[0, 0], vector)
    torch.testing.assert_close(state[0], torch.tanh(model.start(vector)))
    assert states.shape == (3, 1, 8) and mask.tolist() == [[True]] * 3


def test_both_nets_have_the_same_weights_at_first():
    nets = []
    for attention in (True, False):
        torch.manual_seed(3)
        nets.append(AttentionTranslator(9, 7, 8, attention).state_dict())
    assert all(torch.equal(nets[0][name], nets[1][name]) for name in nets[0])


def test_greedy_is_the_argmax_under_teacher_forcing():
    """Fed with its own words as if they were the true ones, the net writes the same words."""
    lengths = set()
    for seed in range(8):
        model = make_translator(seed=seed)
        for source in SOURCES:
            [words] = translate(model, [source], SOURCE_WORDS, TARGET_WORDS)
            x = lesson13_5.encode([source], SOURCE_WORDS)
            y = lesson13_5.encode([words], TARGET_WORDS)[:, :len(words) + 1]
            logits, _ = model(x, F.pad(y[:, :-1], (1, 0), value=BOS))
            written = [TARGET_WORDS[i] for i in logits[0].argmax(dim=1).tolist()]
            if len(words) < 2 * x.shape[1] + 10:    # else it was cut off
                words = words + [TARGET_WORDS[EOS]]
            assert written[:len(words)] == words
            lengths.add(len(words))
    assert len(lengths) > 3


# -------------------------------------------------------------------------------------- training
@pytest.mark.parametrize("sentence", ["", "  ", "no " * 401])
def test_an_empty_sentence_is_refused_before_anything_is_read(monkeypatch, sentence):
    monkeypatch.delattr(lesson13_5, "read_pair_parts")
    with pytest.raises(BadInput, match="--sentence: expected 1 to 400 words, got"):
        lesson13_5.main(sentence=sentence)


def test_the_result_is_of_the_shown_sentence(files, capsys):
    result = lesson13_5.main(**files, **SMALL, sentence="e1 e2 e3")
    assert result["words"] == ["e1", "e2", "e3"]
    assert result["weights"].shape == (len(result["translation"]) + 1, 4)
    lines = capsys.readouterr().out.rstrip().split("\n")
    assert "e1 e2 e3 -> " + " ".join(result["translation"]) in lines
    found = re.fullmatch(r"test BLEU ([\d.]+) with attention, ([\d.]+) without", lines[-1])
    assert [float(number) for number in found.groups()] == [
        round(result["bleu"], 1), round(result["bleu_without"], 1)]


def test_a_word_order_turned_round_is_learned_with_attention(tmp_path):
    """e1 e2 e3 -> f3 f2 f1: each word written looks at its own source word."""
    generator = torch.Generator().manual_seed(0)
    lines = []
    for length in torch.randint(2, 5, (400,), generator=generator).tolist():
        numbers = torch.randint(6, (length,), generator=generator).tolist()
        english = " ".join(f"e{i}" for i in numbers)
        french = " ".join(f"f{i}" for i in reversed(numbers))
        lines.append(f"{english}\t{french}\n")
    paths = {}
    for part, chosen in (("train", lines[:300]), ("val", lines[300:330]), ("test", lines[330:])):
        paths[part] = str(tmp_path / f"{part}.txt")
        (tmp_path / f"{part}.txt").write_text("".join(chosen), encoding="utf-8")
    result = lesson13_5.main(**paths, epochs=10, batch_size=16, hidden=32, lr=0.02,
                             sentence="e1 e2 e3 e4")
    assert result["bleu"] > 90 and result["bleu"] > result["bleu_without"] + 8
    assert result["translation"] == ["f4", "f3", "f2", "f1"]
    assert result["weights"][:4, :4].argmax(dim=1).tolist() == [3, 2, 1, 0]


def test_the_heat_map_and_the_losses_are_drawn():
    weights = torch.rand(3, 4).softmax(dim=1)
    result = {"words": ["x", "y", "z"], "translation": ["u", "v"], "weights": weights,
              "losses": {"without attention": [3.0, 2.0], "with attention": [2.5, 1.0]},
              "bleu": 90.04, "bleu_without": 64.06}
    figure = lesson13_5.draw(result)
    left, right = figure.axes[:2]
    assert left.images[0].get_array().tolist() == weights.tolist()
    assert [text.get_text() for text in left.get_xticklabels()] == ["x", "y", "z", "<eos>"]
    assert [text.get_text() for text in left.get_yticklabels()] == ["u", "v", "<eos>"]
    assert {line.get_label(): line.get_ydata().tolist() for line in right.lines} == result["losses"]
    assert right.get_title() == "BLEU 90.0 with, 64.1 without"
    plt.close(figure)


def test_translate_is_learned_once():
    """The same text as in lesson 13.4, and it drives the net of the other lesson."""
    model = make_translator()
    assert lesson13_4.translate(model, SOURCES, SOURCE_WORDS, TARGET_WORDS) == translate(
        model, SOURCES, SOURCE_WORDS, TARGET_WORDS)


@pytest.mark.slow
def test_attention_beats_the_one_vector(run_script):
    last = run_script("lesson13_5.py").stdout.rstrip().split("\n")[-1]
    with_attention, without = re.fullmatch(
        r"test BLEU ([\d.]+) with attention, ([\d.]+) without", last).groups()
    assert float(with_attention) >= 85 and float(with_attention) - float(without) >= 8
