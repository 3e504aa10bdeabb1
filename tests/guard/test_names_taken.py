"""Nobody's card is called what another card is called: who looks one up would find the other, or neither."""

from __future__ import annotations

import pytest
from guards import FILES, PRICE, TIMING, Guarded, to_main

NAME = TIMING.removeprefix("content/").removesuffix(".md")


def page(front: str) -> str:
    return f"---\n{front}\ntitle: Fast\nkind: objection\n---\n# Fast\n\n## Answer\nWe deliver yesterday, for free.\n"


@pytest.mark.parametrize(
    "front",
    [
        f"id: {NAME}",
        f'"id" : "{NAME}"',
        f"id: >-\n  {NAME}",
        f"id: {NAME}.md",
        f"id: content/{NAME}",
        f"id: {NAME.upper()}",
    ],
)
def test_r34_a_new_card_does_not_take_the_name_of_another(hub: Guarded, front: str) -> None:
    taken = hub.approved({"content/objections/aaa.md": page(front)})
    hub.refuses(f"calls itself {NAME}, which is {TIMING}; give it another id", to_main(hub.merge(taken)))


def test_r34_a_card_that_is_there_does_not_take_it_either(hub: Guarded) -> None:
    taken = hub.approved({PRICE: FILES[PRICE].replace("---\n", f"---\nid: {NAME}\n", 1)})
    hub.refuses(f"calls itself {NAME}", to_main(hub.merge(taken)))


def test_r34_an_id_that_a_card_names_is_its_own(hub: Guarded) -> None:
    hub.takes(to_main(hub.merge(hub.approved({"content/objections/aaa.md": page("id: objections/speed")}))))
    hub.main = hub.at_hub("rev-parse", "main")
    second = hub.approved({"content/objections/speed.md": page("owner: mia@example.com")}, id="second")
    hub.refuses("calls itself objections/speed, which is content/objections/aaa.md", to_main(hub.merge(second)))
    # It may move with its card, and a path whose card has another id is free.
    moved = {"content/objections/aaa.md": None, "content/objections/bbb.md": page("id: objections/speed")}
    hub.takes(to_main(hub.merge(hub.approved(moved, id="moved"))))
    hub.main = hub.at_hub("rev-parse", "main")
    free = {"content/objections/ccc.md": page("id: objections/bbb")}
    hub.takes(to_main(hub.merge(hub.approved(free, id="free"))))


@pytest.mark.parametrize(
    "front", ["---\n{id: objections/speed, title: Speed}\n---\n", "---\n  id: objections/speed\n---\n"]
)
def test_r34_an_id_is_found_however_it_is_written(hub: Guarded, front: str) -> None:
    hub.takes(to_main(hub.merge(hub.approved({"content/objections/aaa.md": f"{front}# Speed\n\nFast.\n"}))))
    hub.main = hub.at_hub("rev-parse", "main")
    second = hub.approved({"content/objections/bbb.md": page("id: objections/speed")}, id="second")
    hub.refuses("calls itself objections/speed, which is content/objections/aaa.md", to_main(hub.merge(second)))


def test_r34_two_new_cards_are_not_called_alike(hub: Guarded) -> None:
    both = {f"content/objections/{name}.md": page("id: objections/speed") for name in ("aaa", "bbb")}
    hub.refuses("calls itself objections/speed", to_main(hub.merge(hub.approved(both))))


def test_what_lies_outside_the_cards_takes_no_name(hub: Guarded) -> None:
    files = {"README.md": "# Read me\n", "docs/a.md": "# A\n"}
    hub.takes(to_main(hub.merge(hub.approved(files))))
    hub.main = hub.at_hub("rev-parse", "main")
    inside = {f"content/{path}": text for path, text in files.items()}
    hub.takes(to_main(hub.merge(hub.approved(inside, id="inside"))))
    hub.main = hub.at_hub("rev-parse", "main")
    hub.takes(to_main(hub.merge(hub.approved({"docs/claims.md": "# C\n", "CHANGES.md": "# D\n"}, id="third"))))
