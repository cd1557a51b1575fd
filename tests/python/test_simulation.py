"""The simulator: the same bytes each time, events as real ones look, a truth that agrees."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from workshop.simulate_events import SAMPLE, main
from workshop.simulator.run import Settings, simulate

ROOT = Path(__file__).resolve().parents[2]
KEYSETS = ROOT.parent / "shared" / "samples"

# Keys that consumers of the three feeds have seen (webhook ones in snake case).
TASK = set("""task_priority event_type workflow_name timestamp task_age task_assignment_status
    task_attributes task_version task_channel_unique_name workspace_name operating_unit_sid
    task_channel_sid task_queue_entered_date task_date_created resource_type task_queue_name
    workflow_sid account_sid sid timestamp_ms task_queue_target_expression workspace_sid
    task_queue_sid event_description task_sid resource_sid""".split())
RESERVATION = TASK | set("""worker_version worker_sid task_ignore_capacity worker_activity_name
    reservation_sid reservation_version task_virtual_start_time worker_channel_consumed_capacity
    worker_activity_sid worker_name worker_channel_capacity worker_attributes""".split())
WORKER = set("""worker_activity_name event_type resource_type worker_time_in_previous_activity_ms
    timestamp worker_activity_sid worker_previous_activity_sid worker_time_in_previous_activity
    account_sid worker_name sid timestamp_ms worker_version worker_sid workspace_sid workspace_name
    operating_unit_sid worker_previous_activity_name event_description resource_sid
    worker_attributes""".split())
WEBHOOK_KEYS = {"task.*": TASK, "reservation.*": RESERVATION, "worker.activity.update": WORKER}
REST_KEYS = set("""operating_unit_sid task_age task_assignment_status task_attributes
    task_channel_sid task_channel_unique_name task_canceled_reason task_priority
    task_queue_entered_date task_queue_name task_queue_sid task_queue_target_expression task_sid
    task_version task_virtual_start_time workflow_name workflow_sid workspace_name workspace_sid
    reservation_sid reservation_version worker_activity_name worker_activity_sid worker_attributes
    worker_channel_capacity worker_name worker_sid worker_version worker_previous_activity_name
    worker_previous_activity_sid worker_time_in_previous_activity
    worker_time_in_previous_activity_ms workflow_filter_expression
    workflow_filter_target_expression previous_task_priority previous_task_queue_name
    previous_task_queue_sid target_changed_reason""".split())
STREAM_RESERVATION = set("""worker_available event_description task_channel_unique_name
    task_priority workspace_sid workflow_sid task_assignment_status task_add_on_attributes
    task_queue_target_expression eventtype worker_version task_channel_sid task_virtual_start_time
    timestamp task_queue_sid worker_name resource_type reservation_timeout worker_channel_capacity
    workflow_name task_queue_name task_version reservation_sid worker_activity_sid workspace_name
    task_age operating_unit_sid resource_sid account_sid task_timeout task_attributes
    reservation_version worker_channel_consumed_capacity task_date_created task_sid worker_sid sid
    worker_attributes task_age_in_queue worker_activity_name reservation_status
    task_queue_entered_date""".split())
STREAM_ENVELOPE = set("""account_friendly_name account_sid group level name parent_account_sid
    parent_friendly_name payload_type product_name publisher publisher_metadata sid
    timestamp""".split())


def content(path: Path) -> bytes:
    """Return a file's content, unpacked."""
    packed = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(packed)
    if path.suffix == ".zst":
        zstandard = pytest.importorskip("zstandard")
        return zstandard.ZstdDecompressor().stream_reader(packed).read()
    return packed


def fingerprint(folder: Path) -> dict[str, str]:
    """Return each event file's name, without its packing's ending, and the hash of its content."""
    return {path.name.removesuffix(".gz").removesuffix(".zst"):
            hashlib.sha256(content(path)).hexdigest() for path in sorted(folder.iterdir())}


def events(folder: Path):
    """Yield (form, type, fields, event) for every event of a folder."""
    for path in sorted(folder.iterdir()):
        form = path.name.split("_AC")[0]
        for line in content(path).decode().splitlines():
            value = json.loads(line)
            for event in value if isinstance(value, list) else value.get("events", [value]):
                yield form, *opened(form, event), event


def opened(form: str, event: dict) -> tuple[str, dict]:
    """Return an event's type and its fields in snake case."""
    if form == "webhook":
        fields = {"".join(f"_{c.lower()}" if c.isupper() else c for c in key).lstrip("_"): value
                  for key, value in event.items()}
        return fields["event_type"], fields
    if form == "rest":
        return event["event_type"], event["event_data"]
    return event["data"]["payload"]["eventtype"], event["data"]["payload"]


