"""Runs the receiver behind a port, until it is told to stop."""

from __future__ import annotations

import logging
import socket
import sys

import uvicorn

from flex_insights.errors import UserError
from flex_insights.twilio.receive import Receiving, log, make_app

# Requests under way get so long when the server is told to stop.
SECONDS_TO_FINISH = 10
BACKLOG = 2048


def serve(receiving: Receiving, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT; requests under way are answered first.

    Raises UserError if nothing can listen there.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    log.setLevel(logging.INFO)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UserError(f"Nothing can listen at {host}, port {port}: {error.strerror}.") from None
    config = uvicorn.Config(
        make_app(receiving),
        log_config=None,
        access_log=False,
        # Who is behind the proxy does not matter: signatures do.
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    address, number = listening.getsockname()[:2]
    log.info("Receiving for %s at %s, port %d", receiving.public_url, address, number)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
