"""Networks to ask, ours and the one that the package brings."""

import os
from functools import partial

import pytest

from app.analysis.analyzer import Analyzer
from app.analysis.nsfw import weights
from app.analysis.nsfw.network import Network
from app.analysis.nsfw.weights import Weights, locate_default_weights
from app.analysis.recipes import Recipes
from app.media import Analysis, FoundFile, Job, Stage, StageStatus

ONLY_NSFW = frozenset({Stage.NSFW})


@pytest.fixture(scope="session")
def recipe(nsfw_weights):
    return Recipes(Weights(nsfw_weights, nsfw_weights.parent / "models")).now()


@pytest.fixture(scope="session")
def network(recipe):
    return Network(recipe.nsfw_model.ir)


def analysed(recipe, path, *stages):
    """The analysis of a file, of nothing but its probability unless other stages are named."""
    wanted = ONLY_NSFW | set(stages)
    return Analyzer({"r": str(path.parent)}, recipe)(Job(FoundFile("r", os.fsencode(path.name), 1, 1), wanted, wanted))


@pytest.fixture
def checked(recipe):
    """The analysis of a file by weights of our own."""
    return partial(analysed, recipe)


@pytest.fixture
def probability(checked):
    def found(path):
        result = checked(path)
        assert isinstance(result, Analysis), result
        assert result.stages[Stage.NSFW].status is StageStatus.DONE, result.stages[Stage.NSFW]
        return result.nsfw.probability

    return found


@pytest.fixture
def packaged(packaged_models, monkeypatch, tmp_path):
    """The recipe of a machine that has no weights but those that the package brings."""
    monkeypatch.setenv("OPENNSFW2_HOME", str(tmp_path))
    return Recipes(Weights(None, packaged_models)).now()


@pytest.fixture
def of_ours(nsfw_weights, tmp_path):
    """The session's weights; nothing is made of them here yet."""
    return Weights(nsfw_weights, tmp_path / "models")


@pytest.fixture
def no_process(monkeypatch):
    """From here on no process may be started for the weights."""

    def forbid():
        monkeypatch.setattr(weights, "ask", lambda *_, **__: pytest.fail("a process was started"))

    return forbid


@pytest.fixture
def home(tmp_path, monkeypatch):
    """opennsfw2's own place, where nothing is yet."""
    monkeypatch.setenv("OPENNSFW2_HOME", str(tmp_path))
    place = locate_default_weights()
    place.parent.mkdir(parents=True)
    return place
