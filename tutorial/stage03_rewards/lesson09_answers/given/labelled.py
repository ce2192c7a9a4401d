"""Completions, the true answer, and whether a person would say that the completion gives it.

Made by hand, in the formats that people report from maths data sets and from models' outputs. The rules of the labels:
units, currencies and percent signs do not count; values must be equal exactly; a completion that offers several answers,
or none that is finished, is wrong.

Look at PRACTICE while you write, and measure on HELD_OUT when you are done.
"""

Row = tuple[str, str, bool]  # completion, answer, right

# --- to look at while a reader is written -----------------------------------------------------------------------------

RIGHT = [
    # gsm8k's own form
    ("Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 in all.\n#### 72", "72"),
    ("He earns 12*5=60 dollars.\n#### 60", "60"), ("#### 1,080", "1080"), ("#### $1,080.00", "1080"),
    ("#### 18 dollars", "18"), ("####7", "7"), ("#### 540.", "540"), ("#### -12", "-12"), ("#### \u221212", "-12"),
    ("#### 20%", "20"), ("#### 3/4", "0.75"), ("#### 0.75", "3/4"), ("#### 64 eggs", "He has 64 eggs left.\n#### 64"),
    ("So 3 more.\n#### 15\n\nLet me know if you need 2 more examples!", "15"), ("#### 5 (in 3 days)", "5"),
    ("#### 10\nWait, I forgot the 2 from Monday.\n#### 12", "12"), ("#### 16*2 = 32", "32"), ("#### **104**", "104"),
    ("#### \\$26", "26"), ("#### 2,125,000", "2125000"), ("First 10, then 4. #### 14", "14"), ("####  9 ", "9"),
    ("#### Answer: 33", "33"), ("#### x = 45", "45"), ("#### 2 1/2", "2.5"), ("#### 6.50", "6.5"),
    # boxed
    (r"The total is $\boxed{230}$.", "230"), (r"\boxed{\$1,200}", "1200"), (r"\boxed{\frac{3}{5}}", "0.6"),
    (r"so $x = \boxed{-4}$", "-4"), (r"\[\boxed{12\text{ km}}\]", "12"), (r"\boxed{25\%}", "25"),
    (r"\boxed{14}. We check: 14 - 9 = 5, which is right.", "14"), (r"\boxed{0.125}", "1/8"), (r"\boxed{x=11}", "11"),
    (r"\boxed{10}? No, I forgot a step: \boxed{13}", "13"), (r"\boxed{\dfrac{-7}{2}}", "-3.5"), (r"\boxed{1{,}500}", "1500"),
    (r"\boxed{\text{42 pages}}", "42"), (r"\boxed{ 8 }", "8"), (r"$$\boxed{2\,400}$$", "2400"), (r"\boxed{45^\circ}", "45"),
    (r"\boxed{\mathbf{19}}", "19"), (r"\boxed{\left(6\right)}", "6"), (r"\boxed{1\frac{1}{2}}", "1.5"),
    (r"\boxed{18\ \text{cm}^2}", "18"), ("#### 40\n\nFinal: \\boxed{40}", "40"), (r"**\boxed{77}**", "77"),
    # "the answer is"
    ("The answer is 17.", "17"), ("Therefore, the answer is: 250", "250"), ("the final answer is $36.", "36"),
    ("Answer: 8 hours", "8"), ("**Answer:** 91", "91"), ("ANSWER: 4", "4"), ("The answer is **1,024**!", "1024"),
    ("The answer is 9 because 81 / 9 = 9.", "9"), ("The answer is -3\u00b0C, colder than the 2 before.", "-3"),
    ("My answer is 30 minutes.\nThat is 0.5 hours.", "30"), ("The correct answer is 3.5 kg", "7/2"),
    ("The answer is 12 + 15 = 27 apples.", "27"), ("The answer is \\(48\\).", "48"), ("Answer = 66", "66"),
    ("The answer is 5:\n1 + 4 = 5", "5"), ("The answer is \u20ac15", "15"), ("Final answer: \u2212 2", "-2"),
    ("So the answer is \\frac{1}{3}.", "1/3"), ("The answer is 60%.", "60"), ("<answer>\n58\n</answer>", "58"),
    ("The answer is 22, since 2 of the 24 were eaten.", "22"), ("The answer is 100 cm\u00b2.", "100"),
    # nothing but text
    ("She has 10 - 4 = 6 apples left.", "6"), ("That makes 3 * 15 = 45", "45"), ("It costs $4.50.", "4.5"), ("88", "88"),
    ("They need 7 buses.", "7"), ("He ran 1,500 m", "1500"), ("In total: 19", "19"), ("x=14", "14"), ("= 300", "300"),
    ("Half of 50 is 25, so he paid 25 dollars.", "25"), ("2 + 2 = 4. 4 + 5 = 9.", "9"), ("The rate is 15%", "15"),
    ("It is \u22127.", "-7"), ("The change is -$3", "-3"), ("They lost 5 - 8 = -3 points", "-3"), (".25", "1/4"),
    ("The speed is 60 km/h.", "60"), ("We get 3/8.", "0.375"), ("A box has 24.\nTwo boxes have 48.", "48"),
    ("Each gets 2 1/4 pizzas", "2.25"), ("The square has 36 cm^2", "36"), ("There are 52 weeks", "52"),
    ("1. He buys 4.\n2. He eats 1.\nSo he has 3", "3"), ("Total = $12 + $8 = $20", "20"), ("*Total:* 75 pounds", "75"),
    ("The sum is 10\u202f000", "10000"), ("They picked 18kg", "18"), ("(c) 29", "29"), ("\u2248 no: exactly 31", "31"),
    ("Tom is 2 years older, so Tom is 13 years old.", "13"), ("+6", "6"), ("It weighs 0.50 kg", "0.5"), ("5.0", "5"),
    ("Let x be the price. 3x = 27, x = 9", "9"), ("007", "7"), ("12 \u00d7 12 = 144", "144"), ("16 \u00f7 4 = 4", "4"),
    ("Today is day 3. On day 10 she has 70 stickers", "70"), ("$2,000,000 were raised", "2000000"),
    ("The temperature falls by 9 to -1", "-1"), ("12 inches = 1 foot", "1"), ("The ratio gives 40 boys", "40"),
    # a person reads these, too
    ("The answer is seventy-two.", "72"), ("He has twelve marbles.", "12"),
    ("The answer is 4.5 \\times 10^3", "4500"), ("\\boxed{2^5}", "32"),
]  # fmt: skip

