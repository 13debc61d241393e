"""How much the server holds, and what it adds to the library alone.

    python load.py table [ROUNDS]     # latency and throughput at 1 to 8 connections
    python load.py settings           # sessions, threads and batches compared
    python load.py faults [REQUESTS]  # requests of which many are wrong or leave: nothing is lost
"""
import concurrent.futures
import http.client
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter

from served import BINARY, INFER, MODEL, PICTURE, ROOT, Server, form

ALONE = BINARY.parent / "library-alone"
JPEG_OR_PNG = ROOT / "Examples/smear.png"


def percentile(times, part):
    times = sorted(times)
    return times[min(len(times) - 1, round(part * (len(times) - 1)))]


def summary(times, seconds):
    """p50 and p99 in ms, requests a second."""
    return percentile(times, 0.5) * 1e3, percentile(times, 0.99) * 1e3, len(times) / seconds


# ---- Served ------------------------------------------------------------------------------------


def caller(server, count, path="/v1/detect"):
    connection = server.connect()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", path, PICTURE)
        response = connection.getresponse()
        response.read()
        assert response.status == 200
        times.append(time.perf_counter() - start)
    connection.close()
    return times


def served(server, connections, requests):
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        parts = pool.map(lambda _: caller(server, requests // connections), range(connections))
        times = [one for part in parts for one in part]
    return times, time.perf_counter() - start


def alone(connections, requests, sessions=2, threads=1):
    out = subprocess.run([ALONE, MODEL, JPEG_OR_PNG, *map(str, (connections, sessions, threads, requests))],
                         capture_output=True, text=True, check=True).stdout.splitlines()
    return [float(one) for one in out[0].split()], float(out[1])


def table(rounds):
    """Rounds of both in turn, so that both meet the same machine; medians of the rounds."""
    print("| connections | | p50 ms | p99 ms | requests/s |\n| --- | --- | --- | --- | --- |")
    with Server("--workers", 2, "--log-level", "notice") as server:
        served(server, 2, 8)
        for connections in (1, 2, 4, 8):
            requests = max(48, 8 * connections)
            rows = {"library": [], "server": []}
            for _ in range(rounds):
                rows["library"].append(summary(*alone(connections, requests)))
                rows["server"].append(summary(*served(server, connections, requests)))
            for name, measured in rows.items():
                p50, p99, rate = (statistics.median(column) for column in zip(*measured, strict=True))
                print(f"| {connections} | {name} | {p50:.1f} | {p99:.1f} | {rate:.1f} |", flush=True)


def settings():
    """Sessions and threads, then batches, in turn."""
    cases = {"2 sessions, 1 thread": ["--workers", 2], "1 session, 2 threads": ["--workers", 1, "--threads", 2],
             "2 sessions, 2 threads": ["--workers", 2, "--threads", 2],
             "2 sessions, batch 2": ["--workers", 2, "--max-batch", 2],
             "2 sessions, batch 4": ["--workers", 2, "--max-batch", 4],
             "1 session, 2 threads, batch 4": ["--workers", 1, "--threads", 2, "--max-batch", 4]}
    print("| | connections | p50 ms | p99 ms | requests/s |\n| --- | --- | --- | --- | --- |")
    servers = {name: Server(*case, "--log-level", "notice") for name, case in cases.items()}
    for connections in (1, 8):
        rows = {name: [] for name in cases}
        for _ in range(5):
            for name, server in servers.items():
                served(server, connections, connections)
                rows[name].append(summary(*served(server, connections, 32)))
        for name, measured in rows.items():
            p50, p99, rate = (statistics.median(column) for column in zip(*measured, strict=True))
            print(f"| {name} | {connections} | {p50:.1f} | {p99:.1f} | {rate:.1f} |", flush=True)
    for server in servers.values():
        server.stop()


# ---- Faults ------------------------------------------------------------------------------------

BROKEN = PICTURE[:5000]
FORM, FORM_TYPE = form([("picture", "smear.png", BROKEN)])


class Faulty:
    """One client that sends what it likes, and notes how each of its requests ended."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.ends = Counter()
        self.connection = server.connect()
        self.kinds = [(self.right, 6), (self.rescored, 4), (self.live, 30), (self.broken, 20), (self.form, 10),
                      (self.json, 15), (self.large, 4), (self.unknown, 6), (self.nonsense, 3), (self.leaves_early, 4),
                      (self.leaves_late, 4)]

    def run(self, count):
        kinds, weights = zip(*self.kinds, strict=True)
        for kind in self.random.choices(kinds, weights, k=count):
            self.ends[kind()] += 1
        self.connection.close()
        return self.ends

    def ask(self, method, path, body, expected, headers=None):
        """A status, which is one of those that are right for the request."""
        try:
            self.connection.request(method, path, body, headers or {})
            response = self.connection.getresponse()
            response.read()
        except (http.client.HTTPException, ConnectionError):
            # The server ends connections whose body it does not read.
            self.connection.close()
            self.connection = self.server.connect()
            return "lost"
        assert response.status in expected, (method, path, response.status)
        return response.status

    def right(self):
        return self.ask("POST", "/v1/detect?keep=1", PICTURE, (200, 429))

    def rescored(self):
        return self.ask("POST", "/v1/rescore", '{"token":"0123456789abcdef","alpha":0.5}', (410,))

    def live(self):
        path = self.random.choice(["/v2/health/live", "/v1/models", "/v2/models/blood-cells", "/"])
        return self.ask("GET", path, None, (200,))

    def broken(self):
        return self.ask("POST", "/v1/detect", BROKEN, (400, 429))

    def form(self):
        return self.ask("POST", "/v1/detect", FORM, (400, 429), {"Content-Type": FORM_TYPE})

    def json(self):
        wrong = self.random.choice(['{"inputs":', '{"inputs":[{"name":1}]}', "[]", '{"inputs":[]}'])
        return self.ask("POST", INFER, wrong, (400, 429))

    def large(self):
        self.connection.close()
        self.connection = self.server.connect()
        found = self.ask("POST", "/v1/detect", b"x", (413,), {"Content-Length": str(1 << 33)})
        self.connection.close()
        self.connection = self.server.connect()
        return found

    def unknown(self):
        return self.ask("GET", f"/{self.random.randrange(1000)}", None, (404,))

    def nonsense(self):
        self.server.raw(self.random.randbytes(64) + b"\r\n\r\n", finish=True)
        return "nonsense"

    def leaves_early(self):
        """In the middle of the body."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as link:
            link.sendall(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        return "left"

    def leaves_late(self):
        """While the server works, or just before."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as link:
            link.sendall(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE)
            time.sleep(self.random.random() * 0.05)
        return "left"


def counter(server):
    """Requests that ended, without those for the counters themselves."""
    return sum(value for own, value in server.series("iou_http_requests_total") if own["endpoint"] != "/metrics")


def faults(requests, clients=8):
    """Every request has an answer or its client has gone; the counters say the same; memory stays."""
    with Server("--workers", 2, "--log-level", "notice") as server:
        for _ in range(40):
            server.detect("?keep=1")
        before = server.metric("process_resident_memory_bytes")
        counted = counter(server)
        start = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            ends = sum(pool.map(lambda seed: Faulty(server, seed).run(requests // clients), range(clients)), Counter())
        seconds = time.perf_counter() - start
        total = sum(ends.values())
        seen = total - ends["nonsense"]
        server.wait_for(lambda: server.metric("iou_connections") == 1)
        counted = counter(server) - counted
        after = server.metric("process_resident_memory_bytes")
        errors = sum(one["level"] == "error" for one in server.logs)
        for end, count in sorted(ends.items(), key=str):
            kind = {"left": "client left", "nonsense": "no HTTP", "lost": "no answer"}.get(end, f"HTTP {end}")
            print(f"{count:6} {kind}")
        print(f"{total:6} requests in {seconds:.0f} s, {counted:.0f} of them HTTP by the counters; "
              f"memory {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after; errors logged: {errors}")
        assert total == requests // clients * clients
        assert ends["lost"] == 0
        assert counted == seen, (counted, seen)
        assert server.metric("iou_http_requests_total", status="500") == 0
        assert server.metric("iou_queue_length") == 0
        assert after < before * 1.3 + 50e6
        server.detect()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["table", *rounds]:
            table(int(rounds[0]) if rounds else 9)
        case ["settings"]:
            settings()
        case ["faults", *requests]:
            faults(int(requests[0]) if requests else 10_000)
        case _:
            sys.exit(__doc__)
