"""Passwords that many people choose and that satisfy the composition rule, built from the habits behind them.

A list of the most frequent passwords of all holds almost none with an upper-case letter and a digit: what people do
when they are made to add them is to capitalise a word and append a year, a short count or an exclamation mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

_WORDS = """
    password passwort parole pass passw0rd p@ssword p@ssw0rd pa55word pa$$word passwd secret welcome welc0me letmein
    admin administrator root user guest test testing tester demo sample example default change changeme login signin
    access master manager owner staff office company business service support server system computer internet
    laptop windows google facebook youtube amazon android iphone samsung apple microsoft telegram whatsapp
    qwerty qwertz azerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qweasd qwer asdf zxcv abcd abcdef abcdefg
    abcdefgh iloveyou loveyou love lovely sweet honey baby angel princess prince queen king sunshine flower rainbow
    butterfly star shadow dragon monkey tiger lion eagle panther wolf bear horse pony puppy kitty cat dog chicken
    football soccer baseball basketball hockey tennis golf runner champion winner player gamer ninja pirate knight
    warrior hunter ranger killer batman superman spiderman pokemon naruto minecraft matrix phoenix
    michael jennifer jessica thomas daniel andrew joshua robert charlie george william jordan ashley nicole amanda
    samantha matthew anthony richard sophie anna maria julia laura natasha svetlana tatiana sergey dmitry alexander
    andreas stefan mohamed ahmed fatima carlos diego
    summer winter spring autumn monday tuesday wednesday thursday friday saturday sunday january february march april
    june july august september october november december weekend holiday christmas easter birthday
    london paris berlin moscow madrid vienna munich hamburg amsterdam istanbul dubai america england germany russia
    france spain italy poland canada australia freedom liberty forever family happy hello goodbye thanks please
    coffee chocolate cookie cheese banana orange cherry pepper ginger peanut purple yellow silver golden diamond
    crystal money million dollar lucky magic mercedes ferrari porsche toyota honda harley yamaha barcelona liverpool
    chelsea arsenal juventus salon barber beauty clinic doctor dentist massage fitness studio booking
""".split()  # noqa: SIM905 - three hundred quoted words would hide the words

_COUNTS = ("1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "11", "111", "00", "000",
           "007", "01", "21", "22", "69", "77", "88", "99", "321", "4321", "54321", "666", "777")  # fmt: skip
_YEARS = tuple(str(year) for year in range(1970, 2036))
_MARKS = ("!", "@", "#", "$", "*", ".", "?", "!!")
_TAILS = (
    *_COUNTS,
    *_YEARS,
    *_MARKS,
    *(count + mark for count, mark in product(_COUNTS, ("!", "@", "#", "$", "."))),
    *(year + "!" for year in _YEARS),
    *(mark + count for mark, count in product(("@", "#", "!", "_", "-", "."), ("1", "12", "123", "1234", "12345"))),
)  # fmt: skip

# Rows of a keyboard walked down and up again with shift held for one half.
_WALKS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "qaz1", "zaq1", "xsw2", "qwe1", "asd1", "1q2w", "q1w2", "1a2s")
_RUNS = ("abc", "aaa", "aa", "qq", "zz", "xx", "abcd", "a", "q", "z")


def _capitalised() -> Iterator[str]:
    for word, tail in product(_WORDS, _TAILS):
        yield word.capitalize() + tail


def _walked() -> Iterator[str]:
    for first, second in product(_WALKS, repeat=2):
        for tail in ("", "!", "1", "123"):
            yield first.capitalize() + second.upper() + tail
            yield first + second.upper() + tail


def _repeated() -> Iterator[str]:
    for run, count in product(_RUNS, _COUNTS):
        yield from (run.capitalize() + count + run, run.capitalize() + count + "!", run.capitalize() + run + count)
    for letter in "abcdefghijklmnopqrstuvwxyz":
        yield from (letter.upper() + letter * length + tail for length in range(5, 10) for tail in ("1", "!", "123"))


def generate() -> Iterator[str]:
    """Every entry in the form that satisfies the composition rule; a few are shorter than the shortest allowed."""
    yield from _capitalised()
    yield from _walked()
    yield from _repeated()


@cache
def _entries() -> frozenset[str]:
    return frozenset(entry.casefold() for entry in generate())


def is_common(password: str) -> bool:
    """Whether many people use this password. Case makes no difference: `pASSWORD1!` is no better guess-proof."""
    return password.casefold() in _entries()
