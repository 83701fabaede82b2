"""SQLite and PostgreSQL find the same files in the same order, whatever is asked: random files, and random queries."""

import random
import re
import shutil
from collections.abc import Iterator

import pytest

from app.library.finding.orders import Sort
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.metadata import PromptVerdict
from app.query.fields import FIELDS
from app.query.printing import written
from app.query.reading import read
from app.query.tree import And, Node, Not, Or
from tests.library.finding.stock import add, file, mark, propose

FILES, QUERIES, MANY = 240, 60, 500
SEED = 1301
THRESHOLD = 0.5
TEXTS = (
    *(
        "red dress",
        "Red_Dress-2",
        "a dress, red",
        "Straße in Rome",
        "STRASSE",
        "Đà Nẵng",
        "da nang 2024",
        "東京タワーと桜",
    ),
    *(
        "京都",
        "дом на реке",
        "cafe\N{COMBINING ACUTE ACCENT}",
        "Æther",
        "한국 사진",
        "DSC_0042",
        "img-0042",
        'it\'s "x"\\y',
        "🌊",
    ),
)
KEYWORDS = ("cat", "Black Cat", "Đà Nẵng", "strasse", "50%", "a_b")
LEAVES = (
    *(
        "red",
        "dress",
        "red*",
        '"red dress"',
        "strasse",
        "nang",
        "東京",
        "タ",
        "дом",
        "cafe",
        "aether",
        "0042",
        "한국",
        "nowhere",
    ),
    *(
        "name:dress",
        "title:red",
        'caption:"in rome"',
        "prompt:dress",
        "prompt:0042",
        "negative:strasse",
        "creator:nang",
        "proposed:dress",
        'proposed="black cat"',
    ),
    *("camera:x100v", "camera:fuji*", 'camera="FUJIFILM X100V"', "lens:35mm", "model:xl", "model=sd_xl", "lora:ink"),
    *("sampler:euler", "seed:7", "seed:1844*", "seed:*1*", "sha256:00*", "sha256:a*", "sha256:*f", "sha256:*0*1*"),
    *("folder:m", "folder:m/2024", "folder:a/da", "root:a", "root:*", "kind:video", "format:png", "format:j*"),
    *("keyword:cat", "keyword:*cat*", "keyword:50%", "keyword:a_b", "keyword:none", "label:red", "generator:comfyui"),
    *("label:ada", "label:face", "count>=2", "count:1", "count<3"),
    *(
        "iso:800",
        "iso>=400",
        "f:2.8",
        "exposure<1/100",
        "focal:35..60",
        "taken:2024",
        "taken:2024-05",
        "taken<2024-05-03",
    ),
    *(
        "taken:none",
        "added:2026-11",
        "added>2026-11-20T10:00:30",
        "score>=4",
        "score:-1..2",
        "score:none",
        "width:200..900",
    ),
    *("height>300", "pixels>0.1MP", "size>10KB", "size:0..5000", "duration<1:00", "duration:none", "verdict:parsed"),
    *("nsfw:yes", "nsfw:no", "nsfw:unknown", "nsfw>=0.3", "is:missing", "is:duplicate", "is:person", "is:animated"),
    *(
        "is:incomplete",
        "is:live",
        "is:described",
        "is:proposed",
        "is:describe_failed",
        "session:s1",
        "session:*2",
        "has:position",
        "near:41.9,12.5,300km",
    ),
    *(f"{name}:none" for name, field in FIELDS.items() if field.optional),
)
NOWHERE = {"nowhere", "is:live"}


def some(rng: random.Random, *values: object) -> object:
    """One of the values, or none."""
    return rng.choice((None, *values))


