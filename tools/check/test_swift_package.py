"""What a Swift program that depends on the package finds: check_swift_package.sh."""

import subprocess

import pytest
from libiou import ROOT


@pytest.mark.first
def test_swift_package():
    done = subprocess.run([ROOT / "tools/check/check_swift_package.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
