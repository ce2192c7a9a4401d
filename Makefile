# Made from course/commands.py by `make stubs`. Each target is a thin name for `python -m course COMMAND`, which also
# sets up .venv if needed. Another Python for the set-up: make PYTHON=python3.12 demo
# (`check` and `solution` end well whatever they find: open exercises are no error of make's.)
PYTHON ?= python3
COURSE = $(PYTHON) -m course
.DEFAULT_GOAL := next

.PHONY: demo mnist rlhf llm trl tunix test next watch check hint solution reset update grade release gradescope-zip classroom-workflow audit notebooks new-lesson stubs setup clean help

demo:
	@$(COURSE) demo
mnist:
	@$(COURSE) mnist $(EXPERIMENT)
rlhf:
	@$(COURSE) rlhf
llm:
	@$(COURSE) llm $(OPTIONS)
trl:
	@$(COURSE) trl $(OPTIONS)
tunix:
	@$(COURSE) tunix $(OPTIONS)
test:
	@$(COURSE) test $(OPTIONS)
next:
	@$(COURSE) next
watch:
	@$(COURSE) watch $(LESSON)
check:
	@$(COURSE) check $(LESSON) || true
hint:
	@$(COURSE) hint $(EX)
solution:
	@$(COURSE) solution $(EX) $(FORCE) || true
reset:
	@$(COURSE) reset $(LESSON)
update:
	@$(COURSE) update
grade:
	@$(COURSE) grade $(SUBMISSIONS) $(if $(OUT),--out $(OUT)) $(OPTIONS)
release:
	@$(COURSE) release $(if $(OUT),--out $(OUT)) $(OPTIONS)
gradescope-zip:
	@$(COURSE) gradescope-zip $(OPTIONS)
classroom-workflow:
	@$(COURSE) classroom-workflow $(OPTIONS)
audit:
	@$(COURSE) audit $(EX) $(LESSON) $(OPTIONS)
notebooks:
	@$(COURSE) notebooks $(LESSON) $(OPTIONS)
new-lesson:
	@$(COURSE) new-lesson $(NAME)
stubs:
	@$(COURSE) stubs $(OPTIONS)
setup:
	@$(COURSE) setup
clean:
	@$(COURSE) clean
help:
	@$(COURSE) help
