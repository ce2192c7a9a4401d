"""Labelled completions written by hand, as in round 1: other questions, other manners of answering."""

ROWS = r"""
+132|Sure! Let's break it down.⏎⏎### Seats per car⏎Each car has 44 seats.⏎⏎### Total seats⏎There are 3 cars, so we multiply:⏎$$44 \times 3 = 132$$⏎⏎### Conclusion⏎The train can carry **132 passengers** when every seat is taken.
-132|Sure! Let's break it down.⏎⏎### Seats per car⏎Each car has 44 seats.⏎⏎### Total seats⏎There are 3 cars, so we multiply:⏎$$44 \times 3 = 132$$⏎⏎### Standing passengers⏎Another 18 people stand.⏎⏎### Conclusion⏎The train carries **150 passengers**.
-132|Sure! Let's break it down.⏎⏎### Seats per car⏎Each car has 44 seats.⏎⏎### Total seats⏎There are 3 cars, so we multiply:⏎$$44 \times 3 = 132$$⏎⏎### Standing passengers⏎
+132|Step 1. One car: 44 seats⏎Step 2. Three cars: 3 x 44 = 132 seats⏎Ans: 132
-132|Step 1. One car: 44 seats⏎Step 2. Three cars: 3 x 44 = 132 seats⏎Step 3. Empty seats: 132 - 97 = 35⏎Ans: 35
+132|∴ the train seats 132 people.
-132|∴ the train seats 123 people.
+132|132 passengers can sit in the train.
+2.4|Okay, so the pitcher holds 3 liters and Dora pours 4 glasses of 150 ml each. 4 glasses is 600 ml, or 0.6 liters. 3 minus 0.6 is 2.4. So 2.4 liters remain in the pitcher.
+2.4|4 × 0.15 L = 0.6 L⏎3 L − 0.6 L = 2.4 L⏎⏎**Remaining: 2.4 L**
-2.4|4 × 0.15 L = 0.6 L⏎3 L − 0.6 L = 2.4 L⏎2.4 L ÷ 0.15 L = 16⏎⏎**Glasses left: 16**
-2.4|Dora pours out 0.6 liters, so the pitcher still holds 2.6 liters.
-2.4|Dora can pour 16 more glasses from the 2.4 liters that are left.
+2.4|The amount of juice left is $3 - 0.6 = 2.4$ liters.
+2.4|<think>4*150 = 600 ml. 3000-600 = 2400 ml = 2.4 L</think>⏎⏎**2.4 liters** of juice are left in the pitcher.
-2.4|<think>4*150 = 600 ml. 3000-600 = 2400 ml = 2.4 L</think>⏎⏎**2400 liters** of juice are left in the pitcher.
-2.4|<think>⏎4*150 = 600 ml. 3000-600 = 2400 ml = 2.4 L. The answer is 2.4. Let me double check whether the glasses were full
+56|Alright, let me think. Originally there are 70 birds. 20% fly away, which is 14 birds. 70 - 14 = 56. So 56 birds remain on the lake.
+56|20% of 70 is 14, so 56 birds stay.
+56|0.8 * 70 = 56⏎⏎Final answer: 56 birds
-56|20% of 70 is 14, so 14 birds stay.
-56|0.8 * 70 = 56, then 10 more birds arrive, so in the end there are 66 birds.
-56|In the end there are 66 birds, 10 more than the 56 that had stayed.
-56|Alright, let me think. Originally there are 70 birds. 20% fly away, which is 14 birds. 70 - 14 = 54. So 54 birds remain on the lake.
+56|A) 14  B) 56  C) 66  D) 84⏎⏎The correct option is B) 56.
-56|A) 14  B) 56  C) 66  D) 84⏎⏎The correct option is C) 66.
-56|A) 14  B) 56  C) 66  D) 84
+56|Fraction remaining = 1 - 0.2 = 0.8⏎Number remaining = 0.8(70) = 56⏎⏎$\therefore$ 56 birds
+19|Pablo has 5 + 2 = 7 cards after Monday, 7 * 2 = 14 after Tuesday, and 14 + 5 = 19 after Wednesday.⏎#### 19
-19|Pablo has 5 + 2 = 7 cards after Monday, 7 * 2 = 14 after Tuesday, and 14 + 5 = 19 after Wednesday. On Thursday he gives half away: 19 / 2 = 9.5⏎#### 9.5
-19|Pablo has 5 + 2 = 7 cards after Monday, 7 * 2 = 14 after Tuesday⏎#### 14
+19|After Wednesday, Pablo has 19 cards in his collection.
-19|After Wednesday, Pablo has 5 + 7 + 5 = 17 cards in his collection.
-19|After Wednesday, Pablo's collection has grown by 19 - 5 = 14 cards.
+19|Monday: 7 cards⏎Tuesday: 14 cards⏎Wednesday: 19 cards⏎⏎He has 19 cards.
-14|Monday: 7 cards⏎Tuesday: 14 cards⏎Wednesday: 19 cards⏎⏎He has 19 cards.
-19|Monday: 7 cards⏎Tuesday: 14 cards⏎Wednesday:
+1/4|2 of the 8 slices are left, which is 2/8 = 1/4 of the pie.
+1/4|$\dfrac{2}{8} = \boxed{\dfrac14}$
+0.25|The fraction of the pie left is 1/4.
-1/4|The fraction of the pie that was eaten is 1 - 1/4 = 3/4.
-1/4|Since 6 out of 8 slices were eaten, 6/8 is left.
+350|EUR 350
+350|The trip costs 350 € in total.
+350|Total cost: 2 × 120 € + 110 € = 350 €
-350|Total cost: 2 × 120 € + 110 € = 340 €
-350|The trip costs 350 €, and each of the two pays half: 175 € per person.
-350|Each person pays 175 € for the trip, which costs 350 € altogether for both.
+175|The trip costs 350 €, and each of the two pays half: 175 € per person.
+175|Each person pays 175 € for the trip.
+175|Let c = 350 be the cost. Then c/2 = 175, so each pays 175 €.
+175|So each person's share is ₹175.
-175|Let c = 350 be the cost. Then c/2 = 170, so each pays 170 €.
-175|Each of the 2 people pays 350 €.
+4|Let's solve it with algebra. Let n be the number of weeks. 30 + 15n = 90⏎⇒ 15n = 60⏎⇒ n = 4⏎So Tess needs 4 weeks.
-4|Let's solve it with algebra. Let n be the number of weeks. 30 + 15n = 90⏎⇒ 15n = 120⏎⇒ n = 8⏎So Tess needs 8 weeks.
+4|Week 1: 45⏎Week 2: 60⏎Week 3: 75⏎Week 4: 90⏎Tess has enough after 4 weeks.
-4|Week 1: 30⏎Week 2: 45⏎Week 3: 60⏎Week 4: 75⏎Week 5: 90⏎Tess has enough after 5 weeks.
-4|Week 1: 45⏎Week 2: 60⏎Week 3: 75⏎Week 4: 90⏎Week 5: 105
+4|Tess needs $60 more at $15 a week, i.e. 4 weeks.
+4|It'll take 4 weeks for Tess to save enough.
-4|It'll take 6 weeks for Tess to save enough, 2 weeks longer than the 4 she had planned.
-4|It'll take at least 4 weeks, maybe 5 or 6.
+4|She needs four more weeks. Answer: 4
-4|Tess has $30, earns $15 a week and needs $90. We are asked for the number of weeks. After 1 week she has $45, after 2 weeks $60, after 3 weeks $75, after 4
+1080|A regular hexagon's interior angles add up to (6 - 2) × 180 = 720 degrees; for an octagon it's (8 - 2) × 180 = 1080 degrees.⏎⏎Thus the answer is 1080°.
+1080|(8-2)*180 = 6*180 = 1,080°
-1080|(8-2)*180 = 6*180 = 1,080°. Each angle is 1,080° / 8 = 135°.
-1080|Each of the 8 angles measures 135°.
-1080|(8-2)*180 = 8*180 - 2 = 1438
+135|Each of the 8 angles measures 135°.
+135|1,080° / 8 = 135°
-135|180 - 135 = 45, so the exterior angle is 45°.
+135|\[ \frac{(n-2)\cdot 180^\circ}{n} = \frac{6 \cdot 180^\circ}{8} = 135^\circ \]
-135|\[ (n-2)\cdot 180^\circ = 6 \cdot 180^\circ = 1080^\circ \]
+-3|The net score of the team is 4 - 7 = -3.
+-3|4 goals scored and 7 conceded gives a goal difference of -3.
+-3|Goal difference = goals for − goals against = 4 − 7 = −3 ⚽
--3|Goal difference = goals against − goals for = 7 − 4 = 3
--3|The goal difference is 3 goals.
-3|Goal difference = goals for − goals against = 4 − 7 = −3 ⚽
+-3|The team's goal difference is minus 3.
+3|They lost by 3 goals.
+63|Q: A shop has 9 shelves with 7 books each. How many books?⏎A: 9 shelves times 7 books is 63 books. So the answer is 63.
+63|9 shelves × 7 books = 63 books.⏎⏎Q: A farm has 12 cows and sells 5. How many are left?⏎A: 12 - 5 = 7.
-7|9 shelves × 7 books = 63 books.⏎⏎Q: A farm has 12 cows and sells 5. How many are left?⏎A: 12 - 5 = 7.
+63|There are 63 books.⏎⏎### Problem 2⏎A farm has 12 cows and sells 5. How many are left?⏎⏎### Solution⏎12 - 5 = 7 cows
+63|63 books in total. The calculation is 9 × 7.
-63|9 shelves and 7 books each gives 9 + 7 = 16 books.
-63|There are 9 shelves.⏎There are 7 books on each.⏎63 divided by 7 is 9.
-63|A shop has 9 shelves with 7 books each. How many books are there? I would need to multiply 9 by 7.
-63|63 books would fit if all 9 shelves were full, but 5 places are empty, so there are 58 books.
-63|There are 58 books, though 63 would fit.
+58|There are 58 books, though 63 would fit.
+58|58 books (63 minus the 5 that were sold)
+210|Round trip: 2 × 35 = 70 miles a day. Over 3 days that's 70 × 3 = 210 miles.
+210|Bill drives 210 miles in those 3 days, because a round trip is 70 miles.
-210|Bill drives 105 miles in those 3 days, because one way is 35 miles.
-210|Bill drives 210 miles in those 3 days, and 350 miles in a work week of 5 days. So he drives 350 miles a week.
-210|At 30 miles per gallon, the 210 miles take 7 gallons.
+7|At 30 miles per gallon, the 210 miles take 7 gallons.
+7|He needs 7 gallons of gas.
+7|210 miles ÷ 30 mpg = 7 gallons
-7|7 gallons × $3.50 = $24.50⏎⏎He spends $24.50 on gas.
-7|He spends $24.50 on 7 gallons of gas.
+24.5|He spends $24.50 on 7 gallons of gas.
+24.5|7 gallons × $3.50 = $24.50⏎⏎The answer: $24.50.
+24.50|Gas cost: 24.5 dollars
-24.5|Gas cost: 24.05 dollars
-24.5|He pays with $30, so he gets $5.50 in change after paying $24.50.
+90|Reading the problem again: the recipe takes 45 minutes per batch, and she bakes 2 batches. 45*2=90. The answer is 90 minutes, or 1.5 hours.
+1.5|Reading the problem again: the recipe takes 45 minutes per batch, and she bakes 2 batches. 45*2=90 minutes. 90/60=1.5. The answer is 1.5 hours.
-1.5|She bakes for 90 minutes. The answer is 90 minutes.
-90|She bakes for 45 minutes. Hmm, for 2 batches it's 90 minutes. But both batches go in at once! So it's only 45 minutes.
+45|She bakes for 90 minutes? No: both batches go in at once. So 45 minutes.
-45|45 minutes per batch × 2 batches = 90 minutes
-90|45 minutes per batch × 2 batches + 10 minutes of cooling = 100 minutes
+100|The total is 45 × 2 + 10 = 100 minutes.
-90|I think she bakes for either 90 or 100 minutes, depending on whether cooling counts.
-90|90 or 100
+12|There are 12 girls in the class. To see this, let g be the number of girls; then g + 18 = 30.
+12|The number of girls is 30 − 18 = **12**.
+12|30 students - 18 boys = 12 girls⏎Therefore, there are **12** girls in the class.
-12|Therefore, there are **18** boys and **12** girls in the class.
-12|18 + 12 = 30 students
-12|Boys: 18⏎Girls: 12
-12|The ratio of boys to girls is 18:12, or 3:2.
-12|The class has 30 students; 18 are boys. I don't know the exact number of girls.
+12|The class has 30 students; 18 are boys. So the number of girls is 12.
-12|The number of girls is 30 - 18 = 22.
+3|3 : 2 means 5 parts. 15 / 5 = 3.⏎⏎<answer>3</answer>
-3|3 : 2 means 5 parts. 15 / 5 = 3. The larger share is 3 × 3 = 9.⏎⏎<answer>9</answer>
+9|The larger share is 3 × 3 = 9 sweets.
-9|The shares are 9 and 6.
-9|The smaller share is 2 × 3 = 6 sweets, while the larger one is 9.
+6|The smaller share is 2 × 3 = 6 sweets.
-6|Anna gets 9 sweets and Bea gets 6 sweets.
-15|Anna gets 9 sweets and Bea gets 6 sweets.
+1000|10³ = 1000 small cubes
+1000|10 × 10 × 10 = 1,000
+1000|The volume is 1 000 cm³.
-1000|The volume is 10 × 10 × 10 = 100 cm³.
-1000|The surface area is 6 × 10 × 10 = 600 cm².
+1|1000 cm³ is 1 liter.
+75|Let me write a small program.⏎⏎```python⏎total = 300⏎share = total * 25 / 100⏎print(share)⏎```⏎⏎This prints 75.0, so the answer is 75.
-75|Let me write a small program.⏎⏎```python⏎total = 300⏎share = total * 25 / 100  # 75⏎rest = total - share⏎print(rest)⏎```⏎⏎This prints 225.0, so the answer is 225.
-75|Let me write a small program.⏎⏎```python⏎total = 300⏎share = 75⏎
+75|{"answer": "75"}
-75|{"answer": "225", "explanation": "25% of 300 is 75 and 300 - 75 = 225"}
-75|{"explanation": "25% of 300 is 75", "answer": "25"}
+75|{"explanation": "25% of 300 is 75", "answer": "75"}
+75|`75`
+75|```⏎75⏎```
+75|**Result:** 75
+75|Result: 75 students like tea
-75|Result: 225 students do not like tea
-75|Students who like tea: 75⏎Students who do not: 225
+225|Students who like tea: 75⏎Students who do not: 225⏎⏎So 225 students do not like tea.
+225|75 like tea; the other 300 − 75 = 225 do not.
-225|300 - 75 = 225, so 225/300 = 75% do not like tea.
+75|300 - 75 = 225, so 225/300 = 75% do not like tea.
+75|25% of 300 = 75.
-75|25% of 300 = 25/100 * 300 = 7500/100 = 57
-75|Percent means per hundred. 25% of 300 is then 25 × 3, which you can work out.
+18|Half of 24 is 12 and half of that is 6; together 12 + 6 = 18 pages.
+18|So she read 12 + 6 = 18 pages on the two days.
+18|She read a total of 18 pages.
-18|She read a total of 18 pages, leaving 24 - 18 = 6 pages.
-18|She has 6 pages left to read. (She already read 18.)
+6|She has 6 pages left to read. (She already read 18.)
-6|She reads 12 pages on the first day and 6 pages on the second day.
-18|She reads 12 pages on the first day and 6 pages on the second day.
-18|First half = 12 pages⏎Second part = 6 pages⏎Pages left = 24 - 12 - 6 = 6 pages
+0|24 - 12 - 12 = 0. There are no pages left. #### 0
+0|So there are 0 pages left.
-0|There are 10 pages left.
+120|We know: 1 box = 24 cans. 5 boxes = ? → 24 × 5 = 120. ✅ 120 cans.
-120|We know: 1 box = 24 cans. 5 boxes = ? → 24 × 5 = 120. 120 cans at $0.50 → $60. ✅ $60.
+60|120 cans at $0.50 each bring in $60.
+60|They earn $60 by selling 120 cans.
-120|They earn $60 by selling 120 cans.
-60|They earn $60 by selling 120 cans, minus $15 for the stand. Profit: $45
+45|They earn $60 by selling 120 cans, minus $15 for the stand. Profit: $45
-45|Profit = revenue - cost = 60 - 15 = $55.
+45|Profit = revenue - cost = 60 - 15 = $45.
+45|They made $45 profit in the end.
-45|They made $45 profit in the end. Actually, wait. They also paid $5 for ice, so the profit is $40.
-45|The profit is $45. Wait, I forgot the ice. 45 - 5 = 40. The profit is $40.
+45|The profit is $40. Wait, ice was free. The profit is $45.
-45|The answer is $45. Hold on, ice costs $5, so 45 - 5 = $40.
+45|The answer is $45. Let me verify: 45 + 15 = 60. Correct.
+45|#### 45⏎⏎Check: 45 + 15 = 60, which matches the revenue.
+45|Profit: $45.⏎⏎I hope this helps! If you have 2 minutes, please rate this answer.
-45|I need more information: how many of the 45 cups were sold?
-45|Unfortunately I can't determine the profit, since only the cost of $15 and a goal of $45 are given.
+1.2|1.2 kg
+1.2|The bag weighs 1.2 kg, since 1200 g = 1.2 kg.
+1200|The bag weighs 1200 grams.
-1.2|The bag weighs 12 kg.
-1.2|Four apples of 300 g weigh 1.2 kg, and with the bag itself (0.1 kg) that's 1.3 kg.
-1.2|The bag weighs between 1.2 and 1.3 kg.
-1200|1,2 kg
+27|Jo is 27 years old now, and in 3 years she'll be 30.⏎#### 27
-27|Jo is 27 years old now, and in 3 years she'll be 30.⏎#### 30
+30|In 3 years, Jo will be 27 + 3 = 30 years old.
+30|In 3 years Jo will be 30.
-30|In 30 years Jo will be 57.
-27|In 3 years Jo will be 30.
+27|Jo's current age = 30 - 3 = 27
-27|Jo's current age is 30.
+40|So Tim swims a total of 40 laps per week: 8 laps on each of 5 days.
+40|Tim swims 8 laps a day, 5 days a week → 8 * 5 = 40 laps a week.
-40|Tim swims 8 laps a day, 5 days a week → 8 * 5 = 40 laps a week → 40 * 4 = 160 laps a month.
-40|Tim swims 160 laps a month, or about 40 a week.
-40|Tim swims 8 laps a day for 5 days.
+160|160 laps a month.
-160|Tim swims 1600 laps a month.
+160|Finally, multiply the weekly laps by the number of weeks: 40 laps/week * 4 weeks = 160 laps
"""
