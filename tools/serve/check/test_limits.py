"""A bounded queue, deadlines, and clients that go."""
import socket
import threading

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
        assert b" 408 " in answer.split(b"\r\n")[0]
        assert server.metric("iou_http_requests_total", status="408") == 1


def ran(server):
    return server.metric("iou_run_seconds_sum"), server.metric("iou_run_seconds_count")


def test_a_client_that_goes_stops_its_run():
    with Server("--workers", 1) as server:
        body, headers = tensor(1600)
        for _ in range(2):  # the first run plans
            before = ran(server)[0]
            assert server.post(INFER, body, **headers).status == 200
            whole = ran(server)[0] - before
        before, count = ran(server)
        connection = server.connect()
        connection.request("POST", INFER, body, headers)
        # The body is there, and the run began.
        server.wait_for(lambda: server.metric("iou_queue_seconds_count") == count + 1)
        connection.close()
        server.wait_for(lambda: server.metric("iou_http_requests_total", status="499") == 1)
        server.wait_for(lambda: ran(server)[1] == count + 1)
        assert ran(server)[0] - before < whole
        assert server.post("/v1/detect", PICTURE).status == 200


def test_a_client_that_goes_leaves_the_queue():
    with Server("--workers", 1) as server:
        threads = in_background(server, 2, [])
        server.wait_for(lambda: server.metric("iou_queue_length") == 1)
        connection = server.connect()
        connection.request("POST", "/v1/detect", PICTURE)
        server.wait_for(lambda: server.metric("iou_queue_length") == 2)
        connection.close()
        server.wait_for(lambda: server.metric("iou_http_requests_total", status="499") == 1)
        for one in threads:
            one.join()
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.metric("iou_run_seconds_count") == 3


def test_pictures_and_bodies():
    with Server("--max-pixels", 1, "--max-body", 1) as server:
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.post("/v1/detect", bytes(2 << 20)).status == 413
    with Server("--keep", 0) as server:
        assert server.post("/v1/detect?keep=1", PICTURE).status == 413


def test_memory_for_all_bodies():
    with Server("--max-body", 1) as server:
        links = []
        for _ in range(16):
            links.append(socket.create_connection(("127.0.0.1", server.port)))
            links[-1].sendall(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n")
        server.wait_for(lambda: server.post("/v1/detect", PICTURE).status == 429)
        assert "at a time" in server.post("/v1/detect", PICTURE).error
        for one in links:
            one.close()
        server.wait_for(lambda: server.post("/v1/detect", PICTURE).status == 200)
