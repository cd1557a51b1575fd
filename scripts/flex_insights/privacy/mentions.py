"""Where a text speaks of a customer: by phone number, e-mail address or id, however it is written.

A name is what all spellings of one address or id have in common: +14155550100 for a phone number, lower
case for all else, digits alone for a number that is no phone number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache

from flex_insights.privacy.numbers import folded, is_number, numbers_in, phone_number, phone_numbers_in
from flex_insights.privacy.quick_look import may_hold
from flex_insights.privacy.readings import readings
from flex_insights.privacy.register import ANY_ACCOUNT, Register

SHORTEST = 5  # characters; shorter ones would be found by chance
LONGEST_CACHED = 200
PREFIX = re.compile(r"^(whatsapp|tel|sms|rcs):", re.IGNORECASE)
NUMBER = re.compile(r"\+?\(?\d[\d\s().-]{3,}\d", re.ASCII)
WORD = re.compile(r"[^\s\"'<>(),;\\|=&?\[\]{}]+")
EMAIL = re.compile(r"[^\s\"'<>(),;:\\|=&?/\[\]{}]+@[^\s\"'<>(),;:\\|=&?/\[\]{}@]+\w")
ACCOUNT_SID = re.compile("AC[0-9a-fA-F]{32}")
TASK_SID = re.compile("WT[0-9a-fA-F]{32}")
# as macros/customer_addresses.sql has it
WITHHELD_NUMBERS = {"266696687", "7378742833", "2562533", "8656696", "86282452253"}
WITHHELD = re.compile(r"([a-z]+:)?\+?(anonymous|restricted|unknown|unavailable)(@.*)?")


def normalised(value: str) -> str:
    """The name of an address or id as a whole."""
    text = PREFIX.sub("", folded(value).strip()).lower()
    if not NUMBER.fullmatch(text):
        return text
    digits = re.sub(r"\D", "", text)
    if text.startswith("00"):
        return phone_number(digits[2:]) or digits
    return phone_number(digits) or digits if "+" in text else digits


def address_names(value: str, countries: tuple[str, ...] = ()) -> frozenset[str]:
    """All that an address names somebody by: as a whole, and numbers and e-mail addresses in it.

    National notation is read as that of each of the countries.
    """
    if len(value) > LONGEST_CACHED:
        return _address_names(value, countries)
    return _cached_address_names(value, countries)


def _address_names(value: str, countries: tuple[str, ...]) -> frozenset[str]:
    names = {normalised(value)}
    for reading in readings(value):
        text = folded(reading)
        names |= phone_numbers_in(text, countries)
        names.update(map(str.lower, EMAIL.findall(text)))
    return frozenset(names - {""})


_cached_address_names = lru_cache(100_000)(_address_names)


def customer_names(value: str, country: str | None = None) -> frozenset[str]:
    """The names of a customer that a user gives; without a plus a number is the country's, if one is
    given."""
    text = normalised(value)
    if country and text.isdigit():
        # it may be an id as well
        return frozenset({text, phone_number(text, country)} - {""})
    return address_names(value)


def is_withheld(value: str) -> bool:
    """Whether an address stands for all who withhold their number."""
    if WITHHELD.fullmatch(folded(value).strip().lower()):
        return True
    return any(name.lstrip("+") in WITHHELD_NUMBERS for name in address_names(value))


class Mentions:
    """Tells texts that hold one of some names, known themselves or by their hashes only.

    National notation is read as that of each of the countries (ISO codes); `as_given` is how the user
    has spelled the names.
    """

    def __init__(
        self,
        names: Collection[str],
        countries: Collection[str] = (),
        register: Register | None = None,
        as_given: Collection[str] = (),
    ):
        self.names = set(names)
        self.countries = tuple(sorted(countries))
        self._in_texts = {name for name in self.names if len(name) >= SHORTEST}
        ids = [name for name in self._in_texts if not is_number(name)]
        self._pattern = _any_of(map(_whole, ids))
        self._register = register
        self._as_given = as_given

    def in_address(self, value: str, account: str) -> bool:
        """Whether an address of an account's event names somebody."""
        names = address_names(value, self.countries)
        if not self.names.isdisjoint(names):
            return True
        register = self._register
        return register is not None and any(register.holds_customer(account, n) for n in names)

    def in_text(self, text: str, account: str) -> bool:
        """Whether a text of an account's event mentions somebody, encoded or not."""
        register = self._register
        is_erased = register and (lambda name: register.holds_customer(account, name))
        return any(self._in_reading(reading, is_erased) for reading in readings(text))

    def in_stray_text(self, text: str, tasks: Collection[str] = ()) -> bool:
        """The same of a rejected line or a file's name, which may be of any account, or whether it
        names one of the tasks."""
        register = self._register
        is_erased = register and (lambda name: register.holds("mention", ANY_ACCOUNT, name))
        return any(
            self._in_reading(reading, is_erased)
            or any(task in reading for task in tasks)
            or self._names_erased_task(reading)
            for reading in readings(text)
        )

    def _in_reading(self, reading: str, is_erased: Callable[[str], bool] | None) -> bool:
        text = folded(reading)
        if self._pattern and self._pattern.search(text.lower()):
            return True
        numbers = numbers_in(text, self.countries)
        if not self._in_texts.isdisjoint(numbers):
            return True
        return is_erased is not None and any(map(is_erased, numbers | _words(text)))

    def _names_erased_task(self, text: str) -> bool:
        register = self._register
        return register is not None and any(
            register.holds("task", account, task)
            for account in ACCOUNT_SID.findall(text)
            for task in TASK_SID.findall(text)
        )

    def may_be_in(self, column: str) -> str:
        """An SQL condition that holds wherever a name that is looked for in texts may stand in a column
        of JSON text."""
        return may_hold(self._in_texts, column, self._as_given)

    def may_be_among(self, columns: Collection[str]) -> str:
        """The same of any name in columns of addresses."""
        return may_hold(self.names, f"concat_ws(chr(10), {', '.join(columns)})")


def _words(text: str) -> set[str]:
    """Names that single words of a text may be, and the text as a whole."""
    words = {text, *EMAIL.findall(text)}
    for word in WORD.findall(text):
        words |= {word, word.rstrip(".!:"), *re.split("[:/]", word)}
    return {name for name in map(normalised, words) if name}


def _any_of(patterns: Iterable[str]) -> re.Pattern | None:
    text = "|".join(patterns)
    return re.compile(text) if text else None


def _whole(name: str) -> str:
    """As a whole: CUST-1 is not in CUST-12, nor ann@x.org in joann@x.org."""
    return rf"(?<![\w.+-]){re.escape(name)}(?![\w-]|\.\w)"
