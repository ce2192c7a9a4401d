"""Is it right? Every exercise of lesson 10, on small programs. Nothing here depends on how fast your machine is."""

import pytest
from lesson10_programs.programs.reward import code_reward
from lesson10_programs.programs.running import call
from lesson10_programs.testcases import scenarios
from lesson10_programs.testcases.scenarios import extract_code

from course.base.property_tests import drawn

ADD = "def f(x):\n    return x + 1"


def number():
    """Grading draws another one, so that no table of visible answers helps."""
    return drawn().randrange(1000, 9000)


def adds(n):
    return f"def f(x):\n    return x + {n}"


def fenced(code, language="python"):
    return f"```{language}\n{code}\n```"


@pytest.mark.exercise("10.1")
class TestExtractCode:
    def test_worked_example(self, observe):
        observe(extract_code, f"It adds one:\n\n{fenced(ADD)}\n\nDone.").close(ADD)

    def test_the_last_block_counts(self, observe):
        text = f"{fenced(ADD)}\nNo, wait:\n{fenced(adds(number()))}"
        observe(extract_code, text).close(adds(number()))

    @pytest.mark.parametrize("language", ["", "py", "Python", "python  "])
    def test_other_fences(self, observe, language):
        observe(extract_code, f"Here:\n{fenced(adds(number()), language)}").close(adds(number()))

    def test_blocks_in_other_languages_are_no_programs(self, observe):
        text = f"{fenced('pip install x', 'bash')}\n{fenced(adds(number()))}\nOutput:\n{fenced('2', 'text')}"
        observe(extract_code, text).close(adds(number()))

    @pytest.mark.parametrize("language", ["c++", "shell-session", "text output"])
    def test_any_language_opens_a_block(self, observe, language):
        # Otherwise its closing line is taken for the beginning of the next block.
        text = f"{fenced(adds(number()))}\nOr:\n{fenced('2', language)}\nDone."
        observe(extract_code, text).close(adds(number()))

    def test_backquotes_within_a_line_end_no_block(self, observe):
        code = f'def f(x):\n    """Returns ```x + {number()}```."""\n    return x + {number()}'
        observe(extract_code, fenced(code)).close(code)

    def test_no_block(self, observe):
        observe(extract_code, adds(number())).close(adds(number()))

    def test_cut_off_before_the_closing_fence(self, observe):
        observe(extract_code, f"Here it is:\n```python\n{adds(number())}").close(adds(number()))

    def test_the_lines_stay_as_they_are(self, observe):
        body = f"    y = x + {number()}\n\n    return y"
        observe(extract_code, fenced(body)).close(body)

    def test_the_thinking_is_no_answer(self, observe):
        draft = fenced("def f(x):\n    return 0")
        observe(extract_code, f"<think>Perhaps\n{draft}</think>\n{fenced(adds(number()))}").close(adds(number()))
        observe(extract_code, f"<think>No</think>\n{draft}\n</think>{adds(number())}").close(adds(number()))
        # Many chat templates end with <think>: then the completion holds </think> alone.
        observe(extract_code, f"Perhaps\n{draft}\n</think>{adds(number())}").close(adds(number()))

    def test_drawn_completions(self, observe):
        random = drawn()
        codes = [f"def f(x):\n    return x + {random.randrange(100)}" for _ in range(random.randint(2, 4))]
        blocks = [fenced(code, random.choice(["python", "py", ""])) for code in codes]
        text = "\n".join(f"Version {i}:\n{block}" for i, block in enumerate(blocks))
        observe(extract_code, text).close(codes[-1])


