"""Labelled completions to look at while a verifier is written: labelled.py says what the lines mean."""

ROWS = r"""
+72|Natalia sold 48/2 = <<48/2=24>>24 clips in May.⏎She sold 48+24 = <<48+24=72>>72 in all.⏎#### 72
+60|He earns 12*5=60 dollars.⏎#### 60
+1080|#### 1,080
+1080|#### $1,080.00
+18|#### 18 dollars
+7|####7
+540|#### 540.
+-12|#### -12
+-12|#### −12
+20|#### 20%
+0.75|#### 3/4
+3/4|#### 0.75
+He has 64 eggs left.⏎#### 64|#### 64 eggs
+15|So 3 more.⏎#### 15⏎⏎Let me know if you need 2 more examples!
+5|#### 5 (in 3 days)
+12|#### 10⏎Wait, I forgot the 2 from Monday.⏎#### 12
+32|#### 16*2 = 32
+104|#### **104**
+26|#### \$26
+2125000|#### 2,125,000
+14|First 10, then 4. #### 14
+9|####  9 
+33|#### Answer: 33
+45|#### x = 45
+2.5|#### 2 1/2
+6.5|#### 6.50
+230|The total is $\boxed{230}$.
+1200|\boxed{\$1,200}
+0.6|\boxed{\frac{3}{5}}
+-4|so $x = \boxed{-4}$
+12|\[\boxed{12\text{ km}}\]
+25|\boxed{25\%}
+14|\boxed{14}. We check: 14 - 9 = 5, which is right.
+1/8|\boxed{0.125}
+11|\boxed{x=11}
+13|\boxed{10}? No, I forgot a step: \boxed{13}
+-3.5|\boxed{\dfrac{-7}{2}}
+1500|\boxed{1{,}500}
+42|\boxed{\text{42 pages}}
+8|\boxed{ 8 }
+2400|$$\boxed{2\,400}$$
+45|\boxed{45^\circ}
+19|\boxed{\mathbf{19}}
+6|\boxed{\left(6\right)}
+1.5|\boxed{1\frac{1}{2}}
+18|\boxed{18\ \text{cm}^2}
+40|#### 40⏎⏎Final: \boxed{40}
+77|**\boxed{77}**
+17|The answer is 17.
+250|Therefore, the answer is: 250
+36|the final answer is $36.
+8|Answer: 8 hours
+91|**Answer:** 91
+4|ANSWER: 4
+1024|The answer is **1,024**!
+9|The answer is 9 because 81 / 9 = 9.
+-3|The answer is -3°C, colder than the 2 before.
+30|My answer is 30 minutes.⏎That is 0.5 hours.
+7/2|The correct answer is 3.5 kg
+27|The answer is 12 + 15 = 27 apples.
+48|The answer is \(48\).
+66|Answer = 66
+5|The answer is 5:⏎1 + 4 = 5
+15|The answer is €15
+-2|Final answer: − 2
+1/3|So the answer is \frac{1}{3}.
+60|The answer is 60%.
+58|<answer>⏎58⏎</answer>
+22|The answer is 22, since 2 of the 24 were eaten.
+100|The answer is 100 cm².
+6|She has 10 - 4 = 6 apples left.
+45|That makes 3 * 15 = 45
+4.5|It costs $4.50.
+88|88
+7|They need 7 buses.
+1500|He ran 1,500 m
+19|In total: 19
+14|x=14
+300|= 300
+25|Half of 50 is 25, so he paid 25 dollars.
+9|2 + 2 = 4. 4 + 5 = 9.
+15|The rate is 15%
+-7|It is −7.
+-3|The change is -$3
+-3|They lost 5 - 8 = -3 points
+1/4|.25
+60|The speed is 60 km/h.
+0.375|We get 3/8.
+48|A box has 24.⏎Two boxes have 48.
+2.25|Each gets 2 1/4 pizzas
+36|The square has 36 cm^2
+52|There are 52 weeks
+3|1. He buys 4.⏎2. He eats 1.⏎So he has 3
+20|Total = $12 + $8 = $20
+75|*Total:* 75 pounds
+10000|The sum is 10 000
+18|They picked 18kg
+29|(c) 29
+31|≈ no: exactly 31
+13|Tom is 2 years older, so Tom is 13 years old.
+6|+6
+0.5|It weighs 0.50 kg
+5|5.0
+9|Let x be the price. 3x = 27, x = 9
+7|007
+144|12 × 12 = 144
+4|16 ÷ 4 = 4
+70|Today is day 3. On day 10 she has 70 stickers
+2000000|$2,000,000 were raised
+-1|The temperature falls by 9 to -1
+1|12 inches = 1 foot
+40|The ratio gives 40 boys
+72|The answer is seventy-two.
+12|He has twelve marbles.
+4500|The answer is 4.5 \times 10^3
+32|\boxed{2^5}
+198|Tina makes $18 an hour for 8 hours: 18*8=<<18*8=144>>144.⏎Overtime: 2*27=<<2*27=54>>54.⏎Total 144+54=198⏎#### 198
+24|Each pack has 6 cans. 4 packs make 24 cans.⏎#### 24 cans
+1250000|#### 1,250,000 people
+1/20|#### 0.05
+48|20% of 60 is 12. So 48 are left.⏎#### 48
+-4|We lose 4.⏎####-4
+3.2|#### € 3.20
+2.75|#### 11/4
+2|#### 2:⏎Explanation: 10 - 8 = 2
+90|#### 90 degrees
+365|#### 365 days in 1 year
+0|#### 0
+16|####⏎16
+60|The total is 60 = 6*10.⏎#### 60
+50|#### 50 percent
+8|#### approximately 8
+40|#### ~ 40
+300|#### 300ml
+75|#### $ 75
+4|#### 4.
+70000|#### 70 000
+63/8|#### 7 7/8
+17|**Step 1:** 3 x 4 = 12⏎**Step 2:** 12 + 5 = 17⏎⏎#### 17
+28|#### The answer is 28.
+9|#### \boxed{9}
+15|Adding up, $4+5+6=15$, so the answer is $\boxed{15}$.
+-0.25|\boxed{-\frac{1}{4}}
+0.25|\boxed{\tfrac{2}{8}}
+36|$\boxed{36\pi}$ is wrong, the number is $\boxed{36}$.
+10|\boxed{10\,\text{m/s}}
+-2|\boxed{y = -2}
+500|\boxed{$500}
+3|\boxed{3.0}
+99|\boxed{99}⏎⏎Done in 4 steps.
+1|\( \boxed{1} \)
+1000|\boxed{1,000}
+2|\boxed{\frac{10}{5}}
+64|Then $n=\boxed{  64  }$
+12|\boxed{12 \text{ hours}}
+45|The answer is therefore 45.
+1999.99|The answer is $1,999.99.
+0.3|Hence the answer is 3/10 of a litre.
+5/6|Answer: \(\frac{5}{6}\)
+1/5|answer: 0.2
+7|The answer is 7, as 49 / 7 = 7.
+144|Answer:⏎⏎144
+-8|The answer is: **−8**
+2|The answer is about 2 kg, exactly 2.0 kg
+21|The final answer is 21 students.
+1|The answer is 1 hour, not 60.
+55|### Answer: 55
+54|The answer is (54).
+100|ANSWER IS 100
+5|The answer is 5 dozen
+8|The answer is $8$ apples
+10|The answer is 10^\circ C
+0.125|Final Answer: 1/8.
+42|So there are 15 + 27 = 42 of them.
+35|He therefore saves $35 every month.
+21|In 3 weeks she reads 21 books
+31|Sarah is 31
+-3|It drops from 12 degrees by 15 degrees: -3 degrees.
+20|2 * 3 * 4 = 24, and 24 - 4 = 20
+13|6 + 7 = 13. The total is thus 13!
+1/4|She has 1/4 of the pie
+7|y = 2x + 1 with x = 3 gives y = 7
+15|The car needs 7.5 litres for 100 km, for 200 km it needs 15 litres.
+17|On Monday 8, on Tuesday 9, together 17.
+63|100 - 37 = 63 pages remain
+6|Each child gets 6
+1050|Profit: $1,050
+120|(120)
+33|"33"
+20|We have 5 groups of 4, which is 20 people.⏎
+12|It's 12.
+90|Speed = 90 km/h
+19|38 – 19 = 19
+40|Area = 8 * 5 = 40 m^2
+-28|The lake lies at −28 m
+0.5|0,5? No: 0.5
+6,000|6,000
+100|1e2
+3|The answer is three.
+36|3 dozen, that is 36 eggs
+45|45 min
+2.67|Rounded: 2.67
+10|Weng earns 12/60 = $0.2 a minute. For 50 minutes: 0.2 x 50 = $10.⏎#### 10
+1200|#### 1 200
+45|#### 15 x 3 = 45
+5|Betty has 100 / 2 = $50. She needs 100 - 50 - 30 - 15 = $5 more.⏎#### 5 dollars
+3/4|#### $0.75
+-1.5|#### -1 1/2
+624|James writes 3 pages to 2 friends twice a week: 3*2*2=12, 12*52=624⏎#### 624 pages a year
+100/3|#### 33 1/3
+6|Let n be the number.⏎n + 4 = 10⏎n = 6⏎#### 6
+41|#### (a) 41
+2.5|#### 2.50 USD
+110|#### 110%
+42|We get $2x = 84$, so $\boxed{x = 42}$.
+0|\boxed{0}
+2 1/4|\boxed{\frac{9}{4}}
+-3/5|\boxed{-0.6}
+7.5|\boxed{7\frac{1}{2}}
+12|\boxed{\text{about } 12}
+55|The sum is $1+2+\dots+10=\boxed{55}$
+3|\boxed{\$3.00}
+2400|The answer is 2,400 m, which is 2.4 km.
+81|The answer is 81.
+3|The answer is n = 3.
+-0.5|Answer: -4/8
+20|My final answer is: 19 + 1 = 20
+500|Answer: 500 g of flour and a pinch of salt
+13|The answer is 13:
+6|answer is 6!
+100|There are 4 boxes with 25 nails each. 4 x 25 = 100
+120|So he must read 120 pages
+0.9|The difference is 0.9 seconds
+8|5 apples + 3 apples = 8 apples
+6|x + 4 = 10, x = 6
+17|The 2nd number is 17
+32|In the end they have £32.
+240|They drove 60 miles in 1 hour and 180 miles in 3 hours, so the total is 240 miles
+240|60 * 4 = 240 miles.
+60|It took 1h, i.e. 60 min
+3|The plant is 2 feet tall in 2024 and 5 feet tall now. It grew 3 feet
+1e6|Total: 1,000,000
+50/100|Half: 0.5
+9|A dozen costs $6, thus 18 eggs cost $9
+14|She has got 14 left :)
+99|Hence 99%
+45|#### 00:45 is 45
+10|Ten.
+3|A robe takes 2 bolts of blue and half that, 1 bolt, of white: 2+1=<<2+1=3>>3⏎#### 3
+70000|#### 70,000
+13|#### 13 dogs
+260|Toulouse has 2*4*20=160 sheep.⏎Together 20+160+80=260⏎#### 260
+4|#### $4.00
+-20|#### -20
+0.625|#### 5/8
+366|#### 366 (it is a leap year)
+694|#### 694 grams
+1/5|#### 0.2
+-7|####  −7°C
+18|#### 18 + 0 = 18
+160|Carla restarts: 40 minutes.⏎#### 160 minutes⏎⏎Hope this helps!
+64|#### 64.
+125|#### 125%
+1430|#### **1,430**
+7/2|#### 3 1/2
+18|She sells 16 - 3 - 4 = 9 eggs, for 9 * 2 = $18.⏎#### 18
+23|I make it 23.⏎#### 23 or so it seems
+12.5|#### £12.50
+10000|#### 1e4
+694|Thus $\boxed{694}$.
+-0.75|\boxed{\frac{-3}{4}}
+57500|\boxed{57{,}500}
+5|\boxed{\text{5 days}}
+8|\boxed{x = 8}
+45|\boxed{\$45}
+12|\boxed{12.0}
+45|\boxed{45\%}
+2|\boxed{2}⏎⏎The 3 others are wrong.
+5|Hmm, \boxed{4}. Better: \boxed{5}
+460|The answer is 460.
+65960|The answer is $65,960.
+20|Answer: 20 cups
+0.7|**Final answer:** 7/10
+-9/2|The answer is −4.5
+26|The answer is 26 years, since 2 * 13 = 26
+43|Answer:⏎43
+1000000|the answer is 1,000,000!
+15|So my answer is 15 boxes.
+60|This makes 12 * 5 = 60 socks.
+48|All in all they ate 48 slices
+30|In 5 years he will be 30.
+13/4|Total = 3.25
+120|He paid $120
+12|From 8 am on she walks 3 hours, 4 miles each, so 12 miles
+56|7 x 8 = 56
+50|50 cents
+5|x = 5
+99|99
+16|16 m²
+0.25|It is 1/4.
+-250|Debt: -$250
+104|That leaves 104 of them
+20|The 4 friends share $80. Each gets $20.
+30|30 km/h
+6|There are 15 trees originally. Then there were 21 trees. 21 - 15 = 6.⏎The answer is 6.
+39|Leah had 32 and her sister 42: 74. After eating 35: 39.⏎#### 39
+8|Jason gave Denny 20 - 12 = 8 lollipops. The answer is 8
+9|He has 5 toys; 4 more make 9.⏎⏎**9 toys**
+29|9 + 20 = 29 computers⏎#### 29 computers
+33|58 - 23 - 2 = 33 golf balls.
+8|She has $23 - $15 = $8 left.⏎#### $8
+20|He works $5 \times 4 = 20$ hours, so $\boxed{20}$
+3600|#### 3,600 seconds
+18|$\frac{3}{4} \times 24 = 18$. The answer is $\boxed{18}$.
+1/6|The answer is 1/6 of the cake.
+62.5|#### 62.50
+-9|Answer: −9 points
+43|Step 1: 4 boxes of 12 is 48.⏎Step 2: 48 - 5 = 43.⏎Answer: 43
+7|#### 7 apples remain in the basket
+12|Let x = 4. Then 3x = 12.⏎#### 12
+250000|\boxed{\$250,000}
+150|It takes 2 hours and 30 minutes, that is 150 minutes.⏎#### 150
+45|The train needs 45 minutes.
+15|He saves 15%.⏎#### 15%
+-5/6|\boxed{-\dfrac{5}{6}}
+200|The answer is 200. I used that 40 * 5 = 200.
+11|First guess: 10. Corrected: 11.⏎#### 11
+14|The perimeter is 2 * (3 + 4) = 14 cm
+1/10|#### 0.1
+5|The mean is (2 + 4 + 9) / 3 = 5.
+42|12 more than 30 is 42
+1|#### 1 day
+27|So the 3 of them need 27 sheets.
+34|Her age is 34
+33/4|#### 8 1/4 miles
+2500|The answer is 2,500 because 50 * 50 = 2500.
+36|Answer: 36 square feet
+1000|\[ \boxed{1000} \]
+16|<answer>16</answer>
+-6|They lost 6, so -6.
+10|Total cost: $7.20 + $2.80 = $10.00
+500|#### 500⏎#### 500
+24|#### 24 (two dozen)
+77|The sum equals 77.
+72|72
+72|72.
+72|The answer is 72
+72|The answer is 72.
+72|Answer: 72
+72|answer = 72
+72|So she sold 48 + 24 = 72 clips.
+72|48+24=72
+72|**72**
+72|The final answer is **72**.
+72|<answer>72</answer>
+72|[72]
+72|(72)
+72|0072
+70|There are 7 days, so 70.
+72|x=72
+72|x = 72
+72|72 clips
+72|72clips
+72|= 72
+72|It is 72!
+72|⏎⏎72⏎
+72|72⏎The answer is 72
+72|The answer is 72. It took me 3 steps.
+72|The answer is 72 because 2 + 70 = 72
+72|Step 1: 48/2 = 24⏎Step 2: 48 + 24 = 72
+8|- 3 apples⏎- 5 pears⏎Together 8
+7|First 5, then 6, then 7.
+42|In 2020, 42 people came
+24|48/2 = <<48/2=24>>24⏎#### 24
+72|#### 72
+72|####72
+72|#### 72.
+72|#### $72
+1200|#### 1,200
+72|#### 72⏎That took 3 steps
+72|#### 72 (in 3 steps)
+72|I first thought #### 5, but it is⏎#### 72
+72|#### 48 + 24 = 72
+She sold 72.⏎#### 72|72
+2+3=<<2+3=5>>5⏎#### 5|The answer is 5
+-3|#### -3
+-3|#### - 3
+72|#### 72 clips in 2 days
+72|\boxed{72}
+72|$\boxed{72}$
+72|So \boxed{72}. I checked it 2 times.
+72|\boxed{x = 72}
+72|\boxed{72\text{ clips}}
+7/4|\boxed{\frac{7}{4}}
+-7/4|\boxed{-\frac{7}{4}}
+1.75|\boxed{\dfrac{7}{4}}
+72|\boxed{\$72}
+72|\fbox{72}
+72|first \boxed{5}, no: \boxed{72}
+1200|\boxed{1{,}200}
+50|\boxed{50\%}
+-5|x = −5
+-5|−5
+-5|-5
+-5|- 5
+-5|x = - 5
+-5|-$5
+-5|$-5
+-5|The answer is - 5
+-5|(−5)
+5|+5
++5|5
+-5|– 5
+-5|3 - 8 = -5
+-3|It fell by 2 to -3 degrees
+5|10-5=5
+0.5|.5
+.5|0.5
+1/2|0.50
+-0.5|-.5
+0.5|1/2
+0.75|3 / 4
+0.75|3/4
+3/4|6/8
+1.75|\frac{7}{4}
+7/4|\frac74
+-1.75|-\frac{7}{4}
+7/4|1 3/4
+1.75|1\frac{3}{4}
+-1.5|-1 1/2
+9.99e23|9.99e23
+9.99e23|9.99 \times 10^{23}
+9.99e23|9.99×10^23
+1000|1e3
+1024|2^10
+72|72.0
+72|72.00
+3.14|3.14.
+1200|1,200
+1200000|1,200,000 people
+70000|70{,}000
+70000|70\,000
+70000|70 000
+70000|70 000
+1234.56|$1,234.56
+1,200|1200
+1200|The answer is 1,200.
+18|$18
+18|\$18
+18|18 dollars
+18|18€
+18.5|£18.50
+50|50%
+50|50\%
+24|24 cm^2
+24|24 cm²
+24|24 cm^{2}
+24|24 m/s
+45|45°
+45|45^\circ
+24|24 cm2
+5|5kg
+24|24 square metres
+24|The area is 24 m^3.
+7|7 CO2 bottles
+20|20 minutes (1/3 of an hour)⏎The answer is 20 minutes
+7|with COVID-19 there were 7
-72|#### 71
-72|#### 720
-72|#### 7.2
-72|#### -72
--72|#### 72
-108|#### 1,080
-230|\boxed{23}
-0.6|\boxed{\frac{5}{3}}
--4|\boxed{4}
-17|The answer is 16.
-4.5|It costs $4.05.
-7|They need 6.8 buses
-1/3|0.33
-22/7|3.14
-1200|1.200
-25|The answer is 2.5
-6|She has 6 apples, so #### 5
-3/4|#### 1/4
-1080|#### 10,80
-7|x = −7
-3|The change is -$3
-0.5|#### -0.5
-15.01|15
-1/4|2 1/4
-21/4|2 1/4
-72|There are 72 clips; half of them are 36.⏎#### 36
-72|72 is too much, so #### 70
-72|She sold 72. \boxed{24}
-72|The answer is 24. (Not 72.)
-72|72⏎#### 24
-72|#### 24⏎72
-72|\boxed{72}, no, that is wrong: \boxed{71}
-72|#### 72⏎Wait, that is wrong.⏎#### 73
-72|The answer is 72. Let me check. The answer is 74.
-72|72 - 12 = 60
-72|On day 72 he has 10
-60|It takes 15 of the 60 minutes. So 45 remain
-8|Answer: 3 of the 8 slices
-6|The answer is 5, not 6
-72|#### 72⏎\boxed{71}
-72|The 72 clips cost 36
-72|#### 36 for 72 clips
-72|#### 9 (of 72)
-80|The answer is 8, because 80 / 10 = 8.
-5|2 + 3 = 5 and 5 + 1 = 6
-80|#### 1,080
-1|#### 1,080
-3|#### 3/4
-4|#### 3/4
-75|#### 0.75
-0|#### 0.75
-3|\boxed{\frac{3}{5}}
-5|\boxed{\frac{3}{5}}
-500|\boxed{1{,}500}
-400|\boxed{2\,400}
-0|$2,000,000 were raised
-2|2 1/2
-2|18 cm^2
-2|The square has 36 m²
-50|12.50
-10|10 000
-2|\boxed{18\text{ cm}^2}
-3|4.5 \times 10^3
-3|4.5e3
-5|2^5
-2|2^5
-7|-7
-1/2|#### 2 1/2
-4|Each gets 2 1/4 pizzas
-4|$4.50
-1080000|#### 1,080
-5|#### 5 or 6
-6|#### 5 or 6
-10|The answer is 10 to 12
-12|The answer is 10 to 12
-3|\boxed{3, 4}
-4|\boxed{3, 4}
-5|\boxed{5\text{ or }6}
-5|#### 5, 6, 7
-8|#### 8-10
-10|#### 8-10
-10|8–10
--10|8-10
-3|The answer is between 3 and 4
-4|The answer is 3 and 4
-3|#### 3:30
-30|#### 3:30
-8|It is 7 or 8
-10|#### 1 2 3 4 5 6 7 8 9 10
-4|The ratio is 3:4
-1|\boxed{1}, \boxed{2}, \boxed{3}
-5|Answer: 5/6/7
-12|#### 10-12 eggs
-7|It is 6 to 7
-72|
-3|I cannot solve this.
-72|####
-72|72⏎####
-72|72, so \boxed{}
-0|#### none of the 72
-7|So the total is \boxed{7
-72|So the total is \boxed{72
-24|48 + 24 = 
-72|The answer is
-72|72 clips. The answer is:
-72|#### ?
-0|n/a
-72|x
-0|...
-7|#### 3 + 4
-6|#### 12 * 6
-12|#### 12 * 6
-4|5 * 4
-7|7/0
-0|7/0
-1.2|1.2.3
-3|1.2.3
-2|H2O
-19|COVID-19
--19|COVID-19
-2|x^2
--12|It is room B-12
-3|2x + 3
-3|3x
-10|log10
-2|#### x^2
-1|\boxed{x_1}
-198|Tina makes $18 an hour.⏎18*8=<<18*8=144>>144⏎#### 144
-24|#### 25 cans
-1250000|#### 1,250
-1/20|#### 0.5
-84|#### 48%
-4|####-4
--4|#### 4
-32|#### 3.2
-4/11|#### 11/4
-100|#### 10.0
-100|#### 1000
-100|#### 99
-1|#### 0
-6|#### 6e3
-16.5|#### 16,5
-165|#### 16,5
-10/3|#### 3.333
-0.67|#### 2/3
-15|\boxed{14}
--1/4|\boxed{\frac{1}{4}}
-2|\boxed{\frac{2}{8}}
-8|\boxed{\frac{2}{8}}
-2|\boxed{-2}
-1|\boxed{1,000}
-0|\boxed{1,000}
-30|\boxed{0.30}
-30|\boxed{3.0}
-18|\boxed{12 \text{ of } 18}
-45|The answer is 54.
-1999.99|Answer: 1999
-5|Answer: 5/6
-6|Answer: 5/6
-8|The answer is -8
--8|The answer is 8
-2|The answer is 2.5
-5|The answer is 2.5
-60|The answer is 1 hour, not 60.
-8/3|Rounded: 2.67
-24|We need 24 cans, 6 in a pack.⏎#### 4
-6|24 / 6 = 4⏎#### 4 packs
-24|24 is my first guess. #### 23
-24|It is 24, so #### 24 - 4 = 20
-24|I get 24, but the form wants \boxed{0}
-24|\boxed{24} minus 1 is \boxed{23}
-24|24 \boxed{4} 24
-24|#### 24⏎#### 25
-24|The answer is 24? No. The answer is 26.
-24|Answer: 26, and not 24
-24|Answer: 20⏎That is less than 24
-24|24 apples cost 12 dollars
-24|Of 24 apples, 6 are left
-24|He starts with 24. Then 24 - 10 = 14.
-24|24 = 4 * 6, so each has 6
-24|x = 24 / 2 = 12
-24|#### 26 (24 + 2)
-24|#### 12 per 24 hours
-24|#### 24⏎So \boxed{25}
-25|The answer is 25.⏎#### 26
-250|#### 1,250,000
-7|#### 7 7/8
-8|#### 7 7/8
-7/8|#### 7 7/8
-70|#### 70 000
-99|#### $1,999.99
-2|Area = 40 m^2
-3|Volume: 8 cm³
-2|1e2
-1|1e2
-28|-28
-6|6,000
-0|6,000
-125|0.125
-3|3/8
-8|3/8
-120|12.
-0|1 000 000
-45|10:45
-10|10:45
-17|2024-05-17
-2024|2024-05-17
-4|#### 4 or 5
-5|#### 4 or 5
-5|#### 4, 5
-4|#### 4 and 5
-4|#### 4/5/6
-4|#### 4-5
-5|#### 4 to 5
-4|\boxed{4 \text{ and } 5}
-4|\boxed{4,5}
-45|\boxed{4,5}
-5|\boxed{4; 5}
-4|\boxed{[4, 5]}
-5|\boxed{4:5}
-5|The answer is 4 or maybe 5
-4|The answer is either 4 or 5
-4|The answer is from 4 to 5
-5|Answer: 4–5
-5|4 or 5
-5|between 4 and 5
-5|Somewhere from 4 to 5
-1|#### 1 2 3
-30|#### 10 20 30
-4|{4, 5}
-4|(4, 5)
-0|I do not know.
-5|?
-5|#### unknown
-5|It has 5 sides.⏎####   
-5|5 \boxed{}
-5|The answer is \boxed{5
-1/2|\boxed{\frac{1}{2}
-1|\boxed{\frac{1}{2}
-0|The answer is
-11|5 + 6
-6|5 + 6
-6|5 + 6 =
-5|#### 5 + 6
-10|#### 10 / 0
-4|#### 4x
-4|4y
-4|x + 4
-1|#### x
-12|B12
-7|Route A-7
-3|MP3
-2|#### CO2
-5|five or six
-8|∞
-5|5.6.7
-7|5.6.7
-1|192.168.0.1
-5|#### five hundred
-2|1st
-50|0.2 x 50 = $10⏎#### 10
-200|#### 1 200
-1|#### 1 200
-15|#### 15 x 3
-3|#### 15 x 3
-3|15 x 3
-54|#### 45
-100/3|#### 33.3
-33|#### 33 1/3
-1/3|#### 33 1/3
--0.5|#### -1 1/2
-1.5|#### -1 1/2
-250|#### 2.50
--12|#### 12
-624|#### 6,24
-62.4|#### 62,4
-642|#### 624
-50|#### 5.0
-0.75|#### $75
-3|#### 1/3
-1/3|#### 0.3
-3|#### 1e3
-84|\boxed{42}
-9|\boxed{\frac{9}{4}}
-4|\boxed{\frac{9}{4}}
-4/9|\boxed{\frac{9}{4}}
-7|\boxed{7\frac{1}{2}}
-0.6|\boxed{-0.6}
-1/2|\boxed{7\frac{1}{2}}
-71/2|\boxed{7\frac{1}{2}}
-200|\boxed{1\,200}
-1.2|\boxed{12\%}
-1|\boxed{n+1}
-10|\boxed{2^{10}}
-6|\boxed{10^6}
-10|\boxed{10^6}
-2|\boxed{\sqrt{2}}
-3|\boxed{3\sqrt{2}}
-4|\boxed{\pi/4}
-2|\boxed{2\pi}
-3|\boxed{A_3}
-2400|The answer is 2.4 km
-81|The answer is 18.
--0.5|Answer: 4/8
-4|Answer: 4/8
-19|Answer: 19 + 1
-1|Answer: 19 + 1
-50|Answer: 500 g
-240|240 is the total, so half is 120
-240|#### 120, half of 240
-240|240⏎#### 0
-240|240. \boxed{2400}
-240|\boxed{240} was for one; for two \boxed{480}
-240|The answer is 240 less 10 = 230
-200|The answer is 200. The real answer is 210.
-240|Answer: 12 of 240
-2|240 / 2 = 120
-240|240 / 2 = 120
-240|The 240 miles took 4 hours
-240|In 240 days: 480
-240|#### 24 0
-240|#### 239.99
-240|#### 240.01
-240|#### 240,5
-240|Is it 240? It is 239
-240|#### 240⏎Sorry, that was wrong.⏎#### 244
-240|#### 12 (not 240)
-5|She sold 240 - 5.⏎So 235
-240|#### 60 * 4 = 250
-240|#### 240⏎\boxed{}
-9|#### 7 or 9
-7|#### 7 or 9
-7|#### 7 / 9 / 11
-7|#### 7; 9
-7|#### 7 9
-11|#### 7, 9 and 11
-7|#### 7, 9 and 11
-7|#### 7..9
-7|\boxed{7}$ or $\boxed{9}
-11|\boxed{7, 9, 11}
-7|\boxed{(7, 9)}
-7|\boxed{7 < x < 9}
-7|\boxed{x = 7, y = 9}
-9|\boxed{\{7, 9\}}
-9|The answer is 7 to 9
-8|The answer is 7 or more
-7|The answer is 7-9 eggs
-9|Answer: 7, maybe 9
-9|7 to 9 eggs
-9|7 and 9
-9|7:9
-7|It is 7 or even 9
-7|#### 0 1 2 3 4 5 6 7 8 9
-9|#### 1-9
-9|#### 7 – 9
-9|from 7 to 9
-7|[7, 9]
-7|7 vs 9
-12|#### 12:30 pm
-30|12:30
-1|I think
-0|#### no solution
-0|#### N/A
-4|\boxed{
-4|4 \boxed{
-4|The answer is: \boxed{4
-4|#### ⏎⏎
-4|4 is in it⏎#### 
-4|answer:
-4|4 + x
-2|2x
-2|x/2
-3|y = 3x
-4|n - 4
-3|2(x + 3)
-2|#### 2x
-3|f(3)
-4|a4
-4|4/0
-0|4/0
-9|9 / 3
-8|8 - 8
-6|3!
-2|R2D2
-16|F-16
-1.5|v1.5
-9|#### K9
--2020|mid-2020
-4|x_4
-5|four
-2024|1.2.2024
-1234|555-1234
-555|#### 555-1234
-3|#### 4
-70000|#### 7,000
-13|#### 31
-260|#### 26
-4|#### $4.40
--20|#### 20
-0.625|#### 8/5
-694|#### 69.4
-1/5|#### 0.02
--7|#### 7
-125|#### 1.25
-1430|#### 14,30
-7/2|#### 3.1
-12.5|#### 12.05
-1000|#### 1e4
-2/3|#### 0.7
-694|\boxed{649}
--0.75|\boxed{\frac{3}{4}}
-57|\boxed{57{,}500}
-120|\boxed{12.0}
-0.4|\boxed{45\%}
--8|\boxed{8}
-460|The answer is 46.
-65|The answer is $65,960.
-7|Answer: 7/10
-10|Answer: 7/10
-4.5|The answer is −4.5
-26|The answer is 25
-3|Total = 3.25
-18|18 eggs⏎#### 9
-18|#### 9 of 18
-18|18 and \boxed{9}
-18|The answer is 9. 18 is wrong.
-18|9 eggs, not 18, so 9 * 1 = 9
-18|#### 18⏎#### 17
-18|The answer is 18. No, the answer is 19.
-18|\boxed{18}, or rather \boxed{20}
-18|18 - 3 = 15
-18|18 = 2 * 9
-18|18 boys and 12 girls make 30
-18|#### 36 = 2 * 18 = 37
-18|Answer: 9 per 18 days
-18|#### 9⏎18
-18|On day 18 it had 5
-18|The 18 kids got 3 each
-18|#### 17.99
-18|#### 18⏎\boxed{17}
-3|#### 3 1/2
-1/2|#### 3 1/2
-2|#### 3 1/2
-70|#### 70,000
-0|#### 70,000
-2|16 m²
-2|16 m^2
-5|5/8
-8|5/8
-4|1e4
-625|0.625
-50|$65,960.50
-250|-250
-11|\boxed{\frac{11}{12}}
-12|\boxed{\frac{11}{12}}
-15|9:15
-9|9:15
-430|1,430
-25|3.25
-18|#### 18 or 20
-20|#### 18 or 20
-18|#### 18, 20
-18|#### 18 - 20
-18|#### 18/20/22
-20|#### 18 and 20
-20|#### 18 20
-22|#### 18; 20; 22
-18|\boxed{18, 20}
-20|\boxed{18 \text{ or } 20}
-18|\boxed{18\text{ to }20}
-18|The answer is 18 or 20.
-18|The answer is 18 to 20 eggs
-18|The answer is 18, 19 or 20
-18|Answer: between 18 and 20
-20|18 or 20
-20|18-20 eggs
-20|18 to 20
-20|either 18 or 20
-20|18:20
-9|#### 1 2 3 4 5 6 7 8 9
-18|#### 18 eggs or 20 eggs
-18|The answer is 18, or perhaps 20
-18|#### 18?20?
-18|Answer: A) 18 B) 20
-18|The answer is 18 (or 20)
-18|It could be 18. It could be 20.
-18|#### 18 | 20
-0|
-1|Sorry.
-0|#### none
-18|18 ####
-18|18 \boxed{}
-18|So \boxed{18
-18|The answer is
-18|18, the answer is:
-18|#### 9 + 9
-2|9 * 2
-2|9 * 2 =
-18|18/0
-1|1.8.0
-18|eighteen or nineteen
-1|#### n
-2|CO2
--18|A-18
-18|v18
-18|#### 18x
-18|18 - x
-2.5|2.5.2026
-6|21 + 15 = 36.⏎The answer is 36.
-39|Leah had 32, her sister 42: 74.⏎#### 74
-8|Jason gave 20 lollipops. The answer is 20
-9|He has 5 toys; 2 more make 7.⏎⏎**7 toys**
-29|9 + 5 = 14 computers⏎#### 14 computers
-33|58 - 23 = 35 golf balls.
-8|She has $23 left.⏎#### $23
-20|He works $5 + 4 = 9$ hours, so $\boxed{9}$
-3600|#### 360 seconds
-18|$\frac{3}{4} \times 24 = 6$. The answer is $\boxed{6}$.
-1/6|The answer is 5/6 of the cake.
-62.5|#### 6.25
--9|Answer: 9 points
-43|4 boxes of 12 is 48.⏎Answer: 48
-7|#### 17 apples remain in the basket
-12|Let x = 4. Then 3x = 12.⏎#### 4
-250000|\boxed{\$25,000}
-150|It takes 2 hours and 30 minutes
-2|It takes 2 hours and 30 minutes
-30|It takes 2 hours and 30 minutes
-45|The train needs 54 minutes.
-15|He saves 85%.⏎#### 85%
--5/6|\boxed{\dfrac{5}{6}}
-200|The answer is 20. I used that 40 * 5 = 200.
-11|First guess: 11. Corrected: 10.⏎#### 10
-14|The perimeter is 2 * (3 + 4) cm
-4|The perimeter is 2 * (3 + 4) cm
-1/10|#### 0.01
-3|The mean is (2 + 4 + 9) / 3
-42|12 more than 30 is 52
-1|#### 2 days
-33/4|#### 81/4 miles
-2500|The answer is 250 because 50 * 50 = 250.
-36|Answer: 18 square feet
-1000|\[ \boxed{100} \]
-16|<answer>6</answer>
--6|They lost 6, so they have 6 less.
-10|Total cost: $7.20
-500|#### 5000
-29|Step 3: 14 * 2 = 28. Step 4: 28 + 1 =
-1|Step 3: 14 * 2 = 28. Step 4: 28 + 1 =
-50|The price rises from $40 to $50.
-10|The price rises from $40 to $50.
-7|She bought 3 pens, 4 pencils
-7|3 pens and 4 pencils
-7|Either 5 or 7 children
-7|Maybe 5, maybe 7.⏎#### 5 or 7
-5|The possible answers are 5, 7 and 9.
-5|Answer: 5, 7
-5|\boxed{5 \text{ or } 7}
-5|#### 5 to 7 days
-7|5-7 days
-5|The answer is 5? or 7?
-30|He leaves at 7:30.
-7|#### 7:30 am
-3|The ratio is 2:3.
-15|The date is 3/15
-0|There is not enough information.
-20|I need more than 20 tokens to
-6|The number of trees planted is
-6|####⏎
-7|#### six
-6|The answer is \boxed{
-1|We get $\boxed{1
-15|Let n be the number. Then n + 15 = 21
-2|#### 2n
-3|Solve x - 3 = 0
-4|Use H2SO4
-7|see page B7
-3|Answer: option C
-150|#### 1,50
-3.5|#### 3.5.1
-1500|$1,500.75
-1,500.75|1500
-500|#### 1,500
-2|#### 2/3
-0.667|#### 2/3
-33|#### 33.33%
-3|45 cm³
-3|#### 10^3
-4|#### -4
-30|5 times as many as 6
-3|#### 42 in 3 weeks
-60|#### 42 of the 60
-60|#### 42, since 60 - 18 = 42, not 60
-60|The total, 60, is shared by 4, so each has 15
-60|60 is the answer to another question; here it is 61
-58|60 - 2 = 58 and 58 / 2 = 29
-60|60? No, 61.
-60|#### 61⏎(60 would be wrong)
-60|#### 60⏎Sorry: \boxed{61}
-60|The answer is 60.⏎Correction: the answer is 61.
-60|Answer: 0 left of 60
-60|60 kids need 2 buses
-60|I bought 60. I sold 59. So 1
-72|no idea
-72|seventy-two
-72|71
-72|-72
--72|72
-72|720
-72|7.2
-72|72 or 73
-72|The answer is 71, not 72. #### 71
-72|#### 71⏎72
-72|72, so \boxed{71}
-72|The answer is 71 (I first had 72)
-3/4|1/4
-4|3/4
-3|3/4
-4|\frac{7}{4}
-7|\frac{7}{4}
-12|1,2
-2|1,2
-12|3,12
-312|3,12
-10|8-10
-8|8 to 10
-10|between 8 - 10
-30|3:30
-4|3:4
-10|2^10
-2|24 cm^2
-2|24 cm²
--5|x-5
-23|9.99e23
-23|9.99 \times 10^{23}
-72|\boxed{}
-10|\boxed{8-10}
-5|0.5
-5|.5
-1234567|12,34,567
-0|3/0
-0|70{,}000
-70000|70 and 000
-200|1,200
--5|- 3 apples⏎- 5 pears
-4|3 + 4
-72|#### 
-72|#### none
-9|9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999
-3/4|3 3/4
-1|1 3/4
--3|5 - 3
-3|#### 42⏎That took 3 steps
-5|x = −5
-5|-$5
-5|- 5
"""
