"""Readers' own files: names, tables, sentences, pictures. Each refusal is one clear line.

A refusal says where (file and line), what was expected, what came, and what to do. No lesson's idea
is here: a lesson calls read_table, read_names, ... and gets lists and arrays to learn from.
"""

import csv
import functools
import gzip
import math
import os
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from utils import DATA, BadInput

LARGEST = 100_000_000       # bytes of a text: more would fill the memory
LONGEST = 400               # words of a sentence: longer ones would fill the memory
LONGEST_NAME = 1_000        # letters
MOST_PIXELS = 50_000_000    # of a picture that is read as it is; a larger one is made smaller
MOST_DECODED = 250_000_000  # of a picture that has to be read whole before it is made smaller

# What a Chinese keyboard, a spreadsheet or a word processor writes in place of , ; : and "
ODD = {"，": "full-width comma ，", "；": "full-width semicolon ；", "：": "full-width colon ：",
       "“": "Chinese quotes “ ”", "”": "Chinese quotes “ ”", "、": "Chinese comma 、",
       "｜": "full-width bar ｜"}
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


# ---- texts ----

def read_text(path):
    """The text of a UTF-8 file, plain or gzipped, with \\n as the end of a line."""
    try:
        with open(Path(path).expanduser(), "rb") as file:
            if file.peek(2)[:2] == b"\x1f\x8b":     # some browsers unzip and leave the name
                file = gzip.GzipFile(fileobj=file)
            content = file.read(LARGEST)
    except (OSError, EOFError, zlib.error, RuntimeError) as error:
        got = getattr(error, "strerror", None) or "a damaged gzip file"
        raise BadInput(f"{path}: expected a file that can be read, got: {got}") from None
    if len(content) == LARGEST:
        raise BadInput(f"{path}: expected less than {LARGEST // 10**6} MB of text, got more; "
                       "take a part of it")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput(f"{path}: expected UTF-8, got UTF-16; save as UTF-8")
    try:
        text = content.decode("utf-8-sig")      # -sig: some editors begin a file with a mark
    except UnicodeDecodeError as error:
        line = content[:error.start].count(b"\n") + 1
        raise BadInput(f"{path}, line {line}: expected UTF-8, got another coding (GBK?); "
                       "save as UTF-8") from None
    if "\0" in text:
        raise BadInput(f"{path}: expected a text in UTF-8, got bytes 0 (UTF-16, or no text); "
                       "save as UTF-8")
    if re.match(r"\s*<(!doctype|html|head|\?xml)", text, re.IGNORECASE):
        raise BadInput(f"{path}: expected a text, got a web page; download the file itself")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path):
    """The lines of a text, without empty ones at the end. A file without any is refused."""
    lines = read_text(path).rstrip("\n ").split("\n")
    if "".join(lines).strip() == "":
        raise BadInput(f"{path}: expected lines, got an empty file")
    return lines


def short(text):
    """What came, for a message: at most 60 characters of it, on one line."""
    text = " ".join(str(text).split())
    return text if len(text) <= 60 else text[:57] + "..."


def count_of(number, word):
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def odd(line):
    """Name what a Chinese keyboard has typed in place of , ; : and quotes; "" where nothing is."""
    for sign, name in ODD.items():
        if sign in line:
            return name
    return ""


def write_whole(path, write):
    """Call write(a path beside it), then rename: the file is whole, or the former one stays."""
    path = Path(path).expanduser()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{path}: expected a file that can be written, got: "
                       f"{getattr(error, 'strerror', None) or error}") from None
    finally:
        part.unlink(missing_ok=True)


# ---- tables ----

def split_fields(path, lines):
    """The fields of each line of a CSV table (lists of texts), without spaces around them."""
    csv.field_size_limit(10**9)         # a quote that never closes shall end in a message of ours
    table = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = next(csv.reader([line], strict=True, skipinitialspace=True), [])
        except csv.Error:
            raise BadInput(f"{path}, line {number}: expected quotes in pairs, got: {short(line)}"
                           ) from None
        table.append([field.strip() for field in fields])
    return table


