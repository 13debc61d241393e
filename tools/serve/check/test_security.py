"""Tokens and TLS."""
import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from served import PICTURE, Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    own = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
           .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
           .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, False).sign(key, hashes.SHA256()))
    (folder / "own.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder


@pytest.mark.parametrize("by_file", [True, False])
def test_wants_the_token(tmp_path, by_file):
    (tmp_path / "token").write_text("secret\n")
    given = ["--token-file", tmp_path / "token"] if by_file else []
    with Server(*given, environment=None if by_file else {"IOUSERVE_TOKEN": "secret"}) as server:
        for path in ["/", "/page.js", "/page.css", "/v2/health/live", "/v2/health/ready"]:
            assert server.get(path).status == 200
        for headers in [{}, {"Authorization": "secret"}, {"Authorization": "Bearer secret2"},
                        {"Authorization": "Bearer "}, {"Authorization": "Basic secret"}]:
            for method, path in [("POST", "/v1/detect"), ("GET", "/metrics"), ("GET", "/v1/models"), ("GET", "/v2"),
                                 ("POST", "/v2/repository/models/blood-cells/load"), ("GET", "/nothing")]:
                answer = server.request(method, path, PICTURE if "detect" in path else None, headers)
                assert answer.status == 401, (path, headers)
                assert "Authorization" in answer.error and answer.headers["www-authenticate"] == "Bearer"
        assert server.post("/v1/detect", PICTURE, Authorization="Bearer secret").status == 200
        assert all("secret" not in str(record) for record in server.logs)


def test_pages_of_other_sites_may_not_ask(server):
    own = f"http://127.0.0.1:{server.port}"
    assert server.post("/v1/detect", PICTURE, Origin=own).status == 200
    for origin in ["null", "http://127.0.0.1", "http://evil.example", own + ".evil.example"]:
        assert server.post("/v1/detect", PICTURE, Origin=origin).status == 403


def test_speaks_tls(certificate):
    trust = ssl.create_default_context(cafile=certificate / "own.pem")
    with Server("--certificate", certificate / "own.pem", "--private-key", certificate / "key.pem",
                tls=trust) as server:
        assert server.post("/v1/detect", PICTURE).status == 200
        old = ssl.create_default_context(cafile=certificate / "own.pem")
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        server.tls = old
        with pytest.raises(OSError):
            server.get("/v2/health/live")
        server.tls = trust
        server.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.get("/").status == 200
