"""What `fetch` asks is what Twilio's API takes, and what the fake Twilio answers is what Twilio's API gives."""

import pytest
import stamina
from fake_twilio import ACCOUNT, API_KEY, API_SECRET, NOW, WORKSPACE, FakeTwilio, LocalHttpClient
from fetch_support import fetched_before, inbox_sids, recent_events

from flex_insights.twilio.accounts import Account
from flex_insights.twilio.api import Api
from flex_insights.twilio.fetch import fetch_workspace, workspaces_of
from flex_insights.twilio.protection import Protection


@pytest.fixture
def data(tmp_path):
    return fetched_before(tmp_path / "data")


def watched_api(port, violations):
    client = LocalHttpClient(port)
    client.request_hooks = {"response": [violations]}
    return Api(Account(ACCOUNT, API_KEY, API_SECRET), client)


def watched_fetch(port, data, violations):
    api = watched_api(port, violations)
    for workspace in workspaces_of(api):
        fetch_workspace(api, workspace, data, Protection(data, ()), str, str)


@pytest.mark.parametrize("ways", [{}, {"page_cap": 20}, {"page_cap": 50, "has_links": False}], ids=str)
def test_no_violation_on_either_side(prism, violations, data, ways):
    with FakeTwilio(recent_events(500), port=prism[1], **ways) as twilio:
        watched_fetch(prism[0], data, violations)
        assert inbox_sids(data) == twilio.sids
        assert violations.answers == len(twilio.requests) >= 50
    assert violations.found == []


def test_nor_where_twilio_fails(prism, violations, data):
    kinds = ["429", "429 with seconds", "503"]
    with FakeTwilio(recent_events(500), port=prism[1], failures=0.3, kinds=kinds) as twilio, stamina.set_testing(True, attempts=100):
        watched_fetch(prism[0], data, violations)
        assert inbox_sids(data) == twilio.sids and twilio.failed
    # The description names no answers but the good ones.
    assert {violation["location"][0] for _, violation in violations.found} == {"response"}
    assert {violation["message"] for _, violation in violations.found} == {
        "Unable to match the returned status code with those defined in the document: 200"
    }


def test_the_judge_sees_what_is_wrong(prism, violations):
    with FakeTwilio(port=prism[1]), stamina.set_testing(True, attempts=1):
        api = watched_api(prism[0], violations)
        day = {"StartDate": "2024-03-30", "EndDate": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), "PageSize": 1001}
        with pytest.raises(Exception):
            api.get(f"/v1/Workspaces/{WORKSPACE}/Events", str, day)
    wrong = {".".join(violation["location"]) for _, violation in violations.found}
    assert wrong >= {"request.query.startdate", "request.query.pagesize"}
