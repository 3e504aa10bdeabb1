"""SSH signatures, with real keys: what is signed, what is not, and what a signature in a commit is worth."""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from building import LibraryBuilder
from team import MAX, MIA

from playbook.errors import LibraryUnreadable, NotPermitted, UsageError
from playbook.review import drafts
from playbook.store import outbox, refs, signatures, signing
from playbook.store.locks import writer_lock
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git
from playbook.store.signing import CannotCheck, Signer, check, fingerprint, parse_keys, signers_of, signing_key
from playbook.store.writing import Person, acting, put_commit, put_tree, tree_id

ME = Person("Tess Ter", "tess@example.com")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of key pairs: tess, max, ecdsa, rsa, and `locked`, which has a passphrase."""
    folder = tmp_path_factory.mktemp("keys")
    for name, *options in (
        ("tess", "-t", "ed25519"),
        ("max", "-t", "ed25519"),
        ("ecdsa", "-t", "ecdsa"),
        ("rsa", "-t", "rsa", "-b", "2048"),
        ("locked", "-t", "ed25519", "-N", "secret"),
    ):
        secret = [] if "-N" in options else ["-N", ""]
        subprocess.run(["ssh-keygen", "-q", *options, *secret, "-C", name, "-f", str(folder / name)], check=True)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Library:
    signatures._good.clear()
    source = LibraryBuilder(tmp_path / "source").write("a.md", "# A\n")
    source.commit()
    return open_library(str(source.bare(tmp_path / "hub.git")))


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An ssh-agent of our own, empty."""
    # Sockets have short names.
    folder = Path(tempfile.mkdtemp(prefix="agent-"))
    running = subprocess.Popen(["ssh-agent", "-D", "-a", str(folder / "s")], stdout=subprocess.DEVNULL)
    while not (folder / "s").exists():
        time.sleep(0.01)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(folder / "s"))
    yield folder / "s"
    running.terminate()
    running.wait(10)
    shutil.rmtree(folder)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which every git and ssh-keygen that is run from here on writes its arguments; the real ones do the work."""
    folder, file = tmp_path / "bin", tmp_path / "asked"
    folder.mkdir()
    file.touch()
    for name in ("git", "ssh-keygen"):
        real = shutil.which(name)
        # Of the file behind -f, who may read it.
        (folder / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >> {file}\n'
            f'case "$*" in *find-principals*) stat -c "mode %a" "$4" >> {file};; esac\nexec {real} "$@"\n'
        )
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return file


def use(named: object, **more: str) -> None:
    """Have git's own settings name that key."""
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    ssh = "".join(f"\t{name} = {value}\n" for name, value in more.items())
    config.write_text(
        f"[user]\n\tname = {ME.name}\n\temail = {ME.mail}\n\tsigningkey = {named}\n"
        f'[gpg]\n\tformat = ssh\n[gpg "ssh"]\n{ssh}[commit]\n\tgpgsign = false\n'
    )


def public(keys: Path, name: str) -> str:
    return (keys / f"{name}.pub").read_text()


def commit(
    library: Library,
    text: str = "x",
    *,
    by: Person = ME,
    sign: bool | None = None,
    onto: str = "",
    at: int | None = None,
) -> str:
    main = onto or refs.main_commit(library)
    return put_commit(library, tree_id(library, main), (main,), text, by=by, sign=sign, committed=at)


def raw(library: Library, commit: str) -> bytes:
    return Git(library.git_dir).run("cat-file", "commit", commit)


def forge(library: Library, raw: bytes) -> str:
    """Whatever bytes one likes, as a commit."""
    command = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    return Git(library.git_dir).run(*command, input=raw).decode().strip()


def state(library: Library, commit: str, *signers: Signer) -> str:
    return check(library, [commit], signers)[commit].state


def objects_of(library: Library) -> int:
    return sum(1 for _ in (library.git_dir / "objects").rglob("*"))


# What is signed


