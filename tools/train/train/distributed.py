"""One training run in several processes (`torchrun`), by PyTorch's DistributedDataParallel."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

# Long enough for one process to read a large data set or to score its evaluation.
PATIENCE = timedelta(hours=2)


class ProcessLost(RuntimeError):
    """Another process of the run has ended."""


@dataclass(frozen=True)
class Processes:
    """This process among those of the run; alone unless `torchrun` started it."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    device: torch.device = torch.device("cpu")

    @property
    def leads(self) -> bool:
        """Whether this one writes files and messages."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """The slots of a batch that this process works on: contiguous, in the order of ranks."""
        if batch % self.count:
            raise ValueError(f"schedule.batch: {batch} pictures cannot be shared evenly by "
                             f"{self.count} processes")
        own = batch // self.count
        return slice(self.rank * own, (self.rank + 1) * own)

    def mean(self, *values: float) -> list[float]:
        """The means over the processes, the same in all of them."""
        if self.count == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return (total / self.count).tolist()

    def gather(self, value: Any) -> list[Any] | None:
        """Everybody's value in the order of ranks, for the process that leads."""
        if self.count == 1:
            return [value]
        found: list[Any] | None = [None] * self.count if self.leads else None
        dist.gather_object(value, found)
        return found

    def parallel(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over the processes after each backward pass."""
        if self.count == 1:
            return network
        # Batch-norm statistics never change here, so there are no buffers to pass on.
        devices = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=devices,
                                                   forward_sync_buffers=False)


@contextmanager
def joined(device: torch.device) -> Generator[Processes, None, None]:
    """Joins the processes that `torchrun` started, and leaves them at the end.

    Raises ProcessLost where another one ends before this one.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(device=device)
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Processes(dist.get_rank(), count, local_rank(), device)
        # A thread of gloo's may still want Python's lock to let a tensor go. Were it to get that
        # when Python ends, the process would abort; here it has it while this one waits.
        dist.barrier()
    except RuntimeError as error:
        if _is_connection(error):
            raise ProcessLost("another process of this run has ended; its message says why. "
                              "--resume goes on from the last checkpoint") from error
        raise
    # Not after an error: it would wait for the others, which the end of this process informs.
    dist.destroy_process_group()


def local_rank() -> int:
    """The number of this process on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def _is_connection(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, dist.DistError) or any(
        word in text for word in ("gloo", "nccl", "connection closed", "connection reset"))
