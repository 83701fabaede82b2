"""Keywords of files: links between a file and a text, which is made where no file had it before."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from app.library.prepared import Prepared
from app.library.tables import KEYWORDS, LINKS

KeywordLinks: TypeAlias = Mapping[tuple[str, str], float | None]
"""Keywords as `(text, source) -> weight`."""
_MAKE_KEYWORD = Prepared(
    {
        "sqlite": sqlite.insert(KEYWORDS).on_conflict_do_nothing().inline(),
        "postgresql": postgresql.insert(KEYWORDS).on_conflict_do_nothing().inline(),
    },
    columns=["text"],
)
_LINK = Prepared(
    insert(LINKS).from_select(
        ["media_id", "keyword_id", "source", "weight"],
        select(
            bindparam("b_id", type_=LINKS.c.media_id.type),
            KEYWORDS.c.id,
            bindparam("b_source", type_=LINKS.c.source.type),
            bindparam("b_weight", type_=LINKS.c.weight.type),
        ).where(KEYWORDS.c.text == bindparam("b_text")),
    )
)
_NUMBER_OF = select(KEYWORDS.c.id).where(KEYWORDS.c.text == bindparam("b_text")).scalar_subquery()
_UNLINK = Prepared(
    delete(LINKS).where(
        LINKS.c.media_id == bindparam("b_id"),
        LINKS.c.keyword_id == _NUMBER_OF,
        LINKS.c.source == bindparam("b_source"),
    )
)


def link(connection: Connection, media_id: int, links: KeywordLinks) -> None:
    """Links a file to its keywords, making those that no file had before."""
    link_each(connection, [(media_id, links)] if links else [])


def link_each(connection: Connection, files: Iterable[tuple[int, KeywordLinks]]) -> None:
    """Links files to keywords that they do not have yet."""
    listed = list(files)
    if not listed:
        return
    texts = {text for _, links in listed for text, _ in links}
    _MAKE_KEYWORD.each(connection, ({"text": text} for text in sorted(texts)))
    _LINK.each(
        connection,
        (
            {"b_id": media_id, "b_text": text, "b_source": source, "b_weight": weight}
            for media_id, links in listed
            for (text, source), weight in links.items()
        ),
    )


def unlink_each(connection: Connection, files: Iterable[tuple[int, Iterable[str]]], source: str) -> None:
    """Takes keywords of one source from files; what other sources say stays."""
    rows = [{"b_id": media_id, "b_text": text, "b_source": source} for media_id, texts in files for text in texts]
    if rows:
        _UNLINK.each(connection, rows)
