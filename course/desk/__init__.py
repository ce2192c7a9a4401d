"""The learner's side: pytest's reports, `make next`, `check`, `watch`, `hint`, `solution`, `update`."""
