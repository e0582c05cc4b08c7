"""A pack's tables as an empty form: a workbook for units to fill in, which reads back as it stands.

A sheet a table, named so that the reader knows the table; a column a field, its header the field's title. A note on each header
says what is asked, and by which clauses. Formats, drop-downs and checks hold for every row; the headers are locked. Lists that a
cell's drop-down cannot hold stand on one hidden sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_range_abs

from lookback.language.types import TYPES, Column, Type, Value, text_of
from lookback.packs.checked import CheckedPack, Named, normal
from lookback.packs.graph import Graph
from lookback.packs.model import FieldDef
from lookback.packs.params import limits, range_of
from lookback.words import say
from lookback.writers._sheets import A4, HEAD, LAST_ROW, LINE, cut, is_sheet_name, print_wide, sheet_name, units, width, workbook

LAST_COLUMN = 16_383
ROWS_TO_ADD = 6
"""Empty rows that are printed where none stands yet."""
LONGEST_LIST, LONGEST_TITLE, LONGEST_MESSAGE = 255, 32, 255
"""Excel's limits, in UTF-16 units: the list of a drop-down in its cell, a box's title and its text."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)
LARGEST = 10**15 - 1
"""Excel keeps 15 digits."""
_PIECE = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")
"""What is not broken at the end of a line: a word, or a Chinese character."""
_KEY_HEAD = {**HEAD, "bg_color": "#FFE699", "bottom": 5}
"""The least width of a column, in characters."""
WIDEST = 32
HEAD_LINES = 3
"""A column is so wide that its header takes about so many lines, and no word of it is broken, as far as `WIDEST` allows."""
FILTER_BUTTON = 3
NOTE_WIDTH, NOTE_CHARACTERS, NOTE_LINE = 420, 62, 15.5
"""A note: its width and the height of its lines in pixels, at a size at which so many characters stand in a line."""
MOST_CLAUSES = 12
"""So many clauses are told in a note with what they say; of more, as of a field that says whom chapters concern, the ids."""
_ALLOWED = ("insert_rows", "delete_rows", "sort", "autofilter", "format_columns", "format_rows")
"""What may be done to a sheet besides filling it in."""


def write_template(file: Path, pack: CheckedPack, tables: Sequence[str], lang: str) -> None:
    """Write the form of `tables`, in this order. Raises OSError where it cannot be written."""
    with workbook(file, say(lang, "form.title", pack=pack.pack.header.called(lang))) as book:
        _Form(book, pack, lang).write(dict.fromkeys(tables, ()))


@dataclass(frozen=True)
class Part:
    """Some columns of a table's form, and rows that stand there already."""

    fields: Sequence[str]
    rows: Sequence[Mapping[str, Value]]


def add_form(book: Any, pack: CheckedPack, parts: Mapping[str, Part], lang: str) -> None:
    """The form of parts of tables, in a workbook that has other sheets as well."""
    form = _Form(book, pack, lang, begun=True)
    for table, sheet in form.write({table: part.fields for table, part in parts.items()}).items():
        form.fill(sheet, table, parts[table])


def sheet_names(pack: CheckedPack, lang: str) -> dict[str, str]:
    """What the sheet of each table is called: its title, else the first other name of the table that Excel takes and that means
    no other table. Where Excel takes none, a number and what fits of the id; such a sheet has to be named when it is read."""
    words = {id_: [id_, *(t for t in _languages(table.title) if t), *table.also] for id_, table in pack.tables.items()}
    meaning: dict[str, str] = {}
    for id_, known in words.items():
        for word in known:
            meaning.setdefault(normal(word), id_)
    names: dict[str, str] = {}
    for number, (id_, table) in enumerate(pack.tables.items(), start=1):
        known = [*([table.title.in_(lang)] if table.title else []), *words[id_]]
        fitting = [word for word in known if is_sheet_name(word) and meaning[normal(word)] == id_]
        names[id_] = fitting[0] if fitting else sheet_name(f"{number} {id_}", names.values())
    return names


def _languages(title: Any) -> tuple[str | None, ...]:
    return (title.en, title.zh) if title else ()


