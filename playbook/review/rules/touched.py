"""What a change touches: files with their kinds before and after, what only the heads may change, and what nobody may."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from playbook.errors import PlaybookError
from playbook.library.document import decode
from playbook.library.fields import with_fields
from playbook.library.frontmatter import MAX_BYTES, TOO_LARGE, FrontMatter, parse, split
from playbook.library.kinds import kind_of
from playbook.library.names import is_markdown, page_id
from playbook.library.settings import Settings
from playbook.library.tomltable import read_toml
from playbook.review.rules import fast_lane
from playbook.review.rules.policy import FILES, SETTINGS, FastLane, parse_policy
from playbook.store.differences import Difference
from playbook.store.objects import MIB
from playbook.store.weighing import MOST_BYTES, MOST_FILES, TOO_MANY, TOO_MUCH
from playbook.text.safe import display_path, one_line

PLAIN = ("100644", "100755")
# What a front matter takes to read goes with its values, and these with the marks between them. Two thousand documents
# with thirty values each, before and after, are half of this.
MOST_MARKS = 250_000
_TOO_MANY_FIELDS = "it changes documents with more fields than can be looked at together; propose it in parts"
_LAST = 4_102_444_800  # the year 2100; a clock that says more says nothing
_DAYS_AHEAD = 2  # a verification may be dated so far after its commit: time zones, and a clock that is a little wrong


class Place(NamedTuple):
    """A file and its kind, as it was or as it will be."""

    path: str
    kind: str


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    `places` are the files with their kinds, old and new; `heads` what of it only the heads of both sides may change;
    `faults` what no key can make good; `small` why it is not for the fast lane ("" when it is), with `words` changed;
    `verified` the mail that a pure verification names, "" when the change is anything else.
    """

    places: frozenset[Place] = frozenset()
    heads: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    words: int = 0
    small: str = ""
    verified: str = ""


class Texts:
    """The files a change is judged by, by object id, each read once under however many names it stands; one that is
    absent is larger than a document may be."""

    def __init__(self, blobs: Mapping[str, bytes]) -> None:
        self.blobs = blobs
        self.fault = ""  # why not all of them were read
        self._texts: dict[str, str | None] = {"": ""}
        self._fronts: dict[str, FrontMatter] = {}
        self._large: set[str] = set()
        self._marks = 0

    def of(self, oid: str) -> str | None:
        """The text of a file; "" for one that is not there, None for what nobody can read."""
        if oid not in self._texts:
            raw = self.blobs.get(oid)
            self._texts[oid] = None if raw is None or b"\0" in raw else decode(raw)[0]
        return self._texts[oid]

    def front(self, oid: str) -> FrontMatter:
        """The front matter of a file; an empty one where there is none, or none that is read."""
        if oid not in self._fronts:
            parts = split(self.of(oid) or "")
            if any(finding.message == TOO_LARGE for finding in parts.findings):
                self._large.add(oid)
            self._marks += sum(map(parts.text.count, "\n,:[{"))
            if self._marks > MOST_MARKS:
                self.fault = _TOO_MANY_FIELDS
            self._fronts[oid] = FrontMatter() if self.fault else parse(parts)[0]
        return self._fronts[oid]

    def too_large(self, oid: str) -> bool:
        """Whether a file has a front matter that is larger than any may be."""
        self.front(oid)
        return oid in self._large


