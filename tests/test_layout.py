"""The house, kept: rooms import downwards, nobody imports another room's `_file`, a library belongs to its rooms.

`ROOMS` is the table. Inside a room the order is whatever has no circle.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

import lookback
from lookback.cli.main import NAMES
from lookback.cli.rules import HOMES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "engine" / "lookback"

ROOMS: dict[str, tuple[str, ...]] = {
    "words": (),
    "place": ("words",),
    "notions": (),
    "language": ("words", "notions"),
    "packs": ("words", "place", "notions", "language"),
    "warehouse": ("words",),
    "values": ("words", "language", "packs", "warehouse"),
    "headers": ("words", "packs", "warehouse", "values"),
    "records": ("words", "place", "language", "packs", "warehouse", "values", "headers"),
    "judging": ("words", "place", "notions", "language", "packs", "warehouse"),
    "proving": ("words", "notions", "language", "packs", "judging"),
    "authoring": (*("words", "place", "language", "packs", "warehouse", "values", "headers", "records", "judging", "proving"),),
    "reviews": ("words", "place", "language", "packs", "warehouse", "headers", "records", "judging", "proving"),
    "receipts": ("words", "place", "language", "packs", "warehouse", "reviews"),
    "inspection": ("words", "place", "language", "packs", "warehouse", "records", "reviews"),
    "rounds": ("words", "place", "language", "packs", "warehouse", "records", "judging", "reviews"),
    "reporting": ("words", "place", "language", "packs", "warehouse", "reviews", "rounds"),
    "exporting": ("words", "place", "language", "packs", "warehouse", "reviews", "rounds"),
    "publishing": ("words", "place", "language", "packs", "warehouse", "records", "reviews"),
    "writers": ("words", "place", "language", "packs", "proving", "authoring", "reviews", "reporting", "exporting"),
    "pipeline": (
        *("words", "place", "language", "packs", "warehouse", "headers", "records", "judging", "reviews", "receipts", "writers"),
    ),
    "api": ("words", "packs", "records", "judging", "proving", "authoring", "reviews", "rounds", "writers", "pipeline"),
    "cli": (
        *("words", "place", "language", "packs", "warehouse", "records", "judging", "proving", "authoring", "reviews"),
        *("receipts", "inspection", "rounds", "reporting", "exporting", "publishing", "writers", "pipeline"),
    ),
}
"""A room (a folder, or a file of the package itself) -> the rooms that it may import."""

LIBRARIES: dict[str, tuple[str, ...]] = {
    "adbc_driver_manager": ("records",),
    "adbc_driver_postgresql": ("records",),
    "charset_normalizer": ("records",),
    "click": ("cli",),
    "cryptography": ("receipts",),
    "docx": ("writers",),
    "duckdb": ("warehouse",),
    "durable": ("judging",),
    "jinja2": ("packs", "writers"),
    "pyarrow": ("warehouse", "headers", "records", "judging", "reviews", "rounds"),
    "pydantic": ("packs",),
    "pypinyin": ("authoring",),
    "python_calamine": ("records",),
    "sqlglot": ("language", "packs", "judging", "proving", "reviews", "authoring", "rounds"),
    "tabulate": ("writers",),
    "tqdm": ("cli",),
    "wcwidth": ("words", "writers"),
    "xlsxwriter": ("writers",),
    "yaml": ("packs",),
    "z3": ("proving", "publishing"),
}
"""A library -> the rooms that may import it."""

MOST_FILES = 12
"""Files that a room shows side by side."""
MOST_LINES = 500

HEAVY = {"adbc_driver_manager", "adbc_driver_postgresql", "docx", "duckdb", "durable", "jinja2", "pyarrow", "pydantic"}
HEAVY |= {"cryptography", "python_calamine", "sqlglot", "tabulate", "tqdm", "xlsxwriter", "yaml", "z3"}

PUBLIC = ["LookbackError", "Review", "VERSION", "built_in_packs", "check", "impact", "lint", "open_review", "prove"]
PUBLIC += ["read_pack", "run_tests"]

FILES = tuple(sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")))
ROOMED = tuple(file for file in FILES if file not in ("__init__.py", "__main__.py"))


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text("utf-8"), file)


def module_of(file: str) -> str:
    return ".".join(("lookback", *Path(file).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(file): file for file in FILES}


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, wherever in it; not those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from {f"{node.module}.{name.name}" for name in node.names} & MODULES.keys() or [node.module or ""]
        elif isinstance(node, ast.Call) and called(node.func) == "import_module":
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from imports(node)
        elif not (isinstance(node, ast.If) and called(node.test) == "TYPE_CHECKING"):
            yield from imports(node)


def called(node: ast.expr) -> str:
    """The last part of a name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@cache
