"""Every metric answers for every dimension that it is to be sliced by, and nothing fans out."""

import pytest
from metrics_support import FACTS, Metrics

# every name that analysts were promised
SEGMENTS = """
    abandoned_conversations abandon_time average_abandon_time handled_conversations queue_time
    average_queue_time answered_queue_time average_answered_queue_time talk_time average_talk_time
    wrap_up_time average_wrap_up_time conversations segments conversations_including_abandoned
    segments_including_abandoned abandoned_conversations_rate abandoned_segments
    abandoned_segments_rate handled_segments missed_segments rejected_segments ring_time hold_time
    average_hold_time median_hold_time conversations_with_hold conversations_with_hold_rate
    handling_time average_handling_time activity_time conversations_with_transfers
    transfer_segments successful_transfer_segments failed_transfer_segments
    transfer_segments_by_agent transfer_segments_by_queue real_customers silence_share
    segments_subject_to_sla segments_within_sla service_level average_speed_of_answer
    median_queue_time p90_queue_time longest_queue_time answer_rate short_abandoned_segments offers
    agent_non_response_rate rejection_rate transfer_rate average_first_response_time
""".split()
CONVERSATIONS = """
    experience_time queue_hops repeat_contact_rate first_contact_resolution
""".split()
WORKLOAD = """
    workload_talk_time workload_wrap_up_time workload_activity_time idle_time offline_time
    occupancy utilization concurrency
""".split()
OF_TWO_MARTS = ["conversations_per_agent_hour"]
# beside those: what the others are made of
PARTS = {"fct_segments": ["silence_time", "customers"],
         "fct_workload": ["parallel_conversations", "parallel_conversation_time"]}
PROMISED = {"fct_segments": SEGMENTS, "fct_conversations": CONVERSATIONS, "fct_workload": WORKLOAD}
# what sums up without counting anything twice, and groups of rows
ADDITIVE = {
    "fct_segments": ["segments_including_abandoned", "handled_segments", "offers", "talk_time"],
    "fct_conversations": ["experience_time"],
    "fct_workload": ["workload_talk_time", "workload_activity_time"],
}


@pytest.fixture(scope="module")
def metrics(sample_data):
    return Metrics(sample_data)


def on(mart):
    return PROMISED[mart] + PARTS.get(mart, [])


def test_there_are_the_metrics_that_were_promised_and_their_parts(metrics):
    names = [*OF_TWO_MARTS, *(name for mart in PROMISED for name in on(mart))]
    assert sorted(metrics.names()) == sorted(names)


@pytest.mark.parametrize("mart", PROMISED)
def test_metrics_are_on_the_mart_that_was_promised(metrics, mart):
    assert {metrics.mart(name) for name in PROMISED[mart]} == {mart}


@pytest.mark.parametrize("mart", PROMISED)
def test_every_metric_answers_for_every_dimension(metrics, mart):
    """All dimensions in one question: each row of the mart is then a group of its own, and sums
    over the groups that differ from the total tell of a join that fans out."""
    by = metrics.reach(mart)
    simple = set(metrics.names("simple"))
    for names in ([n for n in on(mart) if n in simple], [n for n in on(mart) if n not in simple]):
        additive = [name for name in ADDITIVE[mart] if name in names]
        sums = "".join(f", sum({name}) as {name}" for name in additive)
        (found,) = metrics.rows(f"select count(*) as groups{sums} from ({metrics.sql(names, by)})")
        (rows,) = metrics.rows(f"select count(*) as groups from marts.{mart}")
        assert found.pop("groups") == rows["groups"]
        assert found == {name: metrics.total(name) for name in additive}


def test_a_metric_of_two_marts_answers_for_the_dimensions_of_both(metrics):
    both = [name for name in metrics.reach("fct_segments") if name in metrics.reach("fct_workload")]
    one_of_each = {name.split("__")[0]: name for name in both}
    assert {"agent", "date", "time", "activity", "metric_time", "segment"} <= set(one_of_each)
    offered = metrics.offered(OF_TWO_MARTS)
    assert [name for name in both if name not in offered] == []
    for name in one_of_each.values():
        assert metrics.ask(OF_TWO_MARTS, [name])


@pytest.mark.parametrize("mart", PROMISED)
def test_every_dimension_answers_alone(metrics, mart):
    metric = ADDITIVE[mart][0]
    total = metrics.total(metric)
    # those of the segment are asked alone of segments
    names = [name for name in metrics.reach(mart)
             if mart == "fct_segments" or not name.startswith("segment__")]
    wrong = [name for name in names
             if sum(row[metric] or 0 for row in metrics.ask(metric, [name])) != total]
    assert not wrong


def test_the_marts_have_attributes(metrics):
    """Should the tables be looked up wrongly, there would be nothing to ask for."""
    for entity in FACTS:
        assert len(metrics.attributes(entity)) >= 7
    assert "segment__queue_name" in metrics.reach("fct_segments")
    assert "segment__queue_time" not in metrics.reach("fct_segments")