@pytest.mark.exercise("10.2")
class TestRun:
    def test_worked_example(self, observe):
        seen = observe(scenarios.run, "print(int(input()) * 2)", "21\n")
        seen["status"].close("ok")
        seen["stdout"].close("42\n")

    def test_drawn_numbers(self, observe):
        random = drawn()
        numbers = [random.randrange(1000) for _ in range(5)]
        code = "import sys\nprint(sum(map(int, sys.stdin.read().split())))"
        observe(scenarios.run, code, " ".join(map(str, numbers)))["stdout"].close(f"{sum(numbers)}\n")

    def test_an_exception_is_an_error(self, observe):
        seen = observe(scenarios.run, f"print({number()})\n1 / 0")
        seen["status"].close("error")
        seen["stdout"].close(f"{number()}\n")

    def test_exit_codes(self, observe):
        observe(scenarios.run, f"raise SystemExit({number() % 200 + 1})")["status"].close("error")
        observe(scenarios.run, f"n = {number()}\nraise SystemExit(0)")["status"].close("ok")
        # Killed, but not by us: the exit code is negative.
        observe(scenarios.run, f"n = {number()}\nimport os\nos.kill(os.getpid(), 9)")["status"].close("error")

    def test_what_goes_to_standard_error_is_no_output(self, observe):
        code = f"import sys\nprint('a warning', file=sys.stderr)\nprint({number()})"
        observe(scenarios.run, code)["stdout"].close(f"{number()}\n")

    def test_a_program_that_never_ends(self, observe):
        # It ignores the signals that a polite process would end at.
        seen = observe(scenarios.never_ends, f"print({number()})")
        seen["status"].close("timeout")
        seen["stdout"].close("1\n")

    def test_a_program_that_prints_too_much(self, observe):
        seen = observe(scenarios.run, f"for _ in range(20_000):\n    print('{number()}' * 25)", output=5000)
        seen["status"].close("output limit")
        seen.check(len(seen["stdout"].value) <= 5000, "there are more than 5000 bytes of output")

    def test_memory_is_bounded(self, observe):
        code = f"n = {number()}\ntry:\n    x = bytes(2**28)\n    print('granted')\nexcept MemoryError:\n    print('refused')"
        observe(scenarios.run, code, memory=2**27)["stdout"].close("refused\n")
        observe(scenarios.run, code)["stdout"].close("granted\n")

    def test_it_sees_nothing_of_ours_and_leaves_nothing(self, observe):
        seen = observe(scenarios.look_around, f"password {number()}")
        seen["secret"].close("")
        seen["files"].close(["[]"])
        seen["ran in our folder"].close(False)
        seen["folder kept"].close(False)

    def test_a_child_left_behind_is_ended_and_not_waited_for(self, observe):
        seen = observe(scenarios.leave_a_child, number())
        seen["status"].close("ok")
        seen["stdout"].close(f"{number()}\n")
        seen["the child says"].close("")

    def test_after_a_timeout_its_children_are_ended_too(self, observe):
        seen = observe(scenarios.leave_a_child, number(), hangs=True)
        seen["status"].close("timeout")
        seen["stdout"].close("")
        seen["the child says"].close("")


