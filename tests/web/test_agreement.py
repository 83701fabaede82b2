"""Every number tells the same truth: status, events, lists, report, view, history and command line, at any moment."""

import random

import pytest

from tests.support.agreement import Driver

LONG = [pytest.param(seed, 16, marks=pytest.mark.faults) for seed in range(3, 18)]


@pytest.mark.parametrize(("seed", "moments"), [(1, 8), (2, 8), *LONG])
def test_nothing_contradicts_anything(seed, moments, tmp_path, capsys):
    driver = Driver(tmp_path, random.Random(seed), capsys)
    driver.drive(moments)
    print(f"{driver.moments} moments, {driver.kills} kills")
