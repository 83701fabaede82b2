"""A detector costs no file: what comes to its limits with it is tried once more without it."""

from app.formats import Kind
from app.ingest.workers.worker import failed, without_detector
from app.media import Analysis, Identity, Stage, StageResult, StageStatus
from tests.ingest.workers.test_executor import causes, job, pid_in, results


def test_a_file_at_which_only_the_detector_ends_workers_is_answered_without_it(shared_pool):
    names = ("detect.jpg", "detect-slow.jpg", "a.jpg", "crash.jpg")
    answers = results(shared_pool, [job(name, frozenset(Stage)) for name in names])
    assert [one.cause for one in answers] == ["answered"] * 3 + ["decoder_crashed"]
    assert causes(shared_pool, "detect.jpg") == ["decoder_crashed"], "nobody asked for it"


def test_a_job_is_run_without_the_detector_where_that_may_be_why_a_worker_came_to_its_limits():
    asked = job("a.jpg", frozenset(Stage))
    identity = Identity("0" * 64, Kind.IMAGE, "png")

    def analysed(cause: str | None) -> Analysis:
        return Analysis(asked.file, identity, {Stage.NSFW: StageResult(StageStatus.FAILED, "1", cause=cause)})

    for result in (
        failed(asked, "decoder_timeout", ""),
        failed(asked, "decoder_crashed", ""),
        analysed("decoder_memory"),
    ):
        again = without_detector(asked, result)
        assert (again.without_detector.stage, again.wanted) == (Stage.DETECT, asked.wanted)
        assert without_detector(again, result) is None
        assert without_detector(job("a.jpg"), result) is None
        assert without_detector(job("a.mp4", frozenset(Stage)), result) is None
    for result in (failed(asked, "damaged_image", ""), analysed("damaged_image")):
        assert without_detector(asked, result) is None


def test_a_worker_that_may_hold_a_detector_is_replaced_before_a_file_without_one(shared_pool):
    wanted = [(), Stage, Stage, (), ()]
    found = results(shared_pool, [job("a.jpg", frozenset((Stage.IDENTIFY, *stages))) for stages in wanted])
    plain, one, other, after, last = map(pid_in, found)
    assert plain == one == other
    assert one != after == last
