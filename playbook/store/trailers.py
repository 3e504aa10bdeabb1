"""What a commit message of ours says: a subject, somebody's text, and trailers whose values cannot forge others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

PREFIX = "Playbook-"
LONGEST_SUBJECT = 72
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}): ?(.*)")
# What may stand in a value as it is; all else, and the percent sign, is percent-encoded UTF-8.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f%\u2028\u2029\ud800-\udfff]")


class Message(NamedTuple):
    """A commit message taken apart. `trailers` are those of ours, by name without the prefix, in lower case; `fault` says
    why they cannot be believed ("" when they can)."""

    subject: str
    body: str
    trailers: dict[str, str]
    fault: str = ""


def encoded(value: str) -> str:
    """The value on one line, so that no newline in it can begin another trailer; blank ends are kept, too."""
    inner = value.strip()
    before, _, after = value.partition(inner) if inner else (value, "", "")
    return _percent(before) + _UNSAFE.sub(lambda found: _percent(found.group()), inner) + _percent(after)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def write_message(subject: str, body: str, trailers: Mapping[str, str]) -> str:
    """A commit message: the subject cut to one short line, the text as it was given, and our trailers as the last
    paragraph. Empty trailers are left out.

    There is at least one trailer, always; so, whatever the text is, what `read_message` gives back is the same text and
    these trailers alone.
    """
    line = " ".join(_plain(subject).split()) or "Change"
    if len(line) > LONGEST_SUBJECT:
        line = line[: LONGEST_SUBJECT - 1].rstrip() + "…"
    parts = [line]
    text = _plain(body).strip("\n")
    if text.strip():
        parts.append(text)
    said = [f"{PREFIX}{name}: {encoded(value)}" for name, value in trailers.items() if value]
    if said:
        parts.append("\n".join(said))
    return "\n\n".join(parts) + "\n"


def read_message(text: str) -> Message:
    """Take a commit message apart. Only the last paragraph is looked at for trailers, and never the subject; a name that
    stands there twice is a fault."""
    text = text.replace("\r\n", "\n").strip("\n")
    subject, _, rest = text.partition("\n")
    rest = rest.strip("\n")
    above, blank, last = rest.rpartition("\n\n")
    lines = last.split("\n") if last else []
    matched = [_TRAILER.fullmatch(line) for line in lines]
    ours = [found for found in matched if found and found[1].lower().startswith(PREFIX.lower())]
    if not ours or not all(matched):
        return Message(subject, rest, {})
    trailers: dict[str, str] = {}
    fault = ""
    for found in ours:
        name = found[1][len(PREFIX) :].lower()
        if name in trailers:
            fault = f"The trailer {PREFIX}{found[1][len(PREFIX) :]} stands there twice"
        trailers[name] = unquote(found[2].strip(), errors="replace")
    return Message(subject, above.strip("\n") if blank else "", trailers, fault)


def _plain(text: str) -> str:
    """Text that a commit can hold: no NUL, no half letters, \\n line ends."""
    made = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return made.encode("utf-8", "replace").decode("utf-8")
