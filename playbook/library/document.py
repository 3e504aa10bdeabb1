"""One Markdown file read: bytes in; front matter, sections, words to say, links and findings out. Knows no paths."""

from __future__ import annotations

import bisect
import re
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

import msgspec

from playbook.library.frontmatter import Finding, FrontMatter, parse, split
from playbook.library.names import Slugs, heading_key, slug
from playbook.library.plain import (
    MOST_TOKENS,
    Words,
    block_end,
    block_parser,
    first_words,
    inline_text,
    internal_mark,
    words_of,
)
from playbook.text.safe import one_line
from playbook.text.tokens import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

# Raise it whenever the same bytes may give another ParsedDocument, or the same documents other cards.
PARSER_VERSION = 6

# What the reading of one file is known to raise when somebody set out to break it; the others must be read all the same.
PARSE_FAULTS = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError, MemoryError)

MAX_SECTIONS = 2_000
MOST_LOST_RULES = 20
LONGEST_SAY = 4_000
LONGEST_HEADING = 2_000
LONGEST_UNDERLINED_HEADING = 8  # words; what is longer is a sentence
SAY_HEADINGS = frozenset(
    {
        "acknowledge",
        "ask",
        "answer",
        "say",
        "one liner",
        "if they name them say",
        "what to say",
        "what to say if they mention it",
        "talk track 15 seconds",
    }
)
_CUSTOM_ID = re.compile(r"\{#([\w\-.:]++)[^}\n]*+\}")
_HTML_ANCHOR = re.compile(r"<[a-zA-Z][^<>]{0,300}?\s(?:id|name)\s*=\s*[\"']([^\"'<>\n]{1,200})[\"']")
_TICKS = re.compile(r"`++")
_NOT_BREAK = re.compile(r"[^\n]")
LINK = re.compile(r"\]\(\s{0,9}(?:<([^<>\n]+)>|((?:[^\s()\\]++|\\.|\([^\s()]*+\))++))")
_LETTER = re.compile(r"[^\W_]")
_TARGET_OR_TAG = re.compile(r"\]\((?:[^()\n]++|\([^()\n]*+\))*+\)|<[^<>\n]{0,1000}+>")


class Section(msgspec.Struct, frozen=True, array_like=True):
    """A heading and its own text, up to the next heading; level 0 is what stands before the first one.

    `line` counts from 1 in the file; `start` and `end` are character offsets in the body; `words` counts the
    own text, roughly. `say` is the whole own text under a heading that asks for it (SAY_HEADINGS), else the first paragraph.
    """

    level: int
    title: str
    anchor: str
    line: int
    start: int
    end: int
    words: int
    internal: bool
    say: str
    say_line: int
    say_internal: bool


class Link(msgspec.Struct, frozen=True, array_like=True):
    """Where a link points, as written, and the line it stands on."""

    line: int
    target: str


class ParsedDocument(msgspec.Struct, frozen=True, array_like=True):
    """What a document holds, whatever it is called. Offsets are characters in the body, the text after front matter.

    `body_line` is the file's line on which the body begins; `fold` where a `---` rule puts the rest below the fold (the
    body's length without one), `fold_line` its line or 0; `fold_words` counts the words above it.
    """

    front: FrontMatter
    title: str
    title_line: int
    body_line: int
    length: int
    fold: int
    fold_line: int
    fold_words: int
    words: int
    sections: tuple[Section, ...]
    links: tuple[Link, ...]
    anchors: tuple[str, ...]
    findings: tuple[Finding, ...]


