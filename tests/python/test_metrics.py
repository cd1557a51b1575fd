"""Metrics against SQL written by hand, and on rows made to mislead them."""

import pytest
from metrics_support import Metrics

WAITS = "fct_segments where kind = 'Queue'"
ANSWERED = f"{WAITS} and visit_outcome = 'Answered'"
ROWS = "fct_segments where kind = 'Conversation'"
WITH_AGENT = f"{ROWS} and agent_key is not null"
HANDLED = f"{WITH_AGENT} and (abandoned <> 'Yes' or abandoned is null)"
LOST = "abandoned = 'Yes' and (abandoned_phase <> 'Voicemail' or abandoned_phase is null)"
OFFERS = "fct_segments where reservation_outcome in ('accepted', 'timeout', 'rejected')"
TRANSFERS = f"{WAITS} and is_transfer"
GAVE_UP = (f"(select abandon_time from {WAITS} union all "
           f"select abandon_time from {WITH_AGENT} and abandoned = 'Yes')")
SLICES = "fct_workload left join dim_activities using (activity_key)"
ONLINE = f"(select sum(workload_activity_time) from {SLICES} where is_offline is not true)"
# a talk that was given another kind is handled in fct_conversations and not in the metrics
OFFERED = (f"(select conversation_id from {HANDLED} union "
           f"select conversation_id from fct_segments where {LOST})")
CONVERSATIONS = "count(distinct conversation_id)"  # ids of two accounts do not meet in the sample

