"""Notifications from the command line: a run tells at its end, `notify test` tries the targets, `doctor` names them."""

import re

from tests.support.commands import refused
from tests.support.fake_targets import SECRET, FakeTarget


def test_a_run_is_told_at_its_end_and_a_test_tries_each_target(place_with_photos):
    with FakeTarget() as target, FakeTarget("refused") as dead:
        place_with_photos.env |= {"INGEST_NOTIFY": f"{target.url},{dead.url}", "INGEST_NOTIFY_SECRET": SECRET}
        assert place_with_photos.run("run", "photos").returncode == 0
        assert target.requests[0].json()["data"]["sentence"] == "photos: completed with 4 files: 4 added."
        tried = place_with_photos.run("notify", "test")
        assert tried.returncode == 1
        taken, refusing = tried.stdout.splitlines()
        assert re.fullmatch(rf"http://127\.0\.0\.1:{target.port} \(....\): it was taken\.", taken)
        assert re.fullmatch(rf"http://127\.0\.0\.1:{dead.port} \(....\): It refused the connection\.", refusing)
        assert place_with_photos.json("notify", "test", code=1)["targets"][0]["error"] is None
        doctor = place_with_photos.run("doctor").stdout
        assert f"INGEST_NOTIFY = http://127.0.0.1:{target.port} (" in doctor
        assert SECRET not in doctor


def test_without_targets_there_is_nothing_to_test(place):
    refused(place.run("notify", "test"), "set INGEST_NOTIFY")


def test_a_target_of_a_package_that_is_not_installed_is_wrong(place, monkeypatch):
    monkeypatch.setattr("app.cli.doctor.find_spec", lambda name: None)
    doctor = place.run("doctor", INGEST_NOTIFY="ntfy://127.0.0.1/topic")
    assert doctor.returncode == 1
    assert "apprise cannot be imported: pip install 'media-ingest[notify]' brings it." in doctor.stdout
