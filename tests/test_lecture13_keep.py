"""Lesson 13.6: beam search, tied weights, smoothing, checkpoints that know what they have seen."""

import io
import itertools
import math
import os
import pickle
import random
import re
import sys
import zipfile

import pytest
import sacrebleu
import torch
from torch import nn

import lesson13_6 as keep
from utils import BadInput, plot_curve

KEEP_SMALL = {"epochs": 2, "hidden": 16, "batch_size": 16}
PAD, BOS, EOS, UNK = keep.PAD, keep.BOS, keep.EOS, keep.UNK
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]


def make_keep_model(sizes=(12, 10), seed=0, std=None, hidden=8):
    torch.manual_seed(seed)
    model = keep.Translator(words_to(sizes[0]), words_to(sizes[1]), hidden).eval()
    if std is not None:
        for p in model.parameters():        # fresh weights repeat one word for ever
            nn.init.normal_(p, std=std)
    return model


def words_to(size):
    return SPECIAL + [f"w{i}" for i in range(4, size)]


@pytest.fixture
def keep_pairs(tmp_path):
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


# ------------------------------------------------------------------------------- words and files
@pytest.mark.parametrize("sentence, tokens", [
    ("L'homme, dit-il.", "l' homme , dit - il ."),
    ("Qu’est-ce que c’est ?", "qu' est - ce que c' est ?"),
    ("Aujourd'hui j'ai faim !", "aujourd'hui j' ai faim !"),
    ("I'm sure it's Tom's.", "i 'm sure it 's tom 's ."),
    ("Où es-tu\u202f?", "où es - tu ?"),
    ("e\u0301te\u0301", "été"),
    ("Straße 12!", "straße 12 !"),
    ("我们去北京，2008年。", "我 们 去 北 京 ， 2008 年 。"),
    ("iPhoneを買った。", "iphone を 買 っ た 。"),
    ("가나다 라마", "가나다 라마"),                  # Korean has spaces
    ("  ", ""),
])
def test_keep_tokenize(sentence, tokens):
    assert keep.tokenize(sentence) == tokens


def test_thai_is_read_by_characters():
    assert keep.tokenize("สวัสดี").split() == list("สวัสดี")


@pytest.mark.parametrize("sentence", [
    "l'homme, dit-il.", "i'm sure it's tom's.", "a man in a t-shirt, by the sea (at ten).",
    "我们去北京，2008年。", "สวัสดี", "c'est aujourd'hui!", "iphoneを買った。",
])
def test_keep_join_writes_what_people_write(sentence):
    assert keep.join(keep.tokenize(sentence)) == sentence


def test_what_is_joined_is_taken_apart_again_alike():
    sentences = ["'tis - or isn't - 'so'", "a / b", "x-'y", "( a ) [ b ]", '"no", he said', "a--b",
                 "the dogs' ' bones '", "3.5 of 1,000 at 10:30", "我们，OK? 2008年"]
    for path in keep.DATA.glob("*-*-*.txt"):        # what ships in both language pairs
        sentences += path.read_text(encoding="utf-8").replace("\t", "\n").splitlines()
    for sentence in sentences:
        tokens = keep.tokenize(sentence)
        assert keep.tokenize(keep.join(tokens)) == tokens


def test_keep_vocabulary_and_encode():
    words = keep.vocabulary(["b a c c", "a b c d", "ä ä z z"])
    assert words == SPECIAL + ["a", "b", "c", "z", "ä"]
    assert keep.encode(["a q", ""], words).tolist() == [[BOS, 4, UNK, EOS], [BOS, EOS, PAD, PAD]]


