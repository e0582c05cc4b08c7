"""What a sheet or column is called -> an id that rules can name it by.

In: a header, in any language. Out: an id of small letters, digits and `_`. Chinese is told by office words where they say all of
it (许可证有效期至: `licence_valid_until`), else by its sounds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache

from lookback.language.parse import RESERVED_WORDS, names_in, parse
from lookback.words.errors import Mistake
from lookback.words.source import Place, Source, Span

LONGEST = 40
TAKEN = {"verdict", "score", "findings", "findings_by_outcome", "file_row_number", "review", "row", "like", "met", "unmet"}
TAKEN |= {"unknown", "not_applicable"} | RESERVED_WORDS
"""What means something already, in rules or tests."""
_BRACKETS = re.compile(r"[(\[{【〔<《][^)\]}】〕>》]*[)\]}】〕>》]")
_OFFICE = {
    "编号": "id",
    "代码": "code",
    "编码": "code",
    "号码": "no",
    "号": "no",
    "序号": "serial_no",
    "名称": "name",
    "姓名": "name",
    "单位": "unit",
    "企业": "company",
    "餐厅": "restaurant",
    "餐饮": "catering",
    "饭店": "restaurant",
    "商户": "shop",
    "门店": "shop",
    "店": "shop",
    "学校": "school",
    "医院": "hospital",
    "公司": "company",
    "部门": "department",
    "检查": "inspection",
    "巡查": "inspection",
    "抽查": "spot_check",
    "复查": "recheck",
    "记录": "record",
    "情况": "status",
    "结果": "result",
    "结论": "result",
    "状态": "status",
    "类别": "kind",
    "类型": "kind",
    "种类": "kind",
    "等级": "grade",
    "级别": "level",
    "评分": "score_given",
    "得分": "score_given",
    "分数": "score_given",
    "扣分": "points",
    "分值": "points",
    "日期": "date",
    "时间": "time",
    "年度": "year",
    "年份": "year",
    "月份": "month",
    "期限": "deadline",
    "时限": "deadline",
    "有效期": "valid",
    "有效期至": "valid_until",
    "至": "until",
    "截止": "until",
    "到期": "expires",
    "开始": "start",
    "结束": "end_of",
    "起": "from_day",
    "许可证": "licence",
    "营业执照": "licence",
    "执照": "licence",
    "证书": "certificate",
    "证": "certificate",
    "备案": "filing",
    "问题": "issue",
    "隐患": "hazard",
    "违规": "violation",
    "违法": "violation",
    "事项": "item",
    "项目": "item",
    "内容": "content",
    "整改": "put_right",
    "完成": "done",
    "处理": "handling",
    "措施": "measure",
    "要求": "demand",
    "反馈": "feedback",
    "负责人": "person_in_charge",
    "联系人": "contact",
    "检查人": "inspector",
    "检查员": "inspector",
    "经办人": "handled_by",
    "责任人": "person_responsible",
    "联系电话": "phone",
    "电话": "phone",
    "手机": "phone",
    "地址": "address",
    "区域": "area",
    "辖区": "area",
    "区": "district",
    "县": "county",
    "街道": "street",
    "乡镇": "town",
    "所在": "of",
    "所属": "of",
    "主管": "supervising",
    "金额": "amount",
    "罚款": "fine",
    "数量": "number_of",
    "件数": "number_of",
    "次数": "times",
    "人数": "people",
    "天数": "days",
    "面积": "area_size",
    "比例": "share_of",
    "比率": "rate",
    "率": "rate",
    "是否": "is",
    "有无": "has",
    "备注": "remark",
    "说明": "note",
    "描述": "description",
    "原因": "reason",
    "依据": "basis",
    "来源": "source",
    "投诉": "complaint",
    "公示": "displayed",
    "合格": "ok",
    "不合格": "not_ok",
    "符合": "ok",
    "不符合": "not_ok",
    "基本符合": "partly_ok",
    "良好": "good",
    "优秀": "excellent",
    "一般": "fair",
    "较差": "poor",
    "差": "poor",
    "优": "excellent",
    "良": "good",
    "中": "medium",
    "严重": "serious",
    "轻微": "slight",
    "已完成": "done",
    "未完成": "not_done",
    "已整改": "put_right",
    "未整改": "not_put_right",
    "整改中": "being_put_right",
    "正常": "in_order",
    "异常": "odd",
    "营业": "open",
    "停业": "closed",
    "大": "large",
    "小": "small",
    "大型": "large",
    "中型": "medium",
    "小型": "small",
    "目录": "list",
    "标准": "standard",
    "台账": "register",
    "名单": "list",
    "清单": "list",
    "表": "",
    "信息": "",
    "明细": "",
    "登记": "register",
    "填报": "",
    "汇总": "summary",
    "的": "",
}
"""Words of offices; the longest that fits is taken first."""
_LONGEST = max(map(len, _OFFICE))


def id_of(text: str, taken: Container[str] = (), fallback: str = "field") -> str:
    """An id for what is called so, that is not `taken`."""
    said = _said(_BRACKETS.sub("", unicodedata.normalize("NFKC", text))) or fallback
    if not said[0].isalpha():
        said = f"{fallback[0]}_{said}"
    said = said[:LONGEST].strip("_")
    if said in TAKEN or not _is_name(said):
        said += "_given"
    return next(name for n in range(1, 100_000) if (name := said if n == 1 else f"{said}_{n}") not in taken)


@cache
def _is_name(word: str) -> bool:
    """Whether a condition can name a field that is called so."""
    text = f"{word} is not null and {word} <= 1 and {word} = '1'"
    tree = parse(text, Place(Span(Source("", text), 0, len(text))))
    return not isinstance(tree, Mistake) and names_in(tree) == {(None, word)}


def _said(text: str) -> str:
    parts = re.findall(r"[\u3400-\u9fff]+|[A-Za-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", _plain(text)))
    return re.sub("_+", "_", "_".join(_chinese(part) if not part.isascii() else part.casefold() for part in parts)).strip("_")


def _plain(text: str) -> str:
    """Letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _chinese(text: str) -> str:
    words, at = list[str](), 0
    while at < len(text):
        found = next((text[at : at + n] for n in range(_LONGEST, 0, -1) if text[at : at + n] in _OFFICE), None)
        if found is None:
            from pypinyin import lazy_pinyin  # only where the words above do not say it

            return "_".join(lazy_pinyin(text))
        words.append(_OFFICE[found])
        at += len(found)
    return "_".join(words)
