"""Task attributes of calls and messages when they arrive."""

from __future__ import annotations

from workshop.simulator.centre import ANONYMOUS, Customer


def geography(customer: Customer | None) -> dict:
    """Return country, state, city and zip of a caller; unknown ones are empty strings."""
    country, _, state, city, code = customer.place[:5] if customer else ("", "", "", "", "")
    return {"country": country, "state": state, "city": city, "zip": code}


def voice_root(day, customer: Customer) -> dict:
    """Return the default keys of an inbound call (without call_sid)."""
    anonymous = day.r() < 0.03
    if anonymous:
        caller, place = day._pick(ANONYMOUS), geography(None)
    else:
        caller, place = customer.phone, geography(customer)
    ours = {"country": "US", "state": "CA", "city": "", "zip": ""}
    root = {"from": caller, "to": day.account.phone, "caller": caller, "called": day.account.phone}
    for side, where in (("from", place), ("to", ours), ("caller", place), ("called", ours)):
        for name, value in where.items():
            root[f"{side}_{name}"] = value
    root |= {"direction": "inbound", "account_sid": day.account.sid, "api_version": "2010-04-01",
             "call_status": "ringing", "selected_product": "support"}
    return root


# What implementers supply in ``conversations``: strings, numbers as strings, invalid numbers.
OVERRIDES = (
    {"handling_team_id": "T-900", "handling_team_name": "Night desk",
     "handling_team_name_in_hierarchy": "Acme ▸ Night desk"},
    {"handling_department_id": "D-9", "handling_department_name": "Nights"},
    {"queue": "Stammkunden", "workflow": "By skill", "channel": "Video"},
    {"communication_channel": "Kiosk", "external_contact": "+15550001111"},
    {"abandoned": "Yes", "abandoned_phase": "Voicemail", "abandon_time": "4.5"},
    {"abandoned": "Yes"}, {"abandoned": "No", "direction": "INBOUND"},
    {"ring_time": "7.5", "talk_time": 61, "wrap_up_time": "-3"},
    {"queue_time": "n/a", "hold_time": "1e999", "conversation_measure_2": "NaN"},
    {"activity": "Busy", "content": "long " * 60, "destination": "d" * 200,
     "in_business_hours": "Yes", "initiative": "Outreach", "productive": "No"},
    {"recording_status": "Recorded", "service_level": "Gold", "source": "Web form",
     "preceded_by": "Survey", "followed_by": "Callback"},
    {"first_response_time": "12.49", "average_response_time": "3.25", "focus_time": 40,
     "agent_talk_time": 30, "customer_talk_time": 25.5, "crosstalk_time": 2, "silence_time": 9,
     "longest_talk_by_agent": 11, "longest_talk_by_customer": 8,
     "longest_silence_before_agent": 3, "longest_silence_before_customer": 4},
    {"order": 3, "outcome": "Sold"}, {"kind": "Survey"},
    {"conversation_attribute_4": "A4 " * 60, "conversation_label_4": "L" * 150,
     "conversation_attribute_10": 10, "conversation_measure_10": "0.1"},
    {"conversation_label_3": "A label of nothing"},
)


def some_overrides(day) -> dict:
    """Return ``conversations`` as an implementer might have filled it."""
    return {**day._pick(OVERRIDES), **day._pick(OVERRIDES)}


def outbound_root(day, customer: Customer) -> dict:
    """Return the attributes of a call from the dialpad: no call_sid, no geography."""
    return {"direction": "outbound", "from": day.account.phone, "outbound_to": customer.phone}


def internal_root(caller, called) -> dict:
    """Return the attributes of a call between two agents."""
    return {"direction": "internal", "from": f"client:{caller.name}", "to": f"client:{called.name}",
            "client_call": True, "targetWorker": f"client:{called.name}"}


def chat_root(day, customer: Customer, kind: str, interaction: str):
    """Return root attributes, ``conversations`` and ``customers`` of a Flex conversation."""
    channel_sid = day._sid("CH")
    root = {"channelType": kind, "conversationSid": channel_sid,
            "flexChannelInviteSid": day._sid("KG"), "flexInteractionChannelSid": day._sid("UO"),
            "flexInteractionSid": interaction, "taskCreateSource": "interaction",
            "direction": "inbound"}
    address = {"sms": customer.phone, "whatsapp": f"whatsapp:{customer.phone}",
               "email": customer.email}.get(kind)
    if address:
        root |= {"customerAddress": address, "customerName": customer.name,
                 "from": customer.name, "initiatedBy": "customer"}
    else:
        root |= {"initiatedBy": "api", "customerId": f"{customer.index}_guest",
                 "custom_attributes": ""}
    conversations = {"initiated_by": "Customer" if address else "API",
                     "media": [{"type": "ChatTranscript", "sid": channel_sid}]}
    if day.r() < 0.85:
        conversations["conversation_id"] = interaction
    if kind == "email":
        conversations["communication_channel"] = "Email"
    customers = dict(customer.crm) if customer.crm and address else {}
    return root, conversations, customers
