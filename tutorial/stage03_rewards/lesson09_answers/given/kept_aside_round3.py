"""Labelled completions written by hand, as in round 1: again other questions."""

ROWS = r"""
+23|We start with the 17 kids who came by bus. 9 came by car, so that's 26. Three kids went home early: 26 - 3 = 23.
-23|We start with the 17 kids who came by bus. 9 came by car, so that's 26. Three kids went home early: 26 - 3 = 22.
-23|We start with the 17 kids who came by bus. 9 came by car, so that's 26. Three kids went home early.
+23|In the afternoon, 23 kids are still at the camp.
-23|In the afternoon, 20 kids are still at the camp, 3 fewer than the 23 at noon.
+23|17+9-3=23
-23|17+9+3=29
-23|17 + 9 = 26, so at noon 26 kids were there, and after lunch 23, and after the game only 19.
+23|**Let's calculate:**⏎- By bus: 17⏎- By car: 9⏎- Went home: 3⏎⏎**Total = 17 + 9 − 3 = 23 kids**
-23|**Let's calculate:**⏎- By bus: 17⏎- By car: 9⏎- Went home: 3
+23|The camp has 23 kids left in the afternoon. That's because 17 plus 9 is 26, and 3 went home.
+640|The gardener plants 16 rows with 40 tulips in each, which comes to 640 tulips.
+640|16 rows, 40 tulips per row: 640 tulips.
+640|16*40 = 640⏎⏎The gardener will plant 640 tulips.
-640|16*40 = 640⏎640/2 = 320⏎⏎The gardener will plant 320 red tulips.
-640|16*40 = 640. A quarter of them don't bloom: 160. So 480 bloom.
-640|480 tulips bloom; 640 were planted.
+480|480 tulips bloom; 640 were planted.⏎⏎Final answer: 480
+480|Three quarters of the 640 tulips bloom, so the gardener sees 480 flowers.
-480|Three quarters of the 640 tulips bloom, so the gardener sees 460 flowers.
-480|A quarter of the 640 tulips doesn't bloom, so 160 stay closed.
-640|The gardener plants 56 tulips, as 16 + 40 = 56.
+640|I get 640 tulips for this problem.
-640|I get 604 tulips for this problem.
+640|**640**
+640|640 tulips!
+0.85|A pencil costs $0.85.
+0.85|Let p be the price of a pencil. 4p + 1.60 = 5.00, hence 4p = 3.40 and p = 0.85. A pencil costs $0.85.
-0.85|Let p be the price of a pencil. 4p + 1.60 = 5.00, hence 4p = 3.40 and p = 0.85. So four pencils cost $3.40.
-0.85|A pencil costs $0.75.
-0.85|p = 3.40/5 = 0.68
+0.85|One pencil is 85 cents, that is, $0.85.
+85|One pencil is 85 cents.
+85|The pencil costs 85¢.
-85|The pencil costs 58¢.
-85|One eraser is 160 cents and 4 pencils are 340 cents, so all together it's 500 cents.
-0.85|With a pencil at $0.85 and an eraser at $1.60, he pays $2.45 for the pair.
+2.45|With a pencil at $0.85 and an eraser at $1.60, he pays $2.45 for the pair.
+2.45|0.85 + 1.60 = 2.45, so the pair costs $2.45
+2.45|$2.45
-2.45|$2.54
-2.45|The pair costs less than $2.45.
+3.5|Walking 14 km at 4 km/h takes 14 / 4 = 3.5 hours.
+3.5|It takes 3 1/2 hours.
+3.5|Ivo walks for three and a half hours (3.5 h).
+3.5|Time = distance / speed = 14 km / 4 km/h = 3.5 h
-3.5|Time = distance × speed = 14 km × 4 km/h = 56 h
-3.5|Ivo walks 3.5 hours and rests 0.5 hours, so he is on his way for 4 hours.
-3.5|He is on his way for 4 hours, 3.5 of them walking.
-3.5|Ivo leaves at 8:00 and arrives at 11:30.
-3.5|It takes Ivo 3 hours.
+3.5|Ivo needs 3.5 hours to walk the 14 km.
-14|Ivo needs 3.5 hours to walk the 14 km.
-4|Ivo needs 3.5 hours at 4 km/h.
+14|At 4 km/h Ivo walks 14 km in 3.5 hours.
+14|In 3.5 hours Ivo walks 14 km.
-14|In 3.5 hours Ivo walks 12 km.
+52|There are 52 weeks in a year and he saves $1 each week, so he saves $52.
+52|He saves $52 in a year.
+52|$52/year
-52|He saves $52 in a year and $104 in two years. The answer is $104.
-52|There are 52 weeks in a year. He saves $2 each week, so he saves $104.
-104|There are 52 weeks in a year. He saves $1 each week, so he saves $52.
-52|$25
+104|Two years of saving give him 104 dollars.
+104|52 × 2 = 104 → $104
-104|52 × 2 = 104 → minus $4 → $100
+100|After buying a $4 pen with his $104, he has $100.
+100|After buying a $4 pen with his $104, he's left with $100.
-104|After buying a $4 pen with his $104, he has $100.
-100|After buying a $4 pen he has $96.
+31|<think>⏎The larger is 31 and the smaller 29; they sum to 60. The question asks for the larger.⏎</think>⏎⏎The two odd numbers are 29 and 31. The larger one is **31**.
-31|<think>⏎The larger is 31 and the smaller 29; they sum to 60. The question asks for the larger.⏎</think>⏎⏎The two odd numbers are 29 and 31.
-31|<think>⏎The larger is 31 and the smaller 29; they sum to 60. The question asks for the smaller.⏎</think>⏎⏎**29**
-31|<think>⏎n + n + 2 = 60, n = 29, n + 2 = 31. So the answer is \boxed{31}.
+31|n + (n + 2) = 60, 2n = 58, n = 29, so n + 2 = 31.
+29|n + (n + 2) = 60, 2n = 58, n = 29
-29|n + (n + 2) = 60, 2n = 58
+31|\boxed{n+2=31}
-31|\boxed{29, 31}
-31|\boxed{29}, because 29 + 31 = 60
+31|\boxed{31}, because 29 + 31 = 60
+31|$$\begin{aligned} 2n + 2 &= 60 \\ n &= 29 \\ n + 2 &= \mathbf{31} \end{aligned}$$
-31|$$\begin{aligned} 2n + 2 &= 60 \\ 2n &= 62 \\ n &= 31 \end{aligned}$$⏎The larger number is 33.
+1800|The company sold 1,800 phones in March, up from 1,500 in February.
+1800|Sales rose by 20% from 1,500 to 1,800 phones. So the answer is 1800.
-1500|Sales rose by 20%, from 1,500 to 1,800 phones.
-1800|Sales in March were 1,500 + 20 = 1,520 phones.
-1800|In February they sold 1,500, in March 1,800 and in April 2,160. April is the best month with 2,160 phones.
+1800|1500 * 1.2 = 1800.0
+1800|1,500 × 120% = 1,800
+20|(1800 - 1500) / 1500 = 0.2 = 20%
+20|The increase is 20 percent.
+20|Phones sold went up by 20%.
-20|Phones sold went up by 300.
-20|The increase is 0.2.
-20|The increase is 300 phones, which is 16.7% of 1,800.
+300|The increase is 300 phones, which is 20% of 1,500.
-300|The increase is 20%.
+300|The company sold 300 more phones in March than in February.
-300|The company sold 300 more phones in March, and so 1,800 in total.
-1800|The company sold 300 more phones in March, that's 20% more.
+11|Kim picks 5 + 6 = 11 apples.⏎⏎---⏎⏎*Let me know if you need anything else!*
+11|> Kim picks 5 + 6 = 11 apples.
+11|Kim picks 11 apples 🍎🍎
-11|Kim picks 5 and 6 apples.
-11|Kim picks 5 + 6 apples.
-11|Kim picks 11 apples, eats 2 and gives 3 away, so 6 are left.
-11|Kim picks 11 apples, eats 2, and has 9 left.
+9|Kim picks 11 apples, eats 2, and has 9 left.
+9|Kim has 9 apples left. (11 - 2 = 9)
-9|Kim has 8 apples left. (11 - 3 = 8, not 9)
-9|Kim ate 2 of the 11 apples.
+9|Kim ate 2 of the 11 apples and has 9 left.
+9|11 apples - 2 apples = 9 apples left for Kim.
-9|11 apples - 2 apples =
-9|Kim would have 9 apples left if she had eaten 2, but she ate 4. So 7 are left.
+7|Kim would have 9 apples left if she had eaten 2, but she ate 4. So 7 are left.
-9|If Kim had eaten 2, 9 would be left. However, we do not know how many she ate.
+25|The perimeter of the square is 4s = 100, which means that s = 25 cm.
+25|Each side is 25 cm long.
+25|side = 100/4 = 25cm
-25|The area of the square is 25 × 25 = 625 cm².
-25|Each side measures 50 cm.
+625|Since each side is 25 cm, the area is 625 cm².
-625|Since each side is 25 cm, the perimeter is 100 cm.
-625|Since each side is 25 cm, the area is 525 cm².
+625|Area = s² = 25² = 625
-625|Area = s² = 25²
-25|Area = s² = 625
+8|To make 24 cupcakes she needs 3 × 2 = 6 cups, plus 2 for the frosting. The final amount is 8 cups.
-8|To make 24 cupcakes she needs 3 × 2 = 6 cups, plus 2 for the frosting. That means she uses 9 cups.
-8|To make 24 cupcakes she needs 6 cups of flour. The frosting has no flour in it.
+8|8 cups altogether: 6 for the cupcakes and 2 for the frosting.
+8|She uses 6 cups for the cupcakes and 2 for the frosting, for a total of 8 cups.
+8|She uses 6 cups for the cupcakes and 2 for the frosting, which makes 8 cups.
+8|6 + 2 = 8. She uses 8 cups of sugar.
-8|She uses 6 cups for the cupcakes and 2 for the frosting.
-8|She uses 8 cups for the cupcakes and 2 for the frosting, 10 cups altogether.
+10|She uses 8 cups for the cupcakes and 2 for the frosting, 10 cups altogether.
-8|The cupcakes need 2 cups more than the 8 cups she has; she needs 10.
+5|Half of the 10 balloons popped. That leaves 5.
+5|The remaining number of balloons is 10 / 2 = 5.
+5|5 balloons are left, since half of the 10 popped.
-5|Half of the 10 balloons popped, and then 2 more. That leaves 3.
-5|The remaining number of balloons is 10 - 2 = 8.
-5|10 balloons.
-5|First, 5 balloons pop. After that, 2 more pop. Therefore 5 + 2 = 7 balloons popped.
-5|7 of them popped; 5 in the first round.
+5|I first thought it was 8, but the right number is 5.
-5|I first thought it was 5, but the right number is 3.
-5|5? No, 3.
+3|5? No, 3.
+-40|The submarine is at −40 m: it dove 60 m and came up 20 m.
+-40|-60 + 20 = -40⏎The submarine's elevation is -40 meters.
+-40|Its elevation is −40 meters relative to sea level.
--40|The submarine is 40 m above the ground.
--40|-60 - 20 = -80
--40|60 - 20 = 40, so the answer is 40.
-40|-60 + 20 = -40, so the elevation is -40 m.
+40|The submarine is at a depth of 40 m.
+40|Depth: 60 m - 20 m = 40 m⏎⏎Thus, the submarine's depth is 40 meters below the surface.
+40|It is 40 meters deep after rising 20 meters.
-20|It is 40 meters deep after rising 20 meters.
-60|It is 40 meters deep after diving to 60 meters and rising 20 meters.
+36|Number of handshakes: C(9, 2) = 9·8/2 = 36
+36|With 9 people there are 36 handshakes.
+36|Each of the 9 people shakes hands with 8 others: 72, and each handshake is counted twice, so 36.
-36|Each of the 9 people shakes hands with 8 others: 9 × 8 = 72.
-36|With 9 people there are 72 handshakes.
-36|With 10 people there are 45 handshakes, which is 9 more than 36.
+45|With 10 people there are 45 handshakes, which is 9 more than 36.
-9|With 10 people there are 45 handshakes, which is 9 more than 36.
+36|The total number of handshakes is:⏎⏎36
+36|Final Answer⏎36 handshakes
-36|Final Answer⏎63 handshakes
-36|Answer⏎9 people
+36|## Answer⏎⏎There are **36** handshakes.
+36|The answer to the question "How many handshakes are there?" is 36.
-36|The answer to the question "How many handshakes are there?" is 28, not 36.
-36|The answer is more than 36.
-36|The answer is 36 or 72, depending on how you count.
-36|The answer is one of 36, 45 and 72.
+36|The answer is 36 handshakes in total, because 9 · 8 / 2 = 36.
+36|the answer is 36⏎⏎the answer is 36⏎⏎the answer is
-36|the answer is 72⏎⏎36
+2|2/3 of 3 is 2, so two friends come. #### 2
-2|2/3 of 3 is 2, so one friend stays at home. #### 1
-2|Two thirds of the friends come. #### 2/3
+150|At 50 mph for 3 hours: 150 miles. Answer: 150 miles
-150|At 50 mph for 3 hours: 150 miles. Plus 30 miles on Sunday. Answer: 180 miles
-150|Answer: 180 miles (150 on Saturday and 30 on Sunday)
+180|Answer: 180 miles (150 on Saturday and 30 on Sunday)
-30|Answer: 180 miles (150 on Saturday and 30 on Sunday)
+150|Answer: On Saturday they drove 150 miles.
-150|Answer: On Saturday they drove 120 miles in 3 hours, not 150.
-150|Answer: They drove 150 miles on Saturday, 30 miles on Sunday.
-150|Answer: $150/3 = 50$ mph
+64|2, 4, 8, 16, 32, 64: on day 6 she has 64 coins.
+64|Day 1: 2⏎Day 2: 4⏎Day 3: 8⏎Day 4: 16⏎Day 5: 32⏎Day 6: 64⏎⏎So on day 6 she has 64 coins.
-64|Day 1: 2⏎Day 2: 4⏎Day 3: 8⏎Day 4: 16⏎Day 5: 32⏎⏎So on day 5 she has 32 coins.
+64|She has $2^6 = 64$ coins on the sixth day.
-64|She has $2^5 = 32$ coins on the sixth day.
+64|On the sixth day, she has 64 coins.
+64|The pattern doubles each day, so after 6 days there are 64 coins.
+64|64 coins on day 6
-6|On day 6 she has 64 coins.
+6|She reaches 64 coins on day 6. So the answer is 6.
+64|**Answer: 64 coins** (2 doubled five times)
"""
