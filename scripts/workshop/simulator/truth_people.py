"""The truth about customers: who they are, and what is known about them."""

from __future__ import annotations

from workshop.simulator.centre import PLACES
from workshop.simulator.truth_tables import GIVEN

NUMBERS = {"266696687", "7378742833", "2562533", "8656696", "86282452253"}
WORDS = {"anonymous", "restricted", "unknown", "unavailable"}
REGION = {place[0]: place[1] for place in PLACES}
PLACE_KEYS = {
    (first, second): [(name, f"{first}_{name}", f"{second}_{name}")
                      for name in ("country", "state", "city", "zip")]
    for first, second in (("from", "caller"), ("to", "called"))}
STEPS = ("external_id", "phone", "email", "address")


def _address(value) -> str | None:
    """Return an address that identifies somebody, without WhatsApp's prefix; else None."""
    if not value:
        return None
    value = value.removeprefix("whatsapp:")
    bare = value.removeprefix("+")
    return None if bare in NUMBERS or value.lower() in WORDS else value


def _is_address(value: str) -> bool:
    return value.removeprefix("+").isdigit() or "@" in value or ":" in value


def _addresses(root: dict, direction: str, voice: bool) -> tuple[list, list]:
    """Return the candidates for the id and those for Phone, best first."""
    names = ["to", "called", "outbound_to"] if direction == "Outbound" else ["from", "caller"]
    phones = [root.get(name) for name in names]
    customer = root.get("customerAddress")
    if not voice:
        phones = [value for value in phones if value and _is_address(value)]
        return [customer, *phones], phones
    return [*phones, customer], phones


def _first(values):
    for value in values:
        if value:
            return value
    return None


def _read(row: dict) -> tuple[dict, dict]:
    """Return the id at each step and the facts about the customer from one row."""
    root, given = row["stage"].root, row["stage"].customers
    if row["direction"] == "Internal":
        caller = (root.get("from") or "").removeprefix("client:") or None
        return {"address": caller}, {"name": caller, "type": "Agent"}
    candidates, phones = _addresses(root, row["direction"], row["voice"])
    candidates = [_address(value) for value in candidates]
    customer = _address(root.get("customerAddress"))
    email = customer if customer and "@" in customer else None
    if email or not customer:
        phones = [p for p in map(_address, phones) if p and (row["voice"] or "@" not in p)]
    else:
        phones = [customer] if not row["voice"] else [*map(_address, phones), customer]
    ids = {"external_id": given.get("external_id"), "phone": _address(given.get("phone")),
           "email": given.get("email"), "address": _first(candidates)}
    sides = ("to", "called") if row["direction"] == "Outbound" else ("from", "caller")
    facts = {name: root.get(first) or root.get(second) for name, first, second in PLACE_KEYS[sides]}
    if given:
        facts |= {name: given[name] for name in GIVEN if given.get(name) not in (None, "")}
    facts["phone"] = ids["phone"] or _first(phones)
    facts["email"] = ids["email"] or email
    facts["name"] = given.get("name") or root.get("customerName")
    facts.setdefault("region", REGION.get(facts["country"]))
    return ids, facts


def customer_of(rows: list[dict], conversation_id: str) -> tuple[str, dict]:
    """Return a conversation's customer id and the last non-empty facts, from its ordered rows."""
    person: dict = {}
    best, who = len(STEPS), conversation_id
    seen: dict[int, tuple] = {}
    for row in rows:
        stage = row["stage"]
        key = (id(stage.root), id(stage.customers))
        if key not in seen:
            seen[key] = _read(row)
        ids, facts = seen[key]
        person |= {name: value for name, value in facts.items() if value}
        for step, name in enumerate(STEPS[:best]):
            if ids.get(name):
                best, who = step, ids[name]
                break
    return (who.lower() if "@" in who and best < len(STEPS) else who), person