def test_keep_reads_both_directions(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("Hi!\tSalut !\tCC-BY\r\nI.\tMoi.\tme\r\n", encoding="utf-8")
    assert keep.read_pairs(path) == [("hi !", "salut !", "Salut !"), ("i .", "moi .", "Moi.")]
    assert keep.read_pairs(path, reverse=True) == [("salut !", "hi !", "Hi!"),
                                                   ("moi .", "i .", "I.")]


@pytest.mark.parametrize("content, message", [
    (b"", "line 1: expected two sentences"),
    (b"Go.\tVa !\n\nRun.\tCours.\n", "line 2: expected two sentences"),
    (b"Go.\tVa !\tx\nRun.\tCou", "line 2: expected two sentences with a tab between, as many tabs"),
    (b"I am\there.\tJe suis l\xc3\xa0.\n", "too few sentences"),     # alone it looks like a pair
    (b"Go.\tVa !\nI am\there.\tJe suis l\xc3\xa0.\n", "line 2: expected two sentences with a tab"),
    (b"1276\tGo.\t77\tVa !\n", "tabs as in line 1 and no number alone, got ['1276', 'Go.']"),
    (b"Phrase\tSentiment\nGo.\t0\n", "line 2: expected two sentences with a tab between"),
    (b"Go.\tVa !\tx\nonly one column\n", "line 2: expected two sentences with a tab between"),
    (b"Go.\tVa !\nGo.\t \n", "line 2: expected two sentences with a tab between"),
    (b"Go.\tVa \xe9!\n", "line 1: expected UTF-8"),
    (None, "No such file"),
    ("Go.\tVa !\n" * 3, "too few sentences to hold some out"),
])
def test_keep_bad_files(tmp_path, content, message):
    path = tmp_path / "pairs.tsv"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadInput) as error:
        keep.main(train=str(path), **KEEP_SMALL)
    assert message in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_keep_holds_out_by_source_sentence(keep_pairs):
    lines = keep_pairs.read_text(encoding="utf-8")
    second = "".join(line.split("\t")[0] + "\tautre\tx\n" for line in lines.splitlines())
    keep_pairs.write_text(lines + second, encoding="utf-8")     # a second translation of each
    parts = keep.read_parts(keep_pairs, None, None, False)
    sources = [{source for source, _, _ in part} for part in parts]
    assert [len(part) for part in sources] == [48, 6, 6] and sum(map(len, parts)) == 120
    assert not any(a & b for a, b in itertools.combinations(sources, 2))
    torch.manual_seed(1)
    assert keep.read_parts(keep_pairs, None, None, False) == parts      # no seed has a say
    pairs, val_pairs, test_pairs = keep.read_parts(keep_pairs, keep_pairs, None, False)
    assert len(val_pairs) == 120 and len(pairs) + len(test_pairs) == 120


def test_of_many_sentences_about_a_thousand_are_held_out(monkeypatch):
    pairs = [(f"w{i}", "x", "x") for i in range(30_500)]
    monkeypatch.setattr(keep, "read_pairs", lambda *_: pairs)
    assert [len(part) for part in keep.read_parts("", None, None, False)] == [28_466, 1_017, 1_017]


def test_keep_batches_hold_every_pair_once_and_little_padding(monkeypatch):
    generator = random.Random(0)
    pairs = [(" ".join(["w4"] * n), " ".join(["w5"] * max(1, n + generator.randint(-3, 3))), str(i))
             for i, n in enumerate(generator.choices(range(1, 30), k=500))]
    sizes, encode = [], keep.encode

    def spy(sentences, words):
        rows = encode(sentences, words)
        sizes.append((len(sentences), sum(len(s.split()) + 2 for s in sentences), rows.numel()))
        return rows

    monkeypatch.setattr(keep, "encode", spy)
    model = make_keep_model(sizes=(6, 6))
    orders = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        sizes.clear()
        keep.run_epoch(model, pairs, 32, nn.CrossEntropyLoss(ignore_index=PAD))
        assert sorted(count for count, _, _ in sizes[::2]) == [20] + [32] * 15
        assert sum(w for _, w, _ in sizes[1::2]) == sum(len(p[1].split()) + 2 for p in pairs)
        assert sum(cells for *_, cells in sizes[1::2]) < 1.1 * sum(w for _, w, _ in sizes[1::2])
        orders.append([cells for *_, cells in sizes])
    assert orders[0] != orders[1]


# ----------------------------------------------------------------------------------------- model
KEEP_SOURCES = [[7, 4, EOS], [5, EOS], [9, 8, 7, 6, 5, EOS]]


def padded(sequences):
    return nn.utils.rnn.pad_sequence([torch.tensor(s) for s in sequences], batch_first=True)


@torch.no_grad()
def test_keep_padding_changes_nothing():
    model = make_keep_model()
    y = torch.tensor([[BOS, 4, 5], [BOS, 6, 7], [BOS, 8, 9]])
    many, weights = model(padded(KEEP_SOURCES), y)
    assert many.shape == (3, 3, 10) and weights.shape == (3, 3, 6)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 3))
    for i, source in enumerate(KEEP_SOURCES):
        one, one_weights = model(padded([source]), y[i:i + 1])
        torch.testing.assert_close(one[0], many[i])
        torch.testing.assert_close(one_weights[0], weights[i, :, :len(source)])
        assert (weights[i, :, len(source):] == 0).all()


