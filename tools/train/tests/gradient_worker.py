"""Writes gradients and losses of one step: of this process alone, or of one among several.

    gradient_worker.py OUT KEY=VALUE … [-- KEY=VALUE …] …

Each group of settings is a variant on the first; OUT has a list of their results.
"""

from __future__ import annotations

import sys
from itertools import groupby

import torch

from train.config import FitOptions
from train.config_file import load
from train.dataset import open_run_data
from train.distributed import Processes, joined
from train.fit import Run


def first_step(options: FitOptions, processes: Processes) -> dict:
    run = Run(options, open_run_data(options.data), processes)
    run.model.train()
    losses = run.losses(run.batch(0))
    losses.total().backward()
    return {"losses": processes.mean(*(float(loss.detach()) for loss in losses)),
            "gradients": {name: p.grad for name, p in run.model.named_parameters()
                          if p.grad is not None}}


def main(out: str, words: list[str]) -> None:
    torch.set_num_threads(1)
    common, *variants = [list(group) for is_end, group in groupby(words, "--".__eq__)
                         if not is_end]
    with joined(torch.device("cpu")) as processes:
        results = [first_step(load(FitOptions, None, [*common, *more]), processes)
                   for more in ([], *variants)]
        if processes.leads:
            torch.save(results, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
