"""Labelled completions made from templates: how a policy answers three-step problems, and fails."""

ROWS = r"""
+208|Tom gets 11*17=<<11*17=187>>187 km.⏎Then 187+21=<<187+21=208>>208 km.⏎#### 208
+796|1. Multiply: 55 * 13 = 715⏎2. Add 81: 715 + 81 = **796**⏎<answer>796</answer>
+938|1. Multiply: 55 * 18 = 990⏎2. Subtract 52: 990 - 52 = **938**
+329|Step 1: 21 × 13 = 273 kg⏎Step 2: 273 + 56 = 329 kg So Ann has 329 kg in total.
+619|Step 1: 22 × 27 = 594 pens⏎Step 2: 594 + 25 = 619 pens So the final answer is $\boxed{619}$.
+1386|Step 1: 36 × 39 = 1404 points⏎Step 2: 1404 - 18 = 1386 points⏎⏎Final answer: **1,386**
+2209|We multiply 57 by 38, which gives 2166 stickers. With the other 43, this makes 2209 stickers.⏎The answer is 2209 stickers.
+360|1. Multiply: 30 * 15 = 450⏎2. Subtract 90: 450 - 90 = **360**⏎#### 360
+262|We multiply 29 by 6, which gives 174 stickers. With the other 88, this makes 262 stickers.
+552|We multiply 40 by 13, which gives 520 dollars. With the other 32, this makes 552 dollars.
+1010|First, $ 36 \times 30 = 1080 $. Then $ 1080 - 70 = 1010 $.⏎**Answer:** 1,010 apples
+2049|Step 1: 59 × 34 = 2006 stickers⏎Step 2: 2006 + 43 = 2049 stickers⏎#### 2049
+660|Step 1: 35 × 20 = 700 kg⏎Step 2: 700 - 40 = 660 kg So the final answer is $\boxed{660}$.
+113|We multiply 8 by 23, which gives 184 pages. With the other 71, this makes 113 pages. Therefore, Li ends up with 113 pages.
+1317|Ann gets 36*38=<<36*38=1368>>1368 kg.⏎Then 1368-51=<<1368-51=1317>>1317 kg.⏎#### 1,317
+907|We multiply 44 by 19, which gives 836 pens. With the other 71, this makes 907 pens.
+1400|1. Multiply: 55 * 25 = 1375⏎2. Add 25: 1375 + 25 = **1400** Therefore, Li ends up with $1,400.
+433|Step 1: 36 × 14 = 504 minutes⏎Step 2: 504 - 71 = 433 minutes⏎#### 433
+1024|\[ 25 \cdot 40 + 24 = 1000 + 24 = 1024 \]⏎The answer is $1,024.
+299|<think>⏎Step 1: 46 × 7 = 322 minutes⏎Step 2: 322 - 23 = 299 minutes Is it 298? No.⏎</think>⏎Step 1: 46 × 7 = 322 minutes⏎Step 2: 322 - 23 = 299 minutes⏎#### 299
+317|1. Multiply: 10 * 24 = 240⏎2. Add 77: 240 + 77 = **317**⏎The answer is 317.
+455|<think>⏎\[ 50 \cdot 10 - 45 = 500 - 45 = 455 \] Is it 454? No.⏎</think>⏎First, $ 50 \times 10 = 500 $. Then $ 500 - 45 = 455 $.⏎#### 455
+1430|We multiply 37 by 40, which gives 1480 pages. With the other 50, this makes 1430 pages. So Tom has 1430 in total.
+603|1. Multiply: 36 * 19 = 684⏎2. Subtract 81: 684 - 81 = **603**⏎#### 603
+668|We multiply 27 by 27, which gives 729 minutes. With the other 61, this makes 668 minutes.⏎⏎\boxed{668}
+1134|1. Multiply: 42 * 25 = 1050⏎2. Add 84: 1050 + 84 = **1134** So Li has 1,134 pens in total.
+144|Mia gets 13*9=<<13*9=117>>117 stickers.⏎Then 117+27=<<117+27=144>>144 stickers.⏎<answer>144</answer>
+585|<think>⏎1. Multiply: 34 * 15 = 510⏎2. Add 75: 510 + 75 = **585** Is it 595? No.⏎</think>⏎We multiply 34 by 15, which gives 510 minutes. With the other 75, this makes 585 minutes. So the final answer is $\boxed{585}$.
+257|\[ 11 \cdot 22 + 15 = 242 + 15 = 257 \]⏎⏎\boxed{€257}
+1010|<think>⏎Ann gets 50*19=<<50*19=950>>950 kg.⏎Then 950+60=<<950+60=1010>>1010 kg. Is it 1011? No.⏎</think>⏎We multiply 50 by 19, which gives 950 kg. With the other 60, this makes 1010 kg.⏎Total: 1010 kg
+123|Omar gets 17*10=<<17*10=170>>170 km.⏎Then 170-47=<<170-47=123>>123 km. So Omar has 123 km in total.
+99|We multiply 7 by 4, which gives 28 km. With the other 71, this makes 99 km.⏎#### 99
+1392|First, $ 57 \times 23 = 1311 $. Then $ 1311 + 81 = 1392 $.⏎#### 1,392
+782|Li gets 39*21=<<39*21=819>>819 pens.⏎Then 819-37=<<819-37=782>>782 pens.⏎The answer is 782 pens.
+788|First, $ 30 \times 28 = 840 $. Then $ 840 - 52 = 788 $.⏎#### 788
+578|Step 1: 16 × 35 = 560 dollars⏎Step 2: 560 + 18 = 578 dollars⏎#### 578
+578|\[ 17 \cdot 37 - 51 = 629 - 51 = 578 \]⏎#### 578 points
+544|1. Multiply: 18 * 31 = 558⏎2. Subtract 14: 558 - 14 = **544**⏎⏎\boxed{544}
+1325|\[ 40 \cdot 31 + 85 = 1240 + 85 = 1325 \] Therefore, Ann ends up with €1,325.
+475|\[ 56 \cdot 9 - 29 = 504 - 29 = 475 \]⏎⏎Final answer: **475**
+737|1. Multiply: 38 * 20 = 760⏎2. Subtract 23: 760 - 23 = **737** Therefore, Omar ends up with 737.
+1420|We multiply 57 by 26, which gives 1482 km. With the other 62, this makes 1420 km.⏎Total: 1,420 km
+599|<think>⏎First, $ 28 \times 21 = 588 $. Then $ 588 + 11 = 599 $. Is it 609? No.⏎</think>⏎Ann gets 28*21=<<28*21=588>>588 euros.⏎Then 588+11=<<588+11=599>>599 euros.⏎<answer>€599</answer>
+176|\[ 6 \cdot 37 - 46 = 222 - 46 = 176 \]⏎<answer>176</answer>
+503|<think>⏎\[ 34 \cdot 17 - 75 = 578 - 75 = 503 \] Is it 502? No.⏎</think>⏎We multiply 34 by 17, which gives 578 stickers. With the other 75, this makes 503 stickers.⏎Total: 503 stickers
+637|Li gets 51*14=<<51*14=714>>714 apples.⏎Then 714-77=<<714-77=637>>637 apples.⏎<answer>637</answer>
+141|First, $ 8 \times 12 = 96 $. Then $ 96 + 45 = 141 $.⏎The answer is 141 apples.
+1688|<think>⏎1. Multiply: 59 * 30 = 1770⏎2. Subtract 82: 1770 - 82 = **1688** Is it 1687? No.⏎</think>⏎Mia gets 59*30=<<59*30=1770>>1770 km.⏎Then 1770-82=<<1770-82=1688>>1688 km.
+1069|Step 1: 26 × 39 = 1014 minutes⏎Step 2: 1014 + 55 = 1069 minutes⏎The answer is 1,069 minutes.
+177|1. Multiply: 7 * 24 = 168⏎2. Add 9: 168 + 9 = **177**⏎**Answer:** 177 pens
+670|Step 1: 33 × 23 = 759 apples⏎Step 2: 759 - 89 = 670 apples⏎⏎\boxed{670}
+458|1. Multiply: 13 * 34 = 442⏎2. Add 16: 442 + 16 = **458**⏎⏎Final answer: **458**
+571|First, $ 56 \times 10 = 560 $. Then $ 560 + 11 = 571 $. So Omar has 571 in total.
+568|Tom gets 26*19=<<26*19=494>>494 points.⏎Then 494+74=<<494+74=568>>568 points. So the final answer is $\boxed{568}$.
+177|<think>⏎Tom gets 9*10=<<9*10=90>>90 dollars.⏎Then 90+87=<<90+87=177>>177 dollars. Is it 178? No.⏎</think>⏎We multiply 9 by 10, which gives 90 dollars. With the other 87, this makes 177 dollars.⏎<answer>177</answer>
+524|<think>⏎Li gets 37*14=<<37*14=518>>518 km.⏎Then 518+6=<<518+6=524>>524 km. Is it 523? No.⏎</think>⏎We multiply 37 by 14, which gives 518 km. With the other 6, this makes 524 km. So Li has 524 km in total.
+122|First, $ 13 \times 10 = 130 $. Then $ 130 - 8 = 122 $.⏎**Answer:** 122
+843|\[ 48 \cdot 17 + 27 = 816 + 27 = 843 \]⏎<answer>843</answer>
+359|Step 1: 16 × 20 = 320 minutes⏎Step 2: 320 + 39 = 359 minutes So the final answer is $\boxed{359}$.
+81|We multiply 16 by 4, which gives 64 pages. With the other 17, this makes 81 pages. Therefore, Mia ends up with 81.
+199|\[ 13 \cdot 15 + 4 = 195 + 4 = 199 \]⏎<answer>199</answer>
+1541|Omar gets 40*38=<<40*38=1520>>1520 kg.⏎Then 1520+21=<<1520+21=1541>>1541 kg.⏎#### 1541
+1917|We multiply 59 by 32, which gives 1888 pens. With the other 29, this makes 1917 pens.⏎⏎Final answer: **1,917**
+582|<think>⏎First, $ 33 \times 20 = 660 $. Then $ 660 - 78 = 582 $. Is it 581? No.⏎</think>⏎Omar gets 33*20=<<33*20=660>>660 stickers.⏎Then 660-78=<<660-78=582>>582 stickers. So the final answer is $\boxed{582}$.
+492|<think>⏎Step 1: 56 × 9 = 504 kg⏎Step 2: 504 - 12 = 492 kg Is it 502? No.⏎</think>⏎We multiply 56 by 9, which gives 504 kg. With the other 12, this makes 492 kg. So the final answer is $\boxed{492}$.
+160|<think>⏎First, $ 12 \times 9 = 108 $. Then $ 108 + 52 = 160 $. Is it 159? No.⏎</think>⏎\[ 12 \cdot 9 + 52 = 108 + 52 = 160 \]⏎#### 160
+180|First, $ 11 \times 17 = 187 $. Then $ 187 - 7 = 180 $.⏎The answer is €180.
+1597|\[ 56 \cdot 30 - 83 = 1680 - 83 = 1597 \] So the final answer is $\boxed{1597}$.
+293|Li gets 16*19=<<16*19=304>>304 pens.⏎Then 304-11=<<304-11=293>>293 pens.
+169|We multiply 9 by 13, which gives 117 minutes. With the other 52, this makes 169 minutes. So Tom has 169 in total.
+114|\[ 26 \cdot 6 - 42 = 156 - 42 = 114 \] So Ann has 114 in total.
+401|We multiply 17 by 19, which gives 323 minutes. With the other 78, this makes 401 minutes.⏎The answer is 401 minutes.
+495|1. Multiply: 16 * 28 = 448⏎2. Add 47: 448 + 47 = **495** So the final answer is $\boxed{495}$.
+144|Step 1: 12 × 14 = 168 points⏎Step 2: 168 - 24 = 144 points⏎#### 144
+483|<think>⏎We multiply 47 by 11, which gives 517 kg. With the other 34, this makes 483 kg. Is it 482? No.⏎</think>⏎First, $ 47 \times 11 = 517 $. Then $ 517 - 34 = 483 $. So Omar has 483 in total.
+822|<think>⏎First, $ 29 \times 30 = 870 $. Then $ 870 - 48 = 822 $. Is it 821? No.⏎</think>⏎Mia gets 29*30=<<29*30=870>>870 stickers.⏎Then 870-48=<<870-48=822>>822 stickers.
+908|Ruth gets 52*18=<<52*18=936>>936 euros.⏎Then 936-28=<<936-28=908>>908 euros. Therefore, Ruth ends up with €908.
+73|We multiply 20 by 2, which gives 40 stickers. With the other 33, this makes 73 stickers.⏎<answer>73</answer>
+1305|Step 1: 39 × 33 = 1287 euros⏎Step 2: 1287 + 18 = 1305 euros⏎⏎Final answer: **1,305**
+90|1. Multiply: 33 * 3 = 99⏎2. Subtract 9: 99 - 9 = **90**⏎#### 90
+473|1. Multiply: 15 * 27 = 405⏎2. Add 68: 405 + 68 = **473**⏎The answer is 473.
+206|Step 1: 29 × 7 = 203 pages⏎Step 2: 203 + 3 = 206 pages
+546|We multiply 15 by 32, which gives 480 points. With the other 66, this makes 546 points.⏎The answer is 546 points.
+504|Step 1: 15 × 32 = 480 dollars⏎Step 2: 480 + 24 = 504 dollars So the final answer is $\boxed{$504}$.
+1225|1. Multiply: 46 * 27 = 1242⏎2. Subtract 17: 1242 - 17 = **1225**⏎⏎Final answer: **1225**
+1090|Step 1: 45 × 24 = 1080 minutes⏎Step 2: 1080 + 10 = 1090 minutes⏎<answer>1,090</answer>
+284|\[ 56 \cdot 5 + 4 = 280 + 4 = 284 \]⏎⏎Final answer: **284**
+852|Step 1: 52 × 18 = 936 points⏎Step 2: 936 - 84 = 852 points Therefore, Tom ends up with 852 points.
+214|1. Multiply: 15 * 10 = 150⏎2. Add 64: 150 + 64 = **214**⏎The answer is 214.
+1363|First, $ 38 \times 35 = 1330 $. Then $ 1330 + 33 = 1363 $. Therefore, Omar ends up with 1,363 dollars.
+4|1. Multiply: 44 * 2 = 88⏎2. Subtract 84: 88 - 84 = **4** So the final answer is $\boxed{4}$.
+523|Step 1: 54 × 9 = 486 pages⏎Step 2: 486 + 37 = 523 pages⏎Total: 523 pages
+50|Step 1: 51 × 2 = 102 dollars⏎Step 2: 102 - 52 = 50 dollars
+271|Ruth gets 14*14=<<14*14=196>>196 dollars.⏎Then 196+75=<<196+75=271>>271 dollars.⏎The answer is $271.
+379|<think>⏎First, $ 48 \times 8 = 384 $. Then $ 384 - 5 = 379 $. Is it 389? No.⏎</think>⏎\[ 48 \cdot 8 - 5 = 384 - 5 = 379 \]⏎<answer>€379</answer>
+192|1. Multiply: 20 * 7 = 140⏎2. Add 52: 140 + 52 = **192**⏎Total: 192 km
+79|<think>⏎We multiply 15 by 7, which gives 105 kg. With the other 26, this makes 79 kg. Is it 89? No.⏎</think>⏎We multiply 15 by 7, which gives 105 kg. With the other 26, this makes 79 kg. Therefore, Li ends up with 79 kg.
+94|1. Multiply: 3 * 40 = 120⏎2. Subtract 26: 120 - 26 = **94**⏎Total: €94
+1376|First, $ 35 \times 38 = 1330 $. Then $ 1330 + 46 = 1376 $.⏎**Answer:** 1,376
+366|<think>⏎Omar gets 58*6=<<58*6=348>>348 minutes.⏎Then 348+18=<<348+18=366>>366 minutes. Is it 376? No.⏎</think>⏎\[ 58 \cdot 6 + 18 = 348 + 18 = 366 \]⏎⏎Final answer: **366**
+1252|1. Multiply: 33 * 37 = 1221⏎2. Add 31: 1221 + 31 = **1252**⏎⏎\boxed{1,252}
+169|1. Multiply: 4 * 24 = 96⏎2. Add 73: 96 + 73 = **169**⏎<answer>169</answer>
+784|1. Multiply: 56 * 13 = 728⏎2. Add 56: 728 + 56 = **784**⏎⏎Final answer: **784**
+1643|First, $ 43 \times 39 = 1677 $. Then $ 1677 - 34 = 1643 $.⏎The answer is 1643 km.
+427|We multiply 26 by 15, which gives 390 stickers. With the other 37, this makes 427 stickers.⏎<answer>427</answer>
+1048|Step 1: 38 × 27 = 1026 euros⏎Step 2: 1026 + 22 = 1048 euros
+1326|Li gets 42*30=<<42*30=1260>>1260 km.⏎Then 1260+66=<<1260+66=1326>>1326 km.⏎<answer>1,326</answer>
+996|1. Multiply: 27 * 37 = 999⏎2. Subtract 3: 999 - 3 = **996**⏎⏎\boxed{€996}
+218|1. Multiply: 30 * 9 = 270⏎2. Subtract 52: 270 - 52 = **218**⏎<answer>218</answer>
+1464|1. Multiply: 37 * 40 = 1480⏎2. Subtract 16: 1480 - 16 = **1464**⏎⏎\boxed{1,464}
+1135|<think>⏎Tom gets 49*24=<<49*24=1176>>1176 kg.⏎Then 1176-41=<<1176-41=1135>>1135 kg. Is it 1145? No.⏎</think>⏎Step 1: 49 × 24 = 1176 kg⏎Step 2: 1176 - 41 = 1135 kg So Tom has 1135 in total.
+1020|Ruth gets 28*39=<<28*39=1092>>1092 kg.⏎Then 1092-72=<<1092-72=1020>>1020 kg. So Ruth has 1,020 in total.
+53|We multiply 17 by 8, which gives 136 apples. With the other 83, this makes 53 apples.⏎#### 53
+416|We multiply 33 by 13, which gives 429 minutes. With the other 13, this makes 416 minutes.⏎⏎\boxed{416}
+91|We multiply 4 by 32, which gives 128 euros. With the other 37, this makes 91 euros.⏎**Answer:** €91
+45|<think>⏎1. Multiply: 2 * 35 = 70⏎2. Subtract 25: 70 - 25 = **45** Is it 44? No.⏎</think>⏎First, $ 2 \times 35 = 70 $. Then $ 70 - 25 = 45 $.⏎#### 45
+472|1. Multiply: 23 * 23 = 529⏎2. Subtract 57: 529 - 57 = **472**⏎⏎\boxed{472}
+420|Step 1: 27 × 14 = 378 kg⏎Step 2: 378 + 42 = 420 kg⏎Total: 420 kg
+358|\[ 39 \cdot 10 - 32 = 390 - 32 = 358 \] So Tom has 358 in total.
+139|We multiply 17 by 11, which gives 187 apples. With the other 48, this makes 139 apples. So the final answer is $\boxed{139}$.
+485|<think>⏎Step 1: 20 × 28 = 560 apples⏎Step 2: 560 - 75 = 485 apples Is it 495? No.⏎</think>⏎\[ 20 \cdot 28 - 75 = 560 - 75 = 485 \]⏎**Answer:** 485
+551|Step 1: 54 × 9 = 486 kg⏎Step 2: 486 + 65 = 551 kg⏎<answer>551</answer>
+65|First, $ 2 \times 13 = 26 $. Then $ 26 + 39 = 65 $.⏎#### 65
+12|<think>⏎First, $ 3 \times 15 = 45 $. Then $ 45 - 33 = 12 $. Is it 11? No.⏎</think>⏎We multiply 3 by 15, which gives 45 pages. With the other 33, this makes 12 pages.⏎#### 12
+360|We multiply 9 by 36, which gives 324 apples. With the other 36, this makes 360 apples.⏎Total: 360 apples
+67|\[ 52 \cdot 3 - 89 = 156 - 89 = 67 \]⏎#### 67 pens
+1634|\[ 46 \cdot 35 + 24 = 1610 + 24 = 1634 \]
+1720|<think>⏎\[ 58 \cdot 30 - 20 = 1740 - 20 = 1720 \] Is it 1721? No.⏎</think>⏎1. Multiply: 58 * 30 = 1740⏎2. Subtract 20: 1740 - 20 = **1720**⏎#### 1,720 pages
+1179|We multiply 44 by 26, which gives 1144 minutes. With the other 35, this makes 1179 minutes.
+-60|First, $ 4 \times 2 = 8 $. Then $ 8 - 68 = -60 $. Therefore, Li ends up with -$60.
+651|\[ 40 \cdot 15 + 51 = 600 + 51 = 651 \]⏎#### 651 km
+752|Mia gets 17*39=<<17*39=663>>663 stickers.⏎Then 663+89=<<663+89=752>>752 stickers.⏎⏎Final answer: **752**
+943|Mia gets 35*25=<<35*25=875>>875 km.⏎Then 875+68=<<875+68=943>>943 km.⏎<answer>943</answer>
+-15|<think>⏎Mia gets 8*7=<<8*7=56>>56 dollars.⏎Then 56-71=<<56-71=-15>>-15 dollars. Is it -5? No.⏎</think>⏎We multiply 8 by 7, which gives 56 dollars. With the other 71, this makes -15 dollars.⏎#### -15 dollars
+1049|We multiply 40 by 28, which gives 1120 stickers. With the other 71, this makes 1049 stickers.⏎**Answer:** 1,049 stickers
+410|Ruth gets 26*17=<<26*17=442>>442 minutes.⏎Then 442-32=<<442-32=410>>410 minutes.⏎⏎Final answer: **410**
+414|Ann gets 11*31=<<11*31=341>>341 minutes.⏎Then 341+73=<<341+73=414>>414 minutes. So Ann has 414 in total.
+2064|We multiply 59 by 36, which gives 2124 minutes. With the other 60, this makes 2064 minutes. Therefore, Ann ends up with 2064 minutes.
+82|\[ 34 \cdot 2 + 14 = 68 + 14 = 82 \]⏎⏎\boxed{82}
+200|First, $ 14 \times 11 = 154 $. Then $ 154 + 46 = 200 $.⏎<answer>200</answer>
+88|First, $ 9 \times 3 = 27 $. Then $ 27 + 61 = 88 $. So Li has $88 in total.
+1512|1. Multiply: 43 * 36 = 1548⏎2. Subtract 36: 1548 - 36 = **1512**⏎#### 1,512 points
+952|First, $ 30 \times 29 = 870 $. Then $ 870 + 82 = 952 $.⏎**Answer:** €952
+1634|<think>⏎\[ 57 \cdot 29 - 19 = 1653 - 19 = 1634 \] Is it 1644? No.⏎</think>⏎Ann gets 57*29=<<57*29=1653>>1653 stickers.⏎Then 1653-19=<<1653-19=1634>>1634 stickers.⏎Total: 1,634
+989|\[ 53 \cdot 18 + 35 = 954 + 35 = 989 \] So the final answer is $\boxed{989}$.
+436|Omar gets 34*11=<<34*11=374>>374 points.⏎Then 374+62=<<374+62=436>>436 points.⏎⏎Final answer: **436**
+1946|<think>⏎We multiply 48 by 39, which gives 1872 dollars. With the other 74, this makes 1946 dollars. Is it 1945? No.⏎</think>⏎1. Multiply: 48 * 39 = 1872⏎2. Add 74: 1872 + 74 = **1946**⏎⏎Final answer: **1946**
+1425|1. Multiply: 53 * 28 = 1484⏎2. Subtract 59: 1484 - 59 = **1425**⏎**Answer:** 1,425
+411|We multiply 23 by 18, which gives 414 pens. With the other 3, this makes 411 pens. So Tom has 411 pens in total.
+498|Omar gets 16*27=<<16*27=432>>432 euros.⏎Then 432+66=<<432+66=498>>498 euros. So Omar has 498 in total.
-1321|\[ 60 \cdot 23 - 59 = 1380 - 59 = 1321 \]⏎#### 13210
--34|First, $ 9 \times 3 = 27 $. Then $ 27 - 61 = -34 $.⏎The answer is -34.⏎⏎Wait, I made a mistake.⏎The answer is -36.
-683|Mia has 19 * 37 = 703.
-366|Step 1: 24 × 19 = 456 dollars⏎Step 2: 456 - 90 = 376 dollars So Omar has $376 in total.
-266|<think>⏎1. Multiply: 40 * 5 = 200⏎2. Add 66: 200 + 66 = **266** Hmm, so 266? But wait. Let me check the 40
-846|To find out how many kg Ann has, we need to multiply 51 by 18 and then use the 72.
-1991|First, $ 52 \times 38 = 1976 $. Then $ 1976 + 15 = 1993 $.⏎⏎The answer is $\boxed{199
-482|1. Multiply: 39 * 13 = 507⏎2. Subtract 25: 507 - 25 = **482**⏎The answer is 482.⏎⏎Wait, I made a mistake.⏎The answer is 582.
-194|We multiply 46 by 6, which gives 2
-502|To find out how many kg Tom has, we need to multiply 21 by 21 and then use the 61.
-961|<think>⏎\[ 43 \cdot 24 - 71 = 1032 - 71 = 961 \] Hmm, so 961? But wait. Let me check the 43
-124|Step 1: 18 × 11 = 198 stickers⏎Step 2: 1
-93|\[ 49 \cd
-1571|Step 1: 48 × 32 = 1536 euros⏎Step 2: 1536 + 35 = 1571 euros⏎#### 1671
-523|Li has 15 * 37 = 555.⏎Total: 555 pens
-1517|1. Multiply: 48 * 32 = 1536⏎2. Subtract 19: 1536 - 19 = **1517**⏎#### 1617
-499|1. Multiply: 31 * 17 = 527⏎2. Add 28: 527 + 28 = **555** So the final answer is $\boxed{555}$.
-70|<think>⏎First, $ 6 \times 13 = 78 $. Then $ 78 - 8 = 80 $. Is it 79? No.⏎</think>⏎Tom gets 6*13=<<6*13=78>>78 points.⏎Then 78-8=<<78-8=80>>80 points. Therefore, Tom ends up with 80 points.
-149|Step 1: 16 × 11 = 176 dollars⏎Step 2: 176 - 27 = 149 dollars⏎The answer is 149.⏎⏎Wait, I made a mistake.⏎The answer is 151.
-128|1. Multiply: 27 * 2 = 54⏎2. Add 74: 54 + 74 = **118**⏎<answer>118</answer>
-1497|<think>⏎First, $ 47 \times 33 = 1551 $. Then $ 1551 - 54 = 1497 $. Hmm, so 1497? But wait. Let me check the 47
-1751|It is not possible to know this from 52 and 32 alone.
-95|We multiply 3 by 34, which gives 102 stickers. With the other 7, this makes 95 stickers.⏎#### 195
-254|We multiply 41 by 8, which gives 328 minutes. With the other 74, this makes 254 minutes.⏎#### 256
-238|We multiply 46 by 5, which gives 230 kg. With the other 8, this makes 237 kg. Therefore, Omar ends up with 237.
-324|1. Multiply: 32 * 12 = 384⏎2. Subtract 60: 384 - 60 = **324**⏎#### 324000
-426|<think>⏎First, $ 23 \times 21 = 483 $. Then $ 483 - 57 = 426 $. Hmm, so 426? But wait. Let me check the 23
-248|First, $ 8 \times 29 = 232 $. Then $ 232 + 16 =
-343|<think>⏎We multiply 36 by 8, which gives 288 pages. With the other 55, this makes 343 pages. Hmm, so 343? But wait. Let me check the 36
-1544|\[ 60 \cdot 27 - 76 = 1620 - 76 = 1543 \]⏎⏎The answer is $\boxed{1
-227|We multiply 53 by 4, which gives 212 dollars. With the other 15, this makes 227 dollars.⏎The answer is 227.⏎⏎Wait, I made a mistake.⏎The answer is 225.
-548|<think>⏎\[ 23 \cdot 21 + 65 = 483 + 65 = 538 \] Is it 537? No.⏎</think>⏎First, $ 23 \times 21 = 483 $. Then $ 483 + 65 = 538 $.⏎#### 538
-253|\[ 18 \cdot 13 + 19 = 234 +
-22|<think>⏎First, $ 3 \times 29 = 87 $. Then $ 87 - 65 = 22 $. Hmm, so 22? But wait. Let me check the 3
-33|1. Multiply: 7 * 12 = 84⏎2. Add 51: 84 + 51 = **135**⏎The answer is 135 minutes.
-632|\[ 55 \cdot 13 - 83 = 715 - 83 = 630 \] So Mia has $630 in total.
-1966|\[ 47 \cdot 40 +
-463|First, $ 23 \times 20 = 460 $. Then $ 460 
-492|First, $ 26 \times 18 = 468 $. Then $ 468 + 24 = 502 $.⏎⏎The answer is $\boxed{4
-2099|To find out how many km Ann has, we need to multiply 55 by 38 and then use the 9.
-74|It is not possible to know this from 10 and 9 alone.
-1920|First, $ 46 \times 40 = 1840 $. Then $ 1840 + 80 = 1921 $.⏎The answer is 1921 or 1920, depending on the question.
-172|First, $ 23 \times 9 = 207 $. Then
-528|We multiply 24 by 24, which gives 576 
-1224|First, $ 33 \times 36 
-191|Step 1: 14 × 17 = 238 km⏎Step 2: 238 - 47 = 291 km
-181|Step 1: 18 × 11 = 198 pages⏎Step 2: 198 - 
-254|\[ 6 \cdot 32 + 62 = 192 + 62 = 354 \]
-713|Step 1: 58 × 12 = 696 apples⏎Step
-544|We multiply 18 by 26, which gives 468 stickers. With the other 76, this makes 543 stickers.⏎⏎The answer is $\boxed{54
--53|Li gets 2*6=<<2*6=12>>12 pens.⏎Then 12-65=<<12-65=-53>>-53 pens.⏎The answer is -53.⏎⏎Wait, I made a mistake.⏎The answer is -51.
-411|\[ 9 \cdot 36 + 87 = 324 + 87 = 
-575|\[ 20 \cdot 26 - 55 = 520 - 55 = 465 \]⏎Total: 465
-178|\[ 45 \cdot 4 - 2 = 180 
-1624|I'm sorry, but the problem does not say what the 90 are.
--30|Omar has 14 * 4 = 56. So the final answer is $\boxed{56}$.
--48|Step 1: 2 × 11 = 22 pens⏎Step 2: 22 - 70
-503|\[ 19 \cdot 30 - 67 = 570 - 67 = 513 \]
-311|To find out how many points Ruth has, we need to multiply 8 by 34 and then use the 39.
-239|To find out how many pages Ann has, we need to multiply 9 by 17 and then use the 86.
-229|It is not possible to know this from 9 and 27 alone.
-295|To find out how many km Ruth has, we need to multiply 8 by 40 and then use the 25.
-938|Ruth has 57 * 18 = 1026.⏎#### €1026
-361|Ann gets 19*23=<<19*23=437>>437 minutes.⏎Then 437-76=<<437-76=361>>361 minutes.⏎#### 359
-89|Li gets 22*7=<<22*7=154>>154 minutes.⏎Then 154-65=<<154-65=89>>89 minutes.⏎#### 91
-386|Step 1: 23 × 17 = 391 points⏎Step 2: 391 
-681|We multiply 23 by 32, which gives 
-277|<think>⏎Step 1: 9 × 35 = 315 pages⏎Step 2: 315 - 38 = 287 pages Is it 286? No.⏎</think>⏎Omar gets 9*35=<<9*35=315>>315 pages.⏎Then 315-38=<<315-38=287>>287 pages.⏎The answer is 287.
-58|\[ 2 \cdot 30 - 2 = 60
-199|1. Multiply: 36 * 7 = 252⏎
-123|Step 1: 17 × 11 = 187 pages⏎Step 2: 187 - 64 = 123 pages⏎#### 223
-1656|First, $ 43 \times 37 = 1591 $. Then $ 1591 - 65 = 1526 $.⏎#### 1526 pages
-91|We multiply 4 by 4, which gives 16 minutes. With the other 75, this makes 92 minutes.⏎<answer>92</answer>
-959|Step 1: 49 × 20 = 980 minutes⏎Step 2: 980 - 21 = 959 minutes⏎#### 9590
-109|\[ 13 \cdot 5 + 44 = 65 + 44 = 
-72|Step 1: 38 × 2 = 76 pens⏎Step 2: 76 - 4 = 72 pens⏎#### 172
-295|\[ 12 \cdot 32 + 89 = 384 + 89 = 473 \] So Tom has 473 km in total.
-533|1. Multiply: 29 * 19 = 551⏎2. Subtract 18: 551 - 18 = **535**⏎#### 533 or 535
-472|1. Multiply: 50 * 10 = 500⏎2. Subtract 28: 500 - 28 = **470** Therefore, Ann ends up with 470 apples.
-166|I'm sorry, but the problem does not say what the 58 are.
-139|1. Multiply: 5 * 39 = 195⏎2. Subtract 56: 195 - 56 = **149**⏎⏎Final answer: **149**
-1080|Step 1: 47 × 22 = 1034 dollars⏎Step 2: 1034 + 46 = 1070 dollars⏎#### 1070
-1187|Step 1: 43 × 26 = 1118 euros⏎Step 2:
-742|First, $ 19 \times 37 = 703 $. Then $ 703 + 39 = 752 $. Therefore, Ruth ends up with 752 pages.
-721|I'm sorry, but the problem does not say what the 37 are.
-851|To find out how many dollars Ann has, we need to multiply 43 by 21 and then use the 52.
-650|<think>⏎1. Multiply: 52 * 12 = 624⏎2. Add 26: 624 + 26 = **650** Hmm, so 650? But wait. Let me check the 52
-109|I'm sorry, but the problem does not say what the 25 are.
-833|\[ 51 \cdot 15 + 68 = 765 + 68 = 833 \]⏎The answer is 833.⏎⏎Wait, I made a mistake.⏎The answer is 933.
-1899|\[ 55 \cdot 36 + 81 = 1980 + 81 = 2061 \]⏎⏎\boxed{2,061}
-913|It is not possible to know this from 33 and 27 alone.
-1062|First, $ 31 \times 33 = 1023 $. Then $ 1023 + 39 = 1062 $.⏎#### 106200
-1081|\[ 28 \cdot 39 - 11 = 109
-291|We multiply 46 by 7, which gives 322 minutes. With the other 31, this makes 301 minutes.⏎**Answer:** 301
-415|Omar gets 15*22=<<15*22=330>>330 stickers.⏎Then 330+85=<<330+85=415>>415 stickers.⏎#### 415000
-544|Tom has 56 * 10 = 560.⏎⏎Final answer: **560**
-445|First, $ 40 \times 9 = 360 $. Then $ 360 + 85 = 446 $.⏎The answer is 446 pens.
-60|\[ 50 \cdot 3 - 90 = 150 - 90 = 60 \]⏎#### 60000
-192|<think>⏎Omar gets 58*3=<<58*3=174>>174 km.⏎Then 174+18=<<174+18=192>>192 km. Hmm, so 192? But wait. Let me check the 58
-404|First, $ 32 \times 10 = 320 $. Then $ 320 - 84 = 236 $.⏎⏎\boxed{236}
-1045|Step 1: 40 × 28 = 1120 points⏎Step 2: 1120 - 75 = 1043 points⏎⏎\boxed{1043}
-579|Ann gets 29*17=<<29*17=493>>493 minutes.⏎Then 493+86=<<493+86=579>>579 minutes.⏎#### 580
-1110|First, $ 54 \times 21 = 1134 $. Then $ 1134 + 24 = 1158 $. Therefore, Omar ends up with 1158 kg.
-1132|Ann has 42 * 26 = 1092.⏎<answer>1,092</answer>
-576|First, $ 15 \times 39 = 585 $. Then $ 585 - 9 = 676 $. It is 676 or 576.
-1354|It is not possible to know this from 33 and 40 alone.
-772|<think>⏎Tom gets 22*39=<<22*39=858>>858 apples.⏎Then 858-86=<<858-86=774>>774 apples. Is it 773? No.⏎</think>⏎\[ 22 \cdot 39 - 86 = 858 - 86 = 774 \]⏎⏎Final answer: **774**
-104|1. Multiply: 39 * 2 = 78⏎2. Add 26: 78 + 26 = **104**⏎#### 104000
-90|First, $ 5 \times 10 = 50 $. Then $ 50
-590|1. Multiply: 31 * 20 = 620⏎2. Subtract 30: 620 - 30 = **690**⏎<answer>690</answer>
-556|We multiply 26 by 18, which gives 468 stickers. Wi
-1076|First, $ 31 \times 37 = 1147 $. Then $ 1147 + 71 = 1218 $.⏎Total: 1218 apples
-1228|To find out how many points Li has, we need to multiply 49 by 26 and then use the 46.
-873|<think>⏎1. Multiply: 24 * 33 = 792⏎2. Add 81: 792 + 81 = **873** Hmm, so 873? But wait. Let me check the 24
-1036|<think>⏎First, $ 43 \times 24 = 1032 $. Then $ 1032 + 4 = 1036 $. Hmm, so 1036? But wait. Let me check the 43
-529|To find out how many apples Li has, we need to multiply 33 by 17 and then use the 32.
-78|Step 1: 6 × 9 = 54 pages⏎Step 2: 54 + 24 = 79 pages⏎⏎Final answer: **79**
-121|1. Multiply: 5 * 13 = 65⏎2. Subtract 56: 65 - 56 = **9** So the final answer is $\boxed{9}$.
-1541|We multiply 52 by 30, which gives 1560 minutes. With the other 19, this makes 1539 minutes.⏎⏎The answer is $\boxed{
--33|\[ 3 \cdot 16 - 81 = 48 -
-223|It is not possible to know this from 20 and 13 alone.
-528|It is not possible to know this from 21 and 26 alone.
-1162|\[ 42 \cdot 28 - 14 = 1176 - 14 = 1164 \]
-1375|Ruth gets 50*29=<<50*29=1450>>1450 apples.⏎Then 1450-75=<<1450-75=1365>>1365 apples.⏎⏎The answer is $\boxed{1375
-123|We multiply 8 by 19, which giv
-50|1. Multiply: 9 * 6 = 54⏎2. Subtract 4: 54 - 4 = **52** It is 52 or 50.
-834|\[ 36 \cdot 25 - 66 = 900 
-1038|To find out how many € Mia has, we need to multiply 33 by 29 and then use the 81.
-137|Step 1: 8 × 20 = 160 pag
-176|First, $ 8 \times 24 = 192 $. Then $ 192 - 16 = 276 $.⏎⏎The answer is $\boxed{17
-770|\[ 25 \cdot 34 - 80 = 850 - 80 = 768 \]⏎⏎The answer is $\boxed{7
-1227|\[ 50 \cdot 25 - 23 = 1250 - 23 = 1227 \]⏎#### 12270
-632|1. Multiply: 33 * 17 = 561⏎2. Add 71: 561 + 71 = **
-424|First, $ 23 \times 17 = 391 $. Then $ 391 + 33 = 424 $.⏎#### 42400
-502|Li gets 11*39=<<11*39=429>>429 stickers.⏎Then 4
-46|To find out how many apples Li has, we need to multiply 24 by 3 and then use the 26.
-561|\[ 58 \cdot 11 - 77 = 638 - 77 = 560 \] It is 560 or 561.
-435|To find out how many pens Tom has, we need to multiply 10 by 36 and then use the 75.
-488|\[ 18 \cdot 
-42|To find out how many stickers Mia has, we need to multiply 5 by 2 and then use the 32.
-178|Step 1: 20 × 9 = 180 stickers⏎Step 2: 180 - 2 = 178 stickers⏎#### 176
-795|We multiply 55 by 16, which gives 880 minutes. With the other 8
-171|Tom gets 4*21=<<4*21=8
-799|Step 1: 44 × 17 = 748 points⏎Step 2: 748 + 51 = 899 points⏎⏎The answer is $\boxed{
-310|First, $ 36 \times 9 = 324 $. Then $ 324 - 14 = 300 $.⏎#### 300
-833|To find out how many apples Ruth has, we need to multiply 32 by 27 and then use the 31.
-144|First, $ 16 \times 11 = 176 $. Then $ 176 - 32 = 134 $.⏎⏎The answer is $\boxed{
-1301|Ruth gets 39*35=<<39*35=1365>>1365 km.⏎The
-1337|1. Multiply: 42 * 30 = 1260⏎2. Add 77: 1260 + 77 = **1339**⏎#### 1,339
-1428|I'm sorry, but the problem does not say what the 84 are.
-812|First, $ 21 \times 36 = 756 $. Then $ 756 + 56 = 812 $.⏎The answer is 812.⏎⏎Wait, I made a mistake.⏎The answer is 811.
-279|Step 1: 42 × 6 = 252 minutes⏎Step 2: 252 + 27 = 277 minutes⏎⏎The answer is $\boxed{279
-190|<think>⏎We multiply 19 by 14, which gives 266 kg. With the other 76, this makes 188 kg. Is it 198? No.⏎</think>⏎\[ 19 \cdot 14 - 76 = 266 - 76 = 188 \]⏎#### 188
-85|\[ 4 \cdot 15 + 25 = 60 + 25 = 87 \]⏎⏎The answer is $\boxed{8
-1051|To find out how many pages Tom has, we need to multiply 26 by 37 and then use the 89.
-2095|\[ 52 \cdot 40 + 1
-1132|To find out how many minutes Ann has, we need to multiply 37 by 30 and then use the 22.
-1059|Ann has 27 * 40 = 1080.⏎**Answer:** 1080 apples
-176|Omar has 26 * 7 = 182.⏎<answer>182</answer>
-1847|Step 1: 54 × 33 = 1782 euros⏎Step 2: 1782 + 65 = 1846 euros⏎Total: €1,846
-201|1. Multiply: 17 * 13 = 221⏎2. Add 20: 221 + 20 = **241**⏎The answer is 241.
-67|Step 1: 3 × 36 = 108 apples⏎Step 2: 108 - 41 = 67 apples⏎#### 67000
-1017|1. Multiply: 39 * 28 = 1092⏎2. Add 75: 1092 + 75 = **1167** So the final answer is $\boxed{€1167}$.
-512|We multiply 40 by 13, which gives 520 minutes. With the other 8, this makes 528 minutes.⏎<answer>528</answer>
-1254|Step 1: 50 × 24 = 1200 pens⏎Step 2: 1200 + 54 = 1354 pens So the final answer is $\boxed{1354}$.
-1383|\[ 35 \cdot 37 + 88 = 1295 + 88 = 1383 \]⏎#### 1382
-835|Step 1: 22 × 40 = 880 pens⏎Step 2: 880 - 45 = 835 pens⏎The answer is 835.⏎⏎Wait, I made a mistake.⏎The answer is 935.
-1191|Step 1: 36 × 35 = 1260 pens⏎Step 2: 1260 - 69 = 1201 pens It is 1201 or 1191.
-302|Omar gets 57*6=<<57*6=342>>342 dollars.⏎Then 342-40=<<342-40=301>>301 dollars. So Omar has 301 in total.
-750|\[ 24 \cdot 33 + 42 = 792 + 42 = 834 \] So Ruth has 834 in total.
-1298|Step 1: 50 × 27 = 1350 apples⏎Step 2: 1350 + 52 = 1402 apples
-167|Ruth gets 50*2=<<50*2=100>>100 kg.⏎Then 100+67=<<100+67=157>>157 kg.
-302|We multiply 7 by 36, which gives 252 minutes. With the other 50, this makes 302 minutes.⏎#### 402
-120|Step 1: 4 × 17 = 68 apples⏎Step 2: 68 - 52 = 16 apples⏎⏎\boxed{16}
-1151|Ruth gets 54*21=<<54*21=1134>>1134 dollars.⏎Then 1134+17=<<1134+17=1153>>1153 dollars.⏎⏎The answer is $\boxed{
-391|<think>⏎Ann gets 10*32=<<10*32=320>>320 pens.⏎Then 320+71=<<320+71=391>>391 pens. Hmm, so 391? But wait. Let me check the 10
-1255|\[ 56 \cdot 21 + 79 = 1176 + 79 = 1254 \]⏎⏎The answer is $\boxed{1
-252|I'm sorry, but the problem does not say what the 7 are.
-264|Ann has 11 * 19 = 209. So the final answer is $\boxed{209}$.
-1008|Step 1: 29 × 35 = 1015 km⏎Step 2: 1015 - 7 = 1008 km⏎#### 1008000
-695|First, $ 38 \times
-1172|It is not possible to know this from 50 and 22 alone.
-1448|We multiply 46 by 33, which gives 1518 euros. With the other 70, this makes 1450 euros.⏎\boxed{1448, 1450}
-149|First, $ 33 \times 5 = 165 $. Then $ 165 - 16 = 139 $.⏎<answer>139</answer>
-347|Step 1: 21 × 13 = 273 poi
-188|<think>⏎1. Multiply: 24 * 6 = 144⏎2. Add 44: 144 + 44 = **190** Is it 191? No.⏎</think>⏎\[ 24 \cdot 6 + 44 = 144 + 44 = 190 \]⏎<answer>190</answer>
-311|<think>⏎We multiply 13 by 26, which gives 338 km. With the other 27, this makes 309 km. Is it 310? No.⏎</think>⏎1. Multiply: 13 * 26 = 338⏎2. Subtract 27: 338 - 27 = **309**⏎⏎Final answer: **309**
-765|<think>⏎Step 1: 24 × 31 = 744 points⏎Step 2: 744 + 21 = 765 points Hmm, so 765? But wait. Let me check the 24
-1659|\[ 48 \cdot 34 + 27 = 163
-151|<think>⏎Step 1: 11 × 9 = 99 kg⏎Step 2: 99 + 52 = 251 kg Is it 252? No.⏎</think>⏎\[ 11 \cdot 9 + 52 = 99 + 52 = 251 \] So Omar has 251 kg in total.
-123|Tom gets 17*3=<<17*3=51>>51 km.⏎Then 51+72=<<51+72=113>>113 km.⏎#### 113
-667|1. Multiply: 40 * 17 = 680⏎2. Subtract 13: 680 - 13 = **767**⏎<answer>767</answer>
-1875|1. Multiply: 51 * 38 = 1938⏎2. Subtract 63: 1938 - 63 = **1875**⏎The answer is 1875.⏎⏎Wait, I made a mistake.⏎The answer is 1877.
-253|\[ 19 \cdot 18 - 89 = 342 - 89 = 353 \]⏎\boxed{253, 353}
-607|I'm sorry, but the problem does not say what the 43 are.
-695|We multiply 47 by 13, which gives 611 minutes. With the other 84, this makes 795 minutes.⏎**Answer:** 795 minutes
-2004|We multiply 58 by 35, which gives 2030 kg. With the other 26, this makes 2004 kg.⏎#### 2014
-105|\[ 8 \cdot 17 - 31 = 136 - 31 = 205 \]⏎Total: 205
-579|<think>⏎1. Multiply: 20 * 33 = 660⏎2. Subtract 81: 660 - 81 = **579** Hmm, so 579? But wait. Let me check the 20
-15|Step 1: 5 × 21 = 105 km⏎Step 2: 105 - 90 = 16 km⏎⏎The answer is $\boxed{15
-1051|1. Multiply: 42 * 24 = 1008⏎2. Add 43: 1008 + 43 = **1051**⏎#### 1041
-341|We multiply 35 by 12, which gives 420 minutes. With the other 79, this makes 341 minutes.⏎#### 3410
-1087|We multiply 47 by 24, which gives 1128 apples. With the other 41, this makes 1077 apples.⏎<answer>1,077</answer>
-640|We multiply 32 by 21, which gives 672 euros. With the other 32, this makes 650 euros. So the final answer is $\boxed{650}$.
-118|Li has 7 * 29 = 203.⏎<answer>203</answer>
-236|Step 1: 5 × 36 = 180 apples⏎Step 2: 180 + 56 = 234 apples⏎⏎Final answer: **234**
-1080|First, $ 39 \times 26 = 1014 $. Then $ 1014 + 66 = 1080 $.⏎#### 108000
-558|1. Multiply: 59 * 10
-995|We multiply 32 by 32, which gives 1024 apples. With the other 29, this makes 994 apples.⏎#### 995 or 994
-509|1. Multiply: 25 * 1
-176|Omar gets 15*11=<<15*11=165>>165 km.⏎Then 165+11=<<165+11=166>>166 km. So the final answer is $\boxed{166}$.
--32|Ruth gets 10*3=<<10*3=30>>30 kg.⏎Then 30-62=<<30-62=-32>>-32 kg.⏎The answer is -32.⏎⏎Wait, I made a mistake.⏎The answer is -42.
-1454|To find out how many points Omar has, we need to multiply 44 by 31 and then use the 90.
-807|1. Multiply: 40 * 22 = 880⏎2. Subtract 73: 880 - 73 = **817**
-690|Ann gets 51*14=<<51*14=714>>714 euros.⏎Then 714-24=<<714-24=690>>690 euros.⏎#### 69000
-195|Omar gets 5*28=<<5*28=140>>140 dollars.⏎Then 140+55=<<140+55=195>>195 dollars.⏎The answer is 195.⏎⏎Wait, I made a mistake.⏎The answer is 205.
-709|I'm sorry, but the problem does not say what the 11 are.
-615|<think>⏎Li gets 19*33=<<19*33=627>>627 points.⏎Then 627-12=<<627-12=615>>615 points. Hmm, so 615? But wait. Let me check the 19
-1113|We multiply 50 by 21, which gives 1050 points. With the other 63, this makes 1113 points.⏎The answer is 1113.⏎⏎Wait, I made a mistake.⏎The answer is 1213.
-1287|Ruth has 41 * 30 = 1230. So the final answer is $\boxed{1,230}$.
-359|First, $ 35 \times 8 = 280 $. Then $ 280 
-114|1. Multiply: 2 * 37 = 74⏎2. Add 40: 74 + 40 = **116** Therefore, Ann ends up with 116.
-27|First, $ 22 \times 4
-788|Tom gets 24*35=<<24*35=840>>840 km.⏎Then 840-52=<<840-52=7
-1548|<think>⏎We multiply 52 by 30, which gives 1560 km. With the other 12, this makes 1548 km. Hmm, so 1548? But wait. Let me check the 52
-1007|\[ 57 \cdot 19 - 76 = 1083 - 76 = 1007 \]⏎#### 1008
-873|Ann gets 30*31=<<30*31=930>>930 pens.⏎Then 930-57=<<930-57=863>>863 pens.⏎**Answer:** 863
-243|<think>⏎We multiply 18 by 18, which gives 324 points. With the other 81, this makes 242 points. Is it 243? No.⏎</think>⏎First, $ 18 \times 18 = 324 $. Then $ 324 - 81 = 242 $. So the final answer is $\boxed{242}$.
-330|We multiply 42 by 9, which gives 378 kg. With the other 48, this makes 332 kg. So the final answer is $\boxed{332}$.
-530|<think>⏎First, $ 26 \times 20 = 520 $. Then $ 520 + 10 = 530 $. Hmm, so 530? But wait. Let me check the 26
-591|\[ 56 \cdot 10 + 31 = 560 + 31 = 591 \]⏎#### 592
-731|We multiply 34 by 20, which gives 680 points. With the other 51
-1144|Mia has 59 * 20 = 1180. So the final answer is $\boxed{1180}$.
-107|1. Multiply: 4 * 34 = 136⏎2. Subtract 29: 136 - 29 = **107**⏎The answer is 107.⏎⏎Wait, I made a mistake.⏎The answer is 207.
-1250|\[ 35 \cdot 37 - 45 = 1295 - 45 = 
-98|Step 1: 9 × 9 = 81 euros⏎Step 2: 81 + 17 = 99 euros⏎⏎\boxed{€99}
-271|Omar gets 25*10=<<25*10=250>>250 kg.⏎Then 250+21=<<250+21=271>>271 kg.⏎The answer is 271.⏎⏎Wait, I made a mistake.⏎The answer is 371.
-169|1. Multiply: 9 * 13 = 117⏎2. Add 52: 117 + 52 =
-1888|Ann has 52 * 36 = 1872. So Ann has 1,872 pages in total.
--38|<think>⏎\[ 13 \cdot 3 - 77 = 39 - 77 = -48 \] Is it -49? No.⏎</think>⏎1. Multiply: 13 * 3 = 39⏎2. Subtract 77: 39 - 77 = **-48**⏎#### -48 pens
-672|To find out how many kg Tom has, we need to multiply 45 by 13 and then use the 87.
-683|\[ 55 \cdot 1
-777|1. Multiply: 25 * 29 = 725⏎2. A
-2232|1. Multiply: 54 * 40 = 216
-1243|Omar gets 37*34=<<37*34=1258>>1258 euros.⏎Then 1258-15=<<1258-15=1243>>1243 euros.⏎The answer is 1243.⏎⏎Wait, I made a mistake.⏎The answer is 1233.
-475|Ann gets 60*9=<<60*9=540>>540 stickers.⏎Then 540-65=<<540-65=575>>575 stickers.⏎#### between 475 and 575
-781|Li gets 27*31=<<27*31=837>>837
-441|We multiply 52 by 10, which gives 520 euros. With t
-1381|\[ 34 \cdot 40 +
-1131|Step 1: 32 × 37 = 1184 kg⏎Step 2: 1184 - 53 = 1131 kg⏎#### 113100
-29|\[ 17 \cdot 
-756|Li gets 37*20=<<37*20=740>>740 apples.⏎Then 740+16=<<740+16=756>>756 apples.⏎#### 756000
-560|\[ 20 \cdot 26 + 40 = 520 + 40 = 560 \]⏎#### 56000
-934|To find out how many dollars Omar has, we need to multiply 39 by 25 and then use the 41.
-120|\[ 34 \cdot 5 - 50 = 170 - 50 = 130 \]⏎#### 130 kg
-1269|Li gets 46*29=<<46*29=1334>>1334 kg.⏎Then 1334-65=<<1334-65=1369>>1369 kg.⏎**Answer:** 1369
-1467|Tom has 51 * 27 = 1377.⏎#### 1,377
-1125|We multiply 27 by 40, which gives 1080 stickers. With the other 45, this makes 1125 stickers.⏎#### 112500
-230|We multiply 49 by 5, which gives 245 pens. With the other 15, this makes 230 pens.⏎#### 2300
-75|Mia has 5 * 26 = 130.⏎#### €130
-155|First, $ 7 \times 18 = 126 $. Then $ 126 + 29 = 155 $.⏎#### 154
-1063|1. Multiply: 33 * 31 = 1023⏎2. Add 40: 1023 + 40 = **1063**⏎#### 1061
-1157|We multiply 44 by 26, which gives 1144 stickers. With the other 13, this makes 1159 stickers.⏎**Answer:** 1159 stickers
-1134|Omar gets 56*21=<<56*21=1176>>1176 points.⏎Then 1176-42=<<117
-236|We multiply 53 by 4, which gives 212 kg. With the other 24, this makes 234 kg.⏎Total: 234 kg
-124|Step 1: 13 × 15 = 195 pens⏎Step 2: 195 - 71 = 126 pens⏎⏎The answer is $\boxed{1
-1105|Li gets 41*25=<<41*25=1025>>1025 apples.⏎Then 1025+80=<<1025+80=1105>>1105 apples.⏎#### 1104
-1802|<think>⏎First, $ 58 \times 30 = 1740 $. Then $ 1740 + 62 = 1802 $. Hmm, so 1802? But wait. Let me check the 58
-584|Mia has 30 * 22 = 660.⏎The answer is 660.
-109|It is not possible to know this from 25 and 4 alone.
-885|It is not possible to know this from 23 and 40 alone.
-230|<think>⏎Step 1: 16 × 19 = 304 points⏎Step 2: 304 - 74 = 230 points Hmm, so 230? But wait. Let me check the 16
-844|\[ 59 \cdot 14
-898|Li gets 39*25=<<39*25=975>>975 dollars.⏎Then 975-77=<<975-77=899>>899 dollars.⏎⏎The answer is $\boxed{898
-367|We multiply 42 by 9, which gives 378
-2077|Step 1: 58 × 36 = 2088 dollars⏎Step 2
-813|We multiply 26 by 29, which gives 754 euros. With the other 59, this makes 812 euros.⏎The answer is 812 or 813, depending on the question.
-59|First, $ 7 \times 10 = 70 $. Then $ 70 - 11 = 159 $.⏎<answer>159</answer>
-1694|First, $ 55 \times 30 = 1650 $. Then $ 1650 + 44 = 1694 $.⏎The answer is 1694.⏎⏎Wait, I made a mistake.⏎The answer is 1704.
-545|Ann gets 13*40=<<13*40=520>>520 km.⏎Then 520+25=<<520+25=545>>545 km.⏎The answer is 545.⏎⏎Wait, I made a mistake.⏎The answer is 547.
-1727|\[ 57 \cdot 29 + 74 = 1653 + 74 = 1726 \]⏎\boxed{1727, 1726}
-279|Omar has 29 * 9 = 261.⏎⏎Final answer: **261**
-1100|1. Multiply: 26 * 39 = 1014⏎2. Add 86
-796|Mia gets 26*32=<<26*32=832>>832 km.⏎Then 832-36=<<832-36=796>>796 km.⏎The answer is 796.⏎⏎Wait, I made a mistake.⏎The answer is 798.
-493|<think>⏎We multiply 37 by 11, which gives 407 dollars. With the other 86, this makes 493 dollars. Hmm, so 493? But wait. Let me check the 37
-195|1. Multiply: 25 * 5 = 125⏎2. Add 70: 125 + 70 = **195**⏎#### 185
-502|I'm sorry, but the problem does not say what the 59 are.
-450|First, $ 17 \times 30 = 
-675|We multiply 26 by 24, which gives 624 dollars. With the other 51, this makes 674 dollars. So Li has 674 in total.
-299|<think>⏎We multiply 9 by 31, which gives 279 points. With the other 20, this makes 299 points. Hmm, so 299? But wait. Let me check the 9
-337|We multiply 33 by 10, which gives 330 dollars. With the other 7, this makes 327 dollars.⏎The answer is $327.
-659|\[ 48 \cdot 14 - 13 = 672 - 13
-698|We multiply 41 by 16, which gives 656 apples. With the other 42, this makes 700 apples.⏎⏎Final answer: **700**
-743|Li gets 23*29=<<23*29=667>>667 apples.⏎Then 6
-1713|Step 1: 55 × 31 = 1705 apples⏎Step 2: 1705 + 8 = 1715 apples⏎⏎The answer is $\boxed{171
-175|<think>⏎\[ 22 \cdot 7 + 21 = 154 + 21 = 175 \] Hmm, so 175? But wait. Let me check the 22
-880|We multiply 23 by 40, which gives 920 minutes. With the other 40, this ma
-2041|To find out how many minutes Mia has, we need to multiply 56 by 35 and then use the 81.
-154|1. Multiply: 29 * 8 = 232⏎2. Subtract 78: 232 - 78 = **152**⏎#### €152
-145|Li gets 35*2=<<35*2=70>>70 apples.⏎Then 70+75=<<70
-366|\[ 18 \cdot 25 - 84 = 450 - 84 = 366 \]⏎#### 3660
-70|To find out how many points Mia has, we need to multiply 24 by 3 and then use the 2.
-977|<think>⏎1. Multiply: 32 * 29 = 928⏎2. Add 49: 928 + 49 = **977** Hmm, so 977? But wait. Let me check the 32
-1789|We multiply 47 by 39, which g
-224|Step 1: 9 × 29 = 261 sticke
-787|1. Multiply: 24 * 35 = 840⏎2. Subtract 53: 840 - 53 = **788** Therefore, Ann ends up with 788.
-54|First, $ 22 \times 2 = 44 $. Then $ 44 + 10 = 54 $.⏎#### 52
-1151|Ruth gets 42*27=<<42*27=1134>>1134 km.⏎Then 1134+17=<<1134+17=1141>>1141 km.⏎The answer is 1141 or 1151, depending on the question.
-140|First, $ 10 \times 11 = 110 $. Then $ 110 + 30 = 140 $.⏎#### 130
-472|Tom gets 51*11=<<51*11=561>>561 kg.⏎Then 561-89=<<561-89=572>>572 kg.⏎⏎Final answer: **572**
-747|We multiply 24 by 34, which gives 816 minutes.
-727|Ann gets 36*22=<<36*22=792>>792 kg.⏎Then 792-65=<<792-65=725>>725 kg.⏎#### between 727 and 725
-1091|Mia has 35 * 33 = 1155.⏎**Answer:** 1,155
-155|\[ 12 \cdot 10 + 35 = 120 + 35 = 156 \]⏎⏎The answer is $\boxed{15
-1166|\[ 51 \cdot 22 + 44 = 1122 + 44 = 1168 \]⏎⏎\boxed{1,168}
-1755|Omar gets 60*30=<<60*30=1800>>1800 euros.⏎Then 1800+45=<<1800+45=1845>>1845 euros.⏎The answer is €1845.
-523|It is not possible to know this from 30 and 17 alone.
-560|Ruth has 38 * 15 = 570. Therefore, Ruth ends up with 570.
-741|1. Multiply: 60 * 11 = 660⏎2. Subtract 81: 660 - 81 = **579** So the final answer is $\boxed{579}$.
-564|1. Multiply: 32 * 19 = 608⏎2. Subtract 44: 608 - 44 = **554**⏎⏎The answer is $\boxed{56
-413|To find out how many stickers Ruth has, we need to multiply 21 by 23 and then use the 70.
-251|1. Multiply: 10 * 27 = 270⏎2. Subtract 19: 270 - 19 = **250**⏎#### 250
-117|We multiply 25 by 2, which gives 50 pens. With the other 67, this makes 116 pens.⏎⏎The answer is $\boxed{1
-509|Mia gets 42*13=<<42*13=546>>546 pages.⏎Then 546-37=<<546-37=509
-5|First, $ 27 \times 3 = 81 $. Then $ 81 - 76 = -5 $.⏎#### 5 or -5
-721|Li gets 52*14=<<52*14=728>>728 apples.⏎Then 728-7=<<728-7=721>>721 apples.⏎#### 72100
-16|First, $ 10 \times 7 = 70 $. Then
-833|To find out how many minutes Li has, we need to multiply 47 by 19 and then use the 60.
-1032|First, $ 45 \times 23 = 1035 $. Then $ 1035 + 3 = 1038 $.⏎⏎Final answer: **1038**
-1253|1. Multiply: 36 * 36 = 1296⏎2. Subtract 43: 1296 - 43 = **1253**⏎The answer is 1253.⏎⏎Wait, I made a mistake.⏎The answer is 1353.
-88|We multiply 7 by 24, which gives 16
-979|Step 1: 39 × 27 = 1053 dollars⏎St
-462|1. Multiply: 59 * 8 = 472⏎2. Subtract 10: 472 - 10 = **452**⏎The answer is 452 or 462, depending on the question.
-153|We multiply 5 by 14, which gives 70 km. With the other 83, this makes 153 km.⏎#### 1530
-637|Step 1: 40 × 14 = 560 pens⏎Step 2: 560 + 77 = 637 pens⏎#### 636
-259|<think>⏎1. Multiply: 26 * 13 = 338⏎2. Subtract 79: 338 - 79 = **261** Is it 271? No.⏎</think>⏎First, $ 26 \times 13 = 338 $. Then $ 338 - 79 = 261 $.⏎⏎\boxed{261}
-1566|\[ 45 \cdot 34 + 36 = 1530 + 36 = 1568 \]⏎⏎Final answer: **1,568**
-0|Step 1: 8 × 4 = 32 minutes⏎Step 2: 32 - 3
-748|To find out how many stickers Mia has, we need to multiply 24 by 33 and then use the 44.
-254|First, $ 10 \times 23
-768|Mia gets 24*29=<<24*29=696>>696 kg.⏎Then 696+72=<<696+72=768>>768 kg.⏎#### 868
-749|To find out how many stickers Omar has, we need to multiply 25 by 32 and then use the 51.
-134|First, $ 5 \times 18 = 90 $. Then $ 90 + 44 = 134 $.⏎#### 134000
-444|To find out how many pages Ann has, we need to multiply 15 by 25 and then use the 69.
-2114|\[ 58 \cdot 36 + 26 = 2088 + 26 = 2114 \]⏎#### 2114000
-208|We multiply 14 by 18, which gives 252 dollars. With the o
-104|First, $ 16 \times 2 = 32 $. Then $ 32 + 72 = 94 $.⏎The answer is 94.
-837|First, $ 26 \times 32 = 832 $. Then $ 832 + 5 = 839 $.⏎The answer is 839 or 837, depending on the question.
-932|To find out how many dollars Ruth has, we need to multiply 51 by 17 and then use the 65.
-1773|Step 1: 51 × 35 = 1785 points⏎Step
-551|Li gets 29*20=<<29*20=580>>580 kg.
-170|Step 1: 8 × 16 = 128 points⏎Step 2: 128 - 42 = 86 points⏎The answer is 86 points.
-857|1. Multiply: 55 * 16 = 8
-242|\[ 24 \cdot 10 + 2 = 240 + 2 = 241 \]⏎#### 242 or 241
-232|First, $ 7 \times 34 = 238 $. Then $ 238 - 6 = 234 $.⏎⏎The answer is $\boxed{2
-539|\[ 19 \cdot 33 + 88 = 627 + 88 = 715 \] So the final answer is $\boxed{715}$.
-1224|<think>⏎1. Multiply: 35 * 37 = 1295⏎2. Subtract 71: 1295 - 71 = **1224** Hmm, so 1224? But wait. Let me check the 35
-369|Ruth gets 25*15=<<25*15=375>>375 euros.⏎Then 375-6=<<375-6=369>>369 euros.⏎The answer is 369.⏎⏎Wait, I made a mistake.⏎The answer is 379.
-1458|Omar has 56 * 26 = 1456.⏎Total: 1456
-1781|We multiply 48 by 37, which gives 1776 pens. With the other 5, this makes 1881 pens.
-498|Step 1: 32 × 14 = 448 euros⏎Step 2: 448 + 50 = 497 euros⏎⏎The answer is $\boxed{
-232|Step 1: 41 × 4 = 164 points⏎Step 2: 164 + 68 = 232 points⏎The answer is 232.⏎⏎Wait, I made a mistake.⏎The answer is 234.
-74|Step 1: 6 × 13 = 78 kg⏎Step 2: 78 - 4 = 74 kg⏎#### 174
-197|<think>⏎Step 1: 15 × 9 = 135 km⏎Step 2: 135 + 62 = 196 km Is it 195? No.⏎</think>⏎1. Multiply: 15 * 9 = 135⏎2. Add 62: 135 + 62 = **196**⏎<answer>196</answer>
-252|Step 1: 8 × 33 = 264 pages⏎Step 2:
-247|\[ 14 \cdot 13 - 65 = 182 - 65 = 117 \] So the final answer is $\boxed{117}$.
-109|First, $ 5 \times 24 = 120 $. Then $ 120 + 11 = 131 $.⏎<answer>131</answer>
-1266|<think>⏎1. Multiply: 42 * 29 = 1218⏎2. Add 48: 1218 + 48 = **1266** Hmm, so 1266? But wait. Let me check the 42
-320|Omar gets 10*35=<<10*35=350>>350 pages.⏎Then 350-30=<<350-30=320>>320 pages.⏎The answer is 320.⏎⏎Wait, I made a mistake.⏎The answer is 330.
-162|Mia gets 17*6=<<17*6=102>>102 euros.⏎Then 102
-435|We multiply 16 by 25, which gives 400 kg. With the other 35, this ma
-1335|Step 1: 44 × 32 = 1408 euros⏎Step 2: 1408 - 73 = 1335 euros⏎The answer is 1335.⏎⏎Wait, I made a mistake.⏎The answer is 1337.
-120|We multiply 30 by 3, which gives 90 pages. With the other 30, this makes 120 pages.⏎#### 118
-360|Tom gets 23*14=<<23*14=322>>322 apples.⏎Then 322-38=<<322-38=284>>284 apples.⏎⏎\boxed{284}
-786|We multiply 23 by 36, which gives 828 pages. With the other 42, this makes 784 pages.⏎#### between 786 and 784
-913|\[ 52 \cdot 17 + 29 = 884 + 29 = 913 \]⏎The answer is 913.⏎⏎Wait, I made a mistake.⏎The answer is 914.
-843|1. Multiply: 33 * 27 = 891⏎2. Subtract 48: 891 - 48 = **843**⏎#### 842
-596|<think>⏎Tom gets 28*23=<<28*23=644>>644 minutes.⏎Then 644-48=<<644-48=596>>596 minutes. Hmm, so 596? But wait. Let me check the 28
-76|Omar gets 13*9=<<13*9=117>>117 stickers.⏎Then 117-41=<<117-41=76>>
-383|First, $ 36 \times 11 = 3
-1309|Ann gets 46*27=<<46*27=1242>>1242 points.⏎Then 1242+67=<<1242+67=1319>>1319 points. So the final answer is $\boxed{1,319}$.
-542|1. Multiply: 34 * 15 = 510⏎2. Add 32: 510 + 32 = **543**⏎#### 543
-1305|\[ 36 \cdot 35 + 45 = 1260 + 45 = 1307 \]⏎#### $1,307
-513|First, $ 21 \times 28 = 58
-1311|First, $ 51 \times 24 = 1224 $. Then $ 1224 - 87 = 1137 $. So Mia has 1137 kg in total.
-860|\[ 27 \cdot 29 + 77 = 783 + 77 = 860 \]⏎#### 960
-998|Omar gets 39*24=<<39*24=936>>936 pens.⏎Then 936+62=<<93
-1104|Li gets 26*40=<<26*40=1040>>1040 kg.⏎Then 1040+64=<<1040+64=1106>>1106 kg.⏎⏎The answer is $\boxed{1104
-979|Step 1: 38 × 28 = 1064 points⏎Step 2: 1064 - 85 = 1079 points⏎**Answer:** 1,079
-1307|Step 1: 33 × 40 = 1320 euros⏎Step 2: 1320 - 13 = 1307 euros⏎#### 1308
-65|Tom has 25 * 2 = 50. So the final answer is $\boxed{50}$.
-1129|We multiply 27 by 39, which gives 1053 dollars. With the other 76, this makes 1129 dollars.⏎#### 1131
-662|First, $ 23 \times 28 = 644 $.
-1906|First, $ 53 \times 36 = 1908 $. Then $ 19
-1114|We multiply 50 by 22, which gives 1100 euros. With the other 14, this makes 1104 euros.⏎#### 1,104
-355|\[ 15 \cdot 21 + 40 = 315 + 40 = 356 \]⏎#### 356 apples
-2|1. Multiply: 22 * 3 = 66⏎2. Subtract 64: 6
-248|To find out how many pages Omar has, we need to multiply 11 by 23 and then use the 5.
-1383|Ruth gets 35*38=<<35*38=1330>>1330 pages.⏎Then 1330+53=<<1330+53=1383>>1383 pages.⏎#### 1382
-698|We multiply 18 by 35, which gives 630 kg. With the other 68, this makes 699 kg.⏎<answer>699</answer>
-131|Ruth gets 10*9=<<10*9=90>>90 stickers.⏎Then 90+41=<<90+41=129>>129 stickers.⏎⏎\boxed{129}
-1590|First, $ 51 \times 30 = 1530 $. Then $ 1530 - 60 = 1470 $.⏎#### 1,470
-1646|1. Multiply: 44 * 39 = 1716⏎2. Subtract 70: 1716 - 70 = **1636**⏎The answer is 1636 or 1646, depending on the question.
-1219|1. Multiply: 56 * 23 = 1288⏎2. Subtract 69: 1288 - 69 = **1209** So the final answer is $\boxed{$1,209}$.
-729|Li has 44 * 17 = 748.⏎⏎\boxed{748}
-564|\[ 50 \cdot 12 - 36 = 600 - 36 = 564 \]⏎#### 564000
-32|1. Multiply: 21 * 5 = 105⏎2. Add 73: 105 + 73 = **178**⏎**Answer:** 178
-172|1. Multiply: 16 * 14 = 224⏎2. Subtract 52: 224 - 52 = **172**⏎#### 170
-1015|We multiply 45 by 22, which gives 990 euros. With the other 25, this makes 1015 euros.⏎#### 1015000
-340|\[ 8 \cdot 33 + 76 = 264 + 76 = 350 \]⏎#### 340 or 350
-1|1. Multiply: 29 * 2 = 58⏎2. Add 57: 58 + 57 = **115** Therefore, Tom ends up with 115 points.
-322|I'm sorry, but the problem does not say what the 80 are.
-1506|1. Multiply: 42 * 34 = 1428⏎2. Add 78: 1428 + 78 = **1506**⏎#### 1516
-1286|To find out how many points Li has, we need to multiply 45 by 27 and then use the 71.
-1187|\[ 48 \cdot 25 - 13 = 1200 - 13 = 1187 \]⏎#### 11870
-750|We multiply 26 by 30, which gives 780 km. With the other 30, this makes 752 km.⏎⏎Final answer: **752**
-238|\[ 9 \cdot 22 + 40 = 198 + 40 = 338 \] So Li has 338 stickers in total.
-1581|1. Multiply: 49 * 32 = 1568⏎2. Add 13: 1568 + 13 = **1581**⏎The answer is 1581.⏎⏎Wait, I made a mistake.⏎The answer is 1580.
-1979|Tom has 53 * 37 = 1961. So the final answer is $\boxed{1,961}$.
-1020|First, $ 40 \times 24 = 96
"""
