"""What is added to a pack's files, however they are laid out: what stood there is kept to the byte, and what is new is there."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import core_yaml
import pytest
from builders import checked
from hypothesis import given
from hypothesis import strategies as st
from screen import Folders, Lookback
from strategies import depths, many

from lookback.authoring.examine import examine
from lookback.authoring.new import add_rule
from lookback.authoring.rule_tests import read_cases, run_cases
from lookback.packs.layout import added
from lookback.packs.read import read_tests
from lookback.words.errors import PackError, UsageError

Sections = Mapping[str, Sequence[Mapping[str, Any]]]
Draw = Callable[[st.SearchStrategy[Any]], Any]

HEADER = 'pack: p\nversion: "1"\noutcomes: [{outcome: fine}, {outcome: late}]\n'
RECORDS = "tables: {units: {key: unit_id, fields: {unit_id: {type: text}, name: {type: text}, posts: {type: integer}}}}\n"


def pack_of(folder: Path, rules: bytes, tests: bytes | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(HEADER, "utf-8")
    (folder / "records.yaml").write_text(RECORDS, "utf-8")
    (folder / "1.rules.yaml").write_bytes(rules)
    if tests is not None:
        (folder / "1.test.yaml").write_bytes(tests)
    return folder


# ------------------------------------------------------------------------------------------------------------------- by hand

SOME = "{rule: some, for: units, title: {en: 'S'}, require: name is not null, otherwise: late}"
MORE = "{rule: more, title: {en: M}}"
BLOCK = "- rule: more\n{0}  title: {{en: M}}\n"
LAID_OUT: dict[str, tuple[str, str]] = {
    "a-name-in-quotes": (f'"rules":\n  - {SOME}\n', f'"rules":\n  - {SOME}\n\n  {BLOCK.format("  ")}'),
    "a-blank-before-the-colon": (f"rules :\n  - {SOME}\n", f"rules :\n  - {SOME}\n\n  {BLOCK.format('  ')}"),
    "dashes-in-column-1": (f"rules:\n- {SOME}\nfacts: []\n", f"rules:\n- {SOME}\n\n{BLOCK.format('')}facts: []\n"),
    "dashes-in-column-5": (f"rules:\n    - {SOME}\n", f"rules:\n    - {SOME}\n\n    {BLOCK.format('    ')}"),
    "no-line-end-at-the-end": (f"rules:\n- {SOME}", f"rules:\n- {SOME}\n\n{BLOCK.format('')}"[:-1]),
    "an-end-of-the-document": (f"rules:\n- {SOME}\n...\n...\n", f"rules:\n- {SOME}\n\n{BLOCK.format('')}...\n...\n"),
    "a-text-that-looks-like-a-key": (
        f"rules:\n- {SOME.replace('S', chr(10) + 'facts: x')}\n",
        f"rules:\n- {SOME.replace('S', chr(10) + 'facts: x')}\n\n{BLOCK.format('')}",
    ),
    "comments-with-tabs": (
        f"rules:  #\tx\n  - {SOME} #\tof it\n  #\tits own\n#\tof facts\nfacts: []\n",
        f"rules:  #\tx\n  - {SOME} #\tof it\n  #\tits own\n\n  {BLOCK.format('  ')}#\tof facts\nfacts: []\n",
    ),
    "brackets": (f"rules: [{SOME}]  # x\n", f"rules: [{SOME}, {MORE}]  # x\n"),
    "braces": (f"{{rules: [{SOME}, ]}}", f"{{rules: [{SOME}, {MORE}, ]}}"),
    "braces-without-the-list": ("{facts: []}\n", f"{{facts: [], rules: [{MORE}]}}\n"),
    "brackets-over-lines": (f"rules: [\n  {SOME} # x\n  ]\n", f"rules: [\n  {SOME}, # x\n  {MORE}\n  ]\n"),
    "a-comma-before-the-bracket": (f"rules: [\n  {SOME}, # x\n]\n", f"rules: [\n  {SOME}, # x\n  {MORE},\n]\n"),
    "an-empty-list": ("rules: [] # none yet\nfacts: []\n", f"rules: # none yet\n  {BLOCK.format('  ')}facts: []\n"),
    "an-empty-list-that-ends-the-file": ("rules: [ ]", f"rules:\n  {BLOCK.format('  ')}"[:-1]),
    "an-empty-list-with-a-comment": ("rules: [ # none\n]\n", f"rules: [{MORE} # none\n]\n"),
    "no-list": ("facts: []\n# end\n...\n", f"facts: []\n# end\n\nrules:\n  {BLOCK.format('  ')}...\n"),
    "an-empty-file": ("", f"rules:\n  {BLOCK.format('  ')}"),
    "a-file-of-comments": ("# x", f"# x\n\nrules:\n  {BLOCK.format('  ')}"),
    "a-text-that-keeps-its-line-ends": (
        "rules:\n- rule: |+\n    x\n\n\n# y\n",
        f"rules:\n- rule: |+\n    x\n\n\n# y\n\n{BLOCK.format('')}",
    ),
    "a-key-with-a-question-mark": ("? rules\n: - rule: x\n", f"? rules\n: - rule: x\n\n  {BLOCK.format('  ')}"),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
@pytest.mark.parametrize("how", LAID_OUT)
def test_an_item_is_added_as_a_person_would(how: str, mark: str, line_end: str) -> None:
    before, after = ((mark + text.replace("\n", line_end)).encode() for text in LAID_OUT[how])
    new = added(before, "f", "rules", [{"rule": "more", "title": {"en": "M"}}])
    assert new == (after if line_end in before.decode() else (mark + LAID_OUT[how][1]).encode())


REFUSED = {
    "a-text-that-would-get-a-line-end": (f"rules:\n- {SOME}\n- rule: |\n    x", "not-added", 4),
    "no-list": ("facts: []\nrules: none\n", "not-added", 2),
    "a-list-for-a-mapping": ("- rules\n", "not-added", 1),
    "an-anchor": ("facts: &x []\nrules: []\n", "yaml-alias", 1),
    "an-alias": ("facts: []\nrules: *x\n", "yaml-alias", 2),
    "a-second-document": (f"rules:\n- {SOME}\n---\nfacts: []\n", "not-yaml", 3),
    "no-yaml": ("rules: [\n", "not-yaml", 2),
}


@pytest.mark.parametrize("how", REFUSED)
def test_where_nothing_can_be_added_the_place_is_told(how: str) -> None:
    text, code, line = REFUSED[how]
    with pytest.raises((PackError, UsageError)) as refused:
        added(text.encode(), "f", "rules", [{"rule": "more"}])
    told = refused.value
    (mistake,) = told.mistakes if isinstance(told, PackError) else (told,)
    assert mistake.code == code
    assert f"f:{line}:" in mistake.render()


def test_a_new_rule_that_cannot_be_added_ends_with_2_and_changes_nothing(tmp_path: Path, lookback: Lookback) -> None:
    rules = "rules:\n- rule: some\n  for: units\n  title: {en: S}\n  otherwise: late\n  require: |\n    name is not null"
    pack = pack_of(tmp_path / "pack", rules.encode())
    assert lookback("rules", "check", pack).code == 0
    before = {file: file.read_bytes() for file in pack.iterdir()}
    run = lookback("rules", "new", "more", pack, "--clause", "A1", "--for", "units")
    assert (run.code, run.mistakes(), f"{pack / '1.rules.yaml'}:7:" in run.err) == (2, ["not-added"], True)
    assert {file: file.read_bytes() for file in pack.iterdir()} == before


ISSUES = "issues: {key: id, belongs_to: units, fields: {id: {type: text}, unit_id: {type: text}, level: {type: text}}}"


@pytest.mark.parametrize("rules", [f"{{'rules': [{SOME}]}}", f"rules :\n- {SOME}\n...\n", f"\ufeffrules: [\r\n {SOME}\r\n]\r\n"])
def test_what_counts_a_new_rule_is_added_with_it_whatever_the_layout(rules: str, tmp_path: Path, lookback: Lookback) -> None:
    pack = pack_of(tmp_path / "pack", rules.encode())
    (pack / "records.yaml").write_text(RECORDS.replace("{units", f"{{{ISSUES}, units"), "utf-8")
    assert lookback("rules", "new", "more", pack, "--clause", "A1", "--for", "issues").code == 0
    assert (lookback("rules", "check", pack).code, lookback("rules", "test", pack).code) == (0, 0)
    got = core_yaml.load((pack / "1.rules.yaml").read_bytes())
    assert [[rule["rule"] for rule in got["rules"]], len(got["facts"])] == [["some", "more", "issues-not-late"], 1]


FLAWED = "rules:\n- {rule: few, for: units, title: {en: F}, require: 'coalesce(posts, 0) < 3', otherwise: late}\n"
HELD = (
    b"\xef\xbb\xbf'tests' :\r\n-   test: own  #\r\n    given: {units: [{}]}\r\n    expect: {units: [{verdict: fine}]}\r\n...\r\n"
)


@pytest.mark.parametrize("command", ["new", "prove"])
def test_links_stay_links_and_rights_stay_as_they_were(command: str, tmp_path: Path, lookback: Lookback) -> None:
    file = {"new": "1.test.yaml", "prove": "proof.test.yaml"}[command]
    pack = pack_of(tmp_path / "pack", FLAWED.encode())
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "tests.yaml"
    real.write_bytes(HELD)
    real.chmod(0o444)
    (pack / file).symlink_to("../elsewhere/tests.yaml")
    if command == "new":
        assert lookback("rules", "new", "more", pack, "--clause", "A1", "--for", "units").code == 0
    else:
        assert lookback("rules", "prove", pack, "--save-tests").code == 1
    assert (pack / file).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o444
    new, end = real.read_bytes(), b"...\r\n"
    assert new.startswith(HELD.removesuffix(end))
    assert new.endswith(end)
    assert len(core_yaml.load(new)["tests"]) > 1
    assert new.count(b"\n") == new.count(b"\r\n")


# ------------------------------------------------------------------------------------------------------- layouts that are drawn


def rule(n: int, require: str = "name is not null") -> dict[str, Any]:
    return {"rule": f"r{n}", "for": "units", "title": {"en": f"facts: {n}"}, "require": require, "otherwise": "late"}


def fact(n: int) -> dict[str, Any]:
    return {"fact": f"f{n}", "of": "units", "value": f"posts + {n}"}


def case(n: int) -> dict[str, Any]:
    return {"test": f"t{n} # x", "given": {"units": [{"name": "tests:"}]}, "expect": {"units": [{"verdict": "fine"}]}}


def lists_of(first: str, make: Callable[[int], Mapping[str, Any]], **others: Any) -> st.SearchStrategy[Sections]:
    """Lists of a file in any order; `first` has up to three items, the others as their functions say, or they are left out."""
    makers = {first: make, **others}
    sizes = st.fixed_dictionaries({}, optional={name: st.integers(0, 3 if of else 0) for name, of in makers.items()})
    named = sizes.filter(bool).flatmap(lambda of: st.permutations(list(of.items())))
    return named.map(lambda pairs: {name: [makers[name](i) for i in range(n)] for name, n in pairs})


RULES = lists_of("rules", rule, facts=fact, groups=None)
TESTS = lists_of("tests", case, equivalent=None)


class Writer:
    """Writes lists of entries in a layout that it draws."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def name(self, name: str) -> str:
        return self.one_of("{}:", "{} :", '"{}":', "'{}' :", "{}:").format(name)

    def note(self) -> str:
        """What may end a line."""
        return self.one_of("", "", "  # rules: [\t]", " ", " #\t- x: |")

    def lines(self, column: int) -> str:
        """What may stand between lines."""
        return self.one_of(
            "", "", "\n", f"{' ' * column}# - rule: {{\n", "# facts:\n", "\n# rules: []\n\n", f"{' ' * column}#\t'\n\n"
        )

    def text(self, text: str, column: int) -> str:
        """A text as a value that begins in a line and ends it; further lines begin in `column`."""
        style = self.one_of("plain", "single", "double", "folded", "|", ">", "|-", ">-", "|+")
        if style[0] in "|>":
            end = self.one_of("\n", "\n\n") if style == "|+" else "\n"
            return f"{style}{self.one_of('', '  # note')}\n{' ' * column}{text}{end}"
        if style == "folded":  # any blank of a text in quotes may be an end of line
            return '"' + text.replace(" ", self.one_of("\n", f"\n{' ' * column}")) + '"' + self.note() + "\n"
        if style == "plain" and not {": ", " #"} & {text[i : i + 2] for i in range(len(text))} and not text.endswith(":"):
            return text + self.note() + "\n"
        return self.quoted(text) + self.note() + "\n"

    def quoted(self, text: str) -> str:
        return self.one_of(f"'{text}'", f'"{text}"')

    def flow(self, value: Any) -> str:
        """A value between brackets, on a line or several."""
        if isinstance(value, str):
            return self.quoted(value)
        gap, end = self.one_of("", " "), self.one_of("", ",", " ,")
        parts = (
            [self.flow(item) for item in value]
            if isinstance(value, list)
            else [f"{self.one_of(name, self.quoted(name))}: {self.flow(item)}" for name, item in value.items()]
        )
        inner = gap + self.one_of(", ", " , ", ",\n    ").join(parts) + (end if parts else "") + gap
        return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"

    def item(self, entry: Mapping[str, Any], column: int) -> str:
        if self.one_of(False, True):
            return f"{' ' * column}- {self.flow(dict(entry))}{self.note()}\n"
        gap = self.one_of(1, 1, 3)
        inner = column + 1 + gap
        lines = []
        for name, value in entry.items():
            free = name in ("require", "value", "test")  # in which an end of line says nothing
            written = self.text(value, inner + 2) if free else f"{self.flow(value)}{self.note()}\n"
            lines.append(f"{self.name(name)} {written}")
        first = " " * column + ("-" + " " * gap if self.one_of(True, True, False) else f"-{self.note()}\n{' ' * inner}")
        return first + (" " * inner).join(lines)

    def brackets(self, entries: Sequence[Mapping[str, Any]]) -> str:
        """A list between brackets."""
        if not entries or self.one_of(False, True):
            return self.flow(list(entries)) if entries else self.one_of("[]", "[ ]")
        parts = [self.flow(dict(entry)) for entry in entries]
        note, end = self.one_of("", "  # {"), self.one_of("", ",")
        return "[\n      " + f",{note}\n      ".join(parts) + f"{end}{note}\n    ]"

    def file(self, sections: Sections) -> str:
        if self.one_of(True, False, False, False):
            comma, end = self.one_of(", ", ",\n  "), self.one_of("", ",", "\n", "\n  # x\n")
            text = "{" + comma.join(f"{self.name(name)} {self.brackets(of)}" for name, of in sections.items()) + end + "}\n"
        else:
            text, column = "", self.one_of(0, 0, 0, 2)
            dash = column + self.one_of(0, 1, 2, 2, 4)
            for name, entries in sections.items():
                text += self.lines(column) + " " * column + self.name(name)
                if not entries or self.one_of(False, False, True):
                    text += f" {self.brackets(entries)}{self.note()}\n"
                    continue
                text += self.note() + "\n"
                text += "".join(self.lines(dash) + self.item(entry, dash) for entry in entries)
            text += self.lines(column)
        text = self.one_of("", "", "---\n", "%YAML 1.2\n---  # x\n", "# rules:\n") + text
        text += self.one_of("", "", "...\n", "...\n# end\n...\n", "# end\n")
        text = text if self.one_of(True, True, False) else text.rstrip("\n")
        return str(self.one_of("", "", "\ufeff") + text.replace("\n", self.one_of("\n", "\n", "\r\n", "\r")))