WRONG = [
    # another number
    ("#### 71", "72"), ("#### 720", "72"), ("#### 7.2", "72"), ("#### -72", "72"), ("#### 72", "-72"), ("#### 1,080", "108"),
    (r"\boxed{23}", "230"), (r"\boxed{\frac{5}{3}}", "0.6"), (r"\boxed{4}", "-4"), ("The answer is 16.", "17"),
    ("It costs $4.05.", "4.5"), ("They need 6.8 buses", "7"), ("0.33", "1/3"), ("3.14", "22/7"), ("1.200", "1200"),
    ("The answer is 2.5", "25"), ("She has 6 apples, so #### 5", "6"), ("#### 1/4", "3/4"), ("#### 10,80", "1080"),
    ("x = \u22127", "7"), ("The change is -$3", "3"), ("#### -0.5", "0.5"), ("15", "15.01"), ("2 1/4", "1/4"), ("2 1/4", "21/4"),
    # the right number at the wrong place
    ("There are 72 clips; half of them are 36.\n#### 36", "72"), ("72 is too much, so #### 70", "72"),
    (r"She sold 72. \boxed{24}", "72"), ("The answer is 24. (Not 72.)", "72"), ("72\n#### 24", "72"), ("#### 24\n72", "72"),
    (r"\boxed{72}, no, that is wrong: \boxed{71}", "72"), ("#### 72\nWait, that is wrong.\n#### 73", "72"),
    ("The answer is 72. Let me check. The answer is 74.", "72"), ("72 - 12 = 60", "72"), ("On day 72 he has 10", "72"),
    ("It takes 15 of the 60 minutes. So 45 remain", "60"), ("Answer: 3 of the 8 slices", "8"), ("The answer is 5, not 6", "6"),
    (r"#### 72" "\n" r"\boxed{71}", "72"), ("The 72 clips cost 36", "72"), ("#### 36 for 72 clips", "72"),
    ("#### 9 (of 72)", "72"), ("The answer is 8, because 80 / 10 = 8.", "80"), ("2 + 3 = 5 and 5 + 1 = 6", "5"),
    # pieces of a number
    ("#### 1,080", "80"), ("#### 1,080", "1"), ("#### 3/4", "3"), ("#### 3/4", "4"), ("#### 0.75", "75"), ("#### 0.75", "0"),
    (r"\boxed{\frac{3}{5}}", "3"), (r"\boxed{\frac{3}{5}}", "5"), (r"\boxed{1{,}500}", "500"), (r"\boxed{2\,400}", "400"),
    ("$2,000,000 were raised", "0"), ("2 1/2", "2"), ("18 cm^2", "2"), ("The square has 36 m\u00b2", "2"), ("12.50", "50"),
    ("10\u202f000", "10"), (r"\boxed{18\text{ cm}^2}", "2"), ("4.5 \\times 10^3", "3"), ("4.5e3", "3"), ("2^5", "5"), ("2^5", "2"),
    ("-7", "7"), ("#### 2 1/2", "1/2"), ("Each gets 2 1/4 pizzas", "4"), ("$4.50", "4"), ("#### 1,080", "1080000"),
    # several answers
    ("#### 5 or 6", "5"), ("#### 5 or 6", "6"), ("The answer is 10 to 12", "10"), ("The answer is 10 to 12", "12"),
    (r"\boxed{3, 4}", "3"), (r"\boxed{3, 4}", "4"), (r"\boxed{5\text{ or }6}", "5"), ("#### 5, 6, 7", "5"), ("#### 8-10", "8"),
    ("#### 8-10", "10"), ("8\u201310", "10"), ("8-10", "-10"), ("The answer is between 3 and 4", "3"), ("The answer is 3 and 4", "4"),
    ("#### 3:30", "3"), ("#### 3:30", "30"), ("It is 7 or 8", "8"), ("#### 1 2 3 4 5 6 7 8 9 10", "10"), ("The ratio is 3:4", "4"),
    (r"\boxed{1}, \boxed{2}, \boxed{3}", "1"), ("Answer: 5/6/7", "5"), ("#### 10-12 eggs", "12"), ("It is 6 to 7", "7"),
    # no answer, or none that is finished
    ("", "72"), ("I cannot solve this.", "3"), ("####", "72"), ("72\n####", "72"), ("72, so \\boxed{}", "72"), ("#### none of the 72", "0"),
    ("So the total is \\boxed{7", "7"), ("So the total is \\boxed{72", "72"), ("48 + 24 = ", "24"), ("The answer is", "72"),
    ("72 clips. The answer is:", "72"), ("#### ?", "72"), ("n/a", "0"), ("x", "72"), ("...", "0"), ("#### 3 + 4", "7"),
    ("#### 12 * 6", "6"), ("#### 12 * 6", "12"), ("5 * 4", "4"), ("7/0", "7"), ("7/0", "0"), ("1.2.3", "1.2"), ("1.2.3", "3"),
    # no numbers at all
    ("H2O", "2"), ("COVID-19", "19"), ("COVID-19", "-19"), ("x^2", "2"), ("It is room B-12", "-12"), ("2x + 3", "3"), ("3x", "3"),
    ("log10", "10"), ("#### x^2", "2"), (r"\boxed{x_1}", "1"),
]  # fmt: skip

