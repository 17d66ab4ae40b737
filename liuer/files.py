"""Readers' own files: texts, tables, names, sentences, opinions, pictures, saved nets.

Each function returns what stands in a file or raises BadInput: one line that says what was
expected, what came and what to do. What is written is written whole or not at all.
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

LARGEST = 100_000_000       # bytes of a text
LONGEST = 400               # words of a sentence: longer ones would fill the memory
PIXELS = 50_000_000         # of a picture: 600 MB as floats in three channels
ODD_MARKS = {"，": "a full-width comma ，", "；": "a full-width semicolon ；",
             "：": "a full-width colon ：", "“": "Chinese quotes “", "”": "Chinese quotes ”",
             "、": "a Chinese comma 、", ";": "semicolons", "\t": "tabs"}


# Texts -------------------------------------------------------------------------------------------
def read_text(path):
    """The text of a UTF-8 file, plain or gzipped, with \\n at the end of a line; ~ is your home."""
    path = Path(path).expanduser()
    try:
        with open(path, "rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"    # some browsers unzip and leave the name
            content = (gzip.GzipFile(fileobj=file) if packed else file).read(LARGEST)
        if len(content) == LARGEST:
            raise OSError(f"{LARGEST // 10**6} MB or more")
        text = content.decode("utf-8-sig")      # -sig: some editors begin a file with a mark
    except (OSError, EOFError, zlib.error) as error:
        got = getattr(error, "strerror", None) or error
        raise BadInput(f"{path}: expected a file that can be read, got: {got}") from None
    except UnicodeDecodeError as error:
        got = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "another coding (GBK?)"
        line = content[:error.start].count(b"\n") + 1
        raise BadInput(f"{path}, line {line}: expected UTF-8, got {got}; save as UTF-8") from None
    if "\0" in text:
        raise BadInput(f"{path}: expected a text in UTF-8, got bytes 0, UTF-16 or no text; "
                       "save as UTF-8")
    if re.match(r"\s*<(!doctype|html|head|\?xml)", text, re.IGNORECASE):
        raise BadInput(f"{path}: expected a text in UTF-8, got a web page; download the "
                       "file itself")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_rows(path, delimiter=",", quoting=csv.QUOTE_MINIMAL):
    """Pairs (number of the line, its fields) of a file with a delimiter, without blank lines."""
    reader = csv.reader(read_text(path).split("\n"), delimiter=delimiter, quoting=quoting,
                        strict=True)
    rows = []
    try:
        for fields in reader:
            if "".join(fields).strip():
                rows.append((reader.line_num, [field.strip() for field in fields]))
    except csv.Error as error:      # a quote that never closes, a field of 131,072 characters
        raise BadInput(f"{path}, line {reader.line_num}: expected fields with commas between, "
                       f"got: {error}") from None
    if not rows:
        raise BadInput(f"{path}: expected lines of text, got an empty file")
    return rows


def odd_mark(fields):
    """What in a line is taken for a comma by people, but not by programs; "" where nothing is."""
    for mark, name in ODD_MARKS.items():
        if mark in "".join(fields):
            return f"{name} in "
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


# Tables ------------------------------------------------------------------------------------------
def read_table(path):
    """Numbers and a label, commas between: (N, F + 1) float32, the label 0 or 1 in the last column.

    A header is left out. The label is 0 or 1, -1 or 1, or one of two texts; which is 1 is printed.
    """
    rows = read_rows(path)
    number, fields = rows[0]
    numbers = [field for field in fields if is_number(field)]
    if not numbers and len(fields) > 1 and len(rows) > 1:
        print(f"{path}: line {number} is a header and left out: {', '.join(fields)[:60]}")
        rows = rows[1:]
    columns = len(rows[0][1])
    features, labels = [], []
    for number, fields in rows:
        place = f"{path}, line {number}: expected numbers and a label, commas between"
        if columns < 2 or odd_mark(fields):
            raise BadInput(f"{place}, got {odd_mark(fields)}{','.join(fields)[:60]!r}")
        if len(fields) != columns:
            raise BadInput(f"{place}, {columns} fields as in the first line, got {len(fields)}: "
                           f"{','.join(fields)[:60]!r}")
        for field in fields[:-1]:
            if not is_number(field):
                got = repr(field[:40]) if field else "an empty field; fill it in or drop the row"
                raise BadInput(f"{place}, got {got}")
        if not fields[-1]:
            raise BadInput(f"{place}, got an empty label; fill it in or drop the row")
        features.append([float(field) for field in fields[:-1]])
        labels.append(float(fields[-1]) if is_number(fields[-1]) else fields[-1])
    kinds = sorted(set(labels), key=str if any(isinstance(one, str) for one in labels) else None)
    if len(kinds) != 2:
        some = ", ".join(str(kind) for kind in kinds[:5])
        raise BadInput(f"{path}: expected two labels in the last column, got {len(kinds)}: {some}"
                       + ("; many labels are a regression (notes, lecture 7)" * (len(kinds) > 10)))
    if kinds != [0, 1]:
        print(f"{path}: label 1 stands for {kinds[1]}, 0 for {kinds[0]}")
    answers = [[float(label == kinds[1])] for label in labels]
    table = np.hstack([np.array(features), np.array(answers)])
    return table.astype(np.float32)


def is_number(text):
    """Is it a finite number as float32 holds it? Not 0.1_5, inf or nan."""
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.ASCII | re.IGNORECASE):
        return False
    return abs(float(text)) < 3e38


def read_columns(path, patterns, least=1):
    """The rows of a CSV file with a header (Kaggle's), a dict each; a pattern for each column."""
    rows = read_rows(path)
    header = rows[0][1]
    missing = [name for name in patterns if name not in header]
    if missing:
        raise BadInput(f"{path}, line {rows[0][0]}: expected Kaggle's columns, missing: "
                       f"{', '.join(missing)[:80]}; got {', '.join(header)[:80]}")
    found = []
    for number, fields in rows[1:]:
        if len(fields) != len(header):
            raise BadInput(f"{path}, line {number}: expected {len(header)} fields as in the "
                           f"header, got {len(fields)}: {','.join(fields)[:60]!r}")
        row = dict(zip(header, fields))
        for name, pattern in patterns.items():
            if not re.fullmatch(pattern, row[name], re.ASCII):
                raise BadInput(f"{path}, line {number}: expected {name} as {pattern}, "
                               f"got {row[name][:40]!r}")
        found.append(row)
    if len(found) < least:
        raise BadInput(f"{path}: expected {least} rows or more, got {len(found)}")
    return found


def write_answer(path, lines):
    """Write the lines, the first a header, and say how many there are."""
    text = "\n".join([*lines, ""])
    write_whole(path, lambda part: part.write_bytes(text.encode("utf-8")))
    print(f"{Path(path).absolute()}: {len(lines) - 1:,} rows")


# Names -------------------------------------------------------------------------------------------
LETTERS = str.maketrans({
    "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i",
    "ŋ": "ng", "ħ": "h", "ŧ": "t", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "ʹ": "'", "`": "'",
    "´": "'", "＇": "'", "′": "'"})
NAME_WORDS = {"name", "names", "surname", "surnames", "last name", "lastname", "first name",
              "firstname", "word", "text", "姓名", "名字", "姓", "名", "人名"}


def plain(name):
    """A name in small letters; Latin ones lose their accents: Müller -> muller, 李小龙 stays."""
    name = without_format(name).replace("İ", "i").lower().translate(LETTERS)
    letters = []
    latin = False
    for letter in unicodedata.normalize("NFKD", name):
        if unicodedata.category(letter) == "Mn":
            if latin:               # an accent; elsewhere such a mark may be a vowel
                continue
        else:
            latin = "LATIN" in unicodedata.name(letter, "")
        letters.append(letter)
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).translate(LETTERS).split())


