"""A bounded queue, deadlines, and clients that go."""
import socket
import threading
import time

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
        server.wait_for(lambda: server.metric("iou_run_seconds_count") >= 3)
        assert server.metric("iou_run_seconds_count") == 3


def test_pictures_and_bodies():
    with Server("--max-pixels", 1, "--max-body", 1) as server:
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.post("/v1/detect", bytes(2 << 20)).status == 413


def test_what_cannot_be_kept_is_answered_without_a_token():
    with Server("--keep", 0) as server:
        found = server.detect("?keep=1")
        assert found["detections"] and "token" not in found


def test_a_reload_drops_runs_that_are_under_way():
    with Server("--workers", 1) as server:
        threads = in_background(server, 1, [])
        server.wait_for(lambda: server.metric("iou_queue_seconds_count") == 1)
        found = []
        threads.append(threading.Thread(target=lambda: found.append(server.detect("?keep=1"))))
        threads[-1].start()
        server.wait_for(lambda: server.metric("iou_queue_length") == 1)
        assert server.post("/v2/repository/models/blood-cells/load").status == 200
        for one in threads:
            one.join()
        assert found[0]["detections"] and "token" not in found[0]
        assert server.metric("iou_kept_runs") == 0


def begun(server, count, sent):
    """Connections that announced a megabyte, and sent so many bytes of it."""
    head = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"
    links = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    for one in links:
        one.sendall(head + bytes(sent))
    return links


def test_memory_for_all_bodies():
    with Server("--max-body", 1) as server:
        links = begun(server, 16, (1 << 20) - 1)
        time.sleep(2)  # all but 16 bytes are taken, once they are there; no request may come in between
        answer = server.post("/v1/detect", PICTURE)
        assert answer.status == 429 and "at a time" in answer.error
        for one in links:
            one.close()
        server.wait_for(lambda: server.post("/v1/detect", PICTURE).status == 200)


def test_announced_bodies_take_nothing():
    with Server("--max-body", 1) as server:
        links = begun(server, 40, 10)
        server.wait_for(lambda: server.metric("iou_connections") >= 40)
        assert server.post("/v1/detect", PICTURE).status == 200
        for one in links:
            one.close()


def test_a_body_that_nobody_reads_ends_the_connection(server):
    answer = server.raw(b"POST /v2/repository/index HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc")
    head = answer.lower().split(b"\r\n\r\n")[0]
    assert b" 200 " in head and b"connection: close" in head


def test_a_list_of_outputs_without_end():
    with Server("--workers", 1, "--deadline", 5) as server:
        body = ('{"inputs":[],"outputs":[' + ",".join(f'{{"name":"{one}"}}' for one in range(50_000)) + "]}").encode()
        start = time.monotonic()
        answer = server.post(INFER, body)
        assert answer.status == 400 and "body.outputs: expected at most" in answer.error
        assert server.post(INFER, b"[" + b'{"a":0},' * 4_000_000 + b"0]").status == 400
        assert time.monotonic() - start < 5
