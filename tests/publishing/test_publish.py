"""Nothing that is withheld makes a difference to what is published, and nothing of it stands there."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from screen import Lookback
from told_pack import Drawn, write_pack, write_records

import lookback as package
from lookback import Review
from lookback.cli.publishing.publish import _letters
from lookback.publishing import audience, searching
from lookback.publishing.audience import circle_named
from lookback.publishing.folder import Part, write_publication
from lookback.publishing.public import told
from lookback.publishing.searching import Search, needles_of, texts_in
from lookback.words.errors import OutputError
from lookback.writers.publishing.letter import Letter
from lookback.writers.publishing.page import PublicPage

ALWAYS, IN_TURN = ("internal", "found"), ("unit", "region:Eastham", "public", "listed")


@pytest.fixture(scope="module", params=[True, False], ids=["units are named", "units are not named"])
def named(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def pack(named: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("pack") / "told", named=named)


def reviewed(drawn: Mapping[str, list[dict[str, object]]], pack: Path, folder: Path, name: str) -> Review:
    return package.check(write_records(drawn, folder / name, name), pack, lang="en", out=folder / f"{name}-review")


def publish(review: Review, audience_: str, out: Path, lang: str = "en") -> dict[str, bytes]:
    """What the command writes."""
    letters = audience_ == "unit"
    circle = circle_named(review.pack(), audience_, letters=letters)
    found = told(review, circle, lang)
    if circle.alone:
        parts, blank = _letters(found, lang), Letter(found.publication.empty).of(None)
    else:
        files = PublicPage(found.publication).files()
        parts, blank = [Part(files, found.keys, found.publication)], PublicPage(found.publication.empty).files()
    write_publication(out, review, circle, parts, blank, lang)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def public_of(review: Review, named: bool) -> list[tuple[object, ...]]:
    """The verdicts of a review: of each unit, and of each rule on a record that is told of."""
    units = {row["code"]: row for row in review.verdicts.to_pylist()}
    fields = ("region", "kind", "members", "plan", "verdict", *(("code", "name") if named else ()))
    of = [(u, f["rule"], f["outcome"]) for f in review.findings.to_pylist() for u in [units[f["unit"]]]]
    found = [(*(str(u[f]) for f in fields), rule, outcome) for u, rule, outcome in of]
    return sorted(found) + sorted(tuple(str(u[f]) for f in fields) for u in units.values())


def pairs(first: int, many: int, pack: Path, named: bool, folder: Path) -> Iterator[tuple[Review, Review, Drawn]]:
    for seed in range(first, many):
        drawn = Drawn(seed, named=named)
        one = reviewed(drawn.records(), pack, folder / str(seed), "one")
        other = reviewed(drawn.other(), pack, folder / str(seed), drawn.plant().encode("ascii", "ignore").hex()[:30] or "other")
        assert public_of(one, named) == public_of(other, named)
        yield one, other, drawn


@pytest.mark.parametrize(("first", "many"), [(0, 1), pytest.param(1, 100, marks=pytest.mark.slow)])
def test_what_is_withheld_makes_no_difference(first: int, many: int, pack: Path, named: bool, tmp_path: Path) -> None:
    """200 pairs in all: 100 of units with names, and 100 of units whose keys and names are personal."""
    for i, (one, other, drawn) in enumerate(pairs(first, many, pack, named, tmp_path)):
        for who in (*ALWAYS, IN_TURN[i % len(IN_TURN)]):
            if who == "region:Eastham" and "Eastham" not in one.verdicts.column("region").to_pylist():
                continue
            files = [
                publish(review, who, tmp_path / f"{i}-{n}-{who[:4]}", "zh" if i % 3 == 1 else "en")
                for n, review in enumerate((one, other))
            ]
            assert files[0] == files[1], (i, who)
            said = "\n".join(text for name, data in files[0].items() for text in texts_in(name, data))
            assert [word for word in drawn.planted if word in said] == [], (i, who)


def test_without_the_line_that_withholds_both_fail(
    pack: Path, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search finds what is told, and without it the files of two reviews differ."""
    [(one, other, drawn)] = pairs(0, 1, pack, named, tmp_path)
    monkeypatch.setattr(audience, "may_be_told", lambda pack, table, field: True)
    with pytest.raises(OutputError) as refused:
        publish(one, "internal", tmp_path / "refused")
    assert refused.value.code == "publication-leaks"
    assert not (tmp_path / "refused").exists()
    monkeypatch.setattr(searching.Search, "leak", lambda *_: None)
    files = [publish(review, "internal", tmp_path / name) for name, review in (("a", one), ("b", other))]
    assert files[0] != files[1]
    said = "\n".join(text for name, data in files[0].items() for text in texts_in(name, data))
    assert [word for word in drawn.planted if word in said] != []


