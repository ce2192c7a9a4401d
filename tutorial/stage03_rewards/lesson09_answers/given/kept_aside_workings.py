"""Labelled completions that were written to attack it again: answers without a marker, or cut off."""

ROWS = r"""
+57|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 = 24 minutes. In total she spent 33 + 24 = 57 minutes.
+57|**Step 1:** Puzzles: $11 \times 3 = 33$⏎**Step 2:** Riddles: $4 \times 6 = 24$⏎**Step 3:** Add: $33 + 24 = 57$⏎⏎The final answer is $\boxed{57}$.
+57|Puzzles: 33 minutes⏎Riddles: 24 minutes⏎Total: **57 minutes**
+57|She spent a total of 57 minutes on both games.
+57|11*3=<<11*3=33>>33 minutes⏎4*6=<<4*6=24>>24 minutes⏎33+24=<<33+24=57>>57⏎#### 57
+57|#### 57 minutes.
+57|Olivia spent $57$ minutes.
+57|The time is \(33 + 24 = 57\).
+57|<think>⏎So puzzles 33, riddles 24. Sum is 57.⏎⏎Double-check: 33+24 = 57. Yes.⏎</think>⏎⏎Olivia needs 33 minutes for the puzzles and 24 for the riddles.⏎⏎**Final Answer**⏎⏎\[ \boxed{57} \]
+57|<think>Easy.</think>57
+57|<think>11*3 is 33, the answer is 33 plus the riddles</think>⏎<answer>57</answer>
+57|The total time spent is 57 minutes (33 for puzzles, 24 for riddles).⏎#### 57
+57|Answer: 57 (minutes)
+57|Final Answer: The final answer is 57. I hope it is correct.
+57|Final Answer: The final answer is $57$. I hope it is correct.
+57|The answer is **57 minutes**.
+57|So the answer is $\boxed{57\text{ minutes}}$.
+57|\boxed{57}⏎⏎This is because 11 · 3 = 33, 4 · 6 = 24 and 33 + 24 = 57.
+57|Thus, she spent $33 + 24 = \boxed{57}$ minutes.
+57|Total time = 33 minutes + 24 minutes = 57 minutes
+57|Total time: 33 + 24 = 57.⏎
+57|Therefore, Olivia spent 57 minutes playing.
+57|It takes 57 minutes in all.⏎⏎#### 57 minutes in all
+48|3 cartons contain 3 * 8 = 24 ccs. 24 * 2 = 48 calories.
+48|David consumes 48 calories.⏎The answer is: 48
+48|He consumed 24 cc × 2 calories/cc = 48 calories.
+48|The answer is 48 calories
+48|#### 48 cal
+48|Calories = 2/cc * 24 cc = 48
+48|\boxed{48 \text{ calories}}
+48|\[ 3 \times 8 \times 2 = 48 \]
+48|\[⏎3 \cdot 8 \cdot 2 = 48⏎\]
+48|$3 \cdot 8 \cdot 2 = 48$ calories.
+48|(3 × 8) × 2 = 48
+48|3 x 8 x 2 = 48 calories
+96|There are 32 girls and 64 boys. 32 + 64 = 96 kids.
+96|So there are 2 * 32 = 64 boys, and 64 + 32 = 96 kids in total.⏎#### 96
+96|Boys: 64. Kids: 64 + 32 = 96.
+96|Hence there are 96 kids in the garden.
+96|The total number of kids is therefore 96.
+96|answer: 96
+96|The Answer Is 96!
+96|Answer: **96** kids
+96|###Answer: 96
+1250|The salary is $1,250 per week.
+1250|#### $1250
+1250|He earns $25/hour * 50 hours = $1,250.
+1250|The answer is $1,250.00
+1250|\boxed{\$1250}
+1250|\boxed{1{,}250}
+1250|$25 * 50 = $1250
+1250|= $1,250
+1250|USD 1,250
+1250|1250 USD
+1250|The total is 1.250e3 dollars.
+3/5|The fraction is $\frac{3}{5}$.
+3/5|3/5 of the class are girls.
+3/5|The answer is 3/5.
+3/5|\(\boxed{\tfrac{3}{5}}\)
+3/5|#### 0.6
+3/5|\boxed{.6}
+3/5|18/30 = 3/5
+3/5|\frac{18}{30} = \frac{3}{5}
+-20|The account is overdrawn: $30 - $50 = -$20
+-20|The net change is -20 points.
+-20|\boxed{-20}
+-20|The answer is -$20.
+-20|x = -20
+-20|−20
+75|The discount is 25%, so she pays 75% of the price.⏎#### 75
+75|He got 75% of the questions right.
+75|\boxed{75\%}
+75|60/80 = 0.75 = 75%
+75|60/80 * 100 = 75
+2.25|Each one costs $2.25.
+2.25|9 / 4 = 2.25
+2.25|The answer is 2 1/4 hours.
+2.25|\boxed{\frac{9}{4}}
+2.25|#### 2.250
+7|There are 7 days in a week, so the answer is 7.
+7|He can buy at most 7 pens.
+7|She needs at least 7 buses.
+7|#### 7 (we round 6.4 up, since the rest need a bus, too)
+7|52 / 8 = 6.5, so they need 7 buses.
+7|They need 7 buses (52 / 8 = 6.5, rounded up).⏎#### 7
+7|The answer is 7, because 6 buses hold 48 students only.
+7|7 buses
+7|The 8 buses minus the broken one are 7.
+7|Rounded up, this is 7.
+14|Let x be Ann's age. x + 2x = 42, 3x = 42, x = 14. Ann is 14 years old.
+14|3x = 42⏎x = 42/3⏎x = 14
+14|Ann is 14, Bob is 28.⏎#### 14
+14|Let's call it A. A = 42 / 3 = 14
+14|Ann's age: 42/3 = 14 years.
+14|So Ann's age is **14**.
+14|Ann is 14 years old now
+14|The answer is 14 years
+45|The angle is 45°.
+45|\angle A = 45^\circ
+45|The angle is 45 degrees.
+45|$\boxed{45^\circ}$
+24|The area is 24 square feet.
+24|A = 4 \times 6 = 24 \text{ m}^2
+24|A = 24\ m^2
+24|The area is 24 ft².
+24|\boxed{24 \text{ m}^2}
+24|It is a 4 by 6 rectangle, so the area is 24.
+40|The question asks for half of 80, that is 40.
+40|Half of the 80 people is 40 people. So, 40 people came.⏎⏎#### 40⏎⏎### Explanation⏎80 / 2 = 40
+40|First day: 25. Second day: 15. Together: 40
+40|**Total = 40**
+40|Sum: 25 + 15 = 40
+40|25 plus 15 is 40.
+40|25 and 15 make 40
+40|25 + 15 equals 40
+40|The sum of 25 and 15 equals 40.
+3|The number of boxes is 3.
+3|He has three boxes left. Answer: 3
+3|18 divided by 6 is 3.
+3|18 ÷ 6 = 3 boxes
+3|3.0
+3|3.
-57|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 = 28 minutes. In total she spent 33 + 28 = 61 minutes.
-33|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 = 24 minutes. In total she spent 33 + 24 = 57 minutes.
-24|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 = 24 minutes. In total she spent 33 + 24 = 57 minutes.
-24|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 = 24 minutes. In total she
-33|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 ×
-4|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 ×
-6|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6
-6|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Riddles take 4 × 6 =
-33|To solve this problem, we first find the time for puzzles: 11 × 3 = 33 minutes. Next, we find the time for
-24|**Step 1:** Puzzles: $11 \times 3 = 33$⏎**Step 2:** Riddles: $4 \times 6 = 24$⏎**Step 3:** Add: $33 + 24 =
-3|**Step 1:** Puzzles: $11 \times 3 = 33$⏎**Step 2:** Riddles: $4 \times 6 = 24$⏎**Step 3:**
-24|**Step 1:** Puzzles: $11 \times 3 = 33$⏎**Step 2:** Riddles: $4 \times 6 = 24$⏎**Step 3:** Add both numbers to get the
-33|**Step 1:** Puzzles: $11 \times 3 = 33$⏎**Step 2:** Riddles:
-57|$33 + 24 = 57$⏎⏎The final answer is $\boxed{
-57|$33 + 24 = 57$⏎⏎The final answer is $\boxed{5
-5|$33 + 24 = 57$⏎⏎The final answer is $\boxed{5
-57|$33 + 24 = 57$⏎⏎The final answer is
-57|$33 + 24 = 57$⏎⏎####
-24|Puzzles: 33 minutes⏎Riddles: 24 minutes
-33|Puzzles: 33 minutes, Riddles: 24 minutes
-24|Puzzles: 33 minutes, Riddles: 24 minutes
-24|She spent 33 minutes on puzzles and 24 minutes on riddles.
-33|She spent 33 minutes on puzzles and 24 minutes on riddles.
-33|She spent 33 minutes on puzzles, then 24 minutes on riddles.
-57|She spent 57 hours or 58 hours.
-58|She spent 57 minutes or 58 minutes.
-58|She spent 57 or 58 minutes.
-57|She spent 57 to 58 minutes
-58|She spent about 57 to 58 minutes.
-58|She spent between 57 and 58 minutes
-57|11*3=<<11*3=33>>33 minutes⏎4*6=<<4*6=24>>24 minutes⏎33+24=<<33+24=57>>56⏎#### 56
-24|11*3=<<11*3=33>>33 minutes⏎4*6=<<4*6=24>>24 minutes⏎
-33|11*3=<<11*3=33>>33 minutes⏎4*6=<<4*6=
-57|<think>⏎So puzzles 33, riddles 24. Sum is 57.⏎⏎Wait, the question says "over the vacation", so maybe
-57|<think>⏎So puzzles 33, riddles 24. Sum is 57.⏎⏎Double-check: 33+24 = 57. Yes.⏎</think>⏎⏎Olivia needs 33 minutes for the puzzles and 24
-24|<think>⏎So puzzles 33, riddles 24. Sum is 57.⏎⏎Double-check: 33+24 = 57. Yes.⏎</think>⏎⏎Olivia needs 33 minutes for the puzzles and 24
-57|<think>⏎So puzzles 33, riddles 24. The answer is 57.⏎</think>⏎⏎Olivia needs
-57|<think>⏎\boxed{57}? Or does she solve the riddles twice? Then it is 81.⏎</think>⏎\boxed{81}
-33|<think>11*3 is 33, the answer is 33 plus the riddles</think>⏎<answer>57</answer>
-57|<think>57</think><answer>58</answer>
-57|Answer: 75
-57|Answer: 57 or 75
-57|Answer: 57, 75
-57|Answers: 57 and 75
-75|Answers: 57 and 75
-57|Answer 1: 57. Answer 2: 75.
-57|The answer could be 57 or 75, depending on the riddles.
-75|The answer could be 57 or 75, depending on the riddles.
-57|The answer is 57 or 75, depending on the riddles.
-57|The answer is 57 minutes if she rests, and 75 minutes otherwise
-57|The answer is somewhere between 57 and 75.
-57|The answer is 57 to 75 minutes.
-57|The answer is 57–75 minutes
-57|The answer is close to 57 but not quite.
-57|The answer is 57 + 18.
-57|The answer is 57 - x.
-57|The answer is 57 times 2.
-57|The answer is 2 × 57.
-57|The answer is half of 57.
-57|The answer is twice 57
-57|The answer is the square root of 57
-57|The answer is \sqrt{57}.
-57|The answer is 57\%\text{ of } 200
-57|The answer is 57 dozen, I mean 58.
-57|The answer is Option C) 58
-57|The answer is C) 58, not B) 57
-57|The answer is: A. 57 B. 58
-57|So the answer is $\boxed{75\text{ minutes}}$.
-57|\boxed{57 + 1}
-57|\boxed{57 \times 2}
-57|\boxed{57, 75}
-57|\boxed{57; 75}
-57|\boxed{57 \text{ and } 75}
-57|\boxed{57\text{ or }75}
-57|\boxed{57 \text{ minutes or } 75 \text{ minutes}}
-57|\boxed{57 < 75}
-57|\boxed{A = 57, B = 75}
-75|\boxed{A = 57, B = 75}
-57|\boxed{57:75}
-57|\boxed{\frac{57}{75}}
-57|\boxed{\frac{57}{x}}
-57|\boxed{57y}
-57|\boxed{57 + 2y}
-57|\boxed{2(57)}
-57|\boxed{57^{\text{th}}}
-57|\boxed{5.7}
-57|\boxed{570}
-57|\boxed{(57, 75)}
-75|\boxed{(57, 75)}
-57|\boxed{\$57 - \$75}
-57|Total time = 33 minutes + 24 minutes
-24|Total time = 33 minutes + 24 minutes
-24|Total time = 33 + 24
-24|33 + 24
-24|Total time = 33 + 24 minutes
-24|Total time = (11 × 3) + 24
-24|Total time = 11 × 3 + 24
-6|Total time = 11 × 3 + 4 × 6
-3|Total time = 4 × 6 + 11 × 3
-57|Total time: 57 hours 30 minutes
-30|Total time: 57 hours 30 minutes
-57|Total time: 57 h 30 min
-57|Total time: 57:30
-30|Total time: 57:30
-57|Total time: 57'30"
-57|57 is wrong, since the 6 riddles take longer.
-6|57 is wrong, since the 6 riddles take longer.
-57|Not 57, but 58
-57|I got 57 at first, then 58.
-57|It takes 57 minutes for each of the 2 games.
-57|Olivia spent 57 minutes, and Ben spent 60 minutes.
-60|Olivia spent 57 minutes and Ben 60 minutes.
-57|Is 57 right? I think that it is 58.
-57|57? 58? 59?
-59|57, 58, 59
-59|57⏎58⏎59 or 60
-48|3 cartons contain 3 * 8 = 24 ccs. 24 * 4 = 96 calories.
-24|3 cartons contain 3 * 8 = 24 ccs. 24 * 2 = 48 calories.
-24|3 cartons contain 3 * 8 = 24 ccs. Each cc has
-24|3 cartons contain 3 * 8 = 24 ccs. So we multiply that by
-24|3 cartons contain 3 * 8 = 24 ccs. Multiply this by the calories:
-2|3 cartons contain 3 * 8 = 24 ccs. 24 * 2
-2|3 cartons contain 3 * 8 = 24 ccs. 24 * 2 =
-8|\[ 3 \times 8 \times 2 = 48 \]
-2|\[ 3 \times 8 \times 2 \]
-2|$3 \cdot 8 \cdot 2$
-2|(3 × 8) × 2
-8|2 * (3 × 8)
-2|He consumed 24 cc × 2 calories/cc
-96|There are 32 girls and 64 boys.
-64|There are 32 girls and 64 boys.
-32|There are 32 girls and 64 boys.
-64|There are 32 girls, and twice as many boys, 64.⏎So the number of kids is 32 +
-64|So there are 2 * 32 = 64 boys, and 64 + 32 =
-64|So there are 2 * 32 = 64 boys. Now add the girls to
-64|So there are 2 * 32 = 64 boys, and 64 + 32 = 96 kids in total.⏎#### 96
-32|girls = 32, boys = 64
-64|girls = 32, boys = 64
-64|girls = 32⏎boys = 64⏎kids = 32 + 64
-64|Let b = 64 and g = 32. Then b + g =
-32|Let b = 64 and g = 32. Then b + g =
-64|Girls: 32; boys: 64
-64|32 girls, 64 boys
-64|32 girls & 64 boys
-64|32 girls : 64 boys
-64|32 girls vs 64 boys
-64|32 girls / 64 boys
-64|32 girls versus 64 boys
-64|The girls are 32 and the boys are 64.
-64|There are 32 girls while there are 64 boys.
-64|Girls to boys is 32 to 64
-64|The ratio is 32:64
-64|The ratio is 32 / 64 / 96
-64|| girls | boys |⏎| 32 | 64 |
-64|- girls: 32⏎- boys: 64⏎- kids: ?
-250|The salary is $1,250 per week.
-1|He earns $25/hour * 50 hours = $1,250.
-50|He earns $25/hour * 50 hours
-50|He earns $25/hour * 50 hours =
-50|He earns $25 * 50
-1250|The salary is $1,250.50 per week.
-1250|The salary is $1,205 per week.
-1250|\boxed{\$12,50}
-1250|\boxed{\$12.50}
-1250|\boxed{1,250,000}
-1250|$1,250 - $50 = $1,200
-1250|$1,250–$1,300
-1300|$1,250–$1,300
-1300|$1,250 to $1,300 per week
-1300|He earns between $1,250 and $1,300.
-1300|He earns $1,250 or $1,300.
-1300|He earns $1,250 in May and $1,300 in June.
-1300|He earns $1,250 (May) and $1,300 (June)
-1250|He earns more than $1,250.
-1250|He earns less than $1,250
-1250|He earns up to $1,250
-1250|He earns almost $1,250
-1250|He does not earn $1,250.
-1250|He will never earn $1,250
-3/5|The fraction is $\frac{5}{3}$.
-3/5|3/5 of the class are girls, so 2/5 are boys.
-3|3/5 of the class are girls.
-5|3/5 of the class are girls.
-3/5|3:5
-5|3:5
-5|The ratio of girls to boys is 3:5.
-5|3 out of 5
-5|3 in 5
-3/5|#### 0.599
-3/5|#### 60%
-3|\frac{3}{5}
-5|\frac{3}{x} = 5
-20|The account is overdrawn: $30 - $50 = -$20
-50|The account is overdrawn: $30 - $50
-50|$30 - $50
-20|The net change is -20 points.
--20|The net change is 20 points.
--20|from 50 down to 20
-20|The price falls from $50 to $20.
-30|The price falls from $50 to $20.
-20|x = -20
-20|\boxed{-20}
-20||x| = 20
-20|x = ±20
-20|x = \pm 20
-20|x^2 = 400, so x = 20 or x = -20
--20|x^2 = 400, so x = 20 or x = -20
-20|x = 20 or -20
--20|x = 20 or -20
-0.75|60/80 = 0.75 = 75%
-80|60/80 * 100 = 75
-80|60/80
-100|60/80 * 100
-75|75 out of 80
-75|He got 75% of the 80 questions right, which is 60.
-25|The discount is 25%, so she pays 75% of the price.⏎#### 75
-2|Each one costs $2.25.
-25|Each one costs $2.25.
-4|9 / 4 = 2.25
-9|9 / 4
-4|9 / 4
-4|9 divided by 4
-4|9 ÷ 4
-2.25|9/4 = 2.2
-2.25|#### 2,25
-2|#### 2 1/4
-1/4|#### 2 1/4
-6.5|52 / 8 = 6.5, so they need 7 buses.
-8|52 / 8 = 6.5, so they need 7 buses.
-6|The answer is 7, because 6 buses hold 48 students only.
-48|The answer is 7, because 6 buses hold 48 students only.
-6.4|#### 7 (we round 6.4 up, since the rest need a bus, too)
-7|The answer is 6 or 7, depending on rounding
-7|6.5, rounded to 6 or 7
-7|They need 6-7 buses
-7|They need 6, maybe 7 buses
-7|6 buses, or 7 if nobody may stand
-28|Let x be Ann's age. x + 2x = 42, 3x = 42, x = 14. Ann is 14 years old.
-42|Let x be Ann's age. x + 2x = 42
-42|Let x be Ann's age. x + 2x = 42, 3x = 42
-42|Let x be Ann's age, so x + 2x = 42.
-42|Then x + y = 42
-42|Then x + y = 42, and y = 2x.
-2|Then x + y = 42, and y = 2x.
-42|3x = 42⏎x = 42/3⏎x =
-3|3x = 42⏎x = 42/3⏎x =
-3|3x = 42⏎x = 42/3
-28|Ann is 14, Bob is 28.
-28|Ann is 14 and Bob is 28.
-28|Ann is 14 years old and Bob is 28 years old.
-14|Ann is 14 and Bob is 28.
-14|Ann is 14 times as old as
-14|x > 14
-14|x \geq 14
-14|Ann is older than 14.
-14|Ann is over 14
-14|Ann turns 14 in 2 years
-2|A = 24\ m^2
-2|The area is 24 ft^2.
-6|It is a 4 by 6 rectangle.
-6|It is a 4 x 6 rectangle.
-4|It is a 4 by 6 rectangle.
-6|4 m by 6 m
-6|4 × 6 m
-80|The question asks for half of 80, that is 40.
-80|The question asks for half of 80
-2|Half of the 80 people is 40 people. So, 40 people came.⏎⏎#### 40⏎⏎### Explanation⏎80 / 2 = 40
-15|First day: 25. Second day: 15. Together: 40
-15|First day: 25. Second day: 15.
-15|First day: 25. Second day: 15. Together:
-15|25 and 15
-15|25 plus 15
-15|The sum of 25 and 15
-15|the product of 3 and 15
-6|18 divided by 6
-6|18 divided by 6 is
-6|18 minus 6
-6|6 times 6
-40|40-ish
-40|40 something
-3|The number of boxes is 3x.
-3|You need to find 3 numbers.
-3|Sure! Here is how to solve it in 3 steps:
-3|Let's break it down into 3 parts:
-2|There are 2 cases to consider.
-1|1. First, we need to find the number of girls
-1|Step 1
-2|1) Find x. 2) Find y.
-5|Sorry, I can only answer 5 questions.
-2020|As of my last update in 2020, I do not know.
"""