def without_format(text):
    """Without the characters nobody sees: soft hyphens, zero-width spaces, marks of direction."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def read_names(path, known=None):
    """Pairs (plain name, label) of a CSV file, or of a folder of texts LABEL.txt, a name a line.

    known: the labels of the training file, by which the header of a test file is told.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        rows = []
        for file in sorted(path.glob("*.txt")):
            for number, line in enumerate(read_text(file).rstrip().split("\n"), start=1):
                rows.append((file, number, [line.strip(), file.stem]))
        if not rows:
            raise BadInput(f"{path}: expected a folder of texts LABEL.txt, got none")
        return [name_and_label(*row) for row in rows]
    rows = [(path, number, fields) for number, fields in read_rows(path)]
    pairs = [name_and_label(*row) for row in rows]
    names = {name for name, _ in pairs}
    labels = Counter(label for _, label in pairs)
    if len(pairs) >= 8 and 4 * len(names) <= len(labels):
        print(f"{path}: the label stands first, as in {pairs[-1][0]},{pairs[-1][1]}")
        pairs = [(plain(fields[1]), fields[0]) for _, _, fields in rows]
        labels = Counter(label for _, label in pairs)
        if known is not None and not set(labels) & set(known):
            labels.clear()
    name, label = pairs[0]
    header = NAME_WORDS & {name, label.lower()} and labels[label] == 1
    if known is not None:
        others = {other for _, other in pairs[1:]}
        header = header or (label not in known and label not in others and others <= set(known))
    if header and len(pairs) > 1:
        print(f"{path}: line {rows[0][1]} is a header and left out: {','.join(rows[0][2])[:60]}")
        return pairs[1:]
    if labels[label] == 1 and len(labels) > 1 and len(pairs) > 8:
        print(f"{path}: line {rows[0][1]} has the only {label}; if it is a header, delete it")
    return pairs