def refuse_row(path, number, line, width):
    """Say what is wrong with a line of a table."""
    if odd(line):
        got = odd(line)
    elif ";" in line and re.search(r"\d,\d", line):
        got = "semicolons between and decimal commas in the numbers (write 0.5 for 0,5)"
    elif ";" in line:
        got = "semicolons"
    elif "\t" in line:
        got = "tabs"
    elif "," not in line and len(line.split()) > 1:
        got = "spaces"
    else:
        got = count_of(line.count(",") + 1, "field")
    raise BadInput(f"{path}, line {number}: expected {width} with commas between, got {got}: "
                   f"{short(line)}")


def is_number(text):
    return NUMBER.fullmatch(text) is not None


def read_table(path):
    """A CSV table: numbers and, in the last column, one of two labels. Return xy (N, F + 1).

    Labels may be 0 and 1, -1 and 1 or two texts; they come back as 0 and 1. A header is left out.
    """
    lines = read_lines(path)
    table = split_fields(path, lines)
    first = 0
    header = [f"column {k}" for k in range(1, len(table[0]) + 1)]
    if len(table[0]) > 1 and has_table_header(table):
        header = table[0]
        first = 1
        print(f"{path}: line 1 is a header and left out: {short(lines[0])}")
    width = len(table[min(1, len(table) - 1)]) if first else len(table[0])
    rows = []
    labels = []
    for number in range(first, len(lines)):
        fields = table[number]
        if not lines[number].strip():
            continue
        if len(fields) < 2 or len(fields) != width:
            wanted = f"{width - 1} numbers and a label" if width > 1 else "numbers and a label"
            refuse_row(path, number + 1, lines[number], wanted)
        for k, field in enumerate(fields[:-1]):
            if not is_number(field):
                refuse_field(path, number + 1, lines[number], field, header, k)
        if fields[-1] == "":
            raise BadInput(f"{path}, line {number + 1}: expected a label at the end, got an empty "
                           f"field: {short(lines[number])}")
        rows.append([float(field) for field in fields[:-1]])
        labels.append(fields[-1])
    x = np.array(rows, dtype=np.float64).reshape(len(rows), width - 1)      # (N, F)
    too_large = np.argwhere(abs(x) > 1e30)
    if len(too_large):
        row, column = too_large[0]
        raise BadInput(f"{path}, line {row + first + 1}: expected numbers below 1e30, got "
                       f"{rows[row][column]:g}")
    counted = np.arange(len(x)) + x[:1, 0]
    if width > 2 and len(x) >= 10 and x[0, 0] in (0, 1) and np.array_equal(x[:, 0], counted):
        print(f"{path}: {header[0] or 'column 1'} only counts the rows and is left out")
        x = x[:, 1:]
    y = two_labels(path, labels)                                            # (N, 1)
    return np.concatenate([x, y], axis=1).astype(np.float32)


def read_row(text, features):
    """The numbers of one row as it is typed, "13.5,20.1", as a table of one row."""
    row = []
    for field in text.replace("，", ",").split(","):
        if not is_number(field.strip()):
            raise BadInput(f"--predict: expected numbers with commas between, got {short(field)!r}")
        row.append(float(field))
    if len(row) != features:
        raise BadInput(f"--predict: expected {features} numbers, got {len(row)}")
    return [row]


def has_table_header(table):
    """Is line 1 of a table its header? It holds no number, and the line below does."""
    if len(table) < 2 or any(is_number(field) for field in table[0]):
        return False
    return any(is_number(field) for field in table[1])


def refuse_field(path, number, line, field, header, k):
    """Say what is wrong with a field that is no number."""
    name = header[k] if k < len(header) and header[k] else f"column {k + 1}"
    if odd(field):
        got = odd(field)
    elif ";" in line:
        got = "semicolons between the numbers (use commas, and 0.5 for 0,5)"
    elif field == "":
        got = "an empty field: fill it or leave the line out"
    else:
        got = short(field)
    raise BadInput(f"{path}, line {number}: expected a number in {name}, got {got}")


