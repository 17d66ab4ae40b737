"""Lesson 13_5: attention, masks, beam search, BLEU, checkpoints, files."""

import itertools
import os
import pickle
import random
import re
import subprocess
import sys

import pytest
import sacrebleu
import torch

import lesson13_5 as lesson
from conftest import LIUER
from lesson13_5 import BOS, EOS, PAD, UNK, Translator, bleu, main, search, tokenize, translate
from utils import BadInput

SMALL = {"epochs": 2, "hidden": 16, "batch_size": 16}


def words_of(numbers):
    return [f"w{i}" for i in numbers]


def pad(sequences):
    return lesson.pad([torch.tensor(s) for s in sequences], "cpu")


@pytest.fixture
def sources():
    """Three sources of different length, closed by <eos>; the first two get padding in a batch."""
    return [[7, 4, EOS], [5, EOS], [9, 8, 7, 6, 5, EOS]]


def make_model(attention=True, sizes=(12, 10), seed=0):
    torch.manual_seed(seed)
    return Translator(*sizes, hidden=8, attention=attention).eval()


@pytest.fixture
def anki(tmp_path):
    """A file of 60 pairs in the anki form: the French side is the English one, word by word."""
    generator = random.Random(0)
    lines = set()
    while len(lines) < 60:
        numbers = [generator.randrange(8) for _ in range(generator.randint(1, 5))]
        english, french = (" ".join(f"{letter}{i}" for i in numbers) for letter in "ef")
        lines.add(f"{english}\t{french}\tx\n")
    path = tmp_path / "fra.txt"
    path.write_text("".join(sorted(lines)), encoding="utf-8")
    return path


# --------------------------------------------------------------------------------- words and files
@pytest.mark.parametrize("sentence, words", [
    ("L'homme, dit-il.", "l' homme , dit - il ."),
    ("Qu’est-ce que c’est ?", "qu' est - ce que c' est ?"),
    ("Aujourd'hui j'ai faim !", "aujourd'hui j' ai faim !"),
    ("I'm sure it's Tom's.", "i 'm sure it 's tom 's ."),
    ("Où es-tu\u202f?", "où es - tu ?"),
    ("e\u0301te\u0301", "été"),
    ("Straße 12!", "straße 12 !"),
    ("  ", ""),
])
def test_tokenize(sentence, words):
    assert tokenize(sentence) == words.split()


def test_vocabulary_order_depends_on_counts_and_letters_only():
    sentences = [s.split() for s in ("b a c c", "a b c d", "ä ä z z")]
    expected = ["<pad>", "<bos>", "<eos>", "<unk>", "c", "a", "b", "z", "ä"]
    assert lesson.vocabulary(sentences) == expected
    assert lesson.vocabulary(reversed([s[::-1] for s in sentences])) == expected
    words = [f"w{i % 50}" for i in range(200)]          # in another process the hashes differ
    code = f"import lesson13_5; print(lesson13_5.vocabulary([{words}]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         env=os.environ | {"PYTHONPATH": str(LIUER), "PYTHONHASHSEED": "7"})
    assert run.stdout == f"{lesson.vocabulary([words])}\n"


def test_a_word_without_a_number_becomes_unk():
    numbers = lesson.encode([["a", "q"], []], ["<pad>", "<bos>", "<eos>", "<unk>", "a"])
    assert [row.tolist() for row in numbers] == [[4, UNK, EOS], [EOS]]


def test_both_forms_and_both_directions(tmp_path):
    (tmp_path / "p.txt").write_text("Hi!\tSalut !\tCC-BY\r\nI.\tMoi.\tCC-BY\r\n", encoding="utf-8")
    (tmp_path / "p.en").write_text("Hi!\nI.\n", encoding="utf-8")
    (tmp_path / "p.fr").write_text("Salut !\nMoi.\n", encoding="utf-8")
    pairs = [(["hi", "!"], ["salut", "!"]), (["i", "."], ["moi", "."])]
    for path in (tmp_path / "p.txt", tmp_path / "p"):
        assert lesson.read_pairs(path, "en", "fr") == pairs
        assert lesson.read_pairs(path, "fr", "en") == [(t, s) for s, t in pairs]


