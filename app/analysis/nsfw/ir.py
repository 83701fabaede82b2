"""A converted model on disk: `NAME-2.xml` and `NAME-2.bin` (OpenVINO IR), and `NAME-2.json`, which vouches for both.

The record is written last and holds their SHA-256, so a model that was torn, cut or changed is no model.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_PARTS = (".xml", ".bin")


def locate_ir(models: Path, name: str) -> Path:
    """Locate the model of this name in a folder; the 2 is for its second output, which those before 0.5 lack."""
    return models / f"{name}-2.xml"


def is_whole_ir(xml: str) -> bool:
    """Whether there is a model at this path, exactly as it was made. Its 24 MB are read again when they changed."""
    try:
        return _agrees(xml, *(_stamp(Path(xml).with_suffix(suffix)) for suffix in (*_PARTS, ".json")))
    except OSError:
        return False


@lru_cache(maxsize=8)
def _agrees(xml: str, *stamps: tuple[int, ...]) -> bool:
    del stamps  # only there to be asked anew when a file changed
    try:
        record = json.loads(Path(xml).with_suffix(".json").read_bytes())
        return all(record[suffix] == _sha256(Path(xml).with_suffix(suffix)) for suffix in _PARTS)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def install_parts(made: Path, target: Path) -> Mapping[str, str]:
    """Moves the parts of a model that was made elsewhere on the same disk to their place, and gives their SHA-256.

    Raises OSError.
    """
    hashes = {suffix: _sha256(made.with_suffix(suffix)) for suffix in _PARTS}
    target.with_suffix(".json").unlink(missing_ok=True)
    for suffix in _PARTS:
        _move_durably(made.with_suffix(suffix), target.with_suffix(suffix))
    return hashes


def vouch_for(target: Path, hashes: Mapping[str, str], about: Mapping[str, Any]) -> None:
    """Writes the record of parts that are in their place: from now on they are a model. Raises OSError."""
    record = target.with_suffix(".json.tmp")
    record.write_text(json.dumps({**about, **hashes}, indent=1))
    _move_durably(record, target.with_suffix(".json"))
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _move_durably(file: Path, target: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
    file.replace(target)


def remove_other_irs(xml: str) -> None:
    """Removes the models beside this one: they were of other weights, and can be made again."""
    for other in Path(xml).parent.glob("*.json"):
        if other.stem != Path(xml).stem:
            for suffix in (".json", *_PARTS):
                other.with_suffix(suffix).unlink(missing_ok=True)


def discard(path: Path) -> None:
    """Removes what a process left behind."""
    shutil.rmtree(path, ignore_errors=True)


def _stamp(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as part:
        return hashlib.file_digest(part, "sha256").hexdigest()
