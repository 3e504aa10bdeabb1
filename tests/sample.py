"""A small library in every state a card can be in, for tests of screens and commands."""

from __future__ import annotations

from pathlib import Path

from building import LibraryBuilder

SETTINGS = """
[library]
name = "Sample"
timezone = "UTC"
stages = ["discovery", "negotiation"]
favourites = ["objections/price"]
[review_every]
objection = "90d"
"""


def objection(title: str, fields: str = "", answer: str = "We cost less than a late delivery.") -> str:
    """An objection card with its words to say."""
    return (
        f"---\ntitle: {title}\n{fields}---\n# {title}\n\n## They say\n> {title}!\n\n## Acknowledge\nFair, and budget is real.\n\n"
        f"## Ask\nWhat does a late delivery cost you?\n\n## Answer\n{answer}\n\n## Proof\nOldacre, 2026-06.\n\n## Next step\nA pilot.\n"
    )


def sample(place: Path) -> LibraryBuilder:
    """The library's repository: verified, expired, retired, unverified and internal cards, a battlecard, a page."""
    made = LibraryBuilder(place)
    made.write("content/playbook.toml", SETTINGS)
    made.write(
        "content/personas/cfo.md",
        "---\ntitle: CFO\naliases: [finance director]\n---\n# CFO\n\n## Say\nYou own the number.\n",
    )
    made.write(
        "content/objections/price.md",
        objection(
            "It costs more",
            "aliases: [too expensive, you cost a fortune]\nstages: [negotiation]\npersonas: [cfo]\ncompetitors: [acme]\n"
            "products: [core]\nsegments: [small]\nmotion: acquire\nsurface: [call]\n"
            "verified: 2026-10-20\nverified_by: pricing@example.com\n",
        ),
    )
    made.write("content/objections/later.md", objection("Not now", "stages: [discovery]\nverified: 2026-01-01\n"))
    made.write("content/objections/monthly.md", objection("Can we pay monthly", "status: retired\n"))
    made.write("content/objections/draft.md", objection("We go electric", "status: draft\n"))
    made.write(
        "content/objections/discount.md",
        objection(
            "They want a discount",
            "visibility: internal\nstages: [negotiation]\npersonas: [cfo]\nverified: 2026-10-20\n",
        ),
    )
    made.write(
        "content/battlecards/acme.md",
        "---\ntitle: Acme\ncompetitor: acme\ncompetitors: [acme]\nstages: [negotiation]\nverified: 2026-11-01\n---\n# Acme\n\n"
        "## If they name them, say\nAcme is a fine tracker. What do you plan with?\n\n## When we lose\nOver 300 vans.\n",
    )
    made.write(
        "content/guide/pricing.md",
        "# How we price\n\nWe price by the van.\n\nSee [the card](../objections/price.md) and [our site](https://example.com/prices).\n",
    )
    return made


def long_page(bytes_: int = 150_000) -> str:
    """An untyped page with a heading every few hundred words; the phrase `purple walrus clause` stands deep in one."""
    parts = ["# The long guide\n\nHow everything is done.\n"]
    number = 0
    while sum(map(len, parts)) < bytes_:
        number += 1
        parts.append(
            f"\n## Chapter {number}\n\n" + f"Ordinary words about topic {number} and how it is done. " * 40 + "\n"
        )
        if number == 40:
            parts.append("\n## Walrus terms\n\nAsk legal for the purple walrus clause before you sign.\n")
    return "".join(parts)
