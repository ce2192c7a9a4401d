"""The confinement of the process that holds a submission.

sandbox.py        the judge's side: starts the fork server behind its walls, and workers in it
bubblewrap.py     the command line of the outer wall
visible_files.py  the trusted files that a worker may read
selftest.py       proves, before anything is graded, that the walls stand
fork_server.py    runs inside: has imported what takes long, and forks a worker for each submission and lesson
confinement.py    what a worker gives up before it looks at a submission
worker.py         holds the submission's files and answers `observe` calls
frames.py         messages over a socket, bounded before they are read
"""
