"""Text from a library, made safe to show: no escapes, no control or direction-changing characters reach a terminal."""

from __future__ import annotations

import json
import re

# C0 (but tab and newline), DEL, C1, bidi controls and isolates, zero-width joiners' dangerous kin, line separators,
# interlinear annotations, BOM, lone surrogates and tag characters; and letters that show nothing, or a width that no
# terminal agrees on: soft hyphen, grapheme joiner, Hangul fillers, Khmer and Mongolian vowel marks.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACE = re.compile(r"\s+")


def display(text: str) -> str:
    """The text without anything a terminal would obey; newlines and tabs stay."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 500) -> str:
    """The text on one line, safe, at most `limit` characters."""
    line = _SPACE.sub(" ", _UNSAFE.sub(" ", text[: limit * 4])).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def json_safe(document: str) -> str:
    """JSON whose strings hold nothing that a terminal would obey: the same document, those characters written as \\uXXXX."""
    return _UNSAFE.sub(lambda found: json.dumps(found.group())[1:-1], document)


def display_path(raw: bytes | str) -> str:
    """A path from a git tree, for eyes: unsafe characters become `?` so that two different paths never look like an empty one."""
    text = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw
    return _UNSAFE.sub("?", text).replace("\n", "?").replace("\t", "?")
