"""A text as an editor shows it, and back again to the letter: line ends, a byte order mark, and what a terminal would obey."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.text.safe import display

_BEGIN, _END = 0xE000, 0xF8FF  # letters that Unicode leaves to private use: one cell wide, and obeyed by nothing


@dataclass(frozen=True)
class Editable:
    """`shown` is what may be edited: its lines end with a newline, and each character that is not safe to show is another
    one that the text does not hold."""

    shown: str
    mark: bool
    windows: bool
    hidden: tuple[tuple[str, str], ...]

    @staticmethod
    def of(source: str, kept: tuple[tuple[str, str], ...] = ()) -> Editable:
        """The source, made ready; what is shown for a character in `kept` (of a text before it) stays so."""
        mark = source.startswith("\ufeff")
        text = source.removeprefix("\ufeff")
        newlines = text.count("\n")
        windows = bool(newlines) and text.count("\r\n") == newlines
        if windows:
            text = text.replace("\r\n", "\n")
        # `display` makes newlines of carriage returns, but those that are left here end no line.
        letters = set(text)
        known = {letter: other for letter, other in kept if other not in letters}
        odd = sorted(letter for letter in letters - set(known) if letter == "\r" or not display(letter))
        taken = letters | set(known.values())
        free = (chr(code) for code in range(_BEGIN, _END) if chr(code) not in taken)
        hidden = (*known.items(), *zip(odd, free, strict=False))
        return Editable(text.translate({ord(letter): other for letter, other in hidden}), mark, windows, hidden)

    def source(self, edited: str) -> str:
        """What was edited, as the file is to hold it."""
        text = edited.translate({ord(other): letter for letter, other in self.hidden})
        if self.windows:
            text = text.replace("\n", "\r\n")
        return "\ufeff" + text if self.mark else text


def typed(text: str) -> str:
    """What is pasted, without what nobody would see; its lines end with a newline."""
    return display(text)
