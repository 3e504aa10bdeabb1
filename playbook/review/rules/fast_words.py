"""Words of a tiny fix, one by one: what they are made of, and whether their coming or going may turn a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

from playbook.text.tokens import UNSPACED

LONGEST_WORD = 20  # of a word that comes where nothing like it stood
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u02b9\uff07\u00b4`]")
_OPPOSITES = (
    *("un", "in", "im", "ir", "il", "non", "dis", "mis", "anti", "de", "ab", "under", "over", "counter", "mal"),
)
_NO_WORDS = frozenset({"un", "im", "ir", "il", "non", "dis", "mis", "anti"})  # an opposite's beginning, by itself
# "not" grown onto its verb, with the apostrophe or without, and misspelt.
_GROWN_NOT = re.compile(
    "(?:do|does|dos|do[ei]s|did|di|is|was|are|were|wer|has|hav|have|had|ca|can|wo|would|woud|could|coud|should|shoud|must|mus"
    "|need|might|sha|ai|may|dare|ought|am|will|shall|used)[aeiou]?nn?[aeiou]?tt?"
    "|[a-z]not|not[a-df-z]"
)
_ROMAN = re.compile("(?=..)m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_FLAT = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n", "æ": "ae", "œ": "oe"}
)
_PLAIN_LATIN = frozenset("ßæœøðþłđħŋı")  # letters of living languages that are no other letter with an accent
# Where a letter is a word, or words stand without spaces: what turns a sentence cannot be told from spelling.
_WITHOUT_SPACES = frozenset({"THAI", "LAO", "MYANMAR", "KHMER", "TIBETAN", "BOPOMOFO", "YI"})


def folded(word: str) -> str:
    """A word as it is looked up: without case, accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", word).casefold()).translate(_FLAT)
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] != "M")


