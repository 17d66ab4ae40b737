"""What holds for both sets of sentence pairs: files, format, --check, the hold-out."""

import subprocess
import sys
from collections import Counter

import pytest

import make_deu_eng
import make_eng_fra
from pairs import DATA, NAMES, make_parts, read_files

GRAMMARS = {"deu-eng": make_deu_eng, "eng-fra": make_eng_fra}


@pytest.fixture(scope="module", params=GRAMMARS)
def prefix(request):
    return request.param


@pytest.fixture(scope="module")
def grammar(prefix):
    return GRAMMARS[prefix]


@pytest.fixture(scope="module")
def files(prefix):
    return read_files(prefix)


@pytest.fixture(scope="module")
def parts(grammar):
    return make_parts(grammar)


def test_sizes(files):
    assert len(files["train"]) >= 7000
    assert len(files["val"]) == 400
    assert len(files["test"]) == 500


def test_files_are_the_output_of_the_grammar(grammar, parts):
    for name, text in grammar.contents(parts).items():
        assert (DATA / name).read_bytes() == text.encode()


def test_check_does_not_depend_on_the_hash_seed(grammar):
    script = f"{grammar.__name__}.py"
    command = [sys.executable, "-W", "error", str(DATA / script)]
    run = subprocess.run([*command, "--check"], capture_output=True, text=True, encoding="utf-8",
                         env={"PYTHONHASHSEED": "123", "PYTHONIOENCODING": "utf-8"}, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("the files are the grammar's output\n")
    wrong = subprocess.run([*command, "--chekc"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert wrong.stderr == f"{script}: expected nothing or --check, got --chekc\n"


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_check_finds_a_damaged_file(damage, tmp_path, monkeypatch, prefix, grammar, parts):
    for name, text in grammar.contents(parts).items():
        (tmp_path / name).write_bytes(text.encode())
    monkeypatch.setattr(grammar, "FOLDER", tmp_path)
    monkeypatch.setattr(grammar, "make", lambda: parts)
    grammar.main(check=True)
    path = tmp_path / f"{prefix}-val.txt"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SystemExit, match=rf"{prefix}-val\.txt differs"):
        grammar.main(check=True)


def test_no_sentence_in_two_parts(files):
    for side in (0, 1):
        sentences = {name: {pair[side] for pair in files[name]} for name in NAMES}
        assert not sentences["train"] & sentences["val"]
        assert not sentences["train"] & sentences["test"]
        assert not sentences["val"] & sentences["test"]


def test_format(files):
    for pair in (pair for name in NAMES for pair in files[name]):
        assert len(pair) == 3
        en, other, note = pair
        assert note == "written by hand" or note.startswith("grammar: ")
        for sentence in (en, other):
            assert sentence == " ".join(sentence.split())
            assert sentence[0].isupper() and sentence[-1] in ".?!", sentence
        assert en.isascii()
        assert (en[-1] == "?") == (other[-1] == "?"), pair


def test_hold_out(parts):
    """Every test sentence shows a combination that training never shows; its words are there."""
    in_train = {mark for pair in parts.train for mark in pair.marks}
    left = Counter((kind, first) for pair in parts.train for kind, first, _ in pair.marks)
    right = Counter((kind, second) for pair in parts.train for kind, _, second in pair.marks)
    for name in ("val", "test"):
        held = parts.held_out[name]
        assert not held & in_train
        for kind, first, second in held:
            assert left[kind, first] >= 3 and right[kind, second] >= 3, (kind, first, second)
        for pair in getattr(parts, name):
            assert pair.marks & held or (name == "val" and pair.note == "written by hand")
    assert not parts.held_out["val"] & parts.held_out["test"]
    for one, other in (("val", "test"), ("test", "val")):
        assert not any(pair.marks & parts.held_out[other] for pair in getattr(parts, one))
