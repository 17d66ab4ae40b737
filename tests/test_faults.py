"""Faults on purpose: damaged files before every reader. Each gives one line, or is read as it says.

`tests/FAULTS.md` lists every fault that was tried, and the test that does it.
"""

import csv
import gzip
import io
import re
import tempfile
import time
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from PIL import Image

import image2tensor
import lesson8_2
import lesson9_3
import lesson10_3
import lesson13
import lesson13_2
import lesson13_3
import lesson13_4
import lesson13_5
import lesson13_6
import lesson13_7
import utils
from conftest import ROOT
from utils import BadInput

hypothesis.configuration.set_hypothesis_home_dir(tempfile.mkdtemp())    # no folder in the clone
ROW = "0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8,{}\n"


# ---------------------------------------------------------------------------- good files, in short
def lines_of(name, count):
    """The first lines of a file that ships."""
    text = (ROOT / "data" / name).read_text(encoding="utf-8")
    return "".join(text.splitlines(keepends=True)[:count]).encode()


def short_book():
    chapters = re.split(r"(?m)^(?=CHAPTER )", lines_of("alice.txt", None).decode())
    text = "".join(chapter[:300] + "\n\n" for chapter in chapters if chapter)
    return (text + "THE END\n").encode()


def passengers(path):
    return lesson8_2.read_kaggle(path, "Survived", "[01]")


def products(path):
    return lesson9_3.read_kaggle(path, "target", "Class_[1-9]")


def kaggle_file(header, row, count):
    """As Kaggle's train.csv has it, made up: its columns, names in quotes, empty fields."""
    rows = [",".join(row(i)) for i in range(count)]
    return "\n".join([",".join(header), *rows, ""]).encode()


PASSENGERS = kaggle_file(
    ["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch", "Ticket", "Fare",
     "Cabin", "Embarked"],
    lambda i: [str(i + 1), str(i % 2), str(1 + i % 3), f'"Doe, Mr. ""J"" {i}"',
               ["male", "female"][i % 2], str(20 + i) if i % 4 else "", str(i % 3), "0", f"A/5 {i}",
               f"{i + 7}.25", "", ["S", "C", "Q", ""][i % 4]], 30)
PRODUCTS = kaggle_file(
    ["id", *lesson9_3.FEATURES, "target"],
    lambda i: [str(i + 1), *(str(i * k % 11 * (i * k % 5 == 0)) for k in range(93)),
               f"Class_{i % 9 + 1}"], 12)


def picture(kind):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def checkpoint():
    torch.manual_seed(0)
    words = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b"]
    settings = {"source_words": words, "target_words": words, "hidden": 4}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.pt"
        lesson13_6.save_checkpoint(path, {
            "settings": settings, "weights": lesson13_6.Translator(**settings).state_dict(),
            "reverse": False, "seen": ["a b"], "losses": {"training": [1.0]}})
        return path.read_bytes()


READERS = {         # name: the reader, a good file, and how many damaged ones are tried on it
    "table": (utils.read_table, lines_of("breast_cancer.csv", 60), 500),
    "names": (lesson13.read_names, lines_of("names_train.csv", 60), 500),
    "pairs 13.4": (lesson13_4.read_pairs, lines_of("deu-eng-test.txt", 40), 250),
    "pairs 13.5": (lesson13_5.read_pairs, lines_of("eng-fra-test.txt", 40), 250),
    "pairs 13.6": (lesson13_6.read_pairs, lines_of("eng-fra-test.txt", 40), 250),
    "text 13.2": (lesson13_2.read_parts, lines_of("alice.txt", 150), 100),
    "book 13.3": (lesson13_3.read_chapters, short_book(), 100),
    "opinions": (lesson13_7.read_opinions, lines_of("opinions.tsv", 40), 250),
    "passengers": (passengers, PASSENGERS, 250),
    "products": (products, PRODUCTS, 250),
    "photo": (lesson10_3.open_photo, picture("PNG"), 150),
    "PNG": (image2tensor.read_picture, picture("PNG"), 200),
    "JPEG": (image2tensor.read_picture, picture("JPEG"), 150),
    "checkpoint": (lesson13_6.load_checkpoint, checkpoint(), 150),
}
TEXTS = [name for name in READERS if name not in ("photo", "PNG", "JPEG", "checkpoint")]


