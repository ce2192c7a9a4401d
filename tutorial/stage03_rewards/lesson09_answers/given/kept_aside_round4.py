"""Labelled completions written by hand, as in round 1: again other questions."""

ROWS = r"""
+96|Let's think step by step.⏎A carton has 12 eggs. The hotel orders 8 cartons. 12 × 8 = 96 eggs.⏎Therefore, the hotel orders 96 eggs.
-96|Let's think step by step.⏎A carton has 12 eggs. The hotel orders 8 cartons. 12 × 8 = 96 eggs.⏎It uses 40 of them for breakfast. 96 − 40 = 56.⏎Therefore, 56 eggs remain.
-96|Let's think step by step.⏎A carton has 12 eggs. The hotel orders 8 cartons. 12 × 8 = 86 eggs.⏎Therefore, the hotel orders 86 eggs.
-96|Let's think step by step.⏎A carton has 12 eggs. The hotel orders 8 cartons.⏎We multiply the number of cartons by the number of eggs
+56|The hotel has 56 eggs left over.
+56|40 of the 96 eggs are used for breakfast, so 96 − 40 = 56 eggs remain. The final answer is **56**.
-56|40 of the 96 eggs are used for breakfast. The final answer is **40**.
-56|The hotel uses 56 eggs and has 40 left.
-56|\boxed{96 - 40}
+56|\boxed{96 - 40 = 56}
+56|$\boxed{56}$ eggs
+56|The answer is $56$ eggs.
-56|The answer is $96$ eggs minus the ones for breakfast.
+15|Each of the four cousins pays $15. #### 15
+15|60 ÷ 4 = 15, so every cousin pays fifteen dollars ($15).
+15|$15 per cousin
+15|\$15
-15|Each of the four cousins pays $16. #### 16
-15|They pay $60 together ($15 each).
-15|#### 60
-15|#### $15.50
-15|#### -15
+15|#### 15.
+15|####  15 dollars each
+15|Answer = 15
+15|Answer: each cousin pays $15.
-15|Answer: each cousin pays $12, because there are 5 of them (with 4 it would have been $15).
-15|Cousins: 4. Price: $60.
+15|So 4 cousins splitting $60 evenly would each pay $15.
+2.75|2.75
+2.75|She walked 2.75 miles.
+2.75|1.5 + 1.25 = 2.75 miles. She walked $\boxed{2.75}$ miles in total.
+2.75|She walked 2 3/4 miles.
+11/4|1 1/2 + 1 1/4 = 11/4 miles⏎#### 11/4
-2.75|1 1/2 + 1 1/4 = 2 2/6 miles⏎#### 2 2/6
-2.75|She walked 2.75 miles to the lake and the same way back, which makes 5.5 miles.
-2.75|She walked about 3 miles.
-2.75|She walked 1.5 miles, then 1.25 miles.
+5.5|She walked 2.75 miles to the lake and the same way back, which makes 5.5 miles.
+5.5|2 × 2.75 = 5.5 miles
+5.5|There and back: 5.5 miles
-5.5|There and back: 5.05 miles
-5.5|She walked 5.5 miles in 2 hours, so her speed was 2.75 mph.
+2.75|She walked 5.5 miles in 2 hours, so her speed was 2.75 mph.
-2|She walked 5.5 miles in 2 hours, so her speed was 2.75 mph.
+84|First, find the cost of the shirts: 3 × $18 = $54. Next, find the cost of the hat: $30. Finally, add them up: $54 + $30 = $84.⏎⏎**Final Answer:** $84
-84|First, find the cost of the shirts: 3 × $18 = $54. Next, find the cost of the hat: $30. Finally, add them up: $54 + $30 = $84. With the coupon of $10 he pays $74.⏎⏎**Final Answer:** $74
-84|First, find the cost of the shirts: 3 × $18 = $54. Next, find the cost of the hat: $30. Finally, add them up: $54 + $30 =
-84|First, find the cost of the shirts: 3 × $18 = $54. Next, find the cost of the hat: $30. Finally,
+84|The shirts are $54 and the hat is $30, so he pays $84.
-84|The shirts are $54 and the hat is $30.
-30|The shirts are $54 and the hat is $30.
+84|He spends $84 at the store.
-84|He spends $54 on shirts at the store.
-84|He gives the cashier $100 and gets $16 back, since the clothes are $84.
+16|He gives the cashier $100 and gets $16 back, since the clothes are $84.
+16|100 - 84 = 16 dollars in change
-16|100 - 84 = 26 dollars in change
+16|His change is $16.
+16|<think>100 minus 84... 16. Is that right? 84 + 16 = 100. Yes.</think>⏎His change is $16.
-16|<think>100 minus 84... 16. Is that right? 84 + 16 = 100. Yes.</think>⏎His change is $26.
-16|<think>100 minus 84... 16. Is that right? 84 + 16 = 100. Yes. So
+16|Here is my reasoning: 54 + 30 = 84, and 100 - 84 = 16. Here is my answer: 16
-16|Here is my reasoning: 54 + 30 = 84, and 100 - 84 = 16. Here is my answer: 84
+1995|The company was founded 30 years before 2025, in 1995.
+1995|2025 - 30 = 1995. The company was founded in 1995.
-1995|The company was founded in 1985.
-1995|From 1995 to 2025 are 30 years.
+30|From 1995 to 2025 are 30 years.
+30|The company is 30 years old in 2025.
+30|2025 - 1995 = 30 years
-2025|The company is 30 years old in 2025.
+7|The gcd of 21 and 28 is 7.
+7|gcd(21, 28) = 7
+7|The largest number that divides both 21 and 28 is 7.
-7|The lcm of 21 and 28 is 84.
-7|21 = 3 × 7 and 28 = 4 × 7.
+84|lcm(21, 28) = 84
+84|The smallest number that both 21 and 28 divide is 84.
-84|The smallest number that both 21 and 28 divide is 168.
+7|Both 21 and 28 can be divided by 7.⏎#### 7
-7|#### 7 and 3
-7|#### 21 = 3 * 7, 28 = 4 * 7
+14|A rectangle 4 cm wide with a perimeter of 36 cm has a length of (36 − 2·4)/2 = 14 cm.
+14|l = 14 cm
+14|2l + 8 = 36⏎2l = 28⏎l = 14
-14|2l + 8 = 36⏎2l = 44⏎l = 22
-14|2l + 8 = 36⏎2l = 28
-14|l = 14 cm, so A = l · w = 14 · 4 = 56 cm².
+56|l = 14 cm, so A = l · w = 14 · 4 = 56 cm².
+56|The area equals 56 square centimetres.
-56|The area equals 65 square centimetres.
+14|The length of the rectangle is 14 cm, while its width is 4 cm.
-4|The length of the rectangle is 14 cm.
-14|The rectangle is 18 cm long.
+14|The rectangle is 14 cm long.
-14|The rectangle measures 14 cm by 4 cm.
+2/5|So the probability is \frac{2}{5}.
+0.4|So the probability is 2/5.
+40|So the probability is 40%.
-0.4|So the probability is 3/5 = 0.6.
-2/5|P(blue) = 1 - 2/5 = \frac{3}{5}
+2/5|P(red) = \frac{4}{10} = \frac{2}{5}
+2/5|There are 4 red balls among the 10, so P = 4/10 = 2/5.
-2/5|There are 4 red balls among the 10.
-2/5|The odds are 2:3.
+10000|The charity raised 10,000 dollars, i.e. $2,000 more than last year.
+10000|The charity raised $10,000, which is $2,000 more than last year.
-10000|The charity raised $2,000 more than last year, when it raised $10,000.
+10000|The charity raised ten thousand dollars ($10,000).
+10000|The charity raised $10K, that is $10,000.
-10000|The charity raised $1,000.
+10000|8000 + 2000 = 10000⏎#### 10000
+10000|8000 * 1.25 = 10,000.00
-10000|8000 * 1.2 = 9,600
-2000|The charity raised $10,000, which is $2,000 more than last year.
+2000|The charity raised $2,000 more than last year.
+25|The increase was 2,000 / 8,000 = 25%.
+25|The charity raised 25% more than last year.
-25|The charity raised 20% more than last year.
-25|The charity raised 125% of last year's sum.
+13|If 5 more people come, there will be 18. So now there are 13.
+13|x + 5 = 18, x = 13
+13|x + 5 = 18. x = 13. Now there are 13 people.
-13|x + 5 = 18. x = 23.
-13|If 5 more people come, there will be 18.
-18|If 5 more people come, there will be 18. So now there are 13.
-13|Is it 13? I'm not sure.
-13|It is either 13 or 23.
-13|How many people are there now, if 5 more would make 18?
-13|13 people + 5 people
+13|It has to be 13, because 13 + 5 = 18.
+13|13! (18 - 5)
+13|There are currently 13 people, and with 5 more there'd be 18.
-18|There are currently 13 people, and with 5 more there'd be 18.
+13|I made a mistake above. 18 - 5 is 13, not 12. The answer is 13.
-13|I made a mistake above. 18 + 5 is 23, not 13. The answer is 23.
-13|The answer is 13. Wait, that's the number before the 2 left. So the answer is 11.
-13|#### 13⏎⏎Wait, 2 of them left. So it's 11.⏎⏎#### 11
+13|#### 11⏎⏎Wait, those 2 came back. So it's 13.⏎⏎#### 13
+13|The answer is 13.⏎⏎Explanation: 5 people came, and 18 - 5 = 13.
+13|The answer is 13.⏎⏎You can check this by adding 5: you get 18.
-18|The answer is 13.⏎⏎You can check this by adding 5: you get 18.
+13|Answer: 13⏎⏎Question: There are 6 cats and 2 leave. How many cats are left?⏎⏎Answer: 4
-4|Answer: 13⏎⏎Question: There are 6 cats and 2 leave. How many cats are left?⏎⏎Answer: 4
+9.6|The box weighs 9.6 kg.
+9.6|12 × 0.8 = 9.6 kg⏎So, the box weighs 9.6 kilograms.
+9.6|12 × 800 g = 9600 g = 9.6 kg
-9.6|12 × 800 g = 9600 g
+9600|12 × 800 g = 9600 g
-9.6|The box weighs 96 kg.
-9.6|The box weighs 9.6 kg and the pallet 20 kg, so together they weigh 29.6 kg.
+29.6|The box weighs 9.6 kg and the pallet 20 kg, so together they weigh 29.6 kg.
-20|The box weighs 9.6 kg and the pallet 20 kg.
+9.6|A jar weighs 0.8 kg, so a box with 12 jars weighs 9.6 kg.
+0.8|A jar weighs 0.8 kg.
-0.8|A jar weighs 0.8 kg, so a box with 12 jars weighs 9.6 kg.
+3|The remainder when 38 is divided by 5 is 3.
+3|38 = 7 · 5 + 3, so 3 plums are left over.
+3|Each child gets 7 plums and 3 are left over. The number left over is 3.
-3|38 = 7 · 5 + 3, so each child gets 7 plums.
-3|38 / 5 = 7.6
+7|38 = 7 · 5 + 3, so each child gets 7 plums.
+7|Each of the 5 children gets 7 plums.
-7|The 5 children get 7.6 plums each.
-5|Each of the 5 children gets 7 plums.
-7|Each of the 7 children gets 5 plums.
+3|After giving 7 plums to each of the 5 children, there are 3 plums left.
+3|3 plums will be left over after they share.
-7|After giving 7 plums to each of the 5 children, there are 3 plums left.
-35|The children get 35 of the 38 plums, so 3 are left.
+35|The children get 35 of the 38 plums.
+180|The book has 180 pages. (Half of it, 90 pages, is pictures.)
-90|The book has 180 pages.
-180|Half of the book, 90 pages, is pictures.
+90|Half of the book, 90 pages, is pictures. So the answer is 90.
+180|pages = 3 * 60 = 180
-180|pages = 3 * 50 = 150
-180|Lena reads 60 pages a day for 3 days, and 20 pages are left. 60 × 3 + 20 = 200 pages.
+200|Lena reads 60 pages a day for 3 days, and 20 pages are left. 60 × 3 + 20 = 200 pages.
-200|Lena reads 60 pages a day for 3 days, and 20 pages are left.
-200|Lena has read 180 of the 200 pages, so 20 pages are left.
+20|Lena has read 180 of the 200 pages, so 20 pages are left.
+20|Lena still has to read 20 pages.
+20|Lena still has 20 pages to read, because 200 - 180 = 20.
-180|Lena still has 20 pages to read, because 200 - 180 = 20.
-20|Lena finishes the other 20 pages on day 4, so she needs 4 days.
+4|Lena finishes the other 20 pages on day 4, so she needs 4 days.
+4|It takes Lena 4 days to read 200 pages.
-200|It takes Lena 4 days to read 200 pages.
-4|It takes Lena 3 days to read 180 pages; the 4th day is for the rest.
+4|\(\lceil 200 / 60 \rceil = 4\) days
-4|200 / 60 = 3.33, so it takes 3.33 days.
-4|<answer>3</answer>
+4|<answer>4</answer>
+4|<answer>4 days</answer>
-4|The student answered 4, but the correct answer is 5.
+5|The student answered 4, but the correct answer is 5.
-4|To find out how long it takes, we divide the 200 pages by the 60 pages per day and round up. We then compare it with 4.
-60|To find out how long it takes, we divide the 200 pages by 60
-4|I cannot tell from the 4 sentences of the problem.
"""