def packed(member: str, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return made.getvalue()


SECRET = '张三 & "Sons" <Ltd>'
HIDDEN = [
    ("plain", b"x " + SECRET.encode() + b" y"),
    ("of another width and case", '张三　＆ "SONS" ＜ＬＴＤ＞'.encode()),
    ("in HTML", "张三 &amp; &quot;Sons&quot; &lt;Ltd&gt;".encode()),
    ("by its numbers", b"&#24352;&#x4e09; &#38; &#34;Sons&#34; &#60;Ltd&#62;"),
    ("in JSON", b'"\\u5f20\\u4e09 & \\u0022Sons\\u0022 <Ltd>"'),
    ("in an address", b"?q=%E5%BC%A0%E4%B8%89%20%26%20%22Sons%22%20%3CLtd%3E"),
    ("over two lines", '张三 &\n  "Sons" <Ltd>'.encode()),
    ("between tags", "<t>张三 &amp; </t><t>&quot;Sons&quot; &lt;Ltd&gt;</t>".encode()),
    ("in an attribute", '<a title="张三 &amp; &quot;Sons&quot; &lt;Ltd&gt;">x</a>'.encode()),
    ("in UTF-16", SECRET.encode("utf-16")),
    ("in an archive", packed("a.xml", SECRET)),
    ("as a member of an archive", packed(SECRET, "x")),
    ("in an archive in an archive", packed("b", "") + packed("a.xml", SECRET)),
    ("compressed", zlib.compress(SECRET.encode())),
    ("compressed within a page", b"<img src='data:x;base64," + base64.b64encode(zlib.compress(SECRET.encode() * 3)) + b"'>"),
]


@pytest.mark.parametrize("data", [data for _, data in HIDDEN], ids=[name for name, _ in HIDDEN])
def test_a_text_is_found_however_it_is_written(data: bytes) -> None:
    search = Search(needles_of(SECRET, "units.person", True), (), ())
    assert search.leak({"file": data}, ()) is not None
    assert search.leak({"file": data}, (SECRET,)) is None
    assert search.leak({SECRET: b""}, ()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "2005-09-03",
        "2005/9/3",
        "2005.09.03",
        "3.9.2005",
        "09/03/2005",
        "20050903",
        "２００５年９月３日",
        "3 September 2005",
        "Sep 3, 2005",
        "<v>38598</v>",
    ],
)
def test_a_day_is_found_however_it_is_written(text: str) -> None:
    assert Search(needles_of(date(2005, 9, 3), "x", False), (), ()).leak({"f": text.encode()}, ()) is not None


@pytest.mark.parametrize(
    ("value", "text"), [(1234567, "1,234,567"), (1234567, "１２３４５６７"), (Decimal("1234.5"), "1 234.50"), (-4321, "-4321")]
)
def test_a_number_is_found_however_it_is_written(value: int | Decimal, text: str) -> None:
    assert Search(needles_of(value, "x", False), (), ()).leak({"f": text.encode()}, ()) is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234, "51234"), (1234, "12345"), (1234, "0.1234"), ("date", "updated"), ("abc", "abc"), (True, "true"), (123, "123")],
)
def test_what_is_another_word_or_number_or_short_is_not(value: object, text: str) -> None:
    assert Search(needles_of(value, "x", False), (), ()).leak({"f": text.encode()}, ()) is None  # type: ignore[arg-type]


