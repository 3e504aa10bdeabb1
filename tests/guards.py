"""A guarded hub for tests, people with real keys, and hands that make any commit with plain git and push it."""

from __future__ import annotations

import atexit
import http.server
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from building import LibraryBuilder

from playbook.review.guard.installing import install
from playbook.store.trailers import write_message

PRICE = "content/objections/price.md"
TIMING = "content/objections/timing.md"
COVER = "content/air-cover/spring.md"
CLAIM = "content/claims/fast.md"
POLICY = "content/policy.toml"
WORDS = "---\ntitle: {0}\n---\n# {0}\n\n## Answer\nIt pays for itself within ten dollars, and recieves praise.\n"
FILES = {
    PRICE: WORDS.format("Too expensive"),
    TIMING: WORDS.format("Not now"),
    COVER: WORDS.format("Spring"),
    CLAIM: WORDS.format("Fast"),
    "content/launches/one.md": WORDS.format("One"),
    "content/playbook.toml": '[kinds]\n"objections/**" = "objection"\n"claims/**" = "claim"\n',
}
# Mia, Hanna, Sal and Zoe have keys that the policy lists; Max, Rep and Pia have none there.
RULES = """\
arbiter = "zoe@example.com"
[people]
"mia@example.com" = {{ name = "Mia", roles = ["marketing"], keys = ["{mia}"] }}
"max@example.com" = {{ name = "Max", roles = ["marketing"] }}
"pia@example.com" = {{ name = "Pia", roles = ["product"] }}
"rep@example.com" = {{ name = "Rep", roles = ["sales"] }}
"sal@example.com" = {{ name = "Sal", roles = ["sales"], keys = ["{sal}"] }}
"hanna@example.com" = {{ name = "Hanna", roles = ["marketing-head"], keys = ["{hanna}"] }}
"zoe@example.com" = {{ name = "Zoe", roles = [], keys = ["{zoe}"] }}
[heads]
sales = "sal@example.com"
marketing = "hanna@example.com"
[[rules]]
paths = ["**"]
approve = ["marketing"]
[[rules]]
paths = ["air-cover/**"]
approve = ["marketing", "sales"]
sides = ["marketing", "sales"]
[[rules]]
paths = ["claims/**"]
approve = ["marketing"]
signed = true
[[rules]]
paths = ["launches/**"]
approve = ["product"]
[fast_lane]
max_words = 3
kinds = ["objection"]
approve = ["sales"]
"""
ID = "better-price"


class Pushed(NamedTuple):
    """What came of a push: git's exit code, and what it and the hub said."""

    code: int
    said: str


