"""The suite on each Python at hand with the newest packages, and with the oldest ones.

    pip install nox
    nox -f tests/noxfile.py                                 (each environment takes some GB)
    nox -f tests/noxfile.py -s newest-3.13 -- -m "not slow and not trains"      (one Python, quick)
"""

import os
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent.parent
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
# The Pythons that pyenv has installed, whether it has them switched on or not.
os.environ["PATH"] = os.pathsep.join([*map(str, PYENV.glob("versions/3.1*/bin")),
                                      os.environ["PATH"]])
nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def newest(session):
    session.chdir(ROOT)
    session.install("-r", "tests/requirements.txt")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)


@nox.session(python="3.10")
def oldest(session):
    session.chdir(ROOT)
    session.install("-r", "tests/requirements.txt", "-c", "tests/constraints-oldest.txt")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)
