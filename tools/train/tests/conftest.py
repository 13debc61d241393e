"""One thread: the networks here are tiny, and the machine may be busy training."""

import torch

torch.set_num_threads(1)
