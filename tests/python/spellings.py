"""One phone number in many notations, and where else a text can hide it."""

import base64
import gzip
import json
from urllib.parse import quote

NUMBER = "+14155550100"
# As addresses of a person: `from` and its like.
SPELLINGS = {
    "E.164": "+14155550100",
    "without plus": "14155550100",
    "00": "0014155550100",
    "spaces": "+1 415 555 0100",
    "brackets": "+1 (415) 555-0100",
    "dots": "+1.415.555.0100",
    "a long dash": "+1–415–555–0100",
    "hyphens that do not break": "+1‑415‑555‑0100",
    "a minus": "+1−415−555−0100",
    "spaces that do not break": "+1\u00a0415\u202f555\u20090100",
    "invisible characters": "\u202a+1415\u200b555\u00ad0100\u202c",
    "full-width": "＋１４１５５５５０１００",
    "Arabic-Indic digits": "+١٤١٥٥٥٥٠١٠٠",
    "Devanagari digits": "+१४१५५५५०१००",
    "tel": "tel:+1-415-555-0100",
    "whatsapp": "whatsapp:+14155550100",
    "sip": "sip:+14155550100@x.com",
    "sip with a name": '"Ada" <sips:+14155550100@x.com:5061;transport=tls>;tag=9',
    "client": "client:+14155550100",
    "client, as Twilio escapes it": "client:_2B14155550100",
    "messenger": "messenger:14155550100",
    "extension": "+14155550100;ext=5",
    "another extension": "+1 415 555 0100 x5",
    "in a link": "https://crm.example/?phone=%2B14155550100&x=1",
    "percent twice": "%252B1%2520415%2520555%25200100",
}
NATIONAL = {
    "(415) 555-0100": "(415) 555-0100", "415.555.0100": "415.555.0100", "1 415 555 0100": "1 415 555 0100",
    "011 for abroad": "011 1 415 555 0100",
}
# Of other people, however near they come.
OTHERS = {
    "a digit more": "+141555501001",
    "a digit less": "+1415555010",
    "a digit before": "914155550100",
    "another digit": "+14155550101",
    "another country": "+4414155550100",
    "more after a space": "+49 30 123456 78",
    "national": "(415) 555-0100",
    "an id": "A4155550100",
    "a price": "1,415,555.0100",
    "none": "anonymous",
}


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


# How a text within a task's attributes can say it. Each gives a value for a key.
HIDDEN = {
    "plain": lambda number: f"call {number}.",
    "percent": lambda number: "tel=" + quote(number, safe=""),
    "percent twice": lambda number: quote(quote(number, safe=""), safe=""),
    "JSON in JSON": lambda number: json.dumps({"a": [json.dumps({"b": number})]}),
    "base64": lambda number: in_base64(number),
    "base64 for links": lambda number: "/u/" + in_base64(f"who={number}").rstrip("=").replace("+", "-"),
    "base64 of JSON": lambda number: in_base64(json.dumps({"phone": number, "x": "y" * 50})),
    "base64 of gzip": lambda number: base64.b64encode(gzip.compress(number.encode())).decode(),
    "HTML": lambda number: f"<b>{number.replace('+', '&#43;').replace('-', '&#8209;')}</b>",
    "a list": lambda number: [1, {"deep": [[number]]}],
    "a key": lambda number: {number: "his"},
    "a number": lambda number: int("14155550100"),
    "many lines": lambda number: f"Hello\n\tmy number\r\nis\n{number}\n",
}
