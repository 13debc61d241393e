"""The Open Inference Protocol, as NVIDIA's client speaks it."""
import subprocess

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from served import INFER, MODEL, ROOT, Server

NAME = "blood-cells"


@pytest.fixture(scope="module")
def client(server):
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}") as one:
        yield one


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).standard_normal((1, 3, 64, 96)).astype(np.float32)


def ask(client, images, binary_in=True, binary_out=True, names=("cls_logits.p3", "iou_logits.p7"), **options):
    given = triton.InferInput("images", list(images.shape), "FP32")
    given.set_data_from_numpy(images, binary_data=binary_in)
    wanted = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in names]
    return client.infer(NAME, [given], outputs=wanted, **options)


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready(NAME) and client.is_model_ready(NAME, "1")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    model = client.get_model_metadata(NAME)
    assert model["versions"] == ["1"]
    assert model["inputs"] == [{"name": "images", "datatype": "FP32", "shape": [-1, 3, -1, -1]}]
    assert [one["name"] for one in model["outputs"]][:2] == ["cls_logits.p3", "cls_logits.p4"]
    assert client.get_model_repository_index()[0]["state"] == "READY"


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_binary_and_json_are_the_same(client, images, binary_in, binary_out):
    expected = ask(client, images)
    found = ask(client, images, binary_in, binary_out, request_id="7")
    assert found.get_response()["id"] == "7"
    for name in ("cls_logits.p3", "iou_logits.p7"):
        assert found.as_numpy(name).dtype == np.float32
        np.testing.assert_array_equal(found.as_numpy(name), expected.as_numpy(name))


def test_computes_what_iourun_computes(client, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    subprocess.run([ROOT / ".build/release/iourun", "tensors", MODEL, "--input", f"images={tmp_path}/images.npy",
                    "--output-dir", tmp_path / "out"], check=True, stdout=subprocess.DEVNULL)
    [expected] = list((tmp_path / "out").rglob("*cls_logits.p3*.npy"))
    np.testing.assert_allclose(ask(client, images).as_numpy("cls_logits.p3"), np.load(expected), atol=1e-4)


def test_gives_all_outputs_where_none_is_named(client, images):
    given = triton.InferInput("images", list(images.shape), "FP32")
    given.set_data_from_numpy(images)
    found = client.infer(NAME, [given])
    assert len(found.get_response()["outputs"]) == 15
    assert found.as_numpy("box_deltas.p7").shape[-1] == 36


def test_many_at_a_time(server, images):
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}", concurrency=4) as client:
        expected = ask(client, images).as_numpy("cls_logits.p3")
        given = triton.InferInput("images", list(images.shape), "FP32")
        given.set_data_from_numpy(images)
        for one in [client.async_infer(NAME, [given]) for _ in range(40)]:
            np.testing.assert_array_equal(one.get_result().as_numpy("cls_logits.p3"), expected)


@pytest.mark.parametrize("change, expected", [
    (dict(images=np.zeros((1, 3, 64), np.float32)), "images"),
    (dict(images=np.zeros((1, 4, 64, 64), np.float32)), "images"),
    (dict(names=["nothing"]), "output 'nothing'"),
])
def test_says_what_is_wrong(client, images, change, expected):
    with pytest.raises(InferenceServerException, match=expected) as found:
        ask(client, **{"images": images, **change})
    assert found.value.status() == "400"


def test_wants_the_right_type_name_and_version(client, server, images):
    given = triton.InferInput("images", list(images.shape), "FP64")
    given.set_data_from_numpy(images.astype(np.float64))
    with pytest.raises(InferenceServerException, match="float32"):
        client.infer(NAME, [given])
    with pytest.raises(InferenceServerException, match="expected one of blood-cells"):
        client.get_model_metadata("other")
    with pytest.raises(InferenceServerException, match="expected version 1, found '2'"):
        client.get_model_metadata(NAME, "2")
    assert server.post(INFER, {"inputs": []}).error.startswith("input 'images': expected a tensor")


def test_a_timeout_of_the_client(client, server):
    images = np.zeros((1, 3, 1024, 1024), np.float32)
    with pytest.raises(InferenceServerException, match="deadline"):
        ask(client, images, timeout=20_000)


def test_opens_a_model_again(images):
    with Server() as server, triton.InferenceServerClient(f"127.0.0.1:{server.port}") as client:
        before = ask(client, images).as_numpy("cls_logits.p3")
        client.load_model(NAME)
        np.testing.assert_array_equal(ask(client, images).as_numpy("cls_logits.p3"), before)
        with pytest.raises(InferenceServerException):
            client.load_model("other")
