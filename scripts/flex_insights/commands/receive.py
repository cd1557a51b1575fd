"""`flex-insights receive`"""

from __future__ import annotations

import os

import click

from flex_insights.commands.options import setting, with_settings
from flex_insights.settings import Settings

SHOWN = {"show_envvar": True, "show_default": True}


@click.command(epilog="Example: flex-insights receive --public-url https://events.example.com --data /srv/flex")
@setting("PUBLIC_URL", "URL", "Address that Twilio posts to, up to /taskrouter; signatures depend on it.")
@click.option(
    "--host",
    envvar="RECEIVE_HOST",
    metavar="ADDRESS",
    default="127.0.0.1",
    help="Address to listen at.",
    **SHOWN,
)
@click.option(
    "--port",
    envvar="RECEIVE_PORT",
    metavar="NUMBER",
    type=click.IntRange(0, 65535),
    default=8080,
    help="Port to listen at.",
    **SHOWN,
)
@with_settings("DATA", "HIPAA_ACCOUNTS", may_use_sample=False)
def command(settings: Settings, public_url: str | None, host: str, port: int) -> None:
    """Receive events that Twilio pushes, into DATA/inbox.

    TaskRouter's event callback and Event Streams' webhook sink both post to
    PUBLIC_URL/taskrouter/AC…; what is not signed with a token of TWILIO_AUTH_TOKENS (AC…:token,…;
    from the environment, or a file named by TWILIO_AUTH_TOKENS_FILE) is refused.
    """
    from flex_insights.twilio.receive_settings import read_receiving
    from flex_insights.twilio.serve import serve

    receiving = read_receiving(os.environ, settings.data, public_url or "", settings.hipaa_accounts)
    serve(receiving, host, port)