# --- more of the same, written after the reference had been tried on the lists above ---------------------------------

MORE_RIGHT = [
    ("Tina makes $18 an hour for 8 hours: 18*8=<<18*8=144>>144.\nOvertime: 2*27=<<2*27=54>>54.\nTotal 144+54=198\n#### 198", "198"),
    ("Each pack has 6 cans. 4 packs make 24 cans.\n#### 24 cans", "24"), ("#### 1,250,000 people", "1250000"), ("#### 0.05", "1/20"),
    ("20% of 60 is 12. So 48 are left.\n#### 48", "48"), ("We lose 4.\n####-4", "-4"), ("#### \u20ac 3.20", "3.2"), ("#### 11/4", "2.75"),
    ("#### 2:\nExplanation: 10 - 8 = 2", "2"), ("#### 90 degrees", "90"), ("#### 365 days in 1 year", "365"), ("#### 0", "0"),
    ("####\n16", "16"), ("The total is 60 = 6*10.\n#### 60", "60"), ("#### 50 percent", "50"), ("#### approximately 8", "8"),
    ("#### ~ 40", "40"), ("#### 300ml", "300"), ("#### $ 75", "75"), ("#### 4.", "4"), ("#### 70\u00a0000", "70000"), ("#### 7 7/8", "63/8"),
    ("**Step 1:** 3 x 4 = 12\n**Step 2:** 12 + 5 = 17\n\n#### 17", "17"), ("#### The answer is 28.", "28"), ("#### \\boxed{9}", "9"),
    (r"Adding up, $4+5+6=15$, so the answer is $\boxed{15}$.", "15"), (r"\boxed{-\frac{1}{4}}", "-0.25"), (r"\boxed{\tfrac{2}{8}}", "0.25"),
    (r"$\boxed{36\pi}$ is wrong, the number is $\boxed{36}$.", "36"), (r"\boxed{10\,\text{m/s}}", "10"), (r"\boxed{y = -2}", "-2"),
    (r"\boxed{$500}", "500"), (r"\boxed{3.0}", "3"), (r"\boxed{99}" "\n\nDone in 4 steps.", "99"), (r"\( \boxed{1} \)", "1"),
    (r"\boxed{1,000}", "1000"), (r"\boxed{\frac{10}{5}}", "2"), (r"Then $n=\boxed{  64  }$", "64"), (r"\boxed{12 \text{ hours}}", "12"),
    ("The answer is therefore 45.", "45"), ("The answer is $1,999.99.", "1999.99"), ("Hence the answer is 3/10 of a litre.", "0.3"),
    ("Answer: \\(\\frac{5}{6}\\)", "5/6"), ("answer: 0.2", "1/5"), ("The answer is 7, as 49 / 7 = 7.", "7"), ("Answer:\n\n144", "144"),
    ("The answer is: **\u22128**", "-8"), ("The answer is about 2 kg, exactly 2.0 kg", "2"), ("The final answer is 21 students.", "21"),
    ("The answer is 1 hour, not 60.", "1"), ("### Answer: 55", "55"), ("The answer is (54).", "54"), ("ANSWER IS 100", "100"),
    ("The answer is 5 dozen", "5"), ("The answer is $8$ apples", "8"), ("The answer is 10^\\circ C", "10"), ("Final Answer: 1/8.", "0.125"),
    ("So there are 15 + 27 = 42 of them.", "42"), ("He therefore saves $35 every month.", "35"), ("In 3 weeks she reads 21 books", "21"),
    ("Sarah is 31", "31"), ("It drops from 12 degrees by 15 degrees: -3 degrees.", "-3"), ("2 * 3 * 4 = 24, and 24 - 4 = 20", "20"),
    ("6 + 7 = 13. The total is thus 13!", "13"), ("She has 1/4 of the pie", "1/4"), ("y = 2x + 1 with x = 3 gives y = 7", "7"),
    ("The car needs 7.5 litres for 100 km, for 200 km it needs 15 litres.", "15"), ("On Monday 8, on Tuesday 9, together 17.", "17"),
    ("100 - 37 = 63 pages remain", "63"), ("Each child gets 6", "6"), ("Profit: $1,050", "1050"), ("(120)", "120"), ("\"33\"", "33"),
    ("We have 5 groups of 4, which is 20 people.\n", "20"), ("It's 12.", "12"), ("Speed = 90 km/h", "90"), ("38 \u2013 19 = 19", "19"),
    ("Area = 8 * 5 = 40 m^2", "40"), ("The lake lies at \u221228 m", "-28"), ("0,5? No: 0.5", "0.5"), ("6,000", "6,000"), ("1e2", "100"),
    ("The answer is three.", "3"), ("3 dozen, that is 36 eggs", "36"), ("45 min", "45"), ("Rounded: 2.67", "2.67"),
]  # fmt: skip

