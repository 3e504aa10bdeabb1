"""Nothing a terminal would obey comes through, and nothing a reader needs is lost."""

from __future__ import annotations

import pytest

from playbook.text.safe import display, display_path, one_line

HOSTILE = [
    "\x1b[31m",
    "\x1b]52;c;QUFB\x07",
    "\x9b31m",
    "\x00",
    "\x08",
    "\x7f",
    "\x85",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("evil", HOSTILE, ids=ascii)
def test_nothing_a_terminal_obeys_comes_through(evil: str) -> None:
    for made in (
        display(f"a{evil}b"),
        one_line(f"a{evil}b"),
        display_path(f"a{evil}b"),
        display_path(f"a{evil}b".encode("utf-8", "surrogatepass")),
    ):
        assert made.startswith("a")
        assert made.endswith("b")
        assert not set(made) & set("\x1b\x9b\x00\x07\x08\x7f\x85\u202e\u2066\u200f\u2028\ufeff\ud800\U000e0041")


def test_what_people_write_stays() -> None:
    text = "Café – “naïve”\n\tझ 你好 👩\u200d🔧 ✓"
    assert display(text) == text


def test_line_ends_of_every_system_are_one() -> None:
    assert display("a\r\nb\rc\n") == "a\nb\nc\n"


def test_one_line_is_one_line_of_at_most_that_many_letters() -> None:
    assert one_line(" a\n\n b\tc ") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"
    assert len(one_line("word " * 100_000, 80)) <= 80


def test_a_path_of_odd_letters_never_looks_empty() -> None:
    assert display_path(b"\xff\n\t\x1b") == "????"
    assert display_path("content/plain.md") == "content/plain.md"
