"""The fields of an event that the staging models read: the same list as macros/event_fields.sql.

Under HIPAA nothing else of an event is kept.
"""

EVENT_FIELDS = (
    *("account_sid", "workspace_sid", "resource_sid"),
    *("task_sid", "task_attributes", "task_version", "task_channel_unique_name"),
    *("task_queue_sid", "task_queue_name", "task_queue_entered_date"),
    *("task_canceled_reason", "task_completed_reason", "reason"),
    *("workflow_sid", "workflow_name"),
    *("reservation_sid", "reservation_version"),
    *("worker_sid", "worker_name", "worker_attributes", "worker_version"),
    *("worker_activity_name", "worker_previous_activity_name"),
    *("worker_time_in_previous_activity", "worker_time_in_previous_activity_ms"),
    *("task_transfer_sid", "transfer_type", "transfer_mode", "transfer_to"),
    *("transfer_initiating_worker_sid", "transfer_initiating_reservation_sid"),
)


def pascal_case(name: str) -> str:
    """How a webhook spells a field."""
    return "".join(word.capitalize() for word in name.split("_"))


WEBHOOK_FIELDS = ("Sid", "EventType", "TimestampMs", "Timestamp", *map(pascal_case, EVENT_FIELDS))
REST_FIELDS = (
    *("sid", "event_type", "event_date_ms", "event_date"),
    *("account_sid", "workspace_sid", "resource_sid"),
)
CLOUD_FIELDS = ("type", "time")
DATA_FIELDS = ("sid",)
PAYLOAD_FIELDS = ("sid", "eventtype", "timestamp", *EVENT_FIELDS)
ATTRIBUTES_OF_TASK = ("task_attributes", "TaskAttributes")
ATTRIBUTES_OF_WORKER = ("worker_attributes", "WorkerAttributes")
