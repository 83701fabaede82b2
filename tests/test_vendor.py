"""Files of others are the ones that their README names, byte for byte."""

import hashlib
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
FOLDERS = [PROJECT / "app/web/static/vendor", PROJECT / "tests/vendor"]
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\| `(?P<sha256>[0-9a-f]{64})` \|$", re.MULTILINE)
LICENCE = re.compile(r"LICEN[CS]E", re.IGNORECASE)


def rows(folder: Path) -> dict[str, str]:
    """File name -> SHA-256, as the folder's README states them."""
    return {row["name"]: row["sha256"] for row in ROW.finditer((folder / "README.md").read_text())}


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "tests"])
def test_every_vendored_file_has_the_sum_its_readme_states(folder):
    stated = rows(folder)
    assert stated
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in stated} == stated


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "tests"])
def test_no_vendored_file_goes_unmentioned(folder):
    readme = (folder / "README.md").read_text()
    present = {path.name for path in folder.iterdir()} - {"README.md"}
    assert {name for name in present if not LICENCE.search(name)} == set(rows(folder))
    assert all(f"`{name}`" in readme for name in present)