@torch.no_grad()
def test_keep_a_word_sees_only_the_words_before_it():
    model = make_keep_model()
    y = torch.tensor([[BOS, 4, 5, 6]] * 3)
    changed = y.clone()
    changed[:, 2] = 9
    a, b = model(padded(KEEP_SOURCES), y)[0], model(padded(KEEP_SOURCES), changed)[0]
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.allclose(a[:, 2], b[:, 2])


def test_tied_weights_are_one_tensor():
    model = make_keep_model()
    assert model.output.weight is model.target_embedding.weight
    state = model.state_dict()
    other = make_keep_model(seed=1)
    other.load_state_dict(state)
    assert other.output.weight is other.target_embedding.weight
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


def test_keep_greedy_is_a_beam_of_one():
    sentences = ["w7 w4", "w5", "w9 w8 w7 w6 w5"]
    words, lengths = words_to(10), set()
    for seed in range(10):
        model = make_keep_model(seed=seed, std=0.8)
        together = keep.translate(model, sentences, beam=1)
        for sentence, translation in zip(sentences, together, strict=True):
            x = padded([[int(word[1:]) for word in sentence.split()] + [EOS]])
            # in a batch all may go on as long as the longest may
            expected = [words[n] for n in greedy_by_hand(model, x, 2 * 6 + 10) if n != PAD]
            tokens = translation.split()
            assert len(tokens) == len(expected)
            assert all(ours == theirs or (theirs == "<unk>" and ours in sentence.split())
                       for ours, theirs in zip(tokens, expected, strict=True))
            lengths.add(len(tokens))
    assert len(lengths) > 3


@torch.no_grad()
def test_keep_a_wide_beam_finds_the_best_of_all_sentences(monkeypatch):
    """A net that ends every sentence after two words, so that all can be tried, one by one."""
    found = set()
    for seed in range(8):
        model = make_keep_model(sizes=(12, 7), seed=seed, std=0.6)
        run = model.forward

        def forward(x, y, run=run):
            logits, weights = run(x, y)
            logits[..., [PAD, BOS, UNK]] = -1e4
            if y.shape[1] == 3:
                logits[:, -1, EOS] += 1e4
            return logits, weights

        monkeypatch.setattr(model, "forward", forward)
        scores = {}
        for n in range(3):
            for numbers in itertools.product([4, 5, 6], repeat=n):
                logits = model(padded([[7, 4, EOS]]), torch.tensor([[BOS, *numbers]]))[0][0]
                log_p = logits.log_softmax(dim=1)[range(n + 1), [*numbers, EOS]]
                scores[" ".join(f"w{i}" for i in numbers)] = log_p.mean().item()
        best = max(scores, key=scores.get)
        assert keep.translate(model, ["w7 w4"], beam=30) == [best]
        found.add(best)
    assert len(found) > 2


def test_a_sentence_is_translated_alone_as_in_company():
    model = make_keep_model(std=0.8)
    sentences = ["w7 w4", "w5 w6", "w9 w8", "w4 w4"] * 20
    together = keep.translate(model, sentences, beam=3)
    assert len(together) == 80 and together[:4] == together[-4:]
    assert [keep.translate(model, [s], beam=3)[0] for s in sentences[:4]] == together[:4]
    assert len(set(together)) > 1


def test_keep_unk_becomes_the_word_looked_at_most():
    model = make_keep_model(sizes=(12, 6))
    with torch.no_grad():
        model.output.bias[UNK] += 50
    source = ["w5", "Zanzibar", "w7"]
    [translation] = keep.translate(model, [" ".join(source)], beam=1)
    tokens = translation.split()
    x, y = padded([[5, UNK, 7, EOS]]), torch.tensor([[BOS] + [UNK] * (len(tokens) - 1)])
    looks_at = model(x, y)[1][0, :, :3].argmax(dim=1).tolist()
    assert len(tokens) > 10 and tokens == [source[place] for place in looks_at]


