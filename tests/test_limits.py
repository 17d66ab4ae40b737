"""Every limit at the value that is just right and at the nearest that is not: settings, data.

All settings of all scripts, found by their file names. A new setting or reader needs a row here.
"""

import ast
import importlib
import inspect
import sys

import numpy as np
import pytest

import lesson8
import lesson13
import lesson13_2
import lesson13_3
import lesson13_7
import utils
from conftest import LIUER, SCRIPTS
from utils import BadInput

# ------------------------------------------------------------------------------------- settings
# Values at the limits that are right | the nearest that are wrong. "script setting" goes first.
FROM_1 = "1 9223372036854775807 | 0 -1 9223372036854775808"
FROM_0 = "0 9223372036854775807 | -1 9223372036854775808"
POSITIVE = "5e-324 9.223372036854775e18 | 0 -0.0 -5e-324 9.223372036854776e18"
TO_1 = "5e-324 1 | 0 -0.0 1.0000000000000002"
TO_100 = "5e-324 100 | 0 -0.0 100.00000000000001"
SHARE = "0 0.9999999999999999 | -5e-324 1"
START = "-100 100 | -100.00000000000001 100.00000000000001"
EDGES = {
    **dict.fromkeys(["epochs", "batch_size", "hidden", "beam", "climb", "depth", "seeds", "steps",
                     "timeout"], FROM_1),
    **dict.fromkeys(["w", "b"], START), **dict.fromkeys(["w_max", "b_max"], TO_100),
    **dict.fromkeys(["momentum", "dropout", "smoothing"], SHARE),
    "seed": FROM_0, "clip": POSITIVE, "weight_decay": "0 9.223372036854775e18 | -5e-324",
    "lesson13_2.py batch_size": "1 1000 | 0 1001",
    "rows": "20 9223372036854775807 | 19", "workers": "0 64 | -1 65",
    "lesson2.py step": "0.001 | 0.0009999999999999998",
    "lesson2_2.py step": "0.01 | 0.009999999999999998",
    "temperature": "0.01 | 0.009999999999999998 0",
    "v": "-2 2 | -2.0000000000000004 2.0000000000000004",
}


def edges_of_rate(script):
    """Of Adam no limit is known; deep nets, with momentum, are lost above 1."""
    if script.startswith(("lesson8_2", "lesson9", "lesson10", "lesson11", "lesson13_7")):
        return TO_1
    return POSITIVE if script.startswith(("lesson12", "lesson13")) else TO_100


SETTINGS = [(script, name, parameter.default) for script in SCRIPTS for name, parameter in
            inspect.signature(importlib.import_module(script[:-3]).main).parameters.items()]


def is_text(default):
    return default is None or isinstance(default, str)


@pytest.fixture
def read_flags(monkeypatch, capsys):
    """read_flags("lesson3.py", "--lr", "1"): what main() would get; the line on stderr where it is
    refused. Nothing is trained."""
    def read(script, *arguments):
        main = importlib.import_module(script[:-3]).main
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)      # flags() puts its own there
        try:
            return utils.flags(main)
        except SystemExit as stop:
            out, err = capsys.readouterr()
            assert (stop.code, out) == (2, "")
            return err

    return read


@pytest.mark.parametrize(("script", "name"), [
    (script, name) for script, name, default in SETTINGS
    if not is_text(default) and default is not False])
def test_a_number_at_its_limits(script, name, read_flags):
    kind = type(next(default for *known, default in SETTINGS if known == [script, name]))
    edges = edges_of_rate(script) if name == "lr" else EDGES.get(f"{script} {name}") or EDGES[name]
    right, wrong = (part.split() for part in edges.split("|"))
    for value in right:
        for flag in (f"--{name}", f"--{name.replace('_', '-')}"):
            assert read_flags(script, flag, value)[name] == kind(value)
    no_number = ["nan", "inf", "-inf", "1e400", "", " ", "1,5", "0x1", "one"]
    no_number += ["1.5", "1e3", "1.0"] if kind is int else []
    for value in wrong + no_number:
        said = read_flags(script, f"--{name}", value)
        assert isinstance(said, str), f"{name} {value} is let through"
        assert said.startswith(f"{script}: --{name}: expected a ") and said.count("\n") == 1
        assert f"got {value!r}; see --help" in said and ("whole" in said) == (kind is int)


@pytest.mark.parametrize(("script", "name"), [
    (script, name) for script, name, default in SETTINGS if is_text(default)])
def test_a_text_is_not_empty(script, name, read_flags):
    """Else --train "$FILE" would train on what ships where FILE is not set."""
    assert read_flags(script, f"--{name}", "x")[name] == "x"
    said = f"{script}: --{name}: expected a text, got ''; see --help\n"
    assert read_flags(script, f"--{name}", "") == said
    assert read_flags(script, f"--{name}=") == said


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_defaults_are_within_their_limits(script, read_flags):
    defaults = {name: default for known, name, default in SETTINGS if known == script}
    assert read_flags(script) == defaults
    numbers = [str(text) for name, default in defaults.items() if not is_text(default)
               and default is not False for text in (f"--{name}", default)]
    assert read_flags(script, *numbers) == defaults


# ----------------------------------------------------------------------------------------- data
READERS = {     # what reads a file or a folder, and where its limits are tested
    "read_table": "here", "read_names": "here", "read_opinions": "here", "read_parts": "here",
    "read_chapters": "here", "read_text": "test_utils", "read_pairs": "test_copies",
    "read_kaggle": "test_copies", "read_picture": "test_image2tensor",
    "read_shipped": "no file", "read_made": "no file",
}


