"""What an editor shows is safe, and comes back to the letter."""

from __future__ import annotations

import pytest

from playbook.text.editable import Editable, typed
from playbook.text.safe import display

TEXTS = [
    "",
    "# Plain\n\nwords\n",
    "no newline at the end",
    "windows\r\nlines\r\n",
    "mixed\r\nlines\nand more\r\n",
    "\ufeff# Marked\n",
    "\ufeffwindows\r\n",
    "old\rmac\r",
    "an \x1b[31mescape\x1b[0m and \u202ebackwards\u202c, \x0b \x0c \x1c \x85 \u2028 lines\n",
    "private \ue000\ue001 letters with \x1b one\n",
    "\r\n",
    "a\r\r\nb\r\n",
    "\ufeff\ufeff",
]


@pytest.mark.parametrize("text", TEXTS)
def test_r21_what_is_shown_is_safe_and_comes_back_to_the_letter(text: str) -> None:
    made = Editable.of(text)
    assert made.shown == display(made.shown)
    assert made.shown.splitlines() == made.shown.removesuffix("\n").split("\n") or not made.shown
    assert made.source(made.shown) == text


def test_r21_what_is_written_between_odd_letters_leaves_them_alone() -> None:
    made = Editable.of("one\r\nt\x1bwo\r\n")
    assert made.source(made.shown.replace("one", "first\nand second")) == "first\r\nand second\r\nt\x1bwo\r\n"


def test_r21_what_stood_for_a_letter_goes_on_standing_for_it() -> None:
    first = Editable.of("a \x1b one\n")
    second = Editable.of("b \x07 and \x1b too\n", first.hidden)
    assert second.source(second.shown) == "b \x07 and \x1b too\n"
    assert second.source(first.shown) == "a \x1b one\n"


def test_what_is_pasted_is_safe() -> None:
    assert typed("a\r\nb\x1b[2Jc\u202e") == "a\nb[2Jc"
