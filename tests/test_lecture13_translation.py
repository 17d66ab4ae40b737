"""Lesson 13.4: the vector, the decoder, teacher forcing, greedy translation, sentences joined."""

import itertools
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lesson13_4
from lesson13_4 import BOS, EOS, PAD, UNK, OneVectorTranslator, translate
from utils import BadInput

SMALL = {"epochs": 2, "batch_size": 16, "hidden": 16}
SOURCES = [["a", "b"], ["a", "b", "c", "d", "zzz", "a"], ["c"]]     # the first and last get padding
SOURCE_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
TARGET_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "A", "B", "C"]


def make_translator(seed=0):
    torch.manual_seed(seed)
    model = OneVectorTranslator(len(SOURCE_WORDS), len(TARGET_WORDS), 4, 8)
    with torch.no_grad():
        for p in model.parameters():                # fresh weights repeat one word for ever
            p.normal_(std=0.8)
    return model


@pytest.fixture
def files(pair_files):
    return pair_files("g")


# ------------------------------------------------------------------------------ words and batches
def test_sentences_become_numbers_with_padding():
    x = lesson13_4.encode([["b", "zzz", "a"], ["a"], []], SOURCE_WORDS)
    assert x.tolist() == [[5, UNK, 4, EOS], [4, EOS, PAD, PAD], [EOS, PAD, PAD, PAD]]
    assert [SOURCE_WORDS[i] for i in (PAD, BOS, EOS, UNK)] == SOURCE_WORDS[:4]
    with pytest.raises(BadInput):
        lesson13_4.encode(["a b"], SOURCE_WORDS)


def test_batches_hold_every_pair_once_with_little_padding():
    torch.manual_seed(0)
    pairs = []
    for i in range(300):
        length = 1 + i % 20
        pairs.append((["a"] * length, ["A"] * (length + i % 3), str(i)))
    first = lesson13_4.make_batches(pairs, SOURCE_WORDS, TARGET_WORDS, 32)
    second = lesson13_4.make_batches(pairs, SOURCE_WORDS, TARGET_WORDS, 32)
    for batches in (first, second):
        assert sorted(len(x) for x, y in batches) == [12] + [32] * 9
        lengths = [n for x, y in batches for n in (y != PAD).sum(dim=1).tolist()]
        assert sorted(lengths) == sorted(len(target) + 1 for _, target, _ in pairs)
        assert sum(y.numel() for x, y in batches) < 1.1 * sum(lengths)
    assert [x.tolist() for x, y in first] != [x.tolist() for x, y in second]
    assert pairs[0][2] == "0" and pairs[-1][2] == "299"         # the list itself stays


def test_joined_pairs_hold_every_word_once():
    pairs = [(["a"], ["A"], "A"), (["b", "c"], ["B"], "B"), (["d"], ["D"], "D")]
    assert lesson13_4.join(pairs) == [(["a", "b", "c"], ["A", "B"], "A B"), (["d"], ["D"], "D")]
    assert lesson13_4.join(pairs[:1]) == pairs[:1] and lesson13_4.join([]) == []
    assert pairs[0] == (["a"], ["A"], "A")          # the pairs themselves stay


def test_half_of_the_pairs_are_joined_and_each_is_there_once():
    torch.manual_seed(0)
    pairs = [([f"w{i}"], [f"W{i}"], str(i)) for i in range(41)]
    first, second = lesson13_4.mix(pairs), lesson13_4.mix(pairs)
    assert first != second
    for mixed in (first, second):
        assert sorted(len(source) for source, _, _ in mixed) == [1] * 21 + [2] * 10
        words = list(itertools.chain(*(source for source, _, _ in mixed)))
        assert sorted(words) == sorted(f"w{i}" for i in range(41))
        for source, target, _ in mixed:
            assert [word.upper() for word in source] == target


# ------------------------------------------------------------------------------------------- model
def test_padding_keeps_out_of_the_vector():
    model = make_translator().double()
    x = F.pad(lesson13_4.encode(SOURCES, SOURCE_WORDS), (0, 3))         # more than is needed
    _, many = model.encode(x)                                           # (3, 8)
    for i, source in enumerate(SOURCES):
        _, one = model.encode(lesson13_4.encode([source], SOURCE_WORDS))
        torch.testing.assert_close(one[0], many[i])


