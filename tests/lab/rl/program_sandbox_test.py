"""What confines the programs that a model writes, with and without walls."""

import glob
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course.base.errors import UsageError
from lab.rl import program_reward, program_sandbox, program_worker
from lab.sandbox import bubblewrap
from lab.sandbox.sandbox import BUBBLEWRAP, UNSAFE
from tests.grader import needs_sandbox

ADD = "def f(x):\n    return x + 1"
TESTS = "assert f(1) == 2"
# A child in its group, one in another session, and one whose parent has ended: each can be told by its command line.
LEAVES = r"""
import os, subprocess, sys, time
sleeps = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600) # MARK"]
subprocess.Popen(sleeps)
subprocess.Popen(sleeps, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sleeps[0], sleeps)
    os._exit(0)
import socket
for name in ("MARK-socket", "\0MARK"):
    heard = socket.socket(socket.AF_UNIX)
    heard.bind(name)
    heard.listen()
open("MARK-file", "w").write("x")
"""


@pytest.fixture(params=[BUBBLEWRAP, UNSAFE])
def tier(request, monkeypatch):
    """Behind walls, and without."""
    if request.param == UNSAFE and sys.platform != "linux":
        pytest.skip("only Linux finds processes that have left their session")
    if request.param == BUBBLEWRAP and (why := needs_sandbox.missing()):
        pytest.skip(why)
    if request.param == UNSAFE:
        monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    program_sandbox.close()
    program_sandbox.missing_walls.cache_clear()
    yield request.param
    program_sandbox.close()
    program_sandbox.missing_walls.cache_clear()


def commands():
    """The command lines of all processes."""
    found = []
    for place in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            found.append(Path(place).read_bytes())
        except OSError:
            continue
    return found


def test_nothing_is_left_of_a_program(tier, tmp_path, monkeypatch):
    mark = f"left-by-test-{os.getpid()}-{tier}"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = LEAVES.replace("MARK", mark)
    for ending in (ADD, "os._exit(0)", "while True: pass"):
        seconds = 1.0 if "while" in ending else 60.0
        assert program_sandbox.passes(f"{code}\n{ending}", TESTS, seconds) == (ending == ADD)
    assert not [line for line in commands() if mark.encode() in line]
    assert mark not in Path("/proc/net/unix").read_text()
    folders = (str(tmp_path), "/tmp", "/tmp/*", "/dev/shm", ".")
    assert not [found for folder in folders for found in glob.glob(f"{folder}/{mark}*")]


def test_programs_run_side_by_side_in_threads_that_end(tier):
    program_sandbox.passes(ADD, TESTS, 60.0)
    for _ in range(2):  # a sandbox outlives the thread that was the first to need it
        with ThreadPoolExecutor(3) as pool:
            assert all(pool.map(lambda _: program_sandbox.passes(ADD, TESTS, 60.0), range(6)))


def test_the_end_of_a_sandbox_is_no_verdict(tier):
    """A machine's fault must not look like a wrong program. The next program gets a new sandbox."""
    assert program_sandbox.passes(ADD, TESTS, 60.0)
    pair = program_sandbox._idle[-1]
    pair.program.process.kill()
    pair.program.process.wait()
    with pytest.raises(program_sandbox.WorkerFault):
        program_sandbox.passes(ADD, TESTS, 60.0)
    assert program_sandbox.passes(ADD, TESTS, 60.0)


def test_behind_walls_a_program_reaches_neither_files_nor_the_network(tier, tmp_path):
    (tmp_path / "secret").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        reads = f"def f(x):\n    return open({str(tmp_path / 'secret')!r}).read()"
        calls = f"import socket\ndef f(x):\n    socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))\n"
        open_to_it = tier == UNSAFE  # of which every report warns
        assert program_sandbox.passes(reads, "assert f(1) == 'secret'", 60.0) == open_to_it
        assert program_sandbox.passes(calls, "assert f(1) is None", 60.0) == open_to_it


def test_what_a_program_sends_is_not_computed_outside_its_sandbox(tier, monkeypatch):
    """It can find the socket. A process that trains must not evaluate what arrives there."""
    assert program_sandbox.passes(ADD, TESTS, 60.0)
    monkeypatch.setattr(program_worker, "from_text", lambda text: pytest.fail("read outside the sandbox"))
    forged = "import sys\nserver = sys._getframe(2)\n"
    forged += "server.f_globals['frames'].send(server.f_locals['channel'], b\"'x' * 1000000000000\")\n"
    assert not program_sandbox.passes(forged + ADD, TESTS, 60.0)
    assert program_sandbox.passes(ADD, TESTS, 60.0)


def test_reports_say_how_programs_run(tier):
    if tier == BUBBLEWRAP:
        assert program_sandbox.permission(False) == program_sandbox.permission(True) == program_sandbox.WALLS
        return
    with pytest.raises(UsageError, match=r"bubblewrap is not installed.*reward\.allow_execution=true"):
        program_sandbox.permission(False)
    assert program_sandbox.permission(True).startswith(program_sandbox.NO_SANDBOX)


def test_on_windows_one_sentence_says_what_is_needed(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UsageError, match="needs Linux or macOS"):
        program_reward.sandbox()


def test_the_sandboxes_end_with_the_process_that_uses_them():
    code = f"""
from lab.rl import program_sandbox
print(program_sandbox.passes({ADD!r}, {TESTS!r}, 60.0), flush=True)
print(program_sandbox.tree(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    verdict, tree = done.stdout.split()
    deadline = time.monotonic() + 60
    while any(tree.encode() in line for line in commands()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert verdict == "True" and not Path(tree).exists()
    assert not any(tree.encode() in line for line in commands())
