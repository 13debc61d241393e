"""A server of the tests' own, and requests to it."""
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = ROOT / "models/blood-cells.onnx"
PICTURE = (ROOT / "Examples/smear.png").read_bytes()
BINARY = pathlib.Path(os.environ.get("IOUSERVE", ROOT / "tools/serve/.build/release/iouserve"))


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The one line of a failure, which is all that its JSON has."""
        assert self.headers["content-type"] == "application/json"
        assert list(self.json) == ["error"]
        assert "\n" not in self.json["error"]
        return self.json["error"]


class Server:
    """`iouserve` on a free port of loopback."""

    def __init__(self, *arguments, models=(MODEL,), environment=None, tls=None):
        self.tls = tls
        self.process = subprocess.Popen(
            [BINARY, *models, "--port", "0", *map(str, arguments)], stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        self.logs, self.other = [], []
        self._ports = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.port = self._ports.get(timeout=60)
        except queue.Empty:
            self.port = None
        if self.port is None:
            self.process.kill()
            raise AssertionError("the server does not listen: " + "".join(self.other))

    def _read(self):
        for line in self.process.stderr:
            if not line.startswith("{"):
                self.other.append(line)  # a crash's trace, or a failure to start
                continue
            record = json.loads(line)
            self.logs.append(record)
            if record["message"] == "listening":
                self._ports.put(record["port"])
        self._ports.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.process.poll() is None, "the server died: " + "".join(self.other)
        assert self.stop() == 0

    def stop(self, sent=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sent)
        status = self.process.wait(timeout=60)
        self._reader.join()
        return status

    def connect(self, timeout=60):
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=b"", **headers):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return self.request("POST", path, body, headers)

    def detect(self, query="", picture=PICTURE):
        answer = self.post("/v1/detect" + query, picture)
        assert answer.status == 200, answer.body
        return answer.json

    def raw(self, data, timeout=20, finish=False):
        """All that comes back for bytes that need not be HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            link.sendall(data)
            if finish:
                link.shutdown(socket.SHUT_WR)
            parts = []
            try:
                while part := link.recv(1 << 16):
                    parts.append(part)
            except ConnectionResetError:
                pass
            return b"".join(parts)

    def series(self, name):
        """A metric's labels and values."""
        for line in self.get("/metrics").body.decode().splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found[1] == name:
                yield dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or "")), float(found[3])

    def metric(self, name, **labels):
        """The sum of a metric's series that have these labels."""
        return sum(value for own, value in self.series(name) if labels.items() <= own.items())

    def wait_for(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)


def form(fields, boundary="XoX"):
    """A multipart/form-data body of (name, file name or None, bytes), and its Content-Type."""
    body = b""
    for name, file, content in fields:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def tensor(side):
    """A request of the protocol that takes the longer the larger, in binary."""
    data = bytes(4 * 3 * side * side)
    head = json.dumps({"inputs": [{"name": "images", "shape": [1, 3, side, side], "datatype": "FP32",
                                   "parameters": {"binary_data_size": len(data)}}],
                       "outputs": [{"name": "iou_logits.p7", "parameters": {"binary_data": True}}]}).encode()
    return head + data, {"Inference-Header-Content-Length": str(len(head))}


INFER = "/v2/models/blood-cells/infer"
