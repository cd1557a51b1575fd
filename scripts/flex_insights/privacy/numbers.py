"""Phone numbers in texts, in whatever notation: one name for all spellings of a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

import phonenumbers

# E.164 allows 15 digits; 00 or a trunk prefix can stand before them.
SHORTEST, LONGEST = 5, 19
# A shorter run of digits between letters is taken for a part of an id.
LONG_ENOUGH_BETWEEN_LETTERS = 10
GROUP = re.compile(r"[0-9]+")
BETWEEN_GROUPS = re.compile(r"[\s().\-/_~\[\]]{1,4}")
BETWEEN_GROUPS_OF_AN_ADDRESS = re.compile(r"[\s().-]{1,3}")
PLUS = re.compile(r"\+[\s(\[]{0,2}$")
EXTENSION = re.compile(r"(?:e?xt?n?|w|p)[.:\s]{0,2}[0-9]", re.IGNORECASE)
DOTS = "·•∙‧"
DASHES = "−ー⁃"


def countries() -> Collection[str]:
    """ISO codes of the countries whose notation is known."""
    return phonenumbers.SUPPORTED_REGIONS


def folded(text: str) -> str:
    """A text with ASCII digits, dashes and spaces in place of all others, and nothing invisible."""
    if text.isascii():
        return text
    return "".join(map(_folded_character, unicodedata.normalize("NFKC", text)))


def _folded_character(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character in DASHES:
        return "-"
    if category.startswith("Z"):
        return " "
    if category in ("Cf", "Cc", "Me") or character == "\ufe0f":
        return ""
    return "." if character in DOTS else character


def numbers_in(text: str, of_countries: Collection[str]) -> set[str]:
    """All that digits in a folded text may name: phone numbers with a plus, other numbers without.

    National notation is read as that of each of the countries. Digits in groups are read in any way
    that begins and ends with a group: what belongs together is not known.
    """
    names = set()
    for digits, has_plus, _ in _runs(text, BETWEEN_GROUPS):
        names |= names_of_digits(digits, has_plus, tuple(of_countries))
    return names


def phone_numbers_in(address: str, of_countries: Collection[str]) -> set[str]:
    """The phone numbers that a folded address holds: of digits in groups the longest possible one."""
    longest = {}
    for digits, has_plus, start in _runs(address, BETWEEN_GROUPS_OF_AN_ADDRESS, is_address=True):
        names = names_of_digits(digits, has_plus, tuple(of_countries))
        if numbers := {name for name in names if name.startswith("+")}:
            longest[start] = numbers
    return set().union(*longest.values())


@lru_cache(100_000)
def names_of_digits(digits: str, has_plus: bool, of_countries: tuple[str, ...]) -> frozenset[str]:
    """What a run of digits may name."""
    if not SHORTEST <= len(digits) <= LONGEST:
        return frozenset()
    if digits.startswith("00"):
        written = {digits, digits[2:]}
        digits, has_plus = digits[2:], True
    else:
        written = {digits}
    number = phone_number(digits)
    if has_plus:
        return frozenset({number} if number else written)
    read = {phone_number(digits, country) for country in of_countries}
    return frozenset((written | {number} | read) - {""})


def phone_number(digits: str, country: str | None = None) -> str:
    """The number that digits are, with a plus, as E.164 has it; empty if they are none.

    Without a country they are all of it, with one they may be its national notation.
    """
    try:
        number = phonenumbers.parse(digits if country else f"+{digits}", country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_number(name: str) -> bool:
    return name.lstrip("+").isdigit()


def last_digits(name: str) -> str:
    """Digits that every spelling of a number ends with: a trunk or a mobile prefix is not among them."""
    return name.lstrip("+")[-7:]


def _runs(
    text: str, between: re.Pattern, is_address: bool = False
) -> Iterator[tuple[str, bool, int]]:
    """Digits that stand together, in groups or not, whether a plus stands before them, and where.

    In an address none begins after another group or stands between letters.
    """
    groups = list(GROUP.finditer(text))
    for first, start in enumerate(groups):
        has_plus = PLUS.search(text, max(0, start.start() - 3), start.start()) is not None
        is_continued = first > 0 and between.fullmatch(text, groups[first - 1].end(), start.start())
        if is_address and is_continued and not has_plus:
            continue
        is_after_letter = start.start() > 0 and text[start.start() - 1].isalpha()
        digits = ""
        for i in range(first, len(groups)):
            group = groups[i]
            if i > first and not between.fullmatch(text, groups[i - 1].end(), group.start()):
                break
            digits += group[0]
            if len(digits) > LONGEST:
                break
            is_in_letters = is_after_letter or _is_before_letter(text, group.end())
            if not is_in_letters or not is_address and len(digits) >= LONG_ENOUGH_BETWEEN_LETTERS:
                yield digits, has_plus, first


def _is_before_letter(text: str, end: int) -> bool:
    return end < len(text) and text[end].isalpha() and not EXTENSION.match(text, end)