BY_HAND = {
    "abandoned_conversations": f"select {CONVERSATIONS} from fct_segments where {LOST}",
    "abandon_time": f"select sum(abandon_time) from {GAVE_UP}",
    "average_abandon_time": f"select avg(abandon_time) from {GAVE_UP}",
    "handled_conversations": f"select {CONVERSATIONS} from {HANDLED}",
    "queue_time": f"select sum(queue_time) from {WAITS}",
    "average_queue_time": f"select avg(queue_time) from {WAITS}",
    "answered_queue_time": f"select sum(queue_time) from {WITH_AGENT}",
    "average_answered_queue_time": f"select avg(queue_time) from {WITH_AGENT}",
    "talk_time": f"select sum(talk_time) from {ROWS}",
    "average_talk_time": f"select sum(talk_time) / count(*) from {HANDLED}",
    "wrap_up_time": f"select sum(wrap_up_time) from {ROWS}",
    "average_wrap_up_time": f"select sum(wrap_up_time) / count(*) from {HANDLED}",
    "conversations": "select count(*) from fct_conversations",
    "segments": f"select count(*) from {ROWS}",
    "conversations_including_abandoned":
        f"select count(*) from {OFFERED}",
    "segments_including_abandoned": f"select count(*) from {WAITS}",
    "abandoned_conversations_rate":
        f"select (select {CONVERSATIONS} from fct_segments where {LOST}) / count(*) from {OFFERED}",
    "abandoned_segments": f"select count(*) from {WAITS} and {LOST}",
    "abandoned_segments_rate":
        f"select (select count(*) from {WAITS} and {LOST}) / count(*) from {WAITS}",
    "handled_segments": f"select count(*) from {HANDLED}",
    "missed_segments": "select sum(missed_segments) from fct_conversations",
    "rejected_segments": "select sum(rejected_segments) from fct_conversations",
    "ring_time": f"select sum(ring_time) from {ROWS}",
    "hold_time": f"select sum(hold_time) from {ROWS}",
    "average_hold_time": f"select avg(hold_time) from {ROWS} and hold_time > 0",
    "median_hold_time": f"select quantile_cont(hold_time, 0.5) from {ROWS} and hold_time > 0",
    "conversations_with_hold": f"select {CONVERSATIONS} from {ROWS} and hold_time > 0",
    "conversations_with_hold_rate":
        f"select (select {CONVERSATIONS} from {ROWS} and hold_time > 0) "
        f"/ {CONVERSATIONS} from {HANDLED}",
    "handling_time": f"select sum(handling_time) from {WITH_AGENT}",
    "average_handling_time": f"select sum(handling_time) / count(*) from {HANDLED}",
    "experience_time": "select sum(experience_time) from fct_conversations",
    "activity_time": "select sum(activity_time) from fct_segments where kind = 'Agent Status'",
    "workload_talk_time": "select sum(workload_talk_time) from fct_workload",
    "workload_wrap_up_time": "select sum(workload_wrap_up_time) from fct_workload",
    "workload_activity_time": "select sum(workload_activity_time) from fct_workload",
    "idle_time": f"select sum(workload_activity_time) from {SLICES} "
                 "where is_available and parallel_conversations = 0",
    "offline_time": f"select sum(workload_activity_time) from {SLICES} where is_offline",
    "conversations_with_transfers": "select count(*) from fct_conversations where transfers > 0",
    "transfer_segments": "select sum(transfers) from fct_conversations",
    "successful_transfer_segments":
        f"select count(*) from {TRANSFERS} and transfer_status = 'Successful'",
    "failed_transfer_segments": f"select count(*) from {TRANSFERS} and transfer_status = 'Failed'",
    "transfer_segments_by_agent": f"select count(*) from {TRANSFERS} and transfer_type = 'Agent'",
    "transfer_segments_by_queue": f"select count(*) from {TRANSFERS} and transfer_type = 'Queue'",
    "customers": "select count(*) from dim_customers",
    "real_customers": "select count(*) from dim_customers where type is distinct from 'Agent'",
    "silence_time": f"select sum(silence_time) from {ROWS}",
    "silence_share": f"select sum(silence_time) / sum(talk_time) from {ROWS}",
    "segments_subject_to_sla":
        f"select count(*) from {WAITS} and (visit_outcome = 'Answered' "
        "or (visit_outcome = 'Abandoned' and queue_time > 5))",
    "segments_within_sla": f"select count(*) from {ANSWERED} and queue_time < 60",
    "service_level":
        f"select (select count(*) from {ANSWERED} and queue_time < 60) / count(*) from {WAITS} "
        "and (visit_outcome = 'Answered' or (visit_outcome = 'Abandoned' and queue_time > 5))",
    "average_speed_of_answer": f"select avg(queue_time) from {ANSWERED} and direction = 'Inbound'",
    "median_queue_time": f"select quantile_cont(queue_time, 0.5) from {ANSWERED}",
    "p90_queue_time": f"select quantile_cont(queue_time, 0.9) from {ANSWERED}",
    "longest_queue_time": f"select max(queue_time) from {ANSWERED}",
    "answer_rate": f"select (select count(*) from {ANSWERED}) / count(*) from {WAITS} "
                   "and visit_outcome in ('Answered', 'Abandoned')",
    "short_abandoned_segments":
        f"select count(*) from {WAITS} and visit_outcome = 'Abandoned' and queue_time <= 5",
    "offers": f"select count(*) from {OFFERS}",
    "agent_non_response_rate":
        f"select count(*) filter (where reservation_outcome = 'timeout') / count(*) from {OFFERS}",
    "rejection_rate":
        f"select count(*) filter (where reservation_outcome = 'rejected') / count(*) from {OFFERS}",
    "occupancy": f"select sum(workload_activity_time) / {ONLINE} from fct_workload "
                 "where parallel_conversations > 0",
    "utilization":
        f"select (sum(workload_talk_time) + sum(workload_wrap_up_time)) / {ONLINE} "
        "from fct_workload",
    "parallel_conversations": "select max(parallel_conversations) from fct_workload",
    "parallel_conversation_time":
        "select sum(parallel_conversations * workload_activity_time) from fct_workload",
    "concurrency":
        "select sum(parallel_conversations * workload_activity_time) / sum(workload_activity_time) "
        "from fct_workload where parallel_conversations > 0",
    "conversations_per_agent_hour": f"select count(*) / ({ONLINE} / 3600) from {HANDLED}",
    "transfer_rate": "select (select count(*) from fct_conversations where transfers > 0) "
                     f"/ {CONVERSATIONS} from {HANDLED}",
    "queue_hops": f"select (select count(*) from {WAITS}) / count(*) from fct_conversations",
    "repeat_contact_rate":
        "select count(*) filter (where is_followed_by_repeat) / count(is_followed_by_repeat) "
        "from fct_conversations where is_handled and direction = 'Inbound'",
    "first_contact_resolution":
        "select count(*) filter (where not is_followed_by_repeat) / count(is_followed_by_repeat) "
        "from fct_conversations where is_handled and direction = 'Inbound'",
    "average_first_response_time":
        f"select avg(first_response_time) from {ROWS} and first_response_time is not null",
}
COUNTS = """
    abandoned_conversations handled_conversations conversations segments
    conversations_including_abandoned segments_including_abandoned abandoned_segments
    handled_segments missed_segments rejected_segments conversations_with_hold
    conversations_with_transfers transfer_segments successful_transfer_segments
    failed_transfer_segments transfer_segments_by_agent transfer_segments_by_queue customers real_customers
    segments_subject_to_sla segments_within_sla short_abandoned_segments offers
""".split()


