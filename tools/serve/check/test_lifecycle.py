"""Start, end, and models that are opened again."""
import shutil
import signal
import subprocess
import threading

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
    ([MODEL, "--host", "256.0.0.1"], 1, ""),
])
def test_refuses_to_start_in_one_line(arguments, status, expected):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("iouserve: ") and expected in lines[-1]


def test_a_port_that_is_taken(server):
    done = subprocess.run([BINARY, MODEL, "--port", str(server.port)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "iouserve: " in done.stderr


def test_listens_on_loopback_alone(server):
    bound = subprocess.run(["ss", "-ltnH", f"sport = :{server.port}"], capture_output=True, text=True).stdout
    assert f"127.0.0.1:{server.port}" in bound and "0.0.0.0" not in bound.split()[3]


def test_logs_are_json(server):
    server.post("/v1/detect?alpha=9", PICTURE)
    record = [one for one in server.logs if one["message"] == "request" and one["path"] == "/v1/detect"][-1]
    assert record["level"] == "info" and record["status"] >= 400
    assert record["time"].startswith("20") and record["method"] == "POST"
