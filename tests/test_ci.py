"""What has to pass before a change is taken: its last lines, which is what people see of it."""

import subprocess
from pathlib import Path

RUN = Path(__file__).parents[1] / ".ci" / "run"
TESTS = """\
ERROR    media_ingest:door.py:12 what a test logged
=========================== short test summary info ============================
FAILED tests/web/test_door.py::test_a[b c] - assert 1 == 2
ERROR tests/web/test_old.py - ImportError: gone
============ 1 failed, 70 passed, 1 error in 754.12s (0:12:34) =============
"""
FAULTS = """\
FAILED tests/faults/test_kills.py::test_b
============ 1 failed, 9 passed in 61.00s (0:01:01) =============
"""


def told(tmp_path, tests, faults):
    body = RUN.read_text().partition("told() {")[2].partition("\n}")[0]
    (tmp_path / "tests").write_text(tests)
    (tmp_path / "faults").write_text(faults)
    script = f"set -euo pipefail\ntold() {{{body}\n}}\ntold tests faults"
    return subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True).stdout


def test_the_last_lines_name_the_tests_that_failed_and_end_with_the_sum(tmp_path):
    first, second, closing = TESTS.splitlines()[2:]
    assert told(tmp_path, TESTS, FAULTS).splitlines() == [first, second, FAULTS.splitlines()[0], closing]
    assert told(tmp_path, f"{closing}\n", "") == f"{closing}\n"
    assert told(tmp_path, "Killed\n", "") == "pytest did not come to its end\n"
