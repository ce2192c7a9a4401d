"""The process that holds a submission, in the sandbox of lab/sandbox.

submission_server.py  the fork server: what it imports, and what its workers do
worker.py             holds the submission's files and answers `observe` calls
replaced.py           what the submission has replaced of our modules
visible_files.py      the trusted files that a worker may read
selftest.py           proves, before anything is graded, that the walls stand
tier.py               whether there are walls, and what every report says if not
"""
