"""Our lessons against the lecture's way: seconds to the accuracy that the notes quote.

    python tests/benchmark.py [--net mlp|cnn|inception|residual|names|all]

Both ways train the same net with the same number of threads (OMP_NUM_THREADS=2 sets another), ours
as the lesson's main() does. Wants a quiet machine for some minutes a net. Exit status 1 if ours is
less than 8 times as fast for a net on MNIST, or spends 10 % of its time or more on handling data.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""     # the claim is about CPU cores
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "liuer"), str(ROOT / "data")]

from bench import mnist, names  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--net", choices=[*mnist.NETS, "names", "all"], default="all")
    parser.add_argument("--names", nargs=2, metavar=("TRAIN", "TEST"), help="CSV files of names",
                        default=[ROOT / "data" / f"names_{part}.csv" for part in ("train", "test")])
    arguments = parser.parse_args()
    fine = True
    if arguments.net != "names":
        fine = mnist.compare_all(list(mnist.NETS) if arguments.net == "all" else [arguments.net])
    if arguments.net in ("names", "all"):
        names.compare(*arguments.names)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
