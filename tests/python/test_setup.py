"""Set-up: what is installed, and that uv uses the package index that pip is set to."""

import os
import re
import subprocess
import zipfile
from pathlib import Path

import make_venv
import pytest
from conftest import PROJECT
from uv_like_pip import uv_variables
from workshop.command import FLEX_INSIGHTS


def locked(name):
    """Package → version, or versions where Python's version decides."""
    found = {}
    for line in (PROJECT / name).read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9._-]+)(?:\[.*\])?==(\S+)", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def test_spark_only_adds_packages():
    base, spark = locked("requirements.txt"), locked("requirements-spark.txt")
    assert {"dbt-core", "duckdb", "click"} <= set(base)
    assert {"dbt-spark", "pyspark"} <= set(spark)
    assert not set(base) & set(spark)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-spark.txt", "requirements-uv.txt"])
def test_every_package_has_hashes_and_no_index_is_named(name):
    text = (PROJECT / name).read_text("utf-8")
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert packages and all("==" in line and line.endswith("\\") for line in packages)
    assert "://" not in text and "--index" not in text


def test_the_build_backend_is_that_of_the_locked_uv():
    (version,) = locked("requirements-uv.txt")["uv"]
    (oldest, newest) = re.search(
        r'requires = \["uv_build >= ([\d.]+), < ([\d.]+)"\]', (PROJECT / "pyproject.toml").read_text("utf-8")
    ).groups()
    number = [tuple(map(int, text.split("."))) for text in (oldest, version, newest)]
    assert number == sorted(number) and version != newest


def test_settings_of_pip_become_those_of_uv():
    listed = "\n".join([
        "global.index-url='https://one.example/simple'",
        "global.timeout='60'",
        "global.no-cache-dir='true'",
        "install.extra-index-url='\\nhttps://two.example/simple\\nfile:///srv/three'",
        "install.find-links='/srv/a /srv/b'",
        ":env:.index-url='https://user:secret@four.example/simple?a=b'",
        ":env:.cert='/etc/ca.pem'",
    ])  # fmt: skip
    assert uv_variables(listed) == {
        "UV_DEFAULT_INDEX": "https://user:secret@four.example/simple?a=b",
        "UV_INDEX": "https://two.example/simple file:///srv/three",
        "UV_FIND_LINKS": "/srv/a,/srv/b",
        "UV_HTTP_TIMEOUT": "60",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_SYSTEM_CERTS": "true",
    }


def test_without_settings_of_pip_uv_has_its_own():
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "SSL_CERT_FILE"} & set(uv_variables(""))


def test_an_environment_is_ready_until_its_lock_changes(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.touch()
    assert not make_venv.is_ready(tmp_path, [lock])
    (tmp_path / make_venv.READY).touch()
    os.utime(lock, (1, 1))
    assert make_venv.is_ready(tmp_path, [lock])
    later = (tmp_path / make_venv.READY).stat().st_mtime + 1
    os.utime(lock, (later, later))
    assert not make_venv.is_ready(tmp_path, [lock])


def test_a_wheel_holds_the_product_only(tmp_path):
    uv = Path(FLEX_INSIGHTS).with_name("uv")
    subprocess.run(
        [uv, "build", "--wheel", "--offline", "-q", "-o", tmp_path, PROJECT],
        check=True, env=os.environ | {"UV_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"flex_insights/cli.py", "flex_insights/spark/log4j2.properties"} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"flex_insights"}