MORE_WRONG = [
    ("Tina makes $18 an hour.\n18*8=<<18*8=144>>144\n#### 144", "198"), ("#### 25 cans", "24"), ("#### 1,250", "1250000"), ("#### 0.5", "1/20"),
    ("#### 48%", "84"), ("####-4", "4"), ("#### 4", "-4"), ("#### 3.2", "32"), ("#### 11/4", "4/11"), ("#### 10.0", "100"), ("#### 1000", "100"),
    ("#### 99", "100"), ("#### 0", "1"), ("#### 6e3", "6"), ("#### 16,5", "16.5"), ("#### 16,5", "165"), ("#### 3.333", "10/3"), ("#### 2/3", "0.67"),
    (r"\boxed{14}", "15"), (r"\boxed{\frac{1}{4}}", "-1/4"), (r"\boxed{\frac{2}{8}}", "2"), (r"\boxed{\frac{2}{8}}", "8"), (r"\boxed{-2}", "2"),
    (r"\boxed{1,000}", "1"), (r"\boxed{1,000}", "0"), (r"\boxed{0.30}", "30"), (r"\boxed{3.0}", "30"), (r"\boxed{12 \text{ of } 18}", "18"),
    ("The answer is 54.", "45"), ("Answer: 1999", "1999.99"), ("Answer: 5/6", "5"), ("Answer: 5/6", "6"), ("The answer is -8", "8"),
    ("The answer is 8", "-8"), ("The answer is 2.5", "2"), ("The answer is 2.5", "5"), ("The answer is 1 hour, not 60.", "60"), ("Rounded: 2.67", "8/3"),
    # the right number elsewhere
    ("We need 24 cans, 6 in a pack.\n#### 4", "24"), ("24 / 6 = 4\n#### 4 packs", "6"), ("24 is my first guess. #### 23", "24"), ("It is 24, so #### 24 - 4 = 20", "24"),
    (r"I get 24, but the form wants \boxed{0}", "24"), (r"\boxed{24} minus 1 is \boxed{23}", "24"), (r"24 \boxed{4} 24", "24"), ("#### 24\n#### 25", "24"),
    ("The answer is 24? No. The answer is 26.", "24"), ("Answer: 26, and not 24", "24"), ("Answer: 20\nThat is less than 24", "24"), ("24 apples cost 12 dollars", "24"),
    ("Of 24 apples, 6 are left", "24"), ("He starts with 24. Then 24 - 10 = 14.", "24"), ("24 = 4 * 6, so each has 6", "24"), ("x = 24 / 2 = 12", "24"),
    ("#### 26 (24 + 2)", "24"), ("#### 12 per 24 hours", "24"), (r"#### 24" "\n" r"So \boxed{25}", "24"), ("The answer is 25.\n#### 26", "25"),
    # pieces
    ("#### 1,250,000", "250"), ("#### 7 7/8", "7"), ("#### 7 7/8", "8"), ("#### 7 7/8", "7/8"), ("#### 70\u00a0000", "70"), ("#### $1,999.99", "99"),
    ("Area = 40 m^2", "2"), ("Volume: 8 cm\u00b3", "3"), ("1e2", "2"), ("1e2", "1"), ("-28", "28"), ("6,000", "6"), ("6,000", "0"), ("0.125", "125"),
    ("3/8", "3"), ("3/8", "8"), ("12.", "120"), ("1 000 000", "0"), ("10:45", "45"), ("10:45", "10"), ("2024-05-17", "17"), ("2024-05-17", "2024"),
    # several
    ("#### 4 or 5", "4"), ("#### 4 or 5", "5"), ("#### 4, 5", "5"), ("#### 4 and 5", "4"), ("#### 4/5/6", "4"), ("#### 4-5", "4"), ("#### 4 to 5", "5"),
    (r"\boxed{4 \text{ and } 5}", "4"), (r"\boxed{4,5}", "4"), (r"\boxed{4,5}", "45"), (r"\boxed{4; 5}", "5"), (r"\boxed{[4, 5]}", "4"), (r"\boxed{4:5}", "5"),
    ("The answer is 4 or maybe 5", "5"), ("The answer is either 4 or 5", "4"), ("The answer is from 4 to 5", "4"), ("Answer: 4\u20135", "5"), ("4 or 5", "5"),
    ("between 4 and 5", "5"), ("Somewhere from 4 to 5", "5"), ("#### 1 2 3", "1"), ("#### 10 20 30", "30"), ("{4, 5}", "4"), ("(4, 5)", "4"),
    # nothing
    ("I do not know.", "0"), ("?", "5"), ("#### unknown", "5"), ("It has 5 sides.\n####   ", "5"), (r"5 \boxed{}", "5"), (r"The answer is \boxed{5", "5"),
    (r"\boxed{\frac{1}{2}", "1/2"), (r"\boxed{\frac{1}{2}", "1"), ("The answer is", "0"), ("5 + 6", "11"), ("5 + 6", "6"), ("5 + 6 =", "6"), ("#### 5 + 6", "5"),
    ("#### 10 / 0", "10"), ("#### 4x", "4"), ("4y", "4"), ("x + 4", "4"), ("#### x", "1"), ("B12", "12"), ("Route A-7", "7"), ("MP3", "3"), ("#### CO2", "2"),
    ("five or six", "5"), ("\u221e", "8"), ("5.6.7", "5"), ("5.6.7", "7"), ("192.168.0.1", "1"), ("#### five hundred", "5"), ("1st", "2"),
]  # fmt: skip

# --- a third set, with more algebra and more lists ---------------------------------------------------------------------