@pytest.mark.parametrize("training", [True, False])
def test_keep_leaves_the_mode_of_the_net_as_it_was(training):
    model = make_keep_model().train(training)
    translations = keep.translate(model, ["w4 w5", "w6"])
    pairs = [("w4 w5", "w6", "w6")]
    losses = [keep.run_epoch(model, pairs, 2, nn.CrossEntropyLoss(ignore_index=PAD))
              for _ in range(2)]
    assert model.training is training and losses[0] == losses[1]        # no dropout in either
    assert keep.translate(model, ["w4 w5", "w6"]) == translations


# ------------------------------------------------------------------------------- losses and BLEU
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
    for seed in range(20):
        torch.manual_seed(seed)
        logits = target.clamp(min=1e-9).log() + 0.1 * torch.randn(50)
        assert criterion(logits.unsqueeze(0), torch.tensor([7])).item() > floor - 1e-6


def test_keep_loss_is_a_mean_over_words():
    model = make_keep_model()
    pairs = [("w4", "w4", ""), ("w5 w6 w7", "w5 w6 w7 w8 w9", ""), ("w8", "nobody", "")]
    total = 0.0
    for source, target, _ in pairs:
        numbers = [int(word[1:]) if word[0] == "w" else UNK for word in target.split()] + [EOS]
        x = torch.tensor([[int(word[1:]) for word in source.split()] + [EOS]])
        logits = model(x, torch.tensor([[BOS, *numbers[:-1]]]))[0][0]
        total += nn.functional.cross_entropy(logits, torch.tensor(numbers), reduction="sum").item()
    for batch_size in (1, 2, 3):
        loss = keep.run_epoch(model, pairs, batch_size, nn.CrossEntropyLoss(ignore_index=PAD))
        assert loss == pytest.approx(total / 10, rel=1e-5)


def test_keep_bleu_is_that_of_sacrebleu():
    generator = random.Random(0)
    for trial in range(60):
        words = list("abcdefgh.,")[:generator.randint(1, 10)]
        references = [generator.choices(words, k=generator.randint(1, 12)) for _ in range(8)]
        noisy = [[w if generator.random() < trial / 60 else generator.choice("xyz.") for w in line]
                 for line in references]
        translations = [line[:generator.randint(0, 14)] for line in noisy]
        theirs = sacrebleu.corpus_bleu([" ".join(line) for line in translations],
                                       [[" ".join(line) for line in references]], tokenize="none",
                                       force=True, smooth_method="none")
        assert keep.bleu(translations, references) == pytest.approx(theirs.score, abs=1e-6)


# ------------------------------------------------------------------------------------- checkpoints
def test_a_kept_net_translates_alike_and_needs_no_data(keep_pairs, tmp_path, monkeypatch, capsys):
    path, sentence = tmp_path / "net.pt", "e1 e2 Zanzibar, e3"
    trained = keep.main(train=str(keep_pairs), save=str(path), sentence=sentence, seed=1,
                        **KEEP_SMALL)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.pt", "pairs.tsv"]
    capsys.readouterr()
    again = keep.main(load=str(path), test=str(keep_pairs), sentence=sentence, seed=5)
    assert again == trained and trained["bleu"] is not None
    assert "6 of 60 pairs to test are new to the net" in capsys.readouterr().out
    for name in ("read_text", "DATA"):
        monkeypatch.delattr(keep, name)
    alone = keep.main(load=str(path), sentence=sentence, seed=9)
    assert alone == {"losses": trained["losses"], "translation": trained["translation"]}
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{sentence} -> {trained['translation']}"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_loaded_net_is_scored_on_what_it_has_seen(keep_pairs, tmp_path, monkeypatch, reverse,
                                                     seed):
    """Whatever the seed, and also where val and test came from files of their own."""
    lines = keep_pairs.read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in (("a", lines[:40]), ("b", lines[40:45]), ("c", lines[45:])):
        (tmp_path / name).write_text("".join(part), encoding="utf-8")
    a, b, c = (str(tmp_path / name) for name in "abc")
    translated = []

    def spy(model, sentences, beam):
        translated.extend(sentences)
        return ["f1 f2 f3 f4" for _ in sentences]

    monkeypatch.setattr(keep, "translate", spy)
    path = str(tmp_path / "net.pt")
    for settings, unseen in (({"train": a, "val": b, "test": c}, lines[45:]),
                             ({"train": str(keep_pairs)}, None)):
        keep.main(save=path, reverse=reverse, seed=seed, **settings, **KEEP_SMALL)
        tested = set(translated)
        translated.clear()
        keep.main(load=path, test=str(keep_pairs), seed=1 - seed)
        assert set(translated) == tested
        if unseen is not None:
            assert tested == {line.split("\t")[1 if reverse else 0] for line in unseen}
        translated.clear()
    with pytest.raises(BadInput, match="nothing to translate"):
        keep.main(load=path, test=a) if unseen is not None else keep.main(load=path)