def test_the_limits_of_every_reader_are_tested():
    found = {node.name for script in [*SCRIPTS, "utils.py"]
             for node in ast.parse((LIUER / script).read_text(encoding="utf-8")).body
             if isinstance(node, ast.FunctionDef) and node.name.startswith("read_")}
    assert found == set(READERS)


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="data.txt"):
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)

    return to_file


ROW = "-1,1,0,-0.0,1e-3,+1.0,.5,-1."


@pytest.mark.parametrize("label", ["0", "1", "0.0", "1.0", "1e0"])
def test_a_table_at_its_limits(label, write):
    other = "1" if float(label) == 0 else "0"
    x, y = utils.read_table(write([f"{ROW},{label}", f"{ROW},{other}"]))
    np.testing.assert_array_equal(x[0], np.float32([-1, 1, 0, 0, 0.001, 1, 0.5, -1]))
    assert y.ravel().tolist() == [float(label), float(other)]


@pytest.mark.parametrize("label", ["10", "2", "-1", "0.5", "1.0000001", "1e-9"])
def test_a_label_that_is_neither_0_nor_1(label, write):
    with pytest.raises(BadInput, match="data.txt: expected labels 0 and 1, last, got "):
        utils.read_table(write([f"{ROW},0", f"{ROW},1", f"{ROW},{label}"]))


@pytest.mark.parametrize("value", ["1.0000000001", "-1.0000000001", "10"])
@pytest.mark.parametrize("column", [0, 7])
def test_a_feature_just_outside(value, column, write):
    fields = ROW.split(",")
    fields[column] = value
    with pytest.raises(BadInput, match=rf"expected \[-1, 1\], column {column + 1} goes from "):
        utils.read_table(write([f"{ROW},0", ",".join(fields) + ",1"]))


@pytest.mark.parametrize("row", ["0" + 7 * ",0", "0" + 9 * ",0", "", "0" + 8 * ", 0" + ",", "nan"
                                 + 8 * ",0", "inf" + 8 * ",0", "1e400" + 8 * ",0", "," + 8 * ",0"])
def test_a_row_of_a_table_with_a_field_less_or_more_or_no_number(row, write):
    lines = [f"{ROW},0", f"{ROW},1", row, f"{ROW},1"]
    if row.startswith("1e400"):         # a number to the reader, but too large
        with pytest.raises(BadInput, match="column 1 goes from -1 to inf"):
            utils.read_table(write(lines))
        return
    with pytest.raises(BadInput, match="data.txt, line 3: expected 8 numbers and a label 0 or 1"):
        utils.read_table(write(lines))


def test_a_table_to_split_has_five_rows(write, capsys):
    lines = [f"{ROW},{k % 2}" for k in range(5)]
    assert lesson8.main(epochs=1, path=write(lines))["losses"]
    with pytest.raises(BadInput, match="data.txt: expected at least 5 rows to split, got 4$"):
        lesson8.main(epochs=1, path=write(lines[:4]))


def test_names_at_their_limits(write):
    fits = "a" * 995 + ",Thai"          # a line of 1,000 letters
    assert lesson13.read_names(write(["Kim,Korean", fits])) == [
        ("kim", "Korean"), ("a" * 995, "Thai")]
    for line in ("a" + fits, "Kim", "Kim,", ",Korean", "Kim,Korean,x", "7,Korean", ""):
        with pytest.raises(BadInput, match="data.txt, line 2: expected name,label"):
            lesson13.read_names(write(["Kim,Korean", line, "Kim,Korean"]))


def test_grades_at_their_limits(write):
    head = "Phrase\tSentiment"
    rows = lesson13_7.read_opinions(write([head, "bad\t0", "good\t4"]))
    assert [grade for *_, grade in rows] == [0, 4]
    for grade in ("5", "-1", "10", "0.5", "4.0", "1e0", "", " 4", "nan"):
        with pytest.raises(BadInput, match="data.txt, line 3: expected a Sentiment of 0 to 4, got"):
            lesson13_7.read_opinions(write([head, "bad\t0", f"good\t{grade}"]))


def test_opinions_to_split_have_five_sentences():
    rows = [(k, [f"w{k}"], 1) for k in range(5)]
    assert [len(part) for part in lesson13_7.split(rows, "p.tsv")] == [4, 1]
    with pytest.raises(BadInput, match="p.tsv: expected 5 sentences .*, got 4$"):
        lesson13_7.split(rows[:4], "p.tsv")


def test_a_text_of_5000_characters(write):
    path = write(["ab" * 2499 + "a"])           # and the end of the line
    characters, *parts = lesson13_2.read_parts(path)
    assert characters == "\ufffdab"
    assert [len(part) for part in parts] == [4250, 250, 500]
    with pytest.raises(BadInput, match="expected at least 5,000 characters, got 4,999$"):
        lesson13_2.read_parts(write(["ab" * 2499]))


def test_a_book_of_12_chapters(write):
    def book(count):
        return write([*(f"CHAPTER {k}\nIt was {k}." for k in range(count)), "THE END"])

    assert lesson13_3.read_chapters(book(12)) == [[["it", "was"]]] * 11 + [
        [["it", "was"], ["the", "end"]]]
    for count in (11, 13):
        with pytest.raises(BadInput, match=f"expected the book, 12 chapters .*, got {count}$"):
            lesson13_3.read_chapters(book(count))