HARD_RIGHT = [
    ("Weng earns 12/60 = $0.2 a minute. For 50 minutes: 0.2 x 50 = $10.\n#### 10", "10"), ("#### 1 200", "1200"), ("#### 15 x 3 = 45", "45"),
    ("Betty has 100 / 2 = $50. She needs 100 - 50 - 30 - 15 = $5 more.\n#### 5 dollars", "5"), ("#### $0.75", "3/4"), ("#### -1 1/2", "-1.5"),
    ("James writes 3 pages to 2 friends twice a week: 3*2*2=12, 12*52=624\n#### 624 pages a year", "624"), ("#### 33 1/3", "100/3"),
    ("Let n be the number.\nn + 4 = 10\nn = 6\n#### 6", "6"), ("#### (a) 41", "41"), ("#### 2.50 USD", "2.5"), ("#### 110%", "110"),
    (r"We get $2x = 84$, so $\boxed{x = 42}$.", "42"), (r"\boxed{0}", "0"), (r"\boxed{\frac{9}{4}}", "2 1/4"), (r"\boxed{-0.6}", "-3/5"),
    (r"\boxed{7\frac{1}{2}}", "7.5"), (r"\boxed{\text{about } 12}", "12"), (r"The sum is $1+2+\dots+10=\boxed{55}$", "55"), (r"\boxed{\$3.00}", "3"),
    ("The answer is 2,400 m, which is 2.4 km.", "2400"), ("The answer is 81.", "81"), ("The answer is n = 3.", "3"), ("Answer: -4/8", "-0.5"),
    ("My final answer is: 19 + 1 = 20", "20"), ("Answer: 500 g of flour and a pinch of salt", "500"), ("The answer is 13:", "13"), ("answer is 6!", "6"),
    ("There are 4 boxes with 25 nails each. 4 x 25 = 100", "100"), ("So he must read 120 pages", "120"), ("The difference is 0.9 seconds", "0.9"),
    ("5 apples + 3 apples = 8 apples", "8"), ("x + 4 = 10, x = 6", "6"), ("The 2nd number is 17", "17"), ("In the end they have \u00a332.", "32"),
    ("They drove 60 miles in 1 hour and 180 miles in 3 hours, so the total is 240 miles", "240"), ("60 * 4 = 240 miles.", "240"), ("It took 1h, i.e. 60 min", "60"),
    ("The plant is 2 feet tall in 2024 and 5 feet tall now. It grew 3 feet", "3"), ("Total: 1,000,000", "1e6"), ("Half: 0.5", "50/100"),
    ("A dozen costs $6, thus 18 eggs cost $9", "9"), ("She has got 14 left :)", "14"), ("Hence 99%", "99"), ("#### 00:45 is 45", "45"), ("Ten.", "10"),
]  # fmt: skip

HARD_WRONG = [
    ("0.2 x 50 = $10\n#### 10", "50"), ("#### 1 200", "200"), ("#### 1 200", "1"), ("#### 15 x 3", "15"), ("#### 15 x 3", "3"), ("15 x 3", "3"), ("#### 45", "54"),
    ("#### 33.3", "100/3"), ("#### 33 1/3", "33"), ("#### 33 1/3", "1/3"), ("#### -1 1/2", "-0.5"), ("#### -1 1/2", "1.5"), ("#### 2.50", "250"), ("#### 12", "-12"),
    ("#### 6,24", "624"), ("#### 62,4", "62.4"), ("#### 624", "642"), ("#### 5.0", "50"), ("#### $75", "0.75"), ("#### 1/3", "3"), ("#### 0.3", "1/3"), ("#### 1e3", "3"),
    (r"\boxed{42}", "84"), (r"\boxed{\frac{9}{4}}", "9"), (r"\boxed{\frac{9}{4}}", "4"), (r"\boxed{\frac{9}{4}}", "4/9"), (r"\boxed{7\frac{1}{2}}", "7"), (r"\boxed{-0.6}", "0.6"),
    (r"\boxed{7\frac{1}{2}}", "1/2"), (r"\boxed{7\frac{1}{2}}", "71/2"), (r"\boxed{1\,200}", "200"), (r"\boxed{12\%}", "1.2"), (r"\boxed{n+1}", "1"), (r"\boxed{2^{10}}", "10"),
    (r"\boxed{10^6}", "6"), (r"\boxed{10^6}", "10"), (r"\boxed{\sqrt{2}}", "2"), (r"\boxed{3\sqrt{2}}", "3"), (r"\boxed{\pi/4}", "4"), (r"\boxed{2\pi}", "2"), (r"\boxed{A_3}", "3"),
    ("The answer is 2.4 km", "2400"), ("The answer is 18.", "81"), ("Answer: 4/8", "-0.5"), ("Answer: 4/8", "4"), ("Answer: 19 + 1", "19"), ("Answer: 19 + 1", "1"), ("Answer: 500 g", "50"),
    # elsewhere
    ("240 is the total, so half is 120", "240"), ("#### 120, half of 240", "240"), ("240\n#### 0", "240"), (r"240. \boxed{2400}", "240"), (r"\boxed{240} was for one; for two \boxed{480}", "240"),
    ("The answer is 240 less 10 = 230", "240"), ("The answer is 200. The real answer is 210.", "200"), ("Answer: 12 of 240", "240"), ("240 / 2 = 120", "2"), ("240 / 2 = 120", "240"),
    ("The 240 miles took 4 hours", "240"), ("In 240 days: 480", "240"), ("#### 24 0", "240"), ("#### 239.99", "240"), ("#### 240.01", "240"), ("#### 240,5", "240"), ("Is it 240? It is 239", "240"),
    ("#### 240\nSorry, that was wrong.\n#### 244", "240"), ("#### 12 (not 240)", "240"), ("She sold 240 - 5.\nSo 235", "5"), ("#### 60 * 4 = 250", "240"), (r"#### 240" "\n" r"\boxed{}", "240"),
    # several
    ("#### 7 or 9", "9"), ("#### 7 or 9", "7"), ("#### 7 / 9 / 11", "7"), ("#### 7; 9", "7"), ("#### 7 9", "7"), ("#### 7, 9 and 11", "11"), ("#### 7, 9 and 11", "7"), ("#### 7..9", "7"),
    (r"\boxed{7}$ or $\boxed{9}", "7"), (r"\boxed{7, 9, 11}", "11"), (r"\boxed{(7, 9)}", "7"), (r"\boxed{7 < x < 9}", "7"), (r"\boxed{x = 7, y = 9}", "7"), (r"\boxed{\{7, 9\}}", "9"),
    ("The answer is 7 to 9", "9"), ("The answer is 7 or more", "8"), ("The answer is 7-9 eggs", "7"), ("Answer: 7, maybe 9", "9"), ("7 to 9 eggs", "9"), ("7 and 9", "9"), ("7:9", "9"), ("It is 7 or even 9", "7"),
    ("#### 0 1 2 3 4 5 6 7 8 9", "7"), ("#### 1-9", "9"), ("#### 7 \u2013 9", "9"), ("from 7 to 9", "9"), ("[7, 9]", "7"), ("7 vs 9", "7"), ("#### 12:30 pm", "12"), ("12:30", "30"),
    # nothing
    ("I think", "1"), ("#### no solution", "0"), ("#### N/A", "0"), ("\\boxed{", "4"), ("4 \\boxed{", "4"), ("The answer is: \\boxed{4", "4"), ("#### \n\n", "4"), ("4 is in it\n#### ", "4"), ("answer:", "4"),
    ("4 + x", "4"), ("2x", "2"), ("x/2", "2"), ("y = 3x", "3"), ("n - 4", "4"), ("2(x + 3)", "3"), ("#### 2x", "2"), ("f(3)", "3"), ("a4", "4"), ("4/0", "4"), ("4/0", "0"), ("9 / 3", "9"), ("8 - 8", "8"),
    ("3!", "6"), ("R2D2", "2"), ("F-16", "16"), ("v1.5", "1.5"), ("#### K9", "9"), ("mid-2020", "-2020"), ("x_4", "4"), ("four", "5"), ("1.2.2024", "2024"), ("555-1234", "1234"), ("#### 555-1234", "555"),
]  # fmt: skip