def test_other_sizes_and_another_number_for_padding():
    model = OneVectorTranslator(11, 13, 5, 6, pad=10)
    _, padded = model.encode(torch.tensor([[4, 5, EOS, 10, 10], [4, 5, 6, 4, EOS]]))
    torch.testing.assert_close(padded[:1], model.encode(torch.tensor([[4, 5, EOS]]))[1])
    logits, _ = model(torch.ones(3, 5, dtype=torch.long), torch.ones(3, 7, dtype=torch.long))
    assert logits.shape == (3, 7, 13)


def test_the_vector_is_made_of_both_last_states():
    model = make_translator()
    x = torch.tensor([[4, 5, EOS]])
    states, _ = model.encoder(model.source_embedding(x))        # (1, 3, 2E)
    last = torch.cat([states[0, -1, :4], states[0, 0, 4:]])     # backward ends at the first word
    torch.testing.assert_close(model.encode(x)[1][0], torch.tanh(model.vector(last)))


def test_the_decoder_gets_the_vector_at_every_step_and_starts_from_it():
    """As the diagram shows it, one step after the other by hand."""
    model = make_translator(1)
    x, y = torch.tensor([[4, 5, EOS]]), torch.tensor([[BOS, 4, 6]])
    _, vector = model.encode(x)                                 # (1, H)
    state = vector.unsqueeze(0)
    expected = []
    for t in range(3):
        step = torch.cat([model.target_embedding(y[:, t]), vector], dim=1).unsqueeze(1)
        _, state = model.decoder(step, state)
        expected.append(model.output(state[-1]))
    torch.testing.assert_close(model(x, y)[0], torch.stack(expected, dim=1))


@pytest.mark.parametrize("training", [True, False])
def test_the_loss_is_of_teacher_forcing_and_a_mean_over_words(training):
    """The decoder reads <bos> and the true words; of batches of 1 and 2 the words count alike."""
    model = make_translator(2)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    x, y = torch.tensor([[4, EOS, PAD], [5, 6, EOS]]), torch.tensor([[4, EOS, PAD], [6, 5, EOS]])
    logits, _ = model(x, torch.tensor([[BOS, 4, EOS], [BOS, 6, 5]]))
    losses = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
    expected = (losses[[0, 1, 3, 4, 5]].sum() + losses[[0, 1]].sum()).item() / 7
    loader = [(x, y), (x[:1, :2], y[:1, :2])]
    if training:
        optimizer = torch.optim.SGD(model.parameters(), 0)      # learns nothing
        schedule = torch.optim.lr_scheduler.ConstantLR(optimizer)
        loss = lesson13_4.train_translator(model, loader, criterion, optimizer, schedule)
    else:
        loss = lesson13_4.test_translator(model, loader, criterion)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert model.training == training


def test_greedy_decoding_is_the_argmax_under_teacher_forcing():
    lengths = set()
    for seed in range(8):
        model = make_translator(seed)
        sentences = SOURCES * 30                    # two batches
        translations = translate(model, sentences, SOURCE_WORDS, TARGET_WORDS)
        assert translations[:3] == translations[-3:] and len(translations) == 90
        for source, translation in zip(SOURCES, translations[:3], strict=True):
            x, words = lesson13_4.encode([source], SOURCE_WORDS), []
            while len(words) < 2 * 7 + 10:          # the longest of the batch: 6 words and <eos>
                word = model(x, torch.tensor([[BOS] + words]))[0][0, -1].argmax().item()
                if word == EOS:
                    break
                words.append(word)
            assert translation == [TARGET_WORDS[i] for i in words]
            lengths.add(len(words))
    assert len(lengths) > 3


def test_strings_are_refused():
    with pytest.raises(BadInput):
        translate(make_translator(), ["a b"], SOURCE_WORDS, TARGET_WORDS)


