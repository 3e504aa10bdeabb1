"""What search reads of a card: its folded words by place, the same for every engine and for ranking."""

from __future__ import annotations

import re
from typing import NamedTuple

from playbook.library.card import Card
from playbook.text import tokens

# Link targets, tags and claim marks are not words that anybody searches for, and neither are comments. No alternative
# looks at a letter more than a few times, or a file made for it takes minutes.
_MARKUP = re.compile(
    r"\]\((?:[^()\n]++|\([^()\n]*+\))*+\)"
    r"|</?[a-zA-Z][^<>\n]{0,500}+>|https?://\S++|\{claim:[^{}\n]{0,200}+\}"
)
_NOT_WORD = re.compile(r"[\W_]+")
_SKIPPED_PATH_WORDS = frozenset({"content", "index", "readme", "md", "html", "markdown", "mdx", "docs"})


class Entry(NamedTuple):
    """The folded words of a card: title, aliases, headings, page (the page's title and the path), and own text."""

    title: list[str]
    aliases: list[str]
    headings: list[str]
    page: list[str]
    body: list[str]


def readable(text: str) -> str:
    """Markdown without what is not read: link targets, tags, comments. Not for display."""
    if "<!--" in text:
        text = _without_comments(text)
    return _MARKUP.sub(" ", text) if "](" in text or "<" in text or "://" in text or "{claim:" in text else text


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    done = 0
    while (start := text.find("<!--", done)) >= 0 and (stop := text.find("-->", start + 4)) >= 0:
        pieces.append(text[done:start])
        done = stop + 3
    return " ".join([*pieces, text[done:]])


def line_of(text: str) -> str:
    """The folded words with one space before, between and after each, so that ` word ` is found by `in`."""
    if text.isascii():
        flat = text.lower()
        if "'" in flat:
            flat = _joined(flat)
        return f" {_NOT_WORD.sub(' ', flat).strip()} "
    return f" {' '.join(tokens.words(text))} "


_APOSTROPHE = re.compile(r"(?<=[a-z0-9])'(?=[a-z0-9])")


def _joined(flat: str) -> str:
    return _APOSTROPHE.sub("", flat)


def path_words(path: str) -> list[str]:
    """The telling words of a path: folders and file name, without extension and index names."""
    return [word for word in tokens.words(path) if word not in _SKIPPED_PATH_WORDS]


def entry(card: Card, text: str) -> Entry:
    """The words of the card by place; `text` is its own Markdown."""
    return Entry(
        title=tokens.words(card.title),
        aliases=[word for alias in card.aliases for word in tokens.words(alias)],
        headings=[word for heading in card.headings for word in tokens.words(heading)],
        page=[*tokens.words(card.page_title), *path_words(card.path)],
        body=line_of(readable(text)).split(),
    )
