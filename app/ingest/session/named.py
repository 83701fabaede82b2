"""Small values that a person keeps under names, in a file of the state folder beside the sessions."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.errors import InvalidRequest, NeedsAttention, NotFound
from app.ingest.session.store import IngestionState
from app.library.values import now
from app.texts import clean_json, clean_text

MAX_VALUES = 200
MAX_NAME_CHARACTERS = 100


class Named:
    """The values in one file. `what` is what one of them is called; `check` raises InvalidRequest for what is none."""

    def __init__(
        self, store: IngestionState, file: str, what: str, fields: frozenset[str], check: Callable[[Any], None]
    ) -> None:
        self._store = store
        self._file = file
        self._what = what
        self._fields = fields | {"name", "saved_at"}
        self._check = check
        self._changing = threading.Lock()

    def all(self) -> list[Any]:
        """Every value, in the order of the names; none where they cannot be read."""
        try:
            values = [each for each in self._kept() if self._is_one(each)]
        except NeedsAttention:
            return []
        return sorted(values, key=lambda each: str(each["name"]).casefold())

    def save(self, name: str, fields: Mapping[str, Any]) -> Any:
        """Keeps a value under a name, in place of the one that had it, and answers with it.

        Raises InvalidRequest for what is none, and NeedsAttention where they cannot be read or written.
        """
        name = " ".join(clean_text(name).split())
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise InvalidRequest(
                f"A {self._what} needs a name of at most {MAX_NAME_CHARACTERS} characters.", field="name"
            )
        self._check(fields)
        value = {"name": name, **clean_json(fields), "saved_at": now()}
        with self._changing:
            others = self._others(name)
            if len(others) >= MAX_VALUES:
                raise InvalidRequest(
                    f"There are {MAX_VALUES} of them already: delete a {self._what} first.", field="name"
                )
            self._store.keep(self._file, [*others, value])
        return value

    def delete(self, name: str) -> None:
        """Forgets a value. Raises NotFound, and NeedsAttention as `save` does."""
        with self._changing:
            others = self._others(name)
            if len(others) == len(self._kept()):
                raise NotFound(f"There is no {self._what} named '{clean_text(name)}'.")
            self._store.keep(self._file, others)

    def _kept(self) -> list[Any]:
        """All that the file holds, also what is none for this version. Raises NeedsAttention."""
        kept = self._store.kept(self._file)
        return kept if isinstance(kept, list) else []

    def _others(self, name: str) -> list[Any]:
        return [each for each in self._kept() if not (self._is_one(each) and each["name"] == name)]

    def _is_one(self, value: Any) -> bool:
        """Whether what was read is one for this version: a person, or another version, may have written it."""
        if not isinstance(value, dict) or value.keys() != self._fields:
            return False
        try:
            datetime.fromisoformat(value["saved_at"])
            self._check({name: each for name, each in value.items() if name not in ("name", "saved_at")})
        except (TypeError, ValueError, InvalidRequest):
            return False
        return isinstance(value["name"], str)
