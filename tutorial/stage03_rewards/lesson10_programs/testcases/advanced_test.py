"""Edge cases and bad input: lesson 10 looked at closely."""

import pytest
from hypothesis import strategies as st
from lesson10_programs.programs.reward import code_reward
from lesson10_programs.programs.running import call, extract_code
from lesson10_programs.testcases import scenarios

from course.base.property_tests import for_all


@pytest.mark.exercise("10.1")
class TestExtractCode:
    @for_all(text=st.text("`\npython x", max_size=60))
    def test_any_text_gives_a_program(self, observe, text):
        seen = observe(extract_code, text)
        seen.check(isinstance(seen.value, str) and seen.value in text, "the program is a part of the completion")

    def test_only_empty_blocks(self, observe):
        seen = observe(extract_code, "```python\n```")
        seen.check(not seen.value.strip(), "the block is empty, and so is the program")


@pytest.mark.exercise("10.2")
class TestRun:
    @pytest.mark.parametrize("hangs", [False, True])
    def test_no_file_is_left(self, observe, hangs):
        observe(scenarios.files_left, hangs).close(0)

    def test_a_timeout_comes_before_the_output_limit(self, observe):
        observe(scenarios.never_ends, output=2)["status"].close("timeout")

    def test_no_process_can_be_started(self, observe):
        # Every program would be paid 0, and nobody would know why.
        with observe.raises(OSError):
            observe(scenarios.without_an_interpreter)

    def test_output_that_is_no_text(self, observe):
        code = "import sys\nsys.stdout.buffer.write(b'\\xff\\n')"
        observe(scenarios.run, code)["stdout"].close("\ufffd\n")

    @pytest.mark.parametrize("code", ["x = 1\0", "def"])
    def test_code_that_is_no_program(self, observe, code):
        observe(scenarios.run, code)["status"].close("error")

    def test_much_input_that_nobody_reads(self, observe):
        observe(scenarios.run, "print(1)", "x" * 1_000_000)["status"].close("ok")


@pytest.mark.exercise("10.3")
class TestCall:
    def test_no_process_can_be_started(self, observe):
        with observe.raises(OSError):
            observe(scenarios.without_an_interpreter, calls=True)

    def test_no_inputs(self, observe):
        observe(call, "def f(x):\n    return x", "f", []).close([])

    def test_objects_are_only_texts(self, observe):
        code = "class A(int):\n    __eq__ = lambda a, b: True\n    __repr__ = lambda a: '5'\ndef f(x):\n    return A(7)"
        observe(call, code, "f", [[1]]).close(["5"])


@pytest.mark.exercise("10.4")
class TestCodeReward:
    @pytest.mark.parametrize(("answers", "expected"), [(["1"], [1, 2]), (["1", "2"], [1])])
    def test_as_many_answers_as_tests(self, observe, answers, expected):
        with observe.raises(ValueError):
            observe(code_reward, answers, expected)

    @for_all(text=st.text("()[]{}-+'1,: x\\\n", max_size=30))
    def test_any_text_is_an_answer(self, observe, text):
        observe(code_reward, [text], ["no text of this alphabet"], mode="share").close(0.0)

    def test_a_deep_answer(self, observe):
        observe(code_reward, ["-" * 30_000 + "1"], [1]).close(0.0)
