"""Labelled completions written by hand, as in round 1: small and large models. The reader has not been mended since."""

ROWS = r"""
+78|To determine how many stamps Rosa has, we need to follow these steps:⏎⏎1. Start with the 60 stamps in her album.⏎2. Add the 24 stamps from her aunt: \(60 + 24 = 84\).⏎3. Subtract the 6 stamps she traded away: \(84 - 6 = 78\).⏎⏎Therefore, Rosa has \(\boxed{78}\) stamps.
-78|To determine how many stamps Rosa has, we need to follow these steps:⏎⏎1. Start with the 60 stamps in her album.⏎2. Add the 24 stamps from her aunt: \(60 + 24 = 84\).⏎3. Subtract the 6 stamps she traded away: \(84 - 6 = 78\).⏎4. Add 10 stamps she found: \(78 + 10 = 88\).⏎⏎Therefore, Rosa has \(\boxed{88}\) stamps.
+78|Rosa has 60 + 24 - 6 = <<60+24-6=78>>78 stamps.⏎#### 78
-78|Rosa has 60 + 24 + 6 = <<60+24+6=90>>90 stamps.⏎#### 90
-78|Rosa has 60 + 24 = <<60+24=84>>84 stamps.⏎#### 84
+78|Rosa started with 60 stamps. Her aunt gave her 24, so she had 84 stamps. She traded 6, so now she has 78 stamps.
-78|Rosa started with 60 stamps. Her aunt gave her 24, so she had 84 stamps. She traded 6, so now she has 76 stamps.
-78|Rosa started with 60 stamps. Her aunt gave her 24, so she had 84 stamps. She traded 6, so now she
-78|To determine how many stamps Rosa has, we need to follow these steps:⏎⏎1. Start with the 60 stamps in her album.⏎2. Add the 24 stamps from her aunt.⏎3. Subtract
+78|She has 78.
-78|She has 84. She had 78 after trading, but then her aunt gave her 6.
+78|After the trade, Rosa's album holds 78 stamps.
-84|After the trade, Rosa's album holds 78 stamps.
+78|Rosa owns seventy-eight (78) stamps.
+78|The number of stamps in Rosa's album is now 78.
-78|The number of stamps in Rosa's album went from 60 to 84.
+630|**Step 1:** Weekly pay: 5 days × 7 hours × $18 = $630.⏎⏎**Answer:** Omar earns **$630** a week.
-630|**Step 1:** Weekly pay: 5 days × 7 hours × $18 = $630.⏎**Step 2:** Taxes: 10% of $630 = $63.⏎**Step 3:** $630 − $63 = $567.⏎⏎**Answer:** Omar takes home **$567** a week.
+567|**Step 1:** Weekly pay: 5 days × 7 hours × $18 = $630.⏎**Step 2:** Taxes: 10% of $630 = $63.⏎**Step 3:** $630 − $63 = $567.⏎⏎**Answer:** Omar takes home **$567** a week.
-63|**Step 1:** Weekly pay: 5 days × 7 hours × $18 = $630.⏎**Step 2:** Taxes: 10% of $630 = $63.⏎**Step 3:** $630 − $63 = $567.⏎⏎**Answer:** Omar takes home **$567** a week.
+630|Omar makes $630 each week.
+630|Omar works 35 hours a week. At $18 an hour that is $630.
+630|Omar works 35 hours a week at $18 an hour and earns $630.
-630|Omar works 35 hours a week at $18 an hour.
+630|His weekly wage is 35 * 18 = 630 USD.
-630|His weekly wage is 35 * 18 = 620 USD.
-630|His weekly wage is 35 * 18.
-630|He gets $126 a day, or $630 for 5 days. In a month of 4 weeks he gets $2,520.
+2520|He gets $126 a day, or $630 for 5 days. In a month of 4 weeks he gets $2,520.
+126|7 hours a day at $18 an hour makes $126 a day.
-126|7 hours a day at $18 an hour makes $136 a day.
-126|He earns $126 a day and $630 a week.
+5/12|We have 2/3 - 1/4 = 8/12 - 3/12 = 5/12. So 5/12 of the tank is full.
+5/12|$\frac{2}{3} - \frac{1}{4} = \frac{8}{12} - \frac{3}{12} = \frac{5}{12}$
-5/12|$\frac{2}{3} - \frac{1}{4} = \frac{1}{-1} = -1$
-5/12|So 7/12 of the tank is empty.
+7/12|So 7/12 of the tank is empty.
+5/12|\boxed{\frac{5}{12} \text{ of the tank}}
-5/12|The answer is 5.
-5/12|The answer is 5/12 or 7/12.
+5/12|The tank is 5/12 full.
-5/12|2/3 of the tank minus 1/4 of the tank
+48|The answer is 48 cm².
+48|A = (b × h) / 2 = (12 × 8) / 2 = 96 / 2 = 48 cm²
+48|The triangle has an area of 48 cm².
+48|The area of the triangle with base 12 and height 8 is 48.
+48|With a base of 12 cm and a height of 8 cm, the area of the triangle is 48 cm².
-48|A = b × h = 12 × 8 = 96 cm²
-48|The area is half of 96.
-48|The area of the rectangle is 96, twice the 48 of the triangle.
-48|The base is 12 and the height is 8, so the sum is 20.
+96|The area of the rectangle is 96, twice the 48 of the triangle.
+22|Yuki is 22. Her mother is 26 years older, i.e. 48.⏎The question asks for Yuki's age, so the answer is 22.
-22|Yuki is 22. Her mother is 26 years older, i.e. 48.⏎The question asks for her mother's age, so the answer is 48.
-22|Yuki's mother is 48 years old, 26 years older than Yuki, who is 22.
+48|Yuki's mother is 48 years old, 26 years older than Yuki, who is 22.
+22|Yuki: 48 - 26 = 22 years
+22|Yuki must be 22 years old.
-22|Yuki must be 23 years old.
-26|Yuki is 26 years younger than her mother, so she is 22.
+22|Yuki is 26 years younger than her mother, so she is 22.
-22|Yuki is 22 or 23.
-22|In 4 years, Yuki will be 26.
+26|In 4 years, Yuki will be 26.
+26|In 4 years Yuki will be 22 + 4 = 26 years old.
+0.05|Each sheet is 0.05 cm thick.
+0.05|10 cm / 200 sheets = 0.05 cm per sheet
+0.05|The thickness of one sheet equals .05 cm.
+0.5|10 cm = 100 mm and 100/200 = 0.5, so a sheet is 0.5 mm thick.
-0.05|10 cm / 200 sheets = 0.5 cm per sheet
-0.05|200 sheets / 10 cm = 20 sheets per cm
-0.05|A stack of 200 sheets is 10 cm high.
+20|There are 20 sheets per cm.
+20|200 sheets / 10 cm = 20 sheets per cm
-20|There are 20 sheets per cm, which means that 3 cm hold 60 sheets.
+60|There are 20 sheets per cm, which means that 3 cm hold 60 sheets.
+60|3 cm of paper are 60 sheets.
-60|3 cm of paper are 66 sheets.
+345|# Solution⏎The bus drove 115 km on each of the 3 days.⏎115 + 115 + 115 = 345⏎# Answer⏎345 km
-345|# Solution⏎The bus drove 115 km on each of the 3 days.⏎115 + 115 + 115 = 345⏎# Answer⏎115 km
-345|# Solution⏎The bus drove 115 km on each of the 3 days.⏎115 + 115 + 115 = 345⏎500 - 345 = 155⏎# Answer⏎155 km
+345|In these three days the bus drove 345 km.
+345|So, the total distance is 345 kilometers.
+345|The bus covered 345 km in 3 days, and the ticket was free.
-345|The bus covered 335 km in 3 days.
-345|The bus covered 115 km on Monday, 115 km on Tuesday and 115 km on Wednesday.
+155|345 of the 500 km are done, so 155 km are still to go.
+155|There are still 155 km to go.
+155|The bus still has to drive 155 km.
-345|The bus still has to drive 155 km of the 500, after 345.
-155|The bus still has to drive 165 km.
-155|500 - 345 = 155, and 155 / 50 = 3.1 hours. So the bus needs 3.1 hours more.
+9|Let $x$ be the number. Then $4x + 7 = 43$, so $4x = 36$ and $x = 9$.
+9|4x + 7 = 43⏎4x = 36⏎x = 9
+9|4x + 7 = 43 → 4x = 36 → x = 9
-9|4x + 7 = 43⏎4x = 50⏎x = 12.5
-9|4x + 7 = 43⏎4x = 36
-36|4x + 7 = 43⏎4x = 36
+9|The number is 9: 4 · 9 + 7 = 43.
+9|The number you are looking for is 9.
-9|The number you are looking for is 10.
-9|Let's try 9. 4 · 9 + 7 = 43, too big. Let's try 8. 4 · 8 + 7 = 39. So it's 8.
+9|Let's try 8. 4 · 8 + 7 = 39, too small. Let's try 9. 4 · 9 + 7 = 43. So it's 9.
+9|x=9✅
+160|Price after the first discount: 200 - 20% = 160. The answer is: $160
-160|Price after the first discount: 200 - 20% = 160. Price after the second: 160 - 10% = 144. The answer is: $144
-160|The coat costs $160 after one discount and $144 after two. So the final price is $144.
+144|The coat costs $160 after one discount and $144 after two. So the final price is $144.
+160|The coat goes for $160.
+160|The coat is now $160 (it was $200).
-200|The coat is now $160 (it was $200).
-160|The coat is $200 and the discount is 20%.
-160|The coat is reduced by $40.
+40|The coat is reduced by $40.
+40|He saves $40 on the coat.
+40|By buying the coat on sale, he saved $40.
-40|By buying the coat on sale, he paid $160.
-40|20% of $200 is $40, so he paid $200 - $40 = $160.
+160|20% of $200 is $40, so he paid $200 - $40 = $160.
+160|20% of $200 is $40. He paid $160.
-40|20% of $200 is $40. He paid $160.
+33|11 + 11 + 11 = 33. There are 33 players in all.
+33|33 players
+33|3 teams of 11 players: 33 players
+33|3 teams of 11 make 33 players.
-33|3 teams of 11 make 31 players.
-11|3 teams of 11 make 33 players.
-33|3 teams with 11 players each and 3 referees make 36 people.
+36|3 teams with 11 players each and 3 referees make 36 people.
+36|33 players plus 3 referees equals 36 people on the field.
-33|33 players plus 3 referees equals 36 people on the field.
-33|There are 33 players, so with the referees there are 36 people.
+33|There are thirty-three players, that is, 33.
-33|Total players = 11 × 3 = 3
-33|I'm not able to solve this without knowing how many teams of 11 play. With 3 teams it would be 33?
-33|What is 11 times 3? It's what we need to find: 33 or 30.
-33|Number of teams: 3⏎Players per team: 11
+33|Number of teams: 3⏎Players per team: 11⏎Number of players: 33
-33|Sure, I can help with that! Here are 33 similar problems:
-33|Let's break this down into 33 small parts.
+1.5|Mixing 2 cups of milk with 1/2 cup less of water: 2 - 0.5 = 1.5 cups of water.
+1.5|1.5 cups of water
+1.5|She needs 1 1/2 cups of water.
+1.5|She should add one and a half cups (1.5) of water.
-1.5|She needs 2 cups of milk and 1.5 cups of water, 3.5 cups in total.
+3.5|She needs 2 cups of milk and 1.5 cups of water, 3.5 cups in total.
-1.5|She needs 2.5 cups of water.
+-25|The net result is a loss: -$25.
+-25|200 - 225 = -25, so the result is −$25.
+25|She loses $25.
+25|200 - 225 = -25, so she makes a loss of $25.
--25|She makes a profit of $25.
-25|Her profit is −25 dollars.
-25|She makes a loss of $35.
+3|3 vans, because two vans would only seat 14.
+3|17 / 7 = 2.43, rounded up to 3. They need 3 vans.
-3|17 / 7 = 2.43. They need 2.43 vans.
-3|17 / 7 = 2 remainder 3. They need 2 vans.
+3|2 vans seat 14, so for the other 3 people a third van is needed. #### 3
-3|They need 2 vans; 3 people have to walk.
-3|They need 4 vans, 1 more than the 3 that I said at first.
+3|They need at least 3 vans. The answer is 3.
-3|Two vans are enough for 14 people, and 3 people stay at home.
+1250000|The city had 1.25 million inhabitants in 2020.
+1250000|1,000,000 + 250,000 = 1,250,000
-1250000|The city had 1,250 inhabitants.
-1250000|In 2020, the city had 1.35 million inhabitants, 100,000 more than the 1,250,000 of 2010.
+1350000|In 2020, the city had 1.35 million inhabitants, 100,000 more than the 1,250,000 of 2010.
+24|**24** is the answer. Here's the reasoning: 4! = 4 · 3 · 2 · 1 = 24.
+24|There are 4! = 24 ways to line up.
+24|They can line up in 24 ways.
+24|4 · 3 · 2 · 1 = 24 ways
-24|There are 4 ways to line up.
-24|There are 4 · 4 = 16 ways to line up.
-24|There are 24 ways to line up 4 people, but 2 of them must stand together, so only 12 ways are allowed.
+12|There are 24 ways to line up 4 people, but 2 of them must stand together, so only 12 ways are allowed.
+24|Final answer: there are 24 possible ways.
-24|Final answer: there are 12 possible ways, half of 24.
-24|Final answer: 24 - 12 ways
-24|Final answer:
+8|Maya has 3 dogs and 5 cats, so 8 pets in all.
-8|Maya has 3 dogs and 5 cats, so 2 more cats than dogs.
+2|Maya has 3 dogs and 5 cats, so 2 more cats than dogs.
+8|The total number of pets is 3 + 5 = 8.⏎⏎So, Maya has 8 pets.⏎⏎#### 8⏎
-8|The total number of pets is 3 + 5 = 9.⏎⏎So, Maya has 9 pets.⏎⏎#### 9⏎
-8|Maya has 3 dogs and 5 cats.⏎⏎#### 3, 5
-8|The pets eat 8 cans a day, so in a week they eat 56 cans.
+56|The pets eat 8 cans a day, so in a week they eat 56 cans.
-56|The pets eat 8 cans a day. There are 7 days in a week.
-7|The pets eat 8 cans a day. There are 7 days in a week. So they eat 56 cans.
+56|8 cans/day * 7 days/week = 56 cans/week
+56|They go through 56 cans every week.
-56|They go through 8 cans every day.
-56|A week's cans cost $84 at $1.50 each, for 56 cans.
+84|A week's cans cost $84 at $1.50 each, for 56 cans.
-84|56 cans cost 56 * $1.50, which is $74.
+84|56 cans cost 56 * $1.50, which is $84.
-1.5|56 cans at $1.50 each cost $84.
+84|56 cans at $1.50 each cost $84.
-84|56 * 1.5 = 84⏎84 + 6 = 90⏎
+90|56 * 1.5 = 84⏎84 + 6 = 90⏎
-84|The answer to part (a) is 56 cans and to part (b) $84.
-84|I would say $80 to $90.
-84|She spends a maximum of $90, which is $6 more than $84.
-84|Wait, is it 84? Let me recompute: 56 * 1.5 = 56 + 28 = 84. Hmm, but there are only 50 cans. So 50 * 1.5 = 75.
"""