def name_and_label(path, number, fields):
    """The plain name and the label of one line."""
    text = ",".join(fields)
    if len(fields) != 2 or not plain(fields[0]) or not fields[1] or len(text) > 1000:
        raise BadInput(f"{path}, line {number}: expected name,label with a comma between (or in a "
                       f"folder of texts LABEL.txt a name), got {odd_mark(fields)}{text[:60]!r}")
    return plain(fields[0]), fields[1]


def read_name_parts(train=None, test=None):
    """Pairs (plain name, label) to train on and to test on: the names that ship, or two files of
    your own; of one file of your own a tenth of the names is held out for the test."""
    if train is None:
        train_pairs = read_names(DATA / "names_train.csv")
        test = test or DATA / "names_test.csv"
    else:
        train_pairs = read_names(train)
    if test is not None:
        test_pairs = read_names(test, {label for _, label in train_pairs})
    else:
        names = sorted({name for name, _ in train_pairs})
        held_out = set(names[::10])
        test_pairs = [pair for pair in train_pairs if pair[0] in held_out]
        train_pairs = [pair for pair in train_pairs if pair[0] not in held_out]
        print(f"no --test: a tenth of the different names in {train} is held out")
    if not train_pairs:
        raise BadInput(f"{train}: expected several names, to train on some and test on others")
    seen = set(train_pairs)
    both = len([pair for pair in test_pairs if pair in seen])
    print(f"{len(train_pairs):,} training names, {len(test_pairs):,} test names ({both} in both)")
    return train_pairs, test_pairs


# Sentences ---------------------------------------------------------------------------------------
# Thai to Tibetan, Burmese, Khmer, Japanese, Chinese: no spaces between words, a token a character.
UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u4dbf\u4e00-\u9fff"
# Vowel signs and accents that stand behind their letter belong to it (Hindi, Arabic, ...).
MARKS = "".join(chr(i) for i in range(0x300, 0x10000) if unicodedata.category(chr(i)) in "Mn Mc")
# A French elision keeps its apostrophe (l' | homme), an English ending takes it along (i | 'm).
WORD = re.compile(rf"[{UNSPACED}][{MARKS}]*|aujourd'hui"
                  rf"|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)"
                  rf"|(?:(?![{UNSPACED}])\w)+(?=n't\b)|n't\b"
                  rf"|'?(?:(?![{UNSPACED}])\w[{MARKS}]*)+|[^\w\s][{MARKS}]*")
PAIR_WORDS = {"source", "target", "src", "tgt", "sentence", "translation", "english", "german",
              "french", "spanish", "chinese", "japanese", "korean", "en", "de", "fr", "es", "zh",
              "ja", "ko", "deutsch", "français", "英文", "中文", "英语", "汉语", "德语", "法语",
              "原文", "译文", "句子", "翻译"}


def tokenize(sentence):
    """Words and marks in small letters: "L'homme, it isn't." -> l' homme , it is n't ."""
    sentence = without_format(sentence).replace("İ", "i").lower()
    for apostrophe in "’‘ʼ＇":
        sentence = sentence.replace(apostrophe, "'")
    return WORD.findall(unicodedata.normalize("NFC", sentence))


