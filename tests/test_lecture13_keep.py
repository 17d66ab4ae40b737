"""Lesson 13.6: beam search, tied weights, smoothing, checkpoints that know what they have seen."""

import itertools
import random
import re
import sys

import pytest
import torch
from torch import nn

import lesson13_6 as keep
from lesson13_6 import BOS, EOS, PAD, UNK
from utils import BadInput

SMALL = {"epochs": 2, "hidden": 16, "batch_size": 16}
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]


def words_to(size):
    return SPECIAL + [f"w{i}" for i in range(4, size)]


def make_model(sizes=(12, 10), seed=0, std=None):
    torch.manual_seed(seed)
    model = keep.Translator(words_to(sizes[0]), words_to(sizes[1]), 8).eval()
    if std is not None:
        for p in model.parameters():        # fresh weights repeat one word for ever
            nn.init.normal_(p, std=std)
    return model


@pytest.fixture
def pairs_file(tmp_path):
    """A file of 60 pairs: the right side is the left one, word by word."""
    generator = random.Random(0)
    lines = set()
    while len(lines) < 60:
        numbers = [generator.randrange(8) for _ in range(generator.randint(1, 5))]
        left, right = (" ".join(f"{letter}{i}" for i in numbers) for letter in "ef")
        lines.add(f"{left}\t{right}\tx\n")
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(sorted(lines)), encoding="utf-8")
    return path


# ----------------------------------------------------------------------------------------- model
SOURCES = [[7, 4, EOS], [5, EOS], [9, 8, 7, 6, 5, EOS]]


def padded(sequences):
    return nn.utils.rnn.pad_sequence([torch.tensor(s) for s in sequences], batch_first=True)


@torch.no_grad()
def test_padding_changes_nothing():
    model = make_model().double()
    y = torch.tensor([[BOS, 4, 5], [BOS, 6, 7], [BOS, 8, 9]])
    x = nn.functional.pad(padded(SOURCES), (0, 2))          # more than is needed
    many, weights = model(x, y)
    assert many.shape == (3, 3, 10) and weights.shape == (3, 3, 8)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 3).double())
    for i, source in enumerate(SOURCES):
        one, one_weights = model(padded([source]), y[i:i + 1])
        torch.testing.assert_close(one[0], many[i])
        torch.testing.assert_close(one_weights[0], weights[i, :, :len(source)])
        assert (weights[i, :, len(source):] == 0).all()


@torch.no_grad()
def test_a_word_sees_only_the_words_before_it():
    model = make_model()
    y = torch.tensor([[BOS, 4, 5, 6]] * 3)
    changed = y.clone()
    changed[:, 2] = 9
    a, b = model(padded(SOURCES), y)[0], model(padded(SOURCES), changed)[0]
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.allclose(a[:, 2], b[:, 2])


def test_tied_weights_are_one_tensor():
    model, other = make_model(), make_model(seed=1)
    other.load_state_dict(model.state_dict())
    for net in (model, other):
        assert net.output.weight is net.target_embedding.weight
    names = [name for name, _ in model.named_parameters()]
    assert "target_embedding.weight" in names and "output.weight" not in names


# ----------------------------------------------------------------------------------------- search
@torch.no_grad()
def greedy_by_hand(model, x, steps):
    words = []
    for _ in range(steps):
        word = model(x, torch.tensor([[BOS] + words]))[0][0, -1].argmax().item()
        if word == EOS:
            break
        words.append(word)
    return words


def test_greedy_is_a_beam_of_one():
    words, lengths = words_to(10), set()
    for seed in range(10):
        model = make_model(seed=seed, std=0.8)
        for sentence in (["w7", "w4"], ["w5"], ["w9", "w8", "w7", "w6", "w5"]):
            x = padded([[int(word[1:]) for word in sentence] + [EOS]])
            expected = [words[n] for n in greedy_by_hand(model, x, 2 * x.shape[1] + 10)]
            translation = keep.search(model, sentence, beam=1)
            assert len(translation) == len(expected)
            for ours, theirs in zip(translation, expected, strict=True):
                assert ours == theirs or (theirs == "<unk>" and ours in sentence)
            lengths.add(len(translation))
    assert len(lengths) > 3


@torch.no_grad()
def test_a_wide_beam_finds_the_best_of_all_sentences(monkeypatch):
    """A net that ends every sentence after two words, so that all can be tried, one by one."""
    found = set()
    for seed in range(8):
        model = make_model(sizes=(12, 7), seed=seed, std=0.6)
        decode = model.decode

        def short(y, memory, decode=decode):
            logits, weights = decode(y, memory)
            logits[..., [PAD, BOS, UNK]] = -1e4
            if y.shape[1] == 3:
                logits[:, -1, EOS] += 1e4
            return logits, weights

        monkeypatch.setattr(model, "decode", short)
        scores = {}
        for n in range(3):
            for numbers in itertools.product([4, 5, 6], repeat=n):
                logits = model(padded([[7, 4, EOS]]), torch.tensor([[BOS, *numbers]]))[0][0]
                log_p = logits.log_softmax(dim=1)[range(n + 1), [*numbers, EOS]]
                scores[" ".join(f"w{i}" for i in numbers)] = log_p.mean().item()
        best = max(scores, key=scores.get)
        assert " ".join(keep.search(model, ["w7", "w4"], beam=30)) == best
        found.add(best)
    assert len(found) > 2


