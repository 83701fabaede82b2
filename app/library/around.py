"""What the library knows around a file, before anything of it is written.

Most files are new, and nothing is known: one statement says so, where each kind of knowledge would cost one of its own.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, not_, or_, select

from app.library.pairs import FILM_OF_PIXEL, NAMED_ALIKE, range_of
from app.library.prepared import Prepared
from app.library.tables import FAILURES, KEPT, MEDIA
from app.media import Place

THIS_FILE = (MEDIA.c.root == bindparam("b_root")) & (MEDIA.c.path == bindparam("b_path"))
_AROUND = Prepared(
    select(
        exists().where(THIS_FILE),
        exists().where(MEDIA.c.sha256 == bindparam("b_sha256"), not_(THIS_FILE)),
        exists().where(KEPT.c.sha256 == bindparam("b_sha256")),
        exists().where(FAILURES.c.root == bindparam("b_root"), FAILURES.c.path == bindparam("b_path")),
        or_(
            exists().where(*NAMED_ALIKE, MEDIA.c.path != bindparam("b_path")),
            exists().where(*FILM_OF_PIXEL, MEDIA.c.path != bindparam("b_path")),
            exists().where(THIS_FILE, or_(MEDIA.c.pair_id.is_not(None), MEDIA.c.content_identifier.is_not(None))),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Whether there is anything of each kind.

    `row` is that of the file itself; `copies` are other rows with its bytes; `words` what a person said of these bytes,
    kept apart; `failures` those of the file that are remembered; `namesakes` files of its name but for the suffix, or
    what ties its row to those of other names.
    """

    row: bool
    copies: bool
    words: bool
    failures: bool
    namesakes: bool


def surroundings_of(connection: Connection, place: Place, sha256: str | None) -> Surroundings:
    """What is known around a file. Without its SHA-256 nothing is known of its bytes."""
    asked = {"b_root": place.root, "b_path": place.path, "b_sha256": sha256, **range_of(place.path)}
    return Surroundings(*map(bool, _AROUND.first(connection, asked)))
