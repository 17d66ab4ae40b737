"""What the tests of the sentence pairs share: the files on disk, and what the grammars write."""

from functools import cache

from conftest import ROOT

DATA = ROOT / "data"
NAMES = ("train", "val", "test")


@cache
def read_files(prefix):
    """name -> list of (English, other language, note), as they stand on disk."""
    return {name: [tuple(line.split("\t")) for line in
                   (DATA / f"{prefix}-{name}.txt").read_text(encoding="utf-8").splitlines()]
            for name in NAMES}


@cache
def make_parts(grammar):
    """What a grammar writes; made once in a test process."""
    return grammar.make()
