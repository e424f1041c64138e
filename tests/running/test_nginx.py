"""Behind nginx with the configuration of `deploy/`, where nginx is installed."""

import http.client
import pathlib
import shutil
import ssl
import subprocess
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import _config
from tests.factories import make_bank
from tests.ports import free_port
from tests.served import served
from timebank.app import create_app
from timebank.db import db, transaction

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
NAME = "timebank.example"

pytestmark = pytest.mark.skipif(
    not pathlib.Path(PROGRAM).exists(), reason="nginx is not installed."
)


@dataclass(frozen=True)
class Front:
    """nginx before an application: its two ports and what it has logged."""

    plain: int
    secure: int
    log: pathlib.Path

    def ask(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.secure, context=trusting)
        connection.request("GET", path, headers={"Host": NAME, **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body


def certify(folder: pathlib.Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def configured(folder: pathlib.Path, behind: str, plain: int, secure: int) -> pathlib.Path:
    """The configuration of `deploy/`, with the places of this test for those of a machine."""
    words = (pathlib.Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text()
    for there, here in {
        "[::]:80": f"[::1]:{plain}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "[::]:443": f"[::1]:{secure}",
        "listen 443": f"listen 127.0.0.1:{secure}",
        f"/etc/letsencrypt/live/{NAME}": str(folder),
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": behind,
    }.items():
        assert there in words
        words = words.replace(there, here)
    path = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{words}\n}}\n"
    )
    return path


@pytest.fixture
def front(databases, tmp_path: pathlib.Path) -> Generator[Front]:
    url = databases.new("sqlite")
    app = create_app(
        replace(_config(url), proxies=1, base_url=f"https://{NAME}", secure_cookies=True)
    )
    with app.app_context(), transaction() as session:
        make_bank(session, slug="fife", name="Fife")
    certify(tmp_path)
    plain, secure = free_port(), free_port()
    with served(app) as behind:
        path = configured(tmp_path, behind, plain, secure)
        with subprocess.Popen(
            [PROGRAM, "-e", str(tmp_path / "error.log"), "-c", str(path), "-p", str(tmp_path)],
            stderr=subprocess.DEVNULL,
        ) as program:
            made = Front(plain, secure, tmp_path / "access.log")
            try:
                wait_for(made, tmp_path / "error.log")
                yield made
            finally:
                program.terminate()
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


def wait_for(front: Front, faults: pathlib.Path) -> None:
    for _ in range(100):
        try:
            front.ask("/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(faults.read_text() if faults.exists() else "nginx did not start.")


def test_pages_come_packed_once_and_secured_and_no_way_in_is_logged(front: Front) -> None:
    answer, page = front.ask("/b/fife/", **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers.get_all("Content-Encoding") == ["gzip"]
    assert page.startswith(b"\x1f\x8b")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "nginx/" not in (answer.headers["Server"] or "")
    front.ask("/b/fife/?name=Joan")
    front.ask("/sign-in/link/abc")
    logged = front.log.read_text()
    assert '"GET /b/fife/" 200' in logged
    assert "Joan" not in logged
    assert "abc" not in logged


def test_what_is_not_secured_is_led_there_but_for_programs(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.plain)
    for path, status in (("/b/fife/", 301), ("/api/v1/banks", 403)):
        connection.request("GET", path, headers={"Host": NAME})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        if status == 301:
            assert answer.headers["Location"] == f"https://{NAME}{path}"
    connection.close()