def join_words(words):
    """Back to a sentence as people write it: l' homme , dit - il . -> "l'homme, dit-il."."""
    sentence = re.sub(r" (?=[,.;:!?)\]]|'\w|n't)", "", " ".join(words))
    sentence = re.sub(r"(?<=[(\[]) |(?<=\w') (?=\w)|(?<=\w) ([-/]) (?=\w)", r"\1", sentence)
    return re.sub(rf"(?<=[{UNSPACED}]) | (?=[{UNSPACED}，。！？；：、])", "", sentence)


def check_words(sentences):
    """Refuse strings where lists of words are wanted: a string is a list of letters to Python."""
    if isinstance(sentences, str):
        sentences = [sentences]
    for sentence in sentences:
        if isinstance(sentence, str):
            raise BadInput(f"expected lists of words, got a string: {sentence[:40]!r}; "
                           "see tokenize() in files.py")


def read_pairs(path, reverse=False):
    """Triples (source words, target words, target as written) of lines `source TAB target`."""
    lines = read_text(path).rstrip("\n ").split("\n")
    rows = [line.split("\t") for line in lines]
    triples = []
    for number, row in enumerate(rows, start=1):
        titles = {field.strip().lower() for field in row[:2]}
        if number == 1 and len(row) > 1 and titles <= PAIR_WORDS:
            print(f"{path}: line 1 is a header and left out: {row[0]}, {row[1]}")
            continue
        words = [tokenize(sentence) for sentence in row[:2]]
        place = f"{path}, line {number}: expected two sentences with a tab between"
        if len(row) < 2 or len(row) != len(rows[0]) or not all(words):
            raise BadInput(f"{place}, as many tabs as in line 1, got {str(row[:2])[:60]}")
        for sentence in words:
            if len(sentence) == 1 and sentence[0].isdigit():
                raise BadInput(f"{place}, got a number alone: {str(row[:2])[:60]}")
            if len(sentence) > LONGEST:
                raise BadInput(f"{place}, of at most {LONGEST} words, got {len(sentence)}: "
                               "split them")
        if reverse:
            triples.append((words[1], words[0], row[0]))
        else:
            triples.append((words[0], words[1], row[1]))
    if not triples:
        raise BadInput(f"{path}: expected two sentences with a tab between, got a header alone")
    return triples


