"""Puts the demonstration's proposals into its hub: branches with their talk, and the merges that some of them became."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from playbook.demo.commits import PEOPLE
from playbook.demo.content import Content
from playbook.demo.stories import (
    PUSHED,
    PUSHED_DAYS,
    PUSHED_WHY,
    STORIES,
    TRAINING,
    TRAINING_DAYS,
    TRAINING_TURNS,
    TRAINING_WHY,
    WELCOME_DAYS,
    Said,
    Story,
)
from playbook.library.cards import Place, cards_of
from playbook.library.document import parse_document
from playbook.library.editing import with_fields, with_words
from playbook.library.settings import parse_settings
from playbook.review.events import message_for
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.trailers import write_message
from playbook.store.writing import Person, move_ref, put_commit, put_tree, tree_id

MAIN = "refs/heads/main"


class Act(NamedTuple):
    """Something that happens in the hub at a moment."""

    when: datetime
    do: Callable[[], None]


@dataclass
class Scene:
    """The hub being built, and what the stories need of it."""

    hub: Path
    content: Content
    now: datetime
    approvals: dict[str, tuple[str, str]]

    @property
    def library(self) -> Library:
        """The hub as something that can be written."""
        return Library("demo-hub", str(self.hub), "", self.hub, self.hub)

    def ago(self, days: float) -> int:
        """That many days before now, in seconds since 1970; never in the future."""
        return int((self.now - timedelta(days=days)).timestamp())

    def main(self) -> str:
        """The hub's main."""
        return refs.read_ref(self.hub, MAIN) or ""


def acts(hub: Path, content: Content, now: datetime, visitor: Person | None) -> list[Act]:
    """What the stories do to main and beside it, in the order of time. Stories of cards that are not there are left out.

    `visitor` is who looks at the demonstration: they may approve in it.
    """
    scene = Scene(hub, content, now, {})
    present = {path: older for path, older in TRAINING.items() if path in content.files}
    made: list[Act] = []

    def at(days: float, do: Callable[[], None]) -> None:
        made.append(Act(now - timedelta(days=days), do))

    if present:
        at(TRAINING_DAYS, lambda: _train(scene, present))
    if PUSHED in present:
        at(PUSHED_DAYS, lambda: _push(scene))
    for story in STORIES:
        if not all(path in content.files or (story.new and path == story.card) for path in _files(story)):
            continue
        at(story.days, lambda story=story: _tell(scene, story))  # type: ignore[misc]
        if story.merged is not None:
            at(story.merged, lambda story=story: _merge(scene, story))  # type: ignore[misc]
    if visitor and "content/policy.toml" in content.files and visitor.mail.casefold() not in PEOPLE:
        at(WELCOME_DAYS, lambda: _welcome(scene, visitor))
    return sorted(made, key=lambda act: act.when)


def _files(story: Story) -> Iterator[str]:
    yield story.card
    yield from (path for path, _, _ in story.swaps)


def _person(who: str) -> Person:
    mail = f"{who}@farrowline.example"
    return Person(PEOPLE[mail], mail)


def _commit(
    scene: Scene, tree: str, parents: tuple[str, ...], message: str, who: str, days: float, author: str = ""
) -> str:
    when = scene.ago(days)
    return put_commit(
        scene.library, tree, parents, message, by=_person(who), author=_person(author or who), written=when,
        committed=when, sign=False,
    )  # fmt: skip


def _source(scene: Scene, path: str, commit: str) -> str:
    from playbook.review.proposing import source_at

    return source_at(scene.library, commit, path)


def _with_words(scene: Scene, path: str, source: str, words: str) -> str:
    settings, _ = parse_settings(scene.content.files.get("content/playbook.toml", "").encode(), "content/playbook.toml")
    parsed, _ = parse_document(source.encode())
    card = cards_of(Place(path, "content/", ""), parsed, settings)[0]
    return with_words(source, card, parsed, words)


def _train(scene: Scene, older: dict[str, str]) -> None:
    main = scene.main()
    changes: dict[str, bytes | None] = {
        path: _with_words(scene, path, _source(scene, path, main), words).encode() for path, words in older.items()
    }
    for path, (today, before) in TRAINING_TURNS.items():
        if path in scene.content.files:
            changes[path] = _source(scene, path, main).replace(today, before, 1).encode()
    commit = _commit(
        scene, put_tree(scene.library, main, changes), (main,), TRAINING_WHY + "\n", "daniel", TRAINING_DAYS
    )
    move_ref(scene.library, MAIN, commit, main)


def _push(scene: Scene) -> None:
    main = scene.main()
    tree = put_tree(scene.library, main, {PUSHED: scene.content.files[PUSHED].encode()})
    commit = _commit(scene, tree, (main,), PUSHED_WHY + "\n", "tom", PUSHED_DAYS)
    move_ref(scene.library, MAIN, commit, main)


