"""Which package may import which, and how."""

import ast
from pathlib import Path

import pytest
from conftest import PROJECT

SCRIPTS = PROJECT / "scripts"
TEST_MODULES = {path.stem for path in (PROJECT / "tests").rglob("*.py")}


def modules(package):
    return {path: path.read_text("utf-8") for path in sorted((SCRIPTS / package).rglob("*.py"))}


def imported(source):
    """Names of all modules that a source imports, at its top or later."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def imports_of_workshop_or_tests(sources):
    unwanted = {"workshop", "tests", *TEST_MODULES}
    return [
        (Path(path).name, name)
        for path, source in sources.items()
        for name in imported(source)
        if name.split(".")[0] in unwanted
    ]


def test_the_product_imports_neither_workshop_nor_tests():
    sources = modules("flex_insights")
    assert len(sources) > 40
    assert imports_of_workshop_or_tests(sources) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import workshop.truth", "workshop.truth"),
        ("def f():\n    from workshop import bench", "workshop"),
        ("from loading_support import lines", "loading_support"),
    ],
)
def test_an_import_of_workshop_or_tests_is_found(source, name):
    assert imports_of_workshop_or_tests({"x.py": source}) == [("x.py", name)]


def test_no_module_changes_the_path_of_imports():
    assert [path.name for package in ("flex_insights", "workshop")
            for path, source in modules(package).items() if "sys.path" in source] == []


def test_imports_name_the_package():
    relative = [
        (path.name, name)
        for package in ("flex_insights", "workshop")
        for path, source in modules(package).items()
        for name in imported(source)
        if name.startswith(".")
    ]
    assert relative == []