@pytest.mark.parametrize("name", ["tess", "tess.pub", "ecdsa", "rsa"])
def test_who_has_a_key_signs(library: Library, keys: Path, name: str) -> None:
    use(keys / name)
    made = commit(library, "Ünï\n\nPlaybook-Event: approve\n", by=acting())
    key = signing_key()
    assert key and not key.fault
    signature = check(library, [made], [Signer((ME.mail, "t@old.example"), public(keys, name.removesuffix(".pub")))])[
        made
    ]
    assert signature.of(ME.mail) and signature.of("T@Old.example") and not signature.of(MAX.mail)
    assert signature.fingerprint == key.fingerprint
    assert signature.mails == {ME.mail, "t@old.example"}


def test_the_private_key_alone_is_enough(library: Library, keys: Path, tmp_path: Path) -> None:
    shutil.copy(keys / "tess", tmp_path / "alone")
    use("~/alone")
    key = signing_key()
    assert key and key.fingerprint == fingerprint(public(keys, "tess"))
    assert state(library, commit(library), Signer((ME.mail,), public(keys, "tess"))) == "verified"


@pytest.mark.parametrize("settings", ["", "[gpg]\n\tformat = ssh\n", "[user]\n\tsigningkey = ABCDEF\n"])
def test_without_an_ssh_key_nothing_is_signed(library: Library, settings: str) -> None:
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(settings)
    assert signing_key() is None
    made = commit(library, by=acting())
    assert b"gpgsig" not in raw(library, made)
    assert state(library, made) == "unsigned"
    with pytest.raises(UsageError, match=r"git config --global gpg\.format ssh"):
        commit(library, sign=True)


@pytest.mark.parametrize("by", [MIA, Person(ME.name, MIA.mail), Person(MIA.name, ME.mail)])
def test_nobody_else_is_signed_for_unasked(library: Library, keys: Path, by: Person) -> None:
    use(keys / "tess")
    assert b"gpgsig" not in raw(library, commit(library, by=by))
    assert b"gpgsig" in raw(library, commit(library, by=by, sign=True))
    assert b"gpgsig" not in raw(library, commit(library, sign=False))


def test_a_draft_asks_no_key(library: Library, keys: Path) -> None:
    use(keys / "nowhere")
    made = drafts.save(library, drafts.Draft("x", "a.md", "words", refs.main_commit(library)))
    assert b"gpgsig" not in raw(library, made)


def test_what_a_library_says_of_signing_is_not_heard(
    library: Library, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    said = (
        f'[gpg]\n\tformat = ssh\n\tprogram = {evil}\n[gpg "ssh"]\n\tprogram = {evil}\n\tdefaultKeyCommand = {evil}\n'
        f"\tallowedSignersFile = {tmp_path}/signers\n[user]\n\tsigningkey = {keys / 'max'}\n"
    )
    checkout = tmp_path / "source"
    for config in (library.git_dir / "config", checkout / ".git" / "config"):
        with config.open("a") as file:
            file.write(said)
    monkeypatch.chdir(checkout)
    assert signing_key() is None
    assert b"gpgsig" not in raw(library, commit(library))
    use(keys / "tess")
    made = commit(library)
    (tmp_path / "signers").write_text(f"{ME.mail} {public(keys, 'max')}")
    assert state(library, made, Signer((ME.mail,), public(keys, "tess"))) == "verified"
    assert state(library, made, Signer((ME.mail,), public(keys, "max"))) == "wrong key"
    assert not (tmp_path / "ran").exists()


def test_the_settings_are_read_once_and_again_when_they_change(library: Library, keys: Path, asked: Path) -> None:
    use(keys / "tess")
    for text in "123":
        assert b"gpgsig" in raw(library, commit(library, text, by=acting()))
    assert asked.read_text().count("--get-regexp") == 1
    use(keys / "max")
    made = commit(library, by=acting())
    assert state(library, made, Signer((ME.mail,), public(keys, "max"))) == "verified"
    assert asked.read_text().count("--get-regexp") == 2


def test_a_key_in_the_agent_signs(library: Library, keys: Path, tmp_path: Path, agent: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(keys / "tess")], check=True)
    signer = Signer((ME.mail,), public(keys, "tess"))
    (tmp_path / "only.pub").write_text(public(keys, "tess"))
    for named in (tmp_path / "only.pub", f"key::{public(keys, 'tess').strip()}", public(keys, "tess").strip()):
        use(named)
        assert state(library, commit(library), signer) == "verified"
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    use("", defaultKeyCommand="ssh-add -L")
    config.write_text(config.read_text().replace("\tsigningkey = \n", ""))
    assert state(library, commit(library), signer) == "verified"


