"""A person's words on their way from one library to another, by the SHA-256 of the bytes that they were said of.

Owns which words leave, and what becomes of each that arrives. A word gives way only to one that was said later.
"""

from sqlalchemy import Connection, func, select

from app.library.saying.personal import SPEAKS
from app.library.tables import MEDIA


def files_spoken_of(connection: Connection) -> int:
    """How many files there are of which a person said something."""
    return int(connection.execute(select(func.count()).select_from(MEDIA).where(SPEAKS)).scalar_one())
