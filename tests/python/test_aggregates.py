"""The tables for BI tools say what MetricFlow answers."""

import pytest
from metrics_support import Metrics

# table → the question: its columns of the key and what MetricFlow calls them, and of the measures
DAILY = (
    "agg_measures_daily",
    {"account_sid": "segment__account_sid", "date_key": "date", "queue_key": "queue",
     "handling_team_key": "handling_team", "agent_key": "agent", "channel": "segment__channel",
     "direction": "segment__direction"},
    {name: name for name in """
        abandoned_conversations abandon_time handled_conversations queue_time talk_time
        wrap_up_time conversations conversations_including_abandoned segments_including_abandoned
        abandoned_segments handled_segments answered_queue_time""".split()},
)
WORKLOAD = (
    "agg_workload_quarter_hour",
    {"account_sid": "slice__account_sid", "agent_key": "agent", "activity_key": "activity",
     "date_key": "date", "time_key": "time"},
    {name: name for name in """
        workload_talk_time workload_wrap_up_time workload_activity_time parallel_conversations
        parallel_conversation_time""".split()},
)
TABLES = {table: (keys, measures) for table, keys, measures in (DAILY, WORKLOAD)}


@pytest.fixture(scope="module")
def metrics(sample_data):
    return Metrics(sample_data)


def in_order(rows):
    return sorted(rows, key=lambda row: [(value is not None, str(value)) for value in row])


def table(metrics, name, columns):
    return in_order(metrics.database.execute(
        f"select {', '.join(columns)} from marts.{name}").fetchall())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_metricflow_answers(metrics, name):
    keys, measures = TABLES[name]
    answer = metrics.ask([*measures.values()], [*keys.values()])
    rows = [tuple(row[column] for column in [*keys.values(), *measures.values()]) for row in answer]
    found = table(metrics, name, [*keys, *measures])
    assert found == in_order(rows)
    assert {column[0] for column in metrics.database.execute(
        f"describe marts.{name}").fetchall()} == {*keys, *measures}


def test_the_service_level_of_a_half_hour_is_what_metricflow_answers(metrics):
    measures = {"offered": "segments_including_abandoned",
                "short_abandoned": "short_abandoned_segments",
                "subject_to_sla": "segments_subject_to_sla", "within_sla": "segments_within_sla"}
    by = ["segment__account_sid", "queue", "segment__channel", "date", "time__half_hour"]
    asked = {}
    questions = [("segment__kind", "Queue", measures),
                 ("segment__visit_outcome", "Answered", {"answered": measures["offered"]}),
                 ("segment__visit_outcome", "Abandoned", {"abandoned": measures["offered"]})]
    for dimension, value, columns in questions:
        where = f"{{{{ Dimension('{dimension}') }}}} = '{value}'"
        for row in metrics.ask([*columns.values()], by, where):
            key = (*(row[name] for name in by[:-1]), row["time__half_hour"] * 30)
            asked.setdefault(key, {}).update({name: row[of] for name, of in columns.items()})
    names = ["offered", "answered", "abandoned", "short_abandoned", "subject_to_sla", "within_sla"]
    rows = [(*key, *(values.get(name, 0) for name in names)) for key, values in asked.items()]
    keys = ["account_sid", "queue_key", "channel", "date_key", "time_key"]
    found = table(metrics, "agg_service_level_half_hour", [*keys, *names])
    assert found == in_order(rows)
    # or nothing would be compared
    assert all(sum(column) > 0 for column in list(zip(*found))[len(keys):])