@pytest.fixture(scope="module")
def metrics(sample_data):
    metrics = Metrics(sample_data)
    metrics.database.execute("use flex_insights.marts")
    return metrics


def test_every_metric_is_written_by_hand(metrics):
    assert set(BY_HAND) == set(metrics.names())


@pytest.mark.parametrize("name", BY_HAND)
def test_a_total_is_what_sql_by_hand_gives(metrics, name):
    ((by_hand,),) = metrics.database.execute(BY_HAND[name]).fetchall()
    # or the sample would not tell
    assert by_hand
    assert metrics.total(name) == pytest.approx(by_hand, rel=1e-12)


@pytest.fixture(scope="module")
def empty(metrics, tmp_path_factory):
    return metrics.on_rows(tmp_path_factory.mktemp("empty") / "data", {})


def test_over_nothing_counts_are_0_and_all_else_is_empty(empty):
    found = {name: empty.total(name) for name in empty.names()}
    assert {name for name, value in found.items() if value == 0} == set(COUNTS)
    assert all(found[name] is None for name in set(found) - set(COUNTS))


def test_a_condition_that_leaves_nothing_is_nothing_too(metrics):
    nothing = "{{ Dimension('segment__channel') }} = 'none of these'"
    assert metrics.total("handled_conversations", nothing) == 0
    assert metrics.total("service_level", nothing) is None
    assert metrics.total("average_talk_time", nothing) is None
    assert metrics.total("talk_time", nothing) is None


CALL = {"account_sid": "AC1", "conversation_key": "call", "customer_key": "caller",
        "date_key": "2026-03-02", "time_key": 600, "started_at_local": "2026-03-02 10:00:00"}
WAIT = CALL | {"kind": "Queue", "queue_key": "sales", "handling_team_key": "sales",
               "is_transfer": False, "direction": "Inbound"}
TALK = CALL | {"kind": "Conversation", "queue_key": "sales", "agent_key": "john",
               "handling_team_key": "front", "abandoned": "No", "reservation_outcome": "accepted"}
# A caller waits 10 s, talks to John for 100 s, waits 30 s for a second agent and gives up.
HANDLED_THEN_ABANDONED = [
    WAIT | {"segment_key": "1", "queue_time": 10, "abandoned": "No", "visit_outcome": "Answered",
            "is_subject_to_sla": True, "is_within_sla": True},
    TALK | {"segment_key": "2", "queue_time": 10, "talk_time": 100, "wrap_up_time": 5,
            "handling_time": 105},
    WAIT | {"segment_key": "3", "queue_time": 30, "abandon_time": 30, "abandoned": "Yes",
            "abandoned_phase": "Queue", "visit_outcome": "Abandoned", "is_transfer": True,
            "is_subject_to_sla": True, "is_within_sla": False},
    TALK | {"segment_key": "4", "queue_time": 30, "abandon_time": 30, "abandoned": "Yes",
            "abandoned_phase": "Queue", "agent_key": None, "reservation_outcome": None},
]


def judged(row):
    """A row of fct_segments with what follows from its other columns, unless it says so itself."""
    given_up = row.get("abandoned") == "Yes"
    return {
        "is_handled": row.get("kind") == "Conversation" and bool(row.get("agent_key"))
                      and not given_up,
        "is_abandoned": given_up and row.get("abandoned_phase") != "Voicemail",
    } | row


@pytest.fixture
def told(metrics, tmp_path):
    """told(segments, metric…) → values of metrics on these rows of fct_segments (and others)."""
    def ask(segments, *names, by=None, **tables):
        marts = metrics.on_rows(tmp_path / "data", {
            "fct_segments": [judged(row) for row in segments]} | tables)
        if by:
            return {row.pop(by): tuple(row[name] for name in names)
                    for row in marts.ask(names, [by])}
        return tuple(marts.total(name) for name in names)

    return ask


