"""Whose key signed a commit: one look at all of them in git, and ssh-keygen only for keys that somebody named."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from playbook.errors import LibraryUnreadable
from playbook.store.refs import is_commit_id
from playbook.store.runner import Git
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

# What may stand in [people] of a policy. Nothing in front of the type (cert-authority, namespaces=…) gets through.
_KEY = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)"
    r" ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?"
)
# How many strings follow the type inside of such a key.
_PARTS = {"ssh-ed25519": 1, "ssh-rsa": 2, "sk-ssh-ed25519@openssh.com": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3}
_MAIL = re.compile(r"[^\s,;:!*?\"'<>()\[\]\\@]{1,64}@[^\s,;:!*?\"'<>()\[\]\\@]{1,255}")
# A commit as git writes it, so that nothing unsigned stands between what git reads of it.
_ORDER = re.compile(rb"tree [0-9a-f]+\n(?:parent [0-9a-f]+\n)*author [^\n]*\ncommitter [^\n]*(?:\n|$)")
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----")
_FEW = 16  # signatures that are not worth a second git
_MOST_REMEMBERED = 100_000
_good: set[tuple[str, str]] = set()


class CannotCheck(LibraryUnreadable):
    """Nothing can be said of signatures here. Whoever needs one must refuse: no answer is not a yes."""


class Signer(NamedTuple):
    """A key, as `parse_keys` gives it, and the mails it may speak for."""

    mails: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Signature:
    """What a commit's signature is worth among the given signers.

    A signature is the committer's. `mails` (in small letters) are those of every signer with that key, only when it is
    verified; `fingerprint` is that of the key inside of the signature, also of a wrong one; `why` says in a few words
    what is wrong with a wrong one.
    """

    state: Literal["verified", "unsigned", "wrong key"]
    mails: frozenset[str] = frozenset()
    fingerprint: str = ""
    why: str = ""

    def of(self, mail: str) -> bool:
        """Whether it is verified, and by a key of that mail."""
        return self.state == "verified" and mail.casefold() in self.mails


UNSIGNED = Signature("unsigned")


def fingerprint(key: str) -> str:
    """The key as ssh-keygen shows it: `SHA256:…`. Raises ValueError for a text that is no public key."""
    return _fingerprint(_blob(key))


def parse_keys(texts: Iterable[str], where: str = "") -> tuple[list[str], list[str]]:
    """The public keys among the texts, each once and without its comment, and a sentence for each text that is none."""
    keys: dict[str, None] = {}
    faults = []
    for text in texts:
        try:
            keys[_key(_blob(text))] = None
        except ValueError as error:
            faults.append(
                f"{where + ': ' if where else ''}{one_line(text, 40)!r} is no SSH public key ({error}); "
                "copy the one line of the .pub file"
            )
    return list(keys), faults


def signers_of(
    people: Iterable[tuple[Iterable[str], Iterable[str]]], where: str = ""
) -> tuple[list[Signer], list[str]]:
    """The signers among people given as (mails, keys), and a sentence for each mail or key that is left out."""
    signers, faults = [], []
    place = where + ": " if where else ""
    for mails, texts in people:
        named = tuple(mails)
        plain = tuple(mail for mail in named if _MAIL.fullmatch(mail) and mail.isprintable())
        keys, wrong = parse_keys(texts, f"{place}{one_line(named[0], 80)}" if named else where)
        if keys or wrong:
            faults += [f"{place}{one_line(mail, 80)!r} is no mail that a key can speak for" for mail in named
                       if mail not in plain]  # fmt: skip
        faults += wrong
        signers += [Signer(plain, key) for key in keys if plain]
    return signers, faults


def ssh_keygen() -> str:
    """The absolute path of ssh-keygen. Raises CannotCheck when there is none."""
    found = _find_ssh_keygen(os.environ.get("PATH", os.defpath))
    if not found:
        raise CannotCheck(
            "Signatures cannot be checked: ssh-keygen is not installed, or not on PATH; install OpenSSH 8.2 or newer"
        )
    return found


def check(
    where: Library | Path,
    commits: Iterable[str],
    signers: Iterable[Signer],
    *,
    env: Mapping[str, str] | None = None,
) -> dict[str, Signature]:
    """What the signature of each of the commits is worth; a key of two people speaks for either.

    `where` is a library or a git directory (for a hook, `env` says where pushed objects wait). Raises LibraryUnreadable
    for what is no commit there, and CannotCheck where ssh-keygen is missing but needed: that is, when a commit claims to
    be signed by one of the signers. All other signatures cost no process.
    """
    wanted = list(dict.fromkeys(commits))
    if not wanted:
        return {}
    git_dir = where if isinstance(where, Path) else where.git_dir
    variables = dict(env or {})
    mails: dict[bytes, set[str]] = {}
    for signer in signers:
        mails.setdefault(_blob(signer.key), set()).update(mail.casefold() for mail in signer.mails)
    known = list(mails)

    found: dict[str, Signature] = {}
    claimed: dict[str, bytes] = {}
    for commit, raw in _raw_commits(git_dir, wanted, variables):
        said = _claim(commit, raw)
        if isinstance(said, Signature):
            found[commit] = said
        elif said not in mails:
            found[commit] = Signature("wrong key", fingerprint=_fingerprint(said), why="nobody here has that key")
        else:
            claimed[commit] = said

    open_ = [commit for commit, blob in claimed.items() if (commit, _fingerprint(blob)) not in _good]
    answers = _ask(git_dir, open_, known, variables) if open_ else {}
    for commit, blob in claimed.items():
        print_ = _fingerprint(blob)
        expected = ("G", f"key-{known.index(blob)}", print_)
        if answers.get(commit, expected) != expected:
            found[commit] = Signature("wrong key", fingerprint=print_, why="the signature does not fit the commit")
            continue
        if len(_good) > _MOST_REMEMBERED:
            _good.clear()
        _good.add((commit, print_))
        found[commit] = Signature("verified", frozenset(mails[blob]), print_)
    return {commit: found[commit] for commit in wanted}


@functools.cache
def _find_ssh_keygen(path: str) -> str:
    # As with git: a relative entry of PATH would run what lies in an opened repository.
    absolute = os.pathsep.join(folder for folder in path.split(os.pathsep) if Path(folder).is_absolute())
    return shutil.which("ssh-keygen", path=absolute) or ""


def _blob(key: str) -> bytes:
    match = _KEY.fullmatch(key.strip())
    if not match:
        raise ValueError("not `type base64`")
    try:
        blob = base64.b64decode(match.group(2), validate=True)
    except binascii.Error as error:
        raise ValueError("its base64 is cut or broken") from error
    kind, *parts = _strings(blob)
    if kind != match.group(1).encode() or len(parts) != _PARTS.get(match.group(1), 2) or not all(parts):
        raise ValueError("what it holds is no such key")
    return blob


def _key(blob: bytes) -> str:
    return f"{_strings(blob)[0].decode()} {base64.b64encode(blob).decode()}"


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _strings(blob: bytes) -> list[bytes]:
    """What an SSH blob is made of: strings with their length before them. Raises ValueError when it is not."""
    found, at = [], 0
    while at < len(blob):
        if at + 4 > len(blob):
            raise ValueError("it is cut")
        (size,) = struct.unpack_from(">I", blob, at)
        at += 4 + size
        if at > len(blob):
            raise ValueError("it is cut")
        found.append(blob[at - size : at])
    if not found:
        raise ValueError("it is empty")
    return found


def _raw_commits(git_dir: Path, wanted: Sequence[str], env: dict[str, str]) -> list[tuple[str, bytes]]:
    odd = next((commit for commit in wanted if not is_commit_id(commit)), None)
    if odd is not None:
        raise LibraryUnreadable(f"{one_line(odd, 80)!r} is no commit id; `playbook history` lists them")
    fed = "".join(f"{commit}\n" for commit in wanted).encode()
    output = Git(git_dir).run("cat-file", "--batch", input=fed, env=env, timeout=120)
    found, at = [], 0
    for commit in wanted:
        end = output.find(b"\n", at)
        oid, _, rest = output[at:end].partition(b" ")
        kind, _, size = rest.partition(b" ")
        if kind != b"commit" or oid.decode() != commit:
            raise LibraryUnreadable(f"{commit} is no commit that is here; `playbook doctor` says what is wrong")
        start, at = end + 1, end + 2 + int(size)
        # The message can be long, and a signature stands above it.
        head = output.find(b"\n\n", start, at - 1)
        found.append((commit, output[start : head if head >= 0 else at - 1]))
    return found


def _claim(commit: str, header: bytes) -> Signature | bytes:
    """The key that the signature in a commit's header says it is by; or what to say of it without asking anybody."""
    name = b"gpgsig" if len(commit) == 40 else b"gpgsig-sha256"
    # git leaves every line that begins with gpgsig out of what is signed, so there may be one only.
    places = [match.start() for match in re.finditer(rb"^gpgsig", header, re.MULTILINE)]
    if not places:
        return UNSIGNED
    order = _ORDER.match(header)
    if len(places) > 1 or not header.startswith(name + b" ", places[0]):
        return Signature("wrong key", why="it carries more than one signature, or one of another kind")
    if not order or places[0] < order.end():
        return Signature("wrong key", why="its lines stand in no order that git writes")
    first, *rest = header[places[0] + len(name) + 1 :].split(b"\n")
    lines = [first]
    for line in rest:
        if not line.startswith(b" "):
            break
        lines.append(line[1:])
    text = b"\n".join(lines).rstrip(b"\n")
    if not text.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        return Signature("wrong key", why="it is signed, but not with an SSH key")
    armoured = _ARMOUR.fullmatch(text)
    try:
        blob = base64.b64decode(armoured.group(1).replace(b"\n", b""), validate=True) if armoured else b""
        # SSHSIG and a version, then key, namespace, nothing, hash, signature.
        key, namespace, *_ = _strings(blob[10:])
        if not blob.startswith(b"SSHSIG\0\0\0\1") or namespace != b"git":
            raise ValueError("made for something else")
    except ValueError:
        return Signature("wrong key", why="its signature is damaged, or was made for something else")
    return key


