"""Signs what a person commits with the SSH key that git's own settings name for them."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, NotPermitted, PlaybookError
from playbook.store.identity import settings
from playbook.store.process import Process
from playbook.store.runner import EMPTY_TREE, Git, GitFailed, GitTimedOut

# The face of both: who signs is here, who has signed is kept apart for its length.
from playbook.store.signatures import CannotCheck as CannotCheck
from playbook.store.signatures import Signature as Signature
from playbook.store.signatures import Signer as Signer
from playbook.store.signatures import check as check
from playbook.store.signatures import fingerprint as fingerprint
from playbook.store.signatures import parse_keys as parse_keys
from playbook.store.signatures import signers_of as signers_of
from playbook.store.signatures import ssh_keygen, variables
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

# A hardware key waits for a touch, an agent may ask whether it may; after this nobody is looking.
SECONDS_TO_SIGN = 30.0
_LATE = f"no answer within {SECONDS_TO_SIGN:g} seconds (does the key want a touch, or the agent a yes?)"
HOW_TO = "git config --global gpg.format ssh; git config --global user.signingkey ~/.ssh/id_ed25519.pub"
_LONGEST = 1 << 16
_PRIVATE = re.compile(r"-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----")


@dataclass(frozen=True)
class SigningKey:
    """The key that the person signs with. `fault` says why it cannot, as far as that shows without trying.

    `shown` is its file, or that it is in an agent; `text` the public key and `fingerprint` what it is known by, both ""
    where only the program that signs can tell. `named` and `program` are what git is told.
    """

    shown: str
    text: str = ""
    fingerprint: str = ""
    fault: str = ""
    named: str = ""
    program: str = ""
    seconds: float = 0

    def settings(self) -> dict[str, str]:
        """The environment in which git signs with it, whatever the repository says."""
        return variables({
            "gpg.format": "ssh",
            "user.signingkey": self.named,
            "gpg.ssh.program": self.program,
            "gpg.ssh.defaultKeyCommand": "",
        })  # fmt: skip

    def refusal(self, error: GitFailed) -> PlaybookError:
        """What to say when git failed to write a signed commit: that the key does not sign, or else the error itself."""
        why = _LATE if isinstance(error, GitTimedOut) else trial(self)
        return cannot_sign(self, why) if why else error


def signing_key() -> SigningKey | None:
    """The key that git's own settings name, of the person or of the machine, never of a library; None when there is none.

    It is enough that gpg.format is ssh and user.signingkey names a key: commit.gpgsign is not looked at. Raises
    LibraryUnreadable without git.
    """
    found = settings()
    if found.get("gpg.format") != "ssh":
        return None
    named = found.get("user.signingkey") or _default(found.get("gpg.ssh.defaultkeycommand", ""))
    if not named:
        return None
    program, fault = _program(found.get("gpg.ssh.program", ""))
    key = _literal(named) if named.startswith(("key::", "ssh-")) else _in_file(named)
    fault = key.fault or fault
    if not fault and not key.text and not found.get("gpg.ssh.program"):
        fault = (
            f"its public key is not beside it (`ssh-keygen -y -f {key.shown}` gives what belongs into the .pub file)"
        )
    return SigningKey(key.shown, key.text, key.fingerprint, fault, named, program, SECONDS_TO_SIGN)


def own(library: Library, commits: Iterable[str]) -> frozenset[str]:
    """Those of the commits that the person's own key signed; whatever else claims to be theirs is not to be signed anew."""
    key = signing_key()
    if key is None or not key.text:
        return frozenset()
    found = check(library, commits, [Signer((), key.text)])
    return frozenset(commit for commit, signature in found.items() if signature.state == "verified")


def cannot_sign(key: SigningKey, why: str) -> NotPermitted:
    """The sentence for a key that does not sign."""
    if why == _LATE:
        mend = "do it again, and answer"
    elif "passphrase" in why or "agent" in why:
        mend = "load the key with ssh-add, then do it again"
    else:
        mend = "see `git config --global user.signingkey`, then do it again"
    return NotPermitted(f"Nothing was written, since {key.shown} does not sign: {why}; {mend}")


