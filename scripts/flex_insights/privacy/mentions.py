"""Where a text speaks of a customer: by phone number, e-mail address or id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from flex_insights.loading.wrappings import texts_inside
from flex_insights.sql_text import quoted_text

from flex_insights.privacy.register import ANY_ACCOUNT, Register

SHORTEST = 5  # characters; shorter ones would be found by chance
PREFIX = re.compile(r"^(whatsapp|tel|sms|rcs):", re.IGNORECASE)
NUMBER = re.compile(r"\+?\(?\d[\d\s().-]{3,}\d")
WORD = re.compile(r"[^\s\"'<>(),;\\|=&?\[\]{}]+")
BETWEEN_DIGITS = r"[\s().-]{0,2}"
ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
ACCOUNT_SID = re.compile("AC[0-9a-fA-F]{32}")
TASK_SID = re.compile("WT[0-9a-fA-F]{32}")
WITHHELD = {
    *("266696687", "7378742833", "2562533", "8656696", "86282452253"),
    *("anonymous", "restricted", "unknown", "unavailable"),
}


def normalised(value: str) -> str:
    """One spelling of an address or id: without prefix, letter case and, in numbers, all but digits."""
    text = PREFIX.sub("", value.strip()).lower()
    return re.sub(r"\D", "", text) if NUMBER.fullmatch(text) else text


class Mentions:
    """Tells texts that hold one of some values, known themselves or by their hashes only."""

    def __init__(self, values: list[str], register: Register | None = None):
        self.needles = [n for n in map(normalised, values) if len(n) >= SHORTEST]
        self._pattern = _any_of(map(_whole, self.needles))
        self._anywhere = _any_of(map(_spelled, self.needles))
        self._register = register

    def in_text(self, text: str, account: str) -> bool:
        """Whether a text of an account's event mentions somebody."""
        if self._pattern and self._pattern.search(text):
            return True
        register = self._register
        return bool(register) and any(register.holds_customer(account, w) for w in _words(text))

    def may_be_in_json(self, text: str, account: str) -> bool:
        """Whether a text of JSON within JSON may hold a mention: a quick look at all of it."""
        if self._register:
            return True  # only single values can be told by their hashes
        plain = ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\\", "")
        # an escape can end in a letter, which is none of the word that follows
        return bool(self._anywhere and self._anywhere.search(plain))

    def in_stray_text(self, text: str) -> bool:
        """The same of a rejected line or a file's name, which may be of any account, and of what the
        loader would find inside it."""
        return any(map(self._in_stray_text, (text, *texts_inside(text))))

    def _in_stray_text(self, text: str) -> bool:
        if self._pattern and self._pattern.search(text):
            return True
        register = self._register
        if not register:
            return False
        return any(register.holds("mention", ANY_ACCOUNT, word) for word in _words(text)) or any(
            register.holds("task", account, task)
            for account in ACCOUNT_SID.findall(text)
            for task in TASK_SID.findall(text)
        )

    def may_be_in(self, column: str) -> str:
        """An SQL condition that holds wherever a value may stand in a column of JSON text."""
        is_ascii = all(map(str.isascii, self.needles))
        # a character may be written as a number; those of ASCII begin with 002 to 007
        escapes = r"\\u00[2-7]" if is_ascii else r"\\u"
        conditions = [f"regexp_matches({column}, {quoted_text(escapes)})"]
        for needle in self.needles:
            if needle.isdigit():
                pattern = quoted_text(BETWEEN_DIGITS.join(needle))
                conditions.append(f"regexp_matches({column}, {pattern})")
                continue
            once = json.dumps(needle)[1:-1]
            twice = json.dumps(once)[1:-1]
            spellings = {needle, once, twice, once.replace("/", "\\/"), needle.replace("@", "%40")}
            for text in sorted(spellings):
                conditions.append(f"contains(lower({column}), {quoted_text(text)})")
        return "(" + " or ".join(conditions) + ")" if self.needles else "false"


def _words(text: str) -> set[str]:
    return set(map(normalised, (text, *NUMBER.findall(text), *WORD.findall(text))))


def _any_of(patterns: Iterable[str]) -> re.Pattern | None:
    text = "|".join(patterns)
    return re.compile(text, re.IGNORECASE) if text else None


def _spelled(needle: str) -> str:
    if needle.isdigit():
        return BETWEEN_DIGITS.join(needle)
    return re.escape(needle).replace("@", "(?:@|%40)")


def _whole(needle: str) -> str:
    """As a whole: 48213 is not in WTab48213c, nor CUST-1 in CUST-12 or ann@x.org in joann@x.org."""
    if needle.isdigit():
        return rf"(?<![^\W_]){_spelled(needle)}(?![^\W_])"
    return rf"(?<![\w.+-]){_spelled(needle)}(?![\w-]|\.\w)"