def two_labels(path, labels):
    """Labels (texts) -> (N, 1) of 0 and 1. Which is 1 is told where they are not 0 and 1."""
    numbers = []
    for label in labels:
        numbers.append(float(label) if is_number(label) else label)
    kinds = sorted(set(numbers), key=lambda kind: (isinstance(kind, str), kind))
    texts = [f"{kind:g}" if isinstance(kind, float) else kind for kind in kinds]
    if len(kinds) != 2:
        some = ", ".join(texts[:5])
        raise BadInput(f"{path}: expected two different labels in the last column, as 0 and 1, got "
                       f"{len(kinds)}: {short(some)}; is the label last?")
    if kinds != [0, 1]:
        print(f"{path}: label {short(texts[1])} is learned as 1, {short(texts[0])} as 0")
    y = [[float(number == kinds[1])] for number in numbers]
    return np.array(y)


def read_columns(path, patterns, least=1):
    """Rows of a CSV file with a header: dicts of the columns that patterns names.

    patterns: {column: regular expression that each of its fields fits}
    least: so many rows at least
    """
    csv.field_size_limit(10**9)         # a quote that never closes shall end in a message of ours
    table = csv.DictReader(read_text(path).split("\n"), restval="no field")
    missing = [name for name in patterns if name not in (table.fieldnames or [])]
    if missing:
        raise BadInput(f"{path}, line 1: expected Kaggle's columns, missing: "
                       f"{short(', '.join(missing))}")
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}
    rows = []
    for row in table:
        place = f"{path}, line {table.line_num}"
        if None in row:
            raise BadInput(f"{place}: expected {len(table.fieldnames)} fields, got more")
        for name, pattern in compiled.items():
            if not pattern.fullmatch(row[name]):
                got = odd(row[name]) or short(row[name]) or "an empty field"
                raise BadInput(f"{place}: expected {name} as {pattern.pattern}, got {got}")
        rows.append({name: row[name] for name in patterns})
    if len(rows) < least:
        raise BadInput(f"{path}: expected {least} rows or more, got {len(rows)}")
    return rows


def write_answer(path, lines):
    """Write the lines, the first of them a header, and say how many there are."""
    text = "\n".join(lines) + "\n"
    write_whole(path, lambda part: part.write_bytes(text.encode("utf-8")))
    print(f"{Path(path).expanduser().absolute()}: {len(lines) - 1:,} rows")


# ---- names ----

APOSTROPHES = "’‘ʼʻ‛′`´＇ʹ"
LETTERS = {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
           "ı": "i", "ŋ": "ng", "ħ": "h", "ŧ": "t", "‐": "-", "‑": "-", "–": "-"}
PLAIN = str.maketrans(LETTERS | dict.fromkeys(APOSTROPHES, "'"))
NAME_HEADERS = {"name", "names", "surname", "firstname", "lastname", "first name", "last name",
                "first_name", "last_name", "word", "words", "text", "label", "labels", "class",
                "category", "language", "country", "nationality", "origin", "gender", "sex", "type",
                "姓名", "名字", "姓", "名", "标签", "类别", "语言", "国家", "性别", "种类", "分类"}


def unseen(character):
    """Is it a character that nobody sees: soft hyphen, direction mark, zero-width joiner?"""
    return unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f"


def drop_unseen(text):
    if text.isascii():
        return text
    return "".join(character for character in text if not unseen(character))


def plain(name):
    """A name in small letters, Latin ones without accents: Müller -> muller; 王伟 stays.

    "" for a name without letters."""
    name = drop_unseen(name).lower().replace("´", "'")
    name = unicodedata.normalize("NFKD", name).translate(PLAIN)         # é -> e and its accent
    name = re.sub("(?<=[a-z])[\u0300-\u036f]+", "", name)               # the accents
    name = " ".join(unicodedata.normalize("NFC", name).split())
    return name if any(character.isalpha() for character in name) else ""


