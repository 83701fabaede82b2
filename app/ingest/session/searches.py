"""Searches that a person keeps under a name, in the state folder beside the sessions."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from app.errors import InvalidRequest
from app.ingest.session.named import Named
from app.ingest.session.store import IngestionState
from app.library.finding.orders import Sort
from app.query.reading import read
from app.shapes import described


@described
class Search(TypedDict):
    """A search under a name."""

    name: str
    """At most 100 characters."""
    q: str
    """As in docs/search.md; empty for everything."""
    sort: str
    """What the files are in the order of."""
    order: str
    """`asc` or `desc`."""
    saved_at: str
    """When, ISO 8601 in UTC."""


class Searches:
    """The saved searches of one state folder."""

    def __init__(self, store: IngestionState) -> None:
        fields = frozenset(Search.__annotations__) - {"name", "saved_at"}
        self._named = Named(store, "searches.json", "saved search", fields, _check)

    def all(self) -> list[Search]:
        """Every saved search, in the order of the names; none where they cannot be read."""
        return self._named.all()

    def save(self, name: str, fields: Mapping[str, str]) -> Search:
        """Keeps `q`, `sort` and `order` under a name, in place of those that had it.

        Raises QueryError for a search that cannot be read, InvalidRequest for an order that there is not, and
        NeedsAttention where they cannot be read or written.
        """
        search: Search = self._named.save(name, fields)
        return search

    def delete(self, name: str) -> None:
        """Forgets a saved search. Raises NotFound, and NeedsAttention as `save` does."""
        self._named.delete(name)


def _check(fields: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for what is no search."""
    for name, known in (("sort", [*Sort]), ("order", ["asc", "desc"])):
        if fields[name] not in known:
            raise InvalidRequest(f"'{name}' must be one of {', '.join(known)}.", field=name)
    if not isinstance(fields["q"], str):
        raise InvalidRequest("'q' must be a text.", field="q")
    read(fields["q"])