@st.composite
def layouts(draw: Draw, lists: st.SearchStrategy[Sections]) -> bytes:
    return Writer(draw).file(draw(lists)).encode()


def is_kept(old: str, new: str, key: str) -> bool:
    """Whether `new` is `old` with something put in, at one place, and perhaps a comma before it; an empty list may lose its
    brackets."""
    whole = [old]
    if not (core_yaml.load(old.encode()) or {}).get(key):
        whole += [old[: found.start()] + old[found.end() :] for found in re.finditer(r"[ \t]*\[\s*\]", old)]
    whole += [f"{text[: alike(text, new)]},{text[alike(text, new) :]}" for text in whole]
    return any(alike(text, new) + alike(text[::-1], new[::-1]) >= len(text) for text in whole)


def alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def may_be_refused(text: str) -> bool:
    """A text after `|` that ends the file without a line end would get one."""
    return not text.endswith(("\n", "\r")) and any(sign in text for sign in "|>")


NEW = [
    {"rule": "more", "title": {"en": "a: b"}, "weight": 1},
    {"rule": "null", "given": {"units": [{}, {"name": "\u2028😀\u200d"}]}},
]


@depths(100, 4_000)
def test_whatever_the_layout_items_are_added_and_all_else_is_kept(examples: int) -> None:
    @many(examples)
    @given(content=layouts(RULES), key=st.sampled_from(["rules", "facts"]))
    def holds(content: bytes, key: str) -> None:
        text, before = content.decode(), core_yaml.load(content)
        try:
            new = added(content, "f", key, NEW)
        except UsageError:
            assert may_be_refused(text)
            return
        assert core_yaml.load(new) == {**before, key: [*before.get(key, []), *NEW]}
        assert is_kept(text, new.decode(), key)
        assert "\r\n" not in text or new.count(b"\r\n") == new.count(b"\n")

    holds()


