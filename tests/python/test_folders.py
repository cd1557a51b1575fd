"""Models read only what comes before them: staging first, marts last."""

import json
from collections import defaultdict

import pytest

from flex_insights.settings import Settings

# Folders in one set stand side by side: neither reads the other.
ORDER = [
    {"staging"}, {"events"}, {"grouping"}, {"scope"}, {"tasks", "agents"}, {"segments"},
    {"conversations"}, {"workload"}, {"marts"},
]
AUDIT_MARTS = {"audit_events", "audit_rejects", "data_freshness"}


def folders_of_models(manifest):
    """{model: the folder that it is in}"""
    return {
        name: node["original_file_path"].split("/")[-2]
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }


def reads_between_folders(manifest):
    """{(folder, folder that it reads): [model reads model, …]}"""
    folders = folders_of_models(manifest)
    reads = defaultdict(list)
    for name, folder in folders.items():
        for read in manifest["nodes"][name]["depends_on"]["nodes"]:
            if folders.get(read, folder) != folder:
                reads[folder, folders[read]].append(f"{short(name)} reads {short(read)}")
    return dict(reads)


def backward_reads(manifest):
    """Every read of a folder that does not come before the reader's, a line each."""
    place = {folder: number for number, step in enumerate(ORDER) for folder in step}
    return [
        f"{folder} ← {read}: {line}"
        for (folder, read), lines in reads_between_folders(manifest).items()
        if place[read] >= place[folder]
        for line in lines
    ]


def loops(manifest):
    """The folders that read themselves by way of others."""
    reads = defaultdict(set)
    for folder, read in reads_between_folders(manifest):
        reads[folder].add(read)
    found = set()
    for start in list(reads):
        reached, ahead = set(), list(reads[start])
        while ahead:
            folder = ahead.pop()
            if folder not in reached:
                reached.add(folder)
                ahead += reads[folder]
        if start in reached:
            found.add(start)
    return found


def marts_that_read_staging(manifest):
    """Marts, except those of the audit, that read a model of staging directly."""
    folders = folders_of_models(manifest)
    return {
        short(name)
        for name, folder in folders.items()
        if folder == "marts" and short(name) not in AUDIT_MARTS
        and any(
            folders.get(read) == "staging"
            for read in manifest["nodes"][name]["depends_on"]["nodes"]
        )
    }


def short(name):
    return name.split(".")[-1]


@pytest.fixture(scope="module")
def manifest(sample_data):
    return json.loads(Settings("", sample_data).dbt_manifest.read_text(encoding="utf-8"))


def test_every_model_is_in_a_folder_of_the_order(manifest):
    assert set(folders_of_models(manifest).values()) == set().union(*ORDER)


def test_no_folder_reads_a_later_one(manifest):
    assert backward_reads(manifest) == []


def test_no_folder_reads_itself_by_way_of_others(manifest):
    assert loops(manifest) == set()


def test_only_audit_marts_read_staging(manifest):
    assert marts_that_read_staging(manifest) == set()


# The tests above can fail.


def made_up(**models):
    """A manifest of models given as name="folder", or name="folder reads one other"."""
    nodes = {}
    for name, text in models.items():
        folder, _, read = text.partition(" reads ")
        nodes[f"model.x.{name}"] = {
            "resource_type": "model",
            "original_file_path": f"models/{folder}/{name}.sql",
            "depends_on": {"nodes": [f"model.x.{other}" for other in read.split()]},
        }
    return {"nodes": nodes}


FORWARD = {
    "stg_a": "staging", "int_a": "events reads stg_a", "int_b": "segments reads int_a",
    "int_c": "conversations reads int_b", "fct_a": "marts reads int_c int_b",
    "audit_events": "marts reads stg_a int_a",
}


def test_reads_in_order_pass():
    graph = made_up(**FORWARD)
    assert reads_between_folders(graph)["marts", "segments"] == ["fct_a reads int_b"]
    assert (backward_reads(graph), loops(graph)) == ([], set())
    assert marts_that_read_staging(graph) == set()


def test_a_loop_is_found():
    graph = made_up(**FORWARD | {"int_d": "segments reads int_c"})
    assert loops(graph) == {"segments", "conversations"}
    assert backward_reads(graph) == ["segments ← conversations: int_d reads int_c"]


def test_a_loop_over_several_folders_is_found():
    graph = made_up(**FORWARD | {"int_d": "events reads int_c"})
    assert loops(graph) == {"events", "segments", "conversations"}


def test_a_backward_read_without_a_loop_is_found():
    graph = made_up(int_a="workload", int_b="scope reads int_a")
    assert loops(graph) == set()
    assert backward_reads(graph) == ["scope ← workload: int_b reads int_a"]


def test_folders_side_by_side_may_not_read_each_other():
    graph = made_up(int_a="tasks", int_b="agents reads int_a")
    assert backward_reads(graph) == ["agents ← tasks: int_b reads int_a"]


def test_a_mart_that_reads_staging_is_found():
    graph = made_up(**FORWARD | {"dim_a": "marts reads stg_a"})
    assert marts_that_read_staging(graph) == {"dim_a"}


def test_the_models_with_one_read_turned_round_fail(manifest):
    nodes = json.loads(json.dumps(manifest["nodes"]))
    reader = nodes["model.flex_insights.int_all_segments"]
    reader["depends_on"]["nodes"].append("model.flex_insights.int_conversations")
    graph = {"nodes": nodes}
    assert loops(graph) == {"segments", "conversations"}
    assert backward_reads(graph) == [
        "segments ← conversations: int_all_segments reads int_conversations"
    ]