def test_keep_checkpoint_holds_what_a_net_needs(keep_pairs, tmp_path):
    path = tmp_path / "net.pt"
    keep.main(train=str(keep_pairs), save=str(path), seed=3, reverse=True, **KEEP_SMALL)
    saved = torch.load(path, weights_only=True)
    assert saved["seed"] == 3 and saved["reverse"] is True
    assert saved["settings"]["hidden"] == 16 and saved["settings"]["dropout"] == 0.1
    assert len(set(saved["seen"])) == 54 and all(line[0] == "f" for line in saved["seen"])
    assert saved["settings"]["source_words"][:5] == [*SPECIAL, "f0"]
    assert saved["settings"]["target_words"][:5] == [*SPECIAL, "e0"]


def test_keep_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "net.pt"
    path.write_bytes(b"the net of yesterday")

    def full_disk(checkpoint, file):
        with open(file, "wb") as part:
            part.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(BadInput, match="No space left"):
        keep.save_checkpoint(path, {})
    assert path.read_bytes() == b"the net of yesterday" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("settings, message", [
    ({"save": "no/net.pt"}, "existing folder for --save"),
    ({"save": "."}, "expected a file"),
    ({"sentence": "  "}, "expected a sentence with words"),
    ({"sentence": ""}, "expected a sentence with words"),
])
def test_keep_says_before_training_what_is_wrong(monkeypatch, tmp_path, settings, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(keep, "read_pairs")
    with pytest.raises(BadInput, match=message):
        keep.main(**settings)


class KeepEvil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint", pickle.dumps(KeepEvil()),
                                     {"a": 1}, [1], KeepEvil(),
                                     {"settings": {"source_words": list("abcd"),
                                                   "target_words": list("abcd"), "hidden": 1},
                                      "weights": make_keep_model((4, 4), hidden=1).state_dict()}])
