"""The six measures by each attribute are what really happened.

The truth is the simulator's, which it keeps beside the events and states from the story alone.
"""

from dataclasses import replace
from datetime import date

import pytest
from metrics_support import Metrics

from workshop.simulate_events import SAMPLE
from workshop.simulator.run import Settings as Story
from workshop.simulator.run import simulate

HANDLED = "kind = 'Conversation' and worker_sid is not null and abandoned is distinct from 'Yes'"
ABANDONED = "abandoned = 'Yes' and abandoned_phase is distinct from 'Voicemail'"
CONVERSATION = "(account_sid, conversation_id)"
MEASURES = {
    "abandoned_conversations": f"count(distinct {CONVERSATION}) filter (where {ABANDONED})",
    "abandon_time": "sum(abandon_time) filter (where kind = 'Queue' or kind = 'Conversation' "
                    "and worker_sid is not null and abandoned = 'Yes')",
    "handled_conversations": f"count(distinct {CONVERSATION}) filter (where {HANDLED})",
    "queue_time": "sum(queue_time) filter (where kind = 'Queue')",
    "answered_queue_time": "sum(queue_time) filter (where kind = 'Conversation' "
                           "and worker_sid is not null)",
    "talk_time": "sum(talk_time) filter (where kind = 'Conversation')",
    "wrap_up_time": "sum(wrap_up_time) filter (where kind = 'Conversation')",
}
# what analysts ask by → how the truth says it
ATTRIBUTES = {
    "agent__full_name": "agents.full_name",
    "agent__team_name": "agents.team_name",
    "segment__handling_team_name": "handling_team_name",
    "segment__channel": "channel",
    "segment__direction": "direction",
    "segment__queue_name": "queue_name",
    "customer__city": "customers.city",
    "customer__country": "customers.country",
    "customer__phone": "customers.phone",
    "customer__zip": "customers.zip",
    "date__date_key": "started_at::date",
    "date__calendar_year": "year(started_at)",
    "date__quarter_of_year": "quarter(started_at)",
    "date__month_of_year": "month(started_at)",
    "date__month_name": "monthname(started_at)",
    "date__week_of_year": "weekofyear(started_at)",
    "date__iso_year": "isoyear(started_at)",
    "date__day_of_month": "day(started_at)",
    "date__day_of_week": "isodow(started_at)",
    "date__day_name": "dayname(started_at)",
    "date__day_of_year": "dayofyear(started_at)",
    "date__is_weekend": "isodow(started_at) > 5",
    "date__first_day_of_week": "date_trunc('week', started_at)::date",
    "date__first_day_of_month": "date_trunc('month', started_at)::date",
    "date__first_day_of_quarter": "date_trunc('quarter', started_at)::date",
    "date__first_day_of_year": "date_trunc('year', started_at)::date",
    "time__hour_of_day": "hour(started_at)",
    "time__minute_of_hour": "minute(started_at)",
    "time__time_key": "60 * hour(started_at) + minute(started_at)",
    "time__quarter_hour": "4 * hour(started_at) + minute(started_at) // 15",
    "time__half_hour": "2 * hour(started_at) + minute(started_at) // 30",
    "time__hour_label": "strftime(started_at, '%H:00')",
    "time__half_hour_label":
        "strftime(time_bucket(interval 30 minute, started_at), '%H:%M')",
    "time__quarter_hour_label":
        "strftime(time_bucket(interval 15 minute, started_at), '%H:%M')",
    "metric_time__hour": "date_trunc('hour', started_at)",
}


# a weekend on which a month, a quarter and a year end, and two days later an ISO year begins
TURN_OF_THE_YEAR = Story(out="", seed=3, start=date(2027, 12, 31), days=4, tasks_per_day=90,
                         agents=8, odd=0.05, processes=1)


@pytest.fixture(scope="module", params=["sample", "turn of the year"])
def metrics(request, build, sample_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    story = SAMPLE if request.param == "sample" else TURN_OF_THE_YEAR
    simulate(replace(story, out=folder / "events", truth=folder / "truth", pack=""))
    data = sample_data
    if story is TURN_OF_THE_YEAR:
        data = folder / "data"
        done = build(EVENTS=folder / "events", DATA=data)
        assert done.returncode == 0, done.stderr
    metrics = Metrics(data)
    for table in ("segments", "agents", "customers"):
        metrics.database.execute(f"create temp table truth_{table} as "
                                 f"from '{folder}/truth/{table}.parquet'")
    return metrics


def truth(metrics, attribute):
    """Each value of an attribute → the measures of it, in truth."""
    measures = ", ".join(f"{sql} as {name}" for name, sql in MEASURES.items())
    rows = metrics.rows(f"""
        with told as (
            select segments.*, {attribute} as told
            from truth_segments as segments
            left join truth_agents as agents using (account_sid, worker_sid)
            left join truth_customers as customers using (account_sid, customer_id)
        )
        select told, {measures} from told group by told
    """)
    return {plain(row.pop("told")): row for row in rows}


def plain(value):
    """A day as text, whether it came as a date or as a time at midnight."""
    return str(value)[:10] if hasattr(value, "year") and not getattr(value, "hour", 0) else value


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_the_six_measures_are_the_truth(metrics, attribute):
    answer = {}
    for row in metrics.ask([*MEASURES], [attribute]):
        (told,) = set(row) - set(MEASURES)
        answer[plain(row.pop(told))] = row
    assert answer == truth(metrics, ATTRIBUTES[attribute])


def test_the_measures_differ_by_attribute(metrics):
    """Should a story be too plain, nothing would be compared."""
    several_days = len(truth(metrics, ATTRIBUTES["date__date_key"])) > 4
    for attribute, told in ATTRIBUTES.items():
        if several_days or not attribute.startswith("date__"):
            answer = truth(metrics, told)
            assert len({tuple(row.values()) for row in answer.values()}) > 1, attribute
