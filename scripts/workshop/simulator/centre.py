"""The fixed parts of a simulated contact centre: accounts, queues, agents, customers.

Everything here is a pure function of numbers (seed, account, index), so that any day can be
simulated alone, in any process, with the same people and the same SIDs.
"""

from __future__ import annotations

import json
import unicodedata

MASK = (1 << 64) - 1
DAY_MS = 86_400_000
ACTIVITIES = ("Offline", "Available", "Unavailable", "Break", "Lunch", "Training")
SHIFT_STARTS = (0, 900_000, 4_500_000, 10_800_000, 15_300_000)  # ms after the earliest
AVAILABLE, OFFLINE, UNAVAILABLE = "Available", "Offline", "Unavailable"


def mix(*numbers: int) -> int:
    """Return a 64-bit hash of ``numbers``."""
    bits = 0x9E3779B97F4A7C15
    for number in numbers:
        bits = (bits ^ (number & MASK)) * 0xBF58476D1CE4E5B9 & MASK
        bits ^= bits >> 27
        bits = bits * 0x94D049BB133111EB & MASK
        bits ^= bits >> 31
    return bits


def sid(prefix: str, *numbers: int) -> str:
    """Return a SID in Twilio's form: two letters and 32 hexadecimal digits."""
    return f"{prefix}{mix(*numbers, 1):016x}{mix(*numbers, 2):016x}"


QUEUES = (
    # name, what its agents can do, expression
    ("Sales", "voice", "routing.skills HAS 'sales'"),
    ("Support", "voice", "routing.skills HAS 'support'"),
    ("Support Tier 2", "voice", "routing.skills HAS 'support' AND routing.levels.support > 3"),
    ("Billing", "voice", "routing.skills HAS 'billing'"),
    ("Atención al cliente", "voice", "routing.skills HAS 'español'"),
    ("Chat", "digital", "routing.skills HAS 'chat'"),
    ("Messaging", "digital", "routing.skills HAS 'messaging'"),
    ("E-mail", "digital", "routing.skills HAS 'email'"),
    ("Everyone", "voice", "1==1"),
    ("IVR", "none", "1==2"),
)
WORKFLOWS = ("Assign to Anyone", "Inbound Voice", "Digital Channels", "IVR Reporting")
CHANNELS = ("voice", "chat", "sms", "email", "default")

TEAMS = (
    # id, name, hierarchy (a list as Flex has it, or a text), department id, department name
    ("T-100", "Sales North", ["Acme", "Sales", "Sales North"], "D-1", "Sales"),
    ("T-110", "Sales South", ["Acme", "Sales", "Sales South"], "D-1", "Sales"),
    ("T-200", "Support Day", ["Acme", "Support", "Support Day"], "D-2", "Customer Support"),
    ("T-210", "Support Late", "Acme ▸ Support ▸ Support Late", "D-2", "Customer Support"),
    ("T-300", "Billing", ["Acme", "Finance", "Billing"], "D-3", "Finance"),
    ("T-400", "Digital", ["Acme", "Digital"], "D-4", "Digital"),
    (None, None, None, None, None),
)
PEOPLE = (
    ("Anna Kowalska", "anna.kowalska"), ("John Doe", "john.doe"), ("Alba Pérez", "alba.perez"),
    ("Łukasz Żółć", "lukasz.zolc"), ("Zoë Müller", "zoe.mueller"), ("Άννα Παπαδοπούλου", "anna.p"),
    ("Олена Шевченко", "olena.shevchenko"), ("山田 太郎", "yamada.taro"), ("李 娜", "li.na"),
    ("김 민준", "kim.minjun"), ("محمد علي", "mohamed.ali"), ("דוד כהן", "david.cohen"),
    ("प्रिया शर्मा", "priya.sharma"), ("Siobhán O'Brien", "siobhan.obrien"),
    ("João da Silva", "joao.dasilva"), ("Jürgen \"Jay\" Weiß", "juergen.weiss"),
    ("Nguyễn Thị Mai", "mai.nguyen"), ("Ifeoma Okafor", "ifeoma.okafor"),
    ("Maria Rossi", "maria.rossi"), ("Sam O\\Neil", "sam.oneil"),
)
# agents after those
GIVEN_NAMES = ("Amina", "Björn", "Chiara", "Dilnoza", "Élodie", "Farid", "Grace", "Hana", "Iñigo",
               "Jana", "Kwame", "Leïla", "Mateus")
