"""Lesson 13.4: words and files, one vector for a sentence, greedy decoding, BLEU, training."""

import itertools
import random
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import sacrebleu
import torch
import torch.nn.functional as F

import lesson13_4
from lesson13_4 import BOS, EOS, PAD, UNK, Translator, bleu, translate
from utils import DATA, BadInput

SMALL = {"epochs": 2, "hidden": 16, "batch_size": 16}
SOURCES = [["a", "b"], ["c"], ["d", "a", "b", "c", "d", "zzz"]]     # the first two get padding
SOURCE_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
TARGET_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "A", "B", "C"]


def make_translator(seed=0):
    torch.manual_seed(seed)
    model = Translator(len(SOURCE_WORDS), len(TARGET_WORDS), embedding=4, hidden=8)
    with torch.no_grad():
        for p in model.parameters():                # fresh weights repeat one word for ever
            p.normal_(std=0.8)
    return model


@pytest.fixture
def files(pair_files):
    return pair_files("g")


# --------------------------------------------------------------------------------- words and files
@pytest.mark.parametrize(("sentence", "words"), [
    ("Ich hab's, sagt er.", "ich hab 's , sagt er ."),
    ("I’m the baker's son!", "i 'm the baker 's son !"),
    ("Wo ist der TÜRKISCHE Kaffee?", "wo ist der türkische kaffee ?"),
    ("12 Äpfel", "12 äpfel"),
    (" \u00a0 ", ""),
])
def test_german_and_english_words(sentence, words):
    assert lesson13_4.tokenize(sentence) == words.split()


