"""A build that is killed, or finds the disk full: the next ends as if nothing had been.

The folder of data holds one load that is built and published; a second load comes, and its build is
disturbed. What then counts is what a build that nobody disturbs makes of both.
"""

import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import history_support as support
import pytest
from conftest import SETTINGS
from mart_comparison import differences, read_tables
from workshop.command import FLEX_INSIGHTS

PHASES = {"Loading": "loading", "Building": "building", "Publishing": "publishing", "Result": "end"}
WATCHED = ("raw", "rejected", "loads", "tmp", "published", "flex_insights.duckdb*")
STORIES = ("split by time", "split by task", "a late link merges two conversations")
SECONDS_BETWEEN_LOOKS = 0.003
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Moment:
    """In a phase: after so many changes to files, so much of its usual time, or in a step of dbt."""

    phase: str
    changes: int = 0
    share: float = 0.0
    starts: str = ""

    def has_come(self, build, phase, seconds, changes, usual):
        """`usual` is what an undisturbed build took: {phase: (seconds, changes)}."""
        if phase != self.phase or changes < self.changes:
            return False
        if self.starts:
            return re.search(rf"START .*{self.starts}", build.log) is not None
        return seconds >= self.share * usual[phase][0]

    def __str__(self):
        return f"{self.phase} {self.starts or (f'{self.share:.0%}' if self.share else self.changes)}"


class Build:
    """A build in a process of its own, watched from outside."""

    def __init__(self, events, data):
        self.data = data
        self.log_before = len(self._whole_log)
        name = f"{data}.{next(NUMBERS)}"
        self.output, self.errors = Path(f"{name}.out"), Path(f"{name}.err")
        settings = {"EVENTS": str(events), "DATA": str(data)}
        others = {name: text for name, text in os.environ.items() if name not in SETTINGS}
        with open(self.output, "w") as output, open(self.errors, "w") as errors:
            self.process = subprocess.Popen(
                [FLEX_INSIGHTS, "build"],
                cwd=support.PROJECT,
                env=others | settings,
                stdout=output,
                stderr=errors,
            )

    @property
    def _whole_log(self):
        log = self.data / "logs" / "dbt.log"
        return log.read_text("utf-8", errors="replace") if log.exists() else ""

    @property
    def log(self):
        """What dbt has said in this build."""
        return self._whole_log[self.log_before :]

    @property
    def phase(self):
        """The phase whose heading was printed last."""
        words = [line.split()[0] for line in self.output.read_text().splitlines() if line.split()]
        return next((PHASES[word] for word in reversed(words) if word in PHASES), "start")

    @property
    def is_running(self):
        return self.process.poll() is None

    def files(self):
        """Every watched file with size and time of its last change."""
        found = {}
        for pattern in WATCHED:
            for top in self.data.glob(pattern):
                for folder, _, names in os.walk(top):
                    found |= {os.path.join(folder, name): None for name in names}
                found[str(top)] = None
        for path in found:
            try:
                stat = os.stat(path)
                found[path] = stat.st_size, stat.st_mtime_ns
            except FileNotFoundError:  # removed since it was listed
                pass
        return found

    def wait_for(self, phase):
        while self.is_running and self.phase != phase:
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def watch(self, moment=None, usual=None):
        """Until the moment, or the end; returns {phase: (seconds, changes)} of what was seen."""
        seen, began, files = {}, {}, self.files()
        while self.is_running:
            phase, before, files = self.phase, files, self.files()
            began.setdefault(phase, time.monotonic())
            changes = seen.get(phase, (0, 0))[1] + (files != before)
            seen[phase] = time.monotonic() - began[phase], changes
            if moment and moment.has_come(self, phase, *seen[phase], usual):
                break
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return seen

    def kill(self):
        """SIGKILL; is it that what ended the build?"""
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait() == -signal.SIGKILL

    def succeed(self):
        assert self.process.wait() == 0, self.output.read_text() + self.errors.read_text()

    def complaint(self):
        """What a build that fails has to say: lines without a traceback."""
        assert self.process.wait() == 1, self.output.read_text()
        said = self.errors.read_text()
        assert said.strip() and "Traceback" not in said
        return said


@dataclass
class Loads:
    """Two loads, the data after the build of the first, what comes of both, the usual times."""

    folder: Path
    first: Path
    second: Path
    before: Path
    expected: tuple
    usual: dict

    def copy(self, name):
        data = self.folder / name
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.before, data, copy_function=shutil.copy2)
        return data

    def build(self, data):
        return Build(self.second, data)

    def assert_as_expected(self, data):
        marts, published = outcome(data)
        assert not differences(self.expected[0], marts)
        assert published.keys() == self.expected[1].keys()
        for name, tables in published.items():
            assert not differences(self.expected[1][name], tables), name
        left = [path.name for path in data.rglob("*") if ".tmp" in path.name]
        assert not left and not (data / "tmp" / "load").exists()

    def recover(self, data):
        self.build(data).succeed()
        self.assert_as_expected(data)


