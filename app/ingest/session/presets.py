"""Parameters that a person keeps under a name, in the state folder beside the sessions."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from app.errors import InvalidRequest, NotFound
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
            kept = json.loads((self._store.folder / _FILE).read_bytes())
        except (OSError, ValueError, RecursionError):
            kept = None
        presets = [each for each in kept if _is_preset(each)] if isinstance(kept, list) else []
        return sorted(presets, key=lambda preset: preset["name"].casefold())

    def save(self, name: str, parameters: Mapping[str, Any]) -> Preset:
        """Keeps parameters under a name, in place of those that had it.

        Raises InvalidRequest for what no session can be asked, and NeedsAttention where the folder cannot be written.
        """
        name = " ".join(clean_text(name).split())
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise InvalidRequest(f"A preset needs a name of at most {MAX_NAME_CHARACTERS} characters.", field="name")
        named = parameters.keys() & {"directory", "directories"}
        parse_parameters(dict(parameters) if named else {**parameters, **_ANYWHERE})
        preset: Preset = {"name": name, "parameters": clean_json(parameters), "saved_at": now()}
        with self._changing:
            others = [each for each in self.all() if each["name"] != name]
            if len(others) >= MAX_PRESETS:
                raise InvalidRequest(f"There are {MAX_PRESETS} presets already: delete one first.", field="name")
            self._store.keep(_FILE, [*others, preset])
        return preset

    def delete(self, name: str) -> None:
        """Forgets a preset. Raises NotFound."""
        with self._changing:
            presets = self.all()
            others = [preset for preset in presets if preset["name"] != name]
            if len(others) == len(presets):
                raise NotFound(f"There is no preset named '{clean_text(name)}'.")
            self._store.keep(_FILE, others)


def _is_preset(value: Any) -> bool:
    """Whether what was read is one: a person may have edited the file."""
    if not isinstance(value, dict) or value.keys() != Preset.__annotations__.keys():
        return False
    return (
        isinstance(value["name"], str) and isinstance(value["parameters"], dict) and isinstance(value["saved_at"], str)
    )
