"""Compares the final boxes of exported checkpoints with their sources'; started by tools/checkpoints/run.sh."""
