# Each target is a thin name for `python -m course VERB`, which also sets up .venv where needed.
# Another Python for the set-up: make PYTHON=python3.12 demo
# (`check` ends well whatever it finds: open exercises are no error of make's.)
PYTHON ?= python3
COURSE = $(PYTHON) -m course

.PHONY: help setup demo test check hint reset audit new-lesson stubs clean

help:
	@$(COURSE) help
setup:
	@$(COURSE) setup
demo:
	@$(COURSE) demo
test:
	@$(COURSE) test
check:
	@$(COURSE) check $(LESSON) || true
hint:
	@$(COURSE) hint $(EX)
reset:
	@$(COURSE) reset $(LESSON)
audit:
	@$(COURSE) audit $(EX) $(LESSON)
new-lesson:
	@$(COURSE) new-lesson $(NAME)
stubs:
	@$(COURSE) stubs
clean:
	@$(COURSE) clean
