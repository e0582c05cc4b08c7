"""What a visit takes along besides check sheets: surveys and their tallies, briefings, memos of feedback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import pack_of
from openpyxl import load_workbook
from screen import Lookback
from strategies import write_pack

import lookback
from lookback import Review, open_review
from lookback.writers.inspection.markdown import kept, to_html

BECAUSE = {"optional": {"because": {"en": "Only where somebody was.", "zh": "只有去过的才有。"}}}
TEXT, DAY, NUMBER = {"type": "text"}, {"type": "date"}, {"type": "integer", "by": "office"}
MOOD = {"good": {"en": "Good", "zh": "良好"}, "bad": {"en": "Bad", "zh": "较差"}}
TABLES = {
    "shops": {
        "title": {"en": "Shops", "zh": "商店"},
        "key": "code",
        "label": "called",
        "fields": {
            "code": TEXT,
            "called": TEXT,
            "mood": {"type": "choice", "choices": MOOD, "title": {"en": "Mood", "zh": "状况"}},
            "keeper": {**TEXT, "personal": True},
            "opened": DAY,
        },
    },
    "lessons": {
        "title": {"en": "Lessons", "zh": "补课"},
        "key": "lesson",
        "label": "about",
        "belongs_to": "shops",
        **BECAUSE,
        "fields": {"lesson": TEXT, "code": TEXT, "about": {**TEXT, "by": "inspector"}, "held": DAY},
    },
    "answers": {
        "title": {"en": "Answers", "zh": "答卷统计"},
        "key": ["code", "question", "asked_of"],
        "belongs_to": "shops",
        **BECAUSE,
        "fields": {
            "code": TEXT,
            "question": {
                "type": "choice",
                "choices": {"goods": {"en": "Goods", "zh": "商品"}, "clerks": {"en": "Clerks", "zh": "店员"}},
                "title": {"en": "Question", "zh": "题目"},
            },
            "asked_of": {
                "type": "choice",
                "choices": {"young": {"en": "Young", "zh": "青年"}, "old": {"en": "Old", "zh": "老年"}},
                "title": {"en": "Asked of", "zh": "对象"},
            },
            "glad": {**NUMBER, "title": {"en": "Glad", "zh": "满意"}},
            "sad": {**NUMBER, "title": {"en": "Sad", "zh": "不满意"}},
        },
    },
}
RULES = (
    {"rule": "good-mood", "for": "shops", "title": {"en": "In a good mood", "zh": "状况良好"}, "require": "mood = 'good'"},
    {"rule": "held", "for": "lessons", "title": {"en": "The lesson is held", "zh": "已补课"}, "require": "held is not null"},
    {"rule": "lessons-held", "for": "shops", "title": {"en": "Lessons are held", "zh": "补课完成"}, "require": "not_held = 0"},
)
FACTS = (
    {
        "fact": "not_held",
        "of": "shops",
        "from": "lessons",
        "title": {"en": "Lessons not held", "zh": "未补的课"},
        "value": "count(*) filter (where verdict = 'make_up')",
    },
)
BRIEFING = """\
# Briefing of {{ unit.called }}

{{ unit.mood }}, kept by {{ unit.keeper }}, open since {{ unit.opened }}
{% if unit.mood == "bad" %}
- **not** well: {{ unit.not_held }} of {{ lessons | length }}
{% endif %}

