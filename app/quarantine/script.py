"""A plan as a shell script, or as lines. Pure: the script looks at each file once more when it is run.

POSIX sh, with `stat` and a program for SHA-256 as GNU, BSD and macOS have them. Names are bytes in single quotes, which
are absolute paths, so that no name is an option, a pattern or a command, whatever is in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from app.quarantine.units import Left, Sight, Unit
from app.reports import Format, Report, written

COLUMNS = ("unit", "action", "path", "size", "mtime_ns", "sha256", "target", "reason")
_NS = 1_000_000_000


class PlanFormat(StrEnum):
    """How a plan is written."""

    SH = "sh"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """The media type of an answer in this format."""
        return "application/x-sh" if self is PlanFormat.SH else Format.CSV.media_type


_HEAD = rb"""#!/bin/sh
# Moves files into a quarantine folder. Nothing is deleted, and nothing that is there is replaced.
#   sh FILE             moves
#   sh FILE --check     only looks
# Before a file is moved, it, what goes with it, and the file that is kept for it must be as they were: size, time of
# change and SHA-256. Else all of these stay, and the exit status is 1. Where one of them cannot be moved, those that
# were moved before it are moved back. Ctrl-C ends it before or after files that are moved together, not between them.
set -u
LC_ALL=C
export LC_ALL
check=no
told=moved
case "${1-}" in
  '') ;;
  --check) check=yes; told='would move' ;;
  *) echo 'Only --check is an option.' >&2; exit 2 ;;
esac
case "$(stat -c %.9Y / 2>/dev/null)" in
  *.?????????) seen() { stat -c '%s %.9Y' -- "$1"; } ;;
  *)
    case "$(stat -f %Fm / 2>/dev/null)" in
      *.?????????) seen() { stat -f '%z %Fm' -- "$1"; } ;;
      *) echo 'There is no stat here that tells times to the nanosecond.' >&2; exit 2 ;;
    esac ;;
