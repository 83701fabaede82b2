"""Statements that every file costs, compiled once and run by the driver itself.

SQLAlchemy builds, caches and names everything for everybody, and takes several times as long over a small statement as
SQLite does. What is written here is its text for a dialect and the conversions of its types, nothing else: the
connection, its transaction and the translation of errors are those of `engine.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import JSON, BigInteger, ColumnElement, Connection, Dialect, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import StatementError
from sqlalchemy.sql import ClauseElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

Values: TypeAlias = Mapping[str, Any]
_Convert: TypeAlias = Callable[[Any], Any] | None


class Prepared:
    """A statement, or one for each dialect by its name; its parameters are given by their names, each of them.

    `columns` are those that an INSERT fills. Rows come as the driver gives them: select what needs no conversion.
    """

    def __init__(
        self, statement: ClauseElement | Mapping[str, ClauseElement], columns: Iterable[str] | None = None
    ) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._texts: dict[str, _Text] = {}

    def first(self, connection: Connection, values: Values) -> Any:
        """Runs the statement; its first row as a tuple, None without one."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def all(self, connection: Connection, values: Values) -> Sequence[Any]:
        """Runs the statement; its rows as tuples."""
        text = self._text(connection.dialect)
        cursor = connection.connection.cursor()
        with _refused_values(text.sql):
            cursor.execute(text.sql, text.parameters(values))
        rows = cursor.fetchall()
        cursor.close()
        return rows

    def each(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Runs the statement for each of these values; it gives no rows."""
        text = self._text(connection.dialect)
        cursor = connection.connection.cursor()
        with _refused_values(text.sql):
            cursor.executemany(text.sql, [text.parameters(values) for values in rows])
        cursor.close()

    def _text(self, dialect: Dialect) -> "_Text":
        text = self._texts.get(dialect.name)
        if text is None:
            statement = self._statement[dialect.name] if isinstance(self._statement, Mapping) else self._statement
            text = self._texts[dialect.name] = _compiled(statement, dialect, self._columns)
        return text


def prepared_of(statement: Select[Any], column: ColumnElement[int]) -> Prepared:
    """The statement where a column of ids has one of those that are given as `ids`, however many: one parameter."""
    listed = func.json_each(bindparam("ids", type_=JSON())).table_valued("value")
    array = func.any(bindparam("ids", type_=ARRAY(BigInteger)))
    return Prepared(
        {
            "sqlite": statement.where(column.in_(select(listed.c.value))),
            "postgresql": statement.where(column == array),
        }
    )


@contextmanager
def _refused_values(sql: str) -> Iterator[None]:
    """Raises StatementError, as SQLAlchemy would, for a value that cannot be converted to what the driver takes."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise StatementError(str(error), sql, None, error) from error


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as a driver takes it: its parameters, with what converts each; in their order if `positional`.

    `said` are the values of those that the statement brings itself, as the OFFSET of 0 of SQLite.
    """

    sql: str
    names: list[tuple[str, _Convert]]
    positional: bool
    said: Values

    def parameters(self, values: Values) -> Any:
        if self.said:
            values = {**self.said, **values}
        if self.positional:
            return [values[name] if convert is None else convert(values[name]) for name, convert in self.names]
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.names}


def _compiled(statement: ClauseElement, dialect: Dialect, columns: list[str] | None) -> _Text:
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=columns))
    names = compiled.positiontup or list(compiled.binds)
    types = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
    converted: list[tuple[str, _Convert]] = [(name, types[name].bind_processor(dialect)) for name in names]
    said = {name: compiled.binds[name].value for name in names if not compiled.binds[name].required}
    return _Text(str(compiled), converted, compiled.positional, said)
