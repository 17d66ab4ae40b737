"""`python liuer` lists every script with its idea, the first line of its docstring."""

import ast
import re
from pathlib import Path


def order(path):
    """lesson2, lesson2_2, ... lesson10, then the scripts that are no lesson."""
    numbers = [int(number) for number in re.findall(r"\d+", path.stem)]
    return not path.stem.startswith("lesson"), numbers, path.stem


def main():
    """Print the list; return {file name: first line}."""
    titles = {}
    for path in sorted(Path(__file__).parent.glob("*.py"), key=order):
        if path.name not in ("utils.py", "files.py", "__main__.py", "__init__.py"):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            titles[path.name] = doc.split("\n")[0]
    for name, title in titles.items():
        print(f"{name:17} {title}")
    print("\nRun one: python liuer/lesson9.py        its settings: python liuer/lesson9.py --help")
    return titles


if __name__ == "__main__":
    main()