@pytest.mark.exercise("10.3")
class TestCall:
    def test_worked_example(self, observe):
        observe(call, ADD, "f", [[1], [-1]]).close(["2", "0"])

    def test_several_arguments_of_several_kinds(self, observe):
        code = "def g(words, n, flag):\n    return (words[n], flag)"
        observe(call, code, "g", [[["a", "b"], 1, True], [["é"], 0, None]]).close(["('b', True)", "('\\xe9', None)"])

    def test_one_exception_does_not_cost_the_others(self, observe):
        n = number()
        observe(call, f"def f(x):\n    return {6 * n} // x", "f", [[0], [2], [0], [3]]).close(
            ["", str(3 * n), "", str(2 * n)]
        )

    def test_answers_before_an_early_end_count(self, observe):
        n = number()
        code = f"def f(x):\n    import os\n    return x + {n} if x < 2 else os._exit(1)"
        observe(call, code, "f", [[0], [1], [2], [3]]).close([str(n), str(n + 1), "", ""])

    def test_answers_before_a_timeout_count(self, observe):
        observe(scenarios.call_that_hangs, number()).close([str(number()), "", ""])

    @pytest.mark.parametrize("code", ["def f(x", "def g(x):\n    return x", "import sys\nsys.exit(0)"])
    def test_no_function(self, observe, code):
        observe(call, code, "f", [[number()], [2]]).close(["", ""])

    def test_what_the_program_prints_is_no_answer(self, observe):
        code = "print('hello')\ndef f(x):\n    print('thinking')\n    return x"
        observe(call, code, "f", [[number()], [2]]).close([str(number()), "2"])

    def test_half_a_line_is_no_answer(self, observe):
        # It would have become 41. Cut off, it is 4, and 4 may be right.
        observe(call, "def f(x):\n    import os\n    os.write(1, b'4')\n    os._exit(0)", "f", [[number()]]).close([""])

    def test_one_answer_for_each_input_and_no_more(self, observe):
        n = number()
        code = f"import os\nos.write(1, b'{n}\\n2\\n3\\n')\ndef f(x):\n    return x"
        observe(call, code, "f", [[7], [8]]).close([str(n), "2"])

    def test_drawn_programs(self, observe):
        random = drawn()
        a, b = random.randint(-9, 9), random.randint(-9, 9)
        inputs = [[random.randint(-99, 99)] for _ in range(random.randint(2, 5))]
        expected = [str(a * x + b) for (x,) in inputs]
        observe(call, f"def line(x):\n    return {a} * x + {b}", "line", inputs).close(expected)


@pytest.mark.exercise("10.4")
class TestCodeReward:
    def test_worked_example(self, observe):
        observe(code_reward, ["2", "5", "0"], [2, 4, 0]).close(0.0)
        observe(code_reward, ["2", "5", "0"], [2, 4, 0], mode="share").close(2 / 3)

    def test_all_right(self, observe):
        observe(code_reward, ["2", "'a'", "[1, (2, None)]"], [2, "a", [1, (2, None)]]).close(1.0)
        observe(code_reward, ["2", "'a'"], [2, "a"], mode="share").close(1.0)

    def test_values_are_compared_not_texts(self, observe):
        expected = [number(), {"a": 2, "b": 1}, 3]
        observe(code_reward, [f"{number()}.0", "{'b': 1, 'a': 2}", "  3"], expected, mode="share").close(1.0)

    @pytest.mark.parametrize("answer", ["'2'", "[2]", "(2,)", "3", "None", "22"])
    def test_other_values(self, observe, answer):
        observe(code_reward, [answer, str(number())], [2, number()], mode="share").close(0.5)

    @pytest.mark.parametrize(
        "answer", ["", "<object at 0x7f>", "f(2", "nan", "2 2", "{[]: 1}", "2\0", "(" * 500, "2" * 9000]
    )
    def test_what_is_no_literal_is_a_wrong_answer(self, observe, answer):
        observe(code_reward, [answer, str(number())], [2, number()], mode="share").close(0.5)

    def test_answers_are_never_evaluated(self, observe):
        n = number()
        observe(code_reward, [f"max({n}, 1)", f"[{n}][0]"], [n, n], mode="share").close(0.0)

    @pytest.mark.parametrize("mode", ["all", "share"])
    def test_no_tests_pay_nothing(self, observe, mode):
        with observe.raises(ValueError):
            observe(code_reward, [], [], mode=mode)
        with observe.raises(ValueError):
            observe(code_reward, [str(number())], [], mode=mode)

    def test_drawn_answers(self, observe):
        random = drawn()
        expected = [random.randrange(5) for _ in range(random.randint(3, 8))]
        answers = [random.choice([e, e + 1]) for e in expected]
        answers[:2] = [expected[0] + 1, expected[1]]  # one is wrong, and a later one is right
        right = sum(a == b for a, b in zip(answers, expected, strict=True))
        texts = [str(a) for a in answers]
        observe(code_reward, texts, expected, mode="share").close(right / len(expected))
        observe(code_reward, texts, expected).close(float(right == len(expected)))
        observe(code_reward, [str(e) for e in expected], expected).close(1.0)