def touched(
    changed: Iterable[Difference],
    blobs: Mapping[str, bytes],
    before: Settings,
    after: Settings,
    *,
    verifying: tuple[str, int] | None = None,
    lane: FastLane | None = None,
) -> Touched:
    """Judge a change by its files' modes and contents, under the settings before it and with it.

    `verifying` is (mail, seconds since 1970) of the sole maker of a proposal whose kind is `verify`, and when;
    whether a change is small is only looked into where the fast `lane` is open to its kinds.
    """
    found = list(changed)
    texts = Texts(blobs)
    if len(found) > MOST_FILES or sum(map(len, blobs_of(found, blobs))) > MOST_BYTES:
        return Touched(
            frozenset(Place(one.path, "") for one in found),
            faults=(TOO_MANY if len(found) > MOST_FILES else TOO_MUCH,), small="it is too much",
        )  # fmt: skip
    faults = [fault for one in found if (fault := _unfit(one, texts))]
    places = {Place(one.path, kind) for one in found for kind in _kinds(one, texts, before, after)}
    heads = [what for one in found if (what := _of_the_heads(one, blobs))]
    if before.path != after.path or before.kinds != after.kinds or before.stages != after.stages:
        heads.append("which settings hold")
    faults += [fault for one in found if one.path in FILES and (fault := _unreadable_policy(one, blobs))]
    documents = [one for one in found if is_markdown(one.path)]
    verified = _verification(documents, found, texts, verifying)
    if not verified:
        faults += _verified_by_hand(documents, texts)
    faults += [texts.fault] if texts.fault else []
    kinds = {place.kind for place in places}
    words, small = 0, "the fast lane is not for it"
    if lane and lane.max_words > 0 and kinds <= set(lane.kinds):
        words, small = _small(found, texts, lane.max_words)
    return Touched(frozenset(places), tuple(dict.fromkeys(heads)), tuple(dict.fromkeys(faults)), words, small, verified)


def blobs_of(found: Iterable[Difference], blobs: Mapping[str, bytes]) -> list[bytes]:
    """The bytes of all that the change has or had, each once."""
    named = dict.fromkeys(oid for one in found for oid in (one.old, one.new))
    return [blobs[oid] for oid in named if oid in blobs]


def _unfit(one: Difference, texts: Texts) -> str:
    """Why a file may not become part of any library; "" when it may."""
    blobs = texts.blobs
    shown = one_line(display_path(one.path), 160)
    if not one.new:
        return ""
    if any(_same_name(one.path).startswith(f"{name}/") for name in (*FILES, *SETTINGS)):
        return f"{shown} lies in a folder called like a file that the library is run by; give the folder another name"
    if _same_name(one.path) in (*FILES, *SETTINGS) and one.path not in (*FILES, *SETTINGS):
        return f"{shown} would be a twin of a file that the library is run by; write it in small letters"
    if one.new_mode not in PLAIN:
        what = {"120000": "a link", "160000": "another repository"}.get(one.new_mode, "no plain file")
        return f"{shown} is {what}; only plain files may be merged"
    if not one.old and display_path(one.path) != one.path:
        return f"the name {shown} holds letters that nobody can see; give it another name"
    if one.new not in blobs:
        return f"{shown} is larger than {MIB // 1024} KiB, so nobody can look at it; split it"
    if is_markdown(one.path) and b"\0" in blobs[one.new]:
        return f"{shown} is no text; only what can be read may be merged"
    if is_markdown(one.path) and texts.too_large(one.new):
        return f"{shown}: its front matter is larger than {MAX_BYTES // 1024} KiB; shorten it"
    return ""


