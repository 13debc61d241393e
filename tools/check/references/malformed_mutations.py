"""Good models, cut at every byte and changed at random places."""

import random
import signal
import struct

from malformed_models import I64_MAX, I64_MIN, f32, good_model, shape_model
from malformed_run import SECONDS, Refusal, bad_text, in_child, run_model


def try_bytes(library, data, feeds):
    try:
        run_model(library, data, feeds, False, 64 << 20, 2.0)
    except Refusal as refusal:
        return bad_text(refusal.text, ())
    return None


def truncations(library, tally):
    data, feeds = good_model().SerializeToString(), [("x", f32(1, 3, 8, 8))]

    def work(report):
        for end in range(len(data)):
            report(f"at {end}")
            signal.alarm(SECONDS)
            problem = try_bytes(library, data[:end], feeds)
            if problem:
                report(f"bad {problem}")

    sweep("cut of the good model", work, tally)


def mutated(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        what = rng.randrange(6)
        if what == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            changed[at] = rng.choice((0, 1, 2, 0x7f, 0x80, 0xff))
        elif what == 2:
            changed[at:at + 8] = struct.pack("<q", rng.choice((0, -1, 1 << 31, 1 << 62, I64_MIN, I64_MAX)))
        elif what == 3:
            del changed[at:at + rng.randint(1, 4)]
        elif what == 4:
            changed[at:at] = bytes(changed[at:at + rng.randint(1, 16)])
        else:
            changed[at] = rng.randrange(256)
    return bytes(changed)


def good_models():
    return ((good_model().SerializeToString(), [("x", f32(1, 3, 8, 8))]),
            (shape_model().SerializeToString(), [("x", f32(1, 4, 6, 5))]))


def mutations(library, tally, seeds, models):
    """`seeds`: a range."""
    for data, feeds in models:
        try:
            run_model(library, data, feeds)
        except Refusal as refusal:
            tally.add("a good model", f"is refused: {refusal.text!r}")

    def work_from(first):
        def work(report):
            for seed in range(first, seeds.stop):
                report(f"at {seed}")
                signal.alarm(SECONDS)
                data, feeds = models[seed % len(models)]
                problem = try_bytes(library, mutated(data, random.Random(seed)), feeds)
                if problem:
                    report(f"bad {problem}")
        return work

    sweep("mutation", work_from, tally, seeds.start)


def sweep(what, work, tally, first=None):
    """Counts each step of a child that reports "at N" before it and "bad TEXT" after. `first`: the work begins at a
    step, so that it goes on behind a crash."""
    can_go_on, first = first is not None, first or 0
    while True:
        end, lines = in_child(work(first) if can_go_on else work)
        at, begun = first, 0
        for line in lines:
            if line.startswith("at "):
                at, begun = int(line[3:]), begun + 1
            elif line.startswith("bad "):
                tally.add(f"{what} {at}", line[4:])
                begun -= 1
            else:
                end = line
        tally.passed += max(0, begun - bool(end))
        if not end:
            return
        tally.add(f"{what} {at}", end)
        if not can_go_on:
            return
        first = at + 1
