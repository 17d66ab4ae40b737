"""How floats are stored: against the slides, NumPy and PyTorch."""

import math
import random

import numpy as np
import pytest
import torch

from float32 import fields, main


@pytest.mark.parametrize("number, sign, exponent, mantissa, binary", [
    (0.875, 0, 126, "11" + 21 * "0", "1.11 x 2^-1"),
    (6.36, 0, 129, "10010111000010100011111", "1.10010111000010100011111 x 2^2"),
    (-6.36, 1, 129, "10010111000010100011111", "-1.10010111000010100011111 x 2^2"),
    (1.0, 0, 127, 23 * "0", "1.0 x 2^0"),
    (0.0, 0, 0, 23 * "0", "0.0 x 2^-126"),
    (2.0**-149, 0, 0, 22 * "0" + "1", "0.00000000000000000000001 x 2^-126"),
    (1e39, 0, 255, 23 * "0", "infinity"),
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
    assert torch.tensor(2.0**24) + 1 == 2.0**24


def test_script(run_script):
    run = run_script("float32.py")
    assert "mantissa 10010111000010100011111" in run.stdout
    assert run.stdout.rstrip().endswith("0.1 is stored as 0.100000001490116119384765625 | "
                                        "16777217 is stored as 16777216")
    assert list(main(number="-2.5")) == ["0.875", "6.36", "0.1", "16777217", "-2.5"]
    run = run_script("float32.py", "--number", "-2.5")
    assert run.stdout.rstrip().endswith("-2.5 is stored as -2.5")


def test_something_else_than_a_number(run_script):
    run = run_script("float32.py", "--number", "six")
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert run.stderr == "float32.py: --number: expected a number such as 6.36, got 'six'\n"