FAMILY_NAMES = ("Nakamura", "Díaz", "Jansen", "Petrović", "Abebe", "Horváth", "Ó Briain", "Çelik", "Brown",
                "Quispe", "Eriksson", "Mbeki", "Fontaine", "Kovač", "Lindqvist", "Ivanova",
                "Gunnarsdóttir")
PLACES = (
    # country, region, state, city, zip, dialling prefix, digits that follow
    ("US", "North America", "CA", "SAN BRUNO", "94030", "+1650", 7),
    ("US", "North America", "NY", "NEW YORK", "10001", "+1212", 7),
    ("US", "North America", "TX", "AUSTIN", "73301", "+1512", 7),
    ("CA", "North America", "ON", "TORONTO", "", "+1416", 7),
    ("GB", "Europe", "", "", "", "+4420", 8),
    ("DE", "Europe", "", "BERLIN", "10115", "+4930", 8),
    ("FR", "Europe", "", "PARIS", "75001", "+331", 8),
    ("PL", "Europe", "", "KRAKÓW", "", "+4812", 7),
    ("ES", "Europe", "", "", "", "+3491", 7),
    ("BR", "Latin America", "SP", "SÃO PAULO", "", "+5511", 9),
    ("IN", "Asia", "", "", "", "+9122", 8),
    ("JP", "Asia", "", "東京", "", "+813", 8),
    ("ZA", "Africa", "", "", "", "+2711", 7),
    ("AU", "Australia", "NSW", "SYDNEY", "2000", "+612", 8),
)
CUSTOMER_NAMES = (
    "Eva Novák", "Peter Smith", "María José García", "François Dubois", "佐藤 花子", "王 伟",
    "Иван Петренко", "Ελένη Νικολάου", "فاطمة حسن", "יעל לוי", "अर्जुन पटेल", "이 서연",
    "Björn Åkesson", "D'Arcy, Liam", "Anita \"Nita\" Bose", "Chloé 🌻", "Olu Adeyemi", "Kai",
)
ANONYMOUS = ("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253",
             "anonymous", "Restricted", "unknown", "Unavailable")


def person(index: int) -> tuple[str, str]:
    """Return name and login of an agent; those of the first few thousand are all different."""
    if index < len(PEOPLE):
        return PEOPLE[index]
    number = index - len(PEOPLE)
    # the two lengths have no common divisor, so every pair comes before the first comes again
    given, family = (names[number % len(names)] for names in (GIVEN_NAMES, FAMILY_NAMES))
    repeats = number // (len(GIVEN_NAMES) * len(FAMILY_NAMES))
    initial = f"{chr(ord('A') + (repeats - 1) % 26)}. " if repeats else ""
    name = f"{given} {initial}{family}"
    plain = unicodedata.normalize("NFKD", f"{given} {initial}{family.replace(' ', '')}")
    login = plain.encode("ascii", "ignore").decode().lower().replace(".", "").replace(" ", ".")
    return name, login


class Queue:
    """A task queue and the agents who serve it."""

    __slots__ = ("sid", "name", "expression", "skill", "texts")

    def __init__(self, sid: str, name: str, expression: str, skill: str) -> None:
        self.sid, self.name, self.expression, self.skill = sid, name, expression, skill
        self.texts: dict[str, str] = {}  # serialised, by form


