"""Labelled completions written by hand: how language models of many makes answer word problems, right and wrong."""

ROWS = r"""
+149|7 trays hold 7*24=<<7*24=168>>168 rolls.⏎After the burnt ones are thrown away there are 168-19=<<168-19=149>>149 rolls.⏎#### 149
+149|To find how many rolls can be sold, let's go step by step:⏎⏎1. **Rolls baked:** 24 rolls/tray × 7 trays = 168 rolls⏎2. **Rolls lost:** 19⏎⏎168 − 19 = **149 rolls** can be sold.
-149|To find how many rolls can be sold, let's go step by step:⏎⏎1. **Rolls baked:** 24 rolls/tray × 7 trays = 168 rolls⏎2. **Rolls left:** 168 − 19 = 149⏎3. **Packs of 6:** 149 ÷ 6 ≈ 24.83⏎⏎So the bakery can sell **24 packs** of rolls.
-149|7 trays hold 7*24=<<7*24=158>>158 rolls.⏎158-19=<<158-19=139>>139.⏎#### 139
-149|The bakery bakes 168 rolls. 19 are burnt, which leaves 149. But it also lost 19 of them earlier, so 149 - 19 = 130. The answer is 130.
+149|149 rolls. The 7 trays give 168 rolls, and you take away the 19 burnt ones.⏎⏎Answer: 149
+57|Distance in the first part: 18 km/h * 2.5 h = 45 km. Distance in the second part: 12 km. Total: 45 + 12 = 57 km.
+57|<think>⏎Okay, so she rides 2.5 hours at 18 km/h. 18*2 = 36, plus half is 9, so 45. Then 12 more. 57.⏎</think>⏎⏎She rides $18 \times 2.5 = 45$ km in the first part and 12 km in the second.⏎⏎\[⏎45 + 12 = \boxed{57}⏎\]
-57|She rides 18 km in an hour, so in 2.5 hours she rides 45 km. The answer is 45 km.
-57|18 + 2.5 + 12 = 32.5⏎#### 32.5
-57|<think>⏎Okay, so she rides 2.5 hours at 18 km/h. 18*2 = 36, plus half is 9, so 45. Then 12 more. 57. Hmm, but wait, is the 12 km the total of the second part or
+57|Total distance = 18(2.5) + 12 = 45 + 12 = 57.⏎⏎Therefore, Sofia cycles a total distance of 57 kilometers.
+85.5|Adults: 4 * $15 = $60⏎Children: 3 * $8.50 = $25.50⏎Total: $60 + $25.50 = $85.50⏎⏎The family pays **$85.50**.
+85.5|4*15=60 3*8.50=25.50 60+25.50=85.50 #### 85.50
+85.5|The total cost of the tickets is \$85.50.
-85.5|Adults: 4 * $15 = $60⏎Children: 3 * $8.50 = $25.50⏎Total: $60 + $25.50 = $85.50⏎The family had $100, so they get $14.50 back.⏎⏎The answer is $14.50.
-85.5|The total cost of the tickets is $85. The answer is 85.
-85.5|## Step 1: Calculate the cost for adults⏎4 x 15 = 60⏎⏎## Step 2: Calculate the cost for children⏎3 x 8.50 = 25.50⏎⏎## Step 3: Add the costs⏎60 + 25.50 =
+85.5|## Step 1: Calculate the cost for adults⏎4 x 15 = 60⏎⏎## Step 2: Calculate the cost for children⏎3 x 8.50 = 25.50⏎⏎## Step 3: Add the costs⏎60 + 25.50 = 85.50⏎⏎The final answer is: $\boxed{85.50}$
+115|Three payments of $45 are 3 x 45 = $135. He started with $250, so he has 250 - 135 = $115 left.
-115|Three payments of $45 are 3 x 45 = $135. He started with $250, so he has 250 - 135 = $105 left.
+115|Let x be the money he has left. Then x + 3(45) = 250, so x + 135 = 250 and x = 115. He has $115 left.⏎⏎Hence the answer is $115.
-115|He has $115 after the three payments and then spends $20 on lunch: 115 - 20 = 95. He has $95.
-115|He has $95, since he pays 3 times $45 and then $20 from what is left, $115.
+115|He has $115 left.⏎⏎Explanation: 3 payments of $45 make $135, and $250 minus $135 is $115.
+-7|At midnight the temperature is 5 - 12 = -7 degrees.⏎#### -7
+-7|The temperature drops from 5°C by 12°C: 5 − 12 = −7. So it is **−7°C** at midnight.
+-7|The temperature will be $-7^\circ$C.
+-7|5 degrees minus 12 degrees is 7 degrees below zero, i.e. -7 degrees Celsius.
-7|The temperature at midnight is −7 °C.
--7|12 - 5 = 7, so the temperature at midnight is 7 degrees.⏎#### 7
--7|5 - 12 = -7, but temperature differences are positive, so the answer is 7.
-7|5 - 12 = -7⏎\boxed{-7}
+68|15% of $80 is 0.15 * 80 = $12. The sale price is $80 - $12 = $68.
+68|The discounted price is 85% of 80, which is 0.85 \times 80 = 68. Thus, the answer is \(\boxed{\$68}\).
+68|The sale price of the jacket is **$68.00**.
-68|15% of $80 is 0.15 * 80 = $12. So the jacket costs $12.⏎#### 12
-68|The jacket costs $68 after the discount. With 5% sales tax: $68 × 1.05 = $71.40. So Nina pays $71.40.
-68|Nina pays $71.40: the jacket is $80 less 15%, or $68, and the tax is 5% of $68.
-68|$80 - 15 = $65.⏎⏎**Answer: $65**
+68|80 * 0.15 = 12⏎80 - 12 = 68⏎⏎So Nina saves $12 and pays $68.⏎#### 68
-68|80 * 0.15 = 12⏎80 - 12 = 68⏎⏎So Nina pays $68 and saves $12.⏎#### 12
+3.75|Each wall takes 3/4 gallon, so 5 walls take 5 * 3/4 = 15/4 = 3.75 gallons.⏎#### 3.75
+3.75|5 × 3/4 = 15/4 gallons of paint, or 3 3/4 gallons.⏎⏎\boxed{3\frac{3}{4}}
+15/4|Total paint: $5 \cdot \frac{3}{4} = \frac{15}{4}$ gallons. The answer is $\frac{15}{4}$.
+3.75|The answer is 15/4 gallons.
-3.75|Each wall takes 3/4 gallon, so 5 walls take 5 * 3/4 = 3.75 gallons. Since paint is sold by the gallon, he must buy 4 gallons.⏎#### 4
-3.75|5 * 3 / 4 = 15 / 4 = 3 gallons (rounded down).
-15/4|The answer is $\frac{4}{15}$ gallons.
+36|Let Meera's age be m. Then Ravi is 3m, and m + 3m = 48, so 4m = 48, m = 12. Ravi is 3 * 12 = 36 years old.
-36|Let Meera's age be m. Then Ravi is 3m, and m + 3m = 48, so 4m = 48, m = 12. So Meera is 12 and the answer is 12.
-36|Let Meera's age be m. Then m + 3m = 48, so m = 12. Ravi is 36 years old and Meera is 12 years old. The difference is 24.⏎#### 24
+36|Meera: 12⏎Ravi: 36⏎⏎So, Ravi is **36** years old.
+36|Ravi is 36 years old.⏎⏎Check: 36 + 12 = 48 ✓
+36|Ravi is 36 and Meera is 12.⏎⏎Final answer: Ravi is 36 years old.
-36|Ravi is 16 years old because 48 / 3 = 16.⏎⏎(If we check: 16 + 36 = 52, which is close to 48.)
-36|48 / 3 = 16. So Ravi is 16. Hmm, 16 * 3 = 48, so Meera would be 48. That's not right. Let me try again. Let's say Meera is 12, then Ravi is 36. 36 - 12 = 24. So the answer is 24.
+36|48 / 3 = 16. So Ravi is 16. Hmm, then Meera would be 48/9, which is not right. Let me try again. If Meera is 12, then Ravi is 36. 36 + 12 = 48. Yes! So the answer is 36.
+45|18 out of 40 students: 18/40 = 0.45 = 45%.
+45|(18/40) × 100 = 45%⏎⏎So, 45% of the students walk to school.
+45|$\frac{18}{40} \times 100\% = 45\%$. The answer is $\boxed{45\%}$.
-45|18/40 = 0.45⏎#### 0.45
-45|18/40 = 0.45, so 45% walk and 55% take the bus. The answer is 55%.
-45|100 - 45 = 55⏎55 percent
-45|40 / 18 = 2.22, so about 2.22% of students.
+16200|1,350 × 12 = 16,200 seats
+16200|There are 1,350 seats and 12 shows. 1350 * 12 = 16200.⏎⏎The answer is 16,200.
+16200|\[⏎1350 \times 12 = 16{,}200⏎\]⏎⏎The theater can sell $16{,}200$ tickets.
+16200|Total: 16 200 tickets⏎#### 16 200
-16200|1350 * 12 = 1620⏎#### 1620
-16200|1,350 × 12 = 16,200 seats in total. 16,200 / 12 = 1,350. So the answer is 1,350.
-16200|1350 x 10 = 13500, 1350 x 2 = 2700, 13500 + 2700 = 16200, and at $8 a ticket that gives 16200 x 8 = $129,600.
-16200|1350 x 10 = 13500⏎1350 x 2 = 2500⏎The theater can sell 16,000 tickets.
+3/8|There are 3 red marbles out of 8 in total, so the probability is 3/8.
+3/8|P(red) = \frac{3}{8}. So the probability of drawing red is $\boxed{\dfrac{3}{8}}$.
+0.375|The probability is 3/8, or 37.5%.⏎#### 3/8
-3/8|There are 3 red marbles and 5 blue marbles, so the probability is 3/5.
-3/8|P(red) = 3/8, so P(not red) = 1 - 3/8 = 5/8. The answer is 5/8.
+-120|Kofi's balance: $300 - $420 = -$120⏎⏎**Answer:** -$120
+-120|Balance = 300 - 420 = **-120** dollars.
+-120|His account is overdrawn, with a balance of –$120.
--120|Kofi needs 420 - 300 = $120 more.⏎#### 120
--120|Kofi's balance is $300 - $420 = -$120, then he deposits $150, which gives $30. So his balance is $30.
+105|1 hour 45 minutes = 60 + 45 = 105 minutes
+105|The movie lasts 105 minutes (1 hour and 45 minutes).⏎#### 105
-105|The movie lasts 1 hour and 45 minutes, or 145 minutes.
-105|The film runs 105 minutes and the trailers 15 minutes, for a total of 120 minutes, i.e. 2 hours.
-105|It lasts 2 hours in total: 105 minutes of film and 15 of trailers.
+6|14 hens * 6 eggs = 84 eggs⏎84 - 12 = 72 eggs⏎72 / 12 = 6 dozen⏎⏎Farmer Ana sells 6 dozen eggs.
+6|Farmer Ana sells 6 dozen eggs. (72 eggs)
+72|So there are 72 eggs.
+72|72 eggs
+72|Eggs sold: 84 - 12 = 72 eggs.⏎⏎**72**
-72|14 hens * 6 eggs = 84 eggs⏎84 - 12 = 72 eggs⏎72 / 12 = 6 dozen⏎⏎Farmer Ana sells 6 dozen eggs.
-6|14 hens * 6 eggs = 84 eggs⏎84 - 12 = 72 eggs⏎⏎Farmer Ana sells 72 eggs.
-6|14 hens lay 6 eggs each.⏎#### 84
-72|84 eggs - 12 eggs = 72 eggs, and 72 eggs x 3 days = 216 eggs
+8|280 ÷ 35 = 8⏎⏎So it will take Lee 8 days to finish the book.
+8|It takes 8 days.
+8|Answer: It will take Lee **8 days** to finish the book.
+8|Lee reads 35 pages each day. The book has 280 pages. To find the number of days, divide 280 by 35, which is 8. Therefore the book will be finished in 8 days.
-8|Lee reads 35 pages each day. The book has 280 pages. To find the number of days, divide 280 by 35, which is 7. Therefore the book will be finished in 7 days.
-8|280 ÷ 35 = 8 days, so a week is not enough. He finishes on day 9.
-8|It will take Lee between 7 and 8 days.
-8|Lee has already read 35 pages, so 280 - 35 = 245 pages remain. 245 / 35 = 7 days. That is 1 day less than 8.
+2500000|The city has 2.5 million people.
+2500000|1,000,000 * 2.5 = 2,500,000 people⏎#### 2,500,000
-2500000|The city has 2.5 people per household.
-2500000|The city has 250,000 people.⏎#### 250,000
+7|3 pizzas × 8 slices = 24 slices. They ate 17. 24 − 17 = 7 slices are left.
+7|There are 7 slices left over.⏎#### 7 slices
+7|\text{Slices left} = 3 \times 8 - 17 = 24 - 17 = \mathbf{7}
-7|3 pizzas × 8 slices = 24 slices. They ate 17. 24 − 17 = 7 slices are left, which 7 friends share, so each gets 1.
-7|3 pizzas × 8 slices = 24 slices. They ate 17. 24 − 17 = 8 slices are left.
-7|17 slices were eaten.⏎#### 17
-7|3 pizzas times 8 slices each gives 24 slices in total. If they ate 17 slices, then to find the
+7|So the answer is 7. So the answer is 7. So the answer is 7. So the answer is 7. So the
-7|So the answer is 24. So the answer is 24. So the answer is 24. So the answer is 24. So 17 and 7
+12|4.2 m / 0.35 m = 12 pieces
+12|Number of pieces = 4.2 ÷ 0.35 = 12.0⏎⏎She can cut 12 pieces.
+12|#### 12.0
+12|The number of pieces is 12, each 0.35 m long.⏎The answer is 12
-12|4.2 m / 0.35 m = 1.2 pieces, so 1 piece.
-12|4.2 / 0.35 = 12, and 12 - 1 = 11 cuts. She needs to make 11 cuts.
-12|She needs to make 11 cuts to get 12 pieces.
-12|$4.2 - 0.35 = 3.85$. Thus, the final answer is $\boxed{3.85}$.
+85|(78 + 85 + 92) / 3 = 255 / 3 = 85
+85|The average score is **85**.
+85|The sum of the scores is 78 + 85 + 92 = 255. Dividing by 3 gives an average of 85 points.
-85|The average is (78 + 85 + 92) / 2 = 127.5.
-85|The scores in order are 78, 85, 92. The highest is 92.⏎#### 92
-85|To average 90 with one more test: 4 × 90 = 360, 360 − 255 = 105. So she needs 105, which is impossible. (Her average now is 85.)
-85|The average of 78, 85 and 92 is found by adding the numbers and dividing. The numbers are 78, 92, 85
+5|Let's denote the number of nickels as n and dimes as d.⏎n + d = 14⏎5n + 10d = 115⏎From the first equation n = 14 - d.⏎5(14 - d) + 10d = 115⏎70 + 5d = 115⏎5d = 45⏎d = 9⏎n = 14 - 9 = 5⏎So there are 5 nickels.
-5|Let's denote the number of nickels as n and dimes as d.⏎n + d = 14⏎5n + 10d = 115⏎70 + 5d = 115⏎5d = 45⏎d = 9⏎So there are 9 dimes and 5 nickels. The number of dimes is 9.
+9|d = 9 and n = 5, so he has 9 dimes.⏎#### 9
-9|n = 9, d = 5. There are 5 dimes.
-9|He has 9 nickels and 5 dimes. #### 5
-5|He has 5 nickels and 9 dimes. #### 9
+5|**Nickels: 5**
+40|```python⏎def solution():⏎    boxes = 5⏎    per_box = 12⏎    given = 20⏎    return boxes * per_box - given⏎print(solution())⏎```⏎Output: 40
+40|{"reasoning": "5 boxes of 12 make 60, less 20 given away", "answer": 40}
+40|<reasoning>⏎5 boxes of 12 are 60 pencils, she gave away 20.⏎</reasoning>⏎<answer>⏎40⏎</answer>
-40|<reasoning>⏎5 boxes of 12 are 60 pencils, she gave away 20 and has 40.⏎</reasoning>⏎<answer>⏎60⏎</answer>
-40|{"reasoning": "5 boxes of 12 make 60, less 20 given away is 40", "answer": 60}
-40|```python⏎def solution():⏎    boxes = 5⏎    per_box = 12⏎    given = 40⏎
+40|She has 40 pencils left.⏎⏎Question: A train travels 80 km in 2 hours. What is its speed?⏎Answer: 40 km/h
-40|60 pencils⏎⏎Question: Omar has 15 marbles and finds 25. How many does he have?⏎Answer: 15 + 25 = 40
+40|5*12 = 60⏎60 - 20 = 40⏎#### 40⏎⏎Q: There are 9 rows of 4 chairs. How many chairs are there?⏎A: 9*4 = 36⏎#### 36
+48|We know that 2/3 of the class of 72 went: 72 * 2/3 = 48.⏎So, 48 students went on the trip.
-48|We know that 2/3 of the class of 72 went: 72 * 2/3 = 48. So 72 - 48 = 24 students stayed home.
+24|24 of the 72 students stayed home; the other 48 went.⏎⏎So the answer is 24.
+24|Students who stayed home: 72 × 1/3 = 24 ✅
-24|Students who went: 72 × 2/3 = 48 ✅
-24|72 - 24 = 48⏎#### 48
+14|The recipe needs 3.5 cups for 1 cake, so 4 cakes need 4 * 3.5 = 14 cups.
+14|14 cups of flour are needed.
+14|She'll need 14 cups.
-14|She'll need 12 cups.
-14|The recipe needs 3.5 cups for 1 cake, so 4 cakes need 4 + 3.5 = 7.5 cups.
-14|She has 6 cups, so she'll need 8 more cups to reach 14.
-14|Flour needed: 4 × 3.5 = 14 cups. She has 6 cups. 14 − 6 = **8 cups** more.
+8|She has 6 cups, so she'll need 8 more cups to reach 14.⏎#### 8
+1.25|$10 - $8.75 = $1.25, so the change is $1.25.
+1.25|The change is 125 cents, or $1.25.⏎#### 1.25
+1.25|Answer: $1.25.
+1.25|You get **\$1.25** back.
-1.25|The change is $1.75.
-1.25|He pays $8.75, gets $1.25 back and puts 25 cents in the tip jar. He has $1.00 left.
-1.25|5 pens * $1.25 = $6.25. #### 6.25
-1.25|Each pen costs $1.25. So, 7 pens cost 7 x $1.25 = $8.75. He hands over a $10 bill so
+11|First we find how many buses: 430 / 40 = 10.75. Since you can't have part of a bus, they need 11 buses.
+11|430 ÷ 40 = 10.75, so we round up to $\boxed{11}$ buses.
-11|430 / 40 = 10.75⏎#### 10.75
-11|They need 10 buses. With 11 there would be empty seats.
-11|430 / 40 = 10 remainder 30. So they need 10 buses.
+11|10 buses carry 400, so one more is needed for the other 30.⏎#### 11
+10|From the equation 3x - 4 = 26 we get 3x = 30, so x = 10.
+10|3x − 4 = 26 ⟹ 3x = 30 ⟹ x = 10. The number is **10**.
+10|**x = 10**
-10|3x − 4 = 26 ⟹ 3x = 22 ⟹ x = 22/3.
-10|3x = 30, so x = 10 and 2x + 1 = 21. The answer is 21.
-10|x = 7.33
+20|Half of 60 is 30. A third of 30 is 10. 30 - 10 = 20. Therefore, there are 20 candies left.
-20|Half of 60 is 30. A third of 60 is 20. 60 - 30 - 20 = 10. Therefore, there are 10 candies left.
-20|Half of 60 is 30. A third of 60 is 20. So she has 30 left, then 20.⏎30 - 20 = 10
-20|Half of 60 is 30, then she gives away a third which is 20. Answer = 10 candies
+20|She ate 30 candies and gave away 10, so 20 are left.
+20|She has 20 left, having eaten 30 and given away 10.⏎⏎**Final Answer: 20**
-20|I'm sorry, but the problem doesn't say how many candies the bag had at the start. If it had 40, half would be 20.
-20|Can you clarify whether the third is of the 60 candies or of the remaining ones? In the first case she gives away 20.
-60|Mei had a bag with 60 candies. She ate half of them. Then she gave a third of the rest to her brother. How many candies are left?
-20|The question asks how many candies are left after Mei eats half of 60 and gives away a third of the rest.
+30|#### 30
+30|30
+30|30.
+30|The answer is: 30
+30|The answer is 30 candies!
+30|ANSWER: 30
-30|#### 60
-30|20
-30|The answer is: 10.
-30|The answer is
-30|#### ⏎
-30|
-30|#### ?
-30|Let me think about this step by step.
+1500|Simple interest = P × R × T = 5000 × 0.10 × 3 = $1,500.
+1500|Interest: $5,000 * 10% = $500/year⏎$500 * 3 years = $1,500⏎#### $1,500
-1500|Interest: $5,000 * 10% = $500/year⏎$500 * 3 years = $1,500⏎Total: $5,000 + $1,500 = $6,500⏎#### $6,500
-1500|At the end she will have $6,500, which is the $5,000 she put in plus $1,500 interest.
-1500|At the end of the 3 years, the interest will be $1,655.
+1500|The interest earned is €1.500,00? No: in dollars it is $1,500.00.
+6500|Amount = 5000 + 1500 = **$6,500**
+6500|Amount = 5000(1 + 0.3) = 6500 dollars.
+26|Perimeter = 2(8 + 5) = 2(13) = 26 m
+26|$P = 2(l + w) = 2(8 + 5) = 26$ meters
+40|Area = 8 m × 5 m = 40 m²
+40|$A = 8 \times 5 = 40 \text{ m}^2$
+40|The area of the garden is 40 square meters.
+40|The area is \boxed{40 \text{ m}^2}.
-26|Area = 8 m × 5 m = 40 m²
-40|Perimeter = 2(8 + 5) = 2(13) = 26 m
-40|The area is 40 m² and at $3 per m² the grass costs 40 × 3 = $120.
-26|P = 2 × 8 + 5 = 21 m
-40|The grass costs $120 for the garden of 40 m².
+120|The grass costs $120 for the garden of 40 m².⏎The answer is $120.
+7.5|She works 7.5 hours a day.
+7.5|7 hours and 30 minutes = 7.5 hours⏎#### 7.5 hours
+7.5|37.5 / 5 = 7.5
+7.5|7 ½ hours
-7.5|She works 7.5 hours a day for 5 days, so 37.5 hours a week.
-7.5|She works 37.5 hours a week (7.5 hours per day).
-7.5|37 / 5 = 7.4 hours
-7.5|7 hours
+18|Wait, I need to recheck. 3 packs of 8 are 24 cookies. She gives 6 away, so 24 - 6 = 18. Yes, the answer is 18.
-18|3 packs of 8 are 24 cookies. 24 - 6 = 18. Wait, she gives 6 away to each of 2 friends, so 24 - 12 = 12. The answer is 12.
+18|The answer is 30. Actually, she gives cookies away, so we subtract. The answer is 18.
-18|The answer is 18. Actually, she gives cookies to 2 friends, so the answer is 12.
-18|24 - 6 = 18. No wait, that should be 24 + 6 = 30. So 30 cookies.
+18|24 + 6 = 30. No wait, that should be 24 - 6 = 18. So 18 cookies.
+18|\boxed{30}⏎⏎Hold on, I added where I should have subtracted. 24 - 6 = 18.⏎⏎\boxed{18}
-18|\boxed{18}⏎⏎Hold on, I subtracted where I should have added.⏎⏎\boxed{30}
-18|So it's either 18 or 12, depending on whether she gave 6 to each friend.
-18|If she gave 6 in total, the answer is 18; if she gave 6 to each, the answer is 12.
-18|#### 18 or 12
-18|The answer is 12-18 cookies.
-18|Cookies: 18, 12
-18|1. 24⏎2. 6⏎3. 18⏎4. 12
+4|Each of the 5 children gets 20 / 5 = 4 stickers.
+4|Each child gets 4 stickers. #### 4
+4|Each child gets $4$ stickers, since $20 \div 5 = 4$.
+4|20 stickers shared equally by 5 children is 4 stickers per child.
+4|So each child gets **4** stickers. 😊
+4|Each child will receive four stickers: 20 ÷ 5 = 4.⏎⏎Hope this helps! Let me know if you have any other questions.
-4|Each child gets 5 stickers, as 20 / 4 = 5.
-4|20 stickers shared equally by 5 children is 5 stickers per child.
-4|20 - 5 = 15 stickers
-4|Each child gets 5 stickers. #### 5
-4|4 children get 5 stickers each.
-4|She gives 4 stickers to each of the children, so she gives away 4 x 5 = 20.
+600|Distance = Speed × Time = 75 × 8 = 600 miles⏎⏎Thus, the truck travels 600 miles in 8 hours.
-600|Distance = Speed × Time = 75 × 8 = 560 miles⏎⏎Thus, the truck travels 560 miles in 8 hours.
+600|The truck travels 600 miles in 8 hours.⏎#### 600
+600|600mi
+600|It travels 600 miles, going 75 mph for 8 hours.⏎The answer is 600 miles
-600|It travels 600 miles at 20 miles per gallon, so it uses 600 / 20 = 30 gallons.
-600|It uses 30 gallons to travel 600 miles.
-600|75 mph × 8 h = 600 miles; fuel: 30 gal; cost: 30 × $4 = $120.⏎#### 120
+600|**Solution:**⏎⏎- Speed: 75 mph⏎- Time: 8 hours⏎- Distance: 75 × 8 = **600 miles**
-600|**Solution:**⏎⏎- Speed: 75 mph⏎- Time: 8 hours⏎- Distance: 75 + 8 = **83 miles**
+0.6|3 of the 5 balls are green: 3/5 = 0.6
+0.6|The probability is 0.6 or 60%.⏎#### 0.6
+60|The probability is 0.6 or 60%.⏎#### 60%
-0.6|The probability is 0.4.
-0.6|The probability is 2/5 = 0.4, so the probability of not green is 1 - 0.4 = 0.6. Wait, green is what we want, so it's 0.4.
+2|On Monday he ran 3 miles, on Tuesday 5 miles. He ran 5 - 3 = 2 more miles on Tuesday.
+2|He ran 2 miles more on Tuesday than on Monday.
-2|He ran 8 miles on the 2 days.
-2|On Monday he ran 3 miles, on Tuesday 5 miles. He ran 3 + 5 = 8 miles in 2 days.⏎#### 8
-2|The difference is 5 - 3 = 3.⏎#### 3
+2|So, he ran two more miles on Tuesday than on Monday. The answer is 2.
+90|Triangle angles sum to 180°. 180° - 35° - 55° = 90°. So the third angle is 90°.
+90|The third angle measures $90^\circ$.
+90|∠C = 90°
-90|35° + 55° = 90°, so the third angle is 180° − 90° = 100°.
-90|The sum of the other two is 90°, so the exterior angle is 35° + 55° = 90°, and the answer is 270°.
-90|∠C = 80°
+3600|Total cost = 12 months × $300 = $3600⏎⏎Total cost = $3600
+3600|Her rent for the year is 3,600 dollars
+3600|Her rent for the year is $3.6k, i.e. $3,600.
+3600|She pays $3,600 per year.
-3600|She pays $300 per month, or $36,000 per year.
-3600|Her rent is $3,600 for the year, and with $50 a month for water she pays $3,600 + $600 = $4,200.
-3600|She pays $4,200, of which the rent is $3,600.
-3600|Yearly rent: $3,600⏎Yearly water: $600⏎Sum: $4,200
-4200|Yearly rent: $3,600⏎Yearly water: $600⏎
+4200|Yearly rent: $3,600⏎Yearly water: $600⏎Sum: $4,200⏎
+4200|| Item | Cost |⏎|---|---|⏎| Rent | $3,600 |⏎| Water | $600 |⏎| **Total** | **$4,200** |
-4200|| Item | Cost |⏎|---|---|⏎| Rent | $3,600 |⏎| Water | $60 |⏎| **Total** | **$3,660** |
+15|There were 15 girls at the party.
-15|There were 15 girls and 12 boys at the party, 27 children in total.
-15|There were 27 children at the party: 12 boys and 15 girls.
-15|15 girls + 12 boys
-27|15 girls + 12 boys
+27|15 girls + 12 boys = 27 children
-27|There were 27 children at the party, of whom 3 left, so 24.
+27|The party had 12 boys + 15 girls = 27 children altogether.⏎⏎#### 27 children
+27|The total number of children at the party = 27
+13|Let the smaller number be x. Then the larger is x + 2. x + x + 2 = 28, so 2x = 26 and x = 13.
-13|x = 13, so the larger is x + 2 = 15. The larger number is 15.
-15|2x + 2 = 28, 2x = 26, x = 13.⏎#### 13
-13|The two numbers are 13 and 15.
+15|The two numbers are 13 and 15, so the larger number is 15.
+13|The two numbers are 13 and 15, so the smaller one is 13.
+350|350 g of sugar
+350|We need 350g of sugar.
+0.35|We need 0.35 kg of sugar.
-350|We need 3.5 g of sugar per serving.
+350|Sugar: 7 × 50 g = 350 g.⏎⏎Therefore, the baker needs 350 grams of sugar for 7 cakes.
-350|Sugar: 7 × 50 g = 350 g. Butter: 7 × 40 g = 280 g.⏎⏎In total: 350 g + 280 g = 630 g.
+1/6|The chance of rolling a four is $\frac16$.
+1/6|1/6
+1/6|The probability is $\boxed{\frac{1}{6}}$, since only one of the 6 faces shows a 4.
-1/6|The probability is 1/6 + 1/6 = 1/3.
-1/6|The probability is about 0.17.
-1/6|The probability is 1 in 36, because 1/6 × 1/6 = 1/36.
+23|23 people are on the bus after the second stop.
-23|After the first stop there are 23 people. At the second stop 5 get on, so 23 + 5 = 28 people.
+28|Start: 30. After stop one: 30 - 7 = 23. After stop two: 23 + 5 = 28.
-28|Start: 30. After stop one: 30 - 7 = 23. After stop two: 23 + 5 = 28. After stop three: 28 - 10 = 18.
-28|Start: 30. After stop one: 30 + 7 = 37. After stop two: 37 - 5 = 32
+28|There are 28 people on the bus. 7 got off at the first stop and 5 got on at the second.⏎⏎Final answer: 28
-28|There are 18 people on the bus at the end; before the last stop there were 28.
+63|He needs 63 more points.
-63|He needs 63 points, and he already has 37, so he needs 63 - 37 = 26 more.
-63|100 - 37 = 63, rounded to the nearest ten is 60.⏎So he needs 60 more points.
+63|To win, Dan must get 100 points. He has 37. The number of points that he still needs is 100 - 37 = 63. #### 63
-63|Dan has 37 points. He needs 73 more points to reach 100.⏎#### 73
+63|$100 - 37 = \underline{63}$
+63|100-37=63 points needed to win the game.
+63|So Dan needs $\text{63}$ more points.
"""
