"""Prints who runs this, and what the self-test says of their sandbox on this machine if workers keep bubblewrap's own
mounts as they are. The sandbox is that of a model's programs, which starts at once; the walls are the same."""

import os

from lab.rl import program_sandbox
from lab.sandbox import bubblewrap


def main() -> None:
    path = program_sandbox.tree() / "lab" / "sandbox" / "confinement.py"
    text = path.read_text(encoding="utf-8")
    assert text.count("    all_read_only()\n") == 1
    path.write_text(text.replace("    all_read_only()\n", ""), encoding="utf-8")
    whole = bubblewrap.confined_command
    bubblewrap.confined_command = lambda *a: loosened(whole(*a))
    print(program_sandbox.missing_walls() or "stands")
    program_sandbox.close()


def loosened(command: list[str]) -> list[str]:
    at = command.index("/dev", command.index("--remount-ro"))
    return command[: at - 1] + command[at + 1 :]


if __name__ == "__main__":
    print(os.getuid())
    main()
