"""What became main, by whom, why and with whose keys: every step of main's first-parent line as the one judge sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from playbook.review.rules.judge import Lane
from playbook.review.rules.policy import Policy
from playbook.review.verify import Verdict, verdicts
from playbook.store import refs, signatures
from playbook.store.writing import Person
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.events import Event
    from playbook.store.managed import Library

UNCHECKED = "unchecked"
NAMES = {"": "by the rules", "fast": "fast lane", "verify": "verified", "ruling": "ruling", "override": "override"}
FORCED = ("ruling", "override")


@dataclass(frozen=True)
class Key:
    """An event that counted: by whom, what they said with it, when, and how it is signed: `verified`, `unsigned`, `wrong
    key`, or `unchecked` where nothing can be said of signatures here."""

    by: Person
    event: str
    text: str
    when: int
    signature: str


@dataclass(frozen=True)
class Entry:
    """One step of main. `reviewed` says whether it took in a proposal; one that did names it, its `author`, the `lane` by
    which it could, and the `keys`; of a ruling or an override these say who and why. `by` is who put it on main, and
    `before_policy` that no policy held yet; `faults` are the judge's, of what came to main all the same."""

    commit: str
    when: int
    by: Person
    title: str
    why: str
    reviewed: bool
    before_policy: bool
    proposal: str = ""
    author: str = ""
    lane: Lane = ""
    keys: tuple[Key, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def forced(self) -> tuple[Key, ...]:
        """The rulings, or the override, that made it main; none where the rules did."""
        return self.keys if self.lane in FORCED else ()


def audit(library: Library, since: date | None = None, timezone: str = "") -> list[Entry]:
    """Every step of main (those of that day and later), the newest first. Raises LibraryUnreadable."""
    main = refs.main_commit(library)
    base = refs.commit_as_of(library, since - timedelta(days=1), timezone) if since else None
    found = list(verdicts(library, base or "", main))
    signed = _signatures(library, found)
    return [_entry(verdict, signed) for verdict in reversed(found)]


def taken_as_it_was(library: Library, found: Iterable[Entry]) -> frozenset[str]:
    """Of the steps without a review those from before there were rules: before the first policy, where main has one by
    now, or up to the baseline of its hub."""
    from playbook.review.judged import known_baseline
    from playbook.review.rules.policy import policy_at

    ruled = bool(policy_at(library, refs.main_commit(library)).path)
    baseline, below = known_baseline(library), False
    older: list[str] = []
    for entry in found:
        below = below or entry.commit == baseline
        if not entry.reviewed and (below or (ruled and entry.before_policy)):
            older.append(entry.commit)
    return frozenset(older)


def _signatures(library: Library, found: Iterable[Verdict]) -> dict[str, str]:
    """By commit how the keys are signed, each under the policy of its moment; all of a policy in one look."""
    asked: dict[int, tuple[Policy, list[Event]]] = {}
    for verdict in found:
        if verdict.judgement:
            asked.setdefault(id(verdict.policy), (verdict.policy, []))[1].extend(verdict.judgement.keys)
    said: dict[str, str] = {}
    for policy, keys in asked.values():
        try:
            checked = signatures.check(library, [key.commit for key in keys], policy.signers)
        except signatures.CannotCheck:
            said |= {key.commit: UNCHECKED for key in keys}
            continue
        for key in keys:
            state = checked[key.commit].state
            theirs = state != "verified" or checked[key.commit].of(key.committer.mail)
            said[key.commit] = state if theirs else "wrong key"
    return said


def _entry(verdict: Verdict, signed: dict[str, str]) -> Entry:
    step, proposal, judged = verdict.step, verdict.proposal, verdict.judgement
    before = not verdict.policy.path
    if proposal is None or proposal.fault or judged is None:
        return Entry(
            step.commit, step.when, step.by, one_line(step.message.subject, 200), step.message.body, False, before,
            faults=tuple(fault.message for fault in verdict.faults if fault.rule != "direct" and not before),
        )  # fmt: skip
    keys = tuple(
        Key(event.by, event.word, event.text, event.when, signed.get(event.commit, "unsigned")) for event in judged.keys
    )
    return Entry(
        step.commit, step.when, step.by, one_line(proposal.title, 200), proposal.why or step.message.body, True, before,
        one_line(proposal.id, 120), one_line(str(proposal.author), 200), judged.lane, keys,
        tuple(fault.message for fault in verdict.faults if not before),
    )  # fmt: skip


SIGNED = {
    "verified": "signed", "wrong key": "signed with another key", "unchecked": "signature not checked",
}  # fmt: skip


def told(entry: Entry) -> list[str]:
    """One step in sentences for people: its title first, then by whom, why, with whose keys, and what was not by the rules."""
    by = f"Proposed by {entry.author} ({entry.proposal})" if entry.reviewed else f"Put there by {entry.by}"
    why = [f"Why: {one_line(entry.why, 400)}"] if entry.why.strip() else []
    keys = [_key_told(entry, key) for key in entry.keys]
    faults = [f"Not by the rules: {fault}" for fault in entry.faults]
    return [one_line(line, 600) for line in (entry.title or "(no subject)", by, *why, *keys, *faults)]


def _key_told(entry: Entry, key: Key) -> str:
    did = {"override": "Forced by", "rule": "Ruled by"}.get(key.event, "Key of")
    said = f": {one_line(key.text, 300)}" if key.text.strip() and entry.forced else ""
    return f"{did} {key.by} ({SIGNED.get(key.signature, key.signature)}){said}"


def entry_json(entry: Entry) -> dict[str, Any]:
    """One step as scripts read it."""
    from datetime import UTC, datetime

    def at(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat()

    return {
        "commit": entry.commit,
        "when": at(entry.when),
        "by": str(entry.by),
        "title": entry.title,
        "why": entry.why,
        "reviewed": entry.reviewed,
        "before_policy": entry.before_policy,
        "proposal": entry.proposal or None,
        "author": entry.author or None,
        "lane": entry.lane or None,
        "keys": [
            {"by": str(key.by), "event": key.event, "text": key.text, "when": at(key.when), "signature": key.signature}
            for key in entry.keys
        ],
        "forced": [{"by": str(key.by), "why": key.text} for key in entry.forced],
        "faults": list(entry.faults),
    }
