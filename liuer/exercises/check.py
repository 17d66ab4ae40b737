"""What the exercise files share: run the checks, print a line for each exercise, give hints.

A file ends with its checks, generators like check_4_1; the docstring is the hint, in Chinese and,
after a blank line, in English. A check yields what went in (a text), what the reader's code gave,
what was expected; the first difference ends it. FORBIDDEN, where a file has it, names for an
exercise the calls that its task forbids.
"""

import argparse
import ast
import math
import re
import traceback
from pathlib import Path


def run(names, then):
    """Check the exercises of a file with these globals(), or give a hint; if all hold, say then."""
    checks = checks_of(names)
    parser = argparse.ArgumentParser(description="A line for each exercise: open, right or wrong.",
                                     allow_abbrev=False)
    parser.error = lambda message: parser.exit(2, f"{parser.prog}: {message}\n")
    parser.add_argument("--hint", metavar="N-N", choices=checks, help="a hint for one exercise")
    hint = parser.parse_args().hint
    if hint:
        for text in checks[hint].__doc__.split("\n\n"):
            print(hint, " ".join(text.split()))
        return
    states = {}
    for number, state in states_of(names):
        print(number, state, flush=True)
        states[number] = state
    right = list(states.values()).count("right")
    if right == len(checks):
        print(f"All {right} right. {then}")
    else:
        print(f"{right} of {len(checks)} right; a hint: --hint {next_of(states)}")


def checks_of(names):
    """{"4-1": check_4_1, ...}"""
    return {name[6:].replace("_", "-"): value for name, value in names.items()
            if re.fullmatch(r"check_\d+_\d+", name)}


def next_of(states):
    """The first exercise that is not right yet."""
    for number, state in states.items():
        if state != "right":
            return number
    return None


def states_of(names):
    """Pairs of an exercise's number and its state, one after the other."""
    source = Path(names["__file__"]).read_text(encoding="utf-8")
    checks_begin = source.partition("\n# Checks")[0].count("\n") + 1
    pieces = pieces_of(source)
    readers = {name: piece for name, piece in pieces.items() if piece.lineno <= checks_begin}
    owners = {}                                     # {a function to fill in: its exercise}
    for number, check in checks_of(names).items():
        for name in asked_by(pieces[check.__name__], readers):
            owners.setdefault(name, number)
    for number, check in checks_of(names).items():
        parts = [readers[name] for name in asked_by(pieces[check.__name__], readers)]
        forbidden = names.get("FORBIDDEN", {}).get(number, [])
        yield number, (not_yet(parts, readers, owners) or uses(number, parts, forbidden, names)
                       or state_of(number, check, checks_begin))


def not_yet(parts, readers, owners):
    """open, or waiting for another exercise whose function it calls; None where neither."""
    for part in parts:
        if has_blank(part):
            return f"open (line {blank_line(part)})"
    for part in parts:
        for name in asked_by(part, readers):
            if has_blank(readers[name]):
                return f"waiting: it uses {name}, {owners.get(name, 'which')} is still open"
    return None


def uses(number, parts, forbidden, names):
    """The first call that the task forbids; None where there is none."""
    for part in parts:
        for node in ast.walk(part):
            attribute = isinstance(node, ast.Attribute) and node.attr in forbidden
            name = isinstance(node, ast.Name) and node.id in forbidden and node.id in names
            if attribute or name:
                return f"wrong: uses {ast.unparse(node)} (--hint {number})"
    return None


def state_of(number, check, checks_begin):
    """right, wrong with the first difference, or error with the line of the reader's code."""
    try:
        for given, got, expected in check():
            texts = difference(got, expected)
            if texts:
                return f"wrong: for {given} got {texts[0]}, expected {texts[1]} (--hint {number})"
    except KeyboardInterrupt:
        return "stopped: does its loop end?"
    except (Exception, SystemExit) as error:
        message = f"{type(error).__name__}: {str(error).strip().split(chr(10))[0][:150]}"
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == check.__code__.co_filename and frame.lineno <= checks_begin]
        if lines:
            return f"error in line {lines[-1]}: {message}"
        return f"wrong: the check could not use what your code gives: {message} (--hint {number})"
    return "right"


def pieces_of(source):
    """{name: its part of the source} of the classes, functions and values of a file."""
    pieces = {}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        pieces[getattr(target, "name", getattr(target, "id", None))] = node
    return pieces


def asked_by(piece, pieces):
    """The names in a piece that stand for other pieces of the file."""
    asked = {node.id for node in ast.walk(piece) if isinstance(node, ast.Name)}
    return [name for name in pieces if name in asked and pieces[name] is not piece]


def has_blank(part):
    """Does ... stand in it? Not the ... of x[..., 0]."""
    return blank_line(part) is not None


def blank_line(part):
    """The line of the first ... in it; None where there is none."""
    if isinstance(part, ast.Subscript):
        return blank_line(part.value)
    if isinstance(part, ast.Constant):
        return part.lineno if part.value is ... else None
    for child in ast.iter_child_nodes(part):
        line = blank_line(child)
        if line is not None:
            return line
    return None


def difference(got, expected):
    """Two texts that show where they differ; None where all numbers agree to four digits."""
    kind = shape_text(got)
    got, expected = plain(got), plain(expected)
    ours, theirs = dict(leaves(got)), dict(leaves(expected))
    if isinstance(expected, (int, float)) and isinstance(got, list):
        return kind or text(got)[:100], f"the number {text(expected)}"
    if ours.keys() != theirs.keys():
        one, other = shape(got), shape(expected)
        short = max(len(ours), len(theirs)) <= 6 and len(one) <= 1 and len(other) <= 1
        if one and other and one != other and not short:
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
    found = []
    for i, one in enumerate(value):
        found += leaves(one, f"{place}[{i}]")
    return found


def shape(value):
    return (len(value), *shape(value[0])) if isinstance(value, list) and value else ()


def shape_text(value):
    """"a tensor of shape (1, 1)"; None for what has no shape."""
    if hasattr(value, "tolist") and hasattr(value, "shape"):
        return f"a tensor of shape {tuple(value.shape)}"
    return None


def text(value):
    if isinstance(value, list):
        return "(" + ", ".join(map(text, value)) + ("," if len(value) == 1 else "") + ")"
    return str(float(f"{value:.6g}")) if isinstance(value, float) else str(value)
