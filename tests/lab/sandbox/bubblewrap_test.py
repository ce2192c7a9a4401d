"""Walls around any command."""

import subprocess
import sys

import pytest

from course.base.switch import ROOT
from lab.sandbox import bubblewrap
from tests.grader import needs_sandbox

LOOKS = """
import os, socket, sys
def writes(folder):
    try:
        open(folder + "/new", "x").close()
        return True
    except OSError:
        return False
inside, outside = sys.argv[1:]
print(os.path.exists(outside), writes(inside), writes("."), [name for _, name in socket.if_nameindex()])
"""


def test_a_command_sees_only_its_folders_and_writes_to_one(tmp_path):
    if why := needs_sandbox.missing():
        pytest.skip(why)
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
    walls = bubblewrap.around([ROOT], writable=tmp_path / "inside")
    command = [*walls, sys.executable, "-c", LOOKS, str(tmp_path / "inside"), str(tmp_path / "outside")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "False True False ['lo']\n", done.stderr
    assert (tmp_path / "inside" / "new").exists()


def test_without_bubblewrap_there_are_no_walls(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert bubblewrap.around([ROOT], writable=tmp_path) == []
