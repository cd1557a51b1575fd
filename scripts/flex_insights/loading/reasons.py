"""Why something is no event, in words that a person understands.

They never quote the input: a reject of a HIPAA account keeps no text, and a reason is kept.
"""

# Text that cannot be read.
CUT_OFF = "cut off: the JSON ends before it is complete"
NOT_JSON = "not valid JSON"
PLAIN_TEXT = "plain text, not JSON"
NUL_BYTE = "holds a NUL byte, which JSON does not allow"
CONTROL_CHARACTER = "holds a raw control character inside a text, which JSON does not allow"
BAD_UTF8 = "not valid UTF-8"
LONE_SURROGATE = "holds half of a surrogate pair (\\uD800 to \\uDFFF), which is no character"
TOO_DEEP = "nested too deeply to be taken apart"
TOO_LONG = "longer than 16 MB (a line of arrays or pages: than 64 MB)"
SCALAR = "a number, text, true, false or null, not an event object"
ARRAY_OF_SCALARS = "an array that holds no object"

# Objects that are no events of the three forms.
NO_TIME = "a TaskRouter event without a time"
UNREADABLE_TIME = (
    "a TaskRouter event whose time cannot be read (digits or ISO 8601, years 1 to 9999)"
)
NO_TYPE = "a TaskRouter event without an event type"
FOREIGN_TYPE = "a webhook of another product: its EventType is none of TaskRouter's"
FOREIGN_STREAM = "an Event Streams event of another product than TaskRouter"
ADHERENCE_FEED = "a record of the Workforce Management adherence feed, not a TaskRouter event"
INTERACTION = "an Interaction of the Flex API, not a TaskRouter event"
TRANSFER_ENTITY = "a transfer as the TaskRouter SDK holds it, not an event"
TASK_RESOURCE = "a Task of the TaskRouter REST API, not an event"
REST_RESOURCE = "a resource of the Twilio REST API, not an event"
BARE_ATTRIBUTES = "task attributes alone, without the event that carried them"
BARE_PAYLOAD = "the payload of an Event Streams event without its envelope"
EMPTY_OBJECT = "an empty object"
UNKNOWN_OBJECT = "an object that is none of the three forms of a TaskRouter event"
UNFILTERABLE = "an event that the HIPAA allow-list cannot be applied to"

# Files.
NOT_A_TABLE_OF_EVENTS = "a table without a column that holds events as JSON text"
DAMAGED_TABLE = "the table is damaged: it cannot be read from here on"
