"""Markdown as the words a person says: marks, addresses, HTML and internal lines gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from playbook.text.safe import display

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

LONGEST_BLOCK = 8_000
MOST_BRACKETS = 200  # of one paragraph; the inline parser takes time with their square
LONGEST_DEFINITION = 50  # lines of one link definition
MOST_TOKENS = 200_000  # of one document; half a megabyte of headings alone
_MARKED = re.compile(r"[*_`\[\]<>&\\!~{]")
_TEMPLATE = re.compile(
    r"\{\{[<%].{0,400}?[%>]\}\}|\{%.{0,400}?%\}|\{claim:[^}\s]{0,200}\}|\{[:#][^}\n]{0,200}\}|<!--.*?(?:-->|\Z)",
    re.DOTALL,
)
_INTERNAL = re.compile(r"[ \t>]*[*_`]{0,3}\\?\[internal\\?\][*_`]{0,3}:?(?![(\[])[ \t]*", re.IGNORECASE)
_HEADING_MARK = re.compile(r" {0,3}#{1,6}(?=[ \t]|$)")
_SPACES = re.compile(r"[ \t]+")
_CONTAINERS = {"bullet_list_open", "ordered_list_open", "blockquote_open", "table_open"}


class Words(NamedTuple):
    """Plain text cut in two by `[internal]`, each with the line it begins on (counted from 0 in the Markdown)."""

    said: str
    said_line: int
    internal: str
    internal_line: int


@cache
def block_parser() -> MarkdownIt:
    """Markdown into blocks with their lines; inline text is left as it is (5 MB/s instead of 1)."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.before("table", "enough", _enough)
    parser.block.ruler.at("reference", _definition)
    return parser


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The rule for link definitions, kept from joining a whole file line by line in search of a title's end."""
    from markdown_it.rules_block import reference

    last, state.lineMax = state.lineMax, min(state.lineMax, start + LONGEST_DEFINITION)
    try:
        return reference(state, start, end, silent)
    finally:
        state.lineMax = last


