"""Threads that share a detector or have their own, forks before and after it was opened, other processes."""

import multiprocessing
import pathlib
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from conftest import MODEL, PICTURES
from same_boxes import assert_equal

import libiou

THREADS, ROUNDS = 8, 24


def test_threads_share_a_detector(detector: libiou.Detector) -> None:
    expected = [detector(picture) for picture in PICTURES]

    def look(round_number: int) -> libiou.Detections:
        return detector(PICTURES[round_number % 3])

    with ThreadPoolExecutor(THREADS) as pool:
        for number, found in enumerate(pool.map(look, range(ROUNDS))):
            assert_equal(found, expected[number % 3])


def test_threads_with_detectors_of_their_own(detector: libiou.Detector) -> None:
    expected = [detector(picture) for picture in PICTURES]
    own, model = threading.local(), libiou.Model(MODEL)

    def look(round_number: int) -> libiou.Detections:
        if not hasattr(own, "detector"):
            own.detector = libiou.Detector(model, threads=1)
        found: libiou.Detections = own.detector(PICTURES[round_number % 3])
        return found.rescore()

    with ThreadPoolExecutor(THREADS) as pool:
        for number, found in enumerate(pool.map(look, range(ROUNDS))):
            assert_equal(found, expected[number % 3])


def test_other_threads_run_meanwhile(smear: pathlib.Path) -> None:
    detector = libiou.Detector(MODEL, threads=1, optimize=False, isa="scalar")  # slow
    running, counted = threading.Event(), 0

    def look() -> None:
        running.set()
        detector(smear)
        running.clear()

    thread = threading.Thread(target=look)
    thread.start()
    running.wait()
    while running.is_set():
        time.sleep(0.001)
        counted += 1
    thread.join()
    assert counted > 10


def looked_at(picture: pathlib.Path, detector: libiou.Detector | None = None) -> libiou.Detections:
    found = (detector or libiou.Detector(MODEL, threads=2))(picture)
    assert len(found) > 10
    return found


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_detectors_of_other_processes(method: str, detector: libiou.Detector, smear: pathlib.Path) -> None:
    """Opened there, and pickled there by the model's path."""
    expected = detector(smear)
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        for future in [pool.submit(looked_at, smear), pool.submit(looked_at, smear, detector)]:
            assert_equal(future.result(timeout=60), expected)


def test_a_fork_goes_on_with_what_was_open(detector: libiou.Detector, smear: pathlib.Path) -> None:
    expected = detector(smear)
    queue = multiprocessing.get_context("fork").Queue()

    def look() -> None:
        found = expected.rescore()
        queue.put((found, detector(smear)))

    children = [multiprocessing.get_context("fork").Process(target=look) for _ in range(3)]
    for child in children:
        child.start()
    for _ in children:
        for found in queue.get(timeout=60):
            assert_equal(found, expected)
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert_equal(detector(smear), expected)


def test_a_fork_in_the_middle_of_a_run(smear: pathlib.Path) -> None:
    """The child is refused the detector that was running, at once, and opens another."""
    detector = libiou.Detector(MODEL, threads=1, optimize=False, isa="scalar")
    context = multiprocessing.get_context("fork")
    queue = context.Queue()

    def look() -> None:
        try:
            detector(smear)
            queue.put("it ran")
        except libiou.IoUError as error:
            queue.put(str(error))
        queue.put(len(libiou.Detector(MODEL)(smear)))

    thread = threading.Thread(target=detector, args=(smear,))
    thread.start()
    time.sleep(0.05)
    child = context.Process(target=look)
    child.start()
    assert "another thread is using" in queue.get(timeout=60)
    assert queue.get(timeout=60) > 10
    child.join(60)
    thread.join()
    assert child.exitcode == 0


def test_closing_in_any_order(smear: pathlib.Path) -> None:
    model = libiou.Model(MODEL.read_bytes())
    detector, session = libiou.Detector(model), libiou.InferenceSession(model)
    del model
    found = detector(smear)
    del detector
    assert_equal(found.rescore(), found)
    assert session.get_inputs()[0].name == "images"