@lru_cache(maxsize=1)
def listed() -> dict[str, frozenset[str]]:
    """The words that turn a sentence, by what they are, from the file beside this one."""
    made: dict[str, frozenset[str]] = {}
    section = ""
    for line in Path(__file__).with_name("fast_lane.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            made[section] = made.get(section, frozenset()) | frozenset(map(folded, line.split()))
    return made


@lru_cache(maxsize=1)
def _compound_number() -> re.Pattern[str]:
    number = "|".join(sorted(map(re.escape, listed()["numbers"]), key=len, reverse=True))
    return re.compile(f"(?:{number}){{1,3}}(?:folds?|th|ths|s|ish|some|odd|plus)?")


@lru_cache(maxsize=1)
def _misspelt() -> frozenset[str]:
    words = [word for word in listed()["negations"] | listed()["turning"] if len(word) > 2]
    return frozenset().union(*map(_shuffled, words))


def _shuffled(word: str) -> set[str]:
    """What a word shares with those that have its letters in another order, or twice."""
    return {one[:1] + "".join(sorted(one[1:])) for one in (word, re.sub(r"(.)\1+", r"\1", word))}


def why_turned(gone: Iterable[str], came: Iterable[str]) -> str:
    """Why a sentence in which these words go and those come may turn, by the words alone."""
    olds, news = [[folded(word) for word in words] for words in (gone, came)]
    if (olds, news) in ((["a"], ["an"]), (["an"], ["a"])):
        return ""
    every = [part for word in (*olds, *news) for part in (word, *re.split(r"[-–]", word)) if part]
    if any(_has_digit(word) or _is_number(word) for word in every):
        return "it touches a number"
    if any(word in listed()["currency"] for word in every):
        return "it touches an amount of money"
    if any(map(_is_negation, every)) or _negates(olds, news):
        return "it touches a negation"
    if any(word in listed()["turning"] for word in every) or any(
        not _misspelt().isdisjoint(_shuffled(word)) for word in every if len(word) > 2
    ):
        return "it touches a word that turns the sense"
    if _persons(olds, news) or _persons(news, olds):
        return "it touches who does it, or to whom"
    return ""


def _has_digit(word: str) -> bool:
    return any(unicodedata.numeric(letter, None) is not None for letter in word if not UNSPACED.match(letter))


def _is_number(word: str) -> bool:
    return bool(word in listed()["numbers"] or _compound_number().fullmatch(word) or _ROMAN.fullmatch(word))


def _is_negation(word: str) -> bool:
    return word in listed()["negations"] or word in _NO_WORDS or word in ("t", "nt") or bool(_GROWN_NOT.fullmatch(word))


def _negates(gone: Iterable[str], came: Iterable[str]) -> bool:
    """Whether a word became its own opposite: likely and unlikely, useful and useless, harm and harmless."""
    olds, news = [{word.replace("-", "") for word in words} for words in (gone, came)]
    pairs = [pair for one in olds for other in news for pair in ((one, other), (other, one))]
    return any(
        longer in {prefix + shorter for prefix in _OPPOSITES}
        or longer in (f"{shorter}less", f"{shorter}free")
        or (longer.endswith("less") and shorter == f"{longer[:-4]}ful")
        for longer, shorter in pairs
        if shorter
    )


def _persons(ones: Collection[str], others: Collection[str]) -> bool:
    """Whether a pronoun stands on one side, and no misspelling of it on the other."""
    persons = listed()["persons"]
    return any(
        word in persons
        and word not in others
        and not any(near(word, other) and other not in persons for other in others)
        for word in ones
    )


def near(one: str, other: str) -> bool:
    """Whether two words are as like as a word and its misspelling: one slip of the hand in a short one, two in a long one."""
    one, other = folded(one), folded(other)
    least = min(len(one), len(other))
    if least < 3 or one[0] != other[0] or max(len(one), len(other)) > 40:
        return False
    return _slips(one, other) <= (1 if least < 5 else 2)


def _slips(one: str, other: str) -> int:
    """How many letters come, go, are others or change places with their neighbours."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and wanted == one[i - 2]:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def script(word: str) -> str:
    """The script of a word's letters; "" where they are of several, or look like letters and are none."""
    found = {_script(letter) for letter in word if letter not in "'’-"}
    return found.pop() if len(found) == 1 else ""


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")
    if unicodedata.category(letter) not in ("Ll", "Lu", "Lo", "Mn", "Mc") or "FILLER" in name:
        return ""
    if name[0] != "LATIN":
        return "" if name[0] in ("COMBINING", "MATHEMATICAL", "FULLWIDTH", "MODIFIER", "VARIATION") else name[0]
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return "LATIN" if ("a" <= base <= "z" or base in _PLAIN_LATIN) else ""


def strange(word: str, instead: Collection[str], scripts: Collection[str]) -> bool:
    """Whether a word that comes is not plainly made: of letters that look like others, of several scripts or of one that
    was not there, of words grown together, or of capitals that were not there.
    """
    written = script(word)
    like = [old for old in instead if near(word, old)]
    if not written or unicodedata.normalize("NFKC", word) != word or written not in scripts:
        return True
    if written != "LATIN":
        # What turns a sentence there is not known here: a slip of the hand in a longer word, and nothing else.
        wide = written in _WITHOUT_SPACES or any(map(UNSPACED.match, word))
        return wide or len(word) < 4 or not any(old[:2] == word[:2] and len(old) > 3 for old in like)
    if len(word) > LONGEST_WORD and not like:
        return True
    if word.count("-") > 1 or len(_APOSTROPHES.findall(word)) > 1:
        return True
    if any(len(part) == 1 and part not in "aeiouy" for part in folded(word).split("-")):
        return True
    return _shouts(word) and not any(_shouts(old) for old in like)


def _shouts(word: str) -> bool:
    """Whether there are capitals within a word: US, IT, a name with humps."""
    return any(part[1:] != part[1:].lower() for part in word.split("-"))


def recased(old: str, new: str) -> bool:
    """Whether only letter case changed, and beyond the first letter: us and US, it and IT."""
    return old != new and old.casefold() == new.casefold() and old[1:] != new[1:] and (_shouts(old) or _shouts(new))