| asked | why |
|---|------|
{% for f in findings %}
| {{ f.title }} | {{ f.record or "itself" }}: {{ f.reason }} |
{% endfor %}
"""
ROWS = ("code,called,mood,keeper,opened", "S1,Bread *and* | <b>rolls</b>,bad,P-17,2005-09-01", "S2,Tea,good,P-18,")
SEED = ("--seed", "3 1 9")
Shops = Callable[[str], tuple[Path, Path]]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    """`shops(lang)`: a review of two shops made in a language, and a draw of both."""
    from lookback.cli.main import cli

    made: dict[str, tuple[Path, Path]] = {}

    def both(lang: str) -> tuple[Path, Path]:
        if lang not in made:
            at = tmp_path_factory.mktemp("shops")
            write_pack(pack_of(TABLES, RULES, FACTS), at / "pack")
            header = at / "pack" / "pack.yaml"
            header.write_text(header.read_text("utf-8") + "office: {survey: answers}\n", "utf-8")
            (at / "pack" / "papers").mkdir()
            (at / "pack" / "papers" / "briefing.md").write_text(BRIEFING, "utf-8")
            (at / "pack" / "papers" / "feedback.zh.md").write_text("# 反馈\n\n{{ 1 // lessons | length }}\n", "utf-8")
            (at / "shops.csv").write_text("\n".join(ROWS) + "\n", "utf-8")
            (at / "lessons.csv").write_text("lesson,code,about,held\nL1,S1,flour,\n", "utf-8")
            files = [str(at / f"{name}.csv") for name in ("shops", "lessons")]
            lookback.check(files, str(at / "pack"), lang=lang, out=at / "review")
            cli.main(["draw", str(at / "review"), "--size", "2", *SEED, "-o", str(at / "draw")], standalone_mode=False)
            made[lang] = at / "review", at / "draw"
        return made[lang]

    return both


def body(file: Path) -> str:
    text = file.read_text("utf-8")
    return text[text.index("<body>") :]


@pytest.mark.parametrize(("lang", "asked", "who"), [("en", "1. Goods", "Young"), ("zh", "1. 商品", "青年")])
def test_a_questionnaire_asks_every_question_of_the_table_and_nobodys_name(
    lang: str, asked: str, who: str, shops: Shops, lookback: Lookback, tmp_path: Path
) -> None:
    review, draw = shops("en")
    run = lookback("sheet", review, draw, "--survey", "-o", tmp_path / "out", lang=lang)
    assert run.code == 0, run.err
    page = body(tmp_path / "out" / "print" / "S1.html")
    assert asked in page
    assert f"□ {who}" in page
    assert page.count('<td class="answer">□</td>') == 2 * 2
    assert "P-17" not in page
    assert "<b>" not in page


def test_a_tally_that_is_filled_in_comes_back_as_tallies(shops: Shops, lookback: Lookback, tmp_path: Path) -> None:
    review, draw = shops("en")
    for name in ("one", "other"):
        assert lookback("sheet", review, draw, "--survey", "-o", tmp_path / name).code == 0
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 2 * 2 + 1
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)
    book = load_workbook(tmp_path / "one" / "S1.xlsx")
    heads, *rows = book["Answers"].values
    assert heads == ("code", "Question", "Asked of", "Glad", "Sad")
    assert [row[1:3] for row in rows] == [("Goods", "Young"), ("Clerks", "Young"), ("Goods", "Old"), ("Clerks", "Old")]
    for i in range(2, 6):
        book["Answers"].cell(i, 4, 10 * i)
        book["Answers"].cell(i, 5, 1)
    book.save(tmp_path / "one" / "S1.xlsx")
    (tmp_path / "one" / "S2.xlsx").unlink()
    inputs = [review.parent / "shops.csv", review.parent / "lessons.csv", tmp_path / "one"]
    run = lookback("check", *inputs, "--pack", review.parent / "pack", "-o", tmp_path / "after")
    assert (run.code, "problem" in run.err, "tallies" in run.err) == (0, False, False), run.err
    for i, column in ((3, 4), (4, 4), (4, 5)):  # one of two answers, and both
        book["Answers"].cell(i, column).value = None
    book.save(tmp_path / "one" / "S1.xlsx")
    run = lookback("check", *inputs, "--pack", review.parent / "pack", "--top", 0)
    assert "S1.xlsx (Answers): 2 tallies are not filled in, or not in whole, of 4: a blank is not 0" in run.err
    assert lookback("sheet", review, draw, "--survey", "-o", tmp_path / "one").mistakes() == ["sheets-filled-in"]


@pytest.mark.parametrize("made", ["en", "zh"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_paper_is_filled_in_the_language_asked_for_whatever_that_of_the_review(
    made: str, lang: str, shops: Shops, lookback: Lookback, tmp_path: Path
) -> None:
    review, draw = shops(made)
    run = lookback("sheet", review, draw, "--briefing", "-o", tmp_path / "out", lang=lang)
    assert run.code == 0, run.err
    page = body(tmp_path / "out" / "S1.html")
    said = {
        "en": ("Bad, kept by (personal, not shown)", "itself: Mood is Bad, should be Good", "The lesson is held"),
        "zh": ("较差, kept by （个人信息，不显示）", "itself: 状况为 较差，应为 良好", "已补课"),
    }
    assert all(part in page for part in said[lang]), page
    assert "Briefing of Bread *and* | &lt;b&gt;rolls&lt;/b&gt;" in page
    assert "<li><strong>not</strong> well: 1 of 1</li>" in page
    assert "L1 flour: " in page
    assert "open since ＿＿＿＿＿＿" in body(tmp_path / "out" / "S2.html")


def test_a_paper_that_cannot_be_worked_out_is_an_error_at_its_line(shops: Shops, lookback: Lookback, tmp_path: Path) -> None:
    review, draw = shops("en")
    run = lookback("sheet", review, draw, "--feedback", "-o", tmp_path / "out")
    assert (run.code, run.mistakes()) == (2, ["paper-fails"])
    assert "feedback.zh.md:3: of unit `S2`" in run.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "code"), [("--survey", "no-survey"), ("--briefing", "no-paper"), ("--feedback", "no-paper")])
def test_a_pack_without_it_says_what_to_add(
    option: str, code: str, before: lookback.Review, lookback: Lookback, tmp_path: Path
) -> None:
    assert lookback("draw", before.folder, "--size", "4", *SEED, "-o", tmp_path / "draw").code == 0
    run = lookback("sheet", before.folder, tmp_path / "draw", option, "-o", tmp_path / "out")
    assert (run.code, run.mistakes()) == (2, [code])
    assert ("office: {survey: TABLE}" if code == "no-survey" else f"papers/{option[2:]}.md") in run.err


def test_one_thing_is_asked_for_at_a_time(shops: Shops, lookback: Lookback, tmp_path: Path) -> None:
    run = lookback("sheet", *shops("en"), "--survey", "--briefing", "-o", tmp_path / "out")
    assert run.mistakes() == ["one-paper-at-a-time"]


def test_sheets_that_nobody_filled_in_move_no_verdict(shops: Shops, lookback: Lookback, tmp_path: Path) -> None:
    """What inspectors begin has no row yet: an empty one would be a record of nothing."""
    review, draw = shops("en")
    assert lookback("sheet", review, draw, "-o", tmp_path / "sheets").code == 0
    book = load_workbook(tmp_path / "sheets" / "S1.xlsx")
    assert [*book["Lessons"].values] == [("lesson", "code", "about", "held")]
    assert re.search(r"numbers as \w{8}-S1-1, then -2, -3", str(book.worksheets[0]["A3"].value))
    inputs = [review.parent / "shops.csv", review.parent / "lessons.csv", tmp_path / "sheets"]
    assert lookback("check", *inputs, "--pack", review.parent / "pack", "-o", tmp_path / "after").code == 0
    was, now = (open_review(folder) for folder in (review, tmp_path / "after"))
    assert was.verdicts.equals(now.verdicts)


@pytest.mark.parametrize(("paper", "lang"), [("briefing", "en"), ("briefing", "zh"), ("feedback", "en"), ("feedback", "zh")])
def test_the_papers_of_the_built_in_pack_say_everything_in_words(
    paper: str, lang: str, city: Review, lookback: Lookback, tmp_path: Path
) -> None:
    units = [part for unit in ("U001", "U011", "U054", "U030") for part in ("--always", unit)]
    assert lookback("draw", city.folder, "--size", "5", *units, *SEED, "-o", tmp_path / "draw").code == 0
    assert lookback("sheet", city.folder, tmp_path / "draw", f"--{paper}", "-o", tmp_path / "out", lang=lang).code == 0
    pages = {file.stem: re.sub("<[^>]+>", " ", body(file)) for file in (tmp_path / "out").glob("*.html")}
    assert len(pages) == 5
    for page in pages.values():
        assert re.findall(r"\b[a-z]+_[a-z_]+\b|\bNone\b|\{[{%]", page) == []
        assert lang == "en" or re.findall("[A-Za-z]{3,}", page) == []
        assert re.findall(r"P-\d+", page) == []  # whoever answers for something is a person
    if paper == "feedback":
        assert "建立三方面长效机制" in pages["U001"]
        assert "检查组派一名联络员指导" in pages["U054"]


def test_markdown_is_a_few_forms_and_what_is_kept_is_none_of_them() -> None:
    text = f"# A\n\none\ntwo\n\n1. x\n2. {kept('**y**')}\n\n| a | b |\n|--|---|\n| {kept('|')} | 2005-09-01 |\n\n<i>"
    assert to_html(text).splitlines() == [
        "<h1>A</h1>",
        "<p>one<br>two</p>",
        "<ol><li>x</li><li>**y**</li></ol>",
        '<table class="set"><col style="width: 40%"><col style="width: 60%"><thead><tr><th>a</th><th>b</th></tr></thead>'
        '<tbody><tr><td>|</td><td><span class="day">2005-09-01</span></td></tr></tbody></table>',
        "<p>&lt;i&gt;</p>",
    ]
