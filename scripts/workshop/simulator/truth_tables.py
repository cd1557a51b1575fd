"""The columns of the tables of the truth; ``truth.py`` explains them."""

from __future__ import annotations

TEXTS = ("campaign", "content", "destination", "hang_up_by", "in_business_hours", "initiative",
         "ivr_path", "language", "productive", "recording_status", "service_level", "source")
NUMBERED = tuple(f"conversation_{what}_{n}" for what in ("attribute", "label")
                 for n in range(1, 11))
WHOLE = ("hold_time", "ivr_time", "first_response_time", "focus_time", "agent_talk_time",
         "customer_talk_time", "crosstalk_time", "silence_time", "longest_talk_by_agent",
         "longest_talk_by_customer", "longest_silence_before_agent",
         "longest_silence_before_customer")
BROKEN = ("average_response_time", "priority",
          *(f"conversation_measure_{n}" for n in range(1, 11)))
GIVEN = ("external_id", "category", "organization", "year_of_birth", "business_value", "type",
         "state", "city", "zip", "country", "region", "customer_manager", "gender",
         "market_segment", "area", "geo_location", "customer_link", "acquisition_date",
         "acquisition_cost", *(f"customer_{what}_{n}" for what in ("attribute", "label")
                               for n in range(1, 4)))
SEGMENT_COLUMNS = {
    "account_sid": "VARCHAR", "workspace_sid": "VARCHAR", "derived_kind": "VARCHAR",
    "kind": "VARCHAR", "conversation_id": "VARCHAR", "customer_id": "VARCHAR",
    "task_sid": "VARCHAR", "reservation_sid": "VARCHAR", "worker_sid": "VARCHAR",
    "task_queue_sid": "VARCHAR", "workflow_sid": "VARCHAR", "call_sid": "VARCHAR",
    "flex_interaction_sid": "VARCHAR", "transfer_sid": "VARCHAR", "previous_task_sid": "VARCHAR",
    "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP", "has_clock_skew": "BOOLEAN",
    "is_end_inferred": "BOOLEAN", "segment_order": "BIGINT", "visit_outcome": "VARCHAR",
    "answered_by": "VARCHAR", "reservation_outcome": "VARCHAR", "sla_threshold": "BIGINT",
    "short_abandoned_threshold": "BIGINT", "is_subject_to_sla": "BOOLEAN",
    "is_within_sla": "BOOLEAN", "abandoned": "VARCHAR", "abandoned_phase": "VARCHAR",
    "activity": "VARCHAR", "case_id": "VARCHAR", "channel": "VARCHAR",
    "communication_channel": "VARCHAR", "direction": "VARCHAR", "external_contact": "VARCHAR",
    "followed_by": "VARCHAR", "preceded_by": "VARCHAR", "handling_department_id": "VARCHAR",
    "handling_department_name": "VARCHAR", "handling_department_name_in_hierarchy": "VARCHAR",
    "handling_team_id": "VARCHAR", "handling_team_name": "VARCHAR",
    "handling_team_name_in_hierarchy": "VARCHAR", "initiated_by": "VARCHAR", "outcome": "VARCHAR",
    "queue_name": "VARCHAR", "workflow_name": "VARCHAR", "segment_link": "VARCHAR",
    "media": "VARCHAR", "virtual": "VARCHAR", "is_transfer": "BOOLEAN",
    "transfer_type": "VARCHAR", "transfer_mode": "VARCHAR", "transfer_status": "VARCHAR",
    "transferred_from": "VARCHAR", "queue_time": "BIGINT", "total_queue_time": "BIGINT",
    "ring_time": "BIGINT", "talk_time": "BIGINT", "wrap_up_time": "BIGINT",
    "abandon_time": "BIGINT", "activity_time": "BIGINT", "handling_time": "BIGINT",
    "time_in_seconds": "BIGINT", "unstated": "VARCHAR",
}
# Rarely filled: kept as one JSON string until the table is written.
SUPPLIED = {**{name: "VARCHAR" for name in (*TEXTS, *NUMBERED)},
            **{name: "BIGINT" for name in WHOLE}, **{name: "DOUBLE" for name in BROKEN}}
CONVERSATION_COLUMNS = {
    "account_sid": "VARCHAR", "conversation_id": "VARCHAR", "stated": "BOOLEAN",
    "customer_id": "VARCHAR", "first_worker_sid": "VARCHAR", "last_worker_sid": "VARCHAR",
    "first_task_queue_sid": "VARCHAR", "last_task_queue_sid": "VARCHAR",
    "handling_team_id": "VARCHAR", "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP",
    "direction": "VARCHAR", "channel": "VARCHAR", "communication_channel": "VARCHAR",
    "workflow_name": "VARCHAR", "outcome": "VARCHAR", "is_handled": "BOOLEAN",
    "is_abandoned": "BOOLEAN", "abandoned_phase": "VARCHAR", "is_in_progress": "BOOLEAN",
    "is_virtual": "BOOLEAN", "segments": "BIGINT", "tasks": "BIGINT", "agents": "BIGINT",
    "queue_segments": "BIGINT", "conversation_segments": "BIGINT", "missed_segments": "BIGINT",
    "rejected_segments": "BIGINT", "transfers": "BIGINT", "queue_time": "BIGINT",
    "ring_time": "BIGINT", "talk_time": "BIGINT", "wrap_up_time": "BIGINT",
    "handling_time": "BIGINT", "hold_time": "BIGINT", "abandon_time": "BIGINT",
    "ivr_time": "BIGINT", "experience_time": "BIGINT", "unstated": "VARCHAR",
}
PERSON = ("name", "phone", "email", *GIVEN)
PERSON_TYPES = {"business_value": "DOUBLE", "acquisition_cost": "DOUBLE",
                "acquisition_date": "DATE"}
CUSTOMER_COLUMNS = ("account_sid", "customer_id", *PERSON, "first_seen_at", "last_seen_at",
                    "conversations")
AGENT_COLUMNS = {
    "account_sid": "VARCHAR", "worker_sid": "VARCHAR", "full_name": "VARCHAR",
    "agent_id": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR", "location": "VARCHAR",
    "manager": "VARCHAR", "role": "VARCHAR", "state": "VARCHAR", "team_id": "VARCHAR",
    "team_name": "VARCHAR", "team_name_in_hierarchy": "VARCHAR", "department_id": "VARCHAR",
    "department_name": "VARCHAR", "department_name_in_hierarchy": "VARCHAR",
    "agent_attribute_1": "VARCHAR", "agent_label_1": "VARCHAR",
    "date_joined": "TIMESTAMP", "date_left": "TIMESTAMP", "seen_at": "TIMESTAMP",
}
PERSON_COLUMNS = {name: PERSON_TYPES.get(name, "VARCHAR") for name in PERSON}
# Columns of the parts; the JSON strings become columns when the tables are written.
PARTS = {"segments": SEGMENT_COLUMNS | {"supplied": "VARCHAR"},
         "conversations": CONVERSATION_COLUMNS | {"person": "VARCHAR"},
         "agents": AGENT_COLUMNS}
# A segment about which nothing is known yet.
NO_SEGMENT = dict.fromkeys(PARTS["segments"])
