"""A phone number is recognised in every notation, in addresses and in texts, and no other one is."""

import json

import duckdb
import pytest
from loading_support import ACCOUNT
from spellings import HIDDEN, NATIONAL, NUMBER, OTHERS, SPELLINGS

from flex_insights.privacy.mentions import Mentions, address_names, customer_names, is_withheld
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.readings import MAX_DECODED, readings

US = ("US",)


def by_name(country=None):
    return Mentions(customer_names(NUMBER, country), filter(None, [country]))


def by_hash(tmp_path, country=None):
    register = Register(tmp_path)
    for name in customer_names(NUMBER, country):
        register.add("customer", ACCOUNT, [name])
        register.add("mention", ANY_ACCOUNT, [name])
    return Mentions((), filter(None, [country]), register)


@pytest.fixture(params=["by name", "by hash"])
def mentions(request, tmp_path):
    return by_name() if request.param == "by name" else by_hash(tmp_path)


@pytest.fixture(params=["by name", "by hash"])
def american_mentions(request, tmp_path):
    return by_name("US") if request.param == "by name" else by_hash(tmp_path, "US")


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_found(spelling, mentions):
    assert NUMBER in customer_names(spelling)
    assert mentions.in_address(spelling, ACCOUNT)
    assert mentions.in_text(spelling, ACCOUNT)
    assert mentions.in_text(f"He said: {spelling}, twice", ACCOUNT)
    assert mentions.in_stray_text(f'{{"broken": "{spelling}')


@pytest.mark.parametrize("spelling", NATIONAL.values(), ids=NATIONAL)
def test_national_notation_is_found_where_a_country_is_given(spelling, american_mentions, mentions):
    assert american_mentions.in_address(spelling, ACCOUNT)
    assert american_mentions.in_text(f"call {spelling}!", ACCOUNT)
    assert NUMBER in customer_names(spelling, "US")
    if "1 415" not in spelling:
        assert not mentions.in_text(f"call {spelling}!", ACCOUNT)


@pytest.mark.parametrize("spelling", OTHERS.values(), ids=OTHERS)
def test_no_other_number_is_taken_for_it(spelling, mentions):
    assert not mentions.in_address(spelling, ACCOUNT)
    assert not mentions.in_text(f"He said: {spelling}, twice", ACCOUNT)


def test_a_number_that_begins_like_another_ones_address_is_not_taken_for_it():
    berlin = Mentions(customer_names("+4930123456"))
    assert berlin.in_address("+49 (0)30 12 34 56", ACCOUNT)
    assert not berlin.in_address("+49 30 123456 78", ACCOUNT)


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("spelling", ["+14155550100", "+1 (415) 555-0100", "0014155550100"])
def test_it_is_found_wherever_it_hides(hide, spelling, mentions):
    """In the value, and in SQL in an event that holds attributes with the value."""
    value = hide(spelling)
    text = value if isinstance(value, str) else json.dumps(value)
    assert mentions.in_text(text, ACCOUNT)


@pytest.mark.parametrize("hide", HIDDEN)
@pytest.mark.parametrize("spelling", [*SPELLINGS.values(), *NATIONAL.values()])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_the_quick_look_passes_over_nothing(hide, spelling, is_ascii):
    """What SQL passes over is never looked at again."""
    value = HIDDEN[hide](spelling)
    text = value if isinstance(value, str) else json.dumps(value)
    if not by_name("US").in_text(text, ACCOUNT) or ("\u200b" in spelling and "base64 of JSON" == hide):
        return  # nothing to pass over, or JSON escapes within base64 between digits
    event = json.dumps({"TaskAttributes": json.dumps({"x": value}, ensure_ascii=is_ascii)})
    condition = by_name("US").may_be_in("event")
    (found,) = duckdb.execute(f"select {condition} from (select $1 as event)", [event]).fetchall()
    assert found == (True,), (event, condition)


def test_the_quick_look_passes_over_most():
    event = json.dumps({"TaskAttributes": json.dumps({"from": "+14155550101", "to": "+18005550199",
        "call_sid": "CA" + "0123456789abcdef" * 2, "name": "Ada", "flexInteractionChannelSid": "UO1"})})
    condition = by_name().may_be_in("event")
    assert duckdb.execute(f"select {condition} from (select $1 as event)", [event]).fetchall() == [(False,)]


@pytest.mark.parametrize("value", ["Ann@Example.com", "cust/ö 4711", "CUST-4711"])
@pytest.mark.parametrize("hide", ["percent", "JSON in JSON", "base64", "base64 of JSON", "a list"])
def test_other_ids_are_found_encoded_too(value, hide):
    mentions = Mentions(customer_names(value), as_given=[value])
    text = json.dumps({"x": HIDDEN[hide](value)})
    assert mentions.in_text(text, ACCOUNT)
    condition = mentions.may_be_in("event")
    assert duckdb.execute(f"select {condition} from (select $1 as event)", [text]).fetchall() == [(True,)]


def test_names_are_of_whole_values():
    assert address_names("+49 (0)30 123456") == {"+4930123456"}
    assert address_names("sip:12345@pbx.example", US) == {"sip:12345@pbx.example", "12345@pbx.example"}
    assert address_names("Ann <Ann@Example.com>") == {"ann <ann@example.com>", "ann@example.com"}
    assert customer_names("4711000815", "DE") == {"4711000815", "+494711000815"}


@pytest.mark.parametrize("value", ["+266696687", "266-696-687", "Anonymous", "sip:anonymous@anonymous.invalid",
                                   "client:unknown", "+7378742833"])
def test_withheld_numbers_are_nobodys(value):
    assert is_withheld(value)


def test_a_text_that_unpacks_to_much_is_read_within_bounds():
    bomb = HIDDEN["base64 of gzip"]("0" * (3 * MAX_DECODED))
    assert sum(map(len, readings(bomb))) < 3 * MAX_DECODED
    nested = "x"
    for _ in range(60):
        nested = HIDDEN["percent"](nested)
    assert len(list(readings(nested))) < 100
