"""Check digits: whether the last signs of a code agree with those before.

In: a text, exactly as it is written (no spaces, capital letters). Out: whether it is such a code. A text of another form is none.

luhn            bank cards, IMEI (ISO/IEC 7812-1). Two or more digits; from the right every second one doubled, digits summed,
                mod 10 = 0
mod97           LEI; IBAN with its first four signs behind (ISO 7064, MOD 97-10). Three or more digits or capitals, A = 10 …
                Z = 35, mod 97 = 1
cn-uscc         统一社会信用代码 (GB 32100-2015). 18 digits or capitals but I, O, S, V, Z; weights 3^i, mod 31 = 0
cn-resident-id  公民身份号码 (GB 11643-1999; ISO 7064, MOD 11-2). 17 digits, a digit or X; weights 2^(17-i), mod 11 = 1
gln             places, and goods with 13 digits (GS1). 13 digits; weights 1 and 3 in turn, mod 10 = 0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

DIGITS = "0123456789"
LETTERS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _made_of(signs: str, code: str) -> bool:
    return all(sign in signs for sign in code)


def luhn(code: str) -> bool:
    if len(code) < 2 or not _made_of(DIGITS, code):
        return False
    doubled = [int(sign) * (1 + at % 2) for at, sign in enumerate(reversed(code))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def mod97(code: str) -> bool:
    rest = 0
    for sign in code:
        number = LETTERS.find(sign)
        if number < 0:
            return False
        rest = (rest * (100 if number > 9 else 10) + number) % 97
    return len(code) > 2 and rest == 1


def weighted(code: str, signs: str, weights: tuple[int, ...], by: int, rest: int) -> bool:
    """Whether the sum of the signs' places, each times its weight, leaves this rest."""
    if len(code) != len(weights) or not _made_of(signs, code):
        return False
    return sum(weight * signs.index(sign) for weight, sign in zip(weights, code, strict=True)) % by == rest


WEIGHTED: Mapping[str, tuple[str, tuple[int, ...], int, int]] = {
    "cn-uscc": (USCC, (*(pow(3, at, 31) for at in range(17)), 1), 31, 0),
    "cn-resident-id": (DIGITS + "X", tuple(pow(2, 17 - at, 11) for at in range(18)), 11, 1),
    "gln": (DIGITS, tuple(3 if at % 2 else 1 for at in range(13)), 10, 0),
}
"""Codes of so many signs as there are weights: their signs in the order of their values, the weights, mod, what it comes to."""


def resident_id(code: str) -> bool:
    return "X" not in code[:17] and weighted(code, *WEIGHTED["cn-resident-id"])


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "mod97": mod97,
    "cn-uscc": lambda code: weighted(code, *WEIGHTED["cn-uscc"]),
    "cn-resident-id": resident_id,
    "gln": lambda code: weighted(code, *WEIGHTED["gln"]),
}
"""The codes that `check_digit` knows."""


SOUND: Mapping[str, str] = {
    "luhn": "18",
    "mod97": "A1B2C3D4E5F6G7H8I928",
    "cn-uscc": "99999999MA0000001X",
    "cn-resident-id": "11010519491231002X",
    "gln": "4006381333931",
}
"""One code of each kind."""


def check(code: str, kind: str) -> bool:
    return CHECKS[kind](code)
