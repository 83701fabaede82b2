"""What is known of files that are named by their `ROOT/relative`, as events name them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.library.tables import MEDIA
from app.library.values import NsfwKnown, has_thumbnail


def nsfw_known_in(connection: Connection, paths: Iterable[bytes]) -> dict[bytes, NsfwKnown]:
    """What is known of those of these files that have a row, all by their `ROOT/relative`."""
    found: dict[bytes, NsfwKnown] = {}
    for root, relatives in _by_root(paths).items():
        rows = select(MEDIA.c.path, MEDIA.c.nsfw_said, MEDIA.c.nsfw_probability).where(
            MEDIA.c.root == root.decode(), MEDIA.c.path.in_(relatives)
        )
        found |= {root + b"/" + path: NsfwKnown(*known) for path, *known in connection.execute(rows)}
    return found


def pictured_in(connection: Connection, paths: Iterable[bytes]) -> set[bytes]:
    """Those of these files of which a thumbnail was made."""
    found: set[bytes] = set()
    for root, relatives in _by_root(paths).items():
        rows = select(MEDIA.c.path, MEDIA.c.phash, MEDIA.c.stages).where(
            MEDIA.c.root == root.decode(), MEDIA.c.path.in_(relatives)
        )
        pictured = (path for path, *of in connection.execute(rows) if has_thumbnail(*of))
        found |= {root + b"/" + path for path in pictured}
    return found


def _by_root(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Paths inside each root, of paths `ROOT/relative`."""
    by_root: dict[bytes, list[bytes]] = {}
    for path in paths:
        root, _, relative = path.partition(b"/")
        by_root.setdefault(root, []).append(relative)
    return by_root
