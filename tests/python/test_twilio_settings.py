"""Accounts and secrets: read from where they belong, and in no message."""

import pytest
from fake_twilio import ACCOUNT, API_KEY, API_SECRET, WORKSPACE
from receive_support import OTHER, PUBLIC_URL, SUBACCOUNT

from flex_insights.settings import SettingsError
from flex_insights.twilio.accounts import read_accounts
from flex_insights.twilio.receive_settings import read_receiving

TOKEN = "0123456789abcdef" * 2
WITH_KEY = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_KEY": API_KEY, "TWILIO_API_SECRET": API_SECRET}
WITH_TOKEN = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}


def test_an_api_key_or_the_auth_token():
    (account,) = read_accounts(WITH_KEY)
    assert (account.sid, account.username, account.password) == (ACCOUNT, API_KEY, API_SECRET)
    (account,) = read_accounts(WITH_TOKEN)
    assert (account.sid, account.username, account.password) == (ACCOUNT, ACCOUNT, TOKEN)
    (account,) = read_accounts(WITH_TOKEN | WITH_KEY)
    assert account.username == API_KEY


def test_secrets_in_files(tmp_path):
    (tmp_path / "secret").write_text(API_SECRET + "\n")
    (tmp_path / "tokens").write_text(f"{ACCOUNT}:{TOKEN}\n{ACCOUNT}:second\n")
    environment = WITH_KEY | {"TWILIO_API_SECRET": "", "TWILIO_API_SECRET_FILE": str(tmp_path / "secret")}
    assert read_accounts(environment)[0].password == API_SECRET
    environment = {"TWILIO_AUTH_TOKENS_FILE": str(tmp_path / "tokens")}
    receiving = read_receiving(environment, tmp_path, PUBLIC_URL, frozenset())
    assert receiving.tokens == {ACCOUNT: [TOKEN, "second"]}
    assert TOKEN not in repr(receiving)


def test_where_and_what():
    environment = WITH_KEY | {"TWILIO_WORKSPACES": f"{WORKSPACE}, ,{WORKSPACE}", "TWILIO_REGION": "ie1"}
    (account,) = read_accounts(environment)
    assert (account.workspaces, account.region, account.edge) == ((WORKSPACE,), "ie1", None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID is not set"),
        ({"TWILIO_ACCOUNT_SID": "ACME"}, "TWILIO_ACCOUNT_SID is no AccountSid"),
        ({"TWILIO_API_KEY": ""}, "TWILIO_API_KEY is not set"),
        ({"TWILIO_API_SECRET": ""}, "TWILIO_API_SECRET is not set"),
        ({"TWILIO_API_KEY": "", "TWILIO_API_SECRET": ""}, "No credentials"),
        ({"TWILIO_API_SECRET": "", "TWILIO_API_SECRET_FILE": "/nowhere"}, "TWILIO_API_SECRET_FILE=/nowhere cannot be read"),
        ({"TWILIO_WORKSPACES": "WS1"}, "holds WS1"),
        ({"TWILIO_REGION": "evil.example/"}, "TWILIO_REGION is no name"),
        ({"TWILIO_EDGE": "user@host"}, "TWILIO_EDGE is no name"),
    ],
)
def test_what_cannot_be_used_is_said(changes, words):
    with pytest.raises(SettingsError, match=words) as error:
        read_accounts(WITH_KEY | changes)
    assert API_SECRET not in str(error.value)


TOML = f"""
[[account]]
sid = "{ACCOUNT}"
api_key = "ACME_KEY"
api_secret = "ACME_SECRET"
workspaces = ["{WORKSPACE}"]
region = "ie1"

[[account]]
sid = "{OTHER}"
auth_token = "OTHER_TOKEN"
"""