def test_keep_a_file_that_is_no_checkpoint(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(BadInput, match="expected a file that lesson13_6 saved") as error:
        keep.main(load=str(path), sentence="hello")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "evil").exists()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The bytes of a checkpoint."""
    path = tmp_path_factory.mktemp("kept") / "net.pt"
    model = make_keep_model()
    settings = {"source_words": words_to(12), "target_words": words_to(10), "hidden": 8,
                "dropout": 0.1}
    keep.save_checkpoint(path, {"settings": settings, "weights": model.state_dict(), "seed": 0,
                                "reverse": False, "seen": ["w4"], "losses": {"training": [1.0]}})
    assert keep.load_checkpoint(path)[1:] == (False, {"w4"}, {"training": [1.0]})
    return path.read_bytes()


def test_keep_a_checkpoint_cut_at_every_tenth(kept, tmp_path):
    path = tmp_path / "net.pt"
    for tenth in range(10):
        path.write_bytes(kept[:len(kept) * tenth // 10])
        with pytest.raises(BadInput, match="expected a file that lesson13_6 saved") as error:
            keep.main(load=str(path), sentence="w5")
        assert "\n" not in str(error.value)


def test_keep_a_weight_that_was_flipped_is_seen(kept, tmp_path):
    """PyTorch alone reads it without a word."""
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        name = max((member for member in archive.infolist() if "/data/" in member.filename),
                   key=lambda member: member.file_size)
        place = kept.index(archive.read(name)) + name.file_size // 2
    path.write_bytes(kept[:place] + bytes([kept[place] ^ 64]) + kept[place + 1:])
    assert set(torch.load(path, weights_only=True)) == {"settings", "weights", "seed", "reverse",
                                                        "seen", "losses"}
    with pytest.raises(BadInput, match="damaged weights"):
        keep.load_checkpoint(path)


def test_keep_a_checkpoint_of_other_settings(kept, tmp_path):
    """Weights of one width under the settings of another, a setting too many, no vocabulary."""
    path = tmp_path / "net.pt"
    saved = torch.load(io.BytesIO(kept), weights_only=True)
    for change in ({"hidden": 9}, {"layers": 2}, {"target_words": words_to(11)},
                   {"source_words": 12}, {"dropout": 7}, {"hidden": 10**9}):
        torch.save(saved | {"settings": saved["settings"] | change}, path)
        with pytest.raises(BadInput, match="expected a file that lesson13_6 saved") as error:
            keep.load_checkpoint(path)
        assert "\n" not in str(error.value)


# ------------------------------------------------------------------------------ a reader's run
def test_keep_same_seed_same_result(keep_pairs):
    a, b, c = (keep.main(train=str(keep_pairs), seed=seed, **KEEP_SMALL) for seed in (3, 3, 4))
    assert a == b and a["losses"] != c["losses"]


def test_keep_says_floor_and_characters(tmp_path, capsys):
    lines = [f"the old {a} {b}\t那{a}{b}\n" for a in "大小红黑" for b in "猫狗鸟鱼人"]
    (tmp_path / "zh.tsv").write_text("".join(lines), encoding="utf-8")
    result = keep.main(train=str(tmp_path / "zh.tsv"), **KEEP_SMALL)
    out = capsys.readouterr().out
    assert "no spaces between words: there a token is a character, so is it for BLEU\n" in out
    assert "tok:char" in out
    right, other = 0.9 + 0.1 / 14, 0.1 / 14         # of ten characters and the four special words
    floor = -right * math.log(right) - 13 * other * math.log(other)
    assert result["losses"]["its floor"] == pytest.approx([floor] * 2, rel=1e-5)
    assert out.count(f"never below {floor:.4f}") == 2


def test_bleu_of_0_is_explained_and_the_right_ones_are_counted(tmp_path, monkeypatch, capsys):
    """Sentences of three characters have no run of four: BLEU 0, though two of three are right."""
    pairs = [("a", "那 大 猫", "那大猫"), ("b", "那 小 猫", "那小猫"), ("c", "那 小 鱼", "那小鱼")]
    ours = iter([["x"] * 3, ["那 大 猫", "那 小 猫", "那 小 狗"]])
    monkeypatch.setattr(keep, "translate", lambda *_: next(ours))
    result = keep.report(make_keep_model(), pairs, {"d"}, None, 5, {})
    lines = capsys.readouterr().out.splitlines()
    assert result["bleu"] == 0 and lines[-1] == "test BLEU 0.0, greedy 0.0"
    assert lines[-2] == ("2 of 3 translations are exactly right; BLEU is 0, for in none are four "
                         "words in a row right")


def test_unknown_words_and_what_was_seen_are_counted(monkeypatch, capsys):
    pairs = [("w4 w5", "w4 w5 w6 w7", ""), ("w4 zebra", "w4 zèbre", ""), ("w6 w7", "w8 w9", "")]
    monkeypatch.setattr(keep, "translate", lambda model, sources, width: [
        target for source, target, _ in pairs if source in sources])
    keep.report(make_keep_model((8, 8)), pairs, {"w6 w7"}, None, 5, {})
    out = capsys.readouterr().out
    assert ("2 of 3 pairs to test are new to the net; unknown to it: 25.0% of their words, "
            "16.7% of the references'\n") in out
    assert "2 of 2 translations are exactly right\n" in out


def test_keep_prints_what_it_returns_and_draws_it(keep_pairs, capsys):
    result = keep.main(train=str(keep_pairs), **KEEP_SMALL)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"test BLEU {result['bleu']:.1f}, greedy {result['greedy']:.1f}"
    curves = {line.get_label(): list(line.get_ydata())
              for line in plot_curve(result["losses"]).axes[0].lines}
    assert curves == result["losses"] and len(curves) == 3


def test_keep_without_sacrebleu(keep_pairs, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    keep.main(train=str(keep_pairs), **KEEP_SMALL)
    assert "pip install sacrebleu" in capsys.readouterr().out


def test_keep_smallest_settings(keep_pairs):
    result = keep.main(train=str(keep_pairs), epochs=1, batch_size=1, hidden=1, beam=1)
    assert plot_curve(result["losses"]).axes[0].lines


@pytest.mark.slow
def test_keep_default_run(run_script):
    run = run_script("lesson13_6.py")
    assert run.returncode == 0 and run.stderr == ""
    assert float(re.search(r"test BLEU ([\d.]+)", run.stdout)[1]) >= 88