def read(name, content, folder):
    """What the reader makes of that content: (result, None) or (None, the line of a BadInput)."""
    path = Path(folder) / "file"
    path.write_bytes(content)
    started = time.perf_counter()
    try:
        result, line = READERS[name][0](path), None
    except BadInput as error:
        result, line = None, str(error)
        assert "\n" not in line and str(path) in line and len(line) < 500, line
    assert time.perf_counter() - started < 5
    return result, line


# ------------------------------------------------------------- what a file says, read another way
def decoded(content):
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    return re.sub("\r\n?", "\n", content.decode("utf-8-sig"))


def as_table(content):
    rows = [line.split(",") for line in decoded(content).rstrip().split("\n")]
    assert {len(row) for row in rows} == {9}
    assert all(re.fullmatch(r"\s*[-+]?[\d.]+(e[-+]?\d+)?\s*", field, re.ASCII | re.IGNORECASE)
               for row in rows for field in row)
    table = np.array(rows, dtype=np.float64)
    assert np.abs(table).max() <= 1 and set(table[:, 8]) == {0, 1}
    return table.astype(np.float32)


def as_names(content):
    rows = list(csv.reader(io.StringIO(decoded(content).rstrip()), strict=True))
    assert {len(row) for row in rows} == {2}
    return [(lesson13.plain(name), label.strip()) for name, label in rows]


def as_pairs(content):
    rows = [line.split("\t") for line in decoded(content).rstrip("\n ").split("\n")]
    assert len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    assert all(row[0].strip() and row[1].strip() and not row[0].strip().isdigit() for row in rows)
    return rows


def as_records(content, delimiter=","):
    """Rows as dictionaries, from the csv module's plain reader; a quote keeps its comma."""
    lines = [line.rstrip("\n") for line in io.StringIO(decoded(content), newline="\n")]
    quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    header, *rows = [row for row in csv.reader(lines, delimiter=delimiter, quoting=quoting) if row]
    if delimiter == ",":
        assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row)) for row in rows]                     # noqa: B905


def check(name, content, result):
    """Is the result what the file says?"""
    if name == "table":
        assert (np.concatenate(result, axis=1) == as_table(content)).all()
    elif name == "names":
        said = as_names(content)
        assert result in (said, said[1:])           # without what was taken for a header, and told
    elif name in ("pairs 13.4", "pairs 13.5"):
        words = lesson13_4.tokenize if name == "pairs 13.4" else lesson13_5.tokenize
        assert result == tuple([words(row[side]) for row in as_pairs(content)] for side in (0, 1))
    elif name == "pairs 13.6":
        words = lesson13_6.tokenize
        assert result == [(words(row[0]), words(row[1]), row[1]) for row in as_pairs(content)]
    elif name == "text 13.2":
        characters, *parts = result
        read_again = "".join(characters[i] for i in torch.cat(parts).tolist())
        assert all(one in (other, "\ufffd") for one, other in
                   zip(read_again, decoded(content), strict=True))
    elif name == "book 13.3":
        text = decoded(content).lower()
        assert text.rstrip().endswith("the end") and len(result) == 12
        body = re.split(r"(?m)^chapter .*\n", text, maxsplit=1)[1]
        body = re.sub(r"(?m)^chapter .*\n", "", body)
        assert "".join(word for chapter in result for words in chapter for word in words) == (
            re.sub("[^a-z]", "", body))
    elif name == "opinions":
        rows = as_records(content, "\t")
        assert [(one["Phrase"], int(one["Sentiment"])) for one in rows] == [
            (phrase, grade) for phrase, _, grade in result]
        assert all(lesson13_7.tokenize(phrase) == words for phrase, words, _ in result)
    elif name == "passengers":
        rows, (x, y) = as_records(content), result
        assert y.flatten().tolist() == [int(one["Survived"]) for one in rows]
        said = [[one["Sex"] == "female", *(float(one[key] or "nan") for key in lesson8_2.NUMBERS),
                 *(one["Embarked"] == port for port in "CQS")] for one in rows]
        assert torch.equal(x.nan_to_num(-1), torch.tensor(said).float().nan_to_num(-1))
    elif name == "products":
        rows, (x, targets) = as_records(content), result
        assert targets == [one["target"] for one in rows]
        counts = [[int(one[f"feat_{i}"]) for i in range(1, 94)] for one in rows]
        assert torch.allclose(x, torch.tensor(counts).double().log1p().float(), rtol=1e-6)
    elif name in ("photo", "PNG"):                  # it holds sums, so no pixel changes in silence
        whole = Image.open(io.BytesIO(READERS[name][1])).convert(result.mode)
        assert (np.array(result) == np.array(whole)).all()
    elif name == "JPEG":                            # it holds none: another picture may come out
        assert result.mode in ("L", "RGB")
    elif name == "checkpoint":
        saved = torch.load(io.BytesIO(READERS[name][1]), weights_only=True)
        for key, weight in result[0].state_dict().items():
            assert torch.equal(weight, saved["weights"][key])
        assert result[1:] == (False, {"a b"}, {"training": [1.0]})


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read_as_it_says(name, tmp_path):
    content = READERS[name][1]
    result, line = read(name, content, tmp_path)
    assert line is None
    check(name, content, result)
    if name in TEXTS:       # and so are a mark at its beginning, Windows' line ends, gzip
        for other in (b"\xef\xbb\xbf" + content, content.replace(b"\n", b"\r\n"),
                      gzip.compress(content), gzip.compress(b"\xef\xbb\xbf" + content)):
            same, line = read(name, other, tmp_path)
            assert line is None
            assert str(same) == str(result)


