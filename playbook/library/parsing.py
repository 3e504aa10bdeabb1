"""Files parsed: here, or by some processes side by side when there are thousands. Run as a module it is one of those."""

from __future__ import annotations

import logging
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, NamedTuple

import msgspec

from playbook.library.document import PARSE_FAULTS, ParsedDocument, parse_document
from playbook.text.safe import one_line

MANY = 3_000  # files; below, starting processes takes longer than they save
_MOST_PROCESSES = 4
_AT_ONCE = 64  # files handed to a process together
_LENGTH = struct.Struct(">Q")
_log = logging.getLogger(__name__)

encode_document = msgspec.msgpack.Encoder().encode
decode_document = msgspec.msgpack.Decoder(ParsedDocument).decode
_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(list[tuple[str, bytes]]).decode
_answered = msgspec.msgpack.Decoder(list[tuple[str, bytes | None, str]]).decode

Raw = tuple[str, bytes]
_Answer = list[tuple[str, bytes | None, str]]


class Parse(NamedTuple):
    """A file parsed, as it is and as the cache holds it, and its body."""

    parsed: ParsedDocument
    encoded: bytes
    body: str


def parse(raw: bytes, name: str) -> Parse | None:
    """Parse one file; None, and a line in the log, when it breaks the parser: the others must be read all the same."""
    try:
        parsed, body = parse_document(raw)
        return Parse(parsed, encode_document(parsed), body)
    except PARSE_FAULTS:
        _log.warning("A file cannot be parsed: %s", one_line(name), exc_info=True)
        return None


def parse_all(raws: Iterable[Raw], expected: int) -> Iterator[tuple[str, Parse | None]]:
    """Each (name, bytes) as (name, parsed), in no order when there are `expected` to be MANY and processors for them."""
    helpers = min(os.cpu_count() or 1, _MOST_PROCESSES) if expected >= MANY else 1
    if helpers < 2:
        for name, raw in raws:
            yield name, parse(raw, name)
        return
    shared = _Shared(iter(raws))
    threads = [threading.Thread(target=shared.work, name="playbook-parser", daemon=True) for _ in range(helpers)]
    for thread in threads:
        thread.start()
    try:
        working = helpers
        while working:
            answer = shared.answers.get()
            if answer is None:
                working -= 1
                continue
            for name, encoded, body in answer:
                if encoded is None:
                    _log.warning("A file cannot be parsed: %s", one_line(name))
                yield name, Parse(decode_document(encoded), encoded, body) if encoded is not None else None
        if shared.failure is not None:
            raise shared.failure
    finally:
        shared.end()


class _Shared:
    """What the threads share: the files still to be parsed, and the answers; each thread drives a process of its own."""

    def __init__(self, raws: Iterator[Raw]) -> None:
        self._raws = raws
        self._lock = threading.Lock()
        self._ended = False
        self.answers: queue.Queue[_Answer | None] = queue.Queue(maxsize=16)
        self.failure: BaseException | None = None

    def work(self) -> None:
        """Have files parsed until there are none; a process that dies is done without."""
        # -P: a folder called playbook where somebody stands is not ours.
        command = [sys.executable, "-P", "-m", "playbook.library.parsing"]
        process: subprocess.Popen[bytes] | None = None
        try:
            pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, start_new_session=True)
            while chunk := self._next():
                answer = _ask(process, chunk) if process else None
                if answer is None:
                    _ended(process)
                    process = None
                    answer = [_parsed(name, raw) for name, raw in chunk]
                self._give(answer)
        except BaseException as error:  # git's failure is told by who reads the answers
            self.failure = error
        finally:
            _ended(process)
            self._give(None)

    def end(self) -> None:
        """Nobody wants more."""
        self._ended = True
        with self._lock:
            self._raws = iter(())
        while not self.answers.empty():
            self.answers.get_nowait()

    def _next(self) -> list[Raw]:
        with self._lock:
            return [] if self._ended else list(islice(self._raws, _AT_ONCE))

    def _give(self, answer: _Answer | None) -> None:
        while not self._ended:
            try:
                self.answers.put(answer, timeout=0.2)
                return
            except queue.Full:
                continue


def _ask(process: subprocess.Popen[bytes], chunk: list[Raw]) -> _Answer | None:
    """The process's answer; None when it is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _send(process.stdin, _encode(chunk))
        data = _receive(process.stdout)
        return None if data is None else _answered(data)
    except (OSError, msgspec.MsgspecError):
        return None


def _ended(process: subprocess.Popen[bytes] | None) -> None:
    """It has nothing more to do: with its input closed it ends by itself, as it does when we are killed."""
    if process is not None:
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _parsed(name: str, raw: bytes) -> tuple[str, bytes | None, str]:
    found = parse(raw, name)
    return (name, found.encoded, found.body) if found else (name, None, "")


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _LENGTH.unpack(head)[0]
    data: bytes = stream.read(length)
    return data if len(data) == length else None


def main() -> None:
    """Answer until the input ends."""
    while (data := _receive(sys.stdin.buffer)) is not None:
        _send(sys.stdout.buffer, _encode([_parsed(name, raw) for name, raw in _asked(data)]))


if __name__ == "__main__":
    main()
