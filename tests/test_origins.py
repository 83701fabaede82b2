"""The origins are held to the code: what the first descriptions name has a place, which exists or is still to come."""

import importlib
import re

import pytest

from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState
from app.settings import Settings
from tests.support.documents import COMMANDS, PROJECT, ROUTES, SOURCES, TARGETS, TEXTS, codes, rows

# What the descriptions that this program began with name, and its promise: each of them has a place in docs/origins.md.
DESCRIBED = {
    "004": (
        "app/services/ingestion_state.py", "IngestionState", "SessionState", "app/routers/ingest_v2.py",
        "process_files_sequential()", "commit_single_file_to_database()", "get_directory_ingest_stats()",
        "app/templates/ingest_v2.html", "saveSessionToStorage()", "clearSessionFromStorage()",
        "POST /api/ingest/process", "POST /api/ingest/resume", "GET /api/ingest/status/{session_id}",
        "GET /api/ingest/directories", "ingest_stats", "total_files", "ingested_files", "POST /api/ingest/commit",
        "GET /api/ingest/commit-status/{session_id}", "GET /api/ingest/report/{session_id}", "/ingest-v2", "/ingest",
        ".ingestion_state/", "{session-id}.json", "DATABASE_URL", "max_files", "tests/test_sequential_ingestion.py",
        "tests/test_ingestion_v2.py",
    ),
    "002": (
        "EventLogger.stage_start()", "EventLogger.file_complete()", "EventLogger.stage_progress()",
        "EventLogger.stage_complete()", "batchExecutionLog", "batchId", "eventType", "fileName", "response",
        "timestamp", "totalFiles", "processedFiles", "GET /api/stream", "state.stages", "updateStageCard()",
        "progress_interval", "(processed / total) * 100", "gpu_ip",
    ),
    "000": (
        "storage.record_run()", "provider_id", "template_id", "input_images", "output", "cost_usd", "status",
        "st.rerun()", "_just_processed_refresh", "_last_processing_results", ".img2json.checkpoint.json",
        "checkpoint.get_processing_stats()", "saved_msgs", "is_folder_mode", "errors", "db_records_created",
    ),
    "001": (
        "/api/detections", "/api/detect", "/api/summary", "/api/planograms", "detections", "planograms",
        "model_versions", "model_metrics", "dashboard/app.py", "@st.cache_data(ttl=30)", "LISTEN",
    ),
    "003": (
        'st.session_state["results"]', "discover_images()", "scan_directory()", "discover_images.clear()",
        "load_vlm_model()", "generate_tags()", "write_metadata()",
    ),
}  # fmt: skip
PLACES = {  # the rows of docs/origins.md, by the number of the document
    number: rows(text, "there")
    for number, text in re.findall(r"^## (\d+):(.*?)(?=^## |\Z)", TEXTS["docs/origins.md"], re.MULTILINE | re.DOTALL)
}
LATER = "comes? later"


@pytest.mark.parametrize(("number", "name"), [(number, name) for number, names in DESCRIBED.items() for name in names])
def test_every_name_of_the_descriptions_has_its_place(number, name):
    assert name in codes(" ".join(cells[0] for cells in PLACES[number]))


@pytest.mark.parametrize(
    "name",
    sorted({code for places in PLACES.values() for cells in places for code in codes(re.split(LATER, cells[1])[0])}),
)
def test_every_place_that_the_origins_name_exists(name):
    assert exists(name), f"{name} is nothing that the code has"


def exists(name):
    """Whether a name of the second column is there: endpoint, element, field, setting, function, file."""
    if re.match(r"[A-Z]+ /", name):
        return name in ROUTES
    if name.startswith(("media-ingest ", "make ")):
        return name.split()[1] in {*COMMANDS, *TARGETS}
    if name.startswith("#"):
        return any(f'id="{name[1:]}"' in page.read_text("utf-8") for page in (PROJECT / "app/web").rglob("*.html"))
    if name.startswith("status."):
        return name.removeprefix("status.") in SessionState("", Parameters(directories=("-",)), "").as_status()
    if name.startswith("parameters."):
        return name.removeprefix("parameters.") in Parameters.model_fields
    if name.isupper():
        return name.lower() in Settings.model_fields
    if ".js:" in name:
        path, _, function = name.partition(":")
        return re.search(rf"\bfunction {function}\(", (PROJECT / path).read_text("utf-8")) is not None
    if name.startswith("app."):
        return imported(name)
    if "/" in name:
        return (PROJECT / name).exists()
    return any(name in path.read_text("utf-8") for path in SOURCES)


def imported(name):
    """Whether `app.module.Class.method` can be reached."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False
