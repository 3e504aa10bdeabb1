"""The fast lane under attack: no mark moves, no letter lies, nothing goes here to come there; and a slip of the pen is mended."""

from __future__ import annotations

import random
from itertools import groupby

import pytest

from playbook.review.rules.fast_lane import MOST_WORDS, not_small

HEAD = "---\ntitle: X\n---\n# X\n\n## Answer\n"
WORDS = [
    *("van", "pays", "itself", "and", "the", "floor", "is", "quite", "low", "when", "buyers"),
    *("sign", "forms", "at", "home", "very", "very", "the", "the"),
]
MARKS = (
    *(
        "[internal]",
        "**[internal]**",
        "<!--",
        "-->",
        "`",
        "`code`",
        "**",
        "*bold*",
        "~~",
        "[a](b.md)",
        "[a",
        "b](c.md)",
        "|",
    ),
    *(
        "acme.com",
        "a@b.example",
        "x/y",
        "{{name}}",
        "{{<",
        ">}}",
        "{claim:x}",
        "<s>",
        "</s>",
        "https://a.example",
        "&nbsp;",
    ),
)


def why(old: str, new: str) -> str:
    return not_small(f"{HEAD}{old}\n", f"{HEAD}{new}\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It recieves praise", "It receives praise"),
        ("It is is good", "It is good"),
        ("However we sell vans", "However, we sell vans"),
        ("the van is good", "The van is good"),
        ("many van are here", "many vans are here"),
        ("Fair.", "Fair point."),
        ("Is it fair", "Is it fair."),
        ("the custommers and thier vans", "the customers and their vans"),
        ("your the best", "you're the best"),
        ("Its a van", "It's a van"),
        ("This is a apple", "This is an apple"),
        ("They said “good” vans", 'They said "good" vans'),
        ("well known vans", "well-known vans"),
        ("- It recieves praise, see [terms](a.md) for it", "- It receives praise, see [terms](a.md) for it"),
        ("Read the the long text of [terms](a.md) here", "Read the long text of [terms](a.md) here"),
        ("* It recieves praise", "* It receives praise"),
        ("It — recieves — praise", "It — receives — praise"),
        ("Ein schones Auto", "Ein schönes Auto"),
        ("Это хорошй фургон", "Это хороший фургон"),
    ],
)
def test_r36_a_slip_of_the_pen_is_mended_in_the_fast_lane(old: str, new: str) -> None:
    assert why(old, new) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[internal] The floor is low", "The [internal] floor is low"),
        ("- [internal] The floor is low", "- The [internal] floor is low"),
        ("It pays.\n[internal] The floor is low", "It pays. [internal] The floor is low"),
        ("It pays.\nThe floor is low", "It pays. The floor is low"),
        ("It pays itself <!-- but the floor is low --> often", "It pays itself <!-- --> but the floor is low often"),
        ("It pays <!-- --> for itself if asked", "It pays <!-- for itself if asked -->"),
        ("see [the list](a.md) here", "see the [list](a.md) here"),
        ("see [the new long list](a.md)", "see [the new wide list](a.md)"),
        ("run `make the thing good` here", "run `make the thing bad` here"),
        ("run `make the thing good` here", "run `make the thing, good` here"),
        ('run `make "the" thing` here', "run `make “the” thing` here"),
        ("{{name}} pays well", "pays {{name}} well"),
        ("x | y", "y | x"),
        ("Prices: <s>low</s> high", "Prices: high <s>low</s>"),
        ("praise [internal] floor", "prize [internal] floor"),
        ("It pays. If you ask it grows", "It pays if you ask. It grows"),
        ("The price is fair", "The price is “fair”"),
        ("We pay. Vans win it", "We pay? Vans win it"),
        ("big vans\n\nsmall cars", "small vans\n\nbig cars"),
        ("The Acme van beats the Globex van", "The Globex van beats the Acme van"),
        ("vans beat cars", "cars beat vans"),
    ],
)
def test_r36_no_mark_and_no_word_moves_in_the_fast_lane(old: str, new: str) -> None:
    assert why(old, new)