@cache
def keys() -> Path:
    """A folder with a real key pair for each name, made once for all tests; `other` is nobody's."""
    folder = Path(tempfile.mkdtemp(prefix="playbook-keys-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("mia", "sal", "hanna", "zoe", "other"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True)
    return folder


def public(name: str) -> str:
    """The public key of that name, without its comment."""
    return " ".join((keys() / f"{name}.pub").read_text().split()[:2])


def policy(**changed: str) -> str:
    """The policy of the tests, with the keys as they are or as given."""
    return RULES.format(**({name: public(name) for name in ("mia", "sal", "hanna", "zoe")} | changed))


@dataclass
class Guarded:
    """A source with the first words, and its hub, guarded. Commits are made in the source by whoever one says."""

    root: Path
    source: LibraryBuilder
    hub: Path
    main: str
    env: dict[str, str] = field(default_factory=dict)
    url: str = ""

    # Commits by hand.

    def change(
        self, files: Mapping[str, str | bytes | None], *, by: str = "rep", onto: str = "", key: str = "",
        message: str = "", mode: str = "100644",
    ) -> str:  # fmt: skip
        """A commit that changes files (None: removes one) on top of another; gives its id."""
        parent = onto or self.main
        said = message or write_message("Say it better", "Buyers laugh", {"Event": "propose", "Why": "Buyers laugh"})
        return self.commit(self.tree(parent, files, mode=mode), (parent,), said, by=by, key=key)

    def tree(self, start: str, files: Mapping[str, str | bytes | None], *, mode: str = "100644") -> str:
        """The tree of a commit with files changed."""
        env = {"GIT_INDEX_FILE": str(self.root / "index")}
        self.source.git("read-tree", start, env=env)
        rows = b""
        for path, text in files.items():
            raw = text.encode() if isinstance(text, str) else text
            if raw is None:
                rows += f"0 {'0' * 40}\t{path}\0".encode()
            else:
                oid = self.source.git("hash-object", "-w", "--stdin", input=raw)
                rows += f"{mode} {oid}\t{path}\0".encode()
        self.source.git("update-index", "-z", "--index-info", env=env, input=rows)
        return self.source.git("write-tree", env=env)

    def commit(
        self, tree: str, parents: tuple[str, ...], message: str, *, by: str = "rep", key: str = "", author: str = ""
    ) -> str:
        """Any commit at all; `key` signs it."""
        who, wrote = _person(by), _person(author or by)
        env = {
            "GIT_AUTHOR_NAME": wrote[0], "GIT_AUTHOR_EMAIL": wrote[1],
            "GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1],
        }  # fmt: skip
        sign = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={keys() / key}"] if key else []
        over = [word for parent in parents for word in ("-p", parent)]
        arguments = [*sign, "commit-tree", *(["-S"] if key else []), *over, "-F", "-", tree]
        return self.source.git(*arguments, env=env, input=message.encode())

    def say(
        self, word: str, on: str, *, by: str, key: str = "", id: str = ID, head: str = "", base: str = "", text: str = "",
        **more: str,
    ) -> str:  # fmt: skip
        """An event on top of a proposal, about the words there or at `head`."""
        trailers = {"Event": word, "Event-Id": os.urandom(8).hex(), "Proposal": id, "Head": head or on}
        trailers |= {"Base": base or self.main} | more
        message = write_message(f"{word}: better words", text, trailers)
        return self.commit(self.tree_of(on), (on,), message, by=by, key=key)

    def merge(
        self, taken: str, *, main: str = "", by: str = "mia", key: str = "", tree: str = "", message: str = ""
    ) -> str:
        """The merge of a proposal into main as git's own merging gives it."""
        old = main or self.main
        made = tree or self.source.git("merge-tree", "--write-tree", old, taken)
        said = message or "Take it in\n\nBuyers laugh\n"
        return self.commit(made, (old, taken), said, by=by, key=key)

    def approved(
        self, files: Mapping[str, str | bytes | None], *, by: str = "max", key: str = "", author: str = "rep", id: str = ID
    ) -> str:  # fmt: skip
        """A proposal with one person's approval on it; gives the approval."""
        return self.say("approve", self.change(files, by=author), by=by, key=key, id=id)

    def parent(self, commit: str) -> str:
        """What a commit stands on."""
        return self.source.git("rev-parse", f"{commit}^")

    def tree_of(self, commit: str) -> str:
        """The tree of a commit."""
        return self.source.git("rev-parse", f"{commit}^{{tree}}")

    # The hub.

    def push(self, *specs: str, pusher: str | None = None, **more: str) -> Pushed:
        """Push with plain git; the words before refs are those of a refspec."""
        env = {**os.environ, **self.env, **more}
        if pusher is not None:
            env["PLAYBOOK_PUSHER"] = pusher
        command = ["git", "push", "--quiet", "--atomic", self.url or str(self.hub), *specs]
        done = subprocess.run(command, cwd=self.source.path, env=env, capture_output=True, check=False)
        return Pushed(done.returncode, done.stderr.decode("utf-8", "replace"))

    def refs(self) -> str:
        """Every ref of the hub, and every file and folder of its objects."""
        refs = self.at_hub("for-each-ref", "--format=%(refname) %(objectname)")
        rows = [row for row in refs.splitlines() if "refs/playbook/baseline" not in row]
        kept = [str(place) for place in (self.hub / "objects").rglob("*")]
        return "\n".join([*rows, *sorted(kept)])

    def at_hub(self, *arguments: str) -> str:
        """What git says at the hub."""
        command = ["git", f"--git-dir={self.hub}", *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode().strip()

    def refuses(self, sentence: str, *specs: str, pusher: str | None = None, **more: str) -> str:
        """Push what the hub must refuse with that sentence, and must not keep; gives all it said."""
        before = self.refs()
        pushed = self.push(*specs, pusher=pusher, **more)
        assert pushed.code != 0, "it was taken"
        assert sentence in " ".join(pushed.said.replace("remote: ", " ").split()), pushed.said
        assert "Traceback" not in pushed.said
        assert self.refs() == before
        return pushed.said

    def takes(self, *specs: str, pusher: str | None = None, **more: str) -> str:
        """Push what the hub must take; main is then what it is at the hub."""
        pushed = self.push(*specs, pusher=pusher, **more)
        assert pushed.code == 0, pushed.said
        self.main = self.at_hub("rev-parse", "main")
        return pushed.said


def to_main(commit: str) -> str:
    """The refspec that makes a commit main."""
    return f"{commit}:refs/heads/main"


def to_proposal(commit: str, id: str = ID) -> str:
    """The refspec that makes a commit a proposal's tip."""
    return f"{commit}:refs/heads/proposals/{id}"


def build_guarded(root: Path) -> Guarded:
    """A guarded hub with its source, copied from one that is made once for all tests."""
    made, main = _built()
    shutil.copytree(made, root, dirs_exist_ok=True, symlinks=True)
    source = LibraryBuilder(root / "source")
    source.made = True
    return Guarded(root, source, root / "hub.git", main)


@cache
def _built() -> tuple[Path, str]:
    root = Path(tempfile.mkdtemp(prefix="playbook-guarded-")).resolve()
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    source = LibraryBuilder(root / "source")
    for path, text in (FILES | {POLICY: policy()}).items():
        source.write(path, text)
    main = source.commit("The first words")
    hub = source.bare(root / "hub.git")
    install(str(hub), "sal@example.com")
    return root, main


def _person(name: str) -> tuple[str, str]:
    return (name, name) if "@" in name else (name.capitalize(), f"{name}@example.com")


@contextmanager
def over_http(root: Path, user: str = "") -> Iterator[str]:
    """git's own smart HTTP on loopback for the repositories below a folder; gives the address. `user` is who the server
    knows everybody as."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            env = {
                **os.environ, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            if user:
                env["REMOTE_USER"] = user
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True, check=False)
            head, _, rest = done.stdout.partition(b"\r\n\r\n")
            rows = dict(row.split(": ", 1) for row in head.decode().split("\r\n") if ": " in row)
            self.send_response(int(rows.pop("Status", "200").split()[0]))
            for name, value in rows.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hub.git"
        finally:
            server.shutdown()
            thread.join(10)