def _same_name(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _kinds(one: Difference, texts: Texts, before: Settings, after: Settings) -> set[str]:
    """What kinds a file is taken for: as it was, and as it will be under the old settings and the new."""
    seen = [(one.old, before), (one.new, before), (one.new, after)]
    return {_kind(one.path, texts.front(oid).kind, settings) for oid, settings in seen if oid}


def kind_at(path: str, text: str, settings: Settings) -> str:
    """The kind of the file with that text."""
    return _kind(path, parse(split(text))[0].kind if is_markdown(path) else "", settings)


def _kind(path: str, stated: str, settings: Settings) -> str:
    content = "content/" if path.startswith("content/") else ""
    return kind_of(path, stated if is_markdown(path) else "", settings, content)


def _of_the_heads(one: Difference, blobs: Mapping[str, bytes]) -> str:
    """What of the file only both heads may change; "" when it is none of theirs."""
    if one.path in FILES:
        return one.path
    if one.path not in SETTINGS:
        return ""
    old, new = _tables(one.old, blobs), _tables(one.new, blobs)
    if old is None or new is None:
        return f"{one.path}, which cannot be read"
    if _of(old, "library").get("stages") != _of(new, "library").get("stages"):
        return f"the stages in {one.path}"
    if _of(old, "kinds") != _of(new, "kinds"):
        return f"[kinds] in {one.path}"
    return ""


def _tables(oid: str, blobs: Mapping[str, bytes]) -> dict[str, Any] | None:
    if not oid:
        return {}
    try:
        return read_toml(blobs[oid].decode("utf-8-sig"))
    except (KeyError, ValueError):
        return None


def _of(tables: dict[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name, {})
    return found if isinstance(found, dict) else {"": found}


def _unreadable_policy(one: Difference, blobs: Mapping[str, bytes]) -> str:
    """Why a policy, once it held, would leave nobody able to say yes."""
    if not one.new:
        return ""
    read = parse_policy(blobs.get(one.new, b"="), one.path)
    return f"nobody's approval would count under it: {read.fault}" if read.fault else ""


def _verification(
    documents: list[Difference], found: Collection[Difference], texts: Texts, verifying: tuple[str, int] | None
) -> str:
    """The mail that a pure act of verifying names: dates and names of verification are all that changed, and they are
    its maker's own and of its day."""
    if verifying is None or not documents or len(documents) != len(found):
        return ""
    mail, when = verifying
    latest = (datetime.fromtimestamp(min(max(when, 0), _LAST), UTC) + timedelta(days=_DAYS_AHEAD)).date().isoformat()
    for one in documents:
        before, after = texts.of(one.old), texts.of(one.new)
        if not (one.old and one.new and before and after and one.old_mode == one.new_mode):
            return ""
        front = texts.front(one.new)
        said = front.verified.isoformat() if front.verified else ""
        if not said or said > latest or (front.verified_by or "").casefold() != mail.casefold():
            return ""
        try:
            expected = with_fields(before, {"verified": said, "verified_by": front.verified_by})
        except PlaybookError:
            return ""
        if expected != after:
            return ""
    return mail


def _verified_by_hand(documents: list[Difference], texts: Texts) -> list[str]:
    """Files whose verification changes without the act of verifying. A file that moved keeps what it had."""
    gone = _Gone(documents, texts)
    wrong = []
    for one in documents:
        if not texts.of(one.new):
            continue
        now = texts.front(one.new)
        was = texts.front(one.old) if texts.of(one.old) else gone.former(now)
        if _verified(now) != _verified(was) and _verified(now) != _NEVER:
            wrong.append(
                f"{one_line(display_path(one.path), 160)} is marked as verified by hand; only the act of verifying may, "
                "`playbook verify-card`"
            )
    return wrong


_Verified = tuple[object, str]
_NEVER: _Verified = (None, "")


def _verified(front: FrontMatter | None) -> _Verified:
    return (front.verified, (front.verified_by or "").casefold()) if front else _NEVER


class _Gone:
    """The front matters of the files that a change takes away, told by what a file that moved says of itself."""

    def __init__(self, documents: Iterable[Difference], texts: Texts) -> None:
        self._by_page: dict[str, FrontMatter] = {}
        self._by_id: dict[str, FrontMatter] = {}
        self._whole: dict[bytes, FrontMatter] = {}
        for one in documents:
            if one.new or not texts.of(one.old):
                continue
            front = texts.front(one.old)
            self._by_page[page_id(one.path, "content/")] = front
            self._by_id.setdefault(front.id, front)
            self._whole.setdefault(_written(front), front)

    def former(self, now: FrontMatter) -> FrontMatter | None:
        """The front matter of the file that a new one was before it moved."""
        for name in now.formerly:
            if (named := self._by_page.get(page_id(name, "content/"))) is not None:
                return named
        if now.id:
            return self._by_id.get(now.id)
        # Moved by plain git, which writes no `formerly`: as it was before, whole.
        return self._whole.get(_written(now))


def _written(front: FrontMatter) -> bytes:
    return msgspec.msgpack.encode(front)


def _small(found: Collection[Difference], texts: Texts, most: int) -> tuple[int, str]:
    """How many words a change changes, and why it is not for the fast lane all the same; past `most` words no more are
    looked for."""
    words = 0
    for one in found:
        if words > most:
            break
        before, after = texts.of(one.old), texts.of(one.new)
        if not is_markdown(one.path):
            return 0, "it is not only documents"
        if not (one.old and one.new) or before is None or after is None or one.old_mode != one.new_mode:
            return 0, "files come, go or cannot be read"
        why = fast_lane.not_small(before, after)
        if why:
            return 0, why
        words += fast_lane.words_changed(before, after)
    return words, ""