# ---------------------------------------------------------------------------------------- training
def test_what_stands_in_both_and_what_is_unknown_is_told(files, capsys):
    train = Path(files["train"]).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(train[:3]) + "e1 e2\tg1 g2 zebra g3 g1\tx\n"
    Path(files["test"]).write_text(text, encoding="utf-8")
    words = sum(len(line.split("\t")[1].split()) for line in text.splitlines())
    lesson13_4.main(**files, **SMALL)
    assert (f"4 to translate, 3 also in training; unknown words {1 / words:.1%}"
            in capsys.readouterr().out.splitlines())


def test_what_is_printed_is_what_is_returned(files, capsys):
    result = lesson13_4.main(**files, **SMALL | {"epochs": 25})
    out = capsys.readouterr().out
    epochs = re.findall(r"(?m)^epoch +(\d+)/25 \| loss ([\d.]+) \| validation ([\d.]+)$", out)
    assert [int(epoch) for epoch, *_ in epochs] == [1, *range(2, 25, 2), 25]
    for epoch, loss, val in epochs:
        assert loss == f"{result['losses'][int(epoch) - 1]:.4f}"
        assert val == f"{result['val_losses'][int(epoch) - 1]:.4f}"
    assert result["losses"][-1] < result["losses"][0]
    assert out.endswith(f"\ntest BLEU {result['bleu']:.1f}, "
                        f"two in a row {result['bleu_two']:.1f}\n")


def test_bleu_by_length_is_that_of_the_sentences_of_that_length():
    """A stand-in for the net forgets the first word of all that is longer than four words."""
    german = [[f"w{i}" for i in range(length)] for length in [4] * 12 + [5] * 7 + [6] * 7 + [9] * 3]
    ours = [words[len(words) > 4:] for words in german]
    by_length = lesson13_4.bleu_by_length(german, ours, german)
    assert list(by_length) == ["3-4", "5-6"]                    # three of 9 words are too few
    assert by_length["3-4"] == pytest.approx(100) and by_length["5-6"] < 100
    assert by_length["5-6"] == lesson13_4.bleu(ours[12:26], german[12:26])


def test_bleu_of_0_is_explained_and_the_right_ones_are_counted(tmp_path, monkeypatch, capsys):
    """Of four sentences of two words three are translated right: there is no run of four words."""
    path = tmp_path / "pairs.txt"
    path.write_text("go !\tgeh !\nrun !\tlauf !\nwait !\twarte !\nstop !\thalt !\n",
                    encoding="utf-8")
    english = {"geh": "go", "lauf": "run", "warte": "wait", "halt": "end"}
    monkeypatch.setattr(lesson13_4, "translate", lambda model, sentences, *words: [
        [english.get(word, word) for word in sentence] for sentence in sentences])
    lesson13_4.main(train=str(path), val=str(path), test=str(path), epochs=1, hidden=2)
    out = capsys.readouterr().out
    assert "BLEU is 0, for in none are four words in a row right; exactly right: 3 of 4\n" in out


def test_the_figure_shows_losses_and_the_score_of_each_length():
    result = {"losses": [3.0, 2.0], "val_losses": [2.5, 2.25],
              "by_length": {"5-6": 75.0, "11-12": 30.0}}
    figure = lesson13_4.draw(result)
    left, right = figure.axes
    assert {line.get_label(): line.get_xydata().tolist() for line in left.lines} == {
        "training": [[1, 3], [2, 2]], "validation": [[1, 2.5], [2, 2.25]]}
    assert [bar.get_height() for bar in right.patches] == [75, 30]
    assert [text.get_text() for text in right.get_xticklabels()] == ["5-6", "11-12"]
    plt.close(figure)


@pytest.mark.slow
def test_default_run_of_the_translator(run_script):
    last = run_script("lesson13_4.py").stdout.splitlines()[-1]
    one, two = re.fullmatch(r"test BLEU ([\d.]+), two in a row ([\d.]+)", last).groups()
    assert 70 <= float(one) < 100
    assert float(two) + 20 < float(one)     # the same sentences: one vector holds one, not two