def outcome(data):
    """The marts, and {file: tables} of what is published."""
    published = {
        path.name: read_tables(path, schema="main")
        for path in (data / "published").glob("*.duckdb")
    }
    return read_tables(data / "flex_insights.duckdb"), published


@pytest.fixture(scope="module")
def loads(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    deliveries = []
    for history in support.read_histories():
        if history["title"] in STORIES:
            deliveries += [(min(2, load), event) for load, event in support.play(history)[0]]
    first, second = support.write_loads(deliveries, folder / "events")
    before, undisturbed = folder / "before", folder / "undisturbed"
    Build(first, before).succeed()
    shutil.copytree(before, undisturbed)
    build = Build(second, undisturbed)
    usual = build.watch()
    build.succeed()
    loads = Loads(folder, first, second, before, outcome(undisturbed), usual)
    assert differences(read_tables(before / "flex_insights.duckdb"), loads.expected[0])
    yield loads
    shutil.rmtree(folder)


# What dbt has just begun: its hooks, and models and tests from the first to the last.
DBT_STARTS = (
    "on-run-start",
    "intermediate.int_event_copies",
    "intermediate.int_task_conversations",
    "intermediate.int_scope_segments",
    "marts.fct_segments",
    "marts.fct_workload",
    "test slices_add_up",
)


def moments():
    """Twenty: some right after a file has changed, the others spread over the phases."""
    changes = {"loading": (0, 1, 2, 3), "building": (0, 1, 4), "publishing": (1, 2, 4, 10, 20)}
    spread = [Moment(phase, changes=n) for phase, numbers in changes.items() for n in numbers]
    spread += [Moment("building", share=0.1)]
    return spread + [Moment("building", starts=name) for name in DBT_STARTS]


def test_killed_in_dbt_and_again_in_publishing(loads):
    data = loads.copy("killed twice")
    for moment in (Moment("building", share=0.5), Moment("publishing", changes=1)):
        build = loads.build(data)
        build.watch(moment, loads.usual)
        assert build.kill(), f"{moment}: the build was faster"
    loads.recover(data)


@pytest.mark.long
@pytest.mark.parametrize("moment", moments(), ids=str)
def test_killed(moment, loads):
    data = loads.copy("killed")
    build = loads.build(data)
    build.watch(moment, loads.usual)
    if not build.kill():
        pytest.fail(f"the build was over before: {loads.usual}")
    loads.recover(data)


@pytest.mark.long
def test_killed_again_and_again(loads):
    """A build that takes up where another was killed is killed itself."""
    data = loads.copy("killed often")
    for moment in moments()[::3]:
        build = loads.build(data)
        build.watch(moment, loads.usual)
        build.kill()
    loads.recover(data)


@pytest.mark.long
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux only")
@pytest.mark.parametrize("phase", ["start", "building", "publishing"])
def test_a_full_disk_is_told_in_a_sentence(phase, loads):
    data = loads.copy("full")
    build = loads.build(data)
    build.wait_for(phase)
    resource.prlimit(build.process.pid, resource.RLIMIT_FSIZE, (2000, 2000))
    build.complaint()
    loads.recover(data)


# Builds on a disk that is full from a heading on, then brings what that left to a larger one.
ON_A_SMALL_DISK = """
mount -t tmpfs tmpfs "$1"
cp -a "$2"/. "$1"
EVENTS="$4" DATA="$1" "$5" build > "$2.out" &
until grep -q "^$3" "$2.out"; do sleep 0.01; done
until mount -o remount,size="$(df -k --output=used "$1" | tail -n 1 | tr -d ' ')k" "$1"; do :; done
wait $! || touch "$2.failed"
rm -r "$2"
cp -a "$1" "$2"
"""
NAMESPACE = ("unshare", "--mount", "--map-root-user", "sh", "-ec")


def can_mount():
    if not shutil.which("unshare"):
        return False
    trial = [*NAMESPACE, "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(trial, capture_output=True).returncode == 0


@pytest.mark.long
@pytest.mark.skipif(not can_mount(), reason="a small disk cannot be mounted here")
@pytest.mark.parametrize("heading", ["Loading", "Building", "Publishing"])
def test_a_disk_that_fills_up(heading, loads, tmp_path):
    """In each phase, soon after its heading."""
    data = loads.copy(f"full from {heading}")
    arguments = [tmp_path, data, heading, loads.second, FLEX_INSIGHTS]
    done = subprocess.run(
        [*NAMESPACE, ON_A_SMALL_DISK, "sh", *arguments],
        cwd=support.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert data.with_name(f"{data.name}.failed").exists(), done.stderr
    assert "No space left" in done.stderr and "Traceback" not in done.stderr
    loads.recover(data)


@pytest.mark.long
def test_two_builds_at_once(loads):
    data = loads.copy("twice")
    first = loads.build(data)
    first.wait_for("building")
    second = Build(loads.second, data)
    complaint = second.complaint()
    assert len(complaint.splitlines()) == 1 and str(first.process.pid) in complaint
    first.succeed()
    loads.assert_as_expected(data)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half_written_landing_file(data):
    source = next((data / "raw").rglob("*.parquet"))
    for folder in ("raw", "loads"):
        target = data / "tmp" / "load" / "files" / folder / source.name
        target.parent.mkdir(parents=True)
        shutil.copy(source, target)
        cut_in_half(target)
    (data / "tmp" / "load" / "journal.draft").write_text('{"targets": ["raw/')


def half_written_publication(data):
    source = next((data / "published").glob("*.duckdb"))
    target = source.with_name(f".{source.name}.tmp")
    shutil.copy(source, target)
    cut_in_half(target)
    cut_in_half(data / "published" / "manifest.json")


def unreadable_manifests(data):
    (data / "published" / "manifest.json").write_text("[]")
    for path in (data / "target").glob("*.*"):
        cut_in_half(path)


def in_the_database(statement):
    def change(data):
        with duckdb.connect(str(data / "flex_insights.duckdb")) as connection:
            connection.execute(statement)

    return change


HARM = {
    "a landing file half written": half_written_landing_file,
    "a publication half written": half_written_publication,
    "manifests that cannot be read": unreadable_manifests,
    "no database": lambda data: (data / "flex_insights.duckdb").unlink(),
    "nothing published": lambda data: shutil.rmtree(data / "published"),
    "a published file gone": lambda data: next((data / "published").glob("AC*")).unlink(),
    "no state": in_the_database("drop table staging.build_state"),
    "an empty state": in_the_database("delete from staging.build_state"),
    "a state half changed": in_the_database("update staging.build_state set fingerprint = null"),
}


@pytest.mark.long
@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_build_mends(harm, loads):
    data = loads.copy("harmed")
    harm(data)
    loads.recover(data)


def overwritten(place, size, content=b"\xa5"):
    """A change to the database: bytes from a place on (a share of its size) are others."""

    def change(data):
        path = data / "flex_insights.duckdb"
        with open(path, "r+b") as file:
            file.seek(int(place * path.stat().st_size))
            file.write(content * size)

    return change


DAMAGE = {
    "garbage at the end": overwritten(0.98, 100_000),
    "garbage at the start": overwritten(0, 4096),
    "garbage in the middle": overwritten(0.5, 300_000),
    "zeros in the middle": overwritten(0.3, 300_000, b"\0"),
    "cut": lambda data: cut_in_half(data / "flex_insights.duckdb"),
    "empty": lambda data: (data / "flex_insights.duckdb").write_bytes(b""),
    "another file": lambda data: shutil.copy(next((data / "raw").rglob("0*.parquet")), data / "flex_insights.duckdb"),
}


@pytest.mark.parametrize(
    "damage",
    [pytest.param(damage, id=name, marks=[pytest.mark.long] if number else [])
     for number, (name, damage) in enumerate(DAMAGE.items())],
)
def test_a_damaged_database_is_set_aside_and_built_again(damage, loads, request):
    data = loads.copy("hurt")
    damage(data)
    build = loads.build(data)
    build.succeed()
    said = [line for line in build.output.read_text().splitlines() if "is damaged (" in line]
    # bytes in the middle may be of no table that is read, now or ever
    assert len(said) == 1 or "middle" in request.node.name
    assert not said or "set aside as flex_insights.duckdb.damaged" in said[0]
    assert len(said) == (data / "flex_insights.duckdb.damaged").exists()
    loads.assert_as_expected(data)


@pytest.mark.long
@pytest.mark.parametrize("has_database", [True, False])
def test_a_damaged_landing_zone_is_made_good_from_event_files(has_database, loads):
    """Before a build that reads all of it, and when a build fails on it."""
    data = loads.copy("broken")
    broken = next(data.glob("raw/*/0*.parquet"))
    cut_in_half(broken)
    if not has_database:
        (data / "flex_insights.duckdb").unlink()
    build = Build(f"{loads.first}:{loads.second}", data)
    build.succeed()
    said = build.output.read_text()
    assert f"{broken} is damaged." in said and "Loaded again: " in said
    loads.assert_as_expected(data)


@pytest.mark.long
@pytest.mark.parametrize("has_database", [True, False])
def test_an_event_file_that_is_not_there_to_make_good_with_is_named(has_database, loads):
    data = loads.copy("broken")
    broken = next(data.glob("raw/*/0*.parquet"))
    cut_in_half(broken)
    if not has_database:
        (data / "flex_insights.duckdb").unlink()
    complaint = loads.build(data).complaint()
    assert broken.name in complaint and str(loads.first) in complaint
    assert "put the event files back" in complaint


@pytest.mark.long
def test_a_damaged_ledger_is_named(loads):
    data = loads.copy("broken")
    broken = next(data.glob("loads/*.json"))
    cut_in_half(broken)
    complaint = loads.build(data).complaint()
    assert broken.name in complaint and len(complaint.splitlines()) == 1