def trial(key: SigningKey) -> str:
    """Why the key does not sign; "" when it does. Signs an empty commit in a folder that is removed again."""
    if key.fault:
        return key.fault
    people = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    try:
        with tempfile.TemporaryDirectory(prefix="playbook-trial-") as folder:
            git = Git(Path(folder))
            git.run("init", "--quiet", "--bare", "--template=", folder)
            env = key.settings() | dict.fromkeys(people, "trial@localhost")
            git.run("commit-tree", "-S", "-m", "trial", EMPTY_TREE, env=env, timeout=SECONDS_TO_SIGN)
    except GitTimedOut:
        return _LATE
    except GitFailed as error:
        return _reason(error.stderr)
    except OSError as error:
        return f"{tempfile.gettempdir()} cannot be written ({error.strerror or error})"
    return ""


def _reason(stderr: str) -> str:
    lines = (re.sub(r"^(error|fatal|Load key): ?", "", line.strip()) for line in stderr.splitlines())
    said = [line.rstrip("?.\r") for line in lines if line and "failed to write commit" not in line]
    if any("passphrase" in line for line in said):
        return "it has a passphrase, which is not asked for here"
    if any(line.startswith("No private key found") for line in said):
        return "no agent here holds it"
    return one_line(", ".join(dict.fromkeys(said)), 200) or "ssh-keygen gave no reason"


def _program(own: str) -> tuple[str, str]:
    """The program that signs, and why it cannot."""
    if not own:
        try:
            return ssh_keygen(), ""
        except CannotCheck:
            return "", "ssh-keygen is not installed, or not on PATH"
    # A name is looked for as ever; what lies beside an opened repository is not run.
    place = str(_expanded(own))
    folders = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(one).is_absolute()]
    found = shutil.which(place, path=os.pathsep.join(folders))
    if found and Path(found).is_absolute():
        return found, ""
    return "", f"gpg.ssh.program names {one_line(own, 120)}, which is not there"


def _literal(named: str) -> SigningKey:
    keys, _ = parse_keys([named.removeprefix("key::")])
    if keys:
        return SigningKey("a key in the agent", keys[0], fingerprint(keys[0]))
    return SigningKey("user.signingkey", fault="what it names is no SSH public key")


def _in_file(named: str) -> SigningKey:
    place = _expanded(named)
    shown = one_line(str(place), 200)
    if not place.is_absolute():
        return SigningKey(shown, fault="user.signingkey must be a whole path, or one from ~/")
    beside = place.with_name(place.name + ".pub")
    if not place.is_file() and not beside.is_file():
        return SigningKey(shown, fault="there is no such file")
    for text in (_read(place), _read(beside)):
        keys, _ = parse_keys([text])
        if keys:
            return SigningKey(shown, keys[0], fingerprint(keys[0]))
    held = _held(_read(place))
    return SigningKey(shown, held, fingerprint(held) if held else "")


def _expanded(named: str) -> Path:
    try:
        return Path(named).expanduser()
    except RuntimeError:  # nobody has that home
        return Path(named)


def _read(place: Path) -> str:
    try:
        if place.is_file():
            with place.open("rb") as file:
                return file.read(_LONGEST).decode("utf-8", "replace").strip()
    except OSError:
        return ""  # ssh-keygen will say it in its own words
    return ""


def _held(private: str) -> str:
    """The public key that a private one of OpenSSH's kind holds in the clear; "" when it holds none."""
    found = _PRIVATE.search(private)
    try:
        raw = base64.b64decode("".join(found.group(1).split())) if found else b""
        # After the name: cipher, its maker, its settings; how many keys; the public key.
        at = len(b"openssh-key-v1\0")
        for _ in range(3):
            at += 4 + int.from_bytes(raw[at : at + 4], "big")
        at += 4
        blob = raw[at + 4 : at + 4 + int.from_bytes(raw[at : at + 4], "big")]
        kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii")
        keys, _ = parse_keys([f"{kind} {base64.b64encode(blob).decode()}"])
    except ValueError:
        return ""
    return keys[0] if keys else ""


_defaults: dict[str, str] = {}


def _default(command: str) -> str:
    """The first key that the person's own gpg.ssh.defaultKeyCommand names; "" when it names none."""
    if command and command not in _defaults:
        named = ""
        try:
            with Process(shlex.split(command), {}, None) as running:
                said, _, _ = running.finish(None, 20, None)
            named = said.decode("utf-8", "replace").split("\n", 1)[0].strip()
        except (LibraryUnreadable, ValueError):
            pass
        _defaults[command] = named if named.startswith(("key::", "ssh-")) else ""
    return _defaults.get(command, "")