def read_names(path, labels=None):
    """Pairs (plain name, label) of a CSV file, or of a folder of texts LABEL.txt, a name a line.

    labels: those of the training names, to tell a header of a test file from a name."""
    path = Path(path).expanduser()
    if path.is_dir():
        return read_name_folder(path)
    lines = read_lines(path)
    pairs = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            pairs.append(read_name(path, number, line))
    if is_name_header(pairs, labels):
        print(f"{path}: line 1 is a header and left out: {short(lines[0])}")
        pairs = pairs[1:]
    if label_first(pairs, labels):
        print(f"{path}: the label is first in each line: {pairs[0][0]} is a label, {pairs[0][1]} "
              "a name")
        pairs = [(label, name) for name, label in pairs]
    named = []
    for name, label in pairs:
        if not plain(name):
            raise BadInput(f"{path}: expected name,label, a name with letters, got "
                           f"{short(name)},{short(label)}")
        named.append((plain(name), label))
    different = len({label for _, label in named})
    if labels is None and len(named) >= 10 and different > len(named) / 2:
        raise BadInput(f"{path}: expected several names to a label, got {different} labels for "
                       f"{len(named)} names")
    return named


def read_name(path, number, line):
    """(name, label) of a line, as they stand there."""
    expected = f"{path}, line {number}: expected name,label"
    if len(line) > LONGEST_NAME:
        raise BadInput(f"{expected}, at most {LONGEST_NAME} letters, got {len(line):,}")
    try:
        fields = next(csv.reader([line], strict=True, skipinitialspace=True), [])
    except csv.Error:       # a quote that never closes, or in the middle of a field
        raise BadInput(f"{expected}, got quotes that do not close: {short(line)}") from None
    fields = [field.strip() for field in fields]
    if len(fields) == 2 and fields[0] and fields[1] and not re.match("[“”]", line):
        return fields[0], fields[1]
    got = odd(line)
    if not got and ";" in line:
        got = "a semicolon"
    if not got and "\t" in line:
        got = "a tab"
    if not got:
        got = "an empty field" if "" in fields else count_of(len(fields), "field")
    raise BadInput(f"{expected} with a comma between, got {got}: {short(line)}")


def read_name_folder(folder):
    pairs = []
    for file in sorted(folder.glob("*.txt")):
        for number, line in enumerate(read_lines(file), start=1):
            if not plain(line) or len(line) > LONGEST_NAME:
                raise BadInput(f"{file}, line {number}: expected a name with letters, got "
                               f"{short(line) or 'an empty line'}")
            pairs.append((plain(line), file.stem))
    if not pairs:
        raise BadInput(f"{folder}: expected texts LABEL.txt with a name a line, got none")
    return pairs


def is_name_header(pairs, labels):
    """Is line 1 a header? Its label is no label of the training names or of a line below."""
    name, label = pairs[0]
    if len(pairs) == 1:
        return False
    below = Counter(label for name, label in pairs[1:])
    first = {name for name, label in pairs[1:]}
    if label in below or name in first:
        return False
    if labels is not None:
        others = set(below) | first
        return label not in labels and name not in labels and bool(others & set(labels))
    if name.lower() in NAME_HEADERS or label.lower() in NAME_HEADERS:
        return True
    return min(below.values()) > 1 and label.islower() and not any(map(str.islower, below))


def label_first(pairs, labels):
    """Are the columns the other way round, label,name? A label comes again and again."""
    names = {name for name, label in pairs}
    given = {label for name, label in pairs}
    if labels is not None:
        return names <= set(labels) and not given & set(labels)
    return len(pairs) >= 4 and len(given) >= 2 * len(names)


