"""A bounded queue, deadlines, and clients that go."""
import threading

import pytest

from served import INFER, PICTURE, Server, tensor

SIDE = 1200  # a run of a second or so


def in_background(server, count, answers):
    """Slow requests, each with its connection."""
    body, headers = tensor(SIDE)
    threads = [threading.Thread(target=lambda: answers.append(server.post(INFER, body, **headers)))
               for _ in range(count)]
    for one in threads:
        one.start()
    return threads


def test_a_full_queue_refuses():
    with Server("--workers", 1, "--queue", 1) as server:
        answers = []
        threads = in_background(server, 6, answers)
        for one in threads:
            one.join()
        refused = [one for one in answers if one.status == 429]
        assert {one.status for one in answers} == {200, 429}
        assert 2 <= len(answers) - len(refused) < 6
        assert all(int(one.headers["retry-after"]) >= 1 for one in refused)
        assert "queue: expected at most 1 requests that wait" in refused[0].error
        assert server.metric("iou_refused_total") == len(refused)
        assert server.metric("iou_queue_length") == 0
        assert server.post("/v1/detect", PICTURE).status == 200


def test_a_deadline_stops_the_run():
    with Server("--workers", 1, "--deadline", 0.3) as server:
        body, headers = tensor(1600)
        answer = server.post(INFER, body, **headers)
        assert answer.status == 504 and answer.error.startswith("deadline")
        # The session is free again: a client's own deadline is shorter, not longer.
        assert server.post("/v1/detect", PICTURE, **{"IoU-Deadline-Ms": "99999"}).status == 200


def test_a_body_that_never_comes():
    with Server("--deadline", 0.5) as server:
        answer = server.raw(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]
        assert server.metric("iou_http_requests_total", status="408") == 1


@pytest.mark.parametrize("waiting", [False, True])
def test_a_client_that_goes_stops_its_run(waiting):
    with Server("--workers", 1) as server:
        body, headers = tensor(1600)
        blockers = in_background(server, 1, []) if waiting else []
        if waiting:
            server.wait_for(lambda: server.metric("iou_http_requests_total") >= 1)
        connection = server.connect()
        connection.request("POST", INFER, body, headers)
        before = server.metric("iou_run_seconds_count")
        connection.close()
        server.wait_for(lambda: server.metric("iou_http_requests_total", status="499") == 1, seconds=10)
        for one in blockers:
            one.join()
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.metric("iou_run_seconds_count") <= before + 3


def test_pictures_and_bodies():
    with Server("--max-pixels", 1, "--max-body", 1) as server:
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.post("/v1/detect", bytes(2 << 20)).status == 413
    with Server("--keep", 0) as server:
        assert server.post("/v1/detect?keep=1", PICTURE).status == 413
