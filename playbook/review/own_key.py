"""Whether what somebody decides here would be signed as the policy asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NotPermitted, PlaybookError
from playbook.review.rules.policy import Policy, policy_at
from playbook.store import refs
from playbook.store.signatures import parse_keys
from playbook.store.writing import Person, acting
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


def cannot_sign(policy: Policy, mail: str) -> str:
    """Why a verdict written here would not be believed: the policy lists keys for that mail, and git's own settings name
    none of them. "" when it would, as far as can be told without signing."""
    listed = policy.keys_of(mail)
    if not listed:
        return ""
    from playbook.store.signing import HOW_TO, signing_key

    key = signing_key()
    if key is None:
        return f"{policy.path} lists keys of yours, and git names none to sign with here; {HOW_TO}"
    if key.fault:
        return f"{key.shown} does not sign: {key.fault}"
    if key.text and key.text not in parse_keys(listed)[0]:
        return f"{key.shown} is not among the keys that {policy.path} lists for you; sign with one that is"
    return ""


def unfit(library: Library, mail: str) -> str:
    """`cannot_sign` by the policy that a library's main has now."""
    return cannot_sign(policy_at(library, refs.main_commit(library)), mail)


def check_own_key(library: Library, me: Person) -> None:
    """Raise NotPermitted when what `me` decides would count for nothing for want of a signature. Nothing is written then.

    Only what git's own identity says is signed; so somebody else's words, put here for them, are not asked for a key.
    """
    try:
        mine = me == acting()
    except PlaybookError:
        return
    why = cannot_sign(policy_at(library, refs.main_commit(library)), me.mail) if mine else ""
    if why:
        raise NotPermitted(f"Nobody would believe that it is you, {one_line(me.mail, 80)}: {why}")