class Team:
    """Team and department as worker attributes name them."""

    __slots__ = ("id", "name", "hierarchy", "department_id", "department_name", "attributes")

    def __init__(self, id, name, hierarchy, department_id, department_name) -> None:
        self.id, self.name, self.department_id = id, name, department_id
        self.department_name = department_name
        self.hierarchy = " ▸ ".join(hierarchy) if isinstance(hierarchy, list) else hierarchy
        self.attributes = {} if id is None else {
            "team_id": id, "team_name": name, "team_name_in_hierarchy": hierarchy,
            "department_id": department_id, "department_name": department_name,
            "department_name_in_hierarchy": department_name,
        }


TEAM_LIST = tuple(Team(*row) for row in TEAMS)


class Worker:
    """Who an agent is, when they were hired, and in which team they work from which day on."""

    __slots__ = ("account", "index", "sid", "name", "full_name", "email", "skill", "roles",
                 "teams", "moved_at", "joins_on", "leaves_on", "custom", "texts", "fragments")

    def __init__(self, account: "Account", index: int, days: int) -> None:
        bits = mix(account.number, 7, index)
        name, self.name = person(index)
        self.account, self.index = account, index
        self.sid = sid("WK", account.number, 70, index)
        # one in nine has no full_name, so that the login is used
        self.full_name = None if index % 9 == 8 else name
        self.email = f"{self.name}@example.com"
        self.skill = "digital" if index % 4 == 3 else "voice"
        self.roles = ["agent"] if index % 10 else ["supervisor", "agent"]
        digital = self.skill == "digital"
        team = TEAM_LIST[5 if digital and index % 8 == 7 else (bits >> 8) % len(TEAM_LIST)]
        next_team = TEAM_LIST[(bits >> 24) % (len(TEAM_LIST) - 1)] if index % 13 == 5 else team
        self.teams = (team, next_team)
        # a few are hired or leave within the simulated time; the rest were there before
        self.joins_on = (bits >> 32) % days if index % 17 == 11 else None
        self.leaves_on = days - 1 - (bits >> 40) % days if index % 19 == 10 else None
        if self.joins_on is not None:
            self.leaves_on = None
        self.custom = {} if index % 5 else {
            "agent_id": f"A-{1000 + index}", "location": "Kraków", "manager": "Anna Kowalska",
            "agent_attribute_1": "Bilingual", "agent_label_1": "Languages",
            "phone": f"+1650555{index % 10000:04d}",
        }
        self.texts = (self._attributes(team), self._attributes(next_team))
        self.fragments: dict[tuple, str] = {}  # serialised, by form and team
        self.moved_at = self._moving_time(bits >> 16, days) if next_team is not team else None

    def _moving_time(self, bits: int, days: int) -> int | None:
        for day in range(days):
            shift = self.shift((bits + day) % days)
            if shift:
                return (shift[0] + shift[1]) // 2 + bits % 1000
        return None

    def _attributes(self, team: Team) -> str:
        fields: dict = {"routing": {"skills": [self.skill], "levels": {}}}
        if self.full_name:
            fields["full_name"] = self.full_name
        fields |= {"image_url": f"https://example.com/img/{self.index}", "roles": self.roles,
                   "contact_uri": f"client:{self.name}", "email": self.email}
        fields |= team.attributes
        fields |= self.custom
        # Twilio escapes slashes in these strings
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")

    def exists_on(self, day: int) -> bool:
        """Return whether the worker is employed at any time of ``day``."""
        return ((self.joins_on is None or day >= self.joins_on)
                and (self.leaves_on is None or day <= self.leaves_on))

    def shift(self, day: int) -> tuple[int, int] | None:
        """Return start and end of the day's shift (epoch ms), or None on a day off."""
        bits = mix(self.account.number, 71, self.index, day)
        weekend = (self.account.first_weekday + day) % 7 > 4
        must = day in (self.joins_on, self.leaves_on)
        if not self.exists_on(day) or (weekend and bits % 4 and not must):
            return None
        early = (6 * 60 + 55) * 60_000 + (bits >> 8) % (50 * 60_000)
        late = SHIFT_STARTS[self.index % len(SHIFT_STARTS)]
        length = (8 * 60 + (bits >> 32) % 40) * 60_000 + (bits >> 40) % 60_000
        start = self.account.start + day * DAY_MS + early + late
        return start, start + length

    def offline_since(self, day: int) -> int:
        """Return when, before ``day``, the worker last went offline or was created."""
        for before in range(day - 1, day - 15, -1):
            if self.joins_on is not None and before < self.joins_on:
                break
            shift = self.shift(before)
            if shift:
                return shift[1]
        return self.created_at()

    def created_at(self) -> int:
        """Return the moment of worker.created (epoch ms; meaningful for hires only)."""
        day = self.account.start + (self.joins_on or 0) * DAY_MS
        return day + 6 * 3_600_000 + mix(self.index, 9) % 1_800_000

    def team_at(self, at: int) -> int:
        """Return 0 (first team) or 1 (next team) for an epoch ms."""
        return int(self.moved_at is not None and at >= self.moved_at)


