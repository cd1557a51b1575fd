"""Generated pages are current, and pages written by hand name only what exists."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from xml.etree import ElementTree

import click
import duckdb
import pytest
import yaml

from flex_insights.docs.diagram import diagram
from flex_insights.docs.dictionary import PAGE, dictionary
from flex_insights.docs.manifest import NotBuiltError, read_manifest
from flex_insights.docs.metric_sql import metric_sql, metricflow_engine
from flex_insights.docs.questions import QUESTIONS
from flex_insights.docs.site import page
from flex_insights.run_dbt import show_metrics
from flex_insights.settings import PROJECT, Settings
from workshop.command import FLEX_INSIGHTS
from workshop.pages import README, RUNNING, build_sample, pages

UNITS = {"seconds", "share", "conversations", "segments", "customers", "offers",
         "segments per conversation", "segments per hour"}


@pytest.fixture(scope="module")
def manifest(sample_data):
    return read_manifest(Settings(events="", data=sample_data))


@pytest.fixture(scope="module")
def first_build(tmp_path_factory):
    """The data folder of a first build of the sample, and what that printed."""
    data = tmp_path_factory.mktemp("first") / "data"
    return data, build_sample(data)


def test_generated_pages_are_current(first_build):
    outdated = [str(page.relative_to(PROJECT)) for page, text in pages(*first_build).items()
                if page.read_text(encoding="utf-8") != text]
    assert not outdated, "run `make pages` and commit what it changes"


def test_the_dictionary_names_every_metric_column_and_saved_query(manifest):
    text = dictionary(manifest)
    names = [metric["name"] for metric in manifest.metrics]
    names += [query["name"] for query in manifest.saved_queries]
    names += [column for mart in manifest.marts for column in mart["columns"]]
    names += [f"{entities[0]}__{dimension['name']}"
              for entities, model in manifest.dimension_tables()
              for dimension in model["dimensions"]
              # shown as their entities, `date` and `time`
              if dimension["name"] not in ("date_key", "time_key")]
    assert [name for name in names if f"| `{name}`" not in text] == []


def test_every_metric_is_described(manifest):
    for metric in manifest.metrics:
        meta = metric["config"]["meta"]
        assert metric["label"] and metric["description"].strip().endswith("."), metric["name"]
        assert len(meta["formula"]) >= 10 and meta["unit"] in UNITS, metric["name"]
        assert set(meta) <= {"formula", "unit", "flex_insights_name"}, metric["name"]


def test_no_two_metrics_are_described_alike(manifest):
    for what in ("label", "description"):
        texts = Counter(metric[what] for metric in manifest.metrics)
        assert [text for text, times in texts.items() if times > 1] == []


def test_the_names_of_flex_insights_are_given(manifest):
    names = {metric["config"]["meta"].get("flex_insights_name") for metric in manifest.metrics}
    assert {"Abandoned Conversations", "Abandonment Time", "Handled Conversations", "Queue Time",
            "Talk Time", "Wrap Up Time"} < names


@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md"])
def test_the_number_of_metrics_is_right(manifest, file):
    numbers = re.findall(r"(\d+) metrics", (PROJECT / file).read_text(encoding="utf-8"))
    assert set(numbers) == {str(len(manifest.metrics))}


def test_formulas_name_metrics_that_exist(manifest):
    """A ratio's formula is that of its parts."""
    known = {metric["name"] for metric in manifest.metrics}
    for metric in manifest.metrics:
        parts = metric["type_params"]
        if metric["type"] == "ratio":
            formula = metric["config"]["meta"]["formula"].strip()
            if " / " in formula and set(formula.split(" / ")) <= known:
                assert formula == f"{parts['numerator']['name']} / {parts['denominator']['name']}"


def test_the_site_shows_every_column_and_metric(manifest):
    html = page(manifest)
    for mart in manifest.marts:
        assert f"<b>{mart['name']}</b>" in html
        for column in mart["columns"]:
            assert f"<code>{column}</code>" in html
    for metric in manifest.metrics:
        assert f"<code>{metric['name']}</code>" in html


def test_the_site_loads_nothing_from_elsewhere(manifest):
    html = page(manifest)
    assert not re.findall(r"<(?:script|link|img|iframe)", html)
    assert set(re.findall(r'href="([^#"][^"#]*)', html)) == {"dbt.html"}


def test_the_rule_behind_a_column_is_one_click_away(manifest):
    """In the dictionary the SQL of the model, on the site the model with its lineage."""
    text = dictionary(manifest)
    links = re.findall(r"\[`(\w+)`\]\(\.\./(models/[^)]+)\)", text)
    assert ("int_abandoned_visits", "models/intermediate/tasks/int_abandoned_visits.sql") in links
    assert not [path for _, path in links if not (PROJECT / path).is_file()]
    assert not re.findall(r"Rules?: `", text)
    html = page(manifest)
    assert 'href="dbt.html#!/model/model.flex_insights.int_abandoned_visits"' in html
    assert not re.findall(r"Rules?: `", html)


def test_the_diagram_shows_every_key_that_is_followed(manifest):
    keys = manifest.foreign_keys()
    svg = ElementTree.fromstring(diagram(keys, manifest.own_keys()))
    space = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in svg.iter(f"{space}text")]
    assert {"fct_segments", "fct_conversations", "fct_workload", "dim_agents"} <= set(texts)
    assert {column for _, column, _ in keys} - set(texts) <= {
        "answered_by_segment_key", "transferred_from_segment_key"}
    assert len(list(svg.iter(f"{space}path"))) == len([k for k in keys if k[0] != k[2]])


def test_every_mart_has_three_questions(manifest):
    asked = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    assert {mart: len(questions) for mart, questions in asked.items()} == {
        mart["name"]: 3 for mart in manifest.marts}
    texts = [question["question"] for questions in asked.values() for question in questions]
    assert len(texts) == len(set(texts))


