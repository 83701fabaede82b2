"""Which files and folders are left out before anybody asks what they are, and by which rule.

Names with a dot in front, folders that systems keep for themselves, and what `.ingestignore` files say: in the syntax
of `.gitignore` (https://git-scm.com/docs/gitignore), in any folder, for that folder and all below it. Everything inside
a folder that is left out is left out, too.
"""

import os
from dataclasses import dataclass, replace

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.base import GitIgnorePatternError

from app.media import Place

IGNORE_FILE = b".ingestignore"
HIDDEN_FOLDERS = frozenset({b"@eaDir", b"lost+found", b"$RECYCLE.BIN", b"System Volume Information"})
MAX_BYTES = 1024 * 1024


def is_hidden(name: bytes) -> bool:
    """Whether a file or folder is left out by default: a dot in front, or a folder that systems keep for themselves."""
    return name.startswith(b".") or name in HIDDEN_FOLDERS


@dataclass(frozen=True, slots=True)
class Rules:
    """One `.ingestignore`: the folder that it lies in (relative to the root) and its lines."""

    folder: bytes
    spec: GitIgnoreSpec
    lines: tuple[str, ...]

    @classmethod
    def parse(cls, folder: bytes, content: bytes) -> "Rules":
        """The rules of a file. Raises ValueError with a sentence's middle if a line is no pattern."""
        lines = tuple(os.fsdecode(line) for line in content.splitlines())
        try:
            return cls(folder, GitIgnoreSpec.from_lines(lines), lines)
        except GitIgnorePatternError as error:
            raise ValueError(str(error)) from error

    def decision(self, path: bytes, *, directory: bool) -> tuple[bool, int] | None:
        """Whether the last line that matches leaves `path` out or takes it in, and its number; None without one."""
        below = path[len(self.folder) + 1 :] if self.folder else path
        found = self.spec.check_file(os.fsdecode(below) + ("/" if directory else ""))
        return None if found.include is None or found.index is None else (found.include, found.index + 1)


@dataclass(frozen=True, slots=True)
class Ignores:
    """What holds in one folder: why all of it is left out, if it is, and the rules from the root down to it."""

    root: str
    sentence: str | None = None
    rules: tuple[Rules, ...] = ()

    def adding(self, rules: Rules) -> "Ignores":
        """With the rules of the folder itself, which come before those of the folders above."""
        return replace(self, rules=(*self.rules, rules))

    def below(self, path: bytes) -> "Ignores":
        """What holds in the folder at `path`, which lies in the folder of these."""
        return replace(self, sentence=self.why(path, directory=True))

    def why(self, path: bytes, *, directory: bool = False) -> str | None:
        """Why an entry of the folder is left out, as a sentence; None if it is not."""
        if self.sentence is not None:
            return self.sentence
        name = path.rpartition(b"/")[2]
        if is_hidden(name):
            kind = "folder" if directory else "file"
            return f"{Place(self.root, path).shown} is a hidden {kind}, or one that systems keep for themselves."
        for rules in reversed(self.rules):
            if (decision := rules.decision(path, directory=directory)) is not None:
                ignored, line = decision
                return self._sentence(path, rules, line) if ignored else None
        return None

    def _sentence(self, path: bytes, rules: Rules, line: int) -> str:
        file, shown = Place(self.root, rules.folder).below(IGNORE_FILE).shown, Place(self.root, path).shown
        return f"{shown} is left out by line {line} of {file}: {rules.lines[line - 1].strip()}"