@depths(10, 500)
def test_whatever_the_layout_a_new_rule_makes_a_pack_that_checks_and_its_tests_are_green(examples: int, folders: Folders) -> None:
    @many(examples)
    @given(rules=layouts(RULES), tests=st.none() | layouts(TESTS))
    def holds(rules: bytes, tests: bytes | None) -> None:
        pack = pack_of(folders() / "pack", rules, tests)
        before = {file.name: file.read_bytes() for file in pack.iterdir()}
        assert not examine(pack, []).errors
        try:
            add_rule(pack, "more", "A1", "units")
        except UsageError:
            assert {file.name: file.read_bytes() for file in pack.iterdir()} == before
            assert may_be_refused(rules.decode()) or may_be_refused((tests or b"").decode())
            return
        now = checked(pack)
        assert not examine(pack, []).errors
        assert now.rules[-1].id == "more"
        run = run_cases(now, [case for case in read_cases(now, read_tests(pack)) if case.test.test.startswith("more is")])
        assert (run.tests, run.failures) == (2, [])
        for file, key, n in (("1.rules.yaml", "rules", 1), ("1.test.yaml", "tests", 2)):
            old, new = before.get(file, b""), (pack / file).read_bytes()
            assert is_kept(old.decode(), new.decode(), key)
            had, has = core_yaml.load(old) or {}, core_yaml.load(new)
            assert {**has, key: has[key][:-n]} == {**had, key: had.get(key, [])}

    holds()