def test_what_is_said_of_handled_conversations_is_true(sample_data):
    """The two counts that differ, wherever a page explains why."""
    settings = Settings(events="", data=sample_data)
    sql = metric_sql(metricflow_engine(settings.target / "semantic_manifest.json"),
                     {"metrics": "handled_conversations"})
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        (by_kind_shown,) = connection.execute(sql).fetchone()
        (by_events,) = connection.execute(
            "select count(*) from marts.fct_conversations where is_handled").fetchone()
    assert by_kind_shown < by_events
    for place in (QUESTIONS, README, RUNNING):
        assert {f"{by_kind_shown:,}", f"{by_events:,}"} <= set(
            re.findall(r"\d,\d{3}", place.read_text(encoding="utf-8"))), place.name


WRITTEN = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`([^`\n]+)`")


def name_of(path):
    return str(path.relative_to(PROJECT))


def prose(path):
    """The text of a page without its code."""
    return CODE_SPAN.sub(r"\1", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path):
    """What `#…` may name on a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_links_lead_somewhere(path):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def commands(path):
    """Commands that a page names, as words: in shell blocks, behind a prompt, in code spans."""
    text = path.read_text(encoding="utf-8")
    lines = [line for language, block in FENCE.findall(text)
             for line in block.replace("\\\n", "").splitlines()
             if language == "sh" or line.startswith("$ ")]
    for code in lines + CODE_SPAN.findall(FENCE.sub("", text)):
        for command in re.split(r"&&|\|\||;|\|", code.removeprefix("$ ")):
            words = command.split("#")[0].split()
            while words and re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            if words:
                yield [words[0].removeprefix(".venv/bin/"), *words[1:]]


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_commands_exist(path):
    from flex_insights.cli import flex_insights

    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = {target for targets in re.findall(r"^([a-z][a-z -]*):", makefile, re.MULTILINE)
               for target in targets.split()}
    context = click.Context(flex_insights)
    options = {option for parameter in flex_insights.get_params(context) for option in parameter.opts}
    known = {"make": targets, "flex-insights": {*flex_insights.list_commands(context), *options}}
    unknown = []
    for program, *arguments in commands(path):
        if program == "make":
            arguments = [a for a in arguments if re.fullmatch(r"[a-z][a-z-]*", a)]
        if program in known and arguments and arguments[0] not in known[program]:
            unknown.append(f"{program} {arguments[0]}")
        if program == "python" and arguments[:1] == ["-m"]:
            if importlib.util.find_spec(arguments[1]) is None:
                unknown.append(f"python -m {arguments[1]}")
    assert not unknown


@pytest.mark.parametrize("path", [PAGE, README], ids=name_of)
def test_metrics_can_be_asked_for_as_the_page_says(path, manifest, sample_data):
    settings = Settings(events="", data=sample_data)
    engine = metricflow_engine(settings.target / "semantic_manifest.json")
    saved = {query["name"] for query in manifest.saved_queries}
    text = path.read_text(encoding="utf-8").replace("\\\n", "")
    queries = [shlex.split(query)[2:] for query in re.findall(r"^(?:\$ )?(mf query .*)$", text, re.MULTILINE)]
    assert queries
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        for words in queries:
            options = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2])}
            if "saved-query" in options:
                assert options["saved-query"] in saved
                continue
            rows = connection.execute(metric_sql(engine, options)).fetchall()
            assert rows and not [row for row in rows if None in row]


@pytest.mark.parametrize("path", sorted(PROJECT.glob("docs/*.md")), ids=name_of)
def test_a_page_says_first_whom_it_is_for(path):
    title, first, *_ = path.read_text(encoding="utf-8").split("\n\n")
    assert title.startswith("# ") and first.startswith("For ")


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 170


def test_the_marts_can_be_asked_in_sql(sample_data):
    done = run(sample_data, FLEX_INSIGHTS, "sql", "select 1 as one from dim_times where time_key = 0")
    assert done.stdout.split() == ["one", "-----", "1"], done.stderr
    done = run(sample_data, FLEX_INSIGHTS, "sql", "select from nowhere")
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_without_a_build_there_is_nothing_to_describe(tmp_path):
    with pytest.raises(NotBuiltError, match="run `flex-insights build` first"):
        read_manifest(Settings(events="", data=tmp_path))


@pytest.fixture
def copy_of_sample(sample_data, tmp_path):
    """A copy, because dbt and mf open the database for writing while others read it."""
    return shutil.copytree(sample_data, tmp_path / "data")


def run(data, *command):
    environment = os.environ | {"DATA": str(data), "REPORTING_TIME_ZONE": "UTC"}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


def test_metricflow_finds_nothing_wrong(copy_of_sample):
    show_metrics(Settings(events="", data=copy_of_sample))
    done = run(copy_of_sample, os.path.join(os.path.dirname(sys.executable), "mf"),
               "validate-configs")
    assert done.returncode == 0, done.stdout + done.stderr
    results = re.findall(r"\(ERRORS: (\d+), FUTURE_ERRORS: (\d+), WARNINGS: (\d+)\)", done.stdout)
    assert len(results) == 6 and set(results) == {("0", "0", "0")}


@pytest.mark.long
def test_make_docs_writes_a_site(copy_of_sample):
    done = run(copy_of_sample, FLEX_INSIGHTS, "docs")
    assert done.returncode == 0, done.stderr
    html = (copy_of_sample / "docs" / "index.html").read_text(encoding="utf-8")
    assert "fct_segments" in html
    assert "fct_segments" in (copy_of_sample / "docs" / "dbt.html").read_text(encoding="utf-8")
