"""The program as a person gets it who has no checkout: a wheel, installed with what it declares and nothing else."""

import configparser
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.server import PROJECT


def build(folder: Path) -> Path:
    """The wheel of this checkout, made in a folder."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def install(wheel: Path, environment: Path) -> Path:
    """Installs a wheel and what it needs into a new environment, as pip does; returns the folder of its programs.

    Nothing is fetched: what it needs are links to the packages of this environment, and without its extras.
    """
    venv.create(environment, symlinks=True)
    packages = next(environment.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    metadata = next(packages.glob("*.dist-info"))
    needed = re.findall(r"^Requires-Dist: (.+)$", (metadata / "METADATA").read_text("utf-8"), re.MULTILINE)
    for entry in {entry for name in _closure(needed) for entry in _entries(name)}:
        (packages / entry.name).symlink_to(entry)
    scripts = configparser.ConfigParser()
    scripts.read(metadata / "entry_points.txt")
    for name, place in scripts["console_scripts"].items():
        module, _, function = place.partition(":")
        program = environment / "bin" / name
        lines = f"#!{environment}/bin/python", f"from {module} import {function}", "if __name__ == '__main__':"
        program.write_text("\n".join((*lines, f"    {function}()\n")))
        program.chmod(0o755)
    return environment / "bin"


def _closure(requirements: Iterable[str]) -> set[str]:
    """The names of all distributions that requirements bring, with theirs, and no extra but those that they name."""
    found: set[str] = set()
    waiting = [(text, frozenset({""})) for text in requirements]
    asked = set()
    while waiting:
        text, extras = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        found.add(requirement.name)
        key = requirement.name, frozenset(requirement.extras)
        if key not in asked:
            asked.add(key)
            wanted = frozenset({"", *requirement.extras})
            waiting += [(each, wanted) for each in distribution(requirement.name).requires or []]
    return found


def _entries(name: str) -> Iterator[Path]:
    """What a distribution has put into the folder of packages: its packages, modules and metadata."""
    here = distribution(name)
    for top in {file.parts[0] for file in here.files or [] if file.parts[0] != os.pardir}:
        if top != "__pycache__":
            yield Path(str(here.locate_file(top)))
