"""Makes up how the demonstration came to be: who wrote which card when, in what earlier wording, and why."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from playbook.clock import zone
from playbook.demo.content import Content, dates_in

MONTHS_SHOWN = timedelta(days=212)

PEOPLE = {
    "ines@farrowline.example": "Inês Duarte",
    "marta@farrowline.example": "Marta Reis",
    "tom@farrowline.example": "Tom Okafor",
    "lukas@farrowline.example": "Lukas Weber",
    "joana@farrowline.example": "Joana Couto",
    "daniel@farrowline.example": "Daniel Brandt",
    "priya@farrowline.example": "Priya Nair",
    "rui@farrowline.example": "Rui Salgado",
    "helena@farrowline.example": "Helena Sá",
    "pricing@farrowline.example": "Pricing desk",
}
_LIBRARIAN = "ines@farrowline.example"
_WRITERS = {
    "objections": ("tom", "lukas", "joana", "ines"),
    "stages": ("daniel", "tom", "ines"),
    "personas": ("ines", "lukas"),
    "battlecards": ("joana", "tom", "ines"),
    "air-cover": ("marta", "ines"),
    "launches": ("priya",),
    "handbook": ("daniel", "ines"),
}
_WHY_ADDED = {
    "objections": (
        "Heard on three calls this week, and each of us answered it differently.",
        "I lost my thread when the buyer said this. These are the words that worked the second time.",
        "It comes in nearly every first call. Short enough to say while they are still waiting.",
        "Asked for in Monday's round; this is what we agreed to say.",
        "A buyer said it word for word, so that is how the card names it.",
    ),
    "stages": (
        "Everybody told this part of the story in their own way; now there is one to start from.",
        "New colleagues asked what gets a deal out of this stage. This is the answer we gave them.",
        "Written after listening to a dozen calls from this stage.",
    ),
    "personas": (
        "We keep explaining the same person to each other before calls.",
        "What they said in last quarter's meetings, put in one place.",
    ),
    "battlecards": (
        "Their name fell in four deals this month, and we were rude about them in two.",
        "What they are better at comes first, because buyers know it anyway.",
        "Collected from won and lost deals, with what the buyers told us themselves.",
    ),
    "air-cover": (
        "Buyers mention it on the phone; whoever picks up should know what they saw.",
        "So that nobody promises more than the campaign does.",
    ),
    "launches": (
        "The launch needs one place that sales and marketing both read.",
        "Drafted with the reps who asked the hardest questions.",
    ),
    "": (
        "Said in meetings more often than written down; now it is written down.",
        "Asked for by everybody who joined this year.",
    ),
}
_WHY_COMPLETED = {
    "fold": (
        "The first wording was fine to say and thin to prepare with. Adds what to read before the call.",
        "Reps asked what comes after the answer. Below the fold stands what comes after the answer.",
        "Adds the longer answer, and what to do when they push back.",
    ),
    "proof": (
        "Nobody should say this without a source. Adds the proof with its source and date.",
        "Adds the proof: buyers asked whose figure it is.",
    ),
    "aliases": (
        "After a month of use: the aliases are what buyers really say.",
        "Two of us could not find it in the middle of a call. Adds the words we typed.",
    ),
}
_WHY_VERIFIED = (
    "Read aloud against the clock; every figure stands with its source and date.",
    "Checked word by word with whoever owns the figures. Nothing to change.",
    "Still what we say, and still true. Looked at the sources again today.",
    "Tried on calls since the last change; the words hold.",
)
_Moment = Callable[[date, str, int, int], datetime]
_FIELD = re.compile(r"^(\w+):[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Commit:
    """One commit to make: `files` hold whole texts by path."""

    when: datetime
    mail: str
    message: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def author(self) -> str:
        """The person's name."""
        return PEOPLE.get(self.mail) or self.mail.partition("@")[0].replace(".", " ").title() or "Somebody"


@dataclass(frozen=True)
class _Document:
    """A file taken apart: its front matter (with its fences; "" when it has none), body and fields."""

    path: str
    front: str
    body: str
    fields: dict[str, str]

    @property
    def room(self) -> str:
        parts = self.path.split("/")
        return parts[1] if len(parts) > 2 else ""

    @property
    def title(self) -> str:
        named = self.fields.get("title", "").strip("\"' ")
        heading = re.search(r"^# +(.+)$", self.body, re.MULTILINE)
        return named or (heading.group(1).strip() if heading else self.path.rsplit("/", 1)[-1])


