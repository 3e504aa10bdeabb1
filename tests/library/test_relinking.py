"""Links that follow a file to another path: each leads where it led before, and every other byte stays."""

from __future__ import annotations

import pytest

from playbook.library.document import parse_document
from playbook.library.links import Move, destination
from playbook.library.relinking import relinked

OLD, NEW = "content/objections/price.md", "content/money/too dear.md"
FILES = frozenset(
    {
        OLD,
        "content/objections/timing.md",
        "content/objections/price-list.md",
        "content/objections/img/a b.png",
        "content/guide.md",
        "content/pages/index.md",
        "README.md",
    }
)
MOVE = Move(OLD, NEW, FILES, "content/")


@pytest.mark.parametrize(
    ("path", "target", "becomes"),
    [
        ("content/guide.md", "objections/price.md", "money/too%20dear.md"),
        ("content/guide.md", "./objections/price.md#answer", "./money/too%20dear.md#answer"),
        ("content/guide.md", "objections/price.md?plain=1#L3", "money/too%20dear.md?plain=1#L3"),
        ("content/guide.md", "objections/price", "money/too%20dear"),
        ("content/guide.md", "objections/price.html", "money/too%20dear.html"),
        ("content/guide.md", "objections/pr%69ce.md", "money/too%20dear.md"),
        ("content/guide.md", "/objections/price.md", "/money/too%20dear.md"),
        ("content/guide.md", "/content/objections/price.md", "/content/money/too%20dear.md"),
        ("content/objections/timing.md", "price.md", "../money/too%20dear.md"),
        ("content/objections/timing.md", "../objections/./price.md", "../money/too%20dear.md"),
        ("content/objections/timing.md", ".\\price.md", "../money/too%20dear.md"),
        ("README.md", "content/objections/price.md", "content/money/too%20dear.md"),
        # What leads elsewhere, or nowhere, stays.
        ("content/guide.md", "price.md", None),
        ("content/guide.md", "objections/price-list.md", None),
        ("content/guide.md", "objections/PRICE.md", None),
        ("content/guide.md", "https://example.com/objections/price.md", None),
        ("content/guide.md", "../../objections/price.md", None),
        ("content/guide.md", "#price", None),
        ("content/guide.md", "{{base}}/objections/price.md", None),
        # The moved file's own.
        (OLD, "#answer", None),
        (OLD, "price.md#answer", "too%20dear.md#answer"),
        (OLD, "timing.md#ask", "../objections/timing.md#ask"),
        (OLD, "./timing", "../objections/timing"),
        (OLD, "img/a%20b.png", "../objections/img/a%20b.png"),
        (OLD, "img/", "../objections/img/"),
        (OLD, "../guide.md", None),
        (OLD, "../pages/", None),
        (OLD, "/guide.md", None),
        (OLD, "nowhere.md", None),
    ],
)
def test_r28_a_link_leads_where_it_led_as_its_writer_writes_links(path: str, target: str, becomes: str | None) -> None:
    assert MOVE.retarget(path, target) == becomes
    before = destination(path, target, FILES, "content/")
    if before is not None:
        here = NEW if path == OLD else path
        page, anchor = destination(here, becomes or target, MOVE.after, "content/") or ("", "")
        assert (page, anchor) == (NEW if before[0] == OLD else before[0], before[1])


def test_r28_a_link_to_an_index_by_its_folder_stays_one_where_it_can() -> None:
    files = frozenset({"pages/index.md", "a.md"})
    assert Move("pages/index.md", "terms/index.md", files, "").retarget("a.md", "pages/") == "terms/"
    assert Move("pages/index.md", "terms.md", files, "").retarget("a.md", "pages/") == "terms.md"
    # The file becomes its folder's index, so the link leads there as it is.
    assert Move("a.md", "a/index.md", files, "").retarget("pages/index.md", "../a") is None


def test_r28_a_new_file_that_would_be_in_a_links_way_makes_it_exact() -> None:
    files = frozenset({"cost/index.md", "price.md", "a.md"})
    assert Move("price.md", "cost.md", files, "").retarget("a.md", "cost") == "cost/index.md"


DOCUMENT = """\
\ufeff---\r
title: "See [x](price.md)"\r
---\r
# About [price](price.md) #\r
\r
One [a](price.md "A title"), ![b](<price.md> 'B') and\r
two [c](  price.md#answer) [d](other.md) `[e](price.md)`, ``a ` [e](price.md)``.\r
   Lazy [f](\r
price.md) end\0[g](price.md)\r
\r
> - [h](price.md)\r
>\t[i](price.md) [i](price.md)\r
\r
| a [j](price.md) | b |\r
|---|---|\r
| x\\|y [k](price.md) | [k](price.md) |\r
| `[l](price.md)` | l\\|[l](price.md)|\r
\r
```\r
[m](price.md)\r
```\r
\r
    [n](price.md)\r
\r
[o]: price.md "O"\r
[p p]:\r
  <price.md#p>\r
> [q]: price.md#q\r
\r
<a href="price.md">r</a>\r
- tail [s](price.md)"""


def test_r28_only_the_targets_change_whatever_stands_around_them() -> None:
    said = relinked(DOCUMENT, lambda target: target.replace("price", "cost") if target.startswith("price") else None)
    kept = ('"See [x](price.md)"', "`[e](price.md)`", "[e](price.md)``", "`[l](price.md)`", "[m](price.md)",
            "    [n](price.md)", 'href="price.md"')  # fmt: skip
    for piece in kept:
        assert piece in said, piece
    undone = said
    for piece in kept:
        undone = undone.replace(piece, "")
    assert "price.md" not in undone
    assert said.replace("cost.md", "price.md") == DOCUMENT
    links = parse_document(said.encode())[0].links
    assert [link.target for link in links] == [
        link.target.replace("price", "cost") for link in parse_document(DOCUMENT.encode())[0].links
    ]


def test_r28_bytes_that_are_no_utf8_stay() -> None:
    raw = b"caf\xe9 [a](price.md) \xff[b](price.md)\n\n[c]: price.md\n"
    text = raw.decode("utf-8", "surrogateescape")
    said = relinked(text, lambda _: "x.md").encode("utf-8", "surrogateescape")
    assert said == raw.replace(b"price.md", b"x.md")


def test_a_document_with_nothing_but_links_is_written_anew_in_time_that_grows_with_it() -> None:
    line = "| " + "[a](price.md) | " * 2_000 + "\n"
    text = "| a |\n|---|\n" + line + "\n" + "[b](price.md) " * 20_000
    assert relinked(text, lambda _: "x.md").count("x.md") == 20_001