# --- a fourth set, with more answers that offer several numbers -------------------------------------------------------

LIST_RIGHT = [
    ("A robe takes 2 bolts of blue and half that, 1 bolt, of white: 2+1=<<2+1=3>>3\n#### 3", "3"), ("#### 70,000", "70000"), ("#### 13 dogs", "13"),
    ("Toulouse has 2*4*20=160 sheep.\nTogether 20+160+80=260\n#### 260", "260"), ("#### $4.00", "4"), ("#### -20", "-20"), ("#### 5/8", "0.625"),
    ("#### 366 (it is a leap year)", "366"), ("#### 694 grams", "694"), ("#### 0.2", "1/5"), ("####  \u22127\u00b0C", "-7"), ("#### 18 + 0 = 18", "18"),
    ("Carla restarts: 40 minutes.\n#### 160 minutes\n\nHope this helps!", "160"), ("#### 64.", "64"), ("#### 125%", "125"), ("#### **1,430**", "1430"), ("#### 3 1/2", "7/2"),
    ("She sells 16 - 3 - 4 = 9 eggs, for 9 * 2 = $18.\n#### 18", "18"), ("I make it 23.\n#### 23 or so it seems", "23"), ("#### \u00a312.50", "12.5"), ("#### 1e4", "10000"),
    (r"Thus $\boxed{694}$.", "694"), (r"\boxed{\frac{-3}{4}}", "-0.75"), (r"\boxed{57{,}500}", "57500"), (r"\boxed{\text{5 days}}", "5"), (r"\boxed{x = 8}", "8"),
    (r"\boxed{\$45}", "45"), (r"\boxed{12.0}", "12"), (r"\boxed{45\%}", "45"), (r"\boxed{2}" "\n\nThe 3 others are wrong.", "2"), (r"Hmm, \boxed{4}. Better: \boxed{5}", "5"),
    ("The answer is 460.", "460"), ("The answer is $65,960.", "65960"), ("Answer: 20 cups", "20"), ("**Final answer:** 7/10", "0.7"), ("The answer is \u22124.5", "-9/2"),
    ("The answer is 26 years, since 2 * 13 = 26", "26"), ("Answer:\n43", "43"), ("the answer is 1,000,000!", "1000000"), ("So my answer is 15 boxes.", "15"),
    ("This makes 12 * 5 = 60 socks.", "60"), ("All in all they ate 48 slices", "48"), ("In 5 years he will be 30.", "30"), ("Total = 3.25", "13/4"), ("He paid $120", "120"),
    ("From 8 am on she walks 3 hours, 4 miles each, so 12 miles", "12"), ("7 x 8 = 56", "56"), ("50 cents", "50"), ("x = 5", "5"), ("99", "99"), ("16 m\u00b2", "16"),
    ("It is 1/4.", "0.25"), ("Debt: -$250", "-250"), ("That leaves 104 of them", "104"), ("The 4 friends share $80. Each gets $20.", "20"), ("30 km/h", "30"),
]  # fmt: skip

