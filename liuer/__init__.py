"""The lessons as a package: `python -m liuer.lesson9`, `from liuer.lesson9 import Net`."""

import sys
from pathlib import Path

UTILS = Path(__file__).resolve().with_name("utils.py")
sys.path.insert(0, str(UTILS.parent))       # where a lesson looks for it

import utils  # noqa: E402

if Path(str(utils.__file__)).resolve() != UTILS:        # imported before, by the reader's program
    raise ImportError(f"expected liuer/utils.py, got another module utils: {utils.__file__}; "
                      "import from liuer first, or rename the other one")
