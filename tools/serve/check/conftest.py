import pytest

from served import Server


@pytest.fixture(scope="session")
def server():
    """One server for all tests that do it no harm: at the end it lives, and drains."""
    with Server() as one:
        yield one
