"""What of one's own came to main with a sync: the first thing its proposer wants to hear."""

from __future__ import annotations

from playbook.errors import PlaybookError
from playbook.review.listing import merges_on_main, proposals
from playbook.review.rules.policy import policy_at
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.writing import acting
from playbook.text.safe import one_line

MOST_NAMED = 3


def arrived(library: Library, before: str) -> list[str]:
    """A sentence (without its full stop) for each proposal of this person's that main took in since that commit of it."""
    main = refs.main_commit(library)
    if main == before:
        return []
    try:
        me = acting().mail
        steps = Git(library.git_dir).run("rev-list", "--first-parent", "--merges", main, f"^{before}", "--")
    except PlaybookError:
        return []
    since = {*steps.decode("ascii", "replace").split()}
    new = {merge.proposal for merge in merges_on_main(library, main) if merge.commit in since}
    policy = policy_at(library, main)
    mine = [
        one
        for one in proposals(library, merged=True)
        if one.id in new and one.state == "merged" and policy.same_person(one.proposer) == policy.same_person(me)
    ]
    said = [_said(one.kind, one_line(one.title, 60)) for one in mine[:MOST_NAMED]]
    return [
        *said,
        *([f"{len(mine) - MOST_NAMED} more of yours are in the library now"] if len(mine) > MOST_NAMED else []),
    ]


def _said(kind: str, title: str) -> str:
    if kind in ("edit", "new"):
        return f'Your words are in the library now: "{title}"'
    return f'What you proposed is in the library now: "{title}"'
