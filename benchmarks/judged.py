"""A history of approved merges, every approval and merge SSH-signed, written as raw objects so that it takes seconds."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = 60  # files in a folder
_WHEN = 1_760_000_000
_MIA, _REP = "Mia <mia@example.com>", "Rep <rep@example.com>"


@dataclass(frozen=True)
class History:
    """A bare repository: main before the merges, main after all of them, and the key that signed."""

    git_dir: Path
    base: str
    head: str
    signers: Path
    merges: tuple[tuple[str, str, str], ...]
    """(main before, content, merge) of each, in order"""


class _Objects:
    """Objects that wait to be written, all by one process."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self.waiting: dict[str, dict[str, bytes]] = {}

    def put(self, kind: str, raw: bytes) -> str:
        oid = hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(raw), raw)).hexdigest()
        self.waiting.setdefault(kind, {})[oid] = raw
        return oid

    def write(self) -> None:
        for kind, objects in self.waiting.items():
            with tempfile.TemporaryDirectory() as folder:
                paths = []
                for at, raw in enumerate(objects.values()):
                    place = Path(folder) / str(at)
                    place.write_bytes(raw)
                    paths.append(str(place))
                command = ["git", f"--git-dir={self.git_dir}", "hash-object", "-w", "-t", kind, "--stdin-paths"]
                subprocess.run(command, input="\n".join(paths).encode(), check=True, capture_output=True)
        self.waiting.clear()


def history(root: Path, count: int) -> History:
    """Build it: so many proposals, each for a file of its own, approved by Mia and merged one after the other."""
    git_dir, key = root / "hub.git", root / "key"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git_dir)], check=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    signers = root / "signers"
    signers.write_text(f"mia@example.com {public}\n")
    policy = (
        f'[people]\n"mia@example.com" = {{ name = "Mia", roles = ["marketing"], keys = ["{public}"] }}\n'
        '"rep@example.com" = { name = "Rep", roles = ["sales"] }\n[[rules]]\nsigned = true\n'
    )
    objects = _Objects(git_dir)
    blobs = [objects.put("blob", _card(number, "The first words.")) for number in range(count)]
    files = {"policy.toml": objects.put("blob", policy.encode())}
    first = _Tree(objects, files, blobs)
    base = objects.put("commit", _commit(first.root(), (), "The first words", _MIA))
    contents, approvals = [], []
    for number in range(count):
        changed = _Tree(objects, files, blobs, first.folders)
        tree = changed.with_file(number, objects.put("blob", _card(number, "Better words.")))
        id = f"20260101-card-{number}-aaaaaa"
        said = (
            f"Better\n\nBuyers ask\n\nPlaybook-Event: propose\nPlaybook-Event-Id: p{number}\nPlaybook-Proposal: {id}\n"
        )
        contents.append((tree, objects.put("commit", _commit(tree, (base,), said, _REP)), id))
    drafts = [
        _commit(
            tree, (content,), f"Approved\n\nYes\n\nPlaybook-Event: approve\nPlaybook-Event-Id: a{number}\n"
            f"Playbook-Proposal: {id}\nPlaybook-Head: {content}\nPlaybook-Base: {base}\n", _MIA,
        )
        for number, (tree, content, id) in enumerate(contents)
    ]  # fmt: skip
    approvals = [objects.put("commit", raw) for raw in _signed(drafts, key)]
    main, merged, merges = base, first, []
    for number, ((_, content, id), approval) in enumerate(zip(contents, approvals, strict=True)):
        tree = merged.with_file(number, objects.put("blob", _card(number, "Better words.")))
        said = (
            f"Better\n\nBuyers ask\n\nPlaybook-Event: merge\nPlaybook-Event-Id: a{number}\nPlaybook-Proposal: {id}\n"
            f"Playbook-Head: {content}\n"
        )
        (raw,) = _signed([_commit(tree, (main, approval), said, _MIA)], key)
        merge = objects.put("commit", raw)
        merges.append((main, content, merge))
        main = merge
    objects.write()
    subprocess.run(["git", f"--git-dir={git_dir}", "update-ref", "refs/heads/main", main], check=True)
    subprocess.run(["git", f"--git-dir={git_dir}", "gc", "-q"], check=True)
    return History(git_dir, base, main, signers, tuple(merges))


class _Tree:
    """The library's tree: content/policy.toml and the cards in folders, changed a card at a time."""

    def __init__(
        self, objects: _Objects, files: dict[str, str], blobs: Sequence[str], folders: dict[int, str] | None = None
    ) -> None:
        self.objects, self.files, self.blobs = objects, files, list(blobs)
        self.folders = dict(folders) if folders else {at: self._folder(at) for at in range(-(-len(blobs) // FOLDER))}

    def _folder(self, at: int) -> str:
        cards = {f"{n:06}.md": self.blobs[n] for n in range(at * FOLDER, min((at + 1) * FOLDER, len(self.blobs)))}
        return self.objects.put("tree", _rows({name: ("100644", oid) for name, oid in cards.items()}))

    def with_file(self, number: int, blob: str) -> str:
        self.blobs[number] = blob
        self.folders[number // FOLDER] = self._folder(number // FOLDER)
        return self.root()

    def root(self) -> str:
        inside = {name: ("100644", oid) for name, oid in self.files.items()}
        inside |= {f"f{at:04}": ("40000", oid) for at, oid in self.folders.items()}
        return self.objects.put("tree", _rows({"content": ("40000", self.objects.put("tree", _rows(inside)))}))


def _rows(entries: dict[str, tuple[str, str]]) -> bytes:
    order = sorted(entries, key=lambda name: name + ("/" if entries[name][0] == "40000" else ""))
    return b"".join(f"{entries[name][0]} {name}\0".encode() + bytes.fromhex(entries[name][1]) for name in order)


def _card(number: int, words: str) -> bytes:
    return f"---\ntitle: Card {number}\nkind: objection\n---\n# Card {number}\n\n## Answer\n{words}\n".encode()


def _commit(tree: str, parents: Sequence[str], message: str, who: str) -> bytes:
    above = "".join(f"parent {parent}\n" for parent in parents)
    return f"tree {tree}\n{above}author {who} {_WHEN} +0000\ncommitter {who} {_WHEN} +0000\n\n{message}".encode()


def _signed(commits: Sequence[bytes], key: Path) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(at) for at in range(len(commits))]
        for place, raw in zip(places, commits, strict=True):
            place.write_bytes(raw)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(key), *map(str, places)]
        subprocess.run(command, check=True, capture_output=True)
        made = []
        for place, raw in zip(places, commits, strict=True):
            signature = place.with_suffix(".sig").read_text().strip().replace("\n", "\n ")
            above, _, message = raw.partition(b"\n\n")
            made.append(above + f"\ngpgsig {signature}\n\n".encode() + message)
        return made
