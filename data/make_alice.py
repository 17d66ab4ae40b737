"""Make data/alice.txt, the text of lessons 13_2 and 13_3.

Alice's Adventures in Wonderland (Lewis Carroll, 1865; public domain) stands whole in the PHP
library Faker, in the file Faker/Provider/en_US/Text.php. Debian ships it in the package php-faker:

    apt-get download php-faker && dpkg -x php-faker_*.deb faker
    python data/make_alice.py faker/usr/share/php/Faker/Provider/en_US/Text.php

What changes on the way: only the book is kept, from "CHAPTER I." to "THE END", without the licence
around it; the stanzas of later editions, in square brackets in chapter X, are left out; so are the
rows of asterisks, and the underscores around an italic "I" (other italics are capitals: "VERY");
several blank lines become one. Everything else stays: line breaks, indented verse, quotation marks.
"""

import hashlib
import re
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent / "alice.txt"
SHA256 = "0dfb17a4e26fb7944cd7a69d24f2b130c4db184773020058aae194c6eae41e03"
CHAPTERS = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


def extract(php):
    """The book inside the PHP source. A nowdoc (<<<'EOT') has no escapes to undo."""
    found = re.search(r"<<<'EOT'\n(CHAPTER I\. .*?\n +THE END)\nEOT;", php, re.DOTALL)
    if not found:
        raise ValueError("no text from 'CHAPTER I.' to 'THE END' between <<<'EOT' and EOT;")
    return found[1]


def clean(text):
    text = re.sub(r"(?m)^ *\[later editions continued as follows\n[^\]]*\]\n", "", text)
    text = re.sub(r"(?m)^[ *]+\n", "\n", text)
    text = text.replace("_I_", "I")
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def check(text):
    """Complain about anything that is not the whole book in plain ASCII."""
    chapters = re.findall(r"^CHAPTER ([IVX]+)\. \S", text, re.MULTILINE)
    if chapters != CHAPTERS:
        raise ValueError(f"expected the chapters {' '.join(CHAPTERS)}, got {' '.join(chapters)}")
    odd = sorted(set(re.sub(r"[A-Za-z \n'\"(),.:;!?-]", "", text)))
    if odd:
        raise ValueError(f"unexpected characters {odd}")
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    if digest != SHA256:
        raise ValueError(f"expected sha256 {SHA256}, got {digest}: another version of the source?")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python data/make_alice.py FILE      (FILE: Faker/Provider/en_US/Text.php)")
    try:
        book = clean(extract(Path(sys.argv[1]).read_text(encoding="utf-8")))
        check(book)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error  # "No such file or directory"
        sys.exit(f"make_alice.py: {sys.argv[1]}: {reason}. Nothing was written.")
    OUT.write_text(book, encoding="ascii", newline="\n")
    print(f"{OUT.name}: {len(book):,} characters, {len(CHAPTERS)} chapters, sha256 {SHA256}")