def table(folder: Path, name: str, what: str = "*", where: str = "true") -> list[dict]:
    """Return rows of a truth table as dictionaries."""
    cursor = duckdb.execute(f"select {what} from '{folder}/{name}.parquet' where {where}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


UNTIL = 14  # o'clock on the last day
SMALL = dict(days=2, tasks_per_day=400, agents=20, seed=5, processes=1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The same small story in each form, nothing odd in it."""
    top = tmp_path_factory.mktemp("plain")
    for form in ("webhook", "rest", "event_streams"):
        simulate(Settings(out=top / form, truth=top / f"truth_{form}", form=form, **SMALL))
    return top


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Two accounts, all forms mixed, much of it odd."""
    top = tmp_path_factory.mktemp("odd")
    simulate(Settings(out=top / "events", truth=top / "truth", accounts=2, odd=0.2,
                      until=UNTIL, **SMALL))
    return top


def test_same_arguments_same_bytes(tmp_path):
    """However many processes share the work."""
    settings = Settings(out=tmp_path / "a", truth=tmp_path / "ta", odd=0.1, accounts=2,
                        **SMALL | {"tasks_per_day": 60})
    simulate(settings)
    simulate(replace(settings, out=tmp_path / "b", truth=tmp_path / "tb", processes=2))
    simulate(replace(settings, out=tmp_path / "c", truth=None, seed=6))
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "c")
    for name in ("segments", "conversations", "agents", "customers"):
        pair = [sorted(map(repr, table(tmp_path / f"t{x}", name))) for x in "ab"]
        assert pair[0] == pair[1]


def test_shipped_sample_is_what_the_script_makes(tmp_path):
    simulate(replace(SAMPLE, out=tmp_path, pack=""))
    assert fingerprint(tmp_path) == fingerprint(ROOT / "sample" / "events")


def test_sample_is_a_believable_day():
    forms, kinds, accounts, tasks = set(), Counter(), set(), set()
    for form, kind, fields, event in events(ROOT / "sample" / "events"):
        forms.add(form)
        kinds[kind] += 1
        accounts.add(fields.get("account_sid") or event["account_sid"])
        tasks.add(fields.get("task_sid"))
    assert forms == {"webhook", "rest", "event_streams"} and len(accounts) == 2
    assert 1900 < len(tasks) < 2500
    assert {"reservation.timeout", "reservation.rejected", "reservation.rescinded",
            "reservation.canceled", "task.transfer-failed", "task.transfer-canceled",
            "task-queue.timeout", "worker.created", "worker.deleted"} <= kinds.keys()
    size = sum(path.stat().st_size for path in (ROOT / "sample" / "events").iterdir())
    assert size < 2_500_000


@pytest.mark.skipif(not KEYSETS.is_dir(), reason="the observed key sets lie outside this project")
def test_own_key_sets_are_the_observed_ones():
    def snake(name):
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_?")

    webhook = json.loads((KEYSETS / "keyset_webhook.json").read_text())
    for family, keys in WEBHOOK_KEYS.items():
        assert {snake(key) for key in webhook[family]} == keys
    assert set(json.loads((KEYSETS / "keyset_rest_event_data.json").read_text())) == REST_KEYS
    stream = json.loads((KEYSETS / "keyset_eventstreams_reservation_payload.json").read_text())
    assert {key for key in stream if not key.endswith("?")} == STREAM_RESERVATION


def test_webhook_keys(plain):
    for _, kind, fields, _ in events(plain / "webhook"):
        family = kind.split(".")[0]
        if family in ("task", "workflow") or kind in ("task-queue.entered", "task-queue.moved"):
            wanted = TASK if "task_sid" in fields else set()
        elif family == "reservation":
            wanted = RESERVATION
        else:
            wanted = WORKER if kind == "worker.activity.update" else set()
        assert wanted <= fields.keys(), (kind, wanted - fields.keys())
        assert all(isinstance(value, str) for value in fields.values()), kind


def test_rest_keys(plain):
    seen = defaultdict(set)
    for _, kind, fields, event in events(plain / "rest"):
        seen[kind.split(".")[0]] |= fields.keys()
        assert all(isinstance(value, str) for value in fields.values()), kind
        assert event.keys() == set(
            """account_sid actor_sid actor_type actor_url description event_data event_date
            event_date_ms event_type resource_sid resource_type resource_url sid source
            source_ip_address workspace_sid url""".split())
    assert set().union(*seen.values()) >= REST_KEYS
    assert seen["reservation"] >= {k for k in REST_KEYS if k.startswith(("task_", "worker_"))
                                   and "previous" not in k}


def test_event_streams_keys_and_types(plain):
    numbers = {"task_age", "task_priority", "task_version", "reservation_version",
               "worker_version", "worker_time_in_previous_activity_ms"}
    for _, kind, fields, event in events(plain / "event_streams"):
        assert event.keys() == {"specversion", "type", "source", "id", "dataschema",
                                "datacontenttype", "time", "data"}
        assert STREAM_ENVELOPE <= event["data"].keys()
        if kind.startswith("reservation."):
            assert STREAM_RESERVATION <= fields.keys()
            assert isinstance(fields["worker_available"], bool)
        assert all(type(fields[name]) is int for name in numbers & fields.keys())
        assert event["id"] != fields["sid"] == event["data"]["sid"]


def test_attributes_are_json_and_versions_grow(plain):
    versions = defaultdict(list)
    for _, _, fields, _ in events(plain / "rest"):
        for name in ("task_attributes", "worker_attributes"):
            assert isinstance(json.loads(fields.get(name, "{}")), dict)
        if "task_sid" in fields:
            versions[fields["task_sid"]].append(int(fields["task_version"]))
    assert versions and all(seen == sorted(set(seen)) for seen in versions.values())


def test_all_forms_tell_the_same_story(plain):
    truths = [sorted(map(repr, table(plain / f"truth_{form}", name)))
              for name in ("segments", "conversations", "agents", "customers")
              for form in ("webhook", "rest", "event_streams")]
    for first in range(0, 12, 3):
        assert truths[first] == truths[first + 1] == truths[first + 2]
    sids = [{(kind, event.get("Sid") or event.get("sid") or fields["sid"])
             for _, kind, fields, event in events(plain / form)}
            for form in ("webhook", "rest", "event_streams")]
    assert sids[0] == sids[1] == sids[2]


def test_reservations_of_the_truth_are_those_of_the_events(plain):
    """The one thing that can be counted on both sides without any rule."""
    told = defaultdict(set)  # outcome to reservations with their times
    for _, kind, fields, _ in events(plain / "webhook"):
        if kind.startswith("reservation."):
            told[kind.split(".")[1]].add((fields["reservation_sid"], int(fields["timestamp_ms"])))
    rows = table(plain / "truth_webhook", "segments",
                 "reservation_sid, reservation_outcome, derived_kind, "
                 "epoch_ms(started_at) as started, epoch_ms(ended_at) as ended",
                 "reservation_sid is not null")
    accepted = {(row["reservation_sid"], row["started"]) for row in rows
                if row["reservation_outcome"] == "accepted"}
    assert accepted == told["accepted"]
    for outcome in ("timeout", "rejected", "rescinded"):
        refused = {(row["reservation_sid"], row["ended"]) for row in rows
                   if row["reservation_outcome"] == outcome}
        assert refused and refused == told[outcome]


def test_events_beyond_the_end_are_not_collected(odd):
    settings = Settings(out=Path(), **SMALL)
    until = settings.account(0).start + 86_400_000 + UNTIL * 3_600_000
    late = [kind for form, kind, fields, _ in events(odd / "events")
            if form == "webhook" and int(fields["timestamp_ms"]) > until]
    assert not late


def test_oddities_are_there_and_duplicates_agree(odd):
    copies, redacted, times = defaultdict(set), 0, defaultdict(list)
    for form, kind, fields, event in events(odd / "events"):
        sid = event.get("Sid") or event.get("sid") or fields["sid"]
        copies[kind, sid].add(form)
        redacted += fields.get("task_attributes") == ""
        if form == "webhook":
            times[fields["account_sid"]].append(int(fields["timestamp_ms"]))
    assert any(len(forms) > 1 for forms in copies.values())
    assert redacted > 10
    assert any(seen != sorted(seen) for seen in times.values())


def test_left_out_types_are_left_out(tmp_path):
    """And nothing else changes but what the truth may know."""
    settings = Settings(out=tmp_path / "all", **SMALL | {"tasks_per_day": 100})
    everything = simulate(settings)
    missing = frozenset({"reservation.created", "worker.activity.update"})
    rest = simulate(replace(settings, out=tmp_path / "less", truth=tmp_path / "truth",
                            missing=missing))
    assert rest == Counter({key: n for key, n in everything.items() if key[1] not in missing})
    rows = table(tmp_path / "truth", "segments")
    assert rows and all(row["ring_time"] is None for row in rows)
    assert not [row for row in rows if row["derived_kind"].startswith("Agent Status")
                and row["activity"] != "Offline"]


def test_equal_sids_in_two_accounts(tmp_path):
    simulate(Settings(out=tmp_path, truth=tmp_path / "truth", accounts=2, same_sids=True,
                      **SMALL | {"tasks_per_day": 40, "days": 1}))
    first, second = ({row["task_sid"] for row in rows} for rows in _by_account(tmp_path / "truth"))
    assert first == second


def _by_account(folder: Path) -> list[list[dict]]:
    rows = defaultdict(list)
    for row in table(folder, "segments"):
        rows[row["account_sid"]].append(row)
    return list(rows.values())


# ---------------------------------------------------------------- the truth holds together

def test_every_kind_happens(odd):
    kinds = {row["derived_kind"] for row in table(odd / "truth", "segments")}
    assert kinds == {"Queue", "Conversation", "Conversation in Progress", "Missed Conversation",
                     "Rejected Conversation", "Revoked Conversation", "Agent Status",
                     "Agent Status in Progress", "Corrupted Conversation Segment"}


def test_keys_are_unique(odd):
    for rows in _by_account(odd / "truth"):
        keys = Counter((row["derived_kind"], row["reservation_sid"] or row["task_sid"]
                        or row["worker_sid"],
                        None if row["reservation_sid"] else row["started_at"]) for row in rows)
        assert keys.most_common(1)[0][1] == 1


def test_parts_fill_the_interval(odd):
    supplied = "supplied times"
    for row in table(odd / "truth", "segments", where="derived_kind = 'Conversation' "
                     "and worker_sid is not null"):
        whole = int(row["ended_at"].timestamp()) - int(row["started_at"].timestamp())
        if row["talk_time"] == 61:  # an override
            continue
        assert row["talk_time"] + row["wrap_up_time"] == whole, supplied


def test_nobody_is_on_two_calls_at_once(odd):
    calls = table(odd / "truth", "segments", where="reservation_outcome = 'accepted' "
                  "and derived_kind = 'Conversation' and channel in ('Call', 'Video')")
    by_agent = defaultdict(list)
    for row in calls:
        by_agent[row["account_sid"], row["worker_sid"]].append((row["started_at"], row["ended_at"]))
    assert any(len(times) > 5 for times in by_agent.values())
    for times in by_agent.values():
        times.sort()
        assert all(end <= start for (_, end), (start, _) in zip(times, times[1:]))


def test_chats_run_in_parallel(odd):
    rows = table(odd / "truth", "segments", where="derived_kind = 'Conversation' and "
                 "worker_sid is not null and channel not in ('Call', 'Video')")
    moments = defaultdict(list)
    for row in rows:
        moments[row["worker_sid"]] += [(row["started_at"], 1), (row["ended_at"], -1)]
    most = 0
    for steps in moments.values():
        open_chats = 0
        for _, step in sorted(steps):
            open_chats += step
            most = max(most, open_chats)
    assert 2 <= most <= 3


def test_stays_neither_overlap_nor_leave_gaps(odd):
    stays = defaultdict(list)
    for row in table(odd / "truth", "segments", where="derived_kind like 'Agent Status%'"):
        stays[row["account_sid"], row["worker_sid"]].append((row["started_at"], row["ended_at"]))
    for times in stays.values():
        times.sort()
        assert all(end == start for (_, end), (start, _) in zip(times, times[1:]))


def test_conversations_are_the_sum_of_their_segments(odd):
    segments = defaultdict(list)
    for row in table(odd / "truth", "segments", where="conversation_id is not null"):
        segments[row["account_sid"], row["conversation_id"]].append(row)
    whole = table(odd / "truth", "conversations")
    assert len(whole) == len(segments)
    for row in whole:
        parts = segments[row["account_sid"], row["conversation_id"]]
        assert row["segments"] == len(parts)
        assert row["started_at"] == min(part["started_at"] for part in parts)
        waits = [p["queue_time"] for p in parts
                 if p["derived_kind"] == "Queue" and p["queue_time"] is not None]
        assert row["queue_time"] == (sum(waits) if waits else None)
        assert {part["customer_id"] for part in parts} == {row["customer_id"]}


def test_transfers_point_at_the_agent_who_began_them(odd):
    rows = table(odd / "truth", "segments")
    finals = {row["reservation_sid"]: row for row in rows if row["derived_kind"] == "Conversation"}
    legs = [row for row in rows if row["is_transfer"] and row["derived_kind"] == "Queue"]
    assert {leg["transfer_mode"] for leg in legs} == {"Cold", "Warm"}
    assert {leg["transfer_type"] for leg in legs} >= {"Agent", "Queue"}
    assert {leg["visit_outcome"] for leg in legs} == {"Answered", "Abandoned", "Ended"}
    for leg in legs:
        giver = finals.get(leg["transferred_from"])
        if giver and leg["transfer_status"] == "Successful":
            assert giver["followed_by"].endswith("Transfer") or giver["followed_by"] == "Callback"


def test_command_line(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "e"), "--truth", str(tmp_path / "t"), "--seed", "2",
                 "--tasks-per-day", "30", "--form", "rest", "--gzip", "--missing",
                 "task.updated"]) == 0
    assert "events in" in capsys.readouterr().out
    kinds = {kind for _, kind, _, _ in events(tmp_path / "e")}
    assert kinds and "task.updated" not in kinds
    with pytest.raises(SystemExit):
        main(["--odd", "2", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        main(["--days", "1"])
