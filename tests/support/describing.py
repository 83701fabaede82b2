"""What a model said of files of a library, as a session commits it."""

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from app.descriptions import Description, Run, RunStatus, Usage, in_usd
from app.library.describing.proposing import write_description
from app.library.describing.tables import PROPOSALS
from app.library.library import Library
from app.library.tables import MEDIA
from app.media import Place
from app.texts import path_from_shown

AT = "2026-11-20T10:00:00.000+00:00"
TEMPLATE = "5" * 64


def describe(library: Library, shown: str, *, direct: bool = False, **output: Any) -> None:
    """Writes that a model said this of a file that has a row, for a cent; `direct`: without asking anybody."""
    place = Place.from_event(path_from_shown(shown))

    def work(connection: Any) -> None:
        here = (MEDIA.c.root == place.root) & (MEDIA.c.path == place.path)
        row = connection.execute(select(MEDIA.c.sha256, MEDIA.c.stages).where(here)).one()
        run = Run(
            run=str(uuid4()),
            sha256=row.sha256,
            provider="default",
            model="vision-1",
            template="caption",
            template_sha256=TEMPLATE,
            status=RunStatus.ANSWERED,
            at=AT,
            seconds=1.5,
            cost=in_usd(0.01),
            usage=Usage(100, 10),
            output=output,
        )
        stages = {**row.stages, "describe": {"status": "done", "version": "1"}}
        connection.execute(update(MEDIA).where(here).values(stages=stages))
        write_description(connection, place, Description((run,), run.run, output, direct), session_id="s", at=AT)

    library._engines.write(work)


def proposals(library: Library) -> dict[tuple[str, str], str]:
    """The state of each proposal, by its field and text."""
    columns = (PROPOSALS.c.field, PROPOSALS.c.text, PROPOSALS.c.state)
    rows = library._engines.read(lambda connection: connection.execute(select(*columns)).all())
    return {(field, text): state for field, text, state in rows}
