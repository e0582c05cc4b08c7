"""Every mistake that a pack can have, on packs with one mistake each: what is said of it, and that a sound pack passes.

Mechanical ones are mended as well: in one place, for good, and without touching anything else.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from broken_packs import BROKEN, CLAUSES, RULES, SOUND, TESTS, Broken, write_sound
from test_docs import pack_codes

from lookback.authoring.examine import examine, mend
from lookback.packs.layout import edited
from lookback.packs.read import BUILT_IN, read_pack
from lookback.words.errors import Edit, Mistake, OutputError, UsageError
from lookback.words.source import Source, Span

COMMANDS = ["check", "flagged"]
MECHANICAL = {"double-equals", "key-order", "null-comparison", "null-distinct", "repeated-value", "unknown-not-needed"}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a pack is to be written: `small`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Path("small")


def mistakes_of(pack: str | Path, commands: Sequence[str]) -> list[Mistake]:
    return examine(pack, commands).mistakes


def by_name(name: str) -> Broken:
    return next(broken for broken in BROKEN if broken.name == name)


def test_the_sound_pack_has_no_mistake(small: Path) -> None:
    write_sound(small)
    assert [mistake.render() for mistake in mistakes_of(small, COMMANDS)] == []


@pytest.mark.parametrize("broken", [b for b in BROKEN if b.right is not None], ids=lambda broken: broken.name)
def test_as_it_would_have_been_right_there_is_no_mistake(broken: Broken, small: Path) -> None:
    write_sound(small)
    broken.write_besides(small)
    (small / broken.file).write_text(broken.right_text(), "utf-8")
    assert [mistake.render() for mistake in mistakes_of(small, COMMANDS)] == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_mistake_is_told_once_at_its_place_with_the_way_out(
    broken: Broken, small: Path, golden: Callable[[str, str], None]
) -> None:
    broken.write(small)
    mistakes = mistakes_of(small, COMMANDS)
    assert [mistake.code for mistake in mistakes] == [broken.code]
    golden(f"broken/{broken.name}.txt", mistakes[0].render() + "\n")
    assert mistakes[0].render("zh")


def test_no_two_examples_have_one_name() -> None:
    names = [broken.name for broken in BROKEN]
    assert sorted(set(names)) == sorted(names)


def test_every_code_that_a_pack_can_raise_has_an_example() -> None:
    assert pack_codes() - {broken.code for broken in BROKEN} == set()
    assert {broken.code for broken in BROKEN} - pack_codes() == set()


def test_what_is_wrong_in_several_files_is_told_at_once(small: Path) -> None:
    write_sound(small)
    for name in ("a-field-misspelt", "a-test-with-an-unknown-word", "a-clause-without-rule"):
        broken = by_name(name)
        (small / broken.file).write_text(broken.text(), "utf-8")
    assert [m.code for m in mistakes_of(small, COMMANDS)] == ["unknown-field"]  # the rest needs sound rules
    (small / RULES).write_text(SOUND[RULES], "utf-8")
    assert [m.code for m in mistakes_of(small, COMMANDS)] == ["unknown-key", "clause-uncovered"]
    (small / "2.test.yaml").write_text("tests: none\n", "utf-8")
    assert [m.code for m in mistakes_of(small, COMMANDS)] == ["unknown-key", "wrong-value", "clause-uncovered"]
    (small / RULES).write_text(by_name("a-field-misspelt").text(), "utf-8")
    assert [m.code for m in mistakes_of(small, COMMANDS)] == ["unknown-field", "wrong-value"]


@pytest.mark.parametrize("values", ["[1]", "{a: 1}", "true", "7", "2024-01-01", "null", "[[]]", '"\\0"'])
@pytest.mark.parametrize(
    "old", ["like: sound", "task_id: T1", "status: open", "{limit: 1}", "verdict: late", "[has-date]", "{days_left: null}"]
)
def test_nothing_that_a_test_may_say_ends_in_a_traceback(small: Path, old: str, values: str) -> None:
    write_sound(small)
    new = f"{old.split(':')[0]}: {values}" if ": " in old and "{" not in old else values
    text = SOUND[TESTS].replace(old, new)
    assert text != SOUND[TESTS]
    (small / TESTS).write_text(text, "utf-8")
    mistakes_of(small, COMMANDS)


@pytest.mark.parametrize("pack", ["lookback-2005", "audit-follow-up"])
def test_the_built_in_packs_have_no_mistake(pack: str) -> None:
    import lookback.cli.main as cli
    from lookback.cli.rules import rules_command as rules

    commands = [*cli.cli.list_commands(None), *(f"rules {name}" for name in rules.list_commands(None))]  # type: ignore[arg-type]
    assert [mistake.render() for mistake in mistakes_of(pack, commands)] == []


# ---------------------------------------------------------------------------------------------------------------- mending


@pytest.mark.parametrize("broken", [b for b in BROKEN if b.code in MECHANICAL], ids=lambda broken: broken.name)
def test_what_is_mechanical_is_mended_once_and_for_all(broken: Broken, small: Path, golden: Callable[[str, str], None]) -> None:
    broken.write(small)
    if not mistakes_of(small, COMMANDS)[0].fix:
        assert broken.name in ("null-in-a-list", "less-than-null")
        return
    before = {file.name: file.read_bytes() for file in small.iterdir()}
    done = mend(small, COMMANDS)
    assert [(m.file, m.code) for m in done.mended] == [(small / broken.file, broken.code)]
    assert done.left == []
    assert mistakes_of(small, COMMANDS) == []
    after = {file.name: file.read_bytes() for file in small.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {broken.file}
    golden(f"mended/{broken.name}.yaml", after[broken.file].decode())
    assert mend(small, COMMANDS).mended == []
    assert {file.name: file.read_bytes() for file in small.iterdir()} == after


def test_several_things_in_one_rule_are_mended_together(small: Path) -> None:
    write_sound(small)
    text = SOUND[RULES].replace(
        "    when: status = 'open'\n    require: due is not null\n    otherwise: late\n",
        "    # when it is open\n    otherwise: late\n    require: >\n      due <> null\n"
        "      # and\n      and cost in (1, 1)\n    when: status == 'open'   # or not\n    unknown: late\n\n",
    )
    (small / RULES).write_text(text.replace("      # and\n", ""), "utf-8")
    done = mend(small, COMMANDS)
    assert [m.code for m in done.mended] == [
        "key-order",
        "null-comparison",
        "repeated-value",
        "double-equals",
        "unknown-not-needed",
    ]
    assert mistakes_of(small, COMMANDS) == []
    assert (
        "    when: status = 'open'   # or not\n    require: >\n      due is not null\n      and cost in (1)\n"
        "    # when it is open\n    otherwise: late\n"
    ) in (small / RULES).read_text("utf-8")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("name", ["keys-of-a-rule-in-another-order", "equal-to-null", "unknown-as-otherwise"])
def test_a_file_keeps_its_line_ends_and_its_mark(small: Path, line_end: str, mark: str, name: str) -> None:
    broken = by_name(name)
    broken.write(small)
    mend(small, COMMANDS)
    plain = (small / RULES).read_bytes().decode()
    (small / RULES).write_bytes((mark + broken.text().replace("\n", line_end)).encode())
    assert len(mend(small, COMMANDS).mended) == 1
    assert (small / RULES).read_bytes().decode() == mark + plain.replace("\n", line_end)


def test_edits_count_characters_as_a_pack_is_read() -> None:
    source = Source("x", "甲: 1\n乙: 2\n")
    edits = [Edit(Span(source, 3, 4), "3\n4"), Edit(Span(source, 8, 9), "")]
    assert edited("\ufeff甲: 1\r\n乙: 2\r\n".encode(), edits).decode() == "\ufeff甲: 3\r\n4\r\n乙: \r\n"


def test_what_stands_between_braces_is_told_and_left_alone(small: Path) -> None:
    write_sound(small)
    title, require = "title: {en: Named, zh: 有名称}", "require: name is not null"
    flow = f"rules:\n  - {{rule: named, for: offices, clause: A1, {title}, {require}, otherwise: late}}\n"
    text = SOUND[RULES].replace("rules:\n", flow)
    (small / RULES).write_text(text, "utf-8")
    assert [(m.code, m.fix) for m in mistakes_of(small, COMMANDS)] == [("key-order", ())]
    assert mend(small, COMMANDS).mended == []
    assert (small / RULES).read_text("utf-8") == text


@pytest.mark.parametrize("seed", range(12))
def test_keys_in_any_order_with_comments_anywhere_are_put_in_order(small: Path, seed: int) -> None:
    """Whatever the layout: in order at the end, no comment lost, the pack the same."""
    draw = random.Random(seed)
    items = [
        ["rule: named"],
        ["clause: A1   # the clause"],
        ["also_clauses:", "- A2", "- A3"] if seed % 2 else ["also_clauses: [A2,", "  A3", "]"],
        ["for: offices"],
        ["title:", "  en: Named", "  # in Chinese", "  zh: 有名称"],
        ["require: |", "  name is not null", "  and members > 0"],
        ["otherwise: late", ""],
        ["advice: {en: >-", "  x, zh: y}"] if seed % 3 == 9 else ["advice: {en: Do it.,", "  zh: 办。", "  }"],
    ]
    draw.shuffle(items)
    lines = []
    for n, item in enumerate(items):
        lines += [f"# comment {n}"] * (draw.random() < 0.5 and n > 0) + item
    body = "".join(("    " if i else "  - ") + line + "\n" if line else "\n" for i, line in enumerate(lines))
    write_sound(small)
    (small / CLAUSES).write_text(SOUND[CLAUSES].replace("covered_by: [command]", "covered_by: [rules, command]"), "utf-8")
    text = SOUND[RULES].replace("rules:\n", f"rules:\n{body}")
    (small / RULES).write_text(text, "utf-8")
    before = read_pack(small)
    assert {m.code for m in mistakes_of(small, COMMANDS)} <= {"key-order"}
    assert mend(small, COMMANDS).left == []
    assert mistakes_of(small, COMMANDS) == []
    after = read_pack(small)
    assert [rule for _, rule in after.rules] == [rule for _, rule in before.rules]
    written = (small / RULES).read_text("utf-8")
    assert sorted(line.strip().removeprefix("- ") for line in written.split("\n")) == sorted(
        line.strip().removeprefix("- ") for line in text.split("\n")
    )


def test_a_folder_beside_the_files_is_left_alone(small: Path) -> None:
    by_name("equal-to-null").write(small)
    (small / "older.yaml").mkdir()
    assert len(mend(small, COMMANDS).mended) == 1


def test_a_file_that_cannot_be_written_is_told(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name("equal-to-null").write(small)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lookback.place.os.replace", refuse)
    before = (small / RULES).read_bytes()
    with pytest.raises(OutputError) as error:
        mend(small, COMMANDS)
    assert error.value.code == "cannot-write"
    assert (small / RULES).read_bytes() == before
    assert sorted(file.name for file in small.iterdir()) == sorted(SOUND)


def test_where_mending_would_change_more_a_file_is_left_alone(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = by_name("keys-of-a-rule-in-another-order")
    broken.write(small)
    monkeypatch.setattr("lookback.authoring.examine.edited", lambda content, edits: content.replace(b"cost < 100", b"cost < 10"))
    done = mend(small, COMMANDS)
    assert (done.mended, done.left) == ([], [small / RULES])
    assert (small / RULES).read_text("utf-8") == broken.text()


def test_a_pack_inside_an_installed_lookback_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "rules"
    shutil.copytree(BUILT_IN / "audit-follow-up", installed / "audit-follow-up")
    monkeypatch.setattr("lookback.authoring.examine.HERE", tmp_path)
    monkeypatch.setattr("lookback.authoring.examine.BUILT_IN", installed)
    with pytest.raises(UsageError) as error:
        mend(installed / "audit-follow-up", COMMANDS)
    assert error.value.code == "built-in-pack"
