"""Parameters that a person keeps under a name, in the state folder beside the sessions."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.errors import InvalidRequest, NeedsAttention, NotFound
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.store import IngestionState
from app.library.values import now
from app.shapes import described
from app.texts import clean_json, clean_text

MAX_PRESETS = 200
MAX_NAME_CHARACTERS = 100
_FILE = "presets.json"
_ANYWHERE = {"directory": "-"}  # a preset may leave open which folders it is for


@described
class Preset(TypedDict):
    """Parameters under a name."""

    name: str
    """At most 100 characters."""
    parameters: dict[str, Any]
    """As they were given: what is left out is as by default, also which folders."""
    saved_at: str
    """When, ISO 8601 in UTC."""


class Presets:
    """The presets of one state folder."""

    def __init__(self, store: IngestionState) -> None:
        self._store = store
        self._changing = threading.Lock()

    def all(self) -> list[Preset]:
        """Every preset, in the order of the names; none where they cannot be read."""
        try:
            presets = [each for each in self._kept() if _is_preset(each)]
        except NeedsAttention:
            return []
        return sorted(presets, key=lambda preset: preset["name"].casefold())

    def save(self, name: str, parameters: Mapping[str, Any]) -> Preset:
        """Keeps parameters under a name, in place of those that had it.

        Raises InvalidRequest for what no session can be asked, and NeedsAttention where they cannot be read or written.
        """
        name = " ".join(clean_text(name).split())
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise InvalidRequest(f"A preset needs a name of at most {MAX_NAME_CHARACTERS} characters.", field="name")
        _check(parameters)
        preset: Preset = {"name": name, "parameters": clean_json(parameters), "saved_at": now()}
        with self._changing:
            others = self._others(name)
            if len(others) >= MAX_PRESETS:
                raise InvalidRequest(f"There are {MAX_PRESETS} presets already: delete one first.", field="name")
            self._store.keep(_FILE, [*others, preset])
        return preset

    def delete(self, name: str) -> None:
        """Forgets a preset. Raises NotFound, and NeedsAttention as `save` does."""
        with self._changing:
            others = self._others(name)
            if len(others) == len(self._kept()):
                raise NotFound(f"There is no preset named '{clean_text(name)}'.")
            self._store.keep(_FILE, others)

    def _kept(self) -> list[Any]:
        """All that the file holds, also what no preset of this version is. Raises NeedsAttention."""
        kept = self._store.kept(_FILE)
        return kept if isinstance(kept, list) else []

    def _others(self, name: str) -> list[Any]:
        return [each for each in self._kept() if not (_is_preset(each) and each["name"] == name)]


def _is_preset(value: Any) -> bool:
    """Whether what was read is one that this version understands: a person, or another version, may have written it."""
    if not isinstance(value, dict) or value.keys() != Preset.__annotations__.keys():
        return False
    try:
        datetime.fromisoformat(value["saved_at"])
        _check(value["parameters"])
    except (TypeError, ValueError, InvalidRequest):
        return False
    return isinstance(value["name"], str)


def _check(parameters: Any) -> None:
    """Raises InvalidRequest for what no session can be asked; which folders it is for may be left open."""
    anywhere = isinstance(parameters, Mapping) and not parameters.keys() & {"directory", "directories"}
    parse_parameters({**parameters, **_ANYWHERE} if anywhere else parameters)
