"""Measures libiou against its peers; started by tools/bench_peers.py."""
