"""Lesson 13_4: one vector for a sentence, padding, greedy decoding, BLEU, checkpoints, files."""

import inspect
import random
import re

import pytest
import sacrebleu
import torch

import lesson13_4 as lesson
import lesson13_5
from lesson13_4 import BOS, EOS, UNK, Translator, bleu, main, translate
from utils import BadInput

SMALL = {"epochs": 2, "hidden": 16, "batch_size": 16}
SOURCES = [["a", "b"], ["c"], ["d", "a", "b", "c", "d", "zzz"]]     # the first two get padding
SOURCE_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c", "d"]
TARGET_WORDS = ["<pad>", "<bos>", "<eos>", "<unk>", "A", "B", "C"]


def make_model(seed=0):
    torch.manual_seed(seed)
    model = Translator(len(SOURCE_WORDS), len(TARGET_WORDS), hidden=8).eval()
    with torch.no_grad():
        for p in model.parameters():                # fresh weights repeat one word for ever
            p.normal_(std=0.8)
    return model


@pytest.fixture
def anki(tmp_path):
    """A file of 60 pairs in the anki form: the German side is the English one, word by word."""
    generator = random.Random(0)
    lines = set()
    while len(lines) < 60:
        numbers = [generator.randrange(8) for _ in range(generator.randint(1, 5))]
        english, german = (" ".join(f"{letter}{i}" for i in numbers) for letter in "eg")
        lines.add(f"{english}\t{german}\tx\n")
    path = tmp_path / "deu.txt"
    path.write_text("".join(sorted(lines)), encoding="utf-8")
    return path


# --------------------------------------------------------------------------------- words and files
@pytest.mark.parametrize("name", ["tokenize", "read_pairs", "read_parts", "vocabulary", "encode",
                                  "batches", "bleu", "save_checkpoint"])
def test_what_both_lessons_repeat_is_the_same(name):
    """The tests of lesson 13_5 on words, files and BLEU then hold here too."""
    assert inspect.getsource(getattr(lesson, name)) == inspect.getsource(getattr(lesson13_5, name))


