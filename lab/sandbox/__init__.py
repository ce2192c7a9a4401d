"""The confinement of strange code: of the programs that a model writes, and of submissions that are graded.

sandbox.py      our side: starts a fork server behind its walls, and workers in it
bubblewrap.py   the command line of the outer wall
selftest.py     proves, before any strange code runs, that the walls stand
fork_server.py  runs inside: has imported what takes long, and forks a worker for each piece of strange code
confinement.py  what a worker gives up before it looks at strange code
frames.py       messages over a socket, bounded before they are read
"""