esac
if command -v sha256sum >/dev/null 2>&1; then sha() { sha256sum <"$1"; }
elif command -v shasum >/dev/null 2>&1; then sha() { shasum -a 256 <"$1"; }
else echo 'There is no sha256sum and no shasum here.' >&2; exit 2
fi
moved=0
left=0
stay() { printf 'stays: %s: %s\n' "$1" "$2" >&2; return 1; }
same() { # SHOWN PATH SIZE TIME SHA256
  if [ ! -f "$2" ] || [ -L "$2" ]; then stay "$1" 'is not there'; return; fi
  if [ "$(seen "$2")" != "$3 $4" ]; then stay "$1" 'has another size or time'; return; fi
  sum=$(sha "$2") || { stay "$1" 'cannot be read'; return; }
  if [ "${sum%% *}" != "$5" ]; then stay "$1" 'has other bytes'; return; fi
}
apart() { # SHOWN PATH KEPT
  if [ ! "$2" -ef "$3" ]; then return; fi
  stay "$1" 'is the file that is to be kept, under another name'
}
whole() { trap '' INT TERM HUP; } # what follows is not torn apart by a signal
free() { # SHOWN TARGET
  if [ ! -e "$quarantine/$2" ] && [ ! -L "$quarantine/$2" ]; then return; fi
  stay "$1" 'is in the quarantine folder already'
}
move() { # SHOWN PATH TARGET
  [ "$check" = yes ] && return
  mkdir -p -- "$quarantine/${3%/*}" && mv -n -- "$2" "$quarantine/$3" && [ ! -e "$2" ] && return
  stay "$1" 'could not be moved'
}
back() { # SHOWN PATH TARGET
  if [ ! -e "$2" ] && mv -n -- "$quarantine/$3" "$2" && [ ! -e "$quarantine/$3" ]; then
    stay "$1" 'was moved back, because what goes with it could not be moved'
    return
  fi
  printf 'is in the quarantine folder without what goes with it: %s\n' "$1" >&2
  moved=$((moved + 1))
  left=$((left - 1))
  return 1
}
"""
_TAIL = b"""\
printf '%s: %s, stay: %s\\n' "$told" "$moved" "$left"
[ "$left" = 0 ]
"""


def shell_script(plan: Iterable[Unit | Left], folder: bytes) -> Iterator[bytes]:
    """A script that moves all units into a folder, which is an absolute path; run it with sh."""
    yield _HEAD + b"quarantine=" + quoted(folder) + b"\n"
    for one in plan:
        if isinstance(one, Left):
            yield _said(b"not planned", f"{one.shown}: {one.reason}") + b"; left=$((left + 1))\n"
        else:
            yield _block(one)
    yield _TAIL


def _block(unit: Unit) -> bytes:
    """The lines of one unit: all of it is looked at before the first is moved."""
    conditions = [b"same " + _told(one) for one in (*unit.keepers, *unit.files)]
    conditions += [
        b"apart " + quoted(_shown(one)) + b" " + quoted(one.path) + b" " + quoted(keeper.path)
        for keeper in unit.keepers
        for one in unit.files
    ]
    conditions += [b"free " + quoted(_shown(one)) + b" " + quoted(one.target) for one in unit.files]
    conditions += [_said(b"note", f"{one.place.shown}: {one.note}") for one in unit.files if one.note]
    steps = b" &&\n   ".join((*conditions, b"whole", _moves(unit.files)))
    number = str(len(unit.files)).encode()
    counts = b"\nthen moved=$((moved + " + number + b")); else left=$((left + " + number + b")); fi\n"
    return b"if " + steps + counts + b"trap - INT TERM HUP\n"


def _moves(files: Sequence[Sight]) -> bytes:
    """The commands that move files, each followed by what moves it back where a later one fails."""
    words = [b" ".join(map(quoted, (_shown(one), one.path, one.target))) for one in files]
    moves = b"move " + words[-1]
    for each in reversed(words[:-1]):
        moves = b"move " + each + b" && { " + moves + b" ||\n   back " + each + b"; }"
    return moves


def _said(what: bytes, text: str) -> bytes:
    return b"printf '" + what + b": %s\\n' " + quoted(printable(text)) + b" >&2"


def _told(one: Sight) -> bytes:
    seconds, ns = divmod(one.mtime_ns, _NS)
    told = f"{one.size} {seconds}.{ns:09} {one.sha256}".encode()
    return quoted(_shown(one)) + b" " + quoted(one.path) + b" " + told


def _shown(one: Sight) -> bytes:
    return printable(one.place.shown)


def printable(text: str) -> bytes:
    """A text for a terminal: what would move its cursor is a question mark."""
    return "".join(char if char.isprintable() else "?" for char in text).encode("utf-8", "replace")


def quoted(name: bytes) -> bytes:
    """Bytes as one word of a shell, whatever they are; none may be NUL."""
    return b"'" + name.replace(b"'", b"'\\''") + b"'"


def lines_of(plan: Iterable[Unit | Left], folder: bytes) -> Iterator[dict[str, Any]]:
    """A line with `COLUMNS` for each file: what is kept, what is moved with what, and what is left and why."""
    within = folder.decode("utf-8", "backslashreplace")
    for number, one in enumerate(plan, 1):
        if isinstance(one, Left):
            yield dict.fromkeys(COLUMNS) | {"unit": number, "action": "leave", "path": one.shown, "reason": one.reason}
            continue
        for action, sight in [*(("keep", each) for each in one.keepers), *(("move", each) for each in one.files)]:
            target, note = (f"{within}/{sight.place.shown}", sight.note) if action == "move" else (None, None)
            told = (number, action, sight.place.shown, sight.size, sight.mtime_ns, sight.sha256, target, note)
            yield dict(zip(COLUMNS, told, strict=True))


def written_plan(plan: Iterable[Unit | Left], folder: bytes, form: PlanFormat) -> Iterator[bytes]:
    """A plan in pieces, as it is made."""
    if form is PlanFormat.SH:
        return shell_script(plan, folder)
    return written(Format.CSV, Report(COLUMNS, lines_of(plan, folder), sheet="", sums=dict))
