"""Every shape in which people keep events lands them all, alone and together, also under HIPAA."""

import json

import pytest
from byte_search import files_that_hold
from loading_support import landed, load, rejected
from shapes import PLAIN_TASK, SHAPES, account, files_of, plain_task

NUMBERS = {name: number for number, name in enumerate(SHAPES, 1)}
LANDED = "account_sid, form, event"


def types_of(rows):
    """How often each type is there, of events in whatever spelling."""
    return sorted(kind for _, kind in PLAIN_TASK for _, _, text in rows if f"{kind}" in text)


@pytest.mark.parametrize("name", SHAPES)
def test_shape_alone(tmp_path, name):
    number = NUMBERS[name]
    report = load(tmp_path, files_of(name, number))
    assert rejected(tmp_path) == []
    assert (report.events, report.rejected) == (9, 0)
    assert landed(tmp_path, "distinct account_sid", "1") == [account(number)]
    events = landed(tmp_path)
    for event in plain_task(number):
        assert sum(event["id"] in text for text in events) == 1
    assert load(tmp_path).events == 0
    assert load(tmp_path, {f"again/{k}": v for k, v in files_of(name, number).items()}).events == 0