def _ask(git_dir: Path, commits: list[str], keys: list[bytes], env: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    """What git says of each: (its letter, which key by its number, fingerprint). Raises CannotCheck."""
    program = ssh_keygen()
    try:
        # Not in the repository: while a push is being received, that one is not to be written to.
        with tempfile.TemporaryDirectory(prefix="playbook-signers-") as folder:
            allowed = Path(folder) / "allowed"
            # Keys have numbers there for names: a mail could be a pattern, and ssh-keygen stops at the first line
            # that fits, where a key of two people has two.
            lines = [f'key-{number} namespaces="git" {_key(key)}\n' for number, key in enumerate(keys)]
            allowed.touch(mode=0o600)
            allowed.write_text("".join(lines), encoding="ascii")
            settings = {
                "gpg.format": "ssh",
                "gpg.ssh.program": program,
                "gpg.ssh.allowedSignersFile": str(allowed),
                "gpg.ssh.revocationFile": "",
                "gpg.program": "false",
                "gpg.x509.program": "false",
            }
            return _ask_all(git_dir, commits, env | variables(settings))
    except OSError as error:
        raise CannotCheck(
            f"Signatures cannot be checked: {tempfile.gettempdir()} cannot be written ({error.strerror or error}); "
            "make room there"
        ) from error


def variables(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment that gives git these settings, above those of any file."""
    given = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return given


def _ask_all(git_dir: Path, commits: list[str], env: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    workers = min(4, os.cpu_count() or 1, len(commits) // _FEW + 1)
    if workers < 2:
        return _ask_git(git_dir, commits, env)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda first: _ask_git(git_dir, commits[first::workers], env), range(workers))
        return {commit: answer for part in parts for commit, answer in part.items()}


def _ask_git(git_dir: Path, commits: list[str], env: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    complaints: list[str] = []
    output = Git(git_dir).run(
        "log", "--no-walk=unsorted", "--stdin", "-z", "--no-show-signature", "--no-patch", "--no-ext-diff",
        "--no-textconv", "--encoding=UTF-8", "--format=%H%x00%G?%x00%GS%x00%GF",
        input="".join(f"{commit}\n" for commit in commits).encode(), env=env, timeout=60 + len(commits),
        on_stderr=complaints.append,
    )  # fmt: skip
    tokens = output.decode("utf-8", "replace").split("\0")
    found = {tokens[at]: (tokens[at + 1], tokens[at + 2], tokens[at + 3]) for at in range(0, len(tokens) - 3, 4)}
    # Each of them has a signature that can be read, so git has an opinion unless it could not ask.
    if set(found) != set(commits) or not {letter for letter, _, _ in found.values()} <= set("GUB"):
        why = one_line(" ".join(complaints), 200) or "git gave no reason"
        raise CannotCheck(f"Signatures cannot be checked: {why}; see that ssh-keygen is OpenSSH 8.2 or newer")
    return found
