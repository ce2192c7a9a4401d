# Each target is a thin name for `python -m course VERB`, which also sets up .venv where needed.
# Another Python for the set-up: make PYTHON=python3.12 demo
# (`check` and `solution` end well whatever they find: open exercises are no error of make's.)
PYTHON ?= python3
COURSE = $(PYTHON) -m course

.PHONY: next help setup demo mnist rlhf llm trl test watch check hint solution reset update grade gradescope-zip classroom-workflow release audit notebooks new-lesson stubs clean

next:
	@$(COURSE) next
help:
	@$(COURSE) help
watch:
	@$(COURSE) watch $(LESSON)
setup:
	@$(COURSE) setup
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
test:
	@$(COURSE) test
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
gradescope-zip:
	@$(COURSE) gradescope-zip $(OPTIONS)
classroom-workflow:
	@$(COURSE) classroom-workflow $(OPTIONS)
release:
	@$(COURSE) release $(if $(OUT),--out $(OUT))
audit:
	@$(COURSE) audit $(EX) $(LESSON)
notebooks:
	@$(COURSE) notebooks $(LESSON)
new-lesson:
	@$(COURSE) new-lesson $(NAME)
stubs:
	@$(COURSE) stubs
clean:
	@$(COURSE) clean
