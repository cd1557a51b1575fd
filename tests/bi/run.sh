#!/bin/sh
# Reads published files with the clients of each tests/bi/duckdb-*.txt, in an environment of its own.
# Usage: run.sh FOLDER_OF_ENVIRONMENTS FOLDER_OF_PUBLISHED_FILES
set -eu
here=$(dirname "$0")
for list in "$here"/duckdb-*.txt; do
    environment=$1/$(basename "$list" .txt)
    if ! cmp -s "$list" "$environment/installed.txt"; then
        python3 -m venv --clear "$environment"
        "$environment/bin/pip" install -q --disable-pip-version-check -r "$list"
        cp "$list" "$environment/installed.txt"
    fi
    "$environment/bin/python" "$here/read_published.py" "$2"
done
