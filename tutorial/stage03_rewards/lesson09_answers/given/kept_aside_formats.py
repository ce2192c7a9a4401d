"""Labelled completions that were written to attack a reader: lists, ranges, algebra, thinking tags."""

ROWS = r"""
+64|Maria baked 8 trays of 8 muffins. 8*8=<<8*8=64>>64⏎#### 64
+1260|Rent is $900 and food is $360, so 900+360=<<900+360=1260>>1260 dollars.⏎#### 1260
+1260|Total spending: $900 + $360 = $1,260⏎#### $1,260
+45|He drives 90 miles in 2 hours, so his speed is 90/2=45 mph.⏎⏎#### 45 mph
+-14|The balance is 36 - 50 = -14 dollars.⏎#### -14
+-14|The balance is $36 − $50 = −$14.⏎#### −$14
+0.75|3 of 4 slices are gone: 3/4 = 0.75⏎#### 0.75
+3/4|3 of 4 slices are gone.⏎#### 0.75
+17|#### 17
+17|####17.
+17|#### **17**
+17|#### 17 students⏎⏎Note: we assumed that nobody was absent on the 3 days.
+350|So the farm has 350 animals.⏎#### 350 animals
+1000000|#### 1,000,000
+9|First, 27 / 3 = 9. Then I check: 9 * 3 = 27.⏎#### 9
+25|30 - 5 = 25%⏎#### 25%
+12.5|12.5% of the class is absent.⏎#### 12.5%
+80|#### \$80
+80|#### $80.00
+6|#### Answer: 6
+6|#### Therefore 6
+21|#### Total = 21
+21|#### = 21
+8|#### 3 + 5 = 8
+150|### Solution⏎Each box weighs 15 kg, 10 boxes weigh 150 kg.⏎#### 150 kg
+33|To find the total we add 11, 11 and 11.⏎⏎####⏎33
+2.5|#### 2 1/2 cups
+2.5|#### 5/2
+400|#### 400 (rounded down from 400.0)
+28|#### 28 days⏎#### 28
+5|Let's see. #### 4⏎Hmm, 4 is too small, since 1 is left over.⏎#### 5
+72|Natalia sold half as many in May.⏎April: 48⏎May: 24⏎Sum: 72⏎#### 72<|endoftext|>
+72|#### 72</s>
+10|#### 10 apples per basket
+31|#### Day 31
+540|Each of the 3 friends pays $180. Altogether they pay $540.⏎⏎#### 540 dollars
+84|#### \(84\)
+84|#### $84$
+36|#### Final answer: 36.
+20|The price after 2 discounts is $20.⏎#### The price is $20
+42|Adding everything, we get $\boxed{42}$.
+42|**Answer:** $\boxed{42}$
+42|Thus the number of marbles is \(\boxed{42}\).
+42|\[⏎\boxed{42}⏎\]
+42|The final answer is \boxed{42 \text{ marbles}}.
+42|\boxed{42 marbles}
+42|Final answer: \(\boxed{42}\). This uses both of the 2 conditions.
+42|$$x = 6 \cdot 7 = \boxed{42}$$
+42|We get \boxed{41}... no wait, I lost one. \boxed{42}
+1500|\boxed{\$1{,}500}
+1500|\boxed{1,500\text{ dollars}}
+1500|\boxed{1500.00}
+1/3|The probability is $\boxed{\frac{1}{3}}$.
+1/3|\boxed{\dfrac{1}{3}}
+1/3|\boxed{1/3}
+1/3|\boxed{\frac13}
+-2/5|\boxed{-\frac{2}{5}}
+-2/5|\boxed{\frac{-2}{5}}
+-2/5|\boxed{-0.4}
+11/4|\boxed{2\frac{3}{4}}
+-9|$\boxed{-9}$
+-9|\boxed{−9}
+-9|\boxed{x = -9}
+35|\boxed{35\%}
+60|\boxed{60^\circ}
+60|\boxed{60^{\circ}}
+60|\boxed{60°}
+49|\boxed{49\ \text{cm}^2}
+49|\boxed{49 \, \mathrm{cm}^2}
+49|The area is \boxed{49 \text{ square units}}
+7|\boxed{\textbf{7}}
+7|$\boxed{\mathbf{7}}$
+7|\boxed{n=7}
+18|So $a = 18$, and the requested value is $\boxed{a = 18}$.
+250|\boxed{250 \text{ mL}}
+250|\boxed{ 250\,\text{mL} }
+3.5|\boxed{3.5\text{ hours}}
+96|The area is $8 \times 12 = \boxed{96}$ square feet.
+100|<think>⏎5 groups of 20... 5*20 = 100. Or is it 5*25 = 125? No, 20.⏎</think>⏎⏎There are 100 chairs. $\boxed{100}$
+100|<think>The answer is 125. Wait, no: 20 per group.</think>⏎The answer is 100.
+100|</think>⏎⏎The hall has **100** chairs.⏎⏎#### 100
+100|<think>⏎Let me try 25 first.⏎</think>⏎<answer>100</answer>
+100|<think>25 * 4 = 100</think><answer> 100 chairs </answer>
+13|<reasoning>⏎6 + 7 = 13⏎</reasoning>⏎<answer>⏎13⏎</answer>
+13|The answer is 13.
+13|So the answer is 13 marbles.
+13|Thus, the final answer is: 13
+13|Therefore, the answer is $13$.
+13|Hence the correct answer is **13**.
+13|Final Answer: 13
+13|**Final Answer**: 13
+13|Answer: 13⏎⏎Explanation: Tom has 6, Ann has 7.
+13|Answer:⏎13
+13|ANSWER: 13.
+13|The answer is 13 since 6 + 7 = 13.
+13|The answer is 6 + 7 = 13.
+13|Final answer = 13
+13|The answer is: $\mathbf{13}$
+2400|The answer is 2,400 meters.
+2400|The answer is 2400m.
+2400|The answer is $2,400 per month.
+2400|the answer is 2 400.
+-6|The answer is -6.
+-6|The answer is −6 degrees.
+-6|Answer: –6
+-6|The final answer is $-6$.
+5/8|The answer is 5/8 of the pizza.
+5/8|The answer is \frac{5}{8}.
+5/8|The answer is 0.625.
+5/8|The answer is $\frac{5}{8}$ of the pizza.
+40|The answer is 40%.
+40|The answer is 40 percent.
+55|Answer: 55 km/h
+55|The answer is 55 mph, which is the average of both trips.
+19|She has 19 stickers left.
+19|25 - 6 = 19
+19|After giving away 6 of her 25 stickers, Emma is left with 19.
+19|Emma gives away 6, so 25 - 6 = 19 stickers remain.
+19|**19**
+19|19.
+19|It's 19!
+19|So, x = 19.
+19|x = 19
+19|Emma: 19
+19|1. Start with 25.⏎2. Give away 6.⏎3. This leaves 19.
+19|* Start: 25⏎* Given away: 6⏎* Left: 19
+19|Therefore Emma has $25 - 6 = 19$ stickers.
+19|She has (25 - 6) = 19 stickers
+7.2|The total weight is 7.20 kg.
+7.2|2.4 kg * 3 = 7.2 kg
+1320|The company sold 1,320 units.
+1320|Revenue = 66 * 20 = $1,320.
+1320|Revenue: $1,320.00
+-3|The temperature is now -3 °C.
+-3|5 - 8 = −3
+-3|Tonight it is −3°F.
+1/6|The chance of a six is 1/6.
+1/6|P = \frac{1}{6}
+4/3|Each child gets 1 1/3 bars.
+4/3|= 4/3
+90|Angle C measures 90°.
+90|The score is 90%
+16|The area of the square is 16 cm².
+16|The area is 16 m^2.
+16|V = 16 cubic inches
+16|V = 16 cm^3
+16|They need 16 buses.
+300|The train covers 150 km in each of the 2 hours, so 300km.
+300|So in total, Mr. Lee earns $300
+300|Step 1: 5 * 50 = 250⏎Step 2: 250 + 50 = 300
+300|They collected three hundred cans: 300.
+2027|In the year 2027.
+48|48 pages
+48|Tim reads 48 pages, because 6 * 8 = 48.
+48|There'll be 48 of them
+48|6 × 8 = 48
+48|6 x 8 = 48
+48|96 ÷ 2 = 48
+48|$\frac{96}{2} = 48$
+48|\frac{96}{2} = 48
+6000000|The city has 6,000,000 inhabitants.
+6000000|6 × 10^6
+2500000|The answer is $2.5 million.
+12|The answer is twelve.
+12|She has a dozen eggs, so 12.
+70|70 mph.
+0|There are 0 apples left.
+0|10 - 10 = 0
+0|#### 0 dollars
+1|#### 1
+1|So only 1 pencil remains.
+11|The sum of 4 and 7 is 11.
+11|4 + 7 is 11
+22|Let the smaller number be x. Then 2x = 44, so x = 22.
+22|2x = 44⏎x = 22
+15|3(x - 5) = 30⏎x - 5 = 10⏎x = 15
+15|By the Pythagorean theorem, c^2 = 81 + 144 = 225, so c = 15.
+15|\sqrt{225} = 15
+5|It takes 5 days (3 for painting and 2 for drying).⏎#### 5
+5|The answer is 5 (five) days.
+36|#### 36 hours = 36
+36|**36 hours**
+36|> 36
+36|`36`
+36|"36"
+36|{"answer": 36}
+36|\text{36}
+36|Answer: 36 ✓
+36|Réponse : 36⏎#### 36
+36|答案是 36
+3.14|#### 3.14
+0.05|#### .05
+0.05|The answer is 5/100.
+0.05|$0.05
+1048576|2^20 = 1048576
+81|3^4 = 81
+27|#### 27⏎⏎Would you like me to solve another one with 3 numbers?
+27|The answer is 27.⏎⏎Question: Tom has 5 apples and buys 4. How many has he now?
-64|Maria baked 8 trays of 8 muffins. 8+8=<<8+8=16>>16⏎#### 16
-64|Maria made 64 muffins and sold 60.⏎#### 4
-64|#### 6.4
-64|#### 640
-64|#### -64
-64|#### 46
-64|#### 64,000
-64|#### 64.5
-64|#### 64 1/2
-64|#### 64/2
-64|#### 1/64
-64|#### 164
-64|#### 0.64
-8|Maria baked 8 trays of 8 muffins. 8*8=<<8*8=64>>64⏎#### 64
-1260|Rent is $900 and food is $360.⏎#### 1160
-1260|Total spending: $1,260 - $60 = $1,200⏎#### $1,200
-260|#### $1,260
-1|#### $1,260
-126|#### 1,260
-12.6|#### $12.06
-45|He drives 90 miles in 2 hours at 45 mph, so it takes⏎#### 2 hours
-90|He drives 90 miles in 2 hours, so 90/2=45 mph.⏎#### 45 mph
-14|The balance is 36 - 50 = -14 dollars.⏎#### -14
-14|The balance is $36 − $50 = −$14.⏎#### −$14
--14|The balance is 50 - 36 = 14 dollars.⏎#### 14
-0.75|3 of 4 slices are gone: 3/4 = 0.75, so 1/4 is left.⏎#### 1/4
-3|3 of 4 slices are gone.⏎#### 3/4
-4|3 of 4 slices are gone.⏎#### 3/4
-0.75|#### 4/3
-0.75|#### 0.750001
-0.75|#### 75
-1|#### 0.75
-17|#### 71
-17|17 are boys⏎#### 18 girls
-17|#### 17 or 18
-17|#### 17, 18
-17|#### 17/18/19
-17|#### 17-18
-17|#### 17 - 18 students
-17|#### 17–18
-17|#### 17 to 18
-17|#### between 17 and 18
-18|#### between 17 and 18
-17|#### 17 and 18
-17|#### 17 & 18
-17|#### 17; 18
-17|#### 17:18
-17|#### 17 (or 18)
-17|#### 17 or maybe 18?
-17|#### Either 17 or 18
-17|#### A: 17, B: 18
-17|#### x = 17, y = 18
-18|#### x = 17, y = 18
-17|#### x = 17 or x = 18
-18|#### x = 17 or x = 18
-17|#### Tom 17, Ann 18
-17|#### 17 boys and 18 girls
-18|#### 17 boys and 18 girls
-17|#### 17 boys, 18 girls
-17|#### 17 + 18
-18|#### 17 + 18
-35|#### 17 + 18
-17|#### 17 x 18
-17|#### 17x
-17|#### 17n + 3
-17|#### 17 + n
-17|#### n + 17
-17|#### 17π
-17|#### 17\pi
-17|#### \sqrt{17}
-17|#### √17
-17|#### 17^2
-2|#### 17^2
-17|#### 17√2
-17|#### > 17
-17|#### < 17
-17|#### x > 17
-17|#### x ≥ 17
-17|#### more than 17
-17|#### less than 17
-17|#### 17+
-17|#### not 17
-17|#### 17 ± 2
-17|#### 17 mod 5
-17|####
-17|17⏎####
-17|#### ⏎
-17|#### I don't know, maybe 17 is too small
-17|#### unknown
-17|#### NaN
-17|#### 17.5.1
-17|#### 17,5
-175|#### 17,5
-17|#### 1 7
-17|#### 1,7
-17|#### room 17B
-350|So the farm has 250 animals.⏎#### 250 animals
-350|350 animals eat 35 kg each.⏎#### 12250 kg
-1000000|#### 1,000,00
-1000000|#### 100,000
-0|#### 1,000,000
-3|First, 27 / 3 = 9. Then I check: 9 * 3 = 27.⏎#### 9
-27|First, 27 / 3 = 9. Then I check: 9 * 3 = 27.⏎#### 9
-12|12.5% of the class is absent.⏎#### 12.5%
-5|12.5% of the class is absent.⏎#### 12.5%
-0.125|#### 12.5%
-0.2|#### 20%
-6|#### Answer: 16
-6|#### 6 and a half
-21|#### Total = 12
-3|#### 3 + 5 = 8
-5|#### 3 + 5 = 8
-3|#### 28 days (4 weeks minus 3 bank holidays is 25)
-25|#### 28 days (4 weeks minus 3 bank holidays is 25)
-4|Let's see. #### 4⏎Hmm, 4 is too small, since 1 is left over.⏎#### 5
-1|Let's see. #### 4⏎Hmm, 4 is too small, since 1 is left over.⏎#### 5
-48|Natalia sold half as many in May.⏎April: 48⏎May: 24⏎Sum: 72⏎#### 72<|endoftext|>
-180|Each of the 3 friends pays $180. Altogether they pay $540.⏎⏎#### 540 dollars
-2|The price after 2 discounts is $20.⏎#### The price after 2 discounts is $20
-42|Adding everything, we get $\boxed{24}$.
-42|**Answer:** $\boxed{420}$
-42|The number 42 is even, so the answer is \boxed{2}.
-42|Thus the number of marbles is \(\boxed{42
-42|Thus the number of marbles is \boxed{4
-4|Thus the number of marbles is \boxed{4
-42|\boxed{}
-42|42 = \boxed{
-42|\boxed{42, 43}
-43|\boxed{42, 43}
-42|\boxed{(42, 43)}
-42|\boxed{\{42, 43\}}
-42|\boxed{42 \text{ or } 43}
-42|\boxed{42} or \boxed{43}
-42|\boxed{42} and \boxed{43}
-42|\boxed{42 \text{ and } 43}
-42|\boxed{42-43}
-42|\boxed{42 \text{ to } 43}
-42|\boxed{[42, 43]}
-42|\boxed{42:43}
-42|\boxed{42 + 43}
-42|\boxed{42x}
-42|\boxed{x + 42}
-42|\boxed{42\pi}
-42|\boxed{42\sqrt{3}}
-3|\boxed{42\sqrt{3}}
-42|\boxed{\sqrt{42}}
-42|\boxed{42^2}
-2|\boxed{42^2}
-42|\boxed{x_{42}}
-42|\boxed{\text{none}} because 42 is not a prime
-42|\boxed{\text{B}} since 42 is even
-42|\boxed{x < 42}
-42|\boxed{x \ge 42}
-42|\boxed{x \neq 42}
-42|\boxed{\pm 42}
--42|\boxed{\pm 42}
-42|\boxed{-42}
-42|\boxed{\frac{42}{43}}
-43|\boxed{\frac{42}{43}}
-42|\boxed{42\frac{1}{2}}
-42|\boxed{42.0001}
-42|\boxed{42,000}
-42|\boxed{42{,}000}
-42|\boxed{4\,200}
-42|\boxed{42?}, or \boxed{41}
-42|\boxed{4} \boxed{2}
-42|\boxed{f(42)}
-42|\boxed{42!}
-42|\boxed{\log 42}
-42|\boxed{\infty} > 42
-42|\boxed{4.2 \times 10^{2}}
-2|\boxed{4.2 \times 10^{2}}
-10|\boxed{4.2 \times 10^{2}}
-42|\boxed{\begin{pmatrix} 42 \\ 43 \end{pmatrix}}
-42|\boxed{n \equiv 42 \pmod{50}}
-6|$$x = 6 \cdot 7 = \boxed{42}$$
-41|We get \boxed{41}... no wait, I lost one. \boxed{42}
-2|Final answer: \(\boxed{42}\). This uses both of the 2 conditions.
-500|\boxed{\$1{,}500}
-15|\boxed{1,500\text{ dollars}}
-1/3|The probability is $\boxed{\frac{2}{3}}$.
-1/3|\boxed{0.33}
-1/3|\boxed{0.3333}
-1/3|\boxed{33.3\%}
-1/3|\boxed{\frac{1}{-3}}
-1|\boxed{\frac{1}{3}}
-3|\boxed{1/3}
-13|\boxed{\frac13}
-2/5|\boxed{-\frac{2}{5}}
--2|\boxed{-\frac{2}{5}}
-2|\boxed{2\frac{3}{4}}
-3/4|\boxed{2\frac{3}{4}}
-23/4|\boxed{2\frac{3}{4}}
-9|$\boxed{-9}$
-9|\boxed{x = -9}
-60|\boxed{60} degrees? No: \boxed{30}
-2|\boxed{49 \, \mathrm{cm}^2}
-2|\boxed{49\ \text{cm}^{2}}
-25|<think>⏎5 groups of 20... 5*20 = 100. Or is it 5*25 = 125? No, 20.⏎</think>⏎⏎There are 100 chairs. $\boxed{100}$
-125|<think>The answer is 125. Wait, no: 20 per group.</think>⏎The answer is 100.
-100|<think>⏎5 groups of 20, so 5*20 = 100. But the question says that
-100|<think>⏎The answer is 100. Wait, let me check that again. If there were
-100|<think>⏎So we get \boxed{100}. Hmm, but is this right? The first row has
-100|<think>The total is 100.</think>⏎There are 120 chairs.
-100|<think>I believe that the answer is 100.</think>⏎⏎I cannot solve this.
-100|<think>25 * 4 = 100</think><answer></answer>
-100|<think>25 * 4 = 100</think><answer>25 * 4</answer>
-100|<think>25 * 4 = 100</think>
-4|<think>25 * 4 = 100</think><answer>100</answer>
-13|<reasoning>⏎6 + 7 = 13⏎</reasoning>⏎<answer>⏎14⏎</answer>
-13|<answer>13 or 14</answer>
-13|<answer>12</answer> (not 13)
-13|The answer is 31.
-13|The answer is 13 or 14.
-13|The answer is either 13 or 14.
-13|The answer is 13 to 14 marbles.
-13|The answer is 13-14.
-13|The answer is 13, 14 or 15.
-13|The answer is 13, 14.
-13|The answer is between 13 and 14.
-13|The answer is 13 and 14.
-13|The answer is 13 marbles for Tom and 14 marbles for Ann.
-14|The answer is 13 marbles for Tom and 14 marbles for Ann.
-13|The answer is 13 hours and 30 minutes.
-30|The answer is 13 hours and 30 minutes.
-13|The answer is 13:30.
-13|The answer is 13 feet 6 inches.
-13|The answer is 13/14.
-13|The answer is 13%. Sorry, the answer is 14%.
-13|The answer is 13? Let me recompute: the answer is 12.
-13|I first thought that the answer is 13, but the answer is 15.
-13|The answer is not 13.
-13|The answer is more than 13.
-13|The answer is greater than 13
-13|The answer is less than 13.
-13|The answer is 13x.
-13|The answer is 13 + x.
-13|The answer is 13 * 2.
-13|The answer is
-13|There are 13 of them, so the answer is
-13|There are 13 of them, so the answer is:
-13|The answer is unclear: Tom has 13 marbles, Ann has 14.
-13|The answer is option B. (Option A was 13.)
-13|The answer is (B) 14, not (A) 13.
-13|Final Answer: 12⏎⏎(13 would count Tom twice.)
-13|Answer: 12⏎⏎Explanation: Tom has 6, Ann has 7, that is 13, minus 1.
-6|Answer: 13⏎⏎Explanation: Tom has 6, Ann has 7.
-7|Answer: 13⏎⏎Explanation: Tom has 6, Ann has 7.
-6|The answer is 6 + 7 = 13.
-7|The answer is 13 since 6 + 7 = 13.
-13|Answer: A) 13 B) 14 C) 15
-13|Answer = ? (13 or so)
-13|Answer: 13, 14⏎
-13|Answer: about 13 to 15
-13|Answer: 1.3
-13|Answer: 13,000
-240|The answer is 2,400 meters.
-400|The answer is 2,400 meters.
-400|the answer is 2 400.
-2400|The answer is 24,00.
-2|The answer is 2,400m.
-6|The answer is -6.
-6|The answer is −6 degrees.
-6|Answer: –6
-5|The answer is 5/8 of the pizza.
-8|The answer is \frac{5}{8}.
-58|The answer is \frac58.
-0.6|The answer is 0.625.
-0.63|The answer is 0.625.
-3/8|The answer is 5/8 of the pizza, so 3/8 is left.
-0.4|The answer is 40%.
-55|The speed is 55 mph. Answer: 2 hours
-19|She has 25 stickers left.
-25|She had 25 and has 19 stickers left.
-6|25 - 6 = 19
-25|Emma gives away 6, so 25 - 6 = 19 stickers remain.
-19|Emma has 19 stickers, gives away 6, and now has 13.
-19|19 + 6 = 25
-19|19 - 6 =
-19|25 - 6
-6|25 - 6
--6|25 - 6
-6|25 - 6 =
-19|So she has 19, or 20 if she kept one.
-19|She has 19 or 20.
-19|She has 19 to 20 stickers left.
-19|She has 19-20 stickers left.
-20|She has 19-20 stickers left.
-20|She has 19 to 20 stickers left.
-20|She has 19 or 20.
-20|She has between 19 and 20 stickers.
-20|She has either 19 or 20 stickers
-20|She has 19/20
-20|It's 19:20.
-20|The ratio is 19 to 20.
-20|The ratio of red to blue is 19:20.
-20|x = 19 or x = 20
-20|x = 19, x = 20
-20|x = 19 and y = 20
-20|x is 19 and y is 20
-20|(19, 20)
-20|{19, 20}
-20|[19, 20]
-20|19, 20
-20|19 and 20
-20|19; 20
-20|19 20
-20|The possible values are 19 and 20.
-20|There are 19 boys and 20 girls.
-20|Tom: 19, Ann: 20
-20|19 < x < 20
-20|x > 20
-20|x ≤ 20
-20|x < 20.
-20|It is more than 20.
-20|It is less than 20
-20|She has fewer than 20
-20|It can't be 20.
-20|It is not 20
-20|The answer can't be 20
-20|20x
-20|20x + 3
-3|20x + 3
-20|3x + 20
-20|x + 20
-20|x - 20
--20|x-20
-20|\sqrt{20}
-20|√20
-20|2\sqrt{20}
-20|20π
-20|20\pi
-20|x^20
-20|x^{20}
-20|x_20
-20|3^20
-20|f(20)
-20|log 20
-20|sin(20)
-20|20/0
-20|2020
-20|A20
-20|B-20
-20|Windows20
-20|See page 20.
-19|Emma has 25 - 6 = 19 stickers. She buys 3 more, so 19 + 3 =
-22|Emma has 25 - 6 = 19 stickers. She buys 3 more, so 19 + 3 =
-3|Emma has 25 - 6 = 19 stickers. She buys 3 more, so 19 + 3 =
-3|Emma has 25 - 6 = 19 stickers. She buys 3
-19|Emma has 25 - 6 = 19 stickers. Next, we must find how many
-19|Step 1: 25 - 6 = 19⏎Step 2:
-2|Step 1: 25 - 6 = 19⏎Step 2:
-7|The total weight is 7.20 kg.
-72|The total weight is 7.20 kg.
-20|The total weight is 7.20 kg.
-3|2.4 kg * 3 = 7.2 kg
-320|The company sold 1,320 units.
-132|Revenue = 66 * 20 = $1,320.
-0|Revenue: $1,320.00
-3|The temperature is now -3 °C.
-8|5 - 8 = −3
-6|The chance of a six is 1/6.
-1|P = \frac{1}{6}
-1/3|Each child gets 1 1/3 bars.
-3|Each child gets 1 1/3 bars.
-2|The area of the square is 16 cm².
-2|The area is 16 m^2.
-3|V = 16 cm^3
-3|V = 16 cm3
-16|The square has a side of 4, so the area is
-16|The area is 4^3.
-150|The train covers 150 km in each of the 2 hours, so 300km.
-2|Step 1: 5 * 50 = 250⏎Step 2: 250 + 50 = 300
-250|Step 1: 5 * 50 = 250⏎Step 2: 250 + 50 = 300
-250|Step 1: 5 * 50 = 250⏎Step 2: 250 + 50
-50|Step 1: 5 * 50 = 250⏎Step 2: 250 + 50
-6|Tim reads 48 pages, because 6 * 8 = 48.
-8|6 × 8 = 48
-8|6 × 8
-6|6 × 8
-8|6 x 8
-8|6*8
-8|6 · 8
-8|6 \cdot 8
-8|6 \times 8
-8|48 ÷ 8
-8|48 \div 8
-8|48 + 8
-8|48 – 8
-96|\frac{96}{2} = 48
-2|\frac{96}{2}
-6|6 × 10^6
-10|6 × 10^6
-0|The city has 6,000,000 inhabitants.
-2|The answer is $2.5 million.
-12|She has half a dozen eggs
-4|The sum of 4 and 7 is 11.
-44|Let the smaller number be x. Then 2x = 44, so x = 22.
-44|Let the smaller number be x. Then 2x = 44
-5|3(x - 5) = 30
-30|3(x - 5) = 30
-5|x - 5
-144|By the Pythagorean theorem, c^2 = 81 + 144
-3|It takes 5 days (3 for painting and 2 for drying).⏎#### 5
-2|It takes 5 days (3 for painting and 2 for drying).⏎#### 5
-3.14|#### 3.141
-3.1|#### 3.14
-0.5|#### .05
-5|#### .05
-20|2^20 = 1048576
-3|3^4 = 81
-3|#### 27⏎⏎Would you like me to solve another one with 3 numbers?
-4|The answer is 27.⏎⏎Question: Tom has 5 apples and buys 4. How many has he now?
-7|
-7| 
-7|I am sorry, but I cannot answer this question.
-7|The question does not say how many there are.
-7|It depends on whether the 7 guests come.
-7|seven or eight
-7|#### seven or eight
-7|def f(): return 8
-8|June 7, 2026
-7|June 7, 2026
-7|7/8/2026
-7|7:00 pm
-0|7:00 pm
-7|7 hours 45 minutes
-45|7 hours 45 minutes
-7|7h45
-7|7'6"
-7|7 ft 6 in
-6|7 ft 6 in
-7|It is 7.30 or 8.30.
-7|Is it 7? Or 8?
-7|7? 8? 9?
-7|0 1 2 3 4 5 6 7
-7|1, 2, 3, 4, 5, 6, 7
-7|7 7 8
-7|#### 1 2 3 4 5 6 7 8 9 10
-7|The answer is 7 8 9
-7|\boxed{7 8 9}
-7|7.7.7
-77|7 7
-7|07/08
--7|7
--7|10 - 7
--7|10-7
-7|3 - -4
-7|10 −7
--7|10 −7
--7|the 7-7 tie
-7|the score is 7-7
-7|They won 7-3.
-3|They won 7-3.
-7|H7
-43|\boxed{42} or \boxed{43}
-43|\boxed{42} and \boxed{43}
-20|So she has 19, or 20 if she kept one.
-8|Is it 7? Or 8?
"""
