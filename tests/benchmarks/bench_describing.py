"""What stage `describe` costs beside its provider's answer, and what asking four at once brings: docs/operations.md.

    python tests/benchmarks/bench_describing.py      exit 1 where a bar is missed

A real server takes photos in, with and without descriptions, from a provider on loopback that answers at once; what the
provider itself takes is left out. Then it answers after half a second, and is asked one or four at a time.
"""

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.figures import report
from tests.samples import photo
from tests.support.fake_provider import FakeProvider, answer
from tests.support.server import Server

FILES, SLOW_FILES, TURNS = 200, 24, 3
OWN_MS, AT_ONCE_FACTOR = 5.0, 3.6
SECONDS = 0.5


def seconds_of(folder: Path, media: Path, fake: FakeProvider | None, at_once: int = 1) -> float:
    """How long a session over `then` in a folder takes, in seconds, after one over `first`."""
    env = {}
    if fake is not None:
        env = {
            "INGEST_DESCRIBE_BASE_URL": fake.base_url,
            "INGEST_DESCRIBE_MODEL": "vision-1",
            "INGEST_DESCRIBE_PRICE_IN": "0",
            "INGEST_DESCRIBE_PRICE_OUT": "0",
            "INGEST_DESCRIBE_CONCURRENCY": str(at_once),
        }
    with Server(folder, {"photos": media}, new=True, **env) as server:
        asked = {"describe": {"template": "caption"}} if fake is not None else {}
        server.wait_for(server.begin("photos/first", **asked), "completed")  # what is loaded once is no file's
        if fake is not None:
            fake.seconds_at_work = 0.0
        status = server.wait_for(server.begin("photos/then", **asked), "completed", seconds=600)
        assert status["outcomes"]["added"] == status["total_files"]
        assert fake is None or status["stages"]["describe"]["done"] == status["total_files"]
        return float(status["active_seconds"])


def measured() -> list[bool]:
    """Whether each figure keeps within its bar."""
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        for number in range(FILES):
            photo(here / "many" / "then" / f"{number:03d}.jpg", seed=number)
        for number in range(SLOW_FILES):
            photo(here / "few" / "then" / f"{number:02d}.jpg", seed=number)
        for folder in ("many", "few"):
            photo(here / folder / "first" / "a.jpg", seed=FILES)
        own = []
        for turn in range(TURNS):
            plain = seconds_of(here / f"plain {turn}", here / "many", None)
            with FakeProvider() as fake:
                described = seconds_of(here / f"described {turn}", here / "many", fake)
                own.append(1000 * (described - plain - fake.seconds_at_work) / FILES)
        with FakeProvider(otherwise=answer(seconds=SECONDS)) as fake:
            one = seconds_of(here / "one", here / "few", fake)
            four = seconds_of(here / "four", here / "few", fake, at_once=4)
        median = statistics.median(own)
        return [
            report(f"own cost of a description, median of {TURNS} sessions of {FILES}", median, OWN_MS, "ms"),
            report("four at once to one, at a provider of 500 ms", one / four, AT_ONCE_FACTOR, "x", at_least=True),
        ]


if __name__ == "__main__":
    sys.exit(0 if all(measured()) else 1)
