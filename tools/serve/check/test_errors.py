"""Bad input gets one JSON error, and the server goes on."""
import random

import pytest

from served import INFER, PICTURE, form


@pytest.fixture(autouse=True)
def alive(server):
    yield
    assert server.process.poll() is None
    assert server.get("/v2/health/live").status == 200


@pytest.mark.parametrize("query, place", [
    ("?alpha=2", "parameter 'alpha'"), ("?alpha=nan", "parameter 'alpha'"), ("?alpha=", "parameter 'alpha'"),
    ("?score_threshold=x", "parameter 'score_threshold'"), ("?nms_threshold=-1", "parameter 'nms_threshold'"),
    ("?max_detections=0", "parameter 'max_detections'"), ("?max_detections=99999999999", "parameter"),
    ("?format=gif", "parameter 'format'"), ("?keep=maybe", "parameter 'keep'"), ("?x=1", "parameter 'x'"),
    ("?alpha=0.1&alpha=0.2", "found it twice"), ("?%ff%00=1", "parameter"),
])
def test_parameters(server, query, place):
    answer = server.post("/v1/detect" + query, PICTURE)
    assert answer.status == 400
    assert place in answer.error and "expected" in answer.error


@pytest.mark.parametrize("picture", [
    b"", b"x", PICTURE[:100], PICTURE[:-2000], PICTURE[:8] + bytes(99), b"\xff\xd8\xff\xe0",
    PICTURE[:60] + b"\x00" * 9 + PICTURE[69:],
])
def test_pictures(server, picture):
    answer = server.post("/v1/detect", picture)
    assert answer.status == 400
    assert answer.error.startswith("picture:")


def test_pictures_of_too_many_pixels(server):
    # A PNG's header that promises 65,000 x 65,000.
    huge = PICTURE[:16] + (65000).to_bytes(4, "big") * 2 + PICTURE[24:]
    answer = server.post("/v1/detect", huge)
    assert answer.status in (400, 413)  # the checksum of the header is wrong as well
    assert answer.error.startswith("picture:")


@pytest.mark.parametrize("fields, expected", [
    ([], "found 0"), ([("a", "a.png", PICTURE), ("b", "b.png", PICTURE)], "found 2"),
    ([("picture", "a.png", b"")], "found none"), ([("picture", "a", PICTURE), ("alpha", None, b"x")], "alpha"),
    ([("picture", "a", PICTURE), ("colour", None, b"x")], "expected one of"),
])
def test_forms(server, fields, expected):
    body, kind = form(fields)
    answer = server.post("/v1/detect", body, **{"Content-Type": kind})
    assert answer.status == 400
    assert expected in answer.error


@pytest.mark.parametrize("body", ["", "[]", "{", "{}", '{"token":1}', '{"token":"x","alpha":2}', '{"token":"x","a":1}',
                                  '{"token":"x","alpha":"1"}', "\xff", "[" * 4000, "x" * 5000])
def test_rescoring(server, body):
    answer = server.post("/v1/rescore", body.encode("latin-1"))
    assert answer.status == (413 if len(body) > 4096 else 400)
    assert "expected" in answer.error


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("GET", "/v2/models/x", 404), ("GET", "/v2/models/blood-cells/versions/2", 404),
    ("POST", "/v2/models/x/infer", 404), ("POST", "/v1/detect?model=x", 404), ("DELETE", "/v1/detect", 404),
    ("GET", "/../../etc/passwd", 404), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
])
def test_paths(server, method, path, status):
    answer = server.request(method, path, PICTURE if method == "POST" and "detect" in path else None)
    assert answer.status == status
    assert "expected" in answer.error


@pytest.mark.parametrize("headers, status", [
    ({"Content-Encoding": "gzip"}, 415), ({"IoU-Deadline-Ms": "0"}, 400), ({"IoU-Deadline-Ms": "x"}, 400),
    ({"IoU-Deadline-Ms": "1"}, (504, 408)), ({"Content-Type": "multipart/form-data"}, 400),
    ({"Origin": "https://elsewhere.example"}, 403),
])
def test_headers(server, headers, status):
    answer = server.post("/v1/detect", PICTURE, **headers)
    assert answer.status in (status if isinstance(status, tuple) else (status,))
    assert "expected" in answer.error or "deadline" in answer.error


def test_bodies_that_are_too_large(server):
    told = server.raw(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
    assert b" 413 " in told.split(b"\r\n")[0]
    assert b"expected at most 33554432 bytes, found 99999999999" in told
    untold = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    answer = server.raw(untold + chunk * 33)
    assert b" 413 " in answer.split(b"\r\n")[0]


def test_asks_for_a_body_that_is_held_back(server):
    answer = server.raw(b"POST /v1/rescore HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
                        b"Connection: close\r\n\r\n{}")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert b"HTTP/1.1 400 " in answer


@pytest.mark.parametrize("data", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 4096,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n",
    b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nabcde",
    b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nabc\r\n",
    b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
    b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
])
def test_what_is_not_http(server, data):
    answer = server.raw(data, finish=True)
    if answer:
        head, body = answer.split(b"\r\n\r\n", 1)
        assert b"HTTP/1.1 " in head and b'{"error":"' in body


def test_requests_at_random(server):
    """Forms, JSON and binary tensors with bytes changed: an answer each, and none of the server's own fault."""
    source = random.Random(5)
    body, kind = form([("picture", "a.png", PICTURE), ("alpha", None, b"0.5")])
    tensors = b'{"inputs":[{"name":"images","shape":[1,3,2,2],"datatype":"FP32","parameters":{"binary_data_size":48}}]}'
    samples = [("/v1/detect", body, {"Content-Type": kind}),
               ("/v1/detect", PICTURE, {}),
               (INFER, tensors + bytes(48), {"Inference-Header-Content-Length": str(len(tensors))}),
               ("/v1/rescore", b'{"token":"0123","alpha":0.5,"score_threshold":1e-3}', {})]
    connection = server.connect()
    statuses = set()
    for _ in range(600):
        path, sample, headers = source.choice(samples)
        changed = bytearray(sample)
        for _ in range(source.randint(1, 5)):
            # Where the structure is, most of the time.
            at = source.randrange(min(len(changed), source.choice([120, len(changed)])))
            changed[at:at + source.choice([0, 1, 1, 1, 8])] = source.randbytes(source.choice([0, 1, 1, 1, 9]))
        connection.request("POST", path, bytes(changed), headers)
        response = connection.getresponse()
        response.read()
        statuses.add(response.status)
        assert response.status < 500, bytes(changed)[:200]
    assert {200, 400} <= statuses
