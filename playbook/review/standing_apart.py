"""Why a proposal and main cannot be joined, and the command that settles it: one sentence for the queue, the review and
whoever approves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from playbook.review.change import texts_at
from playbook.review.moving import moved_in, moves
from playbook.store import merging
from playbook.text.safe import display_path, one_line
from playbook.text.threeway import three_way

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library


def why_apart(
    library: Library, proposal: Proposal, main: str, clash: Iterable[str], moved: Mapping[str, str] | None = None
) -> list[str]:
    """What keeps these files of a proposal from being joined with main, each sentence with its way out. `moved` is what
    `moved_in` says of them, where that is known."""
    paths = tuple(clash)
    known = moved_in(library, proposal, main, paths) if moved is None else moved
    way = f"`playbook proposal resolve {proposal.id}`"
    said = []
    for path, what in known.items():
        if _joins(library, proposal, main, path):
            said.append(f"{what}; `playbook proposal resolve {proposal.id} --theirs` carries it over")
        else:
            said.append(f"{what}, and the same words are others on both sides; {way} shows them")
    same = [display_path(path) for path in paths if path not in known]
    if same:
        said.append(f"main changed the same words in {one_line(', '.join(same), 120)}; {way} shows both sides")
    return said


def _joins(library: Library, proposal: Proposal, main: str, path: str) -> bool:
    """Whether the words of a file that one of both renamed join by themselves, so that only its place is to be said."""
    base = merging.merge_base(library, main, proposal.head)
    ends = ((main, moves(library, base, main)), (proposal.head, moves(library, base, proposal.head)))
    before = texts_at(library, base, [path]).get(path)
    texts = [texts_at(library, end, [place]).get(place) for end, to in ends for place in (to.get(path, path),)]
    ours, theirs = texts
    if before is None or ours is None or theirs is None:
        return False
    return all(hunk.kind != "conflict" for hunk in three_way(before, ours, theirs))
