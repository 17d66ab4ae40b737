"""data/README.md, "Your own files": each example is run, as it stands there, by its lessons."""

import re
import shlex
import sys

import pytest

from conftest import LIUER, ROOT

README = (ROOT / "data" / "README.md").read_text(encoding="utf-8").split("## Your own files")[1]
BLOCK = re.compile(r"^```(text|python)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"`python liuer/(\w+\.py)([^`]*)`")
ALSO = {"lesson7.py": ["lesson7_2.py", "lesson8.py"], "lesson13_6.py": ["lesson13_4.py",
                                                                        "lesson13_5.py"]}


def examples():
    """(script, its options, kind of block, file name, text) of each command above a block."""
    found = []
    start = 0
    for block in BLOCK.finditer(README):
        for script, options in COMMAND.findall(README[start:block.start()]):
            for name in [script, *ALSO.get(script, [])]:
                words = options if name != "lesson13_4.py" else options.split(" --sentence")[0]
                found.append((name, words, block[1], block[2], block[3]))
        start = block.end()
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: example[0])
def test_an_example_runs(example, tmp_path, monkeypatch, small_data):
    script, options, kind, file, text = example
    assert text.count("\n") <= 10
    monkeypatch.chdir(tmp_path)
    if kind == "text":
        (tmp_path / file).write_text(text, encoding="utf-8")
    else:
        exec(compile(text, "README", "exec"), {})
    module = __import__(script.removesuffix(".py"))
    if hasattr(module, "load_mnist"):
        small_data(module)
    monkeypatch.setattr(sys, "argv", [str(LIUER / script), *shlex.split(options)])
    assert module.main(**module.settings(module.main))


def test_every_lesson_that_takes_a_file_has_a_row():
    table = README.split("| for |")[1].split("\n\n")[0]
    with_option = set()
    for path in LIUER.glob("*.py"):
        head = re.search(r"^def main\((.*?)\):", path.read_text(encoding="utf-8"),
                         re.MULTILINE | re.DOTALL)
        if head and re.search(r"\b(path|train|photo|data|text|file)=", head[1]):
            with_option.add(path.stem.removeprefix("lesson"))
    for name in with_option:
        assert re.search(rf"[ `,]{re.escape(name)}[ ,.`|]", table), name