class Customer:
    """A person who calls or writes: numbers, place, name, and CRM data."""

    __slots__ = ("index", "place", "phone", "name", "email", "crm")

    def __init__(self, account: "Account", index: int) -> None:
        bits = mix(account.number, 5, index)
        self.index = index
        self.place = PLACES[bits % len(PLACES)]
        prefix, digits = self.place[5], self.place[6]
        # a multiplier prime to ten: no two customers of a place share a number
        self.phone = f"{prefix}{index * 7_368_787 % 10 ** digits:0{digits}d}"
        self.name = CUSTOMER_NAMES[(bits >> 40) % len(CUSTOMER_NAMES)]
        self.email = f"customer.{index}@example.org"
        self.crm = None
        if (bits >> 48) % 7 == 0:
            self.crm = {"external_id": f"CRM-{index:06d}", "name": self.name,
                        "category": ("Gold", "Silver", "Standard")[(bits >> 52) % 3],
                        "year_of_birth": str(1940 + (bits >> 54) % 65),
                        "organization": "Nováček & Söhne, s.r.o.",
                        "business_value": ((bits >> 50) % 10_000) / 4}
            if bits % 3 == 0:
                self.crm |= {"customer_manager": "Olu Adeyemi", "gender": "female",
                             "market_segment": "SMB", "area": "EMEA", "geo_location": "50.1,19.9",
                             "customer_link": f"https://crm.example.com/{index}",
                             "customer_attribute_1": "Platinum", "customer_label_1": "Card",
                             "customer_attribute_2": str(index % 7), "customer_label_2": "Branch",
                             "acquisition_date": f"20{10 + index % 15}-0{1 + index % 9}-11",
                             "acquisition_cost": str(index % 50)}


class Account:
    """One Twilio account with one Flex workspace."""

    def __init__(self, seed: int, index: int, agents: int, days: int, customers: int,
                 start: int, same_sids: bool = False) -> None:
        number = mix(seed, 1, 0 if same_sids else index)
        self.number, self.index, self.start = number, index, start
        self.first_weekday = (start // DAY_MS + 3) % 7  # 1970-01-01 was a Thursday
        self.sid = sid("AC", mix(seed, 1, index), 2)
        self.friendly_name = f"Example Contact Centre {index + 1}"
        self.workspace = sid("WS", number, 3)
        self.operating_unit = sid("OU", number, 4)
        self.customers = customers
        self.texts = None  # what all its REST events share, once serialised
        self.phone = f"+1650379{index % 10_000:04d}"
        self.activities = {name: sid("WA", number, 40, i) for i, name in enumerate(ACTIVITIES)}
        self.channels = {name: sid("TC", number, 41, i) for i, name in enumerate(CHANNELS)}
        self.workflows = {name: sid("WW", number, 42, i) for i, name in enumerate(WORKFLOWS)}
        self.queues = {name: Queue(sid("WQ", number, 43, i), name, text, skill)
                       for i, (name, skill, text) in enumerate(QUEUES)}
        self.workers = [Worker(self, i, days) for i in range(agents)]
