"""Every table and column of the marts is described, each meaning written once."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

MODELS = Path(__file__).resolve().parents[2] / "models"
TYPES = {"string", "bigint", "integer", "double", "boolean", "timestamp", "date"}
DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)
DOC_REFERENCE = re.compile(r"""{{ doc\(["'](\w+)["']\) }}""")


def read_marts(files):
    """Name of each mart → its YAML."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {mart["name"]: mart for document in documents for mart in document.get("models", [])}


MARTS = read_marts(sorted((MODELS / "marts").glob("*.yml*")))
BLOCKS = [
    (name, " ".join(text.split()))
    for path in sorted((MODELS / "docs").glob("*.md"))
    for name, text in DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
]
COLUMNS = [(name, column) for name, mart in MARTS.items() for column in mart["columns"]]


RULE = re.compile(r"\bRules?: ((?:`\w+`(?:, )?)+)\.")
# The marts have a YAML file each.
FOLDERS = sorted({path.parent for path in MODELS.rglob("*.sql")} - {MODELS / "marts"})


def more_than_once(items):
    return [item for item, times in Counter(items).items() if times > 1]


@pytest.mark.parametrize("name", MARTS)
def test_a_mart_says_its_grain_first(name):
    assert MARTS[name]["description"].startswith("One row for each ")


def test_every_mart_has_its_yaml_beside_it():
    models = {path.stem for path in (MODELS / "marts").glob("*.sql")}
    assert models <= set(MARTS)
    assert models <= {path.name.split(".")[0] for path in (MODELS / "marts").glob("*.yml*")}


def test_every_column_is_described_by_a_doc_block():
    known = {name for name, _ in BLOCKS}
    wrong = [
        f"{mart}.{column['name']}: {column.get('description')}"
        for mart, column in COLUMNS
        if not (found := DOC_REFERENCE.fullmatch(column.get("description") or ""))
        or found[1] not in known
    ]
    assert not wrong


def test_every_column_has_a_type_that_both_engines_take():
    wrong = {(mart, column["name"]) for mart, column in COLUMNS if column["data_type"] not in TYPES}
    assert not wrong


def test_no_column_stands_twice_in_a_mart():
    assert not more_than_once((mart, column["name"]) for mart, column in COLUMNS)


def test_every_doc_block_has_a_name_and_a_text_of_its_own():
    assert not more_than_once(name for name, _ in BLOCKS)
    assert not more_than_once(text for _, text in BLOCKS)
    assert not [name for name, text in BLOCKS if not text]


def test_every_doc_block_is_used():
    yaml_files = [path.read_text(encoding="utf-8") for path in MODELS.rglob("*.yml*")]
    used = {name for text in yaml_files for name in DOC_REFERENCE.findall(text)}
    assert not {name for name, _ in BLOCKS} - used


def rules_named(text):
    """The models that a description names as the place of the rule behind a value."""
    return [model for found in RULE.findall(text) for model in re.findall(r"\w+", found)]


def test_every_rule_named_is_a_model():
    models = {path.stem for path in MODELS.rglob("*.sql")}
    named = {name: rules_named(text) for name, text in BLOCKS}
    assert not [(name, model) for name in named for model in named[name] if model not in models]
    # nor is a rule written in another way
    assert not [name for name, text in BLOCKS if "Rule" in text and not named[name]]
    assert sum(map(bool, named.values())) > 100


@pytest.mark.parametrize(
    ("block", "model"),
    [
        ("abandoned", "int_abandoned_visits"),
        ("is_handled", "int_segment_outcomes"),
        ("talk_time", "int_accepted_reservations"),
        ("conversation_id", "int_task_conversations"),
        ("customer_id", "int_segment_customers"),
    ],
)
def test_a_description_leads_to_the_rule(block, model):
    assert model in rules_named(dict(BLOCKS)[block])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_model_is_described_in_the_yaml_of_its_folder(folder):
    document = yaml.safe_load((folder / "_models.yml").read_text(encoding="utf-8"))
    described = {model["name"]: model["description"] for model in document["models"]}
    assert set(described) == {path.stem for path in folder.glob("*.sql")}
    assert not [name for name, text in described.items() if not text.startswith("One row for each ")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_models_say_what_they_are_in_yaml_and_not_in_a_comment_above(folder):
    commented = [
        path.stem
        for path in folder.glob("*.sql")
        if path.read_text(encoding="utf-8").startswith("--")
        and not path.read_text(encoding="utf-8").startswith("-- depends_on: ")
    ]
    assert not commented