LIST_WRONG = [
    ("#### 4", "3"), ("#### 7,000", "70000"), ("#### 31", "13"), ("#### 26", "260"), ("#### $4.40", "4"), ("#### 20", "-20"), ("#### 8/5", "0.625"), ("#### 69.4", "694"),
    ("#### 0.02", "1/5"), ("#### 7", "-7"), ("#### 1.25", "125"), ("#### 14,30", "1430"), ("#### 3.1", "7/2"), ("#### 12.05", "12.5"), ("#### 1e4", "1000"), ("#### 0.7", "2/3"),
    (r"\boxed{649}", "694"), (r"\boxed{\frac{3}{4}}", "-0.75"), (r"\boxed{57{,}500}", "57"), (r"\boxed{12.0}", "120"), (r"\boxed{45\%}", "0.4"), (r"\boxed{8}", "-8"),
    ("The answer is 46.", "460"), ("The answer is $65,960.", "65"), ("Answer: 7/10", "7"), ("Answer: 7/10", "10"), ("The answer is \u22124.5", "4.5"), ("The answer is 25", "26"), ("Total = 3.25", "3"),
    # elsewhere
    ("18 eggs\n#### 9", "18"), ("#### 9 of 18", "18"), (r"18 and \boxed{9}", "18"), ("The answer is 9. 18 is wrong.", "18"), ("9 eggs, not 18, so 9 * 1 = 9", "18"), ("#### 18\n#### 17", "18"),
    ("The answer is 18. No, the answer is 19.", "18"), (r"\boxed{18}, or rather \boxed{20}", "18"), ("18 - 3 = 15", "18"), ("18 = 2 * 9", "18"), ("18 boys and 12 girls make 30", "18"),
    ("#### 36 = 2 * 18 = 37", "18"), ("Answer: 9 per 18 days", "18"), ("#### 9\n18", "18"), ("On day 18 it had 5", "18"), ("The 18 kids got 3 each", "18"), ("#### 17.99", "18"), ("#### 18\n\\boxed{17}", "18"),
    # pieces
    ("#### 3 1/2", "3"), ("#### 3 1/2", "1/2"), ("#### 3 1/2", "2"), ("#### 70,000", "70"), ("#### 70,000", "0"), ("16 m\u00b2", "2"), ("16 m^2", "2"), ("5/8", "5"), ("5/8", "8"), ("1e4", "4"),
    ("0.625", "625"), ("$65,960.50", "50"), ("-250", "250"), (r"\boxed{\frac{11}{12}}", "11"), (r"\boxed{\frac{11}{12}}", "12"), ("9:15", "15"), ("9:15", "9"), ("1,430", "430"), ("3.25", "25"),
    # several
    ("#### 18 or 20", "18"), ("#### 18 or 20", "20"), ("#### 18, 20", "18"), ("#### 18 - 20", "18"), ("#### 18/20/22", "18"), ("#### 18 and 20", "20"), ("#### 18 20", "20"), ("#### 18; 20; 22", "22"),
    (r"\boxed{18, 20}", "18"), (r"\boxed{18 \text{ or } 20}", "20"), (r"\boxed{18\text{ to }20}", "18"), ("The answer is 18 or 20.", "18"), ("The answer is 18 to 20 eggs", "18"), ("The answer is 18, 19 or 20", "18"),
    ("Answer: between 18 and 20", "18"), ("18 or 20", "20"), ("18-20 eggs", "20"), ("18 to 20", "20"), ("either 18 or 20", "20"), ("18:20", "20"), ("#### 1 2 3 4 5 6 7 8 9", "9"), ("#### 18 eggs or 20 eggs", "18"),
    ("The answer is 18, or perhaps 20", "18"), ("#### 18?20?", "18"), ("Answer: A) 18 B) 20", "18"), ("The answer is 18 (or 20)", "18"), ("It could be 18. It could be 20.", "18"), ("#### 18 | 20", "18"),
    # nothing
    ("", "0"), ("Sorry.", "1"), ("#### none", "0"), ("18 ####", "18"), (r"18 \boxed{}", "18"), (r"So \boxed{18", "18"), ("The answer is", "18"), ("18, the answer is:", "18"), ("#### 9 + 9", "18"), ("9 * 2", "2"),
    ("9 * 2 =", "2"), ("18/0", "18"), ("1.8.0", "1"), ("eighteen or nineteen", "18"), ("#### n", "1"), ("CO2", "2"), ("A-18", "-18"), ("v18", "18"), ("#### 18x", "18"), ("18 - x", "18"), ("2.5.2026", "2.5"),
]  # fmt: skip

# --- kept aside: written last, and measured once -----------------------------------------------------------------------

LAST_RIGHT = [
    ("There are 15 trees originally. Then there were 21 trees. 21 - 15 = 6.\nThe answer is 6.", "6"), ("Leah had 32 and her sister 42: 74. After eating 35: 39.\n#### 39", "39"),
    ("Jason gave Denny 20 - 12 = 8 lollipops. The answer is 8", "8"), ("He has 5 toys; 4 more make 9.\n\n**9 toys**", "9"), ("9 + 20 = 29 computers\n#### 29 computers", "29"),
    ("58 - 23 - 2 = 33 golf balls.", "33"), ("She has $23 - $15 = $8 left.\n#### $8", "8"), (r"He works $5 \times 4 = 20$ hours, so $\boxed{20}$", "20"), ("#### 3,600 seconds", "3600"),
    (r"$\frac{3}{4} \times 24 = 18$. The answer is $\boxed{18}$.", "18"), ("The answer is 1/6 of the cake.", "1/6"), ("#### 62.50", "62.5"), ("Answer: \u22129 points", "-9"),
    ("Step 1: 4 boxes of 12 is 48.\nStep 2: 48 - 5 = 43.\nAnswer: 43", "43"), ("#### 7 apples remain in the basket", "7"), ("Let x = 4. Then 3x = 12.\n#### 12", "12"), (r"\boxed{\$250,000}", "250000"),
    ("It takes 2 hours and 30 minutes, that is 150 minutes.\n#### 150", "150"), ("The train needs 45 minutes.", "45"), ("He saves 15%.\n#### 15%", "15"), (r"\boxed{-\dfrac{5}{6}}", "-5/6"),
    ("The answer is 200. I used that 40 * 5 = 200.", "200"), ("First guess: 10. Corrected: 11.\n#### 11", "11"), ("The perimeter is 2 * (3 + 4) = 14 cm", "14"), ("#### 0.1", "1/10"),
    ("The mean is (2 + 4 + 9) / 3 = 5.", "5"), ("12 more than 30 is 42", "42"), ("#### 1 day", "1"), ("So the 3 of them need 27 sheets.", "27"), ("Her age is 34", "34"), ("#### 8 1/4 miles", "33/4"),
    ("The answer is 2,500 because 50 * 50 = 2500.", "2500"), ("Answer: 36 square feet", "36"), ("\\[ \\boxed{1000} \\]", "1000"), ("<answer>16</answer>", "16"), ("They lost 6, so -6.", "-6"),
    ("Total cost: $7.20 + $2.80 = $10.00", "10"), ("#### 500\n#### 500", "500"), ("#### 24 (two dozen)", "24"), ("The sum equals 77.", "77"),
]  # fmt: skip

