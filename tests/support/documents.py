"""The documents as tests read them: their texts, tables and links; and what can be called, typed and set."""

import re
from pathlib import Path

import typer.main

from app.cli.main import cli
from app.web.app import ROUTERS

PROJECT = Path(__file__).resolve().parents[2]
FOUND = (path for folder in (".", "docs", "findings") for path in sorted((PROJECT / folder).glob("*.md")))
DOCUMENTS = tuple(str(path.relative_to(PROJECT)) for path in FOUND)
TEXTS = {name: (PROJECT / name).read_text("utf-8") for name in DOCUMENTS}
SOURCES = sorted((PROJECT / "app").rglob("*.py"))

ROUTES = sorted(f"{method} {route.path}" for router in ROUTERS for route in router.routes for method in route.methods)
COMMANDS = typer.main.get_command(cli).commands
TARGETS = re.findall(r"^([a-z]+):.*## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)


def rows(text, first):
    """The rows of the table whose first heading is `first`, as lists of cells."""
    found = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, f"there is no table headed '{first}'"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found[1].splitlines()]


def section(text, title):
    """What stands under a heading, up to the next one."""
    return re.split(r"^#{1,3} ", text.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def codes(text):
    """Everything in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def table(text, first):
    """A table as a mapping from the names in the first cells to the other cells."""
    return {name: cells[1:] for cells in rows(text, first) for name in codes(cells[0])}


def without_code(text):
    """A document without its code blocks, in which `#` begins no heading and brackets no link."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
