"""What the benchmark of a large library asks, how long answers take, and the naive query that each is held against."""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from app.library.finding.orders import Sort
from tests.benchmarks.figures import report
from tests.support.server import Server

FILTERS = (
    *("", "kind:video", "format:jpeg", "score>=4", "score:none", "taken:2012", "taken:2011-05..2013", "taken:none"),
    *("nsfw:yes", "nsfw:unknown", "nsfw>=0.5", "-nsfw:no", "width>=3000 height>=2000", "size>10MB", "pixels>8MP"),
    *(
        "folder:photos",
        "folder:archive/2015",
        "root:archive",
        "camera:none",
        'camera="model 7"',
        "is:raw",
        "is:missing",
    ),
    *("is:duplicate", "is:incomplete", "sha256:00*", "sha256:0a*", "has:position", "near:41.9,12.5,500km"),
    *('keyword:"tag red 0"', "keyword:*dress*", "keyword:none", "generator:comfyui", "lora:none", "session:none"),
    *("kind:image (score>=3 or nsfw:yes) -taken:2015", "format:png or format:webp", "added>=2024-06 score:5"),
)
"""Filters without words, from those that find everything to those that find a few files."""
WORDS = (
    *("red", "dress", "lake", "cat", "night", "tag", "quality", "masterpiece", "png", "photos", "archive", "img"),
    *("red dress", "cat night", "quality red", "photos 2012", '"quality detail"', '"red dress"', '"detail portrait"'),
    *("vero*", "to*", "zu* red", "prompt:red", "name:img", "caption:lake", "title:dress", "camera:maker", "seed:7919"),
    *("red score>=4", "-red", "red or dress", "dress nsfw:no taken:2012", "nothinglikethis", "toerbace", "fotool"),
)
"""Free words, words of a field and phrases, from those in most files to those in none."""
PAGE = 100
SEED = 13


class Took(NamedTuple):
    """How long an answer took, and how much of that the server had a processor, in seconds."""

    seconds: float
    worked: float


def seconds_of(work: Callable[[], object]) -> float:
    """How long it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def p95(seconds: Sequence[float]) -> float:
    """The 95th of a hundred, in ms."""
    return 1000 * statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def pages(rounds: int = 3) -> Iterator[dict[str, str | int]]:
    """First pages of any filter, sort and direction; none comes twice running."""
    rng = random.Random(SEED)
    for _ in range(rounds):
        for q in rng.sample(FILTERS, len(FILTERS)):
            yield {"q": q, "sort": str(rng.choice(list(Sort))), "order": rng.choice(("asc", "desc")), "limit": PAGE}


def asked(server: Server, path: str, parameters: dict[str, str | int]) -> dict[str, object]:
    """What the server answers to one question."""
    answer = server.client.get(f"/api/library/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def times(server: Server, path: str, questions: Iterable[dict[str, str | int]]) -> dict[str, Took]:
    """How long the server takes over each question, by what was asked."""
    clock = (~server.process.pid << 3) | 2  # of all threads of another process: clock_getcpuclockid(3)
    took: dict[str, Took] = {}
    for question in questions:
        worked = time.clock_gettime(clock)
        seconds = seconds_of(lambda q=question: asked(server, path, q))
        took[" ".join(map(str, question.values()))] = Took(seconds, time.clock_gettime(clock) - worked)
    return took


def told(name: str, took: dict[str, Took], bar: float) -> bool:
    """Prints the 95th of a hundred beside its bar, how much of it the server computed, and which took longest."""
    ms = p95([one.seconds for one in took.values()])
    passed = report(name, ms, bar, " ms")
    worst = sorted(took.items(), key=lambda one: -one[1].seconds)[:4]
    slow = "; ".join(f"{q or 'everything'} {1000 * one.seconds:.0f} ms" for q, one in worst)
    print(f"    of that the server's own: {p95([one.worked for one in took.values()]):.0f} ms; slowest: {slow}")
    return passed


NAIVE_PAGES = (
    "SELECT id FROM media_files WHERE missing_at IS NULL ORDER BY taken_at DESC, id DESC LIMIT 100 OFFSET {half}",
    "SELECT id FROM media_files WHERE missing_at IS NULL AND score >= 4 ORDER BY size DESC, id DESC LIMIT 100",
    (
        "SELECT id FROM media_files WHERE missing_at IS NULL AND sha256 IN (SELECT sha256 FROM media_files"
        " WHERE missing_at IS NULL GROUP BY sha256 HAVING count(*) > 1) ORDER BY name, id LIMIT 100"
    ),
)
NAIVE_WORDS = (
    (
        "SELECT id FROM media_files WHERE missing_at IS NULL AND (lower(name) LIKE '%red%' OR lower(title) LIKE '%red%'"
        " OR lower(caption) LIKE '%red%' OR lower(prompt) LIKE '%red%') ORDER BY taken_at DESC, id DESC LIMIT 100"
    ),
)
NAIVE_FACETS = (
    "SELECT substr(taken_at, 1, 4), count(*) FROM media_files WHERE missing_at IS NULL GROUP BY 1",
    "SELECT folder, count(*) FROM media_files WHERE missing_at IS NULL GROUP BY 1",
    "SELECT camera_model, count(*) FROM media_files WHERE missing_at IS NULL GROUP BY 1",
    "SELECT score, count(*) FROM media_files WHERE missing_at IS NULL GROUP BY 1",
    "SELECT keyword_id, count(*) FROM media_keywords GROUP BY 1",
)
