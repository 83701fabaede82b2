"""Parameters that a person keeps under a name, in the state folder beside the sessions."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from app.ingest.session.named import Named
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.store import IngestionState
from app.shapes import described

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
        self._named = Named(store, "presets.json", "preset", frozenset({"parameters"}), _check)

    def all(self) -> list[Preset]:
        """Every preset, in the order of the names; none where they cannot be read."""
        return self._named.all()

    def save(self, name: str, parameters: Mapping[str, Any]) -> Preset:
        """Keeps parameters under a name, in place of those that had it.

        Raises InvalidRequest for what no session can be asked, and NeedsAttention where they cannot be read or written.
        """
        preset: Preset = self._named.save(name, {"parameters": parameters})
        return preset

    def delete(self, name: str) -> None:
        """Forgets a preset. Raises NotFound, and NeedsAttention as `save` does."""
        self._named.delete(name)


def _check(fields: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for what no session can be asked; which folders it is for may be left open."""
    parameters = fields["parameters"]
    anywhere = isinstance(parameters, Mapping) and not parameters.keys() & {"directory", "directories", "q"}
    parse_parameters({**parameters, **_ANYWHERE} if anywhere else parameters)