def _welcome(scene: Scene, visitor: Person) -> None:
    main, path = scene.main(), "content/policy.toml"
    name = visitor.name.replace("\\", "").replace('"', "'")
    mail = visitor.mail.replace("\\", "").replace('"', "'")
    line = f'"{mail}" = {{ name = "{name}", roles = ["marketing"] }}  # you, to try the marketer\'s side\n'
    text = scene.content.files[path].replace("\n[heads]\n", f"{line}\n[heads]\n", 1)
    message = "Let a visitor try the marketer's side\n\nWhoever looks at the demonstration may approve in it.\n"
    commit = _commit(
        scene, put_tree(scene.library, main, {path: text.encode()}), (main,), message, "ines", WELCOME_DAYS
    )
    move_ref(scene.library, MAIN, commit, main)


def _tell(scene: Scene, story: Story) -> None:
    """The proposal's branch with everything that was ever said on it."""
    id = _id(scene, story)
    main = scene.main()
    tree = put_tree(scene.library, main, _changes(scene, story, main))
    if story.plain:
        message = f"{story.title}\n"
    else:
        message = message_for(
            "propose", story.title, story.text or _said_words(story), event_id=_event_id(id, "propose"), proposal=id,
            kind=story.kind, why=story.why, about=_about(story),
        )  # fmt: skip
    tip = _commit(scene, tree, (main,), message, story.who, story.days)
    head = tip if tree != tree_id(scene.library, main) else ""
    comments: list[str] = []
    for number, said in enumerate(story.said):
        event = _event_id(id, str(number))
        about = _place(scene, story, said, tip) | (
            {"reply_to": comments[said.answers]} if said.answers is not None else {}
        )
        if said.word == "comment":
            comments.append(event)
        tree = tree_id(scene.library, tip)
        if said.words:
            source = _source(scene, story.card, tip)
            tree = put_tree(
                scene.library, tip, {story.card: _with_words(scene, story.card, source, said.words).encode()}
            )
        message = message_for(
            said.word, f"{_SUBJECTS.get(said.word, 'Comment on')} {story.title}", said.text, event_id=event, proposal=id,
            head=head, base=scene.main() if said.word in _DECIDING else "", why=said.text if said.words else "",
            ruling="merge" if said.word == "override" else "", **about,
        )  # fmt: skip
        tip = _commit(scene, tree, (tip,), message, said.who, said.days)
        head = tip if said.words else head
        if said.word in _DECIDING:
            scene.approvals[story.id] = (tip, head)
    move_ref(scene.library, f"refs/heads/proposals/{id}", tip, None)


_DECIDING = ("approve", "override")
_SUBJECTS = {
    "override": "Forced:",
    "approve": "Approved:",
    "request-changes": "Changes asked for:",
    "acknowledge": "Acknowledged:",
    "decline": "Declined:",
    "withdraw": "Withdrawn:",
    "park": "Parked:",
    "revise": "Revised:",
}


def _merge(scene: Scene, story: Story) -> None:
    approval, head = scene.approvals[story.id]
    main, id = scene.main(), _id(scene, story)
    tree = put_tree(scene.library, main, {story.card: scene.content.files[story.card].encode()})
    approver = next(said for said in story.said if said.word in _DECIDING)
    trailers = {
        "Event": "merge", "Event-Id": _event_id(id, "merge"), "Proposal": id, "Head": head, "Kind": story.kind,
        "Author": str(_person(story.who)), "Approved-By": str(_person(approver.who)),
        "Lane": story.lane,
    }  # fmt: skip
    why = f"{story.why}\n\n{approver.text}" if story.lane == "override" else story.why
    message = write_message(story.title, why, trailers)
    commit = _commit(scene, tree, (main, approval), message, approver.who, (story.merged or 0) - 0.001)
    move_ref(scene.library, MAIN, commit, main)


def _changes(scene: Scene, story: Story, main: str) -> dict[str, bytes | None]:
    if story.new:
        return {story.card: story.new.encode()}
    texts = {path: _source(scene, path, main) for path in dict.fromkeys(_files(story))}
    if story.words == "=today":
        texts[story.card] = scene.content.files[story.card]
    elif story.words:
        texts[story.card] = _with_words(scene, story.card, texts[story.card], story.words)
    if story.fields:
        today = scene.now.date().isoformat()
        fields: dict[str, str | list[str] | None] = {
            name: today if value == "=today" else value for name, value in story.fields
        }
        texts[story.card] = with_fields(texts[story.card], fields)
    for path, old, new in story.swaps:
        texts[path] = texts[path].replace(old, new, 1)
    return {path: text.encode() for path, text in texts.items()}


def _place(scene: Scene, story: Story, said: Said, tip: str) -> dict[str, str]:
    """Where in the text a comment stands."""
    if not said.quote:
        return {}
    from playbook.text.blocks import block_hash, blocks_of

    for block in blocks_of(_source(scene, story.card, tip), front=True):
        if said.quote in " ".join(block.text.split()):
            return {"path": story.card, "anchor": f"{block.start}:{block_hash(block)}"}
    return {"path": story.card}


def _said_words(story: Story) -> str:
    return "" if story.words == "=today" else story.words


def _about(story: Story) -> str:
    return story.card.removeprefix("content/").removesuffix(".md")


def _id(scene: Scene, story: Story) -> str:
    return f"{scene.now - timedelta(days=story.days):%Y%m%d}-{story.id}"


def _event_id(id: str, what: str) -> str:
    return hashlib.sha256(f"{id}\0{what}".encode()).hexdigest()[:32]