@pytest.mark.parametrize("content, message", [
    (b"", "got an empty file"),
    (b"\n\n", "got an empty file"),
    (b"Go.\tVa !\tx\nonly one column\n", "line 2: expected a sentence in each of two columns"),
    (b"Go.\tVa !\nGo.\t \n", "line 2: expected a sentence in each of two columns"),
    (b"Go.\tVa \xe9!\n", "in UTF-8, got: 'utf-8' codec can't decode"),
    (None, "No such file"),
])
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "pairs.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        main(train=str(path))
    assert message in str(error.value) and str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_unequal_line_counts(tmp_path):
    (tmp_path / "p.en").write_text("One.\nTwo.\n", encoding="utf-8")
    (tmp_path / "p.fr").write_text("Un.\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"as many lines in \.en as in \.fr, got 2 and 1"):
        main(train=str(tmp_path / "p"))


def test_languages_that_do_not_fit(anki):
    with pytest.raises(BadInput, match="no pairs ship for --source de --target fr"):
        main(source="de", target="fr")
    with pytest.raises(BadInput, match="English and one other language"):
        main(train=str(anki), source="de", target="fr", **SMALL)


def test_a_bad_file_is_one_line_for_the_reader(run_script, tmp_path):
    (tmp_path / "bad.txt").write_text("no tab here\n", encoding="utf-8")
    run = run_script("lesson13_5.py", "--train", tmp_path / "bad.txt")
    assert run.returncode == 1 and run.stdout == ""
    assert re.fullmatch(r"lesson13_5\.py: .*bad\.txt: line 1: expected .*\n", run.stderr)


def test_held_out_parts_share_no_source_sentence(anki):
    with open(anki, "a", encoding="utf-8") as file:     # a second translation of each sentence
        file.writelines(f"{line.split(chr(9))[0]}\tautre\n" for line in
                        anki.read_text(encoding="utf-8").splitlines())
    torch.manual_seed(0)
    parts = lesson.read_parts(str(anki), None, None, "en", "fr")
    sides = [{" ".join(source) for source, _ in part} for part in parts]
    assert [len(side) for side in sides] == [49, 6, 5] and sum(map(len, parts)) == 120
    assert not any(a & b for a, b in itertools.combinations(sides, 2))


def test_batches_hold_every_pair_once_and_little_padding():
    torch.manual_seed(0)
    x = [torch.zeros(n) for n in torch.randint(1, 30, (1000,)).tolist()]
    y = [torch.zeros(max(1, len(s) + n)) for s, n in zip(x, torch.randint(-3, 4, (1000,)).tolist(),
                                                         strict=True)]
    first, second = lesson.batches(x, y, 32), lesson.batches(x, y, 32)
    assert sorted(i for batch in first for i in batch) == list(range(1000)) and first != second
    cells = sum(len(batch) * max(len(y[i]) for i in batch) for batch in first)
    assert cells < 1.05 * sum(map(len, y))


# ------------------------------------------------------------------------------------------- model
@pytest.mark.parametrize("attention", [True, False])
def test_padding_changes_nothing(sources, attention):
    model = make_model(attention)
    y = torch.tensor([[BOS, 4, 5], [BOS, 6, 7], [BOS, 8, 9]])
    many, weights = model(pad(sources), y)
    assert many.shape == (3, 3, 10)
    for i, source in enumerate(sources):
        one, one_weights = model(pad([source]), y[i:i + 1])
        torch.testing.assert_close(one[0], many[i])
        torch.testing.assert_close(one_weights[0], weights[i, :, :one_weights.shape[2]])
        assert translate(model, words_of(source[:-1]), words_of(range(12)), words_of(range(10)))


def test_attention_rows_sum_to_one_and_padding_gets_zero(sources):
    x = pad(sources)
    _, weights = make_model()(x, torch.tensor([[BOS, 4, 5, 6]] * 3))
    assert weights.shape == (3, 4, 6)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 4))
    padding = (x == PAD).unsqueeze(1).expand_as(weights)
    assert padding.sum() == 4 * (3 + 4) and (weights[padding] == 0).all()
    assert (weights[~padding] > 0).all()


def test_attention_is_the_formula(sources):
    model = make_model()
    states, mask, start = model.encode(pad(sources))
    y = torch.tensor([[BOS, 4]] * 3)
    _, _, weights = model.decode(y, start, states, mask)
    s, _ = model.decoder(model.target_embedding(y), start[:1])
    for n, source in enumerate(sources):
        for t in range(2):
            query = model.query.weight @ s[n, t]
            scores = torch.stack([query @ h for h in states[n, :len(source)]])
            torch.testing.assert_close(weights[n, t, :len(source)], scores.softmax(0))