def read_name_parts(train=None, test=None):
    """Pairs to train on and to test on: the names that ship, or files of one's own. Of a training
    file alone a tenth of the names is held out for the test."""
    train_pairs = read_names(train or DATA / "names_train.csv")
    labels = {label for name, label in train_pairs}
    if test or not train:
        test = test or DATA / "names_test.csv"
        test_pairs = read_names(test, labels)
    else:
        names = sorted({name for name, label in train_pairs})
        held_out = set(names[::10])
        test_pairs = [pair for pair in train_pairs if pair[0] in held_out]
        train_pairs = [pair for pair in train_pairs if pair[0] not in held_out]
        print(f"no --test: a tenth of the different names in {train} is held out")
    if not train_pairs:
        raise BadInput(f"{train}: expected several names, to train on some and test on others")
    new = sorted({label for name, label in test_pairs} - labels)
    if new:
        print(f"no training name has the label {short(', '.join(new))}: it is never right")
    seen = set(train_pairs)
    both = len([pair for pair in test_pairs if pair in seen])
    print(f"{len(train_pairs):,} training names, {len(test_pairs):,} test names ({both} in both)")
    return train_pairs, test_pairs


# ---- sentences ----

# Thai to Tibetan, Burmese, Khmer, Japanese, Chinese: no spaces between words, a token a character.
UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u4dbf\u4e00-\u9fff"
# Signs that belong to the letter before: accents, Hindi's and Thai's vowels.
MARKS = "".join(chr(i) for i in range(0x300, 0x11a00) if unicodedata.category(chr(i))[0] == "M")
WORD = re.compile(
    rf"[{UNSPACED}][{MARKS}]*"                                              # 好
    r"|aujourd'hui"
    r"|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)"                      # l' of l'homme
    rf"|(?:(?![{UNSPACED}])[\w{MARKS}])+?(?=n't\b)|n't\b"                   # is and n't of isn't
    rf"|'?(?:(?![{UNSPACED}])[\w{MARKS}])+"                                 # a word, or 'm of I'm
    rf"|[^\w\s][{MARKS}\U0001f3fb-\U0001f3ff]*")                             # a mark, an emoji
HEADERS = {"source", "target", "src", "tgt", "trg", "sentence", "translation", "sentence1",
           "sentence2", "text", "english", "german", "french", "spanish", "italian", "chinese",
           "japanese", "korean", "russian", "portuguese", "dutch", "deutsch", "english sentence",
           "en", "de", "fr", "es", "it", "zh", "ja", "ko", "ru", "pt", "nl", "eng", "deu", "fra",
           "英文", "英语", "中文", "汉语", "德语", "法语", "日语", "原文", "译文", "原句", "翻译"}


def tokenize(sentence):
    """Small words and marks: "Ich hab's, it isn't l'homme." -> ich hab 's , it is n't l' homme ."""
    sentence = drop_unseen(sentence).lower()
    sentence = unicodedata.normalize("NFC", sentence).replace("i\u0307", "i")       # of İ
    sentence = re.sub("[’‘ʼ＇]", "'", sentence)
    return WORD.findall(sentence)


def join_words(words):
    """Back to a sentence as people write it: l' homme , dit - il . -> "l'homme, dit-il."."""
    check_words([words])
    sentence = " ".join(words)
    sentence = re.sub(r" (?=[,.;:!?)\]]|'\w|n't\b)", "", sentence)
    sentence = re.sub(r"(?<=[(\[]) |(?<=\w') (?=\w)|(?<=\w) ([-/]) (?=\w)", r"\1", sentence)
    return re.sub(rf"(?<=[{UNSPACED}]) | (?=[{UNSPACED}，。！？；：、])", "", sentence)


def check_words(sentences):
    """Refuse a string where a list of words is wanted: its letters would be taken for words."""
    if isinstance(sentences, str):
        sentences = [sentences]
    for sentence in sentences:
        if isinstance(sentence, str):
            raise BadInput(f"expected lists of words, got the string {short(sentence)!r}: "
                           "split it first, with tokenize() of files.py")


