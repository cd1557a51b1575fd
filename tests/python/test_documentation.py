"""Documentation is what the YAML says, all of it, and needs nothing but itself."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from xml.etree import ElementTree

import pytest
import yaml

from flex_insights.docs.diagram import diagram
from flex_insights.docs.dictionary import PAGE, dictionary
from flex_insights.docs.manifest import NotBuiltError, read_manifest
from flex_insights.docs.questions import QUESTIONS, README, transcript, with_questions
from flex_insights.docs.site import page
from flex_insights.run_dbt import show_metrics
from flex_insights.settings import PROJECT, Settings

UNITS = {"seconds", "share", "conversations", "segments", "customers", "offers",
         "segments per conversation", "segments per hour"}


@pytest.fixture(scope="module")
def manifest(sample_data):
    return read_manifest(Settings(events="", data=sample_data))


def test_the_dictionary_is_current(manifest):
    assert PAGE.read_text(encoding="utf-8") == dictionary(manifest), (
        "run `python -m flex_insights.docs.dictionary` after a build")


def test_the_dictionary_names_every_metric_dimension_and_saved_query(manifest):
    text = dictionary(manifest)
    names = [metric["name"] for metric in manifest.metrics]
    names += [query["name"] for query in manifest.saved_queries]
    names += [dimension["name"] for _, model in manifest.dimension_tables()
              for dimension in model["dimensions"]]
    assert [name for name in names if f"| `{name}`" not in text] == []


def test_every_metric_is_told_in_words(manifest):
    for metric in manifest.metrics:
        meta = metric["config"]["meta"]
        assert metric["label"] and metric["description"].strip().endswith("."), metric["name"]
        assert len(meta["formula"]) >= 10 and meta["unit"] in UNITS, metric["name"]
        assert set(meta) <= {"formula", "unit", "flex_insights_name"}, metric["name"]


def test_no_two_metrics_are_told_alike(manifest):
    for what in ("label", "description"):
        told = Counter(metric[what] for metric in manifest.metrics)
        assert [text for text, times in told.items() if times > 1] == []


def test_the_names_of_flex_insights_are_given(manifest):
    names = {metric["config"]["meta"].get("flex_insights_name") for metric in manifest.metrics}
    assert {"Abandoned Conversations", "Abandonment Time", "Handled Conversations", "Queue Time",
            "Talk Time", "Wrap Up Time"} < names


def test_formulas_name_metrics_that_exist(manifest):
    """A ratio's formula is that of its parts."""
    known = {metric["name"] for metric in manifest.metrics}
    for metric in manifest.metrics:
        parts = metric["type_params"]
        if metric["type"] == "ratio":
            formula = metric["config"]["meta"]["formula"].strip()
            if " / " in formula and set(formula.split(" / ")) <= known:
                assert formula == f"{parts['numerator']['name']} / {parts['denominator']['name']}"


def test_the_site_tells_every_column_and_metric(manifest):
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


def test_the_answers_in_the_readme_are_those_of_the_sample(sample_data):
    readme = README.read_text(encoding="utf-8")
    current = with_questions(readme, transcript(Settings(events="", data=sample_data)))
    assert readme == current, "run `python -m flex_insights.docs.questions` after a build of the sample"


def test_every_mart_has_three_questions(manifest):
    asked = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    assert {mart: len(questions) for mart, questions in asked.items()} == {
        mart["name"]: 3 for mart in manifest.marts}
    texts = [question["question"] for questions in asked.values() for question in questions]
    assert len(texts) == len(set(texts))


def test_the_marts_can_be_asked_in_sql(sample_data):
    done = run(sample_data, sys.executable, "-m", "flex_insights.sql", "select 1 as one from dim_times "
               "where time_key = 0")
    assert done.stdout.split() == ["one", "-----", "1"], done.stderr
    done = run(sample_data, sys.executable, "-m", "flex_insights.sql", "select from nowhere")
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_without_a_build_there_is_nothing_to_tell_of(tmp_path):
    with pytest.raises(NotBuiltError, match="run `make build` first"):
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
    done = run(copy_of_sample, sys.executable, "-m", "flex_insights.make_docs")
    assert done.returncode == 0, done.stderr
    html = (copy_of_sample / "docs" / "index.html").read_text(encoding="utf-8")
    assert "fct_segments" in html
    assert "fct_segments" in (copy_of_sample / "docs" / "dbt.html").read_text(encoding="utf-8")
