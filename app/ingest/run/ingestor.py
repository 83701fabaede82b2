"""The loop over a session's files, and the one place that decides what ends it: a person, the server, trouble."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import LeaseLost, MediaIngestError
from app.ingest.run.control import Control
from app.ingest.run.parts import Parts
from app.ingest.run.planning import plan
from app.ingest.run.run import Run, Stopped
from app.ingest.run.running import Running
from app.ingest.session.state import SessionState


@dataclass(frozen=True, slots=True)
class Ingestor(Parts):
    """The parts, and the loop that works with them."""

    def process_files_sequential(
        self, session: SessionState, control: Control, publish: Callable[[SessionState], None]
    ) -> SessionState:
        """Takes a queued session as far as it goes: completed, or stopped with the reason in its status.

        Raises LeaseLost where another server has taken it, with nothing written for it since.
        """
        run = Run(self, session, control, publish)
        with self.library.leases.writing(session.session_id):
            try:
                running = Running(run, plan(run))
                running.process()
                running.complete()
            except Stopped:
                run.stop()
            except LeaseLost:
                raise
            except MediaIngestError as trouble:
                run.move_to_attention(trouble)
        return run.session