def plan_commits(content: Content, today: date) -> list[Commit]:
    """Every commit in the order of time; the last state of each path is the file as it is in `content`.

    The same content and day give the same commits.
    """
    documents = [_parse(path, text) for path, text in sorted(content.files.items())]
    verified = [day for document in documents if (day := _verified(document, today))]
    start = min([today - MONTHS_SHOWN, *(day - timedelta(days=25) for day in verified)])
    zone_of_library = zone(content.timezone)

    def moment(day: date, seed: str, earliest: int, latest: int) -> datetime:
        # Today's own commits stand just after midnight: none may lie in the future, whenever the demonstration starts.
        minute = _pick(seed, (latest - earliest) * 60) + earliest * 60 if day < today else 5
        return datetime.combine(day, time(minute // 60, minute % 60, _pick(seed + "s", 60)), zone_of_library)

    commits = []
    first = {d.path: d.front + d.body for d in documents if not d.path.endswith(".md") or d.path == "content/README.md"}
    if first:
        message = (
            "Start the library\n\nThe words we use with buyers lived in mails, slides and heads. From here on they are "
            "in one place, and whoever finds a wrong one can say so.\n"
        )
        commits.append(Commit(moment(start, "start", 8, 9), _LIBRARIAN, message, first))
    for document in documents:
        if document.path not in first:
            commits += _life(document, start, today, moment)
    return sorted(commits, key=lambda commit: commit.when)


def _life(document: _Document, start: date, today: date, moment: _Moment) -> list[Commit]:
    """The commits of one card: added, mostly in a shorter wording; completed; verified."""
    path, title = document.path, f"“{document.title}”"
    verified = _verified(document, today)
    end = verified or today - timedelta(days=6 + _pick(path + "end", 40))
    whole = document.front + document.body
    unverified = _without_fields(document.front, ("verified", "verified_by")) + document.body if verified else whole
    early, left_out = _earlier(document, unverified)
    # A card is not older than what it speaks of; most were written in the first half of the time shown.
    first_day = max([start + timedelta(days=1), *(day for day in dates_in(early) if start < day < end)])
    span = max((end - first_day).days, 1)
    added = _weekday(first_day + timedelta(days=_pick(path + "add", max(span * 2 // 3, 1))), end)
    why_added = _choose(_WHY_ADDED.get(document.room, _WHY_ADDED[""]), path + "add")
    short_first = bool(left_out) and span > 3 and _pick(path, 4) > 0
    text = early if short_first else unverified
    acts = [(added, 8, 11, _writer(document, 0), f"Add {title}\n\n{why_added}\n", text)]
    if short_first:
        left = max((end - added).days, 1)
        completed = max(
            _weekday(added + timedelta(days=left // 4 + _pick(path + "complete", left // 2 + 1)), end), added
        )
        why = _choose(_WHY_COMPLETED[left_out], path + "complete")
        acts.append((completed, 11, 13, _writer(document, 1), f"Complete {title}\n\n{why}\n", unverified))
    if verified:
        by = document.fields.get("verified_by") or _writer(document, 0)
        why = _choose(_WHY_VERIFIED, path + "verify")
        acts.append((verified, 13, 18, by, f"Verify {title}\n\n{why}\n", whole))
    commits: list[Commit] = []
    for day, earliest, latest, mail, message, wording in acts:
        when = moment(day, path + message, earliest, latest)
        if commits and when <= commits[-1].when:
            when = commits[-1].when + timedelta(seconds=1)
        commits.append(Commit(when, mail, message, {path: wording}))
    return commits


def _earlier(document: _Document, text: str) -> tuple[str, str]:
    """A shorter first wording of the text, and what it leaves out: fold, proof, aliases, or "" when nothing can be."""
    front = text[: len(text) - len(document.body)]
    above, rule, below = document.body.partition("\n---\n")
    shorter = above.rstrip("\n") + "\n" if rule and below.strip() else document.body
    without_proof = re.sub(r"^## Proof\n.*?(?=^## |\Z)", "", shorter, count=1, flags=re.MULTILINE | re.DOTALL)
    way = _pick(document.path + "way", 3)
    if way == 0 and without_proof != shorter:
        return front + without_proof.rstrip("\n") + "\n", "proof"
    aliases = re.search(r"^aliases: \[([^\]]*)\]$", front, re.MULTILINE)
    names = [name.strip() for name in aliases.group(1).split(",")] if aliases else []
    if aliases and way == 1 and len(names) > 3:
        fewer = front[: aliases.start()] + f"aliases: [{', '.join(names[:3])}]" + front[aliases.end() :]
        return fewer + document.body, "aliases"
    return (front + shorter, "fold") if shorter != document.body else (text, "")


def _parse(path: str, text: str) -> _Document:
    found = re.match(r"---\n.*?^---\n", text, re.MULTILINE | re.DOTALL) if path.endswith(".md") else None
    front = found.group() if found else ""
    return _Document(path, front, text[len(front) :], dict(_FIELD.findall(front)))


def _verified(document: _Document, today: date) -> date | None:
    """When the card was verified; None when it was not, or only in the future."""
    days = dates_in(document.fields.get("verified", ""))
    return days[0] if days and days[0] <= today else None


def _without_fields(front: str, names: Sequence[str]) -> str:
    return re.sub(rf"^(?:{'|'.join(names)}):.*\n", "", front, flags=re.MULTILINE)


def _writer(document: _Document, turn: int) -> str:
    owner = document.fields.get("owner", "")
    writers = [f"{name}@farrowline.example" for name in _WRITERS.get(document.room, ("ines",))]
    if turn == 0 and owner and _pick(document.path + "owner", 2):
        return owner
    return writers[(_pick(document.path, len(writers)) + turn) % len(writers)]


def _weekday(day: date, end: date) -> date:
    """The day, or the Monday after a weekend, but never after `end`."""
    return min(day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0), end)


def _pick(seed: str, below: int) -> int:
    """A number in [0, below) that is always the same for a seed."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") % max(below, 1)


def _choose(sentences: Sequence[str], seed: str) -> str:
    return sentences[_pick(seed, len(sentences))]