def test_several_accounts_by_a_file_that_names_variables(tmp_path):
    file = tmp_path / "accounts.toml"
    file.write_text(TOML)
    (tmp_path / "token").write_text(TOKEN)
    environment = {"ACME_KEY": API_KEY, "ACME_SECRET": API_SECRET, "OTHER_TOKEN_FILE": str(tmp_path / "token")}
    first, second = read_accounts(environment, file)
    assert (first.username, first.password, first.workspaces, first.region) == (API_KEY, API_SECRET, (WORKSPACE,), "ie1")
    assert (second.sid, second.username, second.password) == (OTHER, OTHER, TOKEN)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[account]]", "[account]", "is not TOML|names no accounts"),
        (TOML, "", "names no accounts"),
        (TOML, f'[[account]]\nsecret = {API_SECRET}', r"is not TOML \(line 2"),
        ("OTHER_TOKEN", TOKEN, "account 2: auth_token must be the name of an environment variable"),
        ("ACME_SECRET", API_SECRET, "account 1: api_secret must be the name of an environment variable"),
        ("OTHER_TOKEN", "UNSET", "account 2: auth_token names UNSET"),
        ("api_secret =", "secret =", "account 1: known keys are"),
        ("auth_token =", "api_key =", "account 2: name the variables"),
        (OTHER, ACCOUNT, "names an account twice"),
        (OTHER, "AC1", "account 2: sid is no AccountSid"),
        (f'["{WORKSPACE}"]', f'"{WORKSPACE}"', "account 1: workspaces must be a list"),
    ],
)
def test_what_cannot_be_used_of_a_file_is_said(tmp_path, old, new, words):
    file = tmp_path / "accounts.toml"
    file.write_text(TOML.replace(old, new))
    environment = {"ACME_KEY": API_KEY, "ACME_SECRET": API_SECRET, "OTHER_TOKEN": TOKEN}
    with pytest.raises(SettingsError, match=words) as error:
        read_accounts(environment, file)
    assert not any(secret in str(error.value) for secret in (API_SECRET, TOKEN))


def test_who_may_send(tmp_path):
    environment = {
        "TWILIO_AUTH_TOKENS": f"{ACCOUNT}:{TOKEN}, {ACCOUNT}:second:part,",
        "TWILIO_SHARED_KEYS": f"{OTHER}:key",
        "TWILIO_SUBACCOUNTS": f"{ACCOUNT}:{SUBACCOUNT}",
    }
    receiving = read_receiving(environment, tmp_path, PUBLIC_URL + "/hooks/", frozenset())
    assert receiving.tokens == {ACCOUNT: [TOKEN, "second:part"]}
    assert receiving.shared_keys == {OTHER: ["key"]}
    assert receiving.subaccounts == {ACCOUNT: [SUBACCOUNT]}
    assert receiving.public_url == PUBLIC_URL + "/hooks"


@pytest.mark.parametrize(
    ("changes", "url", "words"),
    [
        ({"TWILIO_AUTH_TOKENS": ""}, PUBLIC_URL, "TWILIO_AUTH_TOKENS is not set"),
        ({"TWILIO_AUTH_TOKENS": f"{ACCOUNT}:{TOKEN},{TOKEN}"}, PUBLIC_URL, "TWILIO_AUTH_TOKENS, entry 2"),
        ({"TWILIO_AUTH_TOKENS": f"{TOKEN}:{ACCOUNT}"}, PUBLIC_URL, "entry 1: must be AccountSid:token"),
        ({"TWILIO_SHARED_KEYS": f"{ACCOUNT}:"}, PUBLIC_URL, "TWILIO_SHARED_KEYS, entry 1"),
        ({"TWILIO_SUBACCOUNTS": f"{ACCOUNT}:AC1"}, PUBLIC_URL, "TWILIO_SUBACCOUNTS holds AC1"),
        ({}, "", "PUBLIC_URL is not set"),
        ({}, "events.example.com", "PUBLIC_URL must be an address"),
        ({}, "https://host:port", "PUBLIC_URL must be an address"),
        ({}, PUBLIC_URL + "?a=1", "PUBLIC_URL must be an address"),
        ({}, PUBLIC_URL + "/taskrouter", "PUBLIC_URL must be an address"),
    ],
)
def test_what_cannot_be_used_to_receive_is_said(tmp_path, changes, url, words):
    with pytest.raises(SettingsError, match=words) as error:
        read_receiving({"TWILIO_AUTH_TOKENS": f"{ACCOUNT}:{TOKEN}"} | changes, tmp_path, url, frozenset())
    assert TOKEN not in str(error.value)
