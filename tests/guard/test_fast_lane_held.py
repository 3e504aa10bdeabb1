"""The fast lane at a guarded hub: what one key must not slip into main as a tiny fix."""

from __future__ import annotations

import pytest
from guards import FILES, PRICE, Guarded, to_main

NOT_TINY = "nobody of marketing has approved it yet"
INTERNAL = "---\ntitle: X\n---\n# X\n\n## Answer\nIt pays.\n[internal] The floor is far below list.\n"


@pytest.mark.parametrize(("old", "new"), [("[internal] The", "The [internal]"), (".\n[internal]", ". [internal]")])
def test_r36_internal_words_do_not_become_said_by_one_key(hub: Guarded, old: str, new: str) -> None:
    hub.takes(to_main(hub.merge(hub.approved({PRICE: INTERNAL}, by="max", id="first"))))
    hub.main = hub.at_hub("rev-parse", "main")
    words = hub.change({PRICE: INTERNAL.replace(old, new)}, by="rep")
    taken = hub.say("approve", words, by="sal", key="sal", id="typo", base=hub.main)
    hub.refuses(NOT_TINY, to_main(hub.merge(taken)))


@pytest.mark.parametrize("new", ["dont", "n\u043et", "n\u00f8t", "n\u0332ot", "evil.com"])
def test_r36_a_word_that_looks_like_another_in_the_fast_lane(hub: Guarded, new: str) -> None:
    taken = hub.approved({PRICE: FILES[PRICE].replace("It pays", f"It {new} pays")}, by="sal", key="sal")
    hub.refuses(NOT_TINY, to_main(hub.merge(taken)))