def read_pair_parts(train, val, test, shipped, reverse=False):
    """The triples to learn from, to watch, to translate: lists of read_pairs.

    Without a file the pairs that ship ("deu-eng" or "eng-fra"). Of a training file of your own,
    every tenth source sentence (of many, some 1,000) is held out for a part that has no file.
    """
    if train is None:
        train = DATA / f"{shipped}-train.txt"
        val = val or DATA / f"{shipped}-val.txt"
        test = test or DATA / f"{shipped}-test.txt"
    triples = read_pairs(train, reverse)
    parts = []
    for name, path in (("val", val), ("test", test)):
        if path is not None:
            parts.append(read_pairs(path, reverse))
            continue
        sources = sorted({tuple(source) for source, _, _ in triples})
        held_out = set(sources[::max(10, len(sources) // 1000)])
        parts.append([triple for triple in triples if tuple(triple[0]) in held_out])
        triples = [triple for triple in triples if tuple(triple[0]) not in held_out]
        print(f"no --{name}: {len(parts[-1]):,} pairs of {train} are held out")
    if not triples:
        raise BadInput(f"{train}: expected several pairs, to learn from some and test on others")
    return triples, parts[0], parts[1]


def vocabulary(sentences, least=2):
    """The words seen `least` times or more. A word's number is its place in this list."""
    sentences = list(sentences)
    check_words(sentences)
    counts = Counter()
    for words in sentences:
        counts.update(words)
    return ["<pad>", "<bos>", "<eos>", "<unk>"] + sorted(
        word for word in counts if counts[word] >= least)


def bleu(translations, references):
    """BLEU in per cent of lists of words, one reference each (Papineni et al. 2002, unsmoothed).

    The geometric mean of four precisions, of runs of 1 to 4 words, times a penalty for brevity.
    """
    check_words(translations)
    check_words(references)
    logarithms = 0.0
    for n in range(1, 5):
        right = total = 0
        for ours, theirs in zip(translations, references, strict=True):
            found, wanted = runs(ours, n), runs(theirs, n)
            for run in found:
                right += min(found[run], wanted[run])       # each as often as in both
                total += found[run]
        if right == 0:
            return 0.0
        logarithms += math.log(right / total)
    written = sum(len(words) for words in translations)
    expected = sum(len(words) for words in references)
    brevity = min(0.0, 1 - expected / written)
    return 100 * math.exp(logarithms / 4 + brevity)


def runs(words, n):
    """How often each run of n words in a row occurs."""
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def read_opinions(path):
    """Triples (sentence id, words, grade 0 to 4) of a file with tabs, its columns as in Kaggle's:
    Phrase and Sentiment. Without a SentenceId each phrase is its own sentence."""
    rows = read_rows(path, delimiter="\t", quoting=csv.QUOTE_NONE)
    header = rows[0][1]
    for name in ("Phrase", "Sentiment"):
        if name not in header:
            raise BadInput(f"{path}, line {rows[0][0]}: expected columns Phrase and Sentiment with "
                           f"tabs between, got {', '.join(header)[:60]!r}")
    opinions = []
    for number, fields in rows[1:]:
        row = dict(zip(header, fields))
        phrase, grade = row.get("Phrase", ""), row.get("Sentiment", "")
        if grade not in ("0", "1", "2", "3", "4"):
            raise BadInput(f"{path}, line {number}: expected a Sentiment of 0 to 4, got "
                           f"{grade[:40]!r}")
        words = tokenize(phrase)
        if len(words) > LONGEST:
            raise BadInput(f"{path}, line {number}: expected at most {LONGEST} words, got "
                           f"{len(words)}; split the phrase")
        opinions.append((row.get("SentenceId", phrase), words, int(grade)))
    if not opinions:
        raise BadInput(f"{path}: expected opinions below the header, got none")
    return opinions


# Pictures ----------------------------------------------------------------------------------------
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


def read_picture(path):
    """The picture in 8-bit grey ("L") or "RGB", upright, white where it is transparent."""
    from PIL import Image, ImageOps, UnidentifiedImageError
    path = Path(path).expanduser()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # of large pictures, of damaged notes about a photo
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                file = Image.open(path)
            finally:
                Image.MAX_IMAGE_PIXELS = limit
            with file:
                if file.width * file.height > PIXELS:       # a JPEG can be read smaller
                    file.draft("RGB", (file.width // 4, file.height // 4))
                if file.width * file.height > PIXELS:
                    raise OSError(f"{file.width} x {file.height} pixels; make it smaller")
                image = ImageOps.exif_transpose(file)       # turned as the camera was held
    except UnidentifiedImageError:
        raise BadInput(f"{path}: expected a picture, got {kind_of(path)}; save it as PNG or JPEG"
                       ) from None
    except Exception as error:      # Pillow's readers have a dozen kinds
        got = getattr(error, "strerror", None) or error     # "No such file or directory"
        raise BadInput(f"{path}: expected a picture (PNG, JPEG, ...), got: {got}") from None
    if image.mode.startswith(("I", "F")):
        raise BadInput(f"{path}: expected 8 bits a channel, got {image.mode}; save as 8-bit PNG")
    paper = Image.new("RGBA", image.size, "white")
    on_paper = Image.alpha_composite(paper, image.convert("RGBA"))
    return on_paper.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def read_pictures(path):
    """{file name: picture} of one picture, or of all in a folder; what cannot be read is told."""
    path = Path(path).expanduser()
    if not path.is_dir():
        return {path.name: read_picture(path)}
    pictures = {}
    for file in sorted(path.glob("[!.]*.*")):
        try:
            pictures[file.name] = read_picture(file)
        except BadInput as error:
            print(f"left out: {error}")
    if not pictures:
        raise BadInput(f"{path}: expected a folder with pictures, got none that can be opened")
    return pictures


# Saved nets --------------------------------------------------------------------------------------
def save(path, content):
    """Keep a dict of numbers, texts and weights in a file."""
    import torch
    write_whole(path, lambda part: torch.save(content, part))


def load(path):
    """The dict that save() kept. A file that is damaged, or holds a program, is refused."""
    import torch
    path = Path(path).expanduser()
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip():       # PyTorch does not compare the checksums
                raise zipfile.BadZipFile
        # weights_only: else a file could hold a program, and loading would run it
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise ValueError
    except FileNotFoundError:
        raise BadInput(f"{path}: expected a saved net, got no such file") from None
    except Exception:                   # they have a dozen kinds
        raise BadInput(f"{path}: expected a file that --save wrote, got another or a damaged one; "
                       "train anew with --save") from None
    return content


# Texts in figures --------------------------------------------------------------------------------
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