@dataclass(frozen=True)
class _Field:
    """A column to write. `key`: whether it is the key of its table or of the parent."""

    table: str
    id: str
    definition: FieldDef
    key: bool
    title: str
    words: tuple[str, ...]  # what its drop-down offers

    @property
    def width(self) -> int:
        """In characters, with room for the button of the filter."""
        words = max(map(width, self.words), default=0) + 2
        longest = max(map(width, _PIECE.findall(self.title)), default=1)
        head = max(longest, -(-width(self.title) // HEAD_LINES)) + FILTER_BUTTON
        while head < WIDEST and _lines(self.title, head - FILTER_BUTTON) > HEAD_LINES + 1:
            head += 1
        return min(max(words, head, TYPES[self.definition.type].width), WIDEST)


class _Form:
    """A form while it is written into `book`. `begun`: rows stand there already, which are not to be deleted."""

    def __init__(self, book: Any, pack: CheckedPack, lang: str, *, begun: bool = False) -> None:
        self.begun = begun
        self.book, self.pack, self.lang = book, pack, lang
        self.names = sheet_names(pack, lang)
        self.named, self.asked = Named(pack, lang), Graph(pack).clauses()
        self.summaries = {c.clause: c.summary.in_(lang) for _, c in pack.pack.clauses or ()}
        self.lists: dict[tuple[str, ...], int] = {}  # a list on the hidden sheet -> its column there
        cell = {"locked": False, "valign": "top"}
        text = {**cell, "num_format": "@"}
        number = book.add_format(cell)
        self.heads = {False: book.add_format(HEAD), True: book.add_format(_KEY_HEAD)}
        self.formats: Mapping[Type, Any] = {
            Type.TEXT: book.add_format({**text, "text_wrap": True}),
            Type.CHOICE: book.add_format(text),
            Type.CHOICES: book.add_format({**text, "text_wrap": True}),
            Type.BOOLEAN: book.add_format(text),
            Type.DATE: book.add_format({**cell, "num_format": "yyyy-mm-dd"}),
            Type.INTEGER: number,
            Type.NUMBER: number,
        }

    def write(self, tables: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The sheets of tables; of each only these fields, or all."""
        sheets = {table: self.book.add_worksheet(self.names[table]) for table in tables}
        fields = {table: self._fields(table, only) for table, only in tables.items()}
        for of in fields.values():
            for field in of:
                if field.words and field.definition.type is not Type.CHOICES and not _fits_in_cell(field.words):
                    self.lists.setdefault(field.words, len(self.lists))
        name = self._write_lists()
        for table, sheet in sheets.items():
            self._sheet(sheet, fields[table], name)
        return sheets

    def fill(self, sheet: Any, table: str, part: Part) -> None:
        """Rows below the header of a table's sheet, to be printed on A4; what stands there already is locked."""
        sheet.set_paper(A4)
        definitions = self.pack.tables[table].columns
        locked = self.book.add_format({"valign": "top", "text_wrap": True, "bg_color": "#F2F2F2"})
        day = self.book.add_format({"valign": "top", "num_format": "yyyy-mm-dd", "bg_color": "#F2F2F2"})
        for n in range(1, (len(part.rows) or ROWS_TO_ADD) + 1):
            sheet.set_row(n, 2 * LINE)
        if not part.rows:
            sheet.print_area(0, 0, ROWS_TO_ADD, len(part.fields) - 1)
        for n, row in enumerate(part.rows, start=1):
            for i, id_ in enumerate(part.fields):
                value = row.get(id_)
                if isinstance(value, date):
                    sheet.write_datetime(n, i, datetime(value.year, value.month, value.day), day)
                elif isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(n, i, value, locked)
                elif value is not None:
                    sheet.write_string(n, i, self.in_words(value, definitions[id_]), locked)

    def in_words(self, value: Value, definition: FieldDef) -> str:
        """A value as a cell of the form says it."""
        if isinstance(value, bool):
            return say(self.lang, "form.yes" if value else "form.no")
        chosen = (definition.choices or {}).get(value) if isinstance(value, str) else None
        return chosen.in_(self.lang, str(value)) if chosen is not None else text_of(value)

    def _fields(self, table: str, only: Sequence[str] = ()) -> list[_Field]:
        definition = self.pack.tables[table]
        keys = self.pack.keys(table)
        return [
            _Field(
                table,
                id_,
                definition.columns[id_],
                id_ in keys,
                self.named.field(table, id_),
                self._words(definition.columns[id_]),
            )
            for id_ in only or definition.columns
        ]

    def _words(self, f: FieldDef) -> tuple[str, ...]:
        if f.type is Type.BOOLEAN:
            return say(self.lang, "form.yes"), say(self.lang, "form.no")
        return tuple(choice.in_(self.lang, code) for code, choice in (f.choices or {}).items())

    # ------------------------------------------------------------------------------------------------------- a sheet

    def _sheet(self, sheet: Any, fields: Sequence[_Field], lists: str) -> None:
        height = LINE * max(_lines(field.title, field.width - FILTER_BUTTON) for field in fields)
        sheet.set_row(0, height + 4)
        for i, field in enumerate(fields):
            sheet.set_column(i, i, field.width, self.formats[field.definition.type])
            sheet.write_string(0, i, field.title, self.heads[field.key])
            note = self._note(field)
            lines = sum(_lines(line, NOTE_CHARACTERS) for line in note.split("\n"))
            size = {"width": NOTE_WIDTH, "height": round(NOTE_LINE * (lines + 1))}
            sheet.write_comment(0, i, note, {**size, "font_size": 9})
            rule = self._check(field, lists)
            if rule is not None:
                sheet.data_validation(1, i, LAST_ROW, i, rule)
        if not self.begun:  # a row can be deleted only where none of its cells is locked
            sheet.set_column(len(fields), LAST_COLUMN, None, self.formats[Type.INTEGER])
        sheet.freeze_panes(1, 1 if fields[0].key else 0)
        sheet.autofilter(0, 0, LAST_ROW, len(fields) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{LAST_ROW + 1}"})
        sheet.protect("", dict.fromkeys(_ALLOWED, True))
        print_wide(sheet)
        sheet.hide_gridlines(0)

    def _check(self, field: _Field, lists: str) -> dict[str, Any] | None:
        """The check of a cell, with the boxes that say what goes in; none for a text."""
        kind = field.definition.type
        if kind in (Type.TEXT, Type.CHOICES):  # a drop-down holds one choice: the note says what goes in
            return None
        prompt = say(self.lang, "form.from-list") if field.words else say(self.lang, "form.what", what=self._expected(field))
        boxes = {
            "input_title": cut(field.title, LONGEST_TITLE),
            "input_message": cut(prompt, LONGEST_MESSAGE),
            "error_title": cut(say(self.lang, "form.wrong"), LONGEST_TITLE),
            "error_message": cut(say(self.lang, "form.expected", what=self._expected(field)), LONGEST_MESSAGE),
        }
        if field.words in self.lists:
            column = self.lists[field.words]
            place = xl_range_abs(0, column, len(field.words) - 1, column)
            return {"validate": "list", "source": f"={quote_sheetname(lists)}!{place}", **boxes}
        if field.words:
            return {"validate": "list", "source": list(field.words), **boxes}
        validate = {Type.DATE: "date", Type.INTEGER: "integer"}.get(kind, "decimal")
        ends: tuple[Any, Any] = (FIRST_DAY, LAST_DAY) if kind is Type.DATE else (-LARGEST, LARGEST)
        least, most = (end if limit is None else limit for limit, end in zip(limits(field.definition), ends, strict=True))
        return {
            "validate": validate,
            "criteria": "between",
            "minimum": max(least, ends[0]),
            "maximum": min(most, ends[1]),
            **boxes,
        }

    def _expected(self, field: _Field) -> str:
        """What a field takes, in the words of the form."""
        if field.definition.type in (Type.CHOICE, Type.CHOICES):
            return say(self.lang, f"expect.{field.definition.type.value}", words=say(self.lang, "reason.or").join(field.words))
        what, between = say(self.lang, f"expect.{field.definition.type.value}"), range_of(field.definition)
        return what if between == "…" else say(self.lang, "form.within", what=what, range=between)

    def _note(self, field: _Field) -> str:
        """What the header's note says, a line a thing."""
        table, definition = self.pack.tables[field.table], field.definition
        clauses = self.asked.get(Column(field.table, field.id), ())
        lines = [say(self.lang, "form.what", what=self._expected(field))]
        if field.id == table.key:
            lines.append(say(self.lang, "form.key"))
        elif table.belongs_to is not None and field.id in (
            self.pack.parent_key(field.table),
            *self.pack.parent_parts(field.table),
        ):
            of = self.named.table(table.belongs_to)
            lines.append(say(self.lang, "form.parent", table=of, key=self.named.field(table.belongs_to, field.id)))
        elif field.key:
            others = [f"“{self.named.field(field.table, part)}”" for part in table.parts if part != field.id]
            lines.append(say(self.lang, "form.part", others=say(self.lang, "reason.or").join(others)))
        elif definition.optional is not None:
            lines.append(say(self.lang, "form.optional", because=definition.optional.because.in_(self.lang)))
        elif clauses:
            lines.append(say(self.lang, "form.blank"))
        if definition.personal:
            lines.append(say(self.lang, "form.personal"))
        if len(clauses) > MOST_CLAUSES:
            return "\n".join([*lines, f"{say(self.lang, 'form.asked')} {say(self.lang, 'reason.or').join(clauses)}"])
        if clauses:
            lines.append(say(self.lang, "form.asked"))
        for clause in clauses:
            said = say(self.lang, "form.clause", clause=clause, summary=self.summaries.get(clause, ""))
            lines.append(said.rstrip(":： "))
        return "\n".join(lines)

    # ------------------------------------------------------------------------------------------------------- the lists

    def _write_lists(self) -> str:
        """The hidden sheet, if there is anything for it: a column a list. Its name, which is no table's."""
        taken = {normal(word) for id_, t in self.pack.tables.items() for word in (id_, *_languages(t.title), *t.also) if word}
        name = "_lists"
        while normal(name) in taken:
            name += "_"
        if self.lists:
            sheet = self.book.add_worksheet(name)
            for words, column in self.lists.items():
                sheet.write_column(0, column, words, self.formats[Type.CHOICE])
            sheet.protect()
            sheet.hide()
        return name


def _fits_in_cell(words: Sequence[str]) -> bool:
    """Whether a drop-down can hold these words itself: joined by commas, in quotes."""
    plain = all(word == word.strip() and not re.search(r'[,"\n]', word) for word in words)
    return plain and units(",".join(words)) <= LONGEST_LIST


def _lines(text: str, wide: int) -> int:
    """How many lines a text takes in a column of `wide` characters."""
    lines, used, end = 1, 0, 0
    for found in _PIECE.finditer(text):
        piece, gap = width(found[0]), found.start() - end
        if used and used + gap + piece > wide:
            lines, used = lines + 1, 0
        used += piece + (gap if used else 0)
        lines, used, end = lines + (used - 1) // wide, (used - 1) % wide + 1, found.end()
    return lines
