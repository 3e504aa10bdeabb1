"""A small sales library in real git, and searchers over it by each engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook.library.snapshot import Snapshot, load_snapshot
from playbook.search.engines import installed
from playbook.search.index import Searcher, open_searcher
from playbook.search.indexer import build_now
from playbook.store.managed import Library, open_library

PRICE = """---
id: price-too-high
title: It costs more than what we have
kind: objection
aliases: [too expensive, cheaper elsewhere, "a fortune"]
stages: [evaluation, negotiation]
personas: [cfo]
competitors: [acme]
verified: 2026-10-01
review_every: 90d
---
# It costs more than what we have

## Acknowledge
Fair, and budget is real.

## Answer
The price pays for itself when one late delivery a week stops.
"""

OTHERS = {
    "content/playbook.toml": '[library]\nname = "Test"\nstages = ["discovery", "evaluation", "negotiation"]\n'
    'segments = ["mid-market"]\n'
    '[synonyms]\ndispatch = ["routing"]\n"crew size" = ["staffing"]\n[synonyms.one_way]\nincumbent = ["acme"]\n',
    "content/claims/routing.md": "---\ntitle: Routing claims\n---\nRouting of forty vans takes a minute. Staffing is unchanged.\n",
    "content/notes/東京.md": "# 契約更新の手順\n\n契約は毎年更新されます。\n",
    "content/objections/price.md": PRICE,
    "content/objections/no-budget.md": "---\ntitle: There is no budget\nstages: [discovery]\npersonas: [cfo]\n"
    "competitors: [rutero]\naliases: [not now, money is gone]\nsegments: [mid-market]\nsurface: call\n---\n"
    "## Answer\nWhich budget pays for late deliveries today? The price is small beside it.\n",
    "content/objections/why-you.md": "---\ntitle: Why you?\nmotion: acquire\n---\n## Answer\nWe’re near, and don't hide.\n",
    "content/objections/expired.md": "---\ntitle: Price of the old contract\nverified: 2024-01-01\nexpires: 2024-06-01\n---\n"
    "## Answer\nThe old price of the contract.\n",
    "content/objections/current.md": "---\ntitle: Price of the new contract\nverified: 2026-10-01\n---\n"
    "## Answer\nThe new price of the contract.\n",
    "content/objections/gone.md": "---\ntitle: Price of the withdrawn contract\nstatus: retired\n---\n"
    "## Answer\nThe withdrawn price of the contract.\n",
    "content/personas/cfo.md": "---\ntitle: The finance head\naliases: [cfo, chief financial officer]\n---\nMeasures cash.\n",
    "content/personas/it-lead.md": "---\ntitle: The IT lead\n---\nMeasures risk.\n",
    "content/battlecards/acme.md": "---\ntitle: Acme Fleet\nproducts: [core]\n---\n## If they name them, say\n"
    "Planning is a module there, at a price.\n",
    "content/stages/negotiation/terms.md": "---\ntitle: Agree the terms\nkind: stage\n---\n## Say\nTwo years, then.\n",
    "content/notes/café.md": "# Meeting at the Café\n\nThe buyer said the timeline slips, and slips again.\n",
}


def commit(place: Path, files: dict[str, str]) -> Path:
    """A bare hub under `place` with the files in one commit."""
    builder = LibraryBuilder(place / "work")
    for name, text in files.items():
        builder.write(name, text)
    builder.commit("Add the cards")
    return builder.bare(place / "hub.git")


@pytest.fixture
def open_files(tmp_path: Path) -> Callable[[dict[str, str]], Library]:
    """Commit the files into a repository and open it as a library."""
    return lambda files: open_library(str(commit(tmp_path, files)))


@pytest.fixture
def library(open_files: Callable[[dict[str, str]], Library]) -> Library:
    """The small sales library, for tests that change its index."""
    return open_files(OTHERS)


@pytest.fixture(scope="session")
def searchers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Searcher]:
    """Searchers over the small sales library, by engine; no test changes them."""
    place = tmp_path_factory.mktemp("searchers")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLAYBOOK_HOME", str(place / "home"))
        for role in ("AUTHOR", "COMMITTER"):
            environment.setenv(f"GIT_{role}_NAME", "Tess Ter")
            environment.setenv(f"GIT_{role}_EMAIL", "tess@example.com")
        library = open_library(str(commit(place, OTHERS)))
        snapshot = load_snapshot(library)
        found = {"scan": open_searcher(library, snapshot, spawn=False)}
        for engine in installed():
            environment.setenv("PLAYBOOK_ENGINE", engine)
            build_now(library)
            found[engine] = open_searcher(library, snapshot, spawn=False)
        return found


@pytest.fixture(params=["whoosh", "tantivy", "scan"])
def searcher(request: pytest.FixtureRequest, searchers: dict[str, Searcher]) -> Searcher:
    """A searcher over the small sales library: by either engine's index, and by scanning."""
    assert searchers[request.param].engine == request.param
    return searchers[request.param]


@pytest.fixture
def snapshot(searchers: dict[str, Searcher]) -> Snapshot:
    """The small sales library's cards."""
    return searchers["scan"].snapshot