def random_files(rng: random.Random) -> Iterator[dict[str, object]]:
    for number in range(1, FILES + 1):
        day = f"2024-0{rng.randint(4, 6)}-0{rng.randint(1, 5)}"
        texts = {name: some(rng, *TEXTS) for name in ("title", "caption", "creator", "prompt", "negative_prompt")}
        made = {"model": some(rng, "sd_xl base", "sd_xl"), "sampler": "Euler a", "seed": rng.choice((7, 2**64 - 1, 21))}
        done, failed = {"status": "done", "version": "1"}, {"status": "failed", "version": "1", "cause": "x"}
        yield file(
            number,
            name=f"{rng.choice(TEXTS)}.{rng.choice(('jpg', 'PNG'))}",
            **texts,
            root=rng.choice("ma"),
            folder=rng.choice((b"", b"2024", "Đà".encode(), b"2024/05")),
            size=rng.choice((0, 4_999, 5_000, 20_000)),
            sha256=f"{rng.choice((0, 1, rng.getrandbits(256))):064x}",
            kind=rng.choice(("image", "image", "video")),
            format=rng.choice(("jpeg", "png", "gif")),
            frames=rng.choice((1, 1, 3)),
            width=some(rng, 200, 640),
            height=some(rng, 300, 480),
            orientation=some(rng, 1, 6),
            duration_seconds=some(rng, 0.5, 59.9, 60.0),
            taken_at=some(
                rng, "2024", "2024-05", day, f"{day}T10:00:00", f"{day}T10:00:00.250", f"{day}T23:30:00+02:00"
            ),
            camera_make=some(rng, "FUJIFILM"),
            camera_model=some(rng, "X100V", "FUJIFILM X100V"),
            lens_model=some(rng, "XF 35mm F1.4"),
            iso=some(rng, 200, 800),
            f_number=some(rng, 2.8, 2.799999952316284),
            exposure_seconds=some(rng, 0.004, 0.5),
            focal_length_mm=some(rng, 35.0, 50.0),
            latitude=some(rng, 41.9, 48.2),
            longitude=some(rng, 12.5, 16.37),
            score=some(rng, -1, 0, 4, 5),
            nsfw_probability=some(rng, 0.1, 0.3, 0.5, 0.9),
            label=some(rng, "Red"),
            generator=some(rng, "comfyui"),
            generation=some(rng, made, {**made, "loras": [{"name": "ink-v2"}]}),
            prompt_verdict=some(rng, *map(str, PromptVerdict)),
            sources=rng.choice(({}, {"title": "person"})),
            stages=rng.choice(
                ({}, {"metadata": done}, {"describe": done}, {"thumbnail": failed}, {"describe": failed})
            ),
            session_id=some(rng, "s1", "s2"),
            ingested_at=f"2026-11-20T10:00:{rng.randint(10, 59)}.000+00:00",
            missing_at=some(rng, "2026-11-21T10:00:00.000+00:00") if rng.random() < 0.2 else None,
        )


def random_tree(rng: random.Random, depth: int = 3) -> Node:
    """A tree as the parser would make it: flat, each leaf as it was written."""
    kind = rng.choice(("leaf", "and", "or", "not")) if depth else "leaf"
    if kind == "leaf":
        return read(rng.choice(LEAVES))
    if kind == "not":
        return Not(random_tree(rng, depth - 1))
    made = And if kind == "and" else Or
    parts = [random_tree(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    return made(tuple(part for one in parts for part in (one.parts if isinstance(one, made) else (one,))))


@pytest.fixture(scope="module")
def both(migrated_sqlite, new_postgres_database, tmp_path_factory):
    """The same files on both engines."""
    lite = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("agreeing") / "library.db")
    postgres = new_postgres_database()
    bring_to_head(postgres)
    rng = random.Random(SEED)
    files = list(random_files(rng))
    keywords = {(rng.randint(1, FILES), rng.choice(KEYWORDS), rng.choice(("xmp", "person"))) for _ in range(FILES)}
    regions = [
        (rng.randint(1, FILES), rng.choice(("Ada", "cat")), rng.choice(("face", "object"))) for _ in range(FILES)
    ]
    proposed = [(rng.randint(1, FILES), rng.choice(("title", "caption")), rng.choice(TEXTS)) for _ in range(FILES // 4)]
    proposed += [(rng.randint(1, FILES), "keyword", rng.choice(KEYWORDS)) for _ in range(FILES // 4)]
    libraries = [Library(url) for url in (f"sqlite:///{lite}", postgres)]
    for library in libraries:
        add(library, files, sorted(keywords))
        mark(library, regions)
        propose(library, proposed)
        assert library.indexing.catch_up() == 0
    yield libraries
    for library in libraries:
        library.close()


def found(library: Library, query: Node, sort: Sort, *, descending: bool) -> list[int]:
    return library.finder.found(query, sort, descending=descending, threshold=THRESHOLD, until=None).ids.tolist()


def agree(both: list[Library], queries: int) -> None:
    rng, sizes = random.Random(SEED), set()
    for _ in range(queries):
        tree, sort, descending = random_tree(rng), rng.choice(list(Sort)), rng.random() < 0.5
        q = written(tree)
        assert read(q) == tree, q
        ids = [found(library, read(q), sort, descending=descending) for library in both]
        assert ids[0] == ids[1], (q, sort, descending)
        sizes.add(len(ids[0]))
    assert len(sizes) > queries // 4  # they ask for this and that, not for all or nothing


def test_both_engines_find_the_same_files_by_each_field_alone(both):
    sizes = {}
    for leaf in LEAVES:
        ids = [found(library, read(leaf), Sort.NAME, descending=False) for library in both]
        assert ids[0] == ids[1], leaf
        sizes[leaf] = len(ids[0])
    assert {leaf for leaf, size in sizes.items() if not size and ":none" not in leaf} == NOWHERE
    assert {re.split("[^a-z0-9]", leaf)[0] for leaf in LEAVES} >= FIELDS.keys()


def test_both_engines_find_the_same_files_in_the_same_order(both):
    agree(both, QUERIES)


@pytest.mark.faults
def test_both_engines_find_the_same_files_for_very_many_queries(both):
    agree(both, MANY)
