"""Word families from the library's own vocabulary: price, prices, priced, pricing; but not university and universe."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playbook.search.engine import Lexicon

INFLECTED = 0.85  # what another form of the same word is worth beside the word itself
DERIVED = 0.7  # what a word made from it is worth: approve and approval

_MOST_KEPT = 4_096  # words whose families are at hand
_SHORTEST = 3  # letters of a root; shorter ones have no family worth having
_VOWELS = frozenset("aeiouy")
# Forms that the rules would take for others' forms.
_NO_KIN = """
news sales this has was does goes his its us bus gas less press process access address business always during thing
nothing something anything everything morning evening string spring king ring bring need feed seed speed indeed hundred
red bed number order under other over never ever after later user general several
"""
_ALONE = frozenset(_NO_KIN.split())
# Forms that no rule makes; only what people type of work.
_IRREGULAR = """
buy bought, pay paid, sell sold, leave left leaving, lose lost losing, steal stole stolen, break broke broken, write wrote
written, speak spoke spoken, choose chose chosen choice, take took taken, give gave given, get got gotten, go went gone,
come came, begin began begun, grow grew grown growth, know knew known, see saw seen, send sent, spend spent, build built,
lend lent, keep kept, tell told, think thought, teach taught, bring brought, catch caught, find found, hold held, meet met
meeting, win won, run ran, forget forgot forgotten, hide hid hidden, drive drove driven, fly flew flown flight, fall fell
fallen, eat ate eaten, drink drank, wear wore worn, bear bore born birth, die died dead death dying, ill illness, sick
sickness, child children, person people, man men, woman women, wife wives, life lives, half halves, analysis analyses,
criterion criteria, datum data, medium media, good better best, bad worse worst, hire hiring, marry married marriage,
choose choice, advise advice, decide decision, expand expansion, extend extension, renew renewal, respond response,
receive receipt, describe description, subscribe subscription, apply application, submit submission, permit permission,
admit admission, comply compliance, rely reliance reliable, deny denial, try trial, refuse refusal, grow growth, lose loss,
sell sale, think thought, speak speech, fail failure, close closure, depart departure, sign signature signing, insure
insurance, assure assurance, govern government governance, safe safety, secure security, private privacy, able ability,
responsible responsibility, available availability, accessible accessibility, diverse diversity, equal equality, legal law
lawyer, finance financial, economy economic, commerce commercial, technology technical, strategy strategic, analyze analyse
analysis analytics, synchronize sync, authenticate authentication auth, authorize authorization, configure configuration
config, administrate administrator administration admin, repository repo, application app, documentation docs document,
information info, specification spec, reference ref, organization org organisation, environment env,
burn burned burnt, learn learned learnt, spell spelled spelt
"""
_ENDINGS = ("", "s", "es", "ed", "ing", "ings", "er", "ers")
_WITH_E = ("e", "es", "ed", "er", "ers", "ing", "ings")  # of price, priced: the root ends before the e
_DERIVATIONS = (
    "al", "als", "ment", "ments", "ement", "ion", "ions", "ation", "ations", "able", "ance", "ence", "or", "ors", "ly",
    "ness",
)  # fmt: skip
_LONG_ROOT = 5  # letters a root must have before a word made from it is taken for its kin


def family(word: str, lexicon: Lexicon) -> tuple[tuple[str, float], ...]:
    """The other words of the lexicon that are forms of this one, each with its worth, likeliest first."""
    found = lexicon.families.get(word)
    if found is None:
        if len(lexicon.families) >= _MOST_KEPT:
            lexicon.families.clear()
        found = lexicon.families[word] = _family(word, lexicon)
    return found


def _family(word: str, lexicon: Lexicon) -> tuple[tuple[str, float], ...]:
    if len(word) < _SHORTEST or word in _ALONE or not word.isalpha() or not word.isascii():
        return ()
    found: dict[str, float] = {}
    for root, endings in _roots(word):
        for form in _forms(root, endings):
            _keep(found, form, INFLECTED, lexicon)
        if len(root) >= _LONG_ROOT:
            for ending in _DERIVATIONS:
                _keep(found, root + ending, DERIVED, lexicon)
    for kin in _irregular().get(word, ()):
        _keep(found, kin, INFLECTED, lexicon)
    for root in _bases(word):
        for form in (*_forms(root, _ENDINGS), *_forms(root, _WITH_E)):
            _keep(found, form, DERIVED, lexicon)
    found.pop(word, None)
    return tuple(sorted(found.items(), key=lambda pair: -pair[1]))


@cache
def _irregular() -> dict[str, tuple[str, ...]]:
    kin: dict[str, tuple[str, ...]] = {}
    for group in _IRREGULAR.replace("\n", " ").split(","):
        words = group.split()
        for word in words:
            kin[word] = tuple(dict.fromkeys([*kin.get(word, ()), *(other for other in words if other != word)]))
    return kin


def _keep(found: dict[str, float], form: str, worth: float, lexicon: Lexicon) -> None:
    if form not in _ALONE and found.get(form, 0.0) < worth and lexicon.count(form):
        found[form] = worth


def _roots(word: str) -> list[tuple[str, tuple[str, ...]]]:
    """What is left of the word without its ending, and the endings that its kin may have instead."""
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return [(word[:-3] + "i", ())]
    if word.endswith("y") and len(word) > 3 and word[-2] not in _VOWELS:
        return [(word[:-1] + "i", ())]
    for ending in ("ing", "ed", "er"):
        bare = word.removesuffix(ending)
        if word.endswith(ending) and len(bare) >= _SHORTEST and _has_vowel(bare):
            return [*_stems(bare), *([(word, _ENDINGS)] if ending == "er" else [])]
    if word.endswith(("ses", "xes", "zes", "ches", "shes")) and len(word) > 5:
        return [(word[:-2], _ENDINGS), (word[:-2], _WITH_E)]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    if word.endswith("e") and len(word) > _SHORTEST:
        return [(word[:-1], _WITH_E)]
    return [(word, _ENDINGS)]


def _stems(bare: str) -> list[tuple[str, tuple[str, ...]]]:
    """Of a word without -ing or -ed: planning is of plan, hoping of hope, opening of open."""
    if len(bare) > _SHORTEST and bare[-1] == bare[-2] and bare[-1] not in "aeiou":
        return [(bare, _ENDINGS), (bare[:-1], _ENDINGS)]
    if len(bare) == _SHORTEST and _doubles(bare):
        return [(bare, _WITH_E)]
    return [(bare, _ENDINGS), (bare, _WITH_E)]


def _bases(word: str) -> list[str]:
    """The roots of the words that this one may have been made from, where its ending says so."""
    plain = word.removesuffix("s") if not word.endswith("ss") else word
    return [
        plain[: -len(ending)].removesuffix("e")
        for ending in ("ation", "ment", "ance", "ence", "able", "ness", "ion", "al", "or", "ly")
        if plain.endswith(ending) and len(plain) - len(ending) >= _LONG_ROOT
    ]


def _forms(root: str, endings: tuple[str, ...]) -> list[str]:
    if root.endswith("i"):
        return [root[:-1] + ending for ending in ("y", "ies", "ied", "ying", "ier", "iers")]
    forms = [root + ending for ending in endings]
    if endings is _ENDINGS and _doubles(root):
        forms += [root + root[-1] + ending for ending in ("ed", "ing", "ings", "er", "ers")]
    return forms


def _doubles(root: str) -> bool:
    """Whether its last letter is doubled before an ending: plan, but not plain or claim."""
    return (
        len(root) >= _SHORTEST
        and root[-1] not in _VOWELS
        and root[-1] not in "wx"
        and root[-2] in _VOWELS
        and root[-3] not in _VOWELS
    )


def _has_vowel(text: str) -> bool:
    return any(letter in _VOWELS for letter in text)