def test_unk_becomes_the_word_looked_at_most():
    model = make_model(sizes=(12, 6))
    with torch.no_grad():
        model.output.bias[UNK] += 50
    source = ["w5", "Zanzibar", "w7"]
    translation = keep.search(model, source, beam=1)
    x, y = padded([[5, UNK, 7, EOS]]), torch.tensor([[BOS] + [UNK] * (len(translation) - 1)])
    looks_at = model(x, y)[1][0, :, :3].argmax(dim=1).tolist()
    assert len(translation) > 10 and translation == [source[place] for place in looks_at]
    assert keep.search(model, [], beam=2)           # nothing to copy: still no error


def test_strings_are_refused():
    for call in (lambda: keep.translate_all(make_model(), ["w4 w5"]),
                 lambda: keep.search(make_model(), "w4 w5")):
        with pytest.raises(BadInput):
            call()


def test_dropout_is_for_training_alone():
    model, pairs = make_model(std=0.8), [(["w4", "w5"], ["w6"], "w6")]
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    loader = keep.make_batches(pairs, model.source_words, model.target_words, 2)
    losses, translations = set(), []
    for _ in range(2):
        losses.add(keep.test_translator(model.train(), loader, criterion))
        translations.append(keep.search(model.train(), ["w4", "w5"]))
    assert len(losses) == 1 and translations[0] == translations[1]


# ------------------------------------------------------------------------------------- smoothing
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_floor_is_the_entropy_of_the_smoothed_target(smoothing):
    target = torch.full((50,), smoothing / 50)
    target[7] += 1 - smoothing
    floor = keep.smoothing_floor(smoothing, 50)
    entropy = torch.distributions.Categorical(probs=target).entropy().item()
    assert floor == pytest.approx(entropy, abs=1e-5)
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
    best = criterion(target.clamp(min=1e-30).log().unsqueeze(0), torch.tensor([7])).item()
    assert best == pytest.approx(floor, abs=1e-5)               # reached by the target itself


# ------------------------------------------------------------------------------------- checkpoints
def test_a_kept_net_translates_alike_and_needs_no_data(pairs_file, tmp_path, monkeypatch, capsys):
    path, sentence = tmp_path / "net.pt", "e1 e2 Zanzibar, e3"
    trained = keep.main(train=str(pairs_file), save=str(path), sentence=sentence, seed=1, **SMALL)
    capsys.readouterr()
    again = keep.main(load=str(path), test=str(pairs_file), sentence=sentence, seed=5)
    assert again == trained
    assert re.search(r"\d of 60 pairs to test are new to the net", capsys.readouterr().out)
    for name in ("read_pairs", "read_pair_parts"):
        monkeypatch.delattr(keep, name)
    alone = keep.main(load=str(path), sentence=sentence, seed=9)
    assert alone == {"losses": trained["losses"], "translation": trained["translation"]}
    assert capsys.readouterr().out == f"{sentence} -> {trained['translation']}\n"


@pytest.mark.parametrize("reverse", [False, True])
def test_no_loaded_net_is_scored_on_what_it_has_seen(pairs_file, tmp_path, monkeypatch, reverse):
    lines = pairs_file.read_text(encoding="utf-8").splitlines(keepends=True)
    paths = {}
    for name, part in (("train", lines[:40]), ("val", lines[40:45]), ("test", lines[45:])):
        (tmp_path / name).write_text("".join(part), encoding="utf-8")
        paths[name] = str(tmp_path / name)
    translated = set()

    def spy(model, sentences, beam):
        translated.update(" ".join(words) for words in sentences)
        return [["f1", "f2", "f3", "f4"]] * len(sentences)

    monkeypatch.setattr(keep, "translate_all", spy)
    path = str(tmp_path / "net.pt")
    keep.main(save=path, reverse=reverse, **paths, **SMALL)
    tested = translated.copy()
    translated.clear()
    keep.main(load=path, test=str(pairs_file))
    assert translated == tested == {line.split("\t")[1 if reverse else 0] for line in lines[45:]}
    with pytest.raises(BadInput, match="nothing to translate"):
        keep.main(load=path, test=paths["train"])


