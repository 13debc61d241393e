"""POST /v1/detect and /v1/rescore find what `iourun` finds."""
import concurrent.futures
import json
import os
import subprocess

import pytest

from served import MODEL, PICTURE, ROOT, Server, form

IOURUN = os.environ.get("IOURUN", ROOT / ".build/release/iourun")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("iourun")
    subprocess.run([IOURUN, MODEL, ROOT / "Examples/smear.png", "--json", folder / "found.json", "--output",
                    folder / "drawn.png", "--score-threshold", "0.6"], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "found.json").read_text())["images"][0], (folder / "drawn.png").read_bytes()


def near(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert one["label"] == other["label"] and one["class"] == other["class"]
        for name in ("score", "probability", "iou"):
            assert one[name] == pytest.approx(other[name], abs=1e-5)
        assert one["box"] == pytest.approx(other["box"], abs=1e-2)


def test_finds_what_iourun_finds(server, expected):
    found = server.detect("?score_threshold=0.6")
    near(found["detections"], expected[0]["detections"])
    assert len(found["detections"]) > 5
    assert (found["width"], found["height"], found["model"]) == (640, 480, "blood-cells")
    assert found["score_threshold"] == pytest.approx(0.6)
    assert found["alpha"] == pytest.approx(0.4)
    assert "token" not in found


def test_draws_what_iourun_draws(server, expected):
    by_query = server.post("/v1/detect?score_threshold=0.6&format=png", PICTURE)
    by_header = server.post("/v1/detect?score_threshold=0.6", PICTURE, Accept="image/png")
    assert by_query.headers["content-type"] == "image/png"
    assert by_query.body == by_header.body
    assert by_query.body == expected[1]


def test_takes_forms(server):
    plain = server.detect("?score_threshold=0.7&alpha=0.2&nms_threshold=0.4&max_detections=5")
    body, kind = form([("alpha", None, b"0.2"), ("picture", "smear.png", PICTURE), ("nms_threshold", None, b"0.4"),
                       ("score_threshold", None, b"0.7"), ("max_detections", None, b"5")])
    answer = server.post("/v1/detect", body, **{"Content-Type": kind})
    assert answer.json == plain
    assert len(plain["detections"]) == 5


def test_a_kept_picture_has_its_token_in_a_header(server):
    answer = server.post("/v1/detect?format=png&keep=1", PICTURE)
    assert answer.headers["content-type"] == "image/png"
    again = server.post("/v1/rescore", {"token": answer.headers["iou-token"]})
    assert again.status == 200 and again.json["detections"] == server.detect()["detections"]


def test_scores_again_as_it_detects(server):
    token = server.detect("?keep=1")["token"]
    for alpha, score, nms in [(0, 0.5, 0.5), (0.25, 0.3, 0.2), (1, 0.05, 0.9)]:
        asked = {"alpha": alpha, "score_threshold": score, "nms_threshold": nms}
        answer = server.post("/v1/rescore", {"token": token, **asked})
        assert answer.status == 200
        again = answer.json
        assert again.pop("token") == token
        assert again == server.detect("?" + "&".join(f"{name}={value}" for name, value in asked.items()))


def test_forgets_the_oldest_run(server):
    before = server.metric("iou_kept_runs")
    tokens = [server.detect("?keep=1")["token"] for _ in range(34)]
    gone = server.post("/v1/rescore", {"token": tokens[0]})
    assert gone.status == 410 and "send the picture again" in gone.error
    assert server.post("/v1/rescore", {"token": tokens[-1]}).status == 200
    assert before <= server.metric("iou_kept_runs") == 32
    assert 0 < server.metric("iou_kept_bytes") < 256 << 20


def test_says_which_models_there_are(server):
    [model] = server.get("/v1/models").json["models"]
    assert model["name"] == "blood-cells"
    assert model["labels"] == ["RBC", "WBC", "Platelets"]
    assert model["detector"] and model["rescores"] and model["predicts_iou"]


def test_takes_many_requests_on_one_connection(server):
    connection = server.connect()
    for path in ["/v1/detect", "/v1/detect?alpha=7", "/v1/detect"]:
        connection.request("POST", path, PICTURE)
        response = connection.getresponse()
        body = json.loads(response.read())
        assert ("detections" in body) == (response.status == 200)
        assert not response.will_close
    connection.close()


def test_pictures_that_run_together_are_as_alone(server):
    """Equal requests share runs, others do not; a wrong one among them is wrong alone."""
    queries = ["?alpha=0.2", "", "?alpha=0.2&keep=1", "?alpha=0.2&format=png"]
    expected = {query: server.post("/v1/detect" + query, PICTURE) for query in queries}
    with Server("--workers", 1, "--max-batch", 4, "--batch-delay", 50) as batching:
        asked = [query for query in queries for _ in range(6)] + [None] * 4

        def ask(query):
            return batching.post("/v1/detect" + (query or ""), PICTURE[:999] if query is None else PICTURE)

        with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(ask, asked))
        batching.wait_for(lambda: batching.metric("iou_batch_size_sum") == len(asked))  # counted behind the answer
        assert batching.metric("iou_batch_size_count") < len(asked)
        for query, answer in zip(asked, answers):
            if query is None:
                assert answer.status == 400 and answer.error.startswith("picture:")
            elif "png" in query:
                assert answer.body == expected[query].body
            else:
                found = answer.json
                if "keep" in query:
                    again = batching.post("/v1/rescore", {"token": found["token"], "alpha": 0.2}).json
                    assert again == found
                near(found["detections"], expected[query].json["detections"])