def test_handled_and_then_abandoned_counts_in_both_and_once_in_the_offered(told):
    assert told(
        HANDLED_THEN_ABANDONED, "handled_conversations", "abandoned_conversations",
        "conversations_including_abandoned", "abandoned_conversations_rate", "conversations",
    ) == (1, 1, 1, 1, 1)


def test_nothing_counts_twice_over_the_rows_of_a_wait_and_of_the_talk(told):
    assert told(
        HANDLED_THEN_ABANDONED, "queue_time", "answered_queue_time", "abandon_time",
        "average_abandon_time", "abandoned_segments", "segments_including_abandoned", "segments",
        "handled_segments",
    ) == (40, 10, 30, 30, 1, 2, 2, 1)


def test_a_wait_is_told_by_queue_and_an_answered_one_by_agent(told):
    by_agent = told(HANDLED_THEN_ABANDONED, "queue_time", "answered_queue_time", by="agent")
    assert by_agent == {None: (40, None), "john": (None, 10)}


def test_an_agent_who_gives_up_is_supplied_and_counts(told):
    rows = [TALK | {"segment_key": "1", "abandoned": "Yes", "abandoned_phase": "Agent",
                    "abandon_time": 7, "talk_time": 3}]
    assert told(rows, "abandon_time", "abandoned_conversations", "handled_conversations",
                "handled_segments", "talk_time", "average_talk_time") == (7, 1, 0, 0, 3, None)


def test_voicemail_is_not_abandoned(told):
    rows = [WAIT | {"segment_key": "1", "queue_time": 20, "abandon_time": 20, "abandoned": "Yes",
                    "abandoned_phase": "Voicemail", "visit_outcome": "Abandoned"}]
    assert told(rows, "abandoned_conversations", "abandoned_segments", "abandon_time",
                "conversations_including_abandoned", "abandoned_segments_rate") == (0, 0, 20, 0, 0)


def test_rows_in_progress_and_without_a_word_on_abandoning(told):
    rows = [TALK | {"segment_key": "1", "kind": "Conversation in Progress", "queue_time": 9},
            TALK | {"segment_key": "2", "conversation_key": "other", "abandoned": None,
                    "talk_time": 50}]
    assert told(rows, "conversations", "segments", "handled_conversations", "offers",
                "answered_queue_time", "talk_time") == (2, 1, 1, 2, None, 50)


def test_waits_that_left_or_ended_are_neither_answered_nor_subject(told):
    waits = [("Answered", 59), ("Answered", 600), ("Abandoned", 5), ("Abandoned", 90), ("Left", 8),
             ("Ended", 9)]
    rows = [WAIT | {"segment_key": str(n), "visit_outcome": outcome, "queue_time": wait,
                    "short_abandoned_threshold": 5,
                    "is_subject_to_sla": outcome == "Answered" or (outcome, wait) == ("Abandoned",
                                                                                      90),
                    "is_within_sla": wait == 59}
            for n, (outcome, wait) in enumerate(waits)]
    assert told(rows, "segments_subject_to_sla", "segments_within_sla", "service_level",
                "answer_rate", "short_abandoned_segments", "average_speed_of_answer",
                "longest_queue_time") == (3, 1, pytest.approx(1 / 3), 0.5, 1, 329.5, 600)


def test_a_caller_who_hung_up_blames_nobody(told):
    outcomes = ["accepted", "accepted", "timeout", "rejected", "canceled", "rescinded"]
    rows = [TALK | {"segment_key": str(n), "kind": "any", "reservation_outcome": outcome}
            for n, outcome in enumerate(outcomes)]
    assert told(rows, "offers", "agent_non_response_rate", "rejection_rate") == (4, 0.25, 0.25)


def test_a_hold_of_no_length_is_no_hold(told):
    rows = [TALK | {"segment_key": "1", "hold_time": 0}, TALK | {"segment_key": "2"},
            TALK | {"segment_key": "3", "hold_time": 30}]
    assert told(rows, "hold_time", "average_hold_time", "median_hold_time",
                "conversations_with_hold", "conversations_with_hold_rate") == (30, 30, 30, 1, 1)


def test_agents_who_call_each_other_are_no_real_customers(told):
    rows = [TALK | {"segment_key": "1", "customer_key": "alba"},
            TALK | {"segment_key": "2", "customer_key": "caller"},
            TALK | {"segment_key": "3", "customer_key": "caller"},
            {**TALK, "segment_key": "4", "customer_key": None}]
    customers = [{"customer_key": "alba", "type": "Agent"}, {"customer_key": "caller"}]
    assert told(rows, "real_customers", dim_customers=customers) == (2 - 1,)