def test_all_steps_in_one_call_equal_one_step_at_a_time(sources):
    model = make_model()
    y = torch.tensor([[BOS, 4, 5, 6]] * 3)
    whole, _ = model(pad(sources), y)
    states, mask, state = model.encode(pad(sources))
    for t in range(4):
        step, state, _ = model.decode(y[:, t:t + 1], state, states, mask)
        torch.testing.assert_close(step[:, 0], whole[:, t])


def test_a_word_sees_only_the_words_before_it(sources):
    model = make_model()
    y = torch.tensor([[BOS, 4, 5, 6]] * 3)
    changed = y.clone()
    changed[:, 2] = 9
    a, b = model(pad(sources), y)[0], model(pad(sources), changed)[0]
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.allclose(a[:, 2], b[:, 2])


def test_without_attention_the_net_has_the_same_size_and_one_vector(sources):
    one, other = make_model(True), make_model(False)
    assert [p.shape for p in one.parameters()] == [p.shape for p in other.parameters()]
    assert other(pad(sources), torch.tensor([[BOS, 4]] * 3))[1].tolist() == [[[1.0], [1.0]]] * 3


def test_output_is_tied_to_the_target_embedding():
    model = make_model()
    assert model.output.weight is model.target_embedding.weight


# ------------------------------------------------------------------------------------------ search
@torch.no_grad()
def greedy(model, x, steps):
    """Written out once more, the plain way: run the net on all words so far at every step."""
    words = []
    for _ in range(steps):
        word = model(x, torch.tensor([[BOS] + words]))[0][0, -1].argmax().item()
        if word == EOS:
            break
        words.append(word)
    return words


def test_greedy_is_a_beam_of_width_one(sources):
    lengths = set()
    for seed in range(20):
        model = make_model(seed=seed)
        with torch.no_grad():
            for p in model.parameters():            # fresh weights repeat one word for ever
                p.normal_(std=0.8)
        for source in sources:
            expected = greedy(model, pad([source]), 8)
            assert search(model, pad([source]), 8, 1) == expected
            lengths.add(len(expected))
    assert len(lengths) > 3


@torch.no_grad()
def test_a_wide_beam_finds_the_best_of_all_sentences(sources):
    for seed in range(3):
        model = make_model(sizes=(12, 5), seed=seed)
        x = pad(sources[:1])
        candidates = {}
        for n in range(3):
            for words in itertools.product([w for w in range(5) if w != EOS], repeat=n):
                logits, _ = model(x, torch.tensor([[BOS, *words]]))
                log_p = logits[0].log_softmax(dim=1)[range(n + 1), [*words, EOS]]
                candidates[words] = log_p.mean().item()
        assert tuple(search(model, x, 3, 200)) == max(candidates, key=candidates.get)


def test_unk_is_replaced_by_the_word_looked_at_most():
    source_words, target_words = words_of(range(12)), ["<pad>", "<bos>", "<eos>", "<unk>", "ok"]
    model = make_model(sizes=(12, 5))
    with torch.no_grad():
        model.output.bias[UNK] += 50
        sentence = ["w5", "Zanzibar", "w7"]
        words, weights = translate(model, sentence, source_words, target_words, beam=1)
    assert len(words) == 16 and weights.shape[1] == 4     # 2 * 3 + 10 steps, <eos> never came
    assert words == [sentence[i] for i in weights[:16, :3].argmax(dim=1).tolist()]
    model.attention = False
    assert set(translate(model, sentence, source_words, target_words, beam=1)[0]) == {"<unk>"}


# -------------------------------------------------------------------------------------------- BLEU
def test_bleu_is_that_of_sacrebleu():
    generator = random.Random(0)
    for trial in range(60):
        vocabulary = list("abcdefgh.,")[:generator.randint(1, 10)]
        references = [generator.choices(vocabulary, k=generator.randint(1, 12)) for _ in range(8)]
        noisy = [[w if generator.random() < trial / 60 else generator.choice("xyz.") for w in words]
                 for words in references]
        hypotheses = [words[:generator.randint(0, 14)] for words in noisy]
        theirs = sacrebleu.corpus_bleu([" ".join(h) for h in hypotheses],
                                       [[" ".join(r) for r in references]], tokenize="none",
                                       force=True)
        assert bleu(hypotheses, references) == pytest.approx(theirs.score, abs=1e-6)


