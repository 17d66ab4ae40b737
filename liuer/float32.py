"""How a float is stored: sign (1 bit), exponent (8 bits), mantissa (23 bits).

    value = (-1)^sign x 1.mantissa x 2^(exponent - 127)        (exponent 0 and 255 are special)

Whole numbers are exact up to 2^24 = 16,777,216; most decimals, 0.1 among them, never are.

Run:     python liuer/float32.py
         python liuer/float32.py --number 6.36      (shows another number)
Prints:  0.1 is stored as 0.100000001490116119384765625 | 16777217 is stored as 16777216
Notes:   liuer/README.md, references
"""

import math
import struct
from decimal import Decimal, InvalidOperation

from utils import BadInput, settings, show


def fields(number):
    """The three fields of number as a float32.

    Returns a dict: sign (0 or 1), exponent (0 to 255, as stored), mantissa (a string of 23 bits),
    binary (the number written out in base 2) and value (what these bits stand for).
    """
    try:
        packed = struct.pack(">f", number)      # rounds to the nearest float32
    except OverflowError:                       # beyond the largest, 3.4028235e38
        packed = struct.pack(">f", math.copysign(math.inf, number))
    bits = f"{int.from_bytes(packed, 'big'):032b}"      # the 4 bytes as 32 letters 0 and 1
    exponent = int(bits[1:9], 2)                # base 2
    mantissa = bits[9:]
    fraction = mantissa.rstrip("0") or "0"
    minus = "-" if bits[0] == "1" else ""
    if exponent == 255:
        binary = minus + ("infinity" if int(mantissa, 2) == 0 else "not a number")
    elif exponent == 0:                         # zero and the numbers below 2^-126: no leading 1
        binary = f"{minus}0.{fraction} x 2^-126"
    else:
        binary = f"{minus}1.{fraction} x 2^{exponent - 127}"
    return {"sign": int(bits[0]), "exponent": exponent, "mantissa": mantissa, "binary": binary,
            "value": struct.unpack(">f", packed)[0]}


def main(number=None):
    """Show how 0.875, 6.36, 0.1 and 2^24 + 1 are stored; return the fields of each.

    number: one more number to show, such as -2.5 or 1e-3
    """
    texts = ["0.875", "6.36", "0.1", "16777217"]
    last = ["0.1", "16777217"]
    if number is not None:
        try:
            float(number)
            Decimal(number)                     # an exact number, where a float is rounded
        except (ValueError, InvalidOperation):
            raise BadInput(f"--number: expected a number such as 6.36, got {number!r}") from None
        texts.append(number)
        last = [number]

    stored = {}
    for text in texts:
        field = fields(float(text))
        stored[text] = field
        print(f"{text:>10} | sign {field['sign']} | exponent {field['exponent']:3d} | "
              f"mantissa {field['mantissa']} | {field['binary']}")
        exact = Decimal(field["value"])
        same = "exactly" if exact == Decimal(text) else "rounded to"
        print(f"{'':10} | {same} {exact:f}")
    sentences = []
    for text in last:
        sentences.append(f"{text} is stored as {Decimal(stored[text]['value']):f}")
    print(" | ".join(sentences))
    return stored


def draw(stored):
    """The 32 bits of each number in boxes."""
    import matplotlib.pyplot as plt

    colors = ["#f4b6a6"] + 8 * ["#bfe3b4"] + 23 * ["#b9d3f0"]
    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.8 * len(stored)), layout="constrained")
    for row, (text, field) in enumerate(stored.items()):
        bits = f"{field['sign']}{field['exponent']:08b}{field['mantissa']}"
        for column, (bit, color) in enumerate(zip(bits, colors)):
            axes.add_patch(plt.Rectangle((column, -row), 1, 0.5, facecolor=color, edgecolor="gray"))
            axes.text(column + 0.5, 0.24 - row, bit, ha="center", va="center", fontsize=10)
        axes.text(0, 0.58 - row, f"{text} is stored as {field['binary']}", fontsize=10, va="bottom")
    for column, label in ((0.5, "sign"), (5, "exponent (8)"), (20.5, "mantissa (23)")):
        axes.text(column, 0.45 - len(stored), label, ha="center", fontsize=10)
    axes.set(xlim=(-0.6, 32.1), ylim=(0.3 - len(stored), 1))
    axes.axis("off")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "float32")