def test_where_only_agents_called_there_is_no_real_customer(told):
    rows = [TALK | {"segment_key": "1", "customer_key": "alba", "channel": "Call"},
            TALK | {"segment_key": "2", "customer_key": "alba", "channel": "Chat"},
            TALK | {"segment_key": "3", "customer_key": "caller", "channel": "Chat"},
            {**TALK, "segment_key": "4", "customer_key": None, "channel": "SMS"}]
    customers = [{"customer_key": "alba", "type": "Agent"}, {"customer_key": "caller"}]
    found = told(rows, "customers", "real_customers", by="segment__channel", dim_customers=customers)
    assert found == {"Call": (1, 0), "Chat": (2, 1), "SMS": (0, 0)}


def test_a_supplied_kind_takes_a_row_out_of_the_metrics(told):
    rows = [TALK | {"segment_key": "1", "kind": "Survey", "is_handled": True, "talk_time": 60}]
    assert told(rows, "handled_conversations", "handled_segments", "average_talk_time",
                "conversations_including_abandoned", "conversations") == (0, 0, None, 0, 1)


SLICE = {"account_sid": "AC1", "agent_key": "john", "activity_key": "ready",
         "workload_kind": "Agent Status", "date_key": "2026-03-02", "time_key": 600,
         "started_at_local": "2026-03-02 10:00:00"}
ACTIVITIES = [
    {"activity_key": "ready", "activity": "Available", "is_available": True, "is_offline": False},
    {"activity_key": "break", "activity": "Break", "is_available": False, "is_offline": False},
    {"activity_key": "off", "activity": "Offline", "is_available": False, "is_offline": True},
]


def stay(number, activity, parallel, time):
    return SLICE | {"workload_key": str(number), "activity_key": activity,
                    "parallel_conversations": parallel, "workload_activity_time": time}


def test_workload_of_an_agent_with_parallel_chats(told):
    slices = [stay(1, "ready", 0, 300), stay(2, "ready", 2, 400), stay(3, "break", 1, 200),
              stay(4, "off", 0, 5000),
              SLICE | {"workload_key": "5", "workload_kind": "Conversation", "activity_key": None,
                       "workload_talk_time": 950, "workload_wrap_up_time": 40}]
    assert told(
        [TALK | {"segment_key": "1"}], "idle_time", "offline_time", "occupancy", "utilization",
        "concurrency", "parallel_conversations", "conversations_per_agent_hour",
        fct_workload=slices, dim_activities=ACTIVITIES,
    ) == (300, 5000, pytest.approx(600 / 900), pytest.approx(990 / 900), pytest.approx(1000 / 600),
          2, 4)


def test_an_agent_whom_nobody_called_was_not_occupied(told):
    found = told([], "occupancy", "utilization", "concurrency", "conversations_per_agent_hour",
                 by="agent", dim_activities=ACTIVITIES,
                 fct_workload=[stay(1, "ready", 0, 300),
                               stay(2, "off", 0, 50) | {"agent_key": "absent"}])
    assert found == {"john": (0, 0, None, 0), "absent": (None, None, None, None)}


def test_repeats_of_customers_who_cannot_be_known_again_do_not_count(told):
    rows = [CALL | {"conversation_key": str(n), "direction": direction, "is_handled": handled,
                    "is_followed_by_repeat": repeat, "queue_segments": n}
            for n, (direction, handled, repeat) in enumerate([
                ("Inbound", True, True), ("Inbound", True, False), ("Inbound", True, None),
                ("Inbound", False, False), ("Outbound", True, False)])]
    assert told([], "repeat_contact_rate", "first_contact_resolution", "queue_hops",
                fct_conversations=rows) == (0.5, 0.5, 2)


def test_metrics_asked_together_are_what_they_are_alone(metrics):
    by = "handling_team__team_name"
    names = ["handled_segments", "segments_including_abandoned", "abandoned_segments_rate",
             "idle_time", "occupancy"]
    together = {row[by]: row for row in metrics.ask(names, [by])}
    for name in names:
        alone = {row[by]: row[name] for row in metrics.ask(name, [by])}
        assert {team: value for team, value in alone.items() if value is not None} == {
            team: row[name] for team, row in together.items() if row[name] is not None
        }