def _enough(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule that leaves the rest of a document aside once it has given MOST_TOKENS."""
    if silent or len(state.tokens) < MOST_TOKENS:
        return False
    state.line = end
    return True


@cache
def _inline_parser(links: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("strikethrough")
    return parser if links else parser.disable(["link", "image"])


_TASK = re.compile(r"\[[ xX]\]\s+")


def inline_text(source: str, env: dict[str, Any] | None = None) -> str:
    """Inline Markdown as words: links give their text, images their alternative text, HTML nothing.

    `env` is what the block parser filled, so that reference links resolve. Wrapped lines become one.
    """
    if len(source) > LONGEST_BLOCK:
        source = source[:LONGEST_BLOCK].rpartition(" ")[0] or source[:LONGEST_BLOCK]
    if "{" in source or "<!--" in source:
        source = _TEMPLATE.sub("", source)
    if _MARKED.search(source):
        parser = _inline_parser(source.count("[") <= MOST_BRACKETS)
        tokens: list[Token] = []
        parser.inline.parse(source, parser, env if env is not None else {}, tokens)
        text = "".join(_pieces(tokens))
    elif "\n" in source:
        text = "\n".join(line.rstrip() if line.endswith("  ") else line.rstrip() + "\r" for line in source.split("\n"))
        text = text.replace("\r\n", " ").replace("\r", "")
    else:
        text = source
    return "\n".join(_SPACES.sub(" ", line).strip() for line in display(text).split("\n")).strip()


def _pieces(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "text_special", "code_inline"):
            yield token.content
        elif token.type == "softbreak":
            yield " "
        elif token.type == "hardbreak":
            yield "\n"
        elif token.type == "image":
            yield "".join(_pieces(token.children or ()))
        elif token.children:
            yield from _pieces(token.children)


def heading_text(line: str) -> str | None:
    """What a line such as `## Answer ##` is the heading of, without its marks; None when it is no such line."""
    found = _HEADING_MARK.match(line)
    if not found:
        return None
    text = line[found.end() :].strip()
    head = text.rstrip("#")
    return head.rstrip() if not head or head[-1].isspace() else text


def cut_internal(source: str) -> tuple[str, str]:
    """The part of a paragraph that may be said, and what its first `[internal]` line begins.

    The mark holds to the end of its paragraph: a wrapped sentence must not leak its second line.
    """
    if "internal" not in source.lower():
        return source, ""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        mark = _INTERNAL.match(line)
        if mark:
            return "\n".join(lines[:number]), "\n".join([line[mark.end() :], *lines[number + 1 :]])
    return source, ""


def internal_mark(title: str) -> tuple[str, bool]:
    """A heading without its `[internal]` mark, and whether it had one."""
    mark = _INTERNAL.match(title)
    return (title[mark.end() :].strip(), True) if mark else (title, False)


def block_end(tokens: Sequence[Token], start: int) -> int:
    """The index after the block that begins at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index + 1
    return len(tokens)


def words_of(
    tokens: Sequence[Token],
    start: int,
    end: int,
    env: dict[str, Any],
    *,
    headings: bool = False,
    limit: int | None = None,
    sentences: bool = False,
) -> Words:
    """The plain text of blocks [start, end): one line a paragraph, list item, heading or table row.

    Nothing is read on once there are `limit` characters; with `sentences` tables and code are left out.
    """
    length = 0
    said: list[str] = []
    internal: list[str] = []
    said_line = internal_line = -1
    item_depth = 0
    row: list[str] | None = None
    for index in range(start, end):
        token = tokens[index]
        kind = token.type
        if sentences and (row is not None or kind in ("fence", "code_block")) and kind != "tr_close":
            continue
        if item_depth:
            # Everything inside a list item that began with [internal] is internal too.
            item_depth += (kind == "list_item_open") - (kind == "list_item_close")
        if kind == "inline":
            if not headings and index and tokens[index - 1].type == "heading_open":
                continue
            source = token.content
        elif kind in ("fence", "code_block"):
            source = token.content.rstrip("\n")
        elif kind == "tr_open":
            row = []
            continue
        elif kind == "tr_close":
            if row and not sentences:
                said.append(" | ".join(row))
            row = None
            continue
        else:
            continue
        line = token.map[0] if token.map else -1
        first_of_item = _opens_item(tokens, index, start)
        if first_of_item and source[:1] == "[":
            source = _TASK.sub("", source, count=1) if _TASK.match(source) else source
        outside, inside = ("", source) if item_depth else cut_internal(source)
        if inside and not outside and not item_depth and first_of_item:
            item_depth = 1
        code = kind != "inline"
        text = display(outside) if code else inline_text(outside, env)
        if text and row is not None:
            row.append(text.replace("\n", " "))
        elif text:
            said.append(text)
        if text and said_line < 0:
            said_line = line
        length += len(text)
        if limit is not None and length > limit:
            said += [" | ".join(row)] if row else []
            break
        if inside:
            hidden = display(inside) if code else inline_text(inside, env)
            if hidden:
                internal.append(hidden)
                internal_line = line + outside.count("\n") + bool(outside) if internal_line < 0 else internal_line
    return Words("\n".join(said), said_line, "\n".join(internal), internal_line)


def _opens_item(tokens: Sequence[Token], index: int, start: int) -> bool:
    return (
        index - 2 >= start and tokens[index - 1].type == "paragraph_open" and tokens[index - 2].type == "list_item_open"
    )


def first_words(tokens: Sequence[Token], start: int, end: int, env: dict[str, Any]) -> Words:
    """The words of the first paragraph in [start, end); without one, of the first list or quotation.

    Paragraphs that say nothing (an image, a template's mark) are passed over, and so are imports in MDX. Nobody says the
    rows of a table, a drawn line or code: those are left out.
    """
    second = empty = Words("", -1, "", -1)
    index = start
    while index < end:
        token = tokens[index]
        stop = block_end(tokens, index)
        if token.type == "paragraph_open" and not _says_nothing(tokens[index + 1].content):
            found = words_of(_without_rows(tokens[index:stop]), 0, stop - index, env, sentences=True)
            if found.said:
                return found
            if found.internal and not empty.internal:
                empty = found
        elif token.type in _CONTAINERS and not second.said:
            found = words_of(tokens, index, stop, env, sentences=True)
            second = found if found.said else second
            if found.internal and not empty.internal:
                empty = found
        index = stop
    return second if second.said else empty


_IMAGES_ONLY = re.compile(
    r"(?:\s*(?:!\[[^\]]*\]\([^)]*\)|\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)|!\[[^\]]*\]\[[^\]]*\]))+\s*"
)


# A line of a table that the parser did not take for one, or one that is only drawn.
_ROW = re.compile(r"^[ \t]*(?:\||[-=|:+ \t]{3,}$)", re.MULTILINE)
_ONLY_CODE = re.compile(r"(`+)[^`]+\1")


def _without_rows(paragraph: Sequence[Token]) -> Sequence[Token]:
    """The tokens of a paragraph, its text cut where rows of a table begin."""
    row = _ROW.search(paragraph[1].content)
    if row is None:
        return paragraph
    return [paragraph[0], paragraph[1].copy(content=paragraph[1].content[: row.start()].rstrip()), *paragraph[2:]]


def _says_nothing(source: str) -> bool:
    if source[:1] == "`" and len(source) < LONGEST_BLOCK and _ONLY_CODE.fullmatch(source):
        return True
    if source[:1] in "[!" and len(source) < LONGEST_BLOCK and _IMAGES_ONLY.fullmatch(source):
        return True
    return source.startswith(("import ", "export ", ":::", "[[_TOC_]]", "[TOC]"))


_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_DRAWN = re.compile(r"^[-=|:+ \t]{3,}$", re.MULTILINE)
_CELLS = re.compile(r"^[ \t]*\|(.*)$", re.MULTILINE)


def sentences_of(markdown: str) -> str:
    """The Markdown without what nobody says: no code blocks, no drawn lines, and of a table each row as a sentence."""
    if "```" in markdown or "~~~" in markdown:
        markdown = _FENCED.sub("", markdown)
    if "---" in markdown or "|" in markdown:
        markdown = _DRAWN.sub("", markdown)
    return _CELLS.sub(_row_said, markdown).replace(" | ", " · ") if "|" in markdown else markdown


def _row_said(row: re.Match[str]) -> str:
    said = " · ".join(cell.strip() for cell in row[1].split("|") if cell.strip())
    return f"{said}." if said[-1:].isalnum() else said


def plain_text(markdown: str) -> str:
    """The words of a piece of Markdown, one line a paragraph, without what is marked internal."""
    return words_apart(markdown).said


def words_apart(markdown: str) -> Words:
    """The words of a piece of Markdown, what may be said and what is internal kept apart."""
    env: dict[str, Any] = {}
    tokens = block_parser().parse(markdown, env)
    return words_of(tokens, 0, len(tokens), env, headings=True)
