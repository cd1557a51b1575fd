"""Few builds for many scenarios: each has an account of its own, so all that agree on settings share one."""

import fcntl
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from scenario_forms import write_events
from scenario_support import play_all, read_marts, with_forms
from scenario_timeline import Timeline

from flex_insights.load_events import load_events
from flex_insights.privacy.expire import expire, midnight
from flex_insights.privacy.forget import forget
from flex_insights.progress import Progress
from flex_insights.run_dbt import run_dbt
from flex_insights.settings import Settings


@dataclass
class Build:
    """Scenarios that are built together, with the settings that are not the default ones."""

    name: str
    settings: dict = field(default_factory=dict)
    scenarios: list = field(default_factory=list)

    @property
    def reporting_time_zone(self):
        return self.settings.get("time_zone", "UTC")

    @property
    def variables(self):
        return {name: value for name, value in self.settings.items() if name != "time_zone"}

    def is_compatible(self, settings):
        return all(self.settings.get(name, value) == value for name, value in settings.items())


@dataclass
class Built:
    """What a build made: rows of its marts, title → Names, and its data folder."""

    marts: dict
    names: dict
    data: Path


def group_into_builds(scenarios):
    """The builds that the scenarios need, as few as their settings allow: one takes longer than all
    scenarios in it. The first is that of the scenarios with neither settings nor a command."""
    plain, others = Build("build 1"), []
    for scenario in scenarios:
        settings = settings_of(scenario)
        if not settings and "command" not in scenario:
            plain.scenarios.append(scenario)
            continue
        build = next((build for build in others if build.is_compatible(settings)), None)
        if not build:
            build = Build(f"build {len(others) + 2}")
            others.append(build)
        build.settings.update(settings)
        build.scenarios.append(scenario)
    return [plain, *others]


def settings_of(scenario):
    zone = {"time_zone": scenario["time_zone"]} if "time_zone" in scenario else {}
    return {**zone, **scenario.get("vars", {})}


class Builds:
    """Makes each build when it is first asked for, once for all processes that share `root`."""

    def __init__(self, builds, root):
        self.plain, self.root, self.known = builds[0], root, {}
        self.stories = {
            scenario["title"]: CommandStory(scenario)
            for build in builds for scenario in build.scenarios if "command" in scenario
        }

    def of(self, build):
        """What the build made. Raises AssertionError if it failed: with its reason the first time."""
        if build.name not in self.known:
            self.known[build.name] = None
            with open(self.root / f"{build.name}.lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.known[build.name] = self.make(build)
        assert self.known[build.name], "the build failed, see its first scenario"
        return self.known[build.name]

    def make(self, build):
        stories = [self.stories[s["title"]] for s in build.scenarios if "command" in s]
        events, names = play_all([s for s in build.scenarios if "command" not in s])
        for story in self.stories.values() if build is self.plain else stories:
            events += story.before if build is self.plain else story.after
            names[story.title] = story.names
        folder = self.root / build.name
        settings = Settings(
            str(folder / "events"), folder / "data", reporting_time_zone=build.reporting_time_zone
        )
        if not (folder / "done").exists():
            if stories:
                loaded = shutil.copytree(self.of(self.plain).data, folder / "loaded before")
                shutil.copytree(loaded, settings.data)
                for story in stories:
                    story.run_command(settings.data, loaded / settings.database.name)
            write_events(events, folder / "events")
            load_events(settings.events, settings.data)
            build_marts(settings, build.variables)
            (folder / "done").touch()
        return Built(read_marts(settings.database), names, settings.data)


class CommandStory:
    """A scenario with a command, as events before it, which the first build loads, and after it."""

    def __init__(self, scenario):
        timeline = Timeline(scenario)
        self.title, self.names = scenario["title"], timeline.names
        self.time_zone = scenario.get("time_zone", "UTC")
        place, self.what, self.value = scenario["command"]
        for number, line in enumerate(scenario["events"].splitlines()):
            if number == place:
                known = len(timeline.events)
            elif line.strip():
                timeline.play_or_name(line, number)
        events = list(with_forms(timeline.events, scenario))
        self.before, self.after = events[:known], events[known:]

    def run_command(self, data, database):
        """On the landing zone of `data`; its marts are those of `database`, outside of it, since
        commands delete those that they find in `data`."""
        if self.what == "forget CUSTOMER":
            (account,) = {event["account"] for event in self.before}
            forget(data, database, [self.value], account, None, Progress())
        else:
            expire(data, database, midnight(self.value, self.time_zone), Progress())


def build_marts(settings, variables):
    """Builds models and seeds. Raises AssertionError with the errors of dbt."""
    dbt = ["build", "--resource-type", "model", "--resource-type", "seed"]
    outcome = run_dbt(settings, [*dbt, "--vars", json.dumps(variables)], Progress())
    results = getattr(outcome.result, "results", [])
    errors = [f"{r.node.name}: {r.message}" for r in results if r.status == "error"]
    assert outcome.success, "\n".join(["dbt build failed", *errors, str(outcome.exception or "")])
