"""The media roots of a running server: those that its settings name, and those that a person added on the page.

Added ones are kept in the state folder. Files are never touched, whatever becomes of a root.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import TypedDict

from app.errors import Conflict, IllegalMove, InvalidRequest, NotFound
from app.ingest.disk.folders import Folders
from app.ingest.run.runner import Runner
from app.ingest.session.store import IngestionState
from app.library.library import Library
from app.settings import Settings, check_root_name, root_beside, with_remembered
from app.shapes import described
from app.texts import clean_text, shown_name

ADDED = "added_roots.json"
"""The file of the state folder that says which roots were added on the page."""


@described
class MediaRoot(TypedDict):
    """A media root, or the rows of one that is no more."""

    name: str
    """How paths begin."""
    path: str | None
    """The folder; null of a root that was removed and whose rows stay."""
    source: str
    """`settings`: named by the settings or on the command line; `page`: added on the page; `removed`."""
    there: bool
    """Whether the folder is there now."""
    rows: int
    """Files of it in the library, those marked missing among them."""


class MediaRoots:
    """The roots of one server. `named` are those of its settings, which it cannot remove."""

    def __init__(
        self,
        settings: Settings,
        store: IngestionState,
        folders: Folders,
        library: Library | None,
        runner: Runner | None,
    ) -> None:
        self._settings, self._store, self._folders = settings, store, folders
        self._library, self._runner = library, runner
        self._changing = threading.Lock()

    def all(self) -> list[MediaRoot]:
        """Every root in the order of the names, and those that only rows speak of."""
        rows = self._library.removal.rows_by_root() if self._library else {}
        roots, added = self._folders.roots, self._beside_the_named(self._store.remembered_roots(ADDED))
        return [
            {
                "name": name,
                "path": shown_name(roots[name]) if name in roots else None,
                "source": "removed" if name not in roots else "page" if name in added else "settings",
                "there": name in roots and os.path.isdir(roots[name]),
                "rows": rows.get(name, 0),
            }
            for name in sorted({*roots, *rows})
        ]

    def add(self, name: str, path: str) -> MediaRoot:
        """Adds a folder under a name. Raises InvalidRequest where it cannot be a root beside the others."""
        with self._changing:
            with _at_fault("name"):
                check_root_name(name)
                if name in self._folders.roots:
                    message = f"there is a media root named '{name}' already: give this one another name"
                    raise ValueError(message)
            with _at_fault("path"):
                folder = root_beside(self._settings, self._paths(), name, path)
            self._use({**self._paths(), name: folder}, {**self._added(), name: folder})
        return next(root for root in self.all() if root["name"] == name)

    def remove(self, name: str, forget_rows: int | None = None) -> int:
        """Removes a root that was added, if it is there; with `forget_rows`, its rows, too. Tells how many went.

        Raises NotFound, Conflict for a root of the settings, IllegalMove while a session over it has not ended or any
        is at work, CountChanged where the rows are not so many.
        """
        name = clean_text(name)
        with self._changing:
            there, added = name in self._folders.roots, name in self._added()
            rows = self._library.removal.rows_of_root(name) if self._library else 0
            if not (there or added or rows):
                raise NotFound(f"There is no media root named '{name}'.")
            if there and not added:
                sentence = f"The media root '{name}' is named by the settings or on the command line: remove it there."
                raise Conflict(sentence)
            if self._runner is None:
                self._drop(name)
                return 0
            with self._runner.at_rest():
                self._refuse_in_use(self._runner, name)
                gone = 0
                if forget_rows is not None and self._library:
                    gone = self._library.removal.forget_root(name, forget_rows)
                self._drop(name)
            return gone

    def _refuse_in_use(self, runner: Runner, name: str) -> None:
        for session in runner.sessions():
            roots = {shown.partition("/")[0] for shown in session.parameters.directories}
            if not session.status.ended and name in roots:
                sentence = f"Session {session.session_id} over '{name}' is {session.status.value}: cancel it first."
                raise IllegalMove(sentence)

    def _drop(self, name: str) -> None:
        paths, added = self._paths(), self._added()
        for roots in (paths, added):
            roots.pop(name, None)
        self._use(paths, added)
        remembered = self._store.remembered_roots()
        if remembered.pop(name, None) is not None:
            self._store.remember_roots(remembered)

    def _use(self, paths: Mapping[str, Path], added: Mapping[str, Path]) -> None:
        self._store.keep(ADDED, {name: str(path) for name, path in added.items()})
        self._store.remember_roots({**self._store.remembered_roots(), **paths})
        self._folders.use(paths)

    def _added(self) -> dict[str, Path]:
        """Those that were added on the page, to be changed. Raises NeedsAttention where they cannot be read."""
        return self._beside_the_named(self._store.kept_roots(ADDED))

    def _beside_the_named(self, roots: Mapping[str, Path]) -> dict[str, Path]:
        return {name: path for name, path in roots.items() if name not in self._settings.ingest_media_roots}

    def _paths(self) -> dict[str, Path]:
        return {name: Path(os.fsdecode(path)) for name, path in self._folders.roots.items()}


@contextmanager
def _at_fault(field: str) -> Iterator[None]:
    """A block that checks a field. Raises InvalidRequest that names it, for a ValueError or OSError."""
    try:
        yield
    except (ValueError, OSError) as error:
        sentence = clean_text(str(getattr(error, "strerror", None) or error))
        raise InvalidRequest(f"{sentence[0].upper()}{sentence[1:]}.", field=field) from None


def with_added(settings: Settings, store: IngestionState) -> Settings:
    """These settings with the roots that a person added on the page, where they stand apart from the named ones."""
    return with_remembered(settings, store.remembered_roots(ADDED))