# -------------------------------------------------------------------------------- a seeded fuzz
TOKENS = [b"\0", b"\xff", b"\xef\xbb\xbf", b"\n", b"\r", b"\n\n", b"\t", b",", b";", b'"', b"_",
          b"-", b".", b"e9", b"nan", b"1", "１".encode(), b"<html>", b" ", b"\x1c", b"\xc2\x85",
          "\u2028".encode(), "王".encode(), b"9" * 400, b"'", b"#", b"\\"]


def damaged(content, steps):
    """Bytes flipped, cut off, taken out, twice, put in, or moved elsewhere."""
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
        elif kind == "move":
            rest = content[:place] + content[place + size:]
            content = rest[:place // 2] + piece + rest[place // 2:]
    return content


KINDS = st.sampled_from(["flip", "cut off", "take out", "twice", "put in", "move"])
STEPS = st.lists(st.tuples(KINDS, st.integers(0, 2**20), st.integers(1, 255)),
                 min_size=1, max_size=3)


def test_the_fuzz_tries_more_than_two_thousand_damaged_files():
    assert sum(count for _, _, count in READERS.values()) >= 2000


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_refused_in_one_line_or_read_as_it_says(name, packed, tmp_path, capsys):
    _, content, count = READERS[name]
    if packed:
        if name not in TEXTS:
            return          # only texts are unpacked
        content, count = gzip.compress(content, mtime=0), 30
    tried = {"refused": 0, "read": 0}

    @hypothesis.settings(max_examples=2 * count, derandomize=True, database=None, deadline=None,
                         suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(STEPS)
    def try_one(steps):
        damage = damaged(content, steps)
        if damage == content or sum(tried.values()) >= count:
            return
        result, line = read(name, damage, tmp_path)
        tried["refused" if line else "read"] += 1
        if line is None:
            check(name, damage, result)

    try_one()
    assert sum(tried.values()) == count, tried
    assert tried["refused"] > count / 5, tried


# ------------------------------------------------------- damage that changes the meaning for sure
def in_line(number, change):
    """A function that changes one line of a text."""
    def apply(content):
        lines = content.decode().split("\n")
        lines[number] = change(lines[number])
        return "\n".join(lines).encode()
    return apply


MEANING = {
    "table": {
        "a field is gone": in_line(7, lambda line: line.split(",", 1)[1]),
        "a field is empty": in_line(7, lambda line: line.replace(",", ",,", 1)),
        "a field more": in_line(7, lambda line: "0.5," + line),
        "a comma at the end": in_line(7, lambda line: line + ","),
        "the label first": in_line(7, lambda line: line[-1] + "," + line[:-2]),
        "a label 2": in_line(7, lambda line: line[:-1] + "2"),
        "decimal commas": in_line(7, lambda line: line.replace(".", ",")),
        "semicolons": lambda content: content.replace(b",", b";").replace(b".", b","),
        "quotes": in_line(7, lambda line: '"' + line.replace(",", '","') + '"'),
        "a header": lambda content: b"a,b,c,d,e,f,g,h,label\n" + content,
        "row numbers": lambda content: b"\n".join(
            b"%d,%s" % (i, line) for i, line in enumerate(content.splitlines())),
        "two lines in one": in_line(7, lambda line: line + ROW.format(1).strip()),
        "another unit": in_line(7, lambda line: "12.5," + line.split(",", 1)[1]),
        "nan": in_line(7, lambda line: "nan," + line.split(",", 1)[1]),
        "an underscore": in_line(7, lambda line: "0.1_5," + line.split(",", 1)[1]),
        "a blank line": in_line(7, lambda line: line + "\n"),
        "one label only": lambda content: re.sub(rb",0\n", b",1\n", content),
    },
    "names": {
        "a quote that stays open": in_line(7, lambda line: line[:-1]),
        "no label": in_line(7, lambda line: line.split(",")[0]),
        "an empty label": in_line(7, lambda line: line.split(",")[0] + ',""'),
        "no name": in_line(7, lambda line: '"",' + line.split(",")[1]),
        "a third field": in_line(7, lambda line: line + ',"x"'),
        "two lines in one": in_line(7, lambda line: line + line),
        "a blank line": in_line(7, lambda line: line + "\n"),
        "cut in its last label": lambda content: content[:-4],
    },
}
for _name in ("pairs 13.4", "pairs 13.5", "pairs 13.6"):
    MEANING[_name] = {
        "no tab": in_line(7, lambda line: line.replace("\t", " ", 1)),
        "a tab in a sentence": in_line(7, lambda line: line.replace(" ", "\t", 1)),
        "a blank line": in_line(7, lambda line: line + "\n"),
        "sentence numbers": lambda content: b"\n".join(
            b"%d\t%s" % (i, line) for i, line in enumerate(content.splitlines())),
        "an empty sentence": in_line(7, lambda line: "\t" + line.split("\t", 1)[1]),
        "two lines in one": in_line(7, lambda line: line + line),
        "cut in its last sentence": lambda content: content[:content.rstrip().rindex(b"\t") - 3],
        "semicolons": lambda content: content.replace(b"\t", b";"),
    }
MEANING["text 13.2"] = {"too short": lambda content: content[:4000]}
MEANING["book 13.3"] = {
    "a chapter less": lambda content: content.replace(b"CHAPTER V.", b"KAPITEL V."),
    "a chapter more": lambda content: content.replace(b"CHAPTER V.", b"CHAPTER V.\nCHAPTER V.\n"),
    "without its end": lambda content: content[:-9]}


@pytest.mark.parametrize(("name", "fault"), [
    (name, fault) for name, faults in MEANING.items() for fault in faults])
def test_what_says_something_else_now_is_refused(name, fault, tmp_path):
    content = READERS[name][1]
    damage = MEANING[name][fault](content)
    assert damage != content
    result, line = read(name, damage, tmp_path)
    assert result is None and "expected" in line


# ------------------------------------------------------------------------- files that are no file
WRONG = {
    "empty": b"", "blank": b"\n \n", "a web page": b"<!DOCTYPE html>\n<title>404</title>\n" * 300,
    "UTF-16": "Go.\tVa !\n".encode("utf-16") * 900, "UTF-16 without a mark": b"G\0o\0" * 4000,
    "GBK": "我们,中国\n".encode("gbk") * 900, "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" * 900,
    "random bytes": np.random.default_rng(1).bytes(9000),
    "half a gzip": gzip.compress(b"a" * 9000)[:-9],
    "a zip archive": b"PK\3\4" + np.random.default_rng(2).bytes(9000),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", WRONG)
def test_a_file_of_another_kind_is_refused(name, kind, tmp_path):
    assert read(name, WRONG[kind], tmp_path)[1]


@pytest.mark.parametrize("name", READERS)
def test_every_reader_refuses_the_files_of_the_others(name, tmp_path):
    """But pairs are pairs, pictures are pictures, and any text is a text."""
    alike = [{"pairs 13.4", "pairs 13.5", "pairs 13.6"}, {"photo", "PNG", "JPEG"}]
    for other, (_, content, _) in READERS.items():
        if other != name and not any({name, other} <= kinds for kinds in alike):
            result, line = read(name, content, tmp_path)
            assert line or (name == "text 13.2" and other in TEXTS), other


@pytest.mark.parametrize("name", READERS)
def test_a_file_cut_at_every_tenth(name, tmp_path):
    """In the middle of a line it is refused; at its end the lines before it are read."""
    content = READERS[name][1]
    refused = 0
    for tenth in range(10):
        cut = content[:len(content) * tenth // 10]
        result, line = read(name, cut, tmp_path)
        refused += line is not None
        if line is None:
            check(name, cut, result)
    assert refused >= 5 and (name in TEXTS or refused == 10)


@pytest.mark.parametrize("name", READERS)
def test_missing_a_folder_no_permission_too_large(name, tmp_path, monkeypatch):
    reader = READERS[name][0]
    with pytest.raises(BadInput, match="missing"):
        reader(tmp_path / "missing")
    with pytest.raises(BadInput):
        if name == "names":         # a folder of texts is what it takes, an empty one is refused
            lesson13.read_parts(str(tmp_path), lesson13.TEST)
        reader(tmp_path)
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(200_000_000)              # takes no place
    with pytest.raises(BadInput, match="100 MB or more" if name in TEXTS else "expected"):
        reader(tmp_path / "huge")

    def forbidden(*_, **__):                    # root may read everything
        raise PermissionError(13, "Permission denied")
    (tmp_path / "secret").write_bytes(READERS[name][1])
    for module in ("builtins", "io"):
        monkeypatch.setattr(f"{module}.open", forbidden)
    with pytest.raises(BadInput, match="secret: expected .*Permission denied"):
        reader(tmp_path / "secret")


@pytest.mark.parametrize("fault", ["missing", "folder", "no permission", "empty"])
def test_mnist_that_is_not_there(fault, tmp_path, monkeypatch):
    monkeypatch.setattr(utils, "DATA", tmp_path)
    path = tmp_path / "mnist.npz"
    if fault == "folder":
        path.mkdir()
    elif fault != "missing":
        path.write_bytes(b"" if fault == "empty" else (ROOT / "data" / "mnist.npz").read_bytes())
    if fault == "no permission":
        monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(BadInput, match="mnist.npz: expected the file that ships; run: git"):
        utils.load_mnist()


def test_mnist_cut_at_every_tenth_and_with_a_byte_flipped(tmp_path, monkeypatch):
    whole = (ROOT / "data" / "mnist.npz").read_bytes()
    monkeypatch.setattr(utils, "DATA", tmp_path)
    generator = np.random.default_rng(0)
    for tenth in range(10):
        place = int(generator.integers(len(whole)))
        flipped = whole[:place] + bytes([whole[place] ^ 1 << tenth % 8]) + whole[place + 1:]
        for damage in (whole[:len(whole) * tenth // 10], flipped):
            (tmp_path / "mnist.npz").write_bytes(damage)
            with pytest.raises(BadInput, match="mnist.npz: expected the file that ships"):
                utils.load_mnist()


# ------------------------------------------------------------------------------------- the table
FAULTS = (ROOT / "tests" / "FAULTS.md").read_text(encoding="utf-8")


def test_every_test_that_the_table_names_is_there():
    rows = [row.strip("| ").split(" | ") for row in FAULTS.splitlines() if row.startswith("| ")]
    rows = [row for row in rows if row[0] not in ("fault", "---")]
    assert len(rows) > 60 and {len(row) for row in rows} == {4}
    for _, _, happened, tests in rows:
        assert "fail" not in happened.lower()
        for file, name in re.findall(r"`(test_\w+)::(test_\w+)`", tests):
            text = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")
            assert f"\ndef {name}(" in text, (file, name)
        assert re.fullmatch(r"(`test_\w+::test_\w+`(, )?)+", tests), tests
