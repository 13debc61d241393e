"""Start, end, and models that are opened again."""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from served import BINARY, INFER, MODEL, PICTURE, Server, tensor


def test_drains_at_sigterm():
    server = Server("--workers", 1)
    body, headers = tensor(1200)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.post(INFER, body, **headers))) for _ in range(3)]
    for one in threads:
        one.start()
    server.wait_for(lambda: server.metric("iou_connections") >= 4)
    idle = server.connect()
    idle.connect()
    assert server.stop(signal.SIGTERM) == 0
    for one in threads:
        one.join()
    assert [one.status for one in answers] == [200] * 3
    assert server.logs[-1]["message"] == "ended"
    with pytest.raises(OSError):
        server.get("/v2/health/live")


def test_a_slow_reader_gets_all_of_its_answer_at_sigterm():
    server = Server("--workers", 1)
    side = 1200
    data = bytes(4 * 3 * side * side)
    head = json.dumps({"inputs": [{"name": "images", "shape": [1, 3, side, side], "datatype": "FP32",
                                   "parameters": {"binary_data_size": len(data)}}],
                       "parameters": {"binary_data_output": True}}).encode()
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        link.settimeout(60)
        link.connect(("127.0.0.1", server.port))
        link.sendall(f"POST {INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(head) + len(data)}\r\n"
                     f"Inference-Header-Content-Length: {len(head)}\r\n\r\n".encode() + head + data)
        answer = link.recv(1 << 10)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        while part := link.recv(1 << 16):
            answer += part
            time.sleep(0.005)
    told, body = answer.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"\ncontent-length: (\d+)", told.lower())[1])
    assert length > 8 << 20
    assert len(body) == length
    assert server.stop() == 0


def test_waits_with_sighup_until_models_are_open():
    process = subprocess.Popen([BINARY, MODEL, "--port", "0", "--workers", "8"], stderr=subprocess.PIPE, text=True)
    status = pathlib.Path(f"/proc/{process.pid}/status")

    def catches_it():
        mask = re.search(r"SigCgt:\s+(\w+)", status.read_text())[1]
        return int(mask, 16) & 1 << (signal.SIGHUP - 1)

    while not catches_it():
        time.sleep(0.001)
    process.send_signal(signal.SIGHUP)
    for line in process.stderr:
        if json.loads(line)["message"] == "model reloaded":
            break
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    assert process.wait(timeout=60) == 0


def test_opens_models_again(tmp_path):
    path = tmp_path / "cells.onnx"
    shutil.copy(MODEL, path)
    with Server(models=[path]) as server:
        token = server.detect("?keep=1")["token"]
        statuses = []
        going = threading.Event()

        def ask():
            while not going.is_set():
                statuses.append(server.post("/v1/detect", PICTURE).status)

        thread = threading.Thread(target=ask)
        thread.start()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda: server.metric("iou_model_reloads_total", outcome="succeeded") == 1)
        assert server.post("/v2/repository/models/cells/load").status == 200
        going.set()
        thread.join()
        assert set(statuses) == {200}
        assert server.post("/v1/rescore", {"token": token}).status == 410
        # Renamed into place, since a model's file must not change while it is open.
        (tmp_path / "broken").write_bytes(b"not a model")
        (tmp_path / "broken").rename(path)
        refused = server.post("/v2/repository/models/cells/load")
        assert refused.status == 422 and refused.error.startswith("model 'cells':")
        assert server.post("/v1/detect", PICTURE).status == 200
        path.unlink()
        assert server.post("/v2/repository/models/cells/load").status == 500
        assert server.post("/v1/detect", PICTURE).status == 200
        assert server.metric("iou_model_reloads_total", outcome="failed") == 2


def test_a_reload_while_a_body_comes(tmp_path):
    with Server() as server:
        body, headers = tensor(64)
        connection = server.connect()
        connection.putrequest("POST", INFER)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body[:100])
        assert server.post("/v2/repository/models/blood-cells/load").status == 200
        connection.send(body[100:])
        assert connection.getresponse().status == 200


def test_names_in_paths_and_queries():
    with Server(models=[f"blood cells+é={MODEL}"]) as server:
        name = "blood%20cells%2B%C3%A9"
        assert server.get(f"/v2/models/{name}").json["name"] == "blood cells+é"
        assert server.post(f"/v2/repository/models/{name}/load").status == 200
        assert server.detect("?model=blood+cells%2B%C3%A9")["model"] == "blood cells+é"


def test_serves_several_models(tmp_path):
    with Server(models=[MODEL, f"other={MODEL}"]) as server:
        names = [one["name"] for one in server.get("/v1/models").json["models"]]
        assert names == ["blood-cells", "other"]
        assert server.detect("?model=other")["model"] == "other"
        assert server.detect()["model"] == "blood-cells"


@pytest.mark.parametrize("arguments, status, expected", [
    (["missing.onnx"], 1, "model 'missing'"), ([__file__], 1, "model 'test_lifecycle.py'"),
    ([], 64, "model"), ([MODEL, MODEL], 64, "found 'blood-cells' twice"),
    ([MODEL, "--port", "99999"], 64, "--port"), ([MODEL, "--certificate", "x"], 64, "--private-key"),
    ([MODEL, "--workers", "0"], 64, "--workers"), ([MODEL, "--deadline", "nan"], 64, "--deadline"),
    ([MODEL, "--log-level", "loud"], 64, "--log-level"), ([MODEL, "--token-file", "missing"], 64, "--token-file"),
    ([MODEL, "--host", "256.0.0.1"], 1, "256.0.0.1:8000: expected an address"),
    ([MODEL, "--certificate", "/nope.pem", "--private-key", "x"], 1, "'/nope.pem': expected certificates"),
])
def test_refuses_to_start_in_one_line(arguments, status, expected):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("iouserve: ") and expected in lines[-1]


def test_a_port_that_is_taken(server):
    done = subprocess.run([BINARY, MODEL, "--port", str(server.port)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"iouserve: 127.0.0.1:{server.port}: expected an address" in done.stderr.splitlines()[-1]


def test_listens_on_loopback_alone(server):
    bound = subprocess.run(["ss", "-ltnH", f"sport = :{server.port}"], capture_output=True, text=True).stdout
    assert f"127.0.0.1:{server.port}" in bound and "0.0.0.0" not in bound.split()[3]


def test_logs_are_json(server):
    server.post("/v1/detect?alpha=9", PICTURE)
    record = [one for one in server.logs if one["message"] == "request" and one["path"] == "/v1/detect"][-1]
    assert record["level"] == "info" and record["status"] >= 400
    assert record["time"].startswith("20") and record["method"] == "POST"