def test_a_value_that_stands_in_the_pack_is_no_secret(pack: Path, tmp_path: Path) -> None:
    search = Search(needles_of("Somebody answers", "issues.who", True), ["title: {en: Somebody answers, zh: 有责任人}"], ())
    assert search.leak({"f": b"Somebody answers"}, ()) is None


# ---------------------------------------------------------------------------------------------------- the command, by itself


def test_the_public_is_told_counts_and_a_circle_the_units_that_were_visited(
    lookback: Lookback, city: Review, tmp_path: Path
) -> None:
    run = lookback("publish", city.folder, "--audience", "public", "-o", tmp_path / "public")
    assert run.code == 0
    assert {path.name for path in (tmp_path / "public").iterdir()} == {
        "index.html",
        "results.xlsx",
        "counts.csv",
        "publication.json",
    }
    counts = (tmp_path / "public" / "counts.csv").read_text("utf-8-sig")
    assert "Region,All,16,6,38,60" in counts
    assert ",*," in counts
    run = lookback("publish", city.folder, "--audience", "circle", "-o", tmp_path / "circle", lang="zh")
    page = (tmp_path / "circle" / "index.html").read_text("utf-8")
    assert "U044 松陂县文体局" in page
    assert "U008" not in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_letter_says_why_and_what_to_do_until_when_on_paper_and_on_screen(
    lang: str, lookback: Lookback, city: Review, tmp_path: Path
) -> None:
    import docx

    assert lookback("publish", city.folder, "--audience", "unit:U008", "-o", tmp_path / "out", lang=lang).code == 0
    page = (tmp_path / "out" / "letter.html").read_text("utf-8")
    document = docx.Document(str(tmp_path / "out" / "letter.docx"))
    paper = "\n".join(
        [*(p.text for p in document.paragraphs), *(c.text for t in document.tables for r in t.rows for c in r.cells)]
    )
    said = {
        "en": ["To be put right by 2005-11-19.", "Follow up the solved issue"],
        "zh": ["请于 2005年11月19日 前完成。", "对已解决的问题进行回访"],
    }[lang]
    for text in ("栖云区文体局", "2005-07-01", *said):
        assert text in page
        assert text in paper


def test_letters_to_all_are_called_by_their_units_and_each_tells_of_its_own(
    lookback: Lookback, small: Review, tmp_path: Path
) -> None:
    run = lookback("publish", small.folder, "--audience", "unit", "--letters", "-o", tmp_path / "letters")
    assert run.code == 0, run.err
    keys = sorted(str(key) for key in small.verdicts.column("unit_id").to_pylist())
    assert sorted(path.stem for path in (tmp_path / "letters").glob("*.docx")) == keys
    assert f"letters to {len(keys)} units" in run.out
    another = lookback("publish", small.folder, "--audience", "public", "-o", tmp_path / "letters")
    assert (another.code, another.mistakes()) == (2, ["publication-of-another"])


@pytest.mark.parametrize(
    ("who", "more", "code"),
    [
        ("publik", (), "no-such-audience"),
        ("unit", (), "audience-of-a-value"),
        ("public:x", (), "audience-of-no-value"),
        ("public", ("--letters",), "letters-of-counts"),
        ("superior", ("--letters",), "letters-of-a-value"),
        ("unit:U999", (), "audience-of-nobody"),
    ],
)
def test_an_audience_that_is_none_is_told_and_nothing_is_written(
    who: str, more: tuple[str, ...], code: str, lookback: Lookback, small: Review, tmp_path: Path
) -> None:
    run = lookback("publish", small.folder, "--audience", who, *more, "-o", tmp_path / "out")
    assert run.code == 2
    assert f"[{code}]" in run.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_publication_is_left_alone_and_one_that_is_is_replaced(
    lookback: Lookback, small: Review, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    assert lookback("publish", small.folder, "--audience", "public", "-o", tmp_path / "out").code == 2
    (tmp_path / "out" / "mine.txt").unlink()
    for _ in range(2):
        assert lookback("publish", small.folder, "--audience", "public", "-o", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "index.html").exists()
