"""How floats are stored: against the slides, NumPy and PyTorch."""

import math
import random
from decimal import Decimal

import numpy as np
import pytest

from float32 import draw, fields, main
from utils import BadInput


@pytest.mark.parametrize("number, sign, exponent, mantissa, binary", [
    (0.875, 0, 126, "11" + 21 * "0", "1.11 x 2^-1"),
    (6.36, 0, 129, "10010111000010100011111", "1.10010111000010100011111 x 2^2"),
    (-6.36, 1, 129, "10010111000010100011111", "-1.10010111000010100011111 x 2^2"),
    (1.0, 0, 127, 23 * "0", "1.0 x 2^0"),
    (0.0, 0, 0, 23 * "0", "0.0 x 2^-126"),
    (2.0**-149, 0, 0, 22 * "0" + "1", "0.00000000000000000000001 x 2^-126"),
    (1e39, 0, 255, 23 * "0", "infinity"),
    (-1e39, 1, 255, 23 * "0", "-infinity"),
    (-math.inf, 1, 255, 23 * "0", "-infinity"),
    (math.nan, 0, 255, "1" + 22 * "0", "not a number"),
])
def test_fields(number, sign, exponent, mantissa, binary):
    field = fields(number)
    assert (field["sign"], field["exponent"]) == (sign, exponent)
    assert (field["mantissa"], field["binary"]) == (mantissa, binary)


def test_the_formula_and_numpy_agree_with_the_fields():
    rng = random.Random(0)
    for _ in range(200):
        number = rng.choice((-1, 1)) * rng.uniform(1, 2) * 2.0 ** rng.randint(-120, 120)
        field = fields(number)
        assert field["value"] == float(np.float32(number))
        assert field["value"] == ((-1) ** field["sign"] * (1 + int(field["mantissa"], 2) / 2**23)
                                  * 2.0 ** (field["exponent"] - 127))


def test_whole_numbers_are_exact_up_to_2_to_the_24():
    assert fields(2**24)["value"] == 2**24 and fields(2**24 - 1)["value"] == 2**24 - 1
    assert fields(2**24 + 1)["value"] == 2**24


def test_a_number_of_ones_own_comes_last():
    assert list(main()) == ["0.875", "6.36", "0.1", "16777217"]
    assert list(main(number="-2.5")) == ["0.875", "6.36", "0.1", "16777217", "-2.5"]


@pytest.mark.parametrize("number, exactly", [
    ("0.5", "exactly 0.5"), ("0.3", "rounded to 0.300000011920928955078125"),
    ("1_000", "exactly 1000"), ("1e400", "rounded to Infinity"), ("inf", "exactly Infinity"),
    ("nan", "rounded to NaN"), ("1e-60", "rounded to 0"), ("-0", "exactly -0"),
])
def test_what_a_number_becomes(number, exactly, capsys):
    stored = main(number=number)
    out = capsys.readouterr().out.split("\n")
    assert out[-3].strip() == f"| {exactly}"
    assert out[-2] == f"{number} is stored as {Decimal(stored[number]['value']):f}"


@pytest.mark.parametrize("number", ["", "six", "0x10", "1,5", "sNaN", "1e99999999999999999999"])
def test_what_no_number_is(number):
    with pytest.raises(BadInput, match="expected a number such as 6.36"):
        main(number=number)


def test_the_drawn_bits():
    stored = main(number="-0.3")
    figure = draw(stored)
    figure.canvas.draw()
    axes, = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert "".join(text for text in texts if text in ("0", "1")) == "".join(
        f"{field['sign']}{field['exponent']:08b}{field['mantissa']}" for field in stored.values())
    for text, field in stored.items():
        assert f"{text} is stored as {field['binary']}" in texts
    colors = [patch.get_facecolor() for patch in axes.patches[:32]]
    assert [colors.count(color) for color in dict.fromkeys(colors)] == [1, 8, 23]