def test_pairs_of_a_file(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes(b"\xef\xbb\xbfWatch out!\tPass auf!\tCC-BY\r\nGo.\tLos!\tme\r\n\r\n")
    english, german = lesson13_4.read_pairs(path)
    assert english == [["watch", "out", "!"], ["go", "."]]
    assert german == [["pass", "auf", "!"], ["los", "!"]]


def test_the_pairs_that_ship():
    for part, size in (("train", 8403), ("val", 400), ("test", 500)):
        english, german = lesson13_4.read_pairs(DATA / f"deu-eng-{part}.txt")
        assert len(english) == len(german) == size
    assert english[0] == ["anna", "and", "peter", "like", "to", "drink", "milk", "."]
    assert german[0] == ["anna", "und", "peter", "trinken", "gern", "milch", "."]


@pytest.mark.parametrize(("content", "message"), [
    (b"", "line 1: expected English TAB German, as many tabs as in line 1 and no number alone"),
    (b"Go.\tLos!\tx\nonly one column\n", "line 2: expected English TAB German"),
    (b"Go.\tLos!\tx\nRun.\tLau", "line 2: expected English TAB German"),
    (b"Go.\tLos!\n\nRun.\tLauf.\n", "line 2: expected English TAB German"),
    (b"Go.\t \tx\n", "line 1: expected English TAB German"),
    (b"1276\tGo.\t77\tLos!\n", "no number alone, got ['1276', 'Go.']"),
    (b"Go.\tLos!\nGo.\t 0 \n", "line 2: expected English TAB German"),
    (b"Go.\tLos!\nI am\there.\tIch bin da.\n", "line 2: expected English TAB German"),
    ("Go.\t走吧。\n".encode(), "line 1: no space between words: see lesson13_6.py"),
    (b"Go.\tW\xe4hle!\n", "line 1: expected UTF-8"),
    (None, "No such file"),
])
@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_a_bad_file_of_pairs_is_named(files, tmp_path, part, content, message):
    path = tmp_path / "pairs.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        lesson13_4.main(**files | {part: str(path)})
    assert str(path) in str(error.value) and message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_file_of_pairs_is_one_line_for_the_reader(run_script, tmp_path):
    (tmp_path / "p.txt").write_text("One.\tEins.\nTwo.\n", encoding="utf-8")
    run = run_script("lesson13_4.py", "--train", tmp_path / "p.txt")
    assert run.returncode == 1 and run.stdout == ""
    assert re.fullmatch(r"lesson13_4\.py: .*p\.txt, line 2: expected .* \['Two\.'\]\n", run.stderr)


def test_what_is_learned_and_what_is_unknown_is_told(files, capsys):
    train = Path(files["train"]).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(train[:3]) + "e1\tg1 g2 zebra g3 g1\tx\n"
    Path(files["test"]).write_text(text, encoding="utf-8")
    words = sum(len(line.split("\t")[1].split()) for line in text.splitlines())
    lesson13_4.main(**files, **SMALL)
    assert capsys.readouterr().out.splitlines()[0] == (
        f"4 to translate, 3 also in training; unknown words {1 / words:.1%}")


def test_the_vocabulary_has_what_is_seen_twice():
    words = lesson13_4.vocabulary([["b", "a", "b"], ["c", "a"], ["b"]])
    assert words == ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b"]
    assert [words[i] for i in (PAD, BOS, EOS, UNK)] == words[:4]


def test_sentences_become_numbers_with_padding():
    x = lesson13_4.encode([["b", "zzz", "a"], ["a"]], SOURCE_WORDS)
    assert x.tolist() == [[5, UNK, 4, EOS], [4, EOS, PAD, PAD]] and x.dtype == torch.int64


def test_joined_sentences_hold_every_word_once():
    sentences = [["a", "."], ["b", "c"], ["d"], ["e"], ["f", "."]]
    assert lesson13_4.join(sentences) == [["a", ".", "b", "c"], ["d", "e"], ["f", "."]]
    assert lesson13_4.join(sentences[:1]) == sentences[:1]
    assert sentences[0] == ["a", "."]               # the sentences themselves stay
    _, german = lesson13_4.read_pairs(DATA / "deu-eng-test.txt")
    joined = lesson13_4.join(german)
    assert len(joined) == 250
    assert [*itertools.chain(*joined)] == [*itertools.chain(*german)]


# ------------------------------------------------------------------------------------------- model
def test_sizes_of_the_translator_are_its_arguments():
    model = Translator(11, 13, embedding=4, hidden=8)
    assert model.source_embedding.weight.shape == (11, 4)
    assert model.target_embedding.weight.shape == (13, 4)
    assert model.encoder.bidirectional and model.encoder.hidden_size == 4
    assert (model.decoder.input_size, model.decoder.hidden_size) == (12, 8)
    logits = model(torch.ones(3, 5, dtype=torch.long), torch.ones(3, 7, dtype=torch.long))
    assert logits.shape == (3, 7, 13)


def test_padding_keeps_out_of_the_vector():
    model = make_translator()
    many = model.encode(lesson13_4.encode(SOURCES, SOURCE_WORDS))           # (3, 8)
    for i, source in enumerate(SOURCES):
        one = model.encode(lesson13_4.encode([source], SOURCE_WORDS))
        torch.testing.assert_close(one[0], many[i])
    other = Translator(9, 9, embedding=4, hidden=8, pad=7)
    padded = other.encode(torch.tensor([[4, 5, EOS, 7, 7], [4, 5, 6, 4, EOS]]))
    torch.testing.assert_close(padded[:1], other.encode(torch.tensor([[4, 5, EOS]])))


def test_the_vector_is_made_of_both_last_states():
    model = make_translator()
    x = torch.tensor([[4, 5, EOS]])
    states, _ = model.encoder(model.source_embedding(x))        # (1, 3, 2E)
    last = torch.cat([states[0, -1, :4], states[0, 0, 4:]])     # backward ends at the first word
    torch.testing.assert_close(model.encode(x)[0], torch.tanh(model.vector(last)))


def test_the_decoder_gets_the_vector_at_every_step_and_starts_from_it():
    """As the diagram shows it, one step after the other by hand."""
    model = make_translator(1)
    x, y = torch.tensor([[4, 5, EOS]]), torch.tensor([[BOS, 4, 6]])
    vector = model.encode(x)                                    # (1, H)
    state = vector.unsqueeze(0)
    expected = []
    for t in range(3):
        step = torch.cat([model.target_embedding(y[:, t]), vector], dim=1).unsqueeze(1)
        _, state = model.decoder(step, state)
        expected.append(model.output(state[-1]))
    torch.testing.assert_close(model(x, y), torch.stack(expected, dim=1))


def test_teacher_forcing_reads_bos_and_the_true_words():
    model = make_translator(2)
    criterion = torch.nn.CrossEntropyLoss(ignore_index=PAD)
    x, y = torch.tensor([[4, EOS, PAD], [5, 6, EOS]]), torch.tensor([[4, EOS, PAD], [6, 5, EOS]])
    logits = model(x, torch.tensor([[BOS, 4, EOS], [BOS, 6, 5]]))
    losses = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
    expected = losses[[0, 1, 3, 4, 5]].mean()       # of five tokens, not of the padding
    torch.testing.assert_close(lesson13_4.mean_loss(model, criterion, x, y), expected)


def test_greedy_decoding_is_the_argmax_under_teacher_forcing():
    lengths = set()
    for seed in range(8):
        model = make_translator(seed)
        for source, translation in zip(SOURCES, translate(model, SOURCES, SOURCE_WORDS,
                                                          TARGET_WORDS), strict=True):
            x, words = lesson13_4.encode([source], SOURCE_WORDS), []
            while len(words) < 2 * 7 + 10:          # the longest of the batch: 6 words and <eos>
                word = model(x, torch.tensor([[BOS] + words]))[0, -1].argmax().item()
                if word == EOS:
                    break
                words.append(word)
            assert translation == [TARGET_WORDS[i] for i in words]
            lengths.add(len(words))
    assert len(lengths) > 3


# -------------------------------------------------------------------------------------------- BLEU
def sacrebleu_score(ours, references):
    return sacrebleu.corpus_bleu([" ".join(words) for words in ours],
                                 [[" ".join(words) for words in references]],
                                 tokenize="none", smooth_method="none").score


def test_bleu_is_the_one_of_sacrebleu():
    generator = random.Random(1)
    scores = []
    for trial in range(200):
        references = [generator.choices("abcdef", k=generator.randint(1, 9))
                      for _ in range(generator.randint(1, 8))]
        ours = [[w if generator.random() < trial / 200 else "x" for w in words]
                for words in references]
        ours = [words[:generator.randint(0, 12)] + generator.choices("ab", k=trial % 3)
                for words in ours]
        scores.append(bleu(ours, references))
        assert scores[-1] == pytest.approx(sacrebleu_score(ours, references), abs=1e-6)
    assert 0.0 in scores and max(scores) > 60


@pytest.mark.parametrize(("ours", "zeros"), [
    ("a b c x y z", 1), ("a b x c d y", 2), ("a x b y c z", 3), ("a b c d", 0), ("x y z u", 4)])
def test_one_share_of_zero_makes_bleu_zero(ours, zeros):
    ours, reference = ours.split(), [*"abcdef"]
    right = [len({*zip(*(ours[i:] for i in range(n)), strict=False)}
                 & {*zip(*(reference[i:] for i in range(n)), strict=False)}) for n in range(1, 5)]
    assert right.count(0) == zeros
    assert bleu([ours], [reference]) == pytest.approx(sacrebleu_score([ours], [reference]))
    assert (bleu([ours], [reference]) == 0) == (zeros > 0)


def test_bleu_by_hand():
    assert bleu([["a", "b", "c", "d"]], [["a", "b", "c", "d"]]) == pytest.approx(100)
    # Shares 4/5, 3/4, 2/3, 1/2; no penalty.
    assert bleu([list("abcdx")], [list("abcde")]) == pytest.approx(100 * 0.2 ** 0.25)
    assert bleu([[]], [["a"]]) == 0.0


# ---------------------------------------------------------------------------------------- training
def test_same_seed_same_translator(files):
    a, b, c = (lesson13_4.main(**files, **SMALL | {"seed": seed}) for seed in (3, 3, 4))
    assert a == b and a["losses"] != c["losses"]
    assert len(a["losses"]) == len(a["val_losses"]) == 2


def test_pairs_to_watch_and_to_test_change_nothing_in_training(files, tmp_path):
    first = lesson13_4.main(**files, **SMALL)
    other = tmp_path / "other.txt"
    other.write_text("e1 e9 e9\tg1 g9 g9\ne2 e3\tg2 g3\n", encoding="utf-8")
    val = lesson13_4.main(**files | {"val": str(other)}, **SMALL)
    assert val["losses"] == first["losses"] and val["bleu"] == first["bleu"]
    assert val["val_losses"] != first["val_losses"]
    test = lesson13_4.main(**files | {"test": str(other)}, **SMALL)
    assert test["losses"] == first["losses"] and test["val_losses"] == first["val_losses"]


def test_both_losses_are_means_over_tokens(files, monkeypatch):
    """Nothing learned, one pair a batch: sentences of 1 to 5 words count by their tokens."""
    made = []
    monkeypatch.setattr(lesson13_4, "Translator",
                        lambda *sizes: made.append(Translator(*sizes)) or made[-1])
    result = lesson13_4.main(**files, **SMALL | {"epochs": 1, "batch_size": 1, "lr": 1e-12})
    english, german = lesson13_4.read_pairs(files["train"])
    words = lesson13_4.vocabulary(german), lesson13_4.vocabulary(english)
    english_val, german_val = lesson13_4.read_pairs(files["val"])
    join = lesson13_4.join
    for x, y, loss in ((german, english, result["losses"][0]),
                       (german_val + join(german_val), english_val + join(english_val),
                        result["val_losses"][0])):
        x, y = lesson13_4.encode(x, words[0]), lesson13_4.encode(y, words[1])
        before = torch.cat([torch.full((len(y), 1), BOS), y[:, :-1]], dim=1)
        logits = made[0](x, before)
        expected = F.cross_entropy(logits[y != PAD], y[y != PAD])
        assert loss == pytest.approx(expected.item(), rel=1e-5)


def test_every_second_batch_is_of_joined_pairs(files, monkeypatch):
    seen, encode = [], lesson13_4.encode
    monkeypatch.setattr(lesson13_4, "encode",
                        lambda sentences, words: seen.append(sentences) or encode(sentences, words))
    lesson13_4.main(**files, **SMALL)
    _, german = lesson13_4.read_pairs(files["train"])
    steps = seen[3:19:2]                            # German of 2 epochs of 60 pairs, 4 batches each
    assert [len(sentences) for sentences in steps] == [16, 8, 16, 6] * 2
    for sentences, english in zip(steps, seen[4:19:2], strict=True):
        assert [[f"e{word[1:]}" for word in words] for words in sentences] == english
    for epoch in (steps[:4], steps[4:]):            # each pair once
        words = [word for sentences in epoch for sentence in sentences for word in sentence]
        assert sorted(words) == sorted(itertools.chain(*german))
    assert steps[:4] != steps[4:]


def test_what_is_printed_is_what_is_returned(files, capsys):
    result = lesson13_4.main(**files, **SMALL | {"epochs": 25})
    out = capsys.readouterr().out
    epochs = re.findall(r"(?m)^epoch +(\d+)/25 \| loss ([\d.]+) \| val ([\d.]+)$", out)
    assert [int(epoch) for epoch, *_ in epochs] == [1, *range(2, 25, 2), 25]
    for epoch, loss, val in epochs:
        assert loss == f"{result['losses'][int(epoch) - 1]:.4f}"
        assert val == f"{result['val_losses'][int(epoch) - 1]:.4f}"
    assert result["losses"][-1] < result["losses"][0]
    assert out.endswith(f"\ntest BLEU {result['bleu']:.1f}, "
                        f"two in a row {result['bleu_two']:.1f}\n")


def test_bleu_by_length_is_that_of_the_sentences_of_that_length(monkeypatch):
    """A stand-in for the net forgets the first word of all that is longer than four words."""
    def forgetful(model, sentences, source_words, target_words):
        return [words[len(words) > 4:] for words in sentences]

    monkeypatch.setattr(lesson13_4, "translate", forgetful)
    german = [[f"w{i}" for i in range(length)] for length in [4] * 12 + [6] * 14 + [9] * 3]
    one, two, by_length = lesson13_4.report(None, german, german, [], [])
    assert by_length["3-4"] == pytest.approx(100) and by_length["5-6"] < 100
    assert one == pytest.approx(sacrebleu_score(forgetful(None, german, [], []), german))
    joined = [words * 2 for words in german[:12:2]] + [words * 2 for words in german[12:26:2]]
    joined += [german[26] * 2, german[28]]
    assert two == pytest.approx(sacrebleu_score(forgetful(None, joined, [], []), joined))
    # 12 of 4 words, 14 of 6; joined 6 of 8 words and 7 of 12, both too few to count; 9: three
    assert list(by_length) == ["3-4", "5-6"]


def test_the_figure_shows_losses_and_the_score_of_each_length():
    result = {"losses": [3.0, 2.0], "val_losses": [2.5, 2.25],
              "by_length": {"5-6": 75.0, "11-12": 30.0}}
    figure = lesson13_4.draw(result)
    left, right = figure.axes
    assert {line.get_label(): line.get_xydata().tolist() for line in left.lines} == {
        "training": [[1, 3], [2, 2]], "validation": [[1, 2.5], [2, 2.25]]}
    assert [bar.get_height() for bar in right.patches] == [75, 30]
    assert [text.get_text() for text in right.get_xticklabels()] == ["5-6", "11-12"]
    assert right.get_ylim() == (0, 100)
    plt.close(figure)


@pytest.mark.slow
def test_default_run_of_the_translator(run_script):
    last = run_script("lesson13_4.py").stdout.splitlines()[-1]
    one, two = re.fullmatch(r"test BLEU ([\d.]+), two in a row ([\d.]+)", last).groups()
    assert 70 <= float(one) < 100
    assert float(two) + 20 < float(one)     # the same sentences: one vector holds one, not two


def test_bleu_by_length_counts_odd_lengths_too(monkeypatch):
    monkeypatch.setattr(lesson13_4, "translate", lambda model, sentences, *_: sentences)
    german = [[f"w{i}" for i in range(5)]] * 12
    *_, by_length = lesson13_4.report(None, german, german, [], [])
    assert by_length == {"5-6": pytest.approx(100)}
