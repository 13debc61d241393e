"""A model in a forked child with limits: what it computes, how it is refused, how the child ends."""

import ctypes
import os
import pathlib
import resource
import signal
import sys
import time
import traceback

import numpy as np
from libiou import NUMBERS, TYPES
from libiou import _Error as Error
from libiou import _SessionOptions as SessionOptions
from libiou import _Tensor as Tensor

SANITIZED = "san" in os.environ.get("LD_PRELOAD", "")
MEMORY = 4 << 30  # beyond what the parent has mapped, which the child inherits
SECONDS = 60 if SANITIZED else 10


class RunOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("deadline_ns", ctypes.c_int64), ("cancel", ctypes.c_void_p)]


class Refusal(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def run_model(library, data, feeds, no_optimize=False, max_memory=0, deadline=0.0, threads=1):
    """The outputs, or a Refusal. `feeds`: a list of (name, array or raw Tensor); None: only opens the model."""
    # Raw bytes and strings of errors stay bytes: a malformed name need not be UTF-8.
    error, model, session = Error(), ctypes.c_void_p(), ctypes.c_void_p()

    def check(status):
        if status:
            raise Refusal(status, error.text)

    buffer = ctypes.create_string_buffer(data, len(data))
    try:
        check(library.iou_model_open_memory(ctypes.byref(model), buffer, ctypes.c_size_t(len(data)), None,
                                            ctypes.byref(error)))
        if feeds is None:
            return None
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, no_optimize, False, None, max_memory)
        check(library.iou_session_open(ctypes.byref(session), model, ctypes.byref(options), ctypes.byref(error)))
        inputs, keep = (Tensor * max(1, len(feeds)))(), []
        for i, (name, value) in enumerate(feeds):
            if isinstance(value, Tensor):
                inputs[i] = value
            else:
                array = np.require(value, requirements="C")
                keep.append(array)
                inputs[i] = Tensor(None, NUMBERS[array.dtype], array.ndim, (ctypes.c_int64 * 8)(*array.shape),
                                   array.ctypes.data, array.nbytes)
            inputs[i].name = name.encode()
        count = library.iou_model_output_count(model)
        outputs = (Tensor * count)()
        options = RunOptions(ctypes.sizeof(RunOptions), int((time.monotonic() + deadline) * 1e9) if deadline else 0)
        check(library.iou_session_run(session, inputs, ctypes.c_size_t(len(feeds)), outputs, ctypes.c_size_t(count),
                                      ctypes.byref(options), ctypes.byref(error)))
        found = []
        for o in outputs:
            bytes_ = ctypes.string_at(o.data, o.size) if o.size else b""
            found.append(np.frombuffer(bytes_, TYPES[o.type]).reshape(list(o.dims)[:o.rank]))
        return found
    finally:
        library.iou_session_close(ctypes.byref(session))
        library.iou_model_close(ctypes.byref(model))


def mapped_bytes():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def in_child(work):
    """Runs work(report) in a forked child with limits. Returns (how it ended, the reported lines)."""
    here, there = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(here)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if not SANITIZED:  # a sanitizer reserves terabytes of addresses
                most = mapped_bytes() + MEMORY
                resource.setrlimit(resource.RLIMIT_AS, (most, most))
            signal.alarm(SECONDS)
            work(lambda line: os.write(there, line.encode(errors="replace") + b"\n"))
            os._exit(0)
        except BaseException:
            os.write(there, b"python: " + traceback.format_exc().replace("\n", " | ").encode()[-3000:] + b"\n")
            os._exit(99)
    os.close(there)
    with os.fdopen(here, "rb") as pipe:
        lines = pipe.read().decode(errors="replace").splitlines()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        end = f"hangs for {SECONDS} s" if number == signal.SIGALRM else f"dies of {signal.Signals(number).name}"
    else:
        code = os.WEXITSTATUS(status)
        end = "" if code == 0 else f"exits with {code}"
    return end, lines


def bad_text(text, expected):
    """What is wrong with the text of an error, or None."""
    if not text:
        return "the error has no text"
    if any(c < 32 or c == 127 for c in text):
        return f"the error's text has control characters: {text!r}"
    try:
        shown = text.decode()
    except UnicodeDecodeError:
        return f"the error's text is no UTF-8: {text!r}"
    for word in expected:
        if word not in shown:
            return f"the error does not mention {word!r}: {shown}"
    return None


def judge(case, library, no_optimize):
    try:
        data = case.data()
        found = run_model(library, data, case.feeds, no_optimize, case.max_memory, case.deadline, 1)
    except Refusal as refusal:
        if case.outputs is not None and not case.may_refuse:
            return f"is refused: {refusal.text!r}"
        if case.status and refusal.status not in case.status:
            return f"has status {refusal.status}, expected {case.status}: {refusal.text!r}"
        return bad_text(refusal.text, case.names)
    if case.must_refuse:
        return "is silently accepted"
    if case.outputs is not None and found is not None:
        for i, expected in enumerate(case.outputs):
            expected = np.asarray(expected)
            if found[i].shape != expected.shape or not np.array_equal(
                found[i], expected, equal_nan=expected.dtype.kind == "f"
            ):
                return (
                    f"output {i}: expected {expected.shape} {expected.ravel()[:8]}, "
                    f"found {found[i].shape} {found[i].ravel()[:8]}"
                )
    return None


def check_case(case, library, tally):
    def work(report):
        for no_optimize in (False, True):
            problem = judge(case, library, no_optimize)
            if problem:
                report(f"{'node by node: ' if no_optimize else ''}{problem}")
                return

    end, lines = in_child(work)
    problem = end or (lines[0] if lines else "")
    if end and lines:
        problem += ": " + lines[0]
    tally.add(case.name, problem)
