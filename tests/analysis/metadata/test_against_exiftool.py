"""What exiftool finds in the corpus is found here too."""

import shutil
import subprocess
import sys

import pytest

from tests.support.server import PROJECT, shared


@pytest.mark.faults
def test_what_exiftool_finds_in_the_corpus_is_found_here_and_nothing_contradicts():
    corpus = shared("corpus", "INGEST_TEST_CORPUS")
    if shutil.which("exiftool") is None:
        pytest.skip("there is no exiftool here; on Debian: apt-get install libimage-exiftool-perl")
    script = PROJECT / "tests" / "benchmarks" / "compare_exiftool.py"
    done = subprocess.run([sys.executable, script, corpus], capture_output=True, text=True, check=False)
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(("image: ", "video: "))]
    assert len(verdicts) == 2
    assert all(verdict.endswith("0 contradictions without a reason: as promised") for verdict in verdicts), done.stdout
