"""Every scenario of tests/scenarios end to end: event files in, rows of the marts compared."""

import fcntl
import os

import pytest
import scenario_support as support

ALL = support.read_scenarios()


def zone(scenario):
    return scenario.get("time_zone", "UTC")


@pytest.fixture(scope="session")
def marts_of(tmp_path_factory):
    """time zone → (marts, short names): every zone is loaded and built once a test run."""
    parallel = os.environ.get("PYTEST_XDIST_WORKER")
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if parallel else own) / "scenarios"
    root.mkdir(exist_ok=True)
    known = {}

    def marts(time_zone):
        if time_zone not in known:
            known[time_zone] = None  # stays if the build fails: told in full once, not every time
            scenarios = [scenario for scenario in ALL if zone(scenario) == time_zone]
            events, names = support.play_all(scenarios)
            folder = root / time_zone.replace("/", "-")
            # Of several test processes one builds, the others wait and read.
            with open(f"{folder}.lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                known[time_zone] = (support.build_once(events, folder, time_zone), names)
        assert known[time_zone], "the build failed, see the first scenario"
        return known[time_zone]

    return marts


def as_parameter(scenario):
    marks = [pytest.mark.long] if zone(scenario) != "UTC" else []
    return pytest.param(scenario, id=scenario["title"], marks=marks)


@pytest.mark.parametrize("scenario", [as_parameter(scenario) for scenario in ALL])
def test_scenario(scenario, marts_of):
    marts, names = marts_of(zone(scenario))
    lines = []
    for mart, listed in scenario["expect"].items():
        actual = support.readable_rows(marts, mart, names[scenario["title"]])
        wrong = support.compare(listed, actual)
        lines += [f"{mart}:", *wrong] if wrong else []
    head = f"{scenario['title']} ({scenario['file']})\nrule: {scenario['rule']}"
    assert not lines, "\n".join([head, "events:", scenario["events"], *lines])


def test_a_wrong_row_is_seen():
    row = {"kind": "Queue", "queue_time": 71, "abandoned": "No"}
    assert not support.compare([{"kind": "Queue", "queue_time": 71}], [row])
    assert support.compare([{"kind": "Queue", "queue_time": 72}], [row])
    assert support.compare([{"kind": "Queue", "abandoned": None}], [row])
    assert support.compare([], [row])
    assert support.compare([{"kind": "Queue"}, {"kind": "Queue"}], [row])
    assert not support.compare([{"also": "any"}], [row])
