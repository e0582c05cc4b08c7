"""Bytes of a text file -> the encoding that they are in, and why it is that one.

In: the pieces of the whole file that hold a byte which is not ASCII, and the words of the pack. Out: a `Choice`. Each encoding
that is in use is tried on all pieces; what it makes of them is weighed: characters that are frequent where it is used, words
that mix scripts, characters that it cannot read, and the pack's own words. The weights are logarithms of rough probabilities.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lookback.packs.checked import normal
from lookback.packs.model import TableDef
from lookback.records.formats.files import InputFile
from lookback.words.errors import UsageError

BROKEN = "\ufffd"
MOST_WEIGHED = 2_000
"""Pieces of a file whose characters are weighed; that they can be read is asked of all."""
LONGEST = 60
"""Bytes of a piece that are weighed, about."""
_PIECE = re.compile(rb"[^\x00-\x2f]*[\x80-\xff][^\x00-\x2f]*")
"""What stands between bytes that are no part of a character in any of the encodings."""
_CUT = re.compile(r"[,;|\t\"':，；：、|（）()]")
_DOUBT = 5.0
"""Another encoding is possible, too, where its weight is no further from the best."""
_MOST_REMEMBERED = 500_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Weights of a character.
ASCII, FREQUENT, COMMON, MARK, RARE, ODD, NONE = -3.0, -6.0, -9.5, -7.5, -12.5, -15.0, -16.0
MIXED, CASE, AGAIN = -3.0, -5.0, -1.5
"""Of a character beside one of another script; of a capital behind a small letter; of what is not ASCII behind another such,
where letters are Latin."""
FOREIGN, OTHER_HAN = -6.0, -3.0
"""Of an encoding for a script that the pack has not one word in; of Big5 where its words are simplified."""

_HANS = (
    "北京上海天津重庆河南湖广东西山江苏浙安徽福建四川云贵州陕甘青宁夏新疆内蒙古辽吉林黑龙港澳台市区县镇乡村街道路号社居委会局处科室院所站中心小大学校园"
    "公司有限责任集团厂店工商业农水电交通信息技术管理服务检查整改问题完成未已是否无正常合格不王李张刘陈杨赵黄周吴徐孙胡朱高何郭马罗梁宋郑谢韩唐冯于董"
    "萧程曹袁邓许傅沈曾彭吕卢蒋蔡贾丁魏薛叶阎余潘杜戴钟汪田姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦史顾侯邵孟万段雷钱汤尹黎易武乔贺赖龚文伟芳娜敏静丽"
    "强磊军洋勇艳杰娟涛明超秀英华慧巧美丹萍玲桂花红国平刚玉兰志单位名称类别关机事企人员数量日期年月时间备注说明情况负主要因为党政府民办总部分第一二三"
    "四五六七八九十百千元计审批报送材料资金项目设备全食品环境卫生消防教育医疗保险社工程质监督局执法罚款整顿停开到对这个们来后作用种样进行"
)
_HANT = (
    "慶廣東蘇貴陝寧疆內遼黑龍臺灣縣鎮鄉區號會處學園責團廠業農電訊術務檢問題無張劉陳楊趙黃吳孫馬羅鄭謝韓馮許呂盧蔣賈葉閻鍾陸顧錢湯賴龔偉靜麗強軍傑濤"
    "華蘭國數單位稱類別關機構個們為來時說過對發後經裡麼種樣長從這還進與復興億萬員產報審資項設備環衛醫療險質監執罰開辦總黨點認書見車當實現應該"
)
_HANGUL = (
    "이다에의는로하을가고지서한은기으년대사시를리도인스일자정해부구성장공원동주나보전수상아제어라있계국경소조용비유안우진교연관생신마무과들면그학선중만물세개"
    "영여분화남북회각층행적문출입방산호치실내업외별점당천식품위청강울충민김박최윤임권황송류홍양처번역읍군광포평택명차단결과재요체현석희미철순"
)
_WEST = "éèêëàâäáãåæçíìîïñóòôöõøœúùûüß"
_EAST = "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîș"
_TURKISH = "çğıöşüâ"
_SIGNS = "°§€–—’‘“”«»£·½¼¾²³®©™\u00a0…•×º±µ"
_BESIDE_LETTERS = "–—’‘“”«»…\u00a0"
_CJK_SIGNS = "，。、；：？！（）“”‘’《》〈〉【】「」『』—…·　～％＋－／０１２３４５６７８９ＡＢＣＤＥＦＧ×√○●①②③④⑤℃㎡￥〇＊"


@dataclass(frozen=True)
class _Kind:
    """An encoding: its script, how seldom it is met, the characters that are frequent in it; and the charset, below it, of those
    that are common, with the first bytes of these."""

    name: str
    script: str
    seldom: float
    frequent: str
    charset: str = ""
    common: tuple[int, int] = (0, 0)
    known: tuple[int, int] = (0, 0)


_KINDS = (
    _Kind("utf-8", "", 3.0, ""),
    _Kind("gb18030", "Han", 0.0, _HANS, "gb2312", (0xB0, 0xD7), (0xD8, 0xF7)),
    _Kind("big5", "Han", -1.0, _HANT + _HANS, "big5", (0xA4, 0xC6), (0xC9, 0xF9)),
    _Kind("shift_jis", "Kana", -2.0, "", "shift_jis", (0x88, 0x97), (0x98, 0xEA)),
    _Kind("euc_jp", "Kana", -3.0, "", "euc_jp", (0xB0, 0xCF), (0xD0, 0xF4)),
    _Kind("euc_kr", "Hangul", -2.0, _HANGUL, "euc_kr", (0xB0, 0xC8), (0xCA, 0xFD)),
    _Kind("cp1252", "", 0.0, _WEST),
    _Kind("cp1250", "", -3.0, _EAST + "äöüß"),
    _Kind("iso8859_2", "", -4.0, _EAST + "äöüß"),
    _Kind("cp1254", "", -4.0, _TURKISH),
    _Kind("cp1251", "Cyrillic", -1.0, ""),
    _Kind("koi8_r", "Cyrillic", -3.0, ""),
    _Kind("cp1253", "Greek", -2.0, ""),
    _Kind("cp850", "", -6.0, _WEST),
    _Kind("mac_roman", "", -6.0, _WEST),
)
_LANGUAGES = {
    "Han": ("Chinese",),
    "Kana": ("Japanese", "Japanese—", "Japanese——"),
    "Hangul": ("Korean",),
    "Cyrillic": ("Russian", "Ukrainian", "Bulgarian"),
    "Greek": ("Greek",),
}
"""A script -> the languages in it whose frequent characters charset-normalizer knows."""


@dataclass(frozen=True)
class Words:
    """What a pack says that is not ASCII: headers, titles, choices; and the characters of these."""

    all: Collection[str]
    characters: frozenset[str]
    scripts: frozenset[str]

    @property
    def simplified(self) -> bool:
        """Whether many of its Chinese characters are not in Big5."""
        han = [c for c in self.characters if _script(c) == "Han"]
        return 10 * len("".join(han).encode("big5", "ignore")) < 2 * 9 * len(han)

    @classmethod
    def of(cls, tables: Mapping[str, TableDef]) -> Words:
        said: list[str] = []
        for table in tables.values():
            said += [*_titles(table.title), *table.also]
            for f in table.fields.values():
                said += f.titles
                for code, choice in (f.choices or {}).items():
                    said += [code, *_titles(choice), *choice.also]
        foreign = {normal(word) for word in said if not word.isascii()}
        characters = frozenset(c for word in foreign for c in word if not c.isascii())
        return cls(foreign, characters, frozenset(map(_script, characters)))


def _titles(titled: object) -> list[str]:
    return [text for lang in ("en", "zh") if isinstance(text := getattr(titled, lang, None), str)]


@dataclass(frozen=True)
class Choice:
    """encoding: of the file. why: the notice that tells it. others: those that are possible, too; differing: a value as it is
    read in this one and in the first of them."""

    encoding: str
    why: str
    others: tuple[str, ...] = ()
    differing: tuple[str, str] = ("", "")


class Asked:
    """The encodings that the user named: one for all files, or one for each of some, as `FILE=NAME`.

    Raises UsageError for an encoding that there is none of.
    """

    def __init__(self, said: str | Sequence[str] | None) -> None:
        self._all: str | None = None
        self._files: dict[str, str] = {}
        for one in [said] if isinstance(said, str) else said or ():
            file, _, name = one.rpartition("=")
            try:
                codecs.lookup(name)
                "".encode(name)
            except (LookupError, UnicodeError) as error:
                raise UsageError("no-such-encoding", encoding=name) from error
            name = "utf-8-sig" if codecs.lookup(name).name == "utf-8" else name
            if file:
                self._files[file] = name
            else:
                self._all = name

    def of(self, file: InputFile) -> str | None:
        return next((name for said, name in self._files.items() if _is_called(file, said)), self._all)

    def check(self, files: Sequence[InputFile]) -> None:
        """Raises UsageError for a file that is no text, or not there."""
        texts = [file for file in files if file.kind == "text"]
        for said in self._files:
            if not any(_is_called(file, said) for file in texts):
                names = ", ".join(sorted({Path(file.shown).name for file in texts})[:10]) or "-"
                raise UsageError("no-such-file-to-decode", file=said, known=names)


def _is_called(file: InputFile, said: str) -> bool:
    """Whether a file is meant: by its path, or the end of it."""
    path, parts = Path(file.shown), Path(said).parts
    return path == Path(said) or path.parts[-len(parts) :] == parts


def marked(start: bytes) -> str | None:
    """The encoding that the first bytes say by themselves: a mark, or every other byte nought, as of ASCII in UTF-16."""
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    sample = start[:4000]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < len(sample) // 10 or min(even, odd) > max(even, odd) // 4:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def choose(path: Path, words: Words) -> Choice:
    """The encoding of a file that is not UTF-8 throughout."""
    tries = [_Try(kind, words) for kind in _KINDS]
    for pieces, weighed in _pieces(path):
        joined = b"\n".join(pieces)
        for one in tries:
            one.take(joined, len(pieces), weighed)
        least = min(one.broken for one in tries)
        tries = [one for one in tries if one.broken <= max(3 * least, one.pieces // 20, 3)]
    tries.sort(key=lambda one: -one.weight)
    best = tries[0]
    differing = {
        one.kind.name: pair
        for one in tries[1:]
        if best.weight - one.weight < _DOUBT
        and (pair := next((two for two in zip(best.texts, one.texts, strict=True) if two[0] != two[1]), None))
    }
    why = "encoding-words" if best.found else "encoding-detected"
    return Choice(best.kind.name, why, tuple(differing), next(iter(differing.values()), ("", "")))


def _pieces(path: Path) -> Iterator[tuple[list[bytes], int]]:
    """What is not ASCII, of one megabyte after the other, each piece once; and how many of them are to be weighed: as many
    everywhere."""
    size = max(path.stat().st_size, 1)
    seen: set[bytes] = set()
    with path.open("rb") as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            block = rest + chunk
            end = next((at + 1 for at in range(len(block) - 1, max(len(block) - 4096, -1), -1) if block[at] < 0x30), len(block))
            block, rest = block[:end], block[end:]
            new = list(dict.fromkeys(piece for piece in _PIECE.findall(block) if piece not in seen))
            if len(seen) < _MOST_REMEMBERED:
                seen.update(new)
            if new:
                yield new, max(MOST_WEIGHED * len(chunk) // size, 20)
        if new := _PIECE.findall(rest):
            yield new, 20


@dataclass
class _Try:
    """What an encoding makes of a file."""

    kind: _Kind
    words: Words
    pieces: int = 0
    broken: int = 0
    weight: float = 0.0
    found: int = 0  # words of the pack
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        usual = self.words.scripts or {"Han"}
        self.weight = self.kind.seldom + (FOREIGN if self.kind.script and self.kind.script not in usual else 0.0)
        self.weight += OTHER_HAN if self.kind.name == "big5" and self.words.simplified else 0.0
        self._of = _weights(self.kind.name, self.words.characters)

    def take(self, joined: bytes, n: int, weighed: int) -> None:
        """Some more pieces, the first of them weighed."""
        self.pieces += n
        text = joined.decode(self.kind.name, "replace")
        if BROKEN in text:
            self.broken += sum(BROKEN in piece for piece in text.split("\n"))
        step = max(n // weighed, 1)
        for piece in text.split("\n")[::step]:
            self.texts.append(piece)
            self.weight += self._piece(piece[:LONGEST])

    def _piece(self, text: str) -> float:
        """The weight of a piece, or of the words of the pack that it is made of."""
        if self.words.all:
            parts = [part for part in _CUT.split(text) if part]
            known = [not part.isascii() and normal(part) in self.words.all for part in parts]
            if any(known):
                self.found += sum(known)
                return sum(-4.0 if k else self._run(part) for part, k in zip(parts, known, strict=True))
        return self._run(text)

    def _run(self, text: str) -> float:
        weight, before, odd = 0.0, "", False
        for char in text:
            of, sort = self._of(char)
            weight += of
            if before and sort and sort != before:
                pair = {before, sort}
                if (before, sort) in (("a", "B"), ("y", "Y")):
                    weight += CASE
                elif pair & {"a", "y"} and ("A" in pair or not (pair <= {"a", "B"} or pair <= {"y", "Y"})):
                    weight += MIXED
            again = odd
            odd = not char.isascii() and sort not in ("A", "y", "Y")
            weight += AGAIN if odd and again else 0.0
            before = sort
        return weight


@cache
def _weights(name: str, own: frozenset[str]) -> _Weights:
    return _Weights(next(kind for kind in _KINDS if kind.name == name), own)


class _Weights(dict[str, tuple[float, str]]):
    """character -> (weight, sort) in an encoding. Sorts: a and B small and large letters of Latin, y and Y of another alphabet,
    A of none (Chinese, Japanese, Korean), s a sign that does not stand beside letters, '' another."""

    def __init__(self, kind: _Kind, own: frozenset[str]) -> None:
        from charset_normalizer.constant import FREQUENCIES

        self.kind = kind
        self.frequent = frozenset(kind.frequent).union(own, *(FREQUENCIES[lang] for lang in _LANGUAGES.get(kind.script, ())))

    def __call__(self, char: str) -> tuple[float, str]:
        return self[char]

    def __missing__(self, char: str) -> tuple[float, str]:
        found = self[char] = self._weight(char), _sort(char)
        return found

    def _weight(self, char: str) -> float:
        if char == BROKEN:
            return NONE
        if char.isascii():
            return ASCII
        script = _script(char)
        if self.kind.name == "utf-8":
            return COMMON if script in ("Han", "Kana", "Hangul") or char in _CJK_SIGNS else MARK
        if self.kind.charset:
            return self._of_two_bytes(char, script)
        if char in _SIGNS:
            return MARK
        if script in ("Cyrillic", "Greek"):
            return -3.5 if char.lower() in self.frequent else -6.0
        if char.isalpha():
            return (-4.5 if char.islower() else MARK) if char.lower() in self.frequent else -9.0
        return RARE if char.isprintable() else NONE

    def _of_two_bytes(self, char: str, script: str) -> float:
        if script == "Kana":
            return -5.5 if self.kind.script == "Kana" and not "\uff61" <= char <= "\uff9f" else -9.0 if char >= "\uff61" else RARE
        if char in self.frequent:
            return FREQUENT
        if char in _CJK_SIGNS:
            return MARK
        try:
            first = char.encode(self.kind.charset)[0]
        except UnicodeEncodeError:
            return ODD if unicodedata.category(char) != "Co" else NONE
        if self.kind.common[0] <= first <= self.kind.common[1]:
            return COMMON - (1.0 if script == "Hangul" else 0.0)
        return RARE if self.kind.known[0] <= first <= self.kind.known[1] else RARE + 0.5


@cache
def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    first = name.partition(" ")[0]
    if first == "CJK" and "IDEOGRAPH" in name:
        return "Han"
    if first in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA") or name.startswith("HALFWIDTH KATAKANA"):
        return "Kana"
    return {"HANGUL": "Hangul", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "LATIN": "Latin"}.get(first, "")


def _sort(char: str) -> str:
    if not char.isalpha():
        return "" if char.isascii() or char in _CJK_SIGNS or char in _BESIDE_LETTERS else "s"
    script = _script(char)
    if script in ("Han", "Kana", "Hangul"):
        return "A"
    small, large = ("a", "B") if script == "Latin" else ("y", "Y")
    return small if char.islower() else large
