"""Understands by which address Label Studio names a picture, in its own JSON and in the COCO that it writes.

An upload is kept as `/data/upload/1/0123abcd-NAME`, in COCO as a path on the server's disk; what an export fetches from
elsewhere as `images/0123abcd__NAME`; what lies on the server's own disk is `/data/local-files/?d=FOLDER/NAME`.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_KEPT = re.compile(r"[0-9a-f]{8}(?:-|__)(.+)", re.DOTALL)
_NOT_KEPT = re.compile(r"[^-\w.]")
_LOCAL = "local-files/?d="


@dataclass(frozen=True, slots=True)
class Named:
    """How a file of annotations names a picture: its path, and what an upload was called before, None if it is none."""

    path: str
    uploaded: str | None = None


def named_at(address: str) -> Named:
    """The picture at an address of Label Studio; the folders count where they are those of its owner."""
    if local := address.partition(_LOCAL)[2]:
        return Named(unquote(local))
    folder, slash, name = unquote(address.partition("?")[0]).replace("\\", "/").rpartition("/")
    folders = folder.split("/")
    kept = _KEPT.fullmatch(name)
    if kept and (not folder or "upload" in folders or folders[-1] == "images"):
        return Named(name, as_uploaded(kept[1]))
    return Named(name if "://" in folder else f"{folder}{slash}{name}")


def as_uploaded(name: str) -> str:
    """What Label Studio makes of the name of a file, behind what it puts before it (Django's `get_valid_filename`)."""
    return _NOT_KEPT.sub("", name.strip().replace(" ", "_"))
