"""What surrounds a build: settings, the lock, how dbt's failures are told, the summary."""

import json
import re
import subprocess
import sys

import duckdb
import pytest

from flex_insights import settings as settings_module
from flex_insights.build_lock import LockedError, only_build_on
from flex_insights.progress import Progress
from flex_insights.run_dbt import DbtError, build_marts
from flex_insights.settings import PROJECT, Settings, SettingsError, read_settings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with nothing in it."""
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path)
    return tmp_path


def test_the_sample_is_loaded_into_a_folder_of_its_own(project):
    settings = read_settings({})
    assert (settings.events, str(settings.data)) == ("sample/events", "data/sample")


def test_own_events_come_before_the_sample(project):
    (project / "data" / "events" / "2024").mkdir(parents=True)
    assert read_settings({}).events == "sample/events"
    (project / "data" / "events" / "2024" / "day.jsonl").touch()
    settings = read_settings({"EVENTS": "", "DATA": ""})
    assert (settings.events, str(settings.data)) == ("data/events", "data")


def test_given_events_go_to_the_common_folder(project):
    settings = read_settings({"EVENTS": "my files/*.gz", "HIPAA_ACCOUNTS": " AC1, AC2,"})
    assert (settings.events, str(settings.data)) == ("my files/*.gz", "data")
    assert settings.hipaa_accounts == {"AC1", "AC2"}
    assert str(read_settings({"EVENTS": "x", "DATA": "my data"}).database).startswith("my data/")


@pytest.mark.parametrize("name", ["Berlin", "BST", "europe/berlin", "../UTC", "UTC; drop x", "Etc"])
def test_an_unknown_time_zone_is_refused(name):
    with pytest.raises(SettingsError, match="REPORTING_TIME_ZONE=.* is not an IANA time zone"):
        read_settings({"REPORTING_TIME_ZONE": name})


@pytest.mark.parametrize("name", ["UTC", "Asia/Kathmandu", "Etc/GMT+5", "Japan"])
def test_a_time_zone_is_taken(name):
    assert read_settings({"REPORTING_TIME_ZONE": name}).reporting_time_zone == name


@pytest.mark.parametrize("data", ["it's", "da*ta", "a[1]"])
def test_a_folder_that_reads_as_a_pattern_is_refused(data):
    with pytest.raises(SettingsError, match="DATA="):
        read_settings({"DATA": data})


HOLDER = """
import sys, pathlib
from flex_insights.build_lock import only_build_on
with only_build_on(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_build_at_a_time_until_its_process_is_gone(tmp_path):
    data = tmp_path / "data"
    command = [sys.executable, "-c", HOLDER, str(data)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid} on .*, started 2"):
            with only_build_on(data):
                pass
        holder.kill()
        holder.wait()
        with only_build_on(data):
            pass


class Terminal:
    def __init__(self, is_terminal):
        self.isatty = lambda: is_terminal
        self.flush = lambda: None
        self.text = ""

    def write(self, text):
        self.text += text


def test_progress_is_one_changing_line_on_a_terminal_only():
    terminal, log = Terminal(True), Terminal(False)
    for stream in (terminal, log):
        progress = Progress(stream)
        progress("one")
        progress("two")
        progress.done()
    assert terminal.text.count("\r") == 3 and "\n" not in terminal.text
    assert log.text == ""


MODELS = {
    "good": "select 1 as n",
    "suspicious": "select 2 as n",
    "wrong": "select 'x' as n",
}
TESTS = {
    "good": "severity: error",
    "suspicious": "severity: warn",
    "wrong": "severity: error",
}


@pytest.fixture
def dbt_project(tmp_path, monkeypatch):
    """Makes a dbt project of the named MODELS, whose tests find a row where n is not 1."""
    for file in ("dbt_project.yml", "profiles.yml"):
        lines = (PROJECT / file).read_text().splitlines()
        # the macros of the project are not here, nor what its hooks keep account of
        kept = [line for line in lines if not line.startswith("on-run-")]
        (tmp_path / file).write_text("\n".join(kept) + "\n")
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for folder in ("models/staging", "tests/data"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            (tmp_path / f"models/staging/{name}.sql").write_text(MODELS[name])
            config = TESTS[name].replace(": ", "='") + "'"
            (tmp_path / f"tests/data/{name}_is_one.sql").write_text(
                f"{{{{ config({config}) }}}} select * from {{{{ ref('{name}') }}}} where n <> 1"
            )
        data = tmp_path / "my data"
        # as if something had been loaded
        (data / "raw").mkdir(parents=True)
        return Settings(events="", data=data)

    return make


def quiet():
    return Progress(Terminal(False))


def test_a_build_tells_of_warnings_and_no_more(dbt_project, capfd):
    settings = dbt_project("good", "suspicious")
    (warning,) = build_marts(settings, quiet())
    assert warning.startswith("suspicious_is_one (tests/data/suspicious_is_one.sql): Got 1 result")
    assert capfd.readouterr() == ("", "")
    assert (settings.logs / "dbt.log").exists() and settings.dbt_manifest.exists()


def test_a_failed_build_names_what_failed_and_the_log(dbt_project):
    settings = dbt_project("good", "wrong")
    with pytest.raises(DbtError) as error:
        build_marts(settings, quiet())
    lines = str(error.value).splitlines()
    assert lines[0].endswith("my data/logs/dbt.log:")
    assert lines[1].startswith("  wrong_is_one (tests/data/wrong_is_one.sql): Runtime Error")
    assert len(lines) == 2


def test_a_project_that_cannot_be_read_is_told_in_a_line(dbt_project, tmp_path):
    settings = dbt_project("good")
    (tmp_path / "models/staging/good.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(DbtError, match="nowhere"):
        build_marts(settings, quiet())


OPENER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_program_that_has_the_database_open_is_named(dbt_project):
    settings = dbt_project("good")
    duckdb.connect(str(settings.database)).close()
    command = [sys.executable, "-c", OPENER, str(settings.database)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout.readline() == "open\n"
        with pytest.raises(DbtError, match=f"PID {reader.pid}.*close the program"):
            build_marts(settings, quiet())
        reader.kill()


EVENT = {
    "Sid": "EV" + "1" * 32,
    "EventType": "task.created",
    "TimestampMs": "1709625600000",
    "AccountSid": "AC" + "1" * 32,
    "WorkspaceSid": "WS" + "1" * 32,
    "TaskSid": "WT" + "1" * 32,
    "TaskAttributes": '{"direction": "inbound", "from": "+15550100"}',
}
CANCELED = {
    **EVENT,
    "Sid": "EV" + "2" * 32,
    "EventType": "task.canceled",
    "TimestampMs": "1709625610500",
}


@pytest.fixture(scope="module")
def built(build, tmp_path_factory):
    """A first build, from files and into a folder with spaces in their names."""
    folder = tmp_path_factory.mktemp("a caller gives up")
    events = folder / "my events.jsonl"
    events.write_text("\n".join([json.dumps(EVENT), json.dumps(CANCELED), "no event"]) + "\n")
    settings = {"EVENTS": events, "DATA": folder / "my data"}
    return settings, build(**settings)


def published(settings):
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in (settings["DATA"] / "published").iterdir()
    }


def test_a_build_says_what_came_out(built):
    settings, done = built
    assert done.returncode == 0, done.stderr
    said = dict(re.findall(r"^  ([a-zA-Z].*?) {2,}(\S+)$", done.stdout, re.MULTILINE))
    assert (said["files"], said["rejected lines"]) == ("1", "1")
    assert (said["of these used"], said["of these duplicates"]) == ("2", "0")
    assert (said["Queue"], said["Conversation"]) == ("1", "1")
    assert (said["conversations"], said["abandoned conversations"]) == ("1", "1")
    assert said["queue time (h:mm:ss)"] == said["abandonment time (h:mm:ss)"] == "0:00:10"
    assert str(settings["DATA"] / "published") in done.stdout


def test_schemas_have_the_agreed_names(built):
    settings, _ = built
    database = str(settings["DATA"] / "flex_insights.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
    assert sorted(schemas) == [("intermediate",), ("marts",), ("staging",)]


def test_mf_finds_the_metrics_of_a_build(built):
    settings, _ = built
    texts = [(folder / "target" / "semantic_manifest.json").read_text()
             for folder in (settings["DATA"], PROJECT)]
    ours, of_mf = (sorted(metric["name"] for metric in json.loads(text)["metrics"])
                   for text in texts)
    assert ours and ours == of_mf


def test_nothing_new_changes_nothing_published(built, build):
    settings, _ = built
    before = published(settings)
    assert f"{EVENT['AccountSid']}.duckdb" in before
    assert build(**settings).returncode == 0
    assert published(settings) == before


@pytest.mark.parametrize(
    "wrong", [{"EVENTS": "nowhere/*.json"}, {"REPORTING_TIME_ZONE": "Mars/Olympus"}]
)
def test_a_build_that_cannot_begin_says_why_in_a_sentence(build, tmp_path, wrong):
    done = build(DATA=tmp_path, **wrong)
    (value,) = wrong.values()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and value in done.stderr