def imported_by(file: str) -> frozenset[str]:
    return frozenset(imports(tree_of(file)))


def room_of(module: str) -> str:
    """lookback.records.read -> records; lookback.place -> place."""
    return module.split(".")[1] if "." in module else ""


# ------------------------------------------------------------------------------------------------------------- the rooms


def test_every_file_stands_in_a_room() -> None:
    assert {room_of(module_of(file)) for file in ROOMED} == ROOMS.keys()


def test_the_table_of_rooms_lets_nobody_look_up() -> None:
    order = list(ROOMS)
    assert [(room, other) for room in order for other in ROOMS[room] if order.index(other) >= order.index(room)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    allowed = {"", room, *ROOMS[room]}
    wrong = {
        (file, module)
        for file in ROOMED
        if room_of(module_of(file)) == room
        for module in imported_by(file)
        if module.split(".")[0] == "lookback" and room_of(module) not in allowed
    }
    assert wrong == set()


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_imports_what_a_room_keeps_to_itself(room: str) -> None:
    wrong = {
        (file, module)
        for file in FILES
        if room_of(module_of(file)) != room
        for module in imported_by(file)
        if room_of(module) == room and any(part.startswith("_") for part in module.split(".")[2:])
    }
    assert wrong == set()


def test_no_file_imports_in_a_circle() -> None:
    graph = {
        module: {other for other in imported_by(file) if other in MODULES and other != module} for module, file in MODULES.items()
    }
    tuple(TopologicalSorter(graph).static_order())


def test_of_the_package_itself_a_file_takes_only_the_version() -> None:
    names = {
        name.name
        for file in ROOMED
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ImportFrom) and node.module == "lookback"
        for name in node.names
        if f"lookback.{name.name}" not in MODULES and f"lookback.{name.name}" not in {m.rpartition(".")[0] for m in MODULES}
    }
    assert names <= {"VERSION"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_belongs_to_its_rooms(library: str) -> None:
    users = {room_of(module_of(f)) for f in ROOMED if any(module.split(".")[0] == library for module in imported_by(f))}
    assert users == set(LIBRARIES[library])


def test_no_other_library_is_imported() -> None:
    known = {*sys.stdlib_module_names, "lookback", *LIBRARIES}
    assert {module.split(".")[0] for file in FILES for module in imported_by(file)} <= known


def test_one_file_alone_imports_durable_rules() -> None:
    assert [f for f in FILES if any(m.split(".")[0] == "durable" for m in imported_by(f))] == ["judging/decider.py"]


def test_no_room_shows_more_files_than_one_takes_in() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    crowded = {folder.name: n for folder in folders if (n := len([*folder.glob("*.py")])) > MOST_FILES}
    assert crowded == {}


def test_no_file_is_longer_than_one_reads() -> None:
    lines = {file: len((PACKAGE / file).read_text("utf-8").splitlines()) for file in FILES}
    assert {file: n for file, n in lines.items() if n > MOST_LINES} == {}


def test_every_file_opens_with_what_it_does() -> None:
    short = [f for f in FILES if f != "__main__.py" and len(ast.get_docstring(tree_of(f)) or "") < 20]
    assert short == []


# ------------------------------------------------------------------------------------------------------------- the wheel


def wheel_of(tree: Path, into: Path, **environment: str) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(into), str(tree)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    [wheel] = into.glob("*.whl")
    return wheel


def test_the_wheel_holds_the_package_and_nothing_beside_it(tmp_path: Path) -> None:
    names = zipfile.ZipFile(wheel_of(ROOT, tmp_path)).namelist()
    assert {name.split("/")[0] for name in names} == {"lookback", f"lookback-{lookback.VERSION}.dist-info"}
    kept = {"py.typed", "rules/lookback-2005/pack.yaml", "writers/style.html", "words/packs.txt", "errors.md"}
    assert {f"lookback/{name}" for name in kept} <= set(names)


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [{}, {"SOURCE_DATE_EPOCH": "1100000000"}], ids=["no-time-given", "a-time-given"])
def test_two_builds_give_the_same_wheel(epoch: dict[str, str], tmp_path: Path) -> None:
    """Of two copies of the tree, elsewhere, at another time, with other rights and in another order on the disk."""
    other = tmp_path / "some" / "where else"
    for name in ("pyproject.toml", "README.md", "LICENSE", "rules", "engine"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            other.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, other / name)
    for file in sorted(other.rglob("*"), reverse=True):
        os.utime(file, (1, 1_000_000_000))
        file.chmod(0o700 if file.is_dir() else 0o600)
    builds = [wheel_of(tree, tmp_path / into, **epoch).read_bytes() for tree, into in ((ROOT, "first"), (other, "second"))]
    assert builds[0] == builds[1]


