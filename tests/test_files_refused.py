"""Readers' own files before every reader of files.py: one table of readers and faults.

`tests/FAULTS.md` is made from it and holds every message once. After a change that is meant:

    .venv/bin/python tests/test_files_refused.py        (writes FAULTS.md; look at git diff)
"""

import contextlib
import gzip
import io
import sys
import tempfile
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "liuer"))
import files  # noqa: E402
import utils  # noqa: E402
from utils import BadInput  # noqa: E402

hypothesis.configuration.set_hypothesis_home_dir(tempfile.mkdtemp())    # no folder in the clone
FAULTS_MD = ROOT / "tests" / "FAULTS.md"


def lines(*rows):
    return "".join(f"{row}\n" for row in rows)


def picture(kind="PNG", mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def saved(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def read_pair_of_names(path):
    """As a test file beside training names with these labels."""
    return files.read_names(path, {"Cats", "Dogs"})


def read_rows(path):
    return files.read_columns(path, {"id": r"\d+", "target": "Class_[1-9]"})


TABLE = lines(*(f"{k}.5,{3 * k % 7},-0.{k},{k % 2}" for k in range(1, 13)))
CATS = lines(*(f"Mia{c},Cats" for c in "abcdef"), *(f"Rex{c},Dogs" for c in "abcdef"))
PAIRS = lines(*(f"I see {k} dogs today.\tYo veo {k} perros hoy." for k in range(8)))
OPINIONS = lines("Phrase\tSentiment", *(f"Film {k} is good.\t{k % 5}" for k in range(10)))
ROWS = lines("id,target,other", *(f"{k},Class_{k},x" for k in range(1, 9)))

READERS = {     # name: (reader, a good file)
    "a table (7, 7_2, 8)": (files.read_table, TABLE),
    "names (13)": (files.read_names, CATS),
    "names to test on (13)": (read_pair_of_names, CATS),
    "pairs (13_4, 13_5, 13_6)": (files.read_pairs, PAIRS),
    "opinions (13_7)": (files.read_opinions, OPINIONS),
    "Kaggle's tables (8_2, 9_3)": (read_rows, ROWS),
    "any text (13_2, 13_3)": (files.read_text, "Once upon a time.\n"),
    "a picture (10_3, image2tensor)": (files.read_picture, picture()),
    "a net that was kept (10_3, 13, 13_6)": (files.load, saved({"weights": torch.ones(9)})),
}
TEXTS = [name for name in READERS if isinstance(READERS[name][1], str)]


def change_line(number, change):
    """The good file with one line changed."""
    def apply(good):
        rows = good.split("\n")
        rows[number] = change(rows[number])
        return "\n".join(rows)
    return apply


EVERYWHERE = {      # before every reader
    "empty": lambda good: b"",
    "a web page": lambda good: b"<!DOCTYPE html>\n<title>404</title>\n" * 300,
    "a PDF": lambda good: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" * 900,
    "a zip archive": lambda good: b"PK\3\4" + np.random.default_rng(2).bytes(9000),
    "random bytes": lambda good: np.random.default_rng(1).bytes(9000),
    "cut off in the middle": lambda good: good[:len(good) // 2],
}
TEXT = {            # before those of texts
    "blank": lambda good: "\n \n",
    "UTF-16": lambda good: good.encode("utf-16"),
    "UTF-16 without a mark": lambda good: good.encode("utf-16-le"),
    "GBK": lambda good: (good + "我们,中国\n").encode("gbk"),
    "Latin-1": lambda good: (good + "déjà vu\n").encode("latin-1"),
    "half a gzip": lambda good: gzip.compress(good.encode(), mtime=0)[:-9],
    "gzip": lambda good: gzip.compress(good.encode(), mtime=0),
    "a byte-order mark, Windows' line ends": lambda good:
        b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode(),
    "blank lines at the end": lambda good: good + "\n\n",
}
OWN = {
    "a table (7, 7_2, 8)": {
        "a header": lambda good: "height,weight,age,label\n" + good,
        "labels -1 and 1": lambda good: good.replace(",0\n", ",-1\n"),
        "labels in words": lambda good: good.replace(",0\n", ",女\n").replace(",1\n", ",男\n"),
        "a blank line between others": change_line(6, lambda line: line + "\n"),
        "quotes": change_line(6, lambda line: '"' + line.replace(",", '","') + '"'),
        "row numbers": lambda good: lines(
            *(f"{k},{line}" for k, line in enumerate(good.splitlines()))),
        "three labels": change_line(6, lambda line: line[:-1] + "2"),
        "one label": lambda good: good.replace(",0\n", ",1\n"),
        "a label of many values": lambda good: lines(*(f"{k},{k}.5" for k in range(30))),
        "semicolons": lambda good: good.replace(",", ";"),
        "semicolons and decimal commas": lambda good: good.replace(",", ";").replace(".", ","),
        "tabs": lambda good: good.replace(",", "\t"),
        "spaces": lambda good: good.replace(",", " "),
        "full-width commas": change_line(6, lambda line: line.replace(",", "，")),
        "a full-width number": change_line(6, lambda line: "１" + line),
        "Chinese quotes": change_line(6, lambda line: f"“{line}”"),
        "an empty field": change_line(6, lambda line: line.replace(",", ",,", 1)[2:]),
        "an empty field with a header": lambda good: "height,weight,age,label\n1,,2,1\n" + good,
        "a comma at the end": change_line(6, lambda line: line + ","),
        "a field less": change_line(6, lambda line: line.split(",", 1)[1]),
        "a field more": change_line(6, lambda line: "1," + line),
        "nan": change_line(6, lambda line: "nan," + line.split(",", 1)[1]),
        "a word among numbers": change_line(6, lambda line: "tall," + line.split(",", 1)[1]),
        "a number beyond float32": change_line(6, lambda line: "1e50," + line.split(",", 1)[1]),
        "a quote that stays open": change_line(6, lambda line: '"' + line),
        "a single column": lambda good: "1\n0\n1\n",
    },
    "names (13)": {
        "a header": lambda good: "name,animal\n" + good,
        "a header, and a label that comes once": lambda good: f"name,animal\n{good}Pol,Parrots\n",
        "a header of other words": lambda good: "pet,animal\n" + good,
        "a header in Chinese": lambda good: "姓名,性别\n王伟,男\n李娜,女\n",
        "a first name that is the only one of its label": lambda good: "Pol,Parrots\n" + good,
        "the label first": lambda good: lines(
            *(",".join(line.split(",")[::-1]) for line in good.splitlines())),
        "as many labels as names": lambda good: lines(*(f"n{c},l{c}" for c in "abcdefghijkl")),
        "a full-width comma": lambda good: "王伟，男\n" + good,
        "Chinese quotes": lambda good: "“王伟”,男\n" + good,
        "a semicolon": lambda good: good.replace(",", ";"),
        "a tab": lambda good: good.replace(",", "\t"),
        "no label": change_line(6, lambda line: line.split(",")[0]),
        "an empty label": change_line(6, lambda line: line.split(",")[0] + ","),
        "an empty name": change_line(6, lambda line: "," + line.split(",")[1]),
        "a name without letters": change_line(6, lambda line: "123,Cats"),
        "a third field": change_line(6, lambda line: line + ",x"),
        "a quote that stays open": change_line(6, lambda line: '"' + line),
        "a line of 2,000 letters": change_line(6, lambda line: "a" * 2000 + ",Cats"),
    },
    "names to test on (13)": {
        "a header": lambda good: "name,animal\n" + good,
        "a header, in a file of one name": lambda good: "name,animal\nMia,Cats\n",
        "the label first": lambda good: "Cats,Mia\nDogs,Rex\n",
        "a label that training lacks": lambda good: good + "Pol,Parrots\n",
    },
    "pairs (13_4, 13_5, 13_6)": {
        "a header": lambda good: "English\tSpanish\n" + good,
        "a header in Chinese": lambda good: "英文\t西班牙文\n" + good,
        "a header of other words": lambda good: "Klingon\tSwahili\n" + good,
        "a header alone": lambda good: "English\tSpanish\n",
        "Chinese": lambda good: "I go.\t我走了。\nYou go.\t你走了。\n",
        "a blank line between others": change_line(6, lambda line: line + "\n"),
        "no tab": change_line(6, lambda line: line.replace("\t", " ")),
        "a tab more": change_line(6, lambda line: line + "\tx"),
        "commas for tabs": lambda good: good.replace("\t", ","),
        "full-width commas for tabs": lambda good: good.replace("\t", "，"),
        "an empty sentence": change_line(6, lambda line: "\t" + line.split("\t")[1]),
        "sentence numbers": lambda good: lines(
            *(f"{k}\t{line}" for k, line in enumerate(good.splitlines()))),
        "a paragraph of 500 words": change_line(6, lambda line: "word " * 500 + line),
    },
    "opinions (13_7)": {
        "two grades": lambda good: "Phrase\tSentiment\ngood\t1\nbad\t0\n",
        "commas": lambda good: good.replace("\t", ","),
        "no header": lambda good: good.split("\n", 1)[1],
        "a grade of 7": change_line(6, lambda line: line[:-1] + "7"),
        "no grade": change_line(6, lambda line: line[:-2]),
        "a header alone": lambda good: "Phrase\tSentiment\n",
        "a phrase of 500 words": change_line(6, lambda line: "word " * 500 + line),
    },
    "Kaggle's tables (8_2, 9_3)": {
        "a column is missing": lambda good: good.replace("target", "tarjet"),
        "semicolons": lambda good: good.replace(",", ";"),
        "another class": change_line(6, lambda line: line.replace("Class", "Klasse")),
        "a field more": change_line(6, lambda line: line + ",y"),
        "a field less": change_line(6, lambda line: line.split(",")[0]),
        "an empty field": change_line(6, lambda line: "," + line.split(",", 1)[1]),
        "a header alone": lambda good: "id,target\n",
    },
    "a picture (10_3, image2tensor)": {
        "a JPEG": lambda good: picture("JPEG"), "a GIF": lambda good: picture("GIF", "P"),
        "HEIC, as phones take it": lambda good: b"\0\0\0\x18ftypheic" + bytes(99),
        "a video": lambda good: b"\0\0\0\x18ftypisom" + bytes(99),
        "a drawing in SVG": lambda good: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "16 bits a channel": lambda good: deep_picture(),
    },
    "a net that was kept (10_3, 13, 13_6)": {
        "a weight with a flipped bit": lambda good: good.replace(b"\x80?", b"\x81?", 1),
        "a list": lambda good: saved([1, 2]),
        "a program": lambda good: saved(Program()),
    },
}


def deep_picture():
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((9, 9), dtype=np.uint16)).save(buffer, "PNG")
    return buffer.getvalue()


class Program:
    def __reduce__(self):
        return print, ("a program ran",)


def faults_of(name):
    faults = dict(EVERYWHERE)
    if name in TEXTS:
        faults |= TEXT
    return faults | OWN.get(name, {})


def answer(name, content, folder):
    """What a reader says about that content: its line, or what it tells and "read"."""
    path = Path(folder) / "FILE"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            READERS[name][0](path)
        said = printed.getvalue().strip().replace("\n", "; ")
        text = f"read. {said}" if said else "read"
    except BadInput as error:
        text = str(error)
        assert str(path) in text and "\n" not in text
        assert len(text.replace(str(path), "")) < 250
    return text.replace(str(path), "FILE")


def make_table(folder):
    """FAULTS.md: for each reader each fault and what it says."""
    text = ["# Faults, on purpose", "",
            "Made by `tests/test_files_refused.py`, which holds each fault: a damaged or unusual",
            "file before each reader of `liuer/files.py`, and what it says. `read` means that the",
            "file is taken as it is, perhaps with what is told behind it.", ""]
    for name in READERS:
        text += [f"## {name[0].upper()}{name[1:]}", "", "| fault | what the lesson says |",
                 "|---|---|"]
        for fault, make in faults_of(name).items():
            said = answer(name, make(READERS[name][1]), folder)
            text.append(f"| {fault} | {said.replace('|', chr(92) + '|')} |")
        text.append("")
    return "\n".join(text)


def rows_of(text):
    """{(reader, fault): line of the table}"""
    rows = {}
    title = ""
    for line in text.split("\n"):
        if line.startswith("## "):
            title = line
        elif line.startswith("| "):
            rows[title, line.split(" | ")[0]] = line
    return rows


def test_every_message_is_as_the_table_says(tmp_path):
    now = make_table(tmp_path)
    assert rows_of(now) == rows_of(FAULTS_MD.read_text(encoding="utf-8"))


def test_no_message_shows_python():
    """No repr, no escape, no name of a class: a message is for people."""
    for line in FAULTS_MD.read_text(encoding="utf-8").split("\n"):
        for sign in ("\\n", "\\t", "\\u", "['", "Error", "<class", "None", "ascii codec"):
            assert sign not in line, line


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read(name, tmp_path):
    assert answer(name, READERS[name][1], tmp_path) == "read"


@pytest.mark.parametrize("name", TEXTS)
def test_gzip_marks_and_line_ends_change_nothing(name, tmp_path):
    reader, good = READERS[name]
    path = tmp_path / "file"
    path.write_bytes(good.encode())
    expected = str(reader(path))
    for fault in ("gzip", "a byte-order mark, Windows' line ends"):
        path.write_bytes(TEXT[fault](good))
        assert str(reader(path)) == expected


@pytest.mark.parametrize("name", READERS)
def test_missing_a_folder_no_permission_too_large(name, tmp_path, monkeypatch):
    reader = READERS[name][0]
    for path in (tmp_path / "missing", "~/no-such-folder-here/x", tmp_path):
        with pytest.raises(BadInput, match="expected"):
            reader(path)
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(200_000_000)              # takes no place
    with pytest.raises(BadInput, match="less than 100 MB" if name in TEXTS else "expected"):
        reader(tmp_path / "huge")

    def forbidden(*_, **__):                    # root may read everything
        raise PermissionError(13, "Permission denied")
    (tmp_path / "secret").write_bytes(b"x")
    for module in ("builtins", "io"):
        monkeypatch.setattr(f"{module}.open", forbidden)
    with pytest.raises(BadInput, match="secret: expected"):
        reader(tmp_path / "secret")


def test_the_home_folder_s_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name, (reader, good) in READERS.items():
        (tmp_path / "file").write_bytes(good if isinstance(good, bytes) else good.encode())
        assert reader("~/file") is not None, name


# -------------------------------------------------------------------------- what comes of a file
def test_tables_come_as_they_stand(tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text("身高,体重,性别\n170.5,60,男\n1.6e2,-50,女\n", encoding="utf-8")
    xy = files.read_table(path)
    assert xy.dtype == np.float32
    assert xy.tolist() == [[170.5, 60, 1], [160, -50, 0]]
    assert "男 is learned as 1, 女 as 0" in capsys.readouterr().out
    path.write_text("5,1\n6,-1\n", encoding="utf-8")
    assert files.read_table(path).tolist() == [[5, 1], [6, 0]]
    rows = lines(*(f"{k},{k % 3},{k % 2}" for k in range(10)))
    path.write_text(rows, encoding="utf-8")
    assert files.read_table(path).shape == (10, 2)


@pytest.mark.parametrize("name, expected", [
    ("Müller", "muller"), ("O’Neill", "o'neill"), ("OʻNeill`´", "o'neill''"), ("Kjær", "kjaer"),
    ("Œuvre", "oeuvre"), ("Þór", "thor"), ("Iğdır", "igdir"), ("İz", "iz"), ("Ŋaŋa", "nganga"),
    ("Ǽsa", "aesa"), ("李小龙 Bruce", "李小龙 bruce"), ("Jack马", "jack马"),
    ("Иванов A.", "иванов a."),
    ("Йод", "йод"), ("हिन्दी", "हिन्दी"), ("がく", "がく"), ("김철수", "김철수"), ("e\u0301a", "ea"),
    ("Mül\u00adler\u200b", "muller"), ("\ufeffÅsa  B", "asa b"), ("Ａｎｎ", "ann"), ("12", ""),
    ("", "")])
def test_no_letter_of_a_name_vanishes(name, expected):
    assert files.plain(name) == expected


@pytest.mark.parametrize("sentence, words", [
    ("Ich hab's, sagt er.", "ich hab 's , sagt er ."),
    ("It isn't I'm can't.", "it is n't i 'm ca n't ."),
    ("L'homme qu’il dit-il aujourd'hui", "l' homme qu' il dit - il aujourd'hui"),
    ("can\u200bnot ex\u00adample \ufeffHe", "cannot example he"), ("مرحبا\u200f!", "مرحبا !"),
    ("می\u200cخواهم", "میخواهم"), ("cafe\u0301", "café"), ("İstanbul I", "istanbul i"),
    ("नमस्ते दुनिया।", "नमस्ते दुनिया ।"), ("我爱你。OK", "我 爱 你 。 ok"), ("ที่นี่", "ที่ นี่"),
    ("나는 개", "나는 개"), ("so 👍🏽 ❤\ufe0f", "so 👍🏽 ❤"),
    ("a\u2028b\u0085c\u202fd", "a b c d")])
def test_one_tokenizer_for_all_scripts(sentence, words):
    assert files.tokenize(sentence) == words.split()


@pytest.mark.parametrize("sentence", ["l'homme, dit-il.", "it isn't (here)!", "我爱你。",
                                      "ich hab's, sagt er.", "a/b and [c]: d; e?"])
def test_words_are_joined_as_people_write(sentence):
    assert files.join_words(files.tokenize(sentence)) == sentence


def test_strings_are_refused_where_words_are_wanted():
    for call in (lambda: files.check_words(["i can swim"]), lambda: files.check_words("i can"),
                 lambda: files.vocabulary(["i can swim"]), lambda: files.join_words("i can"),
                 lambda: files.bleu(["i can"], [["i", "can"]]),
                 lambda: files.bleu([["i", "can"]], ["i can"])):
        with pytest.raises(BadInput, match="expected lists of words, got the string"):
            call()


def test_parts_of_one_s_own_names_and_pairs(tmp_path, capsys):
    path = tmp_path / "own"
    path.write_text(CATS, encoding="utf-8")
    train, test = files.read_name_parts(path)
    assert len(train) + len(test) == 12 and len(test) == 2 and not set(train) & set(test)
    path.write_text(lines(*(f"I see {k} dogs.\tx {k}" for k in range(40))), encoding="utf-8")
    parts = files.read_pair_parts(path, None, None, "eng-fra")
    assert [len(part) for part in parts] == [32, 4, 4]
    assert "no --val: 4 pairs" in capsys.readouterr().out
    given = files.read_pair_parts(path, path, path, "eng-fra", reverse=True)
    assert [len(part) for part in given] == [40, 40, 40]
    assert given[0][3] == (["x", "3"], ["i", "see", "3", "dogs", "."], "I see 3 dogs.")


def test_pictures_of_200_megapixels_are_read(tmp_path, capsys):
    path = tmp_path / "large.jpg"
    Image.new("L", (16_320, 12_240), 255).save(path)
    assert files.read_picture(path, 600).size == (600, 450)
    Image.new("1", (16_320, 12_240), 1).save(tmp_path / "large.png")
    small = files.read_picture(tmp_path / "large.png", 600)
    assert small.size == (600, 450) and small.getextrema() == (255, 255)
    assert capsys.readouterr().out == ""
    Image.new("1", (20_000, 20_000), 1).save(path.with_suffix(".png"))
    with pytest.raises(BadInput, match="20000 x 20000: make it smaller"):
        files.read_picture(path.with_suffix(".png"))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_is_turned_and_laid_on_white(tmp_path, orientation):
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 10, 10))               # red, at the top left
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "held.png", exif=exif)
    read = files.read_picture(tmp_path / "held.png")
    places = {1: (0, 0), 3: (39, 19), 6: (19, 0), 8: (0, 39)}
    assert read.mode == "RGB" and read.getpixel(places[orientation]) == (255, 0, 0)
    assert read.getextrema()[1] == (0, 255)                     # the rest is white