@pytest.mark.parametrize(("settings", "message"), [
    ({"save": "no/net.pt"}, "existing folder for --save"), ({"save": "."}, "expected a file"),
    ({"sentence": "  "}, "expected 1 to 200 words"), ({"sentence": ""}, "expected 1 to 200 words"),
    ({"sentence": "no " * 201}, "expected 1 to 200 words"),
    ({"dropout": 1.0}, "expected less than 1"), ({"smoothing": 1.5}, "expected less than 1")])
def test_what_is_wrong_is_said_before_training(monkeypatch, tmp_path, settings, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(keep, "read_pair_parts")
    with pytest.raises(BadInput, match=message):
        keep.main(**settings)


@pytest.mark.parametrize("change", [
    {"hidden_size": 9}, {"layers": 2}, {"target_words": words_to(11)}, {"source_words": 12},
    {"dropout": 7}, {"hidden_size": 10**9}, None])
def test_a_checkpoint_of_other_settings_or_of_something_else(tmp_path, change):
    """Weights of one width under the settings of another, a setting too many, no vocabulary."""
    path = tmp_path / "net.pt"
    settings = {"source_words": words_to(12), "target_words": words_to(10), "hidden_size": 8,
                "dropout": 0.1}
    saved = {"settings": settings, "weights": make_model().state_dict(), "reverse": False,
             "seen": ["w4"], "losses": {}}
    keep.files.save(path, saved)
    assert keep.load_translator(path)[1:] == (False, {"w4"}, {})
    keep.files.save(path, saved | {"settings": settings | change} if change else {"a": 1})
    with pytest.raises(BadInput, match="net.pt: expected a file that lesson13_6.py saved"):
        keep.load_translator(path)


# ------------------------------------------------------------------------------ a reader's run
def test_floor_and_characters_are_told(tmp_path, capsys):
    lines = [f"the old {a} {b}\t那{a}{b}\n" for a in "大小红黑" for b in "猫狗鸟鱼人"]
    (tmp_path / "zh.tsv").write_text("".join(lines), encoding="utf-8")
    result = keep.main(train=str(tmp_path / "zh.tsv"), **SMALL)
    out = capsys.readouterr().out
    assert "tok:char" in out
    floor = keep.smoothing_floor(0.1, 14)           # ten characters and the four special words
    assert result["losses"]["its floor"] == [floor] * 2
    assert out.count(f"never below {floor:.4f}") == 2


def test_bleu_of_0_is_explained_and_the_right_ones_are_counted(monkeypatch, capsys):
    """Sentences of three characters have no run of four: BLEU 0, though two of three are right."""
    targets = [list("那大猫"), list("那小猫"), list("那小鱼")]
    pairs = [([name], words, "".join(words)) for name, words in zip("abc", targets, strict=True)]
    ours = iter([[["x"]] * 3, [*targets[:2], list("那小狗")]])
    monkeypatch.setattr(keep, "translate_all", lambda *_: next(ours))
    result = keep.report(make_model(), pairs, {"d"}, None, 5, {})
    lines = capsys.readouterr().out.splitlines()
    assert result["bleu"] == 0 and lines[-1] == "test BLEU 0.0, greedy 0.0"
    assert lines[-2] == ("2 of 3 translations are exactly right; BLEU is 0, for in none are four "
                         "words in a row right")


def test_unknown_words_and_what_was_seen_are_counted(monkeypatch, capsys):
    pairs = [(source.split(), target.split(), target) for source, target in (
        ("w4 w5", "w4 w5 w6 w7"), ("w4 zebra", "w4 zèbre"), ("w6 w7", "w8 w9"))]
    monkeypatch.setattr(keep, "translate_all", lambda model, sources, width: [
        target for source, target, _ in pairs if source in sources])
    keep.report(make_model((8, 8)), pairs, {"w6 w7"}, None, 5, {})
    out = capsys.readouterr().out
    assert ("2 of 3 pairs to test are new to the net; unknown to it: 25.0% of their words, "
            "16.7% of the references'\n") in out
    assert "2 of 2 translations are exactly right\n" in out


def test_what_is_printed_is_returned_and_drawn(pairs_file, capsys):
    result = keep.main(train=str(pairs_file), **SMALL)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"test BLEU {result['bleu']:.1f}, greedy {result['greedy']:.1f}"
    curves = {line.get_label(): list(line.get_ydata()) for line in keep.draw(result).axes[0].lines}
    assert curves == result["losses"] and len(curves) == 3


def test_without_sacrebleu(pairs_file, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    keep.main(train=str(pairs_file), **SMALL)
    assert "pip install sacrebleu" in capsys.readouterr().out


@pytest.mark.slow
def test_default_run_of_the_translator_to_keep(run_script):
    run = run_script("lesson13_6.py")
    assert float(re.search(r"test BLEU ([\d.]+)", run.stdout)[1]) >= 88
