"""What a slip of the pen is told: the way out, in the words of whoever writes rules for the first time."""

from __future__ import annotations

from pathlib import Path

import pytest
from screen import Lookback

HEADER = """\
pack: mine
version: "1"
outcomes: [{outcome: fine}, {outcome: bad}]
params: {as_of: {type: date, default: 2024-01-01}}
"""
RECORDS = """\
tables:
  shops:
    key: shop_id
    fields:
      shop_id: {type: text, title: {en: Number}}
      valid_until: {type: date, title: {zh: 许可证有效期至}}
      result: {type: choice, title: {zh: 结果}, choices: {ok: {zh: 符合}, not_ok: {zh: 不符合}}}
      rate: {type: number, share: true, title: {zh: 合格率}}
"""
RULE = "rules:\n  - rule: {id}\n    for: shops\n    title: {title}\n    require: {require}\n    otherwise: bad\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write()


def write(require: str = "valid_until >= :as_of", title: str = "{en: R}", **others: str) -> None:
    files = {"pack": HEADER, "records": RECORDS, "1.rules": RULE.format(id="first", title=title, require=require)}
    for name, text in (files | others).items():
        Path(f"{name}.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("require", "help_"),
    [
        ("许可证有效期至 >= :as_of", "write `valid_until`"),
        ("result = '符合'", "write `'ok'`"),
        ("rate >= 95%", "write `0.95`"),
        ("rate >= 2.5 %", "write `0.025`"),
        ("valid_until >= today()", "write `:as_of`, the parameter of pack.yaml that is the day of the review"),
        ("valid_until >= current_date", "write `:as_of`, the parameter of pack.yaml that is the day of the review"),
        ("result in ('ok': 'not_ok')", 'quote the value: require: "…", as it has a colon, a comma or a quotation mark in it'),
        ("'ok' = result: x", 'quote the value: require: "…", as it has a colon, a comma or a quotation mark in it'),
    ],
)
def test_a_slip_in_a_condition_is_told_with_what_to_write(require: str, help_: str, lookback: Lookback) -> None:
    write(require)
    assert [line for line in lookback("rules", "check").out.splitlines() if line.startswith("help: ")] == [f"help: {help_}"]


@pytest.mark.parametrize("require", ["coalesce(rate, 0) > 1", "result in ('ok', 'not_ok')"])
def test_a_comma_in_a_condition_between_braces_asks_for_quotes(require: str, lookback: Lookback) -> None:
    rule = f"rules:\n  - {{rule: first, for: shops, title: {{en: R}}, require: {require}, otherwise: bad}}\n"
    write(**{"1.rules": rule})
    assert 'help: quote the value: require: "…"' in lookback("rules", "check").out


@pytest.mark.parametrize(("text", "title"), [("Filled in", "{en: Filled in}"), ("已填写", "{zh: 已填写}")])
def test_a_title_without_its_language_is_told_with_it(text: str, title: str, lookback: Lookback) -> None:
    write(title=text)
    assert f"help: write `{title}`" in lookback("rules", "check").out


def test_a_list_of_three_wrong_entries_is_not_told_to_be_short(lookback: Lookback) -> None:
    write(pack=HEADER.replace("[{outcome: fine}, {outcome: bad}]", "[fine, bad, worse]"))
    said = lookback("rules", "check").out
    assert "at least 2" not in said
    assert said.count("help: write `{outcome: ") == 3
    write(pack=HEADER.replace("[{outcome: fine}, {outcome: bad}]", "[{outcome: fine}]"))
    assert "at least 2" in lookback("rules", "check").out


def test_a_pack_without_tests_says_so_and_a_name_that_fits_none_says_that(lookback: Lookback) -> None:
    assert lookback("rules", "test").mistakes() == ["no-tests-yet"]
    given = "tests:\n  - test: t\n    given: {shops: [{shop_id: A}]}\n    expect: {shops: [{verdict: bad}]}\n"
    write(**{"1.test": given})
    assert lookback("rules", "test", "-k", "nothing").mistakes() == ["no-tests"]


def test_mistakes_in_one_file_do_not_hide_those_in_another(lookback: Lookback) -> None:
    write("nowhere > 3", **{"2.rules": RULE.format(id="second", title="text", require="rate > 1") + "facts:\n  - fact: late\n"})
    said = lookback("rules", "check").out
    assert "`nowhere` is no field or fact of shops" in said
    assert "2.rules.yaml:4:12" in said
    write("late > 3", **{"2.rules": RULE.format(id="second", title="text", require="rate > 1") + "facts:\n  - fact: late\n"})
    assert "`late` is no field" not in lookback("rules", "check").out  # it may be what the other file says


def test_coverage_says_conditions_in_words_and_no_sql(lookback: Lookback) -> None:
    given = "tests:\n  - test: t\n    given: {shops: [{shop_id: A, rate: 0.6}]}\n    expect: {shops: [{verdict: fine}]}\n"
    write("coalesce(rate, 0.1) > 0.5 and result is distinct from 'not_ok'", **{"1.test": given})
    said = lookback("rules", "test", "--coverage").out
    assert "“合格率 (0.1 where it is blank)” is above 0.5: yes" in said
    assert "coalesce" not in said
