"""Exercise 14.3, calculate_reward: known mistakes, right answers written otherwise, and the core variant."""

import re

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The first integer is compared; the last one is the answer.", {"int(integers[-1])": "int(integers[0])"})

wrong("The minus sign is not read: -3 and 3 count as the same.", {'r"-?\\d+"': 'r"\\d+"'})

wrong("A response without an integer raises an error; it is wrong and earns 0.0.", {
    "integers and int(integers[-1]) == ground_truth": "int(integers[-1]) == ground_truth",
})  # fmt: skip

wrong("The number is compared as text: 007 is 7.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == str(ground_truth)",
})  # fmt: skip

wrong("Nothing is ever rewarded, as happens when a text is compared with an int: they are never equal.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == ground_truth",
})  # fmt: skip


@wrong("The sum is searched as a piece of the text, so it is found inside other numbers as well.")
def piece_of_the_text(ground_truth, response):
    return 1.0 if str(ground_truth) in response else 0.0


@wrong("Any integer of the response may be the sum; only the last one counts.")
def any_integer(ground_truth, response):
    return float(any(int(integer) == ground_truth for integer in re.findall(r"-?\d+", response)))


@wrong("The response as a whole must be a number; the integer may stand among other text.")
def whole_response(ground_truth, response):
    return float(bool(re.fullmatch(r"-?\d+", response.strip())) and int(response) == ground_truth)


@right("re.finditer, only the last match kept")
def by_last_match(ground_truth, response):
    last = ""
    for found in re.finditer("-?[0123456789]+", response):
        last = found.group()
    try:
        return float(int(last) == ground_truth)
    except ValueError:
        return 0.0


@right("from the end, by a regular expression for the last integer alone")
def from_the_end(ground_truth, response):
    found = re.search(r"(-?\d+)\D*$", response)
    return 0.0 if found is None or int(found[1]) != ground_truth else 1.0


@core("a list of all integers")
def by_list(ground_truth, response):
    integers = [int(i) for i in re.findall(r"-?\d+", response)]
    return float(integers[-1:] == [ground_truth])