def test_what_is_saved_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "net.pt"
    files.save(path, {"a": 1})
    assert files.load(path) == {"a": 1}

    def full_disk(content, file):
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(BadInput, match="No space left on device"):
        files.save(path, {"a": 2})
    assert files.load(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["net.pt"]
    with pytest.raises(BadInput, match="expected"):
        files.write_answer(tmp_path / "no" / "answer.csv", ["a"])


# ------------------------------------------------------------------------------------ MNIST
def test_a_damaged_mnist_is_refused(tmp_path, monkeypatch):
    whole = (ROOT / "data" / "mnist.npz").read_bytes()
    monkeypatch.setattr(utils, "DATA", tmp_path)
    flipped = whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]
    for content in (None, b"", whole[:len(whole) // 2], flipped):
        if content is not None:
            (tmp_path / "mnist.npz").write_bytes(content)
        with pytest.raises(BadInput, match="mnist.npz: expected the file that ships; run: git"):
            utils.load_mnist()


# -------------------------------------------------------------------------------- a seeded fuzz
TOKENS = [b"\0", b"\xff", b"\xef\xbb\xbf", b"\n", b"\r", b"\n\n", b"\t", b",", b";", b'"', b"_",
          b"-", b".", b"e9", b"nan", b"1", "１".encode(), b"<html>", b" ", b"\x1c", b"\xc2\x85",
          "\u2028".encode(), "王，".encode(), b"9" * 400, b"'", b"#", b"\\", "\u0301".encode()]


def damaged(content, steps):
    """Bytes flipped, cut off, taken out, twice, or put in."""
    for kind, place, size in steps:
        place %= max(1, len(content))
        piece = content[place:place + size]
        if kind == "flip" and content:
            content = content[:place] + bytes([piece[0] ^ size]) + content[place + 1:]
        elif kind == "cut off":
            content = content[:place]
        elif kind == "take out":
            content = content[:place] + content[place + size:]
        elif kind == "twice":
            content = content[:place] + piece + content[place:]
        elif kind == "put in":
            content = content[:place] + TOKENS[size % len(TOKENS)] + content[place:]
    return content


KINDS = st.sampled_from(["flip", "cut off", "take out", "twice", "put in"])
STEPS = st.lists(st.tuples(KINDS, st.integers(0, 2**20), st.integers(1, 255)),
                 min_size=1, max_size=3)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_never_gives_a_traceback(name, packed, tmp_path):
    """It is refused in one line, or read; any other error fails here."""
    good = READERS[name][1]
    content = good.encode() if isinstance(good, str) else good
    if packed:
        content = gzip.compress(content, mtime=0)
    said = set()

    @hypothesis.settings(max_examples=60 if packed else 250, derandomize=True, database=None,
                         deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(STEPS)
    def try_one(steps):
        said.add(answer(name, damaged(content, steps), tmp_path).startswith("read"))

    try_one()
    assert False in said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        FAULTS_MD.write_text(make_table(folder), encoding="utf-8")