def test_german_is_the_source(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("Watch out!\tPass auf!\tCC-BY\n", encoding="utf-8")
    assert lesson.read_pairs(path, "de", "en") == [(["pass", "auf", "!"], ["watch", "out", "!"])]


@pytest.mark.parametrize("content, message", [
    (b"", "got an empty file"),
    (b"Go.\tLos!\tx\nonly one column\n", "line 2: expected a sentence in each of two columns"),
    (b"Go.\tW\xe4hle!\n", "in UTF-8, got: 'utf-8' codec can't decode"),
    (None, "No such file"),
])
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "pairs.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        main(train=str(path))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_bad_file_is_one_line_for_the_reader(run_script, tmp_path):
    (tmp_path / "p.de").write_text("Eins.\nZwei.\n", encoding="utf-8")
    (tmp_path / "p.en").write_text("One.\n", encoding="utf-8")
    run = run_script("lesson13_4.py", "--train", tmp_path / "p")
    assert run.returncode == 1 and run.stdout == ""
    assert re.fullmatch(r"lesson13_4\.py: .*lines in \.de as in \.en, got 2 and 1\n", run.stderr)


# ------------------------------------------------------------------------------------------- model
def test_padding_changes_nothing():
    model = make_model()
    many = model.encode(lesson.pad(lesson.encode(SOURCES, SOURCE_WORDS), "cpu"))        # (3, 8)
    for i, source in enumerate(SOURCES):
        one = model.encode(lesson.pad(lesson.encode([source], SOURCE_WORDS), "cpu"))
        torch.testing.assert_close(one[0], many[i])


def test_the_vector_is_made_of_both_last_states():
    model = make_model()
    x = torch.tensor([[4, 5, EOS]])
    states, _ = model.encoder(model.source_embedding(x))        # (1, 3, H)
    last = torch.cat([states[0, -1, :4], states[0, 0, 4:]])     # backward ends at the first word
    torch.testing.assert_close(model.encode(x)[0], model.vector(last).tanh())


def test_all_steps_in_one_call_equal_one_step_at_a_time():
    model = make_model()
    x, y = torch.tensor([[4, 5, EOS]]), torch.tensor([[BOS, 4, 5, 6]])
    whole = model(x, y)
    assert whole.shape == (1, 4, len(TARGET_WORDS))
    vector = model.encode(x)
    state = vector.unsqueeze(0)
    for t in range(4):
        step, state = model.decode(y[:, t:t + 1], state, vector)
        torch.testing.assert_close(step[:, 0], whole[:, t])


@torch.no_grad()
def test_greedy_writes_the_likeliest_word_until_eos():
    """Against the plain way: the net runs on all words so far, a sentence at a time."""
    lengths = set()
    for seed in range(20):
        model = make_model(seed)
        ours = translate(model, SOURCES, SOURCE_WORDS, TARGET_WORDS)
        for source, translation in zip(SOURCES, ours, strict=True):
            x, words = lesson.encode([source], SOURCE_WORDS)[0].unsqueeze(0), []
            while len(words) < 2 * 6 + 10:          # the longest of the batch has 6 words
                word = model(x, torch.tensor([[BOS] + words]))[0, -1].argmax().item()
                if word == EOS:
                    break
                words.append(word)
            assert translation == [TARGET_WORDS[i] for i in words]
            lengths.add(len(words))
    assert len(lengths) > 3
    assert lesson.encode([["zzz"]], SOURCE_WORDS)[0].tolist() == [UNK, EOS]


def test_bleu_is_that_of_sacrebleu():
    generator = random.Random(1)
    for trial in range(20):
        references = [generator.choices("abcdef", k=generator.randint(3, 9)) for _ in range(8)]
        ours = [[w if generator.random() < trial / 20 else "x" for w in words]
                for words in references]
        theirs = sacrebleu.corpus_bleu([" ".join(h) for h in ours],
                                       [[" ".join(r) for r in references]], tokenize="none")
        assert bleu(ours, references) == pytest.approx(theirs.score, abs=1e-6)


# ------------------------------------------------------------------------------------- checkpoints
def test_load_translates_without_training(anki, tmp_path, capsys):
    path = tmp_path / "net.pt"
    trained = main(train=str(anki), save=str(path), seed=1, **SMALL)
    assert len(trained["losses"]) == 2 and trained["losses"][1] < trained["losses"][0]
    again = main(train=str(anki), load=str(path), seed=1, epochs=5)
    assert again == trained
    capsys.readouterr()
    line = main(load=str(path), sentence="g1 g2 Zanzibar, g3")
    printed = capsys.readouterr().out
    assert "unknown words, read as <unk>: zanzibar, ,\n" in printed and "  -> " in printed
    assert line == trained


def test_a_checkpoint_of_another_lesson(anki, tmp_path):
    path = tmp_path / "net.pt"
    lesson13_5.main(train=str(anki), source="de", target="en", save=str(path), **SMALL)
    with pytest.raises(BadInput, match="expected a checkpoint that lesson13_4 saved"):
        main(load=str(path), sentence="g1")


def test_a_damaged_checkpoint(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"weights": torch.zeros(10_000)}, path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BadInput, match="expected a checkpoint that lesson13_4 saved"):
        main(load=str(path), sentence="g1")


def test_same_seed_same_result(anki):
    a, b, c = (main(train=str(anki), seed=seed, **SMALL)["losses"] for seed in (3, 3, 4))
    assert a == b != c


def test_bleu_of_the_default_run(run_script):
    last = run_script("lesson13_4.py").stdout.splitlines()[-1]
    assert 70 <= float(re.fullmatch(r"held-out BLEU ([\d.]+) \| \d+ s", last)[1]) < 100