# ------------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize("file", ["cli/__init__.py", "cli/main.py", "cli/_base.py", "cli/rules/__init__.py"])
def test_the_command_line_imports_the_rooms_only_inside_functions(file: str) -> None:
    tree = tree_of(file)
    outside = set(imports(ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], [])))
    outside.discard("lookback.packs")  # the sign of the room, which says the default pack and imports nothing
    assert {name for name in outside if room_of(name) not in ("", "words", "cli") and name.startswith("lookback")} == set()
    assert {name.split(".")[0] for name in outside}.isdisjoint(HEAVY)


def run(program: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'engine')!r})\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


HELP = [[name, "--help"] for name in NAMES] + [["rules", name, "--help"] for name in HOMES]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["check", "--no-such-option"], *HELP], ids=" ".join)
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    said = run(f"""
import json
sys.argv = ["lookback", *{arguments!r}]
from lookback.cli.main import main
try:
    main()
except SystemExit:
    print("\\n" + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
""")
    assert set(json.loads(said.splitlines()[-1])).isdisjoint(HEAVY)


def test_printing_a_result_needs_neither_solver_nor_warehouse() -> None:
    writers = [module for module, file in MODULES.items() if file.startswith("writers/")]
    loaded = {name.split(".")[0] for name in run(f"import {', '.join(writers)}; print(*sys.modules)").split()}
    assert loaded.isdisjoint({"z3", "duckdb", "durable"})


# ------------------------------------------------------------------------------------------------------------ the engine


def test_the_public_names_are_these() -> None:
    assert sorted(lookback.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(lookback, name) is not None


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluate'"):
        _ = lookback.evaluate


def test_importing_the_engine_loads_nothing() -> None:
    loaded = run("import lookback; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith("lookback.")] == []
    assert {name.split(".")[0] for name in loaded}.isdisjoint(HEAVY)


def test_the_engine_loads_solver_and_decider_only_when_asked() -> None:
    loaded = run("from lookback import check, open_review, Review; print(*sys.modules)").split()
    assert {"z3", "durable"}.isdisjoint(loaded)


def words_of_the_built_in_pack() -> dict[str, str]:
    """Names that only the built-in pack could have brought into the engine -> what each is."""
    words: dict[str, str] = {}
    pack = ROOT / "rules" / "lookback-2005"
    for file in sorted(pack.glob("*.rules.yaml")):
        content = yaml.safe_load(file.read_text("utf-8"))
        words |= {rule["rule"]: "rule" for rule in content.get("rules", ())}
        words |= {rule["clause"]: "clause" for rule in content.get("rules", ()) if "clause" in rule}
        words |= {fact["fact"]: "fact" for fact in content.get("facts", ())}
    header = yaml.safe_load((pack / "pack.yaml").read_text("utf-8"))
    words |= {outcome["outcome"]: "outcome" for outcome in header["outcomes"]} | dict.fromkeys(header["params"], "parameter")
    for name, table in yaml.safe_load((pack / "records.yaml").read_text("utf-8"))["tables"].items():
        words |= {name: "table", **dict.fromkeys(table["fields"], "field")}
    return words


COMMON = {"batch", "causes", "document", "explain", "kind", "measures", "members", "name", "open"}
COMMON |= {"about", "answer", "feedback", "help", "inspection", "kinds", "over", "partly", "pass", "question", "region"}
COMMON |= {"remarks", "source", "status", "survey", "text", "title", "units"}
"""Words of the pack that are ordinary words of programs as well, or (units) of the glossary."""
MAY_NAME = {
    ("packs/__init__.py", "lookback-2005"),  # the default pack
    ("packs/params.py", "as_of"),  # what --as-of sets
    ("cli/inspection/sheet.py", "feedback"),  # a paper that may be asked for
    ("cli/complete.py", "as_of"),  # how --as-of is completed
    ("packs/references/__init__.py", "in_force"),  # a key of records.yaml
    ("packs/checks/former.py", "in_force"),
    ("packs/checks/whole.py", "in_force"),
    ("headers/left_out.py", "issues"),  # nouns that totals count by
    ("headers/left_out.py", "cases"),
    ("language/operators/__init__.py", "as_of"),  # in examples of conditions
    *((f"authoring/drafting/{file}.py", word) for file in ("looks", "naming") for word in ("valid", "deadline")),  # of headers
}


def test_no_code_names_a_table_rule_or_clause_of_the_built_in_pack() -> None:
    words = words_of_the_built_in_pack().keys() - COMMON | {"lookback-2005"}
    found = set()
    for file in FILES:
        if file.startswith("words/"):
            continue
        tree = tree_of(file)
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
        prose |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "description"}
        found |= {
            (file, word)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
            for word in re.findall(r"[\w-]+", node.value)
            if word in words
        }
    assert found - MAY_NAME == set()
