"""Every scenario, and every example of the decision log, end to end: event files in, rows of the
marts compared."""

import os
from functools import cache

import pytest
import scenario_support as support
from decision_log import METRICS, all_scenarios
from metrics_support import Metrics
from scenario_builds import Builds, group_into_builds

BUILDS = group_into_builds(all_scenarios())


@pytest.fixture(scope="session")
def builds(tmp_path_factory):
    parallel = os.environ.get("PYTEST_XDIST_WORKER")
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if parallel else own) / "scenarios"
    root.mkdir(exist_ok=True)
    return Builds(BUILDS, root)


def parameters():
    for build in BUILDS:
        # Settings that no example of the log asks for take a long build of their own.
        is_long = build.settings and not any("line" in scenario for scenario in build.scenarios)
        for scenario in build.scenarios:
            marks = [pytest.mark.long] if is_long else []
            yield pytest.param(build, scenario, id=scenario["title"], marks=marks)


@pytest.mark.parametrize("build, scenario", list(parameters()))
def test_scenario(build, scenario, builds):
    built = builds.of(build)
    names = built.names[scenario["title"]]
    lines = []
    for mart, listed in scenario["expect"].items():
        if mart == METRICS:
            wrong = compare_metrics(listed, metrics_of(built.data), names)
        else:
            wrong = support.compare(listed, support.readable_rows(built.marts, mart, names))
        lines += [f"{support.MARTS.get(mart, mart)}:", *wrong] if wrong else []
    place = f"{scenario['file']}, line {scenario['line']}" if "line" in scenario else scenario["file"]
    head = f"{scenario['title']} ({place})\nrule: {scenario['rule']}"
    assert not lines, "\n".join([head, "events:", scenario["events"], *lines])


@cache
def metrics_of(data):
    return Metrics(data)


def compare_metrics(listed, metrics, names):
    """Lines that say how metrics of a scenario's events differ from the listed rows.

    Rows of the same columns are one question; columns with `__` are what it is grouped by."""
    questions = {}
    for row in listed:
        questions.setdefault(tuple(row), []).append(row)
    (account,) = (sid for sid in names.short if sid.startswith("AC"))
    lines = []
    with metrics.of_account(account) as alone:
        for columns, rows in questions.items():
            asked = [column for column in columns if column != "line"]
            by = [column for column in asked if "__" in column]
            answer = alone.ask([column for column in asked if column not in by], by)
            lines += support.compare(rows, [with_two_decimals(row) for row in answer])
    return lines


def with_two_decimals(answer):
    return {
        column: value if value is None or isinstance(value, str) else round(float(value), 2)
        for column, value in answer.items()
    }


def test_a_wrong_row_is_seen():
    row = {"kind": "Queue", "queue_time": 71, "abandoned": "No"}
    assert not support.compare([{"kind": "Queue", "queue_time": 71}], [row])
    assert support.compare([{"kind": "Queue", "queue_time": 72}], [row])
    assert support.compare([{"kind": "Queue", "abandoned": None}], [row])
    assert support.compare([], [row])
    assert support.compare([{"kind": "Queue"}, {"kind": "Queue"}], [row])
    assert not support.compare([{"also": "any"}], [row])
    assert support.compare([{"also": "any"}, {"kind": "Conversation"}], [row])
    assert not support.compare([{"only": {"kind": "Conversation"}}], [row])
    assert support.compare([{"only": {"kind": "Queue"}}], [row])