TURNING = [  # however they are written
    *("dont", "cant", "wont", "isnt", "doesnt", "didnt", "wasnt", "arent", "couldnt", "shouldnt"),
    *("wouldnt", "hasnt", "havent", "hadnt", "aint", "mustnt", "neednt", "werent", "mightnt", "don't"),
    *("can’t", "donot", "dosnt", "doesn`t", "nott", "nto", "noot", "neevr", "nøt", "nòt"),
    *("nоt", "cаnnot", "𝐧𝐨𝐭", "ｎｏｔ", "n̲ot", "ɴᴏᴛ", "n0t", "un-do", "non-van", "n.o.t"),
    *("xii", "tenfold", "US", "evil.com", "a@b.example", "x/y", "http:x", "a_b", "paуs"),
]
LYING = [  # not what they look like
    *(
        "ⁿᵒᵗ",
        "pays\u3164",
        "pays\u115f",
        "pays\u034f",
        "pays\ufe0f",
        "pays\u2800",
        "you'get'a'van",
        "van-at-cost-price",
        "yougetavanatcostforever",
        "YouGetAVan",
    ),
    *("они", "不", "ไม่"),
]


@pytest.mark.parametrize("word", [*TURNING, *LYING])
def test_r36_words_that_turn_or_lie_do_not_come_in_the_fast_lane(word: str) -> None:
    assert why("These vans do pay well", f"These vans do {word} pay well")
    assert why("These vans do pay well", f"These vans {word} pay well")


@pytest.mark.parametrize("word", TURNING)
def test_r36_words_that_turn_do_not_go_in_the_fast_lane(word: str) -> None:
    assert why(f"These vans do {word} pay well", "These vans do pay well")
    assert why(f"These vans {word} pay well", "These vans do pay well")


def test_r36_other_scripts_only_slip() -> None:
    assert why("Это хороший фургон", "Это нехороший фургон")
    assert why("Это хороший фургон", "Это не фургон")
    assert why("Это хороший фургон", "Это хopoший фургон")  # three of its letters are Latin
    assert why("它很好用", "它不好用")


def test_r36_who_pays_whom_is_not_for_the_fast_lane() -> None:
    assert why("They pay us back", "We pay them back")
    assert why("Refunds go to them", "Refunds go to us")
    assert why("give it to us", "give it to US")


def test_r36_more_words_than_a_tiny_fix_can_have_are_not_looked_at() -> None:
    many = " ".join(["good"] * (MOST_WORDS + 1))
    assert why(many, many.replace("good", "great")) == "it changes too many words"
    assert why(many, many.replace("good", "great", MOST_WORDS)) == ""


def _lines(dice: random.Random) -> list[str]:
    made: list[str] = []
    for _ in range(dice.randint(1, 5)):
        words = [dice.choice(WORDS) for _ in range(dice.randint(1, 8))]
        for _ in range(dice.randint(0, 3)):
            words.insert(dice.randint(0, len(words)), dice.choice(MARKS))
        made += [*words, "\n"]
    return made


def test_r36_whatever_mark_moves_it_is_never_a_tiny_fix() -> None:
    dice = random.Random(36)
    tried = 0
    while tried < 1_500:
        old = _lines(dice)
        new = list(old)
        places = [at for at, word in enumerate(new) if word in MARKS or word == "\n"]
        at = dice.choice(places)
        mark = new.pop(at)
        new.insert(max(0, min(len(new), at + dice.choice((-3, -2, -1, 1, 2, 3)))), mark)
        if dice.random() < 0.3:  # and a slip mended beside, to hide it
            new = [word.replace("floor", "flour") for word in new]
        # Which of two like words or marks moved past the other nobody can say.
        if [key for key, _ in groupby(old)] == [key for key, _ in groupby(new)] or old == new:
            continue
        one, other = " ".join(old), " ".join(new)
        if "flour" in other and one.replace("floor", "flour") == other:
            continue
        tried += 1
        assert why(one, other), (one, other)