LAST_WRONG = [
    ("21 + 15 = 36.\nThe answer is 36.", "6"), ("Leah had 32, her sister 42: 74.\n#### 74", "39"), ("Jason gave 20 lollipops. The answer is 20", "8"), ("He has 5 toys; 2 more make 7.\n\n**7 toys**", "9"),
    ("9 + 5 = 14 computers\n#### 14 computers", "29"), ("58 - 23 = 35 golf balls.", "33"), ("She has $23 left.\n#### $23", "8"), (r"He works $5 + 4 = 9$ hours, so $\boxed{9}$", "20"), ("#### 360 seconds", "3600"),
    (r"$\frac{3}{4} \times 24 = 6$. The answer is $\boxed{6}$.", "18"), ("The answer is 5/6 of the cake.", "1/6"), ("#### 6.25", "62.5"), ("Answer: 9 points", "-9"), ("4 boxes of 12 is 48.\nAnswer: 48", "43"),
    ("#### 17 apples remain in the basket", "7"), ("Let x = 4. Then 3x = 12.\n#### 4", "12"), (r"\boxed{\$25,000}", "250000"), ("It takes 2 hours and 30 minutes", "150"), ("It takes 2 hours and 30 minutes", "2"), ("It takes 2 hours and 30 minutes", "30"),
    ("The train needs 54 minutes.", "45"), ("He saves 85%.\n#### 85%", "15"), (r"\boxed{\dfrac{5}{6}}", "-5/6"), ("The answer is 20. I used that 40 * 5 = 200.", "200"), ("First guess: 11. Corrected: 10.\n#### 10", "11"),
    ("The perimeter is 2 * (3 + 4) cm", "14"), ("The perimeter is 2 * (3 + 4) cm", "4"), ("#### 0.01", "1/10"), ("The mean is (2 + 4 + 9) / 3", "3"), ("12 more than 30 is 52", "42"), ("#### 2 days", "1"), ("#### 81/4 miles", "33/4"),
    ("The answer is 250 because 50 * 50 = 250.", "2500"), ("Answer: 18 square feet", "36"), ("\\[ \\boxed{100} \\]", "1000"), ("<answer>6</answer>", "16"), ("They lost 6, so they have 6 less.", "-6"), ("Total cost: $7.20", "10"), ("#### 5000", "500"),
    ("Step 3: 14 * 2 = 28. Step 4: 28 + 1 =", "29"), ("Step 3: 14 * 2 = 28. Step 4: 28 + 1 =", "1"), ("The price rises from $40 to $50.", "50"), ("The price rises from $40 to $50.", "10"), ("She bought 3 pens, 4 pencils", "7"), ("3 pens and 4 pencils", "7"),
    ("Either 5 or 7 children", "7"), ("Maybe 5, maybe 7.\n#### 5 or 7", "7"), ("The possible answers are 5, 7 and 9.", "5"), ("Answer: 5, 7", "5"), (r"\boxed{5 \text{ or } 7}", "5"), ("#### 5 to 7 days", "5"), ("5-7 days", "7"), ("The answer is 5? or 7?", "5"),
    ("He leaves at 7:30.", "30"), ("#### 7:30 am", "7"), ("The ratio is 2:3.", "3"), ("The date is 3/15", "15"), ("There is not enough information.", "0"), ("I need more than 20 tokens to", "20"), ("The number of trees planted is", "6"), ("####\n", "6"), ("#### six", "7"),
    ("The answer is \\boxed{", "6"), ("We get $\\boxed{1", "1"), ("Let n be the number. Then n + 15 = 21", "15"), ("#### 2n", "2"), ("Solve x - 3 = 0", "3"), ("Use H2SO4", "4"), ("see page B7", "7"), ("Answer: option C", "3"), ("#### 1,50", "150"), ("#### 3.5.1", "3.5"),
    ("$1,500.75", "1500"), ("1500", "1,500.75"), ("#### 1,500", "500"), ("#### 2/3", "2"), ("#### 2/3", "0.667"), ("#### 33.33%", "33"), ("45 cm\u00b3", "3"), ("#### 10^3", "3"), ("#### -4", "4"), ("#### 4", "-4"), ("5 times as many as 6", "30"),
    ("#### 42 in 3 weeks", "3"), ("#### 42 of the 60", "60"), ("#### 42, since 60 - 18 = 42, not 60", "60"), ("The total, 60, is shared by 4, so each has 15", "60"), ("60 is the answer to another question; here it is 61", "60"), ("60 - 2 = 58 and 58 / 2 = 29", "58"), ("60? No, 61.", "60"),
    ("#### 61\n(60 would be wrong)", "60"), (r"#### 60" "\n" r"Sorry: \boxed{61}", "60"), ("The answer is 60.\nCorrection: the answer is 61.", "60"), ("Answer: 0 left of 60", "60"), ("60 kids need 2 buses", "60"), ("I bought 60. I sold 59. So 1", "60"),
]  # fmt: skip


def _labelled(right: list[tuple[str, str]], wrong: list[tuple[str, str]]) -> list[Row]:
    return [(*pair, True) for pair in right] + [(*pair, False) for pair in wrong]


PRACTICE = _labelled(RIGHT + MORE_RIGHT + HARD_RIGHT + LIST_RIGHT, WRONG + MORE_WRONG + HARD_WRONG + LIST_WRONG)
HELD_OUT = _labelled(LAST_RIGHT, LAST_WRONG)
