"""Make data/breast_cancer.csv, the table of lessons 7 and 8.

Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street, W. Street, 1995, UCI
Machine Learning Repository, https://doi.org/10.24432/C5DW2B, licence CC BY 4.0; from the copy in
scikit-learn, without the network:

    pip install scikit-learn
    python data/make_breast_cancer.py

569 tumours, one a line, no header: eight features, and the label last. Label 1 is benign (357
rows, 62.7 %), 0 is malignant (212), as in scikit-learn. What changes on the way: of the 30 features
these eight are kept, means over the cells of a sample; each is scaled linearly so that its smallest
value becomes -1 and its largest 1, as in the table of the lecture, with six decimals.
"""

import hashlib
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent / "breast_cancer.csv"
SHA256 = "fa528dfc474e87a6b73aa873da6bbb5137eaa56476c0bca0f1dacd0469266d40"
FEATURES = ["mean radius", "mean texture", "mean smoothness", "mean compactness",
            "mean concavity", "mean concave points", "mean symmetry", "mean fractal dimension"]


def make():
    """The whole file as text."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    if list(table.target_names) != ["malignant", "benign"]:
        raise ValueError(f"expected the classes malignant, benign, got {list(table.target_names)}")
    x = table.data[:, [list(table.feature_names).index(name) for name in FEATURES]]  # (569, 8)
    low, high = x.min(axis=0), x.max(axis=0)
    x = 2 * (x - low) / (high - low) - 1
    text = "".join(",".join(f"{value:.6f}" for value in row) + f",{label}\n"
                   for row, label in zip(x, table.target, strict=True))
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    if digest != SHA256:
        raise ValueError(f"expected sha256 {SHA256}, got {digest}: another version of the data?")
    return text


if __name__ == "__main__":
    try:
        text = make()
        OUT.write_bytes(text.encode("ascii"))  # bytes: the same line ends on every system
    except ImportError as error:
        sys.exit(f"make_breast_cancer.py: needs scikit-learn ({error}): pip install scikit-learn")
    except (OSError, ValueError) as error:
        sys.exit(f"make_breast_cancer.py: {error}")
    print(f"{OUT.name}: {text.count(chr(10))} rows, {len(text):,} bytes, sha256 {SHA256}")
