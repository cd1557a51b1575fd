#!/bin/sh
# setup.sh FOLDER LOCK…: makes a virtual environment with the first Python that is new enough, or with PYTHON.
set -eu

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
    if new_enough "$python"; then
        exec "$python" scripts/make_venv.py "$@"
    fi
done
found=$("${PYTHON:-python3}" --version 2>&1 | head -n 1)
echo "Python 3.10 or later is needed (${PYTHON:-python3}: $found):" \
    "install one, or name it with: make PYTHON=/path/to/python3.12" >&2
exit 1