def decode(raw: bytes) -> tuple[str, tuple[Finding, ...]]:
    """The text of a file with \\n line ends, without BOM; bytes that are no text become U+FFFD and a finding."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = raw.decode("utf-16", "replace")
        findings = [Finding(1, "unreadable", "The file is UTF-16; save it as UTF-8", "warning")]
    else:
        findings = []
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            findings.append(
                Finding(line, "unreadable", "The file is not UTF-8 here; what cannot be read shows as \ufffd")
            )
            text = raw.decode("utf-8-sig", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        findings.append(Finding(line, "unreadable", "The file holds NUL bytes, shown as \ufffd; is it Markdown?"))
        text = text.replace("\0", "\ufffd")
    return text, tuple(findings)


def parse_document(raw: bytes) -> tuple[ParsedDocument, str]:
    """Read one file. Gives the parsed document and its body (the text after front matter); never raises."""
    text, findings = decode(raw)
    parts = split(text)
    front, wrong = parse(parts)
    return _parse_body(parts.body, parts.body_line, front, (*findings, *wrong)), parts.body


def _parse_body(body: str, body_line: int, front: FrontMatter, findings: tuple[Finding, ...]) -> ParsedDocument:
    env: dict[str, Any] = {}
    tokens = block_parser().parse(body, env)
    starts = [0, *accumulate(len(line) + 1 for line in body.split("\n"))]
    headings, rule = _outline(tokens)
    findings = (*findings, *_left_unread(tokens, headings, body_line))
    headings = headings[:MAX_SECTIONS]
    fold_at = len(tokens) if rule < 0 else rule
    fold = len(body) if rule < 0 else starts[_line(tokens[rule])]
    sections = _sections(body, tokens, env, headings, fold_at, starts, body_line)
    titled = next((section for section in sections if section.level and section.title), None)
    return ParsedDocument(
        front=front,
        title=titled.title if titled else "",
        title_line=titled.line if titled else 0,
        body_line=body_line,
        length=len(body),
        fold=fold,
        fold_line=0 if rule < 0 else _line(tokens[rule]) + body_line,
        fold_words=count_words(_TARGET_OR_TAG.sub(" ", body[:fold])),
        words=sum(section.words for section in sections),
        sections=sections,
        links=_links(tokens, env, body_line),
        anchors=tuple(dict.fromkeys(_HTML_ANCHOR.findall(body))) if "<" in body else (),
        findings=(*findings, *islice(_lost_rules(tokens, headings, body_line), MOST_LOST_RULES)),
    )


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _outline(tokens: Sequence[Token]) -> tuple[list[int], int]:
    """Indexes of the headings that stand on the top level, and of the first `---` rule there (-1 without one)."""
    headings: list[int] = []
    rule = -1
    for index, token in enumerate(tokens):
        if token.level == 0:
            if token.type == "heading_open":
                headings.append(index)
            elif rule < 0 and token.type == "hr" and token.markup.startswith("-"):
                rule = index
    return headings, rule


def _left_unread(tokens: Sequence[Token], headings: Sequence[int], body_line: int) -> Iterator[Finding]:
    """Where a file holds so much that its last part is not looked into."""
    if len(headings) > MAX_SECTIONS:
        line = body_line + _line(tokens[headings[MAX_SECTIONS]])
        sentence = f"From here on headings give no cards, there are over {MAX_SECTIONS}; split the file"
        yield Finding(line, "unreadable", sentence, "warning")
    if len(tokens) >= MOST_TOKENS:
        line = body_line + max((token.map[0] for token in tokens[-50:] if token.map), default=0)
        yield Finding(line, "unreadable", "Headings and links from here on are not read; split the file", "warning")


def _lost_rules(tokens: Sequence[Token], headings: Sequence[int], body_line: int) -> Iterator[Finding]:
    """Whole sentences that a `---` right below them has made headings, where a rule was meant."""
    for index in headings:
        token, text = tokens[index], tokens[index + 1].content
        if token.markup == "-" and count_words(text) > LONGEST_UNDERLINED_HEADING:
            message = "The line --- right below this text makes a heading of it; leave a blank line before ---"
            yield Finding(body_line + _line(token), "rule-as-heading", message, "warning")


def _sections(
    body: str,
    tokens: Sequence[Token],
    env: dict[str, Any],
    headings: list[int],
    fold_at: int,
    starts: list[int],
    body_line: int,
) -> tuple[Section, ...]:
    slugs = Slugs()
    made: list[Section] = []
    hidden_below = 0
    bounds = [*headings, len(tokens)]
    first = bounds[0]
    first_start = starts[_line(tokens[first])] if first < len(tokens) else len(body)
    if body[:first_start].strip():
        words = _say(tokens, 0, first, fold_at, env, "")
        made.append(_section(0, "", "", body_line, 0, first_start, body[:first_start], False, words, body_line))
    for place, index in enumerate(headings):
        opening = tokens[index]
        level = int(opening.tag[1])
        raw, internal = internal_mark(tokens[index + 1].content.strip())
        raw, custom = _custom_id(raw)
        title = one_line(inline_text(raw[:LONGEST_HEADING], env).replace("\n", " "), 300)
        if hidden_below and level <= hidden_below:
            hidden_below = 0
        if internal and not hidden_below:
            hidden_below = level
        stop = bounds[place + 1]
        start = starts[_line(opening)]
        end = starts[_line(tokens[stop])] if stop < len(tokens) else len(body)
        own = body[starts[opening.map[1]] if opening.map else start : end]
        key = heading_key(title)
        last = _subsections_end(tokens, headings, place) if key in SAY_HEADINGS and not own.strip() else stop
        words = _say(tokens, index + 3, last, fold_at, env, key)
        anchor = slugs.take(custom or slug(title))
        line = _line(opening) + body_line
        made.append(_section(level, title, anchor, line, start, end, own, bool(hidden_below), words, body_line))
    return tuple(made)


def _custom_id(raw: str) -> tuple[str, str]:
    """A heading without the anchor that some generators let it end on, `{#name}`, and that anchor."""
    raw = raw.rstrip()
    at = raw.rfind("{#") if raw.endswith("}") else -1
    found = _CUSTOM_ID.fullmatch(raw, at) if at >= 0 else None
    return (raw[:at].rstrip(), found[1]) if found else (raw, "")


def _section(
    level: int,
    title: str,
    anchor: str,
    line: int,
    start: int,
    end: int,
    own: str,
    internal: bool,
    words: Words,
    body_line: int,
) -> Section:
    hidden = internal or not words.said
    say = "\n".join(part for part in (words.said, words.internal) if part) if internal else words.said or words.internal
    at = words.said_line if words.said_line >= 0 else words.internal_line
    if len(say) > LONGEST_SAY:
        say = (say[:LONGEST_SAY].rpartition(" ")[0] or say[:LONGEST_SAY]) + " …"
    say_line = at + body_line if say else 0
    return Section(
        level, title, anchor, line, start, end, _rough_words(own), internal, say, say_line, bool(say) and hidden
    )


def _rough_words(text: str) -> int:
    """About how many words there are; 0 only when there is no letter or digit at all."""
    return len(text.split()) if _LETTER.search(text) else 0


def _say(tokens: Sequence[Token], start: int, end: int, fold_at: int, env: dict[str, Any], key: str) -> Words:
    # A section that the fold runs through is said down to the fold alone.
    stop = fold_at if start <= fold_at < end else end
    if key in SAY_HEADINGS:
        return words_of(tokens, start, stop, env, limit=LONGEST_SAY)
    return first_words(tokens, start, stop, env)


def _subsections_end(tokens: Sequence[Token], headings: list[int], place: int) -> int:
    """Where the section ends with everything below it, for a heading whose own text is empty."""
    level = tokens[headings[place]].tag
    return next((index for index in headings[place + 1 :] if tokens[index].tag <= level), len(tokens))


def _links(tokens: Sequence[Token], env: dict[str, Any], body_line: int) -> tuple[Link, ...]:
    found: list[Link] = []
    for token in tokens:
        if token.type != "inline" or "](" not in token.content:
            continue
        text = token.content
        if "`" in text:
            text = without_code(text)
        breaks = [at for at, letter in enumerate(text) if letter == "\n"]
        first = _line(token) + body_line
        for link in LINK.finditer(text):
            target = link[1] or link[2]
            found.append(Link(first + bisect.bisect_left(breaks, link.start()), target))
    for reference in env.get("references", {}).values():
        found.append(Link(reference["map"][0] + body_line, reference["href"]))
    return tuple(found)


def without_code(text: str) -> str:
    """The text with its code spans blank: from a run of backticks to the next one of the same length."""
    runs = [found.span() for found in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for place in range(len(runs) - 1, -1, -1):
        start, end = runs[place]
        later.setdefault(end - start, []).append(place)
    pieces: list[str] = []
    done = free = 0
    for place, (start, end) in enumerate(runs):
        same = later[end - start]
        same.pop()  # the run itself
        if place >= free and same:
            free = same[-1] + 1
            stop = runs[same[-1]][1]
            pieces += [text[done:start], _NOT_BREAK.sub(" ", text[start:stop])]
            done = stop
    return "".join([*pieces, text[done:]])


__all__ = [
    "LINK",
    "PARSER_VERSION",
    "PARSE_FAULTS",
    "Link",
    "ParsedDocument",
    "Section",
    "block_end",
    "decode",
    "parse_document",
    "without_code",
]
