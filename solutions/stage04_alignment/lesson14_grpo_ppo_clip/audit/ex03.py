"""Exercise 14.3, calculate_reward: what people get wrong, and right answers written otherwise."""

import re

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The first integer is compared; the last one is the answer.", {"int(integers[-1])": "int(integers[0])"})

wrong("\\d finds the digits of other scripts, too; only ASCII digits make an integer here.", {'"-?[0-9]+"': '"-?\\d+"'})

wrong("The minus sign is not read: -3 and 3 count as the same.", {'"-?[0-9]+"': '"[0-9]+"'})

wrong("A minus sign behind a digit is read as a subtraction; it belongs to the integer, also there.", {
    '"-?[0-9]+"': '"(?:(?<![0-9])-)?[0-9]+"',
})  # fmt: skip

wrong("Several minus signs are read as one number, which int() refuses; at most one belongs to an integer.", {
    '"-?[0-9]+"': '"-*[0-9]+"',
})  # fmt: skip

wrong("A space is allowed behind the minus sign; it must stand directly in front of the digits.", {
    'r"-?[0-9]+"': 'r"-? ?[0-9]+"',
    "integers[-1]": 'integers[-1].replace(" ", "")',
})  # fmt: skip

wrong("Decimals are read as one number: 8.5 holds two integers, 8 and 5.", {'"-?[0-9]+"': '"-?[0-9]+(?:[.][0-9]+)?"'})

wrong("Only digits that stand as a word of their own are found; a letter may stand beside them.", {
    'r"-?[0-9]+"': 'r"-?\\b[0-9]+\\b"',
})  # fmt: skip

wrong("Commas are removed first, so 1,234 becomes one number; a comma ends an integer.", {
    "response": 'response.replace(",", "")',
})  # fmt: skip

wrong("A number counts only at the very end of the response; text may follow it.", {
    're.findall(r"-?[0-9]+", response)': 're.findall(r"-?[0-9]+$", response.strip())',
})  # fmt: skip

wrong("Only a number behind an equals sign counts; the last integer counts wherever it stands.", {
    'r"-?[0-9]+"': 'r"= *(-?[0-9]+)"',
})  # fmt: skip

wrong("re.match looks at the beginning only; the integer may stand anywhere in the response.", {
    "re.findall": "re.match",
    "integers[-1]": "integers[0]",
})  # fmt: skip

wrong("Only the first line of the response is read; the last integer of all lines counts.", {
    "response": 'response.strip().split("\\n")[0]',
})  # fmt: skip

wrong("A response without an integer raises an error; it is wrong and earns 0.0.", {
    "if not integers:\n    return 0.0": "",
})  # fmt: skip

wrong("A number too long for int() raises an error; such a response is wrong and earns 0.0.", {
    "except ValueError:": "except IndexError:",
})  # fmt: skip

wrong("The number is compared as text: 007 is 7, and -0 is 0.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == str(ground_truth)",
})  # fmt: skip

wrong("Nothing is ever rewarded, as happens when a text is compared with an int: they are never equal.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == ground_truth",
})  # fmt: skip

wrong("The number is read as a float, which cannot tell large integers apart.", {
    "int(integers[-1])": "float(integers[-1])",
})  # fmt: skip

wrong("Leading zeros are cut off first; ten thousand zeros are then 0, but such a number is to be wrong.", {
    "int(integers[-1])": 'int(re.sub("^(-?)0+(?=[0-9])", "\\\\1", integers[-1]))',
})  # fmt: skip

wrong("The result is True or False; a float is asked for.", {
    "1.0 if int(integers[-1]) == ground_truth else 0.0": "int(integers[-1]) == ground_truth",
})  # fmt: skip

wrong("A wrong number earns -1.0; it earns 0.0, like no number at all.", {
    "1.0 if int(integers[-1]) == ground_truth else 0.0": "1.0 if int(integers[-1]) == ground_truth else -1.0",
})  # fmt: skip

wrong("A wrong number still earns something for being a number; only the right one is rewarded.", {
    "1.0 if int(integers[-1]) == ground_truth else 0.0": "1.0 if int(integers[-1]) == ground_truth else 0.1",
})  # fmt: skip


@wrong("Any integer of the response may be the sum; only the last one counts.")
def any_integer(ground_truth, response):
    for integer in re.findall(r"-?[0-9]+", response):
        try:
            if int(integer) == ground_truth:
                return 1.0
        except ValueError:
            continue
    return 0.0


@wrong("The sum is looked for as a piece of the text, so it is found inside other numbers as well.")
def piece_of_the_text(ground_truth, response):
    return 1.0 if str(ground_truth) in response else 0.0


@wrong("The response as a whole must be a number; the integer may stand among other text.")
def whole_response(ground_truth, response):
    if not re.fullmatch(r"-?[0-9]+", response.strip()):
        return 0.0
    try:
        return 1.0 if int(response) == ground_truth else 0.0
    except ValueError:
        return 0.0


# Right answers written otherwise


@right("re.finditer, only the last match kept")
def by_last_match(ground_truth, response):
    last = ""
    for found in re.finditer("-?[0123456789]+", response):
        last = found.group()
    try:
        return float(int(last) == ground_truth)
    except ValueError:
        return 0.0


@right("from the end, character by character, without regular expressions")
def by_characters(ground_truth, response):
    digits = "0123456789"
    end = len(response)
    while end and response[end - 1] not in digits:
        end -= 1
    if not end:
        return 0.0
    start = end
    while start and response[start - 1] in digits:
        start -= 1
    if end - start > 4000:
        return 0.0
    value = 0
    for digit in response[start:end]:
        value = 10 * value + digits.index(digit)
    if start and response[start - 1] == "-":
        value = -value
    return 1.0 if value == ground_truth else 0.0


@right("\\d of ASCII alone, one try around everything")
def by_one_try(ground_truth, response):
    try:
        number = int(re.findall(r"[-+]?\d+", response, flags=re.ASCII)[-1])
    except (IndexError, ValueError):
        return 0.0
    return 1.0 if number == ground_truth else 0.0


@right("a search that is greedy for what stands in front")
def by_greedy_search(ground_truth, response):
    found = re.match(r"(?:.*[^0-9-]|.*-(?=-)|.*[0-9](?=-))?(-?[0-9]+)[^0-9]*\Z", response, re.DOTALL)
    if found is None or len(found[1]) > 1000:
        return 0.0
    return [0.0, 1.0][int(found[1]) == ground_truth]