# A key that does not sign


@pytest.mark.parametrize(
    ("named", "more", "says"),
    [
        ("{keys}/nowhere", {}, "there is no such file"),
        ("tess", {}, "whole path"),
        ("{keys}/locked", {}, "passphrase.*ssh-add"),
        ("{keys}/locked.pub", {}, "passphrase.*ssh-add"),
        ("key::ssh-ed25519 AAAA", {}, "no SSH public key"),
        ("{max}", {}, "no agent here holds it; load the key with ssh-add"),
        ("{keys}/tess", {"program": "/nowhere/op-ssh-sign"}, "/nowhere/op-ssh-sign, which is not there"),
        ("{keys}/tess", {"program": "false"}, "gave no reason"),
        ("{keys}/broken", {}, "public key is not beside it"),
        ("{keys}/broken", {"program": "ssh-keygen"}, "load public key"),
        ("{keys}/locked", {"program": "ssh-keygen"}, "passphrase"),
    ],
)
def test_a_key_that_does_not_sign_is_one_sentence_and_nothing_is_written(
    library: Library,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    more: dict[str, str],
    says: str,
) -> None:
    (keys / "broken").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")
    (keys / "broken").chmod(0o600)
    asking = tmp_path / "asking"
    asking.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked-for-it\necho secret\n")
    asking.chmod(0o755)
    for name, value in {"SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    use(named.format(keys=keys, max=public(keys, "max").strip()), **more)
    before = objects_of(library)
    with pytest.raises(NotPermitted, match=says) as refused:
        commit(library, by=acting())
    assert str(refused.value).startswith("Nothing was written") and "\n" not in str(refused.value)
    assert objects_of(library) == before
    assert not (tmp_path / "asked-for-it").exists()


def test_a_program_that_never_answers_is_stopped(
    library: Library, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nexec 9>{tmp_path}/held; flock 9; exec sleep 600\n")
    slow.chmod(0o755)
    monkeypatch.setattr(signing, "SECONDS_TO_SIGN", 0.7)
    use(keys / "tess", program=str(slow))
    with pytest.raises(NotPermitted, match="no answer"):
        commit(library)
    # Whoever holds the lock is still there; a process of its own could be dead and not yet buried.
    with (tmp_path / "held").open() as held:
        for pause in [0.05] * 100:
            with suppress(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(pause)  # killed it is, but a busy machine takes its time to close its files
        pytest.fail("it is still there")


def test_another_failure_is_not_blamed_on_the_key(library: Library, keys: Path) -> None:
    use(keys / "tess")
    with pytest.raises(LibraryUnreadable) as failed:
        put_commit(library, "1" * 40, (), "x", by=ME)
    assert "signed" not in str(failed.value)


# What a signature is worth


def test_a_signature_speaks_for_the_mails_of_its_key_only(library: Library, keys: Path) -> None:
    use(keys / "tess")
    made, plain = commit(library), commit(library, sign=False)
    tess, max_ = Signer((ME.mail,), public(keys, "tess")), Signer((MAX.mail,), public(keys, "max"))
    found = check(library, [plain, made, made], [max_, tess])
    assert list(found) == [plain, made] and found[plain].state == "unsigned"
    assert found[made].of(ME.mail) and not found[made].of(MAX.mail)
    other = check(library, [made], [max_])[made]
    assert other.state == "wrong key" and other.fingerprint == fingerprint(public(keys, "tess")) and not other.mails
    assert state(library, made) == "wrong key" and check(library, [], [tess]) == {}
    # Of two people with one key either is meant, wherever they stand.
    both = check(library, [made], [max_, Signer(("pia@example.com",), tess.key), tess, tess])[made]
    assert both.of("pia@example.com") and both.of(ME.mail) and not both.of(MAX.mail)


def test_a_mail_is_never_a_pattern(library: Library, keys: Path) -> None:
    use(keys / "tess")
    made = commit(library)
    for mail in ("*", "*@example.com", "?ess@example.com", "!max@example.com", f"x@y,{ME.mail}", f'"{ME.mail}"'):
        signature = check(library, [made], [Signer((mail,), public(keys, "tess"))])[made]
        assert not signature.of(ME.mail)
    _, faults = signers_of(
        [((ME.mail, "*@x", "a@b c", "a\n@b", "a@b,c@d", '"a"@b', "", "nobody"), [public(keys, "tess")])]
    )
    assert len(faults) == 7 and all("\n" not in fault for fault in faults)


def test_a_changed_or_moved_signature_is_wrong(library: Library, keys: Path) -> None:
    use(keys / "tess")
    signer = Signer((ME.mail,), public(keys, "tess"))
    whole = raw(library, commit(library, "approve one"))
    assert state(library, forge(library, whole), signer) == "verified"
    block = whole[whole.index(b"gpgsig ") : whole.index(b"\n\n") + 1]
    other = raw(library, commit(library, "approve another", sign=False))
    stolen = other.replace(b"\n\n", b"\n" + block + b"\n", 1)
    for changed in (
        whole.replace(b"approve one", b"approve two"),
        whole.replace(ME.mail.encode(), MAX.mail.encode()),
        whole.replace(b"author Tess", b"author Mess"),
        stolen,
    ):
        assert changed != whole
        found = check(library, [made := forge(library, changed)], [signer])[made]
        assert found.state == "wrong key" and found.fingerprint == fingerprint(signer.key) and found.why


def test_what_git_would_read_otherwise_than_it_is_signed_is_wrong(library: Library, keys: Path, asked: Path) -> None:
    use(keys / "tess")
    signer = Signer((ME.mail,), public(keys, "tess"))
    whole = raw(library, commit(library, "x"))
    block = whole[whole.index(b"gpgsig ") : whole.index(b"\n\n") + 1]
    bare = whole.replace(block, b"")
    armour = b"gpgsig -----BEGIN %s-----\n \n AAAA\n -----END %s-----\n"

    def headed(*blocks: bytes) -> bytes:
        return bare.replace(b"\n\n", b"\n" + b"".join(blocks) + b"\n", 1)

    wrong = {
        "above its parents, which git then does not see": bare.replace(b"\nparent", b"\n" + block + b"parent"),
        "above its author": bare.replace(b"\nauthor", b"\n" + block + b"author"),
        "first of all": block + bare,
        "twice": headed(block, block),
        "with one for another kind of id": headed(block, block.replace(b"gpgsig", b"gpgsig-sha256", 1)),
        "only for another kind of id": headed(block.replace(b"gpgsig", b"gpgsig-sha256", 1)),
        "with a line that git leaves out": headed(b"gpgsigx unsigned\n", block),
        "by PGP": headed(armour % (b"PGP SIGNATURE", b"PGP SIGNATURE")),
        "by X.509": headed(armour % (b"SIGNED MESSAGE", b"SIGNED MESSAGE")),
        "by PGP and SSH in one": headed(
            armour % (b"PGP SIGNATURE", b"PGP SIGNATURE") + block.replace(b"gpgsig", b"", 1)
        ),
        "cut": headed(block[: len(block) // 2] + b"\n"),
        "empty": headed(b"gpgsig \n"),
        "armour of nothing": headed(armour % (b"SSH SIGNATURE", b"SSH SIGNATURE")),
        "something behind it": headed(block + b" more\n"),
        "bare header": bare[: bare.index(b"\n\n") + 1] + block,
    }
    asked.write_text("")
    commits = {forge(library, text): why for why, text in wrong.items()}
    found = check(library, commits, [signer])
    # The last one is well made but for its missing message, which was signed: that is for ssh-keygen to see.
    assert {why for made, why in commits.items() if found[made].state != "wrong key"} == set()
    assert asked.read_text().count("ssh-keygen -Y find-principals") == 1


def test_a_signature_for_something_else_is_wrong(library: Library, keys: Path, tmp_path: Path) -> None:
    plain = raw(library, commit(library, sign=False))
    (tmp_path / "payload").write_bytes(plain)
    for use_, right in (("git", "verified"), ("file", "wrong key")):
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", use_, "-f", str(keys / "tess"), str(tmp_path / "payload")]
        subprocess.run(command, check=True, capture_output=True)
        text = (tmp_path / "payload.sig").read_bytes().rstrip(b"\n").replace(b"\n", b"\n ")
        made = forge(library, plain.replace(b"\n\n", b"\ngpgsig " + text + b"\n\n", 1))
        found = check(library, [made], [Signer((ME.mail,), public(keys, "tess"))])[made]
        assert found.state == right and ("something else" in found.why) == (right == "wrong key")
        (tmp_path / "payload.sig").unlink()


@pytest.mark.parametrize("at", [0, 86_400, 4_102_444_800])
def test_a_key_has_no_dates(library: Library, keys: Path, at: int) -> None:
    use(keys / "tess")
    assert state(library, commit(library, at=at), Signer((ME.mail,), public(keys, "tess"))) == "verified"


def test_many_are_asked_at_once_and_good_ones_once(library: Library, keys: Path, asked: Path) -> None:
    use(keys / "tess")
    signer, other = Signer((ME.mail,), public(keys, "tess")), Signer((MAX.mail,), public(keys, "max"))
    signed = [commit(library, f"{number}") for number in range(40)]
    plain = [commit(library, f"{number}", sign=False) for number in range(40)]
    asked.write_text("")
    found = check(library, [*plain, *signed], [other, signer])
    assert [found[one].state for one in (*plain, *signed)] == ["unsigned"] * 40 + ["verified"] * 40
    said = asked.read_text().splitlines()
    assert sum(" cat-file " in line for line in said) == 1 and sum(" log " in line for line in said) <= 4
    assert sum("find-principals" in line for line in said) == 40
    assert {line for line in said if line.startswith("mode")} == {"mode 600"}
    asked.write_text("")
    assert check(library, [*plain, *signed], [signer]) == found
    assert {one.state for one in check(library, signed, [other]).values()} == {"wrong key"}
    assert "ssh-keygen" not in asked.read_text() and asked.read_text().count("\n") == 2
    assert list(Path(tempfile.gettempdir()).glob("playbook-signers-*")) == []


def test_where_signatures_cannot_be_checked_that_is_said(
    library: Library, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(keys / "tess")
    made, plain = commit(library), commit(library, sign=False)
    signer = Signer((ME.mail,), public(keys, "tess"))
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", str(folder))
    assert state(library, plain, signer) == "unsigned" and state(library, made) == "wrong key"
    with pytest.raises(CannotCheck, match="ssh-keygen is not installed"):
        check(library, [plain, made], [signer])
    with pytest.raises(NotPermitted, match="ssh-keygen is not installed"):
        commit(library)
    # One from before signatures.
    (folder / "ssh-keygen").write_text(
        "#!/bin/sh\necho 'unknown option -- Y' >&2\necho 'usage: ssh-keygen' >&2\nexit 1\n"
    )
    (folder / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{path}")
    signatures._find_ssh_keygen.cache_clear()
    with pytest.raises(CannotCheck, match=r"OpenSSH 8\.2"):
        check(library, [made], [signer])
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(CannotCheck, match="nowhere cannot be written"):
        check(library, [made], [signer])
    monkeypatch.undo()


@pytest.mark.parametrize("wrong", ["1" * 40, "main", "", "--all", "tree", "x\ny"])
def test_what_is_no_commit_is_refused(library: Library, wrong: str) -> None:
    main = refs.main_commit(library)
    with pytest.raises(LibraryUnreadable, match="is no commit"):
        check(library, [main, tree_id(library, main) if wrong == "tree" else wrong], [])


def test_commits_that_wait_in_quarantine_are_checked(library: Library, keys: Path, tmp_path: Path) -> None:
    use(keys / "tess")
    made = commit(library)
    waiting = tmp_path / "incoming"
    (waiting / made[:2]).mkdir(parents=True)
    (library.git_dir / "objects" / made[:2] / made[2:]).rename(waiting / made[:2] / made[2:])
    env = {
        "GIT_OBJECT_DIRECTORY": str(waiting),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(library.git_dir / "objects"),
        "GIT_QUARANTINE_PATH": str(waiting),
    }
    signer = Signer((ME.mail,), public(keys, "tess"))
    assert check(library.git_dir, [made], [signer], env=env)[made].state == "verified"
    with pytest.raises(LibraryUnreadable):
        check(library.git_dir, [made], [signer])


def test_a_library_of_wide_ids_is_signed_too(tmp_path: Path, keys: Path) -> None:
    place = tmp_path / "wide"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", "-b", "main", str(place)], check=True)
    source = LibraryBuilder(place)
    source.made = True
    source.write("a.md", "# A\n").commit()
    library = open_library(str(source.bare(tmp_path / "wide.git")))
    use(keys / "tess")
    made, signer = commit(library), Signer((ME.mail,), public(keys, "tess"))
    assert len(made) == 64 and state(library, made, signer) == "verified"
    assert (
        state(library, forge(library, raw(library, made).replace(b"gpgsig-sha256", b"gpgsig")), signer) == "wrong key"
    )


# Keys as a policy writes them


def test_only_plain_keys_are_keys(keys: Path) -> None:
    tess, rsa = public(keys, "tess").strip(), public(keys, "rsa").strip()
    kind, body, _ = tess.split(" ")
    good, faults = parse_keys([tess, f"{tess} and more", f" {kind} {body}\n", rsa, public(keys, "ecdsa")])
    assert faults == [] and good[0] == f"{kind} {body}" and len(good) == 3
    wrong = [
        "", "ssh-ed25519", f"{kind} {body[:-8]}", f"{kind} {body}AAAA", f"ssh-rsa {body}", f"{kind}  {body}",
        f"cert-authority {tess}", f'namespaces="git" {tess}', f'valid-before="20300101" {tess}', f"* {tess}",
        f"{tess}\n* {rsa}", f"{tess}\r* {rsa}", f"{kind} {body}\t{body}", f"ssh-dss {body}", f"{kind}-cert-v01@openssh.com {body}",
        f"{kind} {'A' * 64}", f"{kind} ====", "# comment", "\x1b[31m", (keys / "tess").read_text(),
    ]  # fmt: skip
    more = base64.b64decode(body) + b"\0\0\0\4more"
    wrong.append(f"{kind} {base64.b64encode(more).decode()}")
    good, faults = parse_keys(wrong, "content/policy.toml, tess@example.com")
    assert good == [] and len(faults) == len(wrong)
    assert all(fault.startswith("content/policy.toml, tess@example.com: ") for fault in faults)
    assert not any("\n" in fault or "\x1b" in fault for fault in faults)


def test_people_become_signers(keys: Path) -> None:
    tess, max_ = public(keys, "tess"), public(keys, "max")
    people = [
        ((ME.mail, "t@old.example"), [tess, max_]),
        ((MAX.mail,), []),
        (("pia@example.com",), ["nothing"]),
        (("*",), []),
    ]
    signers, faults = signers_of(people, "content/policy.toml")
    assert [signer.mails for signer in signers] == [(ME.mail, "t@old.example")] * 2
    assert len(faults) == 1 and faults[0].startswith("content/policy.toml: pia@example.com: 'nothing'")


@pytest.mark.parametrize("name", ["tess", "ecdsa", "rsa"])
def test_a_fingerprint_is_that_of_ssh_keygen(keys: Path, name: str) -> None:
    shown = subprocess.run(["ssh-keygen", "-lf", str(keys / f"{name}.pub")], capture_output=True, check=True)
    assert fingerprint(public(keys, name)) == shown.stdout.decode().split()[1]
    with pytest.raises(ValueError, match="type base64"):
        fingerprint("nothing")


# What is made again


def test_only_what_the_own_key_signed_is_signed_anew(library: Library, keys: Path) -> None:
    use(keys / "tess")
    main = refs.main_commit(library)

    def content(onto: str, path: str, text: str, by: Person = ME, sign: bool | None = None) -> str:
        with writer_lock(library):
            return put_commit(library, put_tree(library, onto, {path: text.encode()}), (onto,), path, by=by, sign=sign)

    # Somebody put words into Tess's mouth, had her stand on them, and took them away again at the hub.
    forged = content(main, "forged.md", "approve", sign=False)
    mine = content(forged, "mine.md", "mine")
    theirs = content(main, "theirs.md", "theirs", by=MAX)
    with writer_lock(library):
        tip, why = outbox.replay(library, mine, theirs)
    assert tip and not why and tip != mine
    below = refs.Git(library.git_dir).run("rev-parse", f"{tip}^").decode().strip()
    signer = Signer((ME.mail,), public(keys, "tess"))
    assert check(library, [tip, below], [signer])[tip].of(ME.mail)
    assert state(library, below, signer) == "unsigned"
