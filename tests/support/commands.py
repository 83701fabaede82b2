"""A place to run commands in, in this process as `main` runs them, and what a refusal looks like."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from tests.samples import photo, write_many
from tests.support.server import settings_for


class CommandFolder:
    """A folder with media, a state folder and a database of its own, to run commands in."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.media = folder / "photos"
        self.media.mkdir()
        self.state = folder / "state"
        self.database = folder / "library.db"
        self.env = settings_for(folder, {"photos": self.media}, INGEST_PORT="0")

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The command in this process: what it printed and its exit code."""
        self._capsys.readouterr()
        code: int | str | None = 0
        with self._monkeypatch.context() as patch:
            for name in os.environ.keys() - self.env.keys():
                patch.delenv(name)
            for name, value in (self.env | env).items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["media-ingest", *arguments])
            try:
                main()
            except SystemExit as stop:
                code = stop.code
        printed, complained = self._capsys.readouterr()
        return subprocess.CompletedProcess(arguments, int(code or 0), printed, complained)

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def with_photos(self) -> "CommandFolder":
        """The place with four media files and one that is none."""
        write_many(self.media, 3)
        photo(self.media / "trip" / "a.jpg", size=(64, 48), keywords=["sea", "sand"], rating=4)
        (self.media / "notes.txt").write_text("no picture")
        return self


def refused(done: subprocess.CompletedProcess[str], *parts: str, code: int = 2) -> None:
    """The command ended with that code and one sentence that holds these parts: no traceback, nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("media-ingest: ")
    assert lines[0].endswith(".")
    for part in parts:
        assert part in lines[0]
