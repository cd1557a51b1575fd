"""`uv_like_pip.py ARGUMENT…`: runs the uv beside this Python with the package index that pip is set to.

uv reads neither pip.conf nor PIP_…; variables of its own that are set already come first.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

# pip's settings and the variables that mean the same to uv
VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
# where in pip's settings a value comes from; later ones override earlier ones
SCOPES = ("global", "install", ":env:")


def environment(python: str) -> dict[str, str]:
    """This process's environment with the settings of that Python's pip in uv's variables."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True)
    return {**uv_variables(listed.stdout), **os.environ}


def uv_variables(listed: str) -> dict[str, str]:
    """uv's variables for what `pip config list` prints: lines such as global.index-url='…'."""
    # As with pip, all indexes count alike: the hashes in the lock files say what may come of them.
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    settings = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    for scope in SCOPES:
        for name, variable in VARIABLES.items():
            if value := settings.get(f"{scope}.{name}"):
                separator = "," if name == "find-links" else " "
                variables[variable] = separator.join(ast.literal_eval(value).split())
    return variables


if __name__ == "__main__":
    uv = str(Path(sys.executable).with_name("uv"))
    sys.exit(subprocess.run([uv, *sys.argv[1:]], env=environment(sys.executable)).returncode)