@pytest.mark.parametrize("hypothesis, reference, expected", [
    ("a b c d e", "a b c d e", 100.0),
    ("x y z u v", "a b c d e", 0.0),
    ("", "a b c d e", 0.0),
    ("a b c", "a b c", 0.0),                        # no 4-gram at all
    ("a b c d", "a b c d e f g h", 100 / 2.718281828459045),
    ("the the the the", "the cat sat there", 100 * (1 / 4 * 1 / 6 * 1 / 8 * 1 / 8) ** 0.25),
])
def test_bleu_by_hand(hypothesis, reference, expected):
    assert bleu([hypothesis.split()], [reference.split()]) == pytest.approx(expected, abs=1e-9)


# ------------------------------------------------------------------------------------- checkpoints
def test_load_translates_without_training(anki, tmp_path, capsys):
    path = tmp_path / "net.pt"
    trained = main(train=str(anki), save=str(path), seed=1, **SMALL)
    assert len(trained["losses"]) == 2 and not (tmp_path / "net.pt.part").exists()
    again = main(train=str(anki), load=str(path), seed=1, source="de", target="en", epochs=5)
    assert again["losses"] == trained["losses"] and again["bleu"] == trained["bleu"]
    assert again["translation"] == trained["translation"]
    capsys.readouterr()
    line = main(load=str(path), sentence="e1 e2 Zanzibar, e3")
    assert "unknown words, read as <unk>: zanzibar, ,\n" in capsys.readouterr().out
    assert line["words"] == ["e1", "e2", "zanzibar", ",", "e3"] and line["bleu"] == trained["bleu"]
    assert line["weights"].shape == (len(line["translation"]) + 1, 6)


def test_same_seed_same_result(anki):
    a, b, c = (main(train=str(anki), seed=seed, **SMALL)["losses"] for seed in (3, 3, 4))
    assert a == b != c


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "net.pt"
    path.write_bytes(b"the net of yesterday")

    def full_disk(checkpoint, file):
        with open(file, "wb") as part:
            part.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(BadInput, match="No space left"):
        lesson.save_checkpoint(path, {})
    assert path.read_bytes() == b"the net of yesterday"


def test_a_folder_that_is_missing_is_noticed_before_training(anki, tmp_path):
    with pytest.raises(BadInput, match="existing folder for --save"):
        main(train=str(anki), save=str(tmp_path / "no" / "net.pt"), **SMALL)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint", pickle.dumps(Evil()), {"a": 1},
                                     [1], Evil()])
def test_a_file_that_is_no_checkpoint(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(BadInput, match="expected a checkpoint that lesson13_5 saved") as error:
        main(load=str(path), sentence="hello")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "evil").exists()


# ------------------------------------------------------------------------------ a reader's run
def test_steps_back():
    looks_at = torch.tensor([0, 2, 1, 1, 3, 0])
    assert lesson.steps_back(torch.eye(4)[looks_at]) == 2
    assert lesson.steps_back(torch.eye(4)) == lesson.steps_back(torch.ones(4, 1)) == 0


def test_a_sentence_without_words(anki):
    with pytest.raises(BadInput, match="expected a sentence with words"):
        main(train=str(anki), sentence="  ", **SMALL)


def test_the_heat_map_names_the_words(anki):
    result = main(train=str(anki), sentence="e1 e2 e3", **SMALL)
    axes = lesson.draw(result).axes[0]
    columns, rows = ([label.get_text() for label in labels] for labels in
                     (axes.get_xticklabels(), axes.get_yticklabels()))
    assert columns == ["e1", "e2", "e3", "<eos>"] and rows == [*result["translation"], "<eos>"]
    assert lesson.draw(main(train=str(anki), no_attention=True, **SMALL)).axes[0].lines


def held_out_bleu(run):
    return float(re.fullmatch(r"held-out BLEU ([\d.]+) \| \d+ s", run.stdout.splitlines()[-1])[1])


def test_bleu_of_the_default_run(run_script):
    assert 90 <= held_out_bleu(run_script("lesson13_5.py")) < 100


def test_attention_beats_the_same_net_without(run_script):
    without = held_out_bleu(run_script("lesson13_5.py", "--no_attention"))
    assert 10 < without < held_out_bleu(run_script("lesson13_5.py")) - 3