def read_pairs(path, reverse=False):
    """Triples (source words, target words, target as written) of lines `source TAB target`.

    reverse: the second column is the source, the first the target"""
    lines = read_lines(path)
    rows = [line.split("\t") for line in lines]
    first = 0
    if is_pair_header(rows):
        print(f"{path}: line 1 is a header and left out: {short(lines[0])}")
        first = 1
    pairs = []
    for number in range(first, len(rows)):
        row = rows[number]
        if row == [""]:
            continue
        place = f"{path}, line {number + 1}"
        if len(row) < 2:
            got = odd(row[0]) or "no tab"
            raise BadInput(f"{place}: expected two sentences with a tab between, got {got}: "
                           f"{short(row[0])}")
        if len(row) != len(rows[first]):
            raise BadInput(f"{place}: expected {count_of(len(rows[first]) - 1, 'tab')} as in line "
                           f"{first + 1}, got {len(row) - 1}: {short(lines[number])}")
        sides = [tokenize(row[0]), tokenize(row[1])]
        for words, written in zip(sides, row):
            if not words or " ".join(words).isdigit():
                raise BadInput(f"{place}: expected two sentences with a tab between, got "
                               f"{short(written) or 'an empty field'} for one of them")
            if len(words) > LONGEST:
                raise BadInput(f"{place}: expected sentences of at most {LONGEST} words, "
                               f"got {len(words):,}: split it")
        if reverse:
            pairs.append((sides[1], sides[0], row[0]))
        else:
            pairs.append((sides[0], sides[1], row[1]))
    if re.search(f"[{UNSPACED}]", "".join(lines[first:])):
        print(f"{path}: no spaces between words: there a token is a character, so is it for BLEU")
    if not pairs:
        raise BadInput(f"{path}: expected sentences below line 1, got none")
    return pairs


def is_pair_header(rows):
    """Is line 1 a header, as English TAB French?"""
    if len(rows[0]) < 2:
        return False
    titles = {field.strip().lower() for field in rows[0][:2]}
    if titles <= HEADERS:
        return True
    if len(rows) < 5 or any(len(title.split()) > 2 or ends(title) for title in titles):
        return False
    return all(ends(row[0]) for row in rows[1:])        # only line 1 has no full stop


def ends(sentence):
    """Does a sentence end with its mark?"""
    return sentence.rstrip("\"'”’»)） ").endswith((".", "!", "?", "…", "。", "！", "？", "।", "؟"))


