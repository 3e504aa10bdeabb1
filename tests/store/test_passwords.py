"""A host over https that wants a password, or answers nonsense: one sentence, and nobody is asked anything."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from playbook import errors
from playbook.store.managed import libraries, open_library

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")


@contextmanager
def https_host(folder: Path, status: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real https server that answers everything with one status; gives its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="words"')
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"hello\n")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
    monkeypatch.setenv("SSH_ASKPASS", f"touch {folder}/asked")
    monkeypatch.setenv("DISPLAY", ":0")
    try:
        yield f"https://127.0.0.1:{server.server_port}/team/words.git"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "wants a password"), (404, "no repository for you"), (200, "not valid: is this a git repository")],
)
def test_what_the_host_answers_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, says: str
) -> None:
    with (
        https_host(tmp_path, status, monkeypatch) as url,
        pytest.raises(errors.RemoteUnreachable, match=says) as caught,
    ):
        open_library(url)
    assert caught.value.exit_code == 5 and "\n" not in str(caught.value)
    assert libraries() == [] and not (tmp_path / "asked").exists()
