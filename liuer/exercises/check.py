"""What the exercise files share: run the checks, print a line for each exercise, give hints.

A file ends with its checks, generators like check_4_1; the docstring is the hint. A check yields
what went in (a text), what the reader's code gave, what was expected; a difference ends it.
"""

import argparse
import ast
import math
import re
import traceback
from pathlib import Path


def run(names, then):
    """Check the exercises of a file with these globals(), or give a hint; if all hold, say then."""
    checks = {name[6:].replace("_", "-"): value for name, value in names.items()
              if re.fullmatch(r"check_\d+_\d+", name)}
    parser = argparse.ArgumentParser(description="A line for each exercise: open, right or wrong.",
                                     allow_abbrev=False)
    parser.error = lambda message: parser.exit(2, f"{parser.prog}: {message}\n")
    parser.add_argument("--hint", metavar="N-N", choices=checks, help="a hint for one exercise")
    hint = parser.parse_args().hint
    if hint:
        print(f"{hint} {' '.join(checks[hint].__doc__.split())}")
        return
    source = Path(names["__file__"]).read_text(encoding="utf-8")
    right = 0
    for number, check in checks.items():
        result = state(number, check, source)
        print(number, result, flush=True)
        right += result == "right"
    if right == len(checks):
        print(f"All {right} right. {then}")


def state(number, check, source):
    """open, right, wrong with the first difference, or error with the line of the reader's code."""
    parts = parts_of(check, source)
    if any(has_blank(part) for part in parts):
        return "open"
    checks_begin = source.partition("\n# Checks")[0].count("\n") + 1
    try:
        for given, got, expected in check():
            texts = difference(got, expected)
            if texts:
                return f"wrong: for {given} got {texts[0]}, expected {texts[1]} (--hint {number})"
    except (Exception, KeyboardInterrupt, SystemExit) as error:     # Ctrl-C: an endless loop
        line = parts[0].lineno if parts else 1
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename == check.__code__.co_filename and frame.lineno <= checks_begin:
                line = frame.lineno
        message = str(error).strip().split("\n")[0][:150]
        return f"error in line {line}: {type(error).__name__}: {message}"
    return "right"


def parts_of(check, source):
    """The classes, functions and values that a check asks for by name, as pieces of the source."""
    parts = {}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        parts[getattr(target, "name", getattr(target, "id", None))] = node
    asked = {node.id for node in ast.walk(parts[check.__name__]) if isinstance(node, ast.Name)}
    return [node for name, node in parts.items() if name in asked]


def has_blank(part):
    """Does ... stand in it? Not the ... of x[..., 0]."""
    if isinstance(part, ast.Subscript):
        return has_blank(part.value)
    if isinstance(part, ast.Constant):
        return part.value is ...
    return any(has_blank(child) for child in ast.iter_child_nodes(part))


def difference(got, expected):
    """Two texts that show where they differ; None where all numbers agree to four digits."""
    got, expected = plain(got), plain(expected)
    ours, theirs = dict(leaves(got)), dict(leaves(expected))
    if ours.keys() != theirs.keys():
        one, other = shape(got), shape(expected)
        if one and other and one != other:
            return f"shape {one}", f"shape {other}"
        return text(got)[:100], text(expected)[:100]
    for place, value in ours.items():
        if not same(value, theirs[place]):
            if len(ours) <= 6:
                return text(got), text(expected)
            return f"{text(value)}{place and ' at '}{place}", text(theirs[place])
    return None


def same(one, other):
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-6)
    return type(one) is type(other) and one == other


def plain(value):
    """Tensors, arrays and tuples as lists, their numbers as Python's; anything else as it is."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def leaves(value, place=""):
    """Each number of lists in lists and its place, like [2][0]."""
    if not isinstance(value, list):
        return [(place, value)]
    return [leaf for i, one in enumerate(value) for leaf in leaves(one, f"{place}[{i}]")]


def shape(value):
    return (len(value), *shape(value[0])) if isinstance(value, list) and value else ()

def text(value):
    if isinstance(value, list):
        return "(" + ", ".join(map(text, value)) + ")"
    return str(float(f"{value:.6g}")) if isinstance(value, float) else str(value)