def read_pair_parts(train, val, test, shipped, reverse=False):
    """Triples, as of read_pairs, to learn from, to watch, to translate.

    shipped: "deu-eng" or "eng-fra", the pairs to take where no train is given. Of a train of one's
    own every tenth source sentence is held out for each part that has no file, with all its
    translations (of many fewer: some 1,000 sentences)."""
    if train is None:
        train = DATA / f"{shipped}-train.txt"
        val = val or DATA / f"{shipped}-val.txt"
        test = test or DATA / f"{shipped}-test.txt"
    pairs = read_pairs(train, reverse)
    parts = []
    for name, path in [("val", val), ("test", test)]:
        if path:
            parts.append(read_pairs(path, reverse))
            continue
        sources = sorted({" ".join(source) for source, target, written in pairs})
        held_out = set(sources[::max(10, len(sources) // 1000)])
        parts.append([pair for pair in pairs if " ".join(pair[0]) in held_out])
        pairs = [pair for pair in pairs if " ".join(pair[0]) not in held_out]
        if not pairs:
            raise BadInput(f"{train}: expected more sentences, to hold some out; or give --val and "
                           "--test")
        print(f"no --{name}: {len(parts[-1]):,} pairs of {train} are held out")
    return pairs, parts[0], parts[1]


def vocabulary(sentences, least=2):
    """The words seen so often at least. A word's number is its place in this list."""
    sentences = list(sentences)
    check_words(sentences)
    counts = Counter()
    for sentence in sentences:
        counts.update(sentence)
    return ["<pad>", "<bos>", "<eos>", "<unk>"] + sorted(w for w in counts if counts[w] >= least)


def count_grams(words, n):
    """How often each n words in a row come."""
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def bleu(translations, references):
    """BLEU in per cent (Papineni et al. 2002): the geometric mean of the shares of right 1-, 2-, 3-
    and 4-grams (0 where one is 0), times a penalty for writing less than the references."""
    check_words(translations)
    check_words(references)
    if len(translations) != len(references):
        raise BadInput(f"bleu: expected a reference for each translation, got {len(translations)} "
                       f"translations and {len(references)} references")
    log_sum = 0.0
    for n in range(1, 5):
        right = total = 0
        for words, reference in zip(translations, references):
            grams = count_grams(words, n)
            both = grams & count_grams(reference, n)            # each as often as in both
            right += both.total()
            total += grams.total()
        if right == 0:
            return 0.0
        log_sum += math.log(right / total)
    written = sum(len(words) for words in translations)
    wanted = sum(len(words) for words in references)
    return 100 * math.exp(log_sum / 4 + min(0.0, 1 - wanted / written))


def read_opinions(path):
    """Triples (sentence's id, words, grade) of a table with tabs and the columns Phrase, Sentiment
    (0 to 4) and perhaps SentenceId; without that each phrase is a sentence of its own."""
    csv.field_size_limit(10**9)         # a file of one long line shall end in a message of ours
    table = csv.DictReader(read_text(path).rstrip("\n").split("\n"), delimiter="\t",
                           quoting=csv.QUOTE_NONE, restval="")
    missing = [name for name in ("Phrase", "Sentiment") if name not in (table.fieldnames or [])]
    if missing:
        raise BadInput(f"{path}, line 1: expected columns with tabs between, missing: "
                       f"{', '.join(missing)}")
    rows = []
    for row in table:
        place = f"{path}, line {table.line_num}"
        phrase, grade = row["Phrase"], row["Sentiment"]
        if grade not in ("0", "1", "2", "3", "4"):
            raise BadInput(f"{place}: expected a Sentiment of 0 to 4, got "
                           f"{short(grade) or 'an empty field'}")
        words = tokenize(phrase)
        if len(words) > LONGEST:
            raise BadInput(f"{place}: expected a Phrase of at most {LONGEST} words, got "
                           f"{len(words):,}: shorten it")
        rows.append((row.get("SentenceId", phrase), words, int(grade)))
    if not rows:
        raise BadInput(f"{path}: expected opinions below line 1, got none")
    return rows


# ---- pictures ----

KINDS = {               # files that people take for pictures, by their first bytes
    rb"....ftyp(hei|hev|mif|msf)": "HEIC, as phones take it", rb"....ftypavi": "AVIF",
    rb"....ftyp": "a video", rb"%PDF": "a PDF", rb"(<\?xml.*|\s*|<!--.*)<svg": "an SVG drawing",
    rb"\s*<(!doctype|html|head)": "a web page", rb"PK": "a zip archive", rb"$": "an empty file",
}


def kind_of(path):
    """What a file is that Pillow does not know."""
    with open(path, "rb") as file:
        start = file.read(500)
    for pattern, name in KINDS.items():
        if re.match(pattern, start, re.DOTALL | re.IGNORECASE):
            return name
    return "another kind of file"


def read_picture(path, side=None):
    """The picture as 8-bit grey or RGB, upright, what is transparent white.

    side: pixels of its longer side at most; without it a very large picture is made smaller, too.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None       # Pillow calls a large photo an attack; the limit is ours
    path = Path(path).expanduser()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")         # of damaged notes about a photo
            with Image.open(path) as file:
                size = file.size
                pixels = size[0] * size[1]
                longest = side
                if not side and pixels > MOST_PIXELS:
                    longest = int(max(size) * math.sqrt(MOST_PIXELS / pixels))
                if longest:
                    file.draft(None, (longest, longest))    # a JPEG is made smaller as it is read
                if file.width * file.height > MOST_DECODED:
                    raise BadInput(f"{path}: expected at most {MOST_DECODED:,} pixels, got "
                                   f"{size[0]} x {size[1]}: make it smaller")
                image = file
                if file.mode in ("1", "P"):             # resizing these would leave out lines
                    image = file.convert("L" if file.mode == "1" else "RGBA")
                if longest and image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"):
                    image.thumbnail((longest, longest))
                image = ImageOps.exif_transpose(image)      # turned as the camera was held
                image.load()
    except BadInput:
        raise
    except UnidentifiedImageError:
        raise BadInput(f"{path}: expected a picture, got {kind_of(path)}; save it as PNG or JPEG"
                       ) from None
    except Exception as error:      # Pillow's readers have a dozen kinds
        got = getattr(error, "strerror", None) or "a damaged one"   # "No such file or directory"
        raise BadInput(f"{path}: expected a picture (PNG, JPEG, ...), got: {got}") from None
    if image.mode.startswith(("I", "F")):
        raise BadInput(f"{path}: expected 8 bits a channel, got {image.mode}; save as 8-bit PNG")
    if not side and pixels > MOST_PIXELS:
        print(f"{path}: {size[0]} x {size[1]} pixels, made smaller: {image.width} x {image.height}")
    grey = image.mode in ("L", "LA")
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("L" if grey else "RGB")


def read_pictures(path, side=None):
    """{file name: picture} of a picture, or of each of a folder. Others in the folder are told."""
    path = Path(path).expanduser()
    if not path.is_dir():
        return {path.name: read_picture(path, side)}
    pictures = {}
    for file in sorted(path.glob("[!.]*.*")):
        try:
            pictures[file.name] = read_picture(file, side)
        except BadInput as error:
            print(error)
    if not pictures:
        raise BadInput(f"{path}: expected a folder with pictures, got none that can be opened")
    return pictures



# ---- trained nets ----

def save(path, content):
    """Keep a dict of numbers, texts and weights in a file."""
    import torch
    write_whole(path, lambda part: torch.save(content, part))


def load(path):
    """The dict that save wrote. A file that is damaged, or another's, is refused."""
    import torch
    path = Path(path).expanduser()
    if not path.is_file():
        raise BadInput(f"{path}: expected a file that --save wrote, got no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()     # torch.load compares no sums of what it reads
        # weights_only: else a file could hold a program, and loading would run it
        content = None if damaged else torch.load(path, map_location="cpu", weights_only=True)
    except Exception:       # they have a dozen kinds
        content = None
    if not isinstance(content, dict):
        raise BadInput(f"{path}: expected a file that --save wrote, got a damaged one or another "
                       "kind of file")
    return content


# ---- texts in figures ----

CHINESE_FONTS = ["Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC",
                 "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Microsoft YaHei",
                 "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "Arial Unicode MS"]


@functools.cache
def letters_of_fonts():
    """The numbers of all letters that figures can show: matplotlib's, and a Chinese font's."""
    import matplotlib.pyplot as plt
    from matplotlib import font_manager
    installed = {font.name for font in font_manager.fontManager.ttflist}
    families = ["DejaVu Sans"] + [name for name in CHINESE_FONTS if name in installed][:1]
    plt.rcParams["font.family"] = families
    letters = set()
    for family in families:
        font = font_manager.get_font(font_manager.findfont(family))
        letters.update(font.get_charmap())
    return letters


def drawable(text):
    """A reader's text for a figure: letters that no font here has become ?, and are told."""
    missing = sorted({char for char in text if ord(char) not in letters_of_fonts()} - {"\n"})
    if missing:
        print(f"in the figure ? stands for {' '.join(missing)}: no font here has it")
    for char in missing:
        text = text.replace(char, "?")
    return text.replace("$", r"\$")         # a $ would begin a formula
