"""`python liuer/exercises`: how many exercises of each lecture are right, and which comes next."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))       # where an exercise file looks for check.py

from check import next_of, states_of  # noqa: E402

LECTURES = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三"]


def main():
    for path in sorted(HERE.glob("lecture*.py")):
        lecture = LECTURES[int(path.stem[7:])]
        try:
            states = dict(states_of(runpy.run_path(str(path))))
        except Exception as error:      # a syntax error, or a line that fails outside a function
            print(f"第{lecture}讲: {path.name} does not run: {type(error).__name__}: {error}")
            continue
        right = list(states.values()).count("right")
        goes_on = f", next {next_of(states)}" if right < len(states) else ""
        print(f"第{lecture}讲: {right} of {len(states)} right{goes_on}", flush=True)


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    main()
