"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from lab.attempts import Attempts

wrong = Attempts()
