"""Takes text apart that is not simply one object: arrays, pages, objects back to back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flex_insights.loading import reasons
from flex_insights.loading.json_values import (
    BLANK,
    PAGE_HEAD,
    SEPARATORS,
    Damaged,
    Incomplete,
    after_colon,
    begins_as_event,
    decode,
    is_like_an_event,
    is_page,
    place_of_events,
)
from flex_insights.loading.wrappings import holds_event, is_log_line, may_hold_event

MAX_VALUE_BYTES = 16 << 20
MAX_KEPT_TEXT = 16 << 20
# So many scalars of an array are kept apart as long as no object says that they must be.
MAX_SCALARS = 100_000

OBJECT_START = re.compile(r'\{[ \t\r\n]*"')
# While looking for the next event behind damage: so many tries in the text at hand.
MAX_TRIES = 2_000
MAX_INCOMPLETE_TRIES = 20


@dataclass
class Reject:
    """Text that cannot be an event, where it stands, and why."""

    text: bytes
    position: int
    reason: str


@dataclass
class Found:
    """Objects and rejects in the order of the text. `elements` as in the landing zone."""

    objects: list[bytes] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    elements: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def split_line(line: bytes, number: int) -> Found:
    """The objects and rejects on a line of a line-based file.

    Where no object is on it that may hold an event, what is wrong with it is one reject.
    """
    if is_log_line(line):
        return Found(rejects=[Reject(line, number, reasons.PLAIN_TEXT)])
    found = Splitter(number).feed(line, is_last=True)
    if not found.rejects:
        return found
    if found.objects and not may_hold_event(line.decode("latin-1")):
        return found
    if any(may_hold_event(value.decode("latin-1")) for value in found.objects):
        return found
    reasons_found = {reject.reason for reject in found.rejects}
    reason = reasons_found.pop() if len(reasons_found) == 1 else reasons.PLAIN_TEXT
    return Found(rejects=[Reject(line, number, reason)])


def is_text_alone(found: Found) -> bool:
    """Whether a line is a text of which nothing can be used as it stands."""
    is_alone = len(found.rejects) == 1 and not found.objects
    return is_alone and found.rejects[0].reason != reasons.TOO_LONG


class Splitter:
    """Splits a stream of JSON text into verbatim objects and rejects.

    `line` is the line number where the text is one line of a line-based file: everything
    found then has it as its position, objects are told apart by `element`, and what cannot
    be decoded outside any array ends the line. Without it, positions count the values
    (objects, elements of arrays and pages) from 1, and reading goes on after damage at the
    next object that looks like an event.
    """

    def __init__(self, line: int | None = None):
        self.line = line
        self.rest = b""
        self._found = Found()
        self._count = 0  # values so far
        self._open: list[str] = []  # 'map' and 'array', outermost first
        self._count_before_map: int | None = None  # while a map too large to be kept is open
        self._has_object = False  # in the outermost open array or map
        self._scalars: list[Reject] = []  # of the outermost one, while it has no object
        self._lost: list[bytes] = []  # damaged text, while looking for the next event
        self._lost_because: str | None = None
        self._ended_in_damage = False

    def feed(self, data: bytes, is_last: bool) -> Found:
        """What the next bytes hold. A value that they cut off waits in `rest` for more."""
        self._data = self.rest + data if self.rest else data
        self._text = self._data.decode("latin-1")
        self._is_last = is_last
        self.rest = b""
        at: int | None = 0
        while at is not None and at < len(self._text):
            try:
                at = self._look_for_event(at) if self._lost_because else self._step(at)
            except Incomplete:
                if not is_last and len(self._text) - at < MAX_VALUE_BYTES:
                    self.rest = self._data[at:]
                    break
                at = self._give_up(at, reasons.CUT_OFF if is_last else reasons.TOO_LONG)
            except Damaged as damage:
                at = self._give_up(at, str(damage))
        if is_last:
            self._finish()
        found, self._found = self._found, Found()
        return found

    def _step(self, at: int) -> int:
        """Reads one bracket or value; gives the place after it."""
        text = self._text
        at = SEPARATORS.match(text, at).end()
        if at == len(text):
            return at
        self._ended_in_damage = False
        if self._open and self._open[-1] == "map":
            return self._member(at)
        if text[at] == "[":
            self._open.append("array")
            return at + 1
        if text[at] == "]" and self._open:
            self._close()
            return at + 1
        if text[at] == "{":
            return self._object(at)
        return self._scalar(at)

    def _object(self, at: int) -> int:
        head = PAGE_HEAD.match(self._text, at)
        if head:
            return self._open_page(head.end())
        try:
            value, after = decode(self._text, at)
        except (Incomplete, Damaged) as error:
            if (events := place_of_events(self._text, at)) is not None:
                return self._open_page(events)
            if isinstance(error, Incomplete) and self._is_large_map(at, len(self._text)):
                return self._open_map(at)
            raise
        if is_page(value):
            return self._open_page(place_of_events(self._text, at))
        if self._is_large_map(at, after):
            return self._open_map(at)
        return self._keep(at, after)

    def _keep(self, at: int, after: int) -> int:
        """Keeps an object, or a text that may hold an event."""
        if self._open:
            self._keep_scalars_apart()
        if after - at > MAX_VALUE_BYTES:
            text = self._data[at : at + MAX_KEPT_TEXT]
            self._found.rejects.append(Reject(text, self.next_position(), reasons.TOO_LONG))
            return after
        self._found.objects.append(self._data[at:after])
        self._found.positions.append(self.next_position())
        self._found.elements.append(self._count if self.line is not None else 0)
        return after

    def _open_page(self, events: int) -> int:
        self._open += ["map", "array"]
        return events

    def _is_large_map(self, at: int, end: int) -> bool:
        """Whether an object is too large to be kept, is no event, and may hold some."""
        if end - at < MAX_VALUE_BYTES or begins_as_event(self._text, at):
            return False
        return may_hold_event(self._text[at:end])

    def _open_map(self, at: int) -> int:
        if not self._open:
            self._count_before_map = self._count
        self._open.append("map")
        return at + 1

    def _member(self, at: int) -> int:
        """Reads a name and value of an open map; a value that holds no event is passed over."""
        text = self._text
        if text[at] == "}":
            self._close()
            return at + 1
        if text[at] != '"':
            raise Damaged(reasons.NOT_JSON)
        _, after = decode(text, at)
        at = after_colon(text, after)
        try:
            after = self._after_value(at)
        except Incomplete:
            if len(text) - at < MAX_VALUE_BYTES:
                raise
        else:
            if not holds_event(text[at:after]):
                return after
        if text[at] == "[":
            self._open.append("array")
            return at + 1
        return self._object(at) if text[at] == "{" else self._scalar(at)

    def _scalar(self, at: int) -> int:
        after = self._after_value(at)
        if self._text[at] == '"' and may_hold_event(self._text[at:after]):
            return self._keep(at, after)
        reject = Reject(self._data[at:after], self.next_position(), reasons.SCALAR)
        if not self._open or self._has_object:
            self._found.rejects.append(reject)
        else:
            if len(self._scalars) < MAX_SCALARS:
                self._scalars.append(reject)
        return after

    def _after_value(self, at: int) -> int:
        _, after = decode(self._text, at)
        if after == len(self._text) and not self._is_last:
            raise Incomplete  # more digits may follow
        return after

    def _close(self) -> None:
        self._open.pop()
        if self._open:
            return
        if self._scalars:
            self._reject_scalars_as_one(reasons.ARRAY_OF_SCALARS)
        if self._count_before_map == self._count:
            reject = Reject(b"", self.next_position(), reasons.UNKNOWN_OBJECT)
            self._found.rejects.append(reject)
        self._count_before_map, self._has_object = None, False

    def _keep_scalars_apart(self) -> None:
        if len(self._scalars) == MAX_SCALARS:
            self._reject_scalars_as_one(reasons.SCALAR)
        self._found.rejects += self._scalars
        self._scalars, self._has_object = [], True

    def _reject_scalars_as_one(self, reason: str) -> None:
        first = self._scalars[0].position
        text = b"[" + b", ".join(scalar.text for scalar in self._scalars) + b"]"
        self._found.rejects.append(Reject(text, first, reason))
        self._scalars = []
        if self.line is None:
            self._count = first

    def next_position(self) -> int:
        """The position of what is found next; it counts as found."""
        self._count += 1
        return self._count if self.line is None else self.line

    def _give_up(self, at: int, reason: str) -> int | None:
        """Leaves damaged text behind; gives the place where reading goes on."""
        if self._open and self._open[-1] == "map":
            self._close()
        self._lost_because = reason
        if self.line is not None and not self._open:
            return self._lose_rest(at)
        return self._look_for_event(at, at + 1)

    def _look_for_event(self, at: int, first_try: int | None = None) -> int | None:
        """Passes over text until an event begins; gives its place, or None for 'not here'."""
        incomplete: list[int] = []
        tries = OBJECT_START.finditer(self._text, at if first_try is None else first_try)
        for tried, match in enumerate(tries):
            if tried == MAX_TRIES or len(incomplete) == MAX_INCOMPLETE_TRIES:
                break
            try:
                value, _ = decode(self._text, match.start())
            except Incomplete:
                incomplete.append(match.start())
            except Damaged:
                pass
            else:
                if is_like_an_event(value):
                    self._lose(self._data[at : match.start()])
                    self._reject_lost()
                    return match.start()
        if self._is_last:
            return self._lose_rest(at)
        keep_from = incomplete[0] if incomplete else self._possible_start()
        if len(self._text) - keep_from >= MAX_VALUE_BYTES:
            keep_from = len(self._text)
        self._lose(self._data[at:keep_from])
        self.rest = self._data[keep_from:]
        return None

    def _possible_start(self) -> int:
        """Where an object may begin that the end of the text leaves open."""
        bracket = self._text.rfind("{")
        is_open = bracket >= 0 and not self._text[bracket + 1 :].strip(" \t\r\n")
        return bracket if is_open else len(self._text)

    def _lose(self, text: bytes) -> None:
        room = MAX_KEPT_TEXT - sum(map(len, self._lost))
        self._lost.append(text[: max(room, 0)])

    def _lose_rest(self, at: int) -> int:
        self._lose(self._data[at:])
        self._reject_lost()
        self._ended_in_damage = True
        return len(self._text)

    def _reject_lost(self) -> None:
        text = b"".join(self._lost).strip(BLANK + b",")
        self._found.rejects.append(Reject(text, self.next_position(), self._lost_because))
        self._lost, self._lost_because = [], None

    def _finish(self) -> None:
        """Says so if arrays are still open at the end of the text."""
        if self._lost_because:
            self._lose_rest(len(self._text))
        if not self._open:
            return
        if self._scalars and not self._ended_in_damage:
            self._reject_scalars_as_one(reasons.CUT_OFF)
        elif not self._ended_in_damage:
            self._found.rejects.append(Reject(b"", self.next_position(), reasons.CUT_OFF))
        self._found.rejects += self._scalars
