"""Why something is no event, and what to do, in words that a person understands.

They never quote the input: a reject of a HIPAA account keeps no text, and a reason is kept.
"""

# Text that cannot be read.
CUT_OFF = "cut off: the JSON ends before it is complete"
NOT_JSON = "not valid JSON"
PLAIN_TEXT = "plain text without an event"
NUL_BYTE = "holds a NUL byte, which JSON does not allow"
CONTROL_CHARACTER = "holds a raw control character inside a text, which JSON does not allow"
BAD_UTF8 = "not valid UTF-8: save the file as UTF-8"
LONE_SURROGATE = "holds half of a surrogate pair (\\uD800 to \\uDFFF), which is no character"
TOO_DEEP = "nested too deeply to be taken apart"
TOO_LONG = "longer than 16 MB (a line of several values: than 64 MB)"
SCALAR = "a number, text, true, false or null, not an event object"
ARRAY_OF_SCALARS = "an array that holds no object"
ARRAY_WITHOUT_EVENT = "an array that holds no event"

# TaskRouter events that cannot be used.
NO_TIME = "a TaskRouter event without a time: export it with its timestamp"
UNREADABLE_TIME = (
    "a TaskRouter event whose time cannot be read (digits or ISO 8601, years 1 to 9999)"
)
NO_TYPE = "a TaskRouter event without an event type: export it with its type"
NO_TASK = "a TaskRouter event that does not name its task: export it with its task_sid"
NO_RESERVATION = (
    "a TaskRouter event that does not name its reservation: export it with its reservation_sid"
)
NO_TASK_AND_RESERVATION = (
    "a TaskRouter event that names neither its task nor its reservation: "
    "export it with its task_sid and reservation_sid"
)
NO_WORKER = "a TaskRouter event that does not name its worker: export it with its worker_sid"
BARE_PAYLOAD = "the payload of an Event Streams event without its envelope: export all of the event"
UNFILTERABLE = "an event that the HIPAA allow-list cannot be applied to"

# Objects that are no events of the three forms, and hold none: there is nothing to do.
FOREIGN_TYPE = "a webhook of another product: its EventType is none of TaskRouter's"
FOREIGN_STREAM = "an Event Streams event of another product than TaskRouter"
ADHERENCE_FEED = "a record of the Workforce Management adherence feed, not a TaskRouter event"
TASK_RESOURCE = "a Task of the TaskRouter REST API, not an event"
REST_RESOURCE = "a resource of the Twilio REST API, not an event"
DELETED_ROW = "a deleted row of change capture (op: d)"
EMPTY_OBJECT = "an empty object"
UNKNOWN_OBJECT = "an object that is no TaskRouter event and holds none"

# Files.
DAMAGED_TABLE = "the table is damaged: it cannot be read from here on"
NO_TEXT_COLUMN = "a table without a column of text: events need one with their JSON"
NO_EVENT_COLUMN = "several text columns and none holds events: name it event"
TOO_LARGE_WHEN_PACKED = "a packed Parquet file or zip archive of more than 1 GB: unpack it first"
UTF16_BREAKS_OFF = "UTF-16 text that breaks off: what follows is missing"
PACKED_TOO_OFTEN = "packed again and again: unpack it first"
PACKED_UNUSUALLY = "packed in a way that cannot be read here: unpack it first"
DAMAGED_ARCHIVE = "a zip archive that is damaged or cut off: make it again"
ENCRYPTED = "an encrypted zip archive: unpack it first"
EXCEL = "an Excel workbook: save its sheets as CSV"
