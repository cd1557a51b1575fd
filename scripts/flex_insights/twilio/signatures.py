"""Tells what Twilio has signed from everything else that reaches a public address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

BODY_HASH = "bodySHA256"


class Signatures:
    """The secrets of accounts, and the address under which Twilio knows this server.

    `tokens` are the auth tokens of an account, `shared_keys` the keys that a rule of Twilio's webhook
    configuration may name instead; an account has several while they rotate. `public_url` is the
    address up to the path, as it stands in Twilio's settings: a header could claim anything.
    """

    def __init__(
        self,
        public_url: str,
        tokens: Mapping[str, Sequence[str]],
        shared_keys: Mapping[str, Sequence[str]],
    ):
        self._url = public_url.rstrip("/")
        self._by_token = {account: [*map(RequestValidator, found)] for account, found in tokens.items()}
        self._by_key = {account: [*map(RequestValidator, found)] for account, found in shared_keys.items()}

    def knows(self, account: str) -> bool:
        return account in self._by_token or account in self._by_key

    def is_valid(
        self,
        account: str,
        target: str,
        content: ImmutableMultiDict[str, str] | str,
        signature: str | None,
        settings: str | None,
    ) -> bool:
        """Whether Twilio has signed a request for an account.

        `target` is path and query as they were sent, `content` the values of a form or the text of
        any other body, `settings` the header that a signature with a shared key comes with.
        """
        if not signature:
            return False
        # Only the hash in the address vouches for a body that is no form; without it the validator
        # would take its characters for parameters.
        if isinstance(content, str) and not parse_qs(target.partition("?")[2]).get(BODY_HASH):
            return False
        validators = self._by_key if settings else self._by_token
        algorithm = get_signature_algorithm(settings)
        return any(
            validator.validate(self._url + target, content, signature, algorithm)
            for validator in validators.get(account, ())
        )
