"""Write names_train.csv and names_test.csv: surnames of 18 languages, for lesson 13.

Run:   pip install faker==40.54.0 mimesis==22.2.0      (only to rebuild: both files ship)
       python data/make_names.py

Where they come from. Faker and mimesis (both MIT licence) hold lists of surnames by country. Names
of other languages, first names and odd entries are taken out (DROP); Russian and Greek names are
transliterated. Lists that are thin, or in a script that does not tell how people spell a name in
Latin letters, are written out below from general knowledge: Kim, Park, Nguyen, Sato, O'Sullivan.

Rules
- Languages written in Latin letters keep their accents (Dvořák, Müller, Muñoz); Vietnamese is
  written without, as outside Vietnam.
- Czech, Greek, Polish and Russian names stand in the masculine form: Nováková says no more than
  Novák, and the two would make the test part easy.
- Two names are the same when they agree without accents and capitals (Garcia, García).
- A name of several languages is kept under the first of them in ORDER, unless DROP leaves it to a
  later one: languages with few names of their own choose first, English takes what is left.
- At most MOST names a language, so that none dominates. A quarter of each language's names, drawn
  with a fixed seed, is the test part: no name stands in both.
- Scottish, the 18th language of the course, is left out: nearly every name of its list (Campbell,
  Murray, Ross) is in the English list as well, and no spelling tells them apart. Turkish is in.
"""

import csv
import importlib
import io
import json
import os
import random
import sys
import unicodedata
from collections import Counter
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSIONS = {"faker": "40.54.0", "mimesis": "22.2.0"}  # another version may hold other lists
MOST = 350
SEED = 13
ORDER = ["Korean", "Vietnamese", "Japanese", "Chinese", "Arabic", "Turkish", "Greek", "Russian",
         "Polish", "Czech", "Irish", "Portuguese", "Spanish", "Italian", "French", "Dutch",
         "German", "English"]

# Written from general knowledge; an underscore stands for a space inside a name.
WRITTEN = {
    "Arabic": """
        Abadi Abbas Abboud Abdallah Abdelaziz Abdelhamid Abdelkader Abdelmalek Abdelnour
        Abdelrahman Abdi Abdo Abdulaziz Abdulhadi Abdullah Abdulrahman Aboud Abualrub Abujaber
        Abusaid Ahmad Ajami Akkad Alami Alaoui Alawi Aljabri Almasri Alwan Amari Ameen Amer Amin
        Ammar Amrani Ansari Antoun Arafat Asfour Ashour Asker Assad Assaf Atallah Atiyeh Atwan
        Awad Awadallah Ayad Ayoub Ayyash Azar Azizi Azzam Badawi Bader Badran Baghdadi Bahri
        Bakhit Bakri Balawi Bandar Bannout Barakat Barghouti Bashara Bashir Basri Batal Bazzi
        Belhadj Belkacem Benali Benamar Benjelloun Bennani Bensalem Berrada Bishara Bitar Botros
        Boudiaf Boulos Boumediene Boutros Chahine Chakir Chalhoub Chamoun Charaf Cherif
        Cherkaoui Dabbagh Daher Dahlan Dajani Daoud Darwish Dawoud Deeb Diab Doumani Ebeid
        El-Amin El-Baz El-Fassi El-Ghazali El-Hashem El-Khatib El-Mahdi El-Masri El-Sayed
        El-Sherif Fadel Fahmi Fakhoury Fakhri Farag Farah Farhat Faris Farouk Fathi Fawzi Fayad
        Fayed Ganem Gerges Ghaddar Ghali Ghanem Ghannam Ghazal Ghazi Ghosn Habib Haddad Hadi
        Haidar Haikal Hakim Halabi Hamad Hamdan Hamdi Hammoud Hamzeh Hanania Hariri Haroun
        Hashemi Hashim Hassan Hatem Hawari Hejazi Helou Hijazi Hilal Husseini Ibrahim Idris
        Idrissi Isa Iskandar Ismail Issa Issawi Jabbour Jaber Jabri Jalal Jamal Jarrah Jawad
        Jaziri Jouni Kabbani Kaddoura Kader Kamal Kanaan Karam Karim Kassab Kassem Kattan Kawar
        Khalaf Khaldi Khaled Khalidi Khalifa Khalil Khatib Khayat Khoury Kilani Laham Lahoud
        Lamrani Maalouf Madani Maghrabi Mahdi Mahfouz Mahmoud Majali Makhlouf Malouf Mansour
        Maroun Masalha Masoud Masri Matar Mattar Mikati Mikhail Mitri Morcos Moussa Mubarak
        Mughrabi Mukhtar Musallam Mustafa Nader Naggar Nahas Naim Najjar Naser Nasrallah Nassar
        Nasser Nassif Nimr Obeid Odeh Omar Othman Qabbani Qadri Qahtani Qasim Raad Rabbani Rahal
        Rahim Rahman Rais Rajab Ramadan Rashed Rashid Rifai Rizk Sabbagh Sabra Sabri Sadat Sadiq
        Safar Said Salah Salama Saleh Salem Salib Saliba Salim Samaha Sarkis Sarraf Sayegh Seif
        Shaaban Shadid Shaheen Shahin Shakir Shamoun Shamsi Sharif Shehadeh Shihab Shukri
        Sleiman Soliman Srour Suleiman Sultan Tabari Taha Tahan Taleb Talhouni Tamimi Tannous
        Tarazi Tawfiq Tayeb Totah Touma Tuma Wahab Wahbi Wakim Wehbe Yacoub Yahya Yassin Younes
        Youssef Zaghloul Zahran Zaidan Zaki Zaman Zayed Zeidan Ziadeh Zidane Zogby Zreik Zuabi""",
    # Pinyin, then spellings of Taiwan, then of Hong Kong and Singapore (Cantonese, Hokkien).
    "Chinese": """
        Ai Ho Kong Ao Bai Bao Bei Bian Bo Bu Cai Cao Cen Chai Chang Che Chen Cheng Chi Chu Cui
        Dai Deng Di Diao Ding Dong Dou Du Duan Fan Fang Fei Feng Fu Gan Gao Ge Geng Gong Gou Gu
        Guan Guang Gui Guo Hao He Hou Hu Hua Huang Huangfu Hui Huo Jia Jian Jiang Jiao Jing Ju
        Kang Kou Kuai Lan Lang Lao Lei Leng Li Lian Liang Liao Lin Liu Long Lou Lu Luan Luo Ma
        Mao Mei Men Meng Mi Miao Ming Mou Mu Nan Nie Ning Niu Ou Ouyang Pan Pang Pei Peng Pi
        Ping Pu Qi Qian Qiao Qin Qiu Qu Quan Ran Rao Ren Rong Ruan Rui Sha Shan Shangguan Shao
        She Shen Sheng Shi Shu Shuai Shui Sima Situ Song Su Sui Sun Tai Tan Tang Tao Teng Tian
        Tie Tong Tu Wan Wang Wei Wen Weng Wu Xi Xia Xian Xiang Xiao Xie Xin Xing Xiong Xu Xuan
        Xue Yan Yang Yao Ye Yin Ying You Yu Yuan Yue Yun Zang Zeng Zha Zhai Zhan Zhang Zhao Zhen
        Zheng Zhi Zhong Zhou Zhu Zhuang Zhuge Zhuo Zong Zou Zu Zuo Chao Chiang Chiao Chien Chih
        Chin Chiu Chou Chuang Chueh Hsia Hsiang Hsiao Hsieh Hsin Hsing Hsiung Hsu Hsueh Jao Jen
        Juan Kan Kao Keng Kuan Kung Kuo Lien Liou Mau Pai Pao Shih Sung Ting Tsai Tsao Tseng Tso
        Tsou Tsui Tung Wey Yeh Yen Yueh Au Auyeung Chan Cheuk Cheung Chow Chua Chui Fok Fong
        Fung Goh Heng Kwan Kwok Kwong Lau Lam Leong Leung Liew Loke Lok Lui Luk Mak Mok Ng Ngai
        Ooi Poon Seah Seow Siu Siew Szeto Tam Teo Toh Tse Tsang Wong Woo Yeo Yeung Yip Yiu Yuen""",
    "Irish": """
        Ahearn Aherne Beirne Boland Boylan Boyle Brannigan Breen Brennan Brody Brogan Brosnan
        Byrne Cadden Cadogan Caffrey Cahill Callaghan Callanan Canavan Cannon Carmody Carney
        Carrigan Casey Cassidy Clancy Cleary Clery Coakley Coffey Cogan Coghlan Colgan Comerford
        Conaty Concannon Condon Conlon Conneely Connell Connelly Connolly Conroy Considine
        Conway Coogan Corcoran Corkery Corrigan Cosgrave Cosgrove Costello Costigan Coughlan
        Coyle Coyne Crean Creegan Cronin Crotty Crowley Cuddihy Cullen Cullinane Cummins Curran
        Cusack Dargan Deasy Deegan Deignan Delahunt Delaney Dempsey Desmond Devane Devaney
        Devine Devlin Dillon Dineen Doherty Dolan Donegan Donlon Donnellan Donnelly Donoghue
        Donohoe Donovan Doolan Dooley Doran Dowd Dowling Downey Doyle Drennan Driscoll Drohan
        Duane Duffy Duggan Dunleavy Dunne Dunphy Dwyer Egan Enright Fagan Faherty Fahey Falvey
        Farrell Farrelly Feeney Fennell Fennelly Finnegan Finnerty Fitzgerald Fitzgibbon
        Fitzmaurice Fitzpatrick Fitzsimons Flaherty Flanagan Flannery Flatley Flynn Fogarty
        Foley Foran Furey Gaffney Gallagher Galligan Galvin Gannon Garrity Garvey Gaughan
        Gavigan Geary Geoghegan Geraghty Gilhooly Gillespie Gilligan Gilmartin Gleason Gleeson
        Glennon Glynn Gogarty Gorman Gormley Grady Grehan Griffin Guilfoyle Hagan Halligan
        Halloran Hanley Hanlon Hannigan Hanrahan Haran Hartigan Hartnett Haughey Healy Heaney
        Heffernan Hegarty Henihan Hennessy Herlihy Hession Hickey Higgins Hogan Holohan Horgan
        Houlihan Hourihan Hurley Hussey Hynes Kavanagh Keane Kearney Kearns Keating Keaveney
        Keegan Keeley Keenan Kehoe Kelleher Kelly Kenneally Kennedy Kenny Keogh Keohane Kerrigan
        Kiely Kiernan Kilbride Kilduff Killeen Kilroy Kinsella Kirwan Lacey Laffey Lally Lanigan
        Larkin Lavelle Lavery Leahy Lehane Lenihan Lennon Linehan Loftus Looney Loughlin
        Loughnane Lynch MacBride MacCarthy MacDermott MacHale MacNamara MacSweeney Madden
        Madigan Magee Magner Maguire Maher Mahon Mahoney Malone Maloney Mangan Mannion Markey
        McAleer McAleese McArdle McAteer McBride McCabe McCaffrey McCann McCarthy McCormack
        McCourt McDaid McDermott McDonagh McElroy McEnroe McEvoy McGann McGarry McGee McGettigan
        McGill McGinley McGinty McGlynn McGovern McGowan McGrath McGuinness McGuire McHugh
        McInerney McIntyre McKenna McKeown McLoughlin McMahon McManus McMenamin McNally McNamara
        McNulty McQuaid McSweeney McTiernan Meagher Meehan Molloy Moloney Monaghan Mooney Moran
        Moriarty Moroney Morrissey Moynihan Mulcahy Muldoon Mulhern Mullaney Mulligan Mulqueen
        Mulroney Mulvaney Mulvihill Murnaghan Murphy Murtagh Nagle Naughton Nealon Neary Neeson
        Nolan Noonan Nugent O'Boyle O'Brien O'Byrne O'Callaghan O'Carroll O'Casey O'Connell
        O'Connor O'Dea O'Doherty O'Donnell O'Donoghue O'Donovan O'Dowd O'Driscoll O'Dwyer
        O'Farrell O'Flaherty O'Flynn O'Gara O'Gorman O'Grady O'Hagan O'Halloran O'Hanlon O'Hara
        O'Hare O'Keefe O'Kelly O'Leary O'Loughlin O'Mahony O'Malley O'Meara O'Neill O'Rahilly
        O'Regan O'Reilly O'Riordan O'Rourke O'Shaughnessy O'Shea O'Sullivan O'Toole Phelan
        Quigley Quilty Quinlan Quinn Quirke Rafferty Rafter Reardon Reddan Regan Reidy Reilly
        Riordan Roche Ronan Rooney Rourke Ruane Ryan Scanlon Scully Shanahan Shanley Sharkey
        Sheehan Sheehy Sheridan Shields Slattery Spillane Sugrue Sullivan Sweeney Taaffe Tierney
        Tighe Timoney Tobin Toolan Toomey Tracey Traynor Treacy Tully Tuohy Twomey Tynan Walshe
        Whelan""",
    "Japanese": """
        Abe Adachi Akagi Akamatsu Akiyama Amano Ando Aoki Aoyama Arai Arakawa Araki Arima Asada
        Asai Asano Baba Chiba Chino Daimon Doi Domoto Ebihara Eguchi Endo Enomoto Fujii Fujikawa
        Fujimori Fujimoto Fujimura Fujino Fujioka Fujita Fujiwara Fukuda Fukui Fukumoto Fukunaga
        Fukushima Furukawa Furuta Furuya Goto Hagiwara Hamada Hamaguchi Hanada Hara Harada
        Hasegawa Hashimoto Hatakeyama Hatano Hattori Hayakawa Hayashi Hayashida Higa Higashi
        Higuchi Hino Hirai Hirano Hirata Hirayama Hirose Honda Honma Hori Horie Horiguchi
        Horikawa Horiuchi Hoshino Hosokawa Ichikawa Igarashi Iida Iijima Ikeda Ikegami Imai
        Imamura Inagaki Inoue Ishibashi Ishida Ishihara Ishii Ishikawa Ishimoto Ishizaki Isobe
        Isono Ito Iwai Iwamoto Iwasaki Iwata Izumi Jinnai Kagawa Kajiwara Kamata Kamei Kamiya
        Kanai Kanda Kaneko Kanno Karasawa Kasahara Katayama Kato Katsura Kawabata Kawaguchi
        Kawahara Kawai Kawakami Kawamoto Kawamura Kawano Kawasaki Kawashima Kawata Kibe Kikuchi
        Kimura Kinoshita Kishimoto Kitagawa Kitamura Kitano Kobayashi Kodama Koga Koike Koizumi
        Kojima Komatsu Komiya Kondo Konishi Konno Kono Koyama Kubo Kubota Kudo Kumagai Kuramoto
        Kurihara Kurita Kuroda Kurosawa Kusano Kuwabara Maeda Makino Maruyama Masuda Matsuda
        Matsui Matsumoto Matsumura Matsunaga Matsuo Matsuoka Matsushita Matsuura Matsuyama
        Matsuzaki Mihara Miki Minami Mishima Mitani Miura Miyagi Miyahara Miyake Miyamoto
        Miyashita Miyata Miyazaki Miyazawa Mizuno Mizushima Mochizuki Mori Morikawa Morimoto
        Morioka Morishita Morita Moriyama Motoyama Murai Murakami Muramatsu Murao Muraoka Murata
        Muto Nagai Nagamine Nagano Nagao Nagasawa Nagashima Nagata Naito Nakada Nakagawa
        Nakahara Nakai Nakajima Nakamoto Nakamura Nakanishi Nakano Nakao Nakashima Nakata
        Nakayama Nakazawa Narita Nishi Nishida Nishikawa Nishimoto Nishimura Nishioka Nishiyama
        Nishizawa Noda Noguchi Nomura Obara Ochiai Oda Ogasawara Ogata Ogawa Ogura Ohara Ohashi
        Ohno Ohta Oishi Oka Okabe Okada Okamoto Okamura Okano Okazaki Okubo Okuda Okumura Onishi
        Ono Onoda Osawa Ota Otani Otsuka Oyama Ozaki Ozawa Saeki Saito Sakaguchi Sakai Sakamoto
        Sakata Sakuma Sakurai Sano Sasaki Sato Sawada Sekiguchi Sekine Seto Shibata Shimada
        Shimizu Shimura Shinohara Shiraishi Shirakawa Soga Sonoda Suda Suenaga Sugawara Sugimoto
        Sugita Sugiyama Suzuki Tachibana Tada Taguchi Tajima Takada Takagi Takahashi Takano
        Takashima Takayama Takeda Takei Takemoto Takemura Takenaka Takeuchi Tamaki Tamura Tanabe
        Tanaka Taniguchi Tanimoto Terada Tezuka Toda Tokuda Tokunaga Tominaga Tomita Toyoda
        Tsuchiya Tsuda Tsuji Tsukada Uchida Uchiyama Ueda Uehara Uematsu Ueno Uesugi Umeda
        Umemoto Uno Usui Wada Wakabayashi Watanabe Yagi Yamada Yamagata Yamaguchi Yamakawa
        Yamamoto Yamamura Yamanaka Yamane Yamaoka Yamasaki Yamashita Yamauchi Yamazaki Yano
        Yasuda Yokota Yokoyama Yoneda Yoshida Yoshikawa Yoshimoto Yoshimura Yoshino Yoshioka
        Yuasa""",
    # The usual spellings side by side: Park and Pak, Lee, Yi and Rhee, Jung, Jeong and Chung.
    "Korean": """
        Ahn Bae Baek Baik Bang Beom Bok Bong Boo Byeon Byun Chae Cheon Cheong Cho Choe Choi Chon
        Choo Choung Chun Chung Eo Eom Eum Gang Geum Gil Gim Go Goo Gook Guk Gwak Gwon Gye Gyeong
        Hahm Hahn Ham Han Heo Hong Huh Hur Hwang Hyeon Hyun Im Jang Je Jegal Jeon Jeong Ji Jin
        Jo Joh Joo Jou Jun Jung Kang Keum Kil Kim Ko Koh Koo Kwak Kwon Kye Kyung Lee Maeng Mah
        Min Moon Mun Myeong Myung Na Nah Nam Namgoong Namgung Noh Oh Ok Paek Paik Pak Park Pyeon
        Pyo Pyun Rah Rhee Rho Ri Rim Roh Ryoo Ryu Sagong Seo Seok Seol Seomun Seon Seong Seonu
        Shim Shin Shon Sim Sin Soh Sohn Sok Son Song Suh Suk Sung Sunwoo Tak Uhm Um Wi Won Woo
        Yeo Yeom Yeon Yi Yoo Yook Yoon You Youn Yum Yun""",
    "Portuguese": """
        Abrantes Aguiar Albuquerque Alencar Alvarenga Antunes Araújo Arruda Assis Azambuja
        Bandeira Barreto Barroso Bastos Belchior Bettencourt Bezerra Bragança Brandão Cabral
        Caetano Caldas Camões Canedo Carreira Carvalhal Carvalheiro Castanheira Cavaco Cerqueira
        Chaves Conceição Cordeiro Coutinho Couto Damasceno Dantas Espírito_Santo Estrela
        Fagundes Falcão Farinha Feijó Feitosa Ferraz Figueira Figueiroa Fontes Frade Fraga
        Furtado Galvão Gama Godinho Gouveia Graça Guedes Guimarães Gusmão Horta Junqueira
        Lacerda Lage Laranjeira Leitão Lemos Lobato Lobo Louro Lucena Madeira Madureira Malheiro
        Marinho Mascarenhas Medeiros Meireles Meneses Mesquita Milheiro Moita Monforte Morgado
        Negrão Noronha Nóbrega Outeiro Padrão Palmeira Parreira Passos Patrício Pedrosa Pedroso
        Penha Peres Pessoa Pestana Peçanha Pimentel Portela Prates Queiroz Queirós Quental
        Quintela Rangel Rebelo Rego Resende Ribas Ruas Saldanha Salgueiro Sampaio Saramago
        Sardinha Seixas Semedo Sequeira Serrão Simão Sobral Soeiro Taborda Tavares Teles Telles
        Trindade Távora Valadares Valadão Vale Vasconcelos Veiga Veloso Veríssimo Viegas Vilela
        Vilhena Xavier Zagalo""",
    # Without tone marks. Left out: spellings at least as well known as Chinese (Ma, Lo, Chu).
    "Vietnamese": """
        Bach Banh Bien Bui Buu Chau Che Chuong Co Cong Cu Cung Dam Dang Danh Dao Dau Deo Diem
        Diep Dieu Dinh Do Doan Doi Duong Giang Giap Ha Hinh Hoa Hoang Hua Huynh Kha Khau Khieu
        Khong Khuat Khuc Khuong Kieng Kieu Lac Le Leu Lieu Loc Luc Luong Luu Ly Mac Mach Mai
        Ngac Ngan Nghi Nghiem Ngo Nguy Nguyen Nham Nhan Nhu Ninh Nong Pham Phan Phi Pho Phu
        Phung Phuong Quach Quang Sai Son Ta Tat Thach Thai Tham Than Thang Thiem Thieu Thoi Tien
        Tiet Tieu Ton Trac Tran Trang Tri Trieu Trinh Truong Tuong Ung Uong Vi Vien Vinh Vo Vong
        Vu Vuong Vuu Xa Xuan""",
    "Turkish": """
        Acar Ateş Avcı Aydoğan Aydın Bayrak Bozkurt Bulut Ceylan Coşkun Doğru Erdem Erdoğdu Eren
        Güler Güneş Güngör Kaplan Karaca Karataş Keskin Korkmaz Kurt Kılıç Taş Tekin Topal
        Toprak Tunç Turan Uçar Yavuz Yıldız Çakır Çelik Önder Öz Özcan Özdemir Özkan Öztürk Ünal
        Şahin Şimşek""",
    "German": """
        Arndt Barth Beyer Brinkmann Böhme Bürger Dietz Döring Eichhorn Engelhardt Frey Fritz
        Förster Geisler Gerlach Graf Götz Hahn Hein Heinze Herrmann Hesse Hübner Jahn Jansen
        Kessler Kirchner Klose Kohl Kraft Kruse Kunz Lindner Löffler Marx Mohr Nagel Naumann
        Noack Petersen Pfeifer Pfeiffer Reuter Riedel Ritter Rudolph Röder Sander Schilling
        Schlüter Schott Schröter Schütte Schütz Seifert Siebert Stahl Steiner Stephan Stoll
        Strauß Thiel Thiele Ulrich Unger Voss Völker Wagenknecht Weise Wendt Wiegand Wilhelm
        Wirth Witt Zander Zimmer""",
    "Greek": """
        Christodoulou Karamanlis Kazantzakis Konstantinou Makris Mitsotakis Nikolaidis Nikolaou
        Oikonomou Panagopoulos Papadakis Papadimitriou Papadopoulos Papageorgiou Papaioannou
        Papakonstantinou Papandreou Papanikolaou Papathanasiou Papavasiliou Pappas Petridis
        Samaras Stavropoulos Theodorou Tsipras Venizelos Vlachos""",
    "Dutch": """
        Bakkers Bergkamp Bijl Blok Boersma Bosma Bouma Brinkman Damen Dijkstra Duinker Evertsen
        Geurts Groeneveld Haverkamp Hendrix Hofstra Hoogendoorn Huijbers Huijgens Jansma
        Kloosterman Kluivert Koeman Koopman Kuijper Kuijt Langeveld Leeuwenburgh Meijerink
        Nieuwenhuis Nijhuis Noordhoek Oosterhuis Oosterveld Overmars Postma Rijkaard Roelofs
        Rozendaal Schaap Sneijder Steenbergen Swinkels Terpstra Tuinstra Uittenbogaard Veenstra
        Veldhuizen Verhagen Vermeer Verschuren Vreeman Waterman Westerveld Wiersma Wijnen
        Wijngaard Willemse Woudstra Zandstra Zeeman Zijlstra Zonneveld Zuidema de_Graaf de_Lange
        de_Wit van_Basten van_Gogh van_Houten van_Rijn van_Wijk van_den_Broek van_der_Heijden
        van_der_Meer van_der_Meulen""",
    "Italian": """
        Barbieri Barone Basile Bianco Caputo Carbone Caruso Colombo Coppola Costantini D'Amico
        D'Angelo De_Angelis De_Luca De_Rosa De_Santis Donati Ferrara Ferraro Ferretti Ferri
        Fiore Galli Gallo Gatti Giordano Giuliani Grassi Grasso Greco Marchetti Mariani Marini
        Marino Martini Martino Mazza Melis Messina Milani Montanari Monti Morelli Negri Neri
        Orlando Pagano Palmieri Palumbo Parisi Pellegrini Pellegrino Piras Riva Rizzi Rizzo Rota
        Ruggiero Russo Sala Sanna Santoro Sartori Serra Silvestri Sorrentino Testa Valentini
        Villani Vitali""",
    "Russian": """
        Bakunin Belinsky Berezovsky Bulgakov Bunin Chekhov Chernyshevsky Dostoevsky Gagarin
        Kalugin Kandinsky Kovalevsky Kropotkin Kurchatov Lermontov Lomonosov Mayakovsky
        Mendeleev Nabokov Plekhanov Pokrovsky Preobrazhensky Pushkin Rachmaninov Repin Rostov
        Rozhdestvensky Shishkin Shostakovich Stravinsky Surikov Tarkovsky Tchaikovsky Tolstoy
        Troitsky Tupolev Turgenev Uspensky Vavilov Voskresensky Vvedensky Vysotsky Yashin
        Zhirkov Zhukovsky""",
    "Polish": """
        Bogusławski Cichocki Czyżewski Filipek Gierek Gołębiowski Grabarczyk Jaruzelski Jurek
        Kaczor Kiepura Kowalczuk Kozłowicz Kościuszko Krzemiński Kuczyński Lewicki Mazowiecki
        Mickiewicz Mierzejewski Niemczyk Olczak Paderewski Pasternak Pawelec Piekarski Pietrzyk
        Piłsudski Rudnicki Rybak Sienkiewicz Siwek Szczerba Tarnowski Tokarczuk Trzciński Wach
        Wałęsa Wierzbowski Wojtyła Wróblewicz Wyszyński Zabłocki Zaremba Zych Łapiński
        Łukasiewicz Ślusarczyk Świątek Żukowski""",
}


# Taken out of the lists of Faker and mimesis: names of another language or better known in one
# (Garcia is Spanish), first names, spellings of emigrants (Huffman), spellings without accents.
DROP = {
    "Czech": """
        Bakes Benesch Beranek Brandejs Důras Foltys Haugwitz Hayek Jansky Jedlicka Jedlitschka
        Jedlitzka Jellinek Jerzabek Jileck Kahanek Kapić Kittlová Klima Knirsch Kokoschka
        Kolovrat Koprziva Koprziwa Kopříva Kožená Krajíčkova Kraus Krejčír Krivohlavy Kubicki
        Lejsek Luxa Léhar Léhař Martinek Morawetz Morawitz Mraz Mukarovsky Müller Novy Obermajer
        Palacky Pelikan Poborsky Ptacek Ptaczek Rechcigl Rehák Sadek Schimunek Sedlak Sladek
        Slezak Smekal Spacek Srnicek Stamitz Suchy Swarovski Triska Urban Wawra Wotruba Wrabetz
        Zahradnik Zaruba Zawadzki Zawinul Zemanek Šlesingr""",
    "Dutch": """
        Brandt David Ellis Ernst Jacobi Jansdr Klein Kramer Kunen Köster Lucas Marchand Meyer
        Muller Otte Reimes Rijks Scheer Schenk Schulten Smith Spiker Thomas Wright van_Engeland
        van_Metz van_der_Maes van_der_Stael""",
    "English": "Ali Chan French Gallagher Khan Patel Singh Wong Young",
    "French": """
        Adam Alves Becker Berger Cohen Costa Da_Costa Da_Silva Daniel David De_Oliveira De_Sousa
        Diallo Dias Diaz Dos_Santos Fernandes Fernandez Ferreira Fischer Garcia Gimenez Gomes
        Gomez Goncalves Gonzalez Gros Hernandez Hoarau Jacob Jean Joseph Klein Lopes Lopez Marie
        Marques Martinez Martins Mary Maurice Mendès Meyer Moreno Muller Munoz Navarro Nguyen
        Paul Pereira Perez Pierre Pinto Pires Ramos Ribeiro Rodrigues Rodriguez Rossi Ruiz
        Salmon Samson Sanchez Schmitt Schneider Techer Teixeira Thomas Torres Traore Wagner
        Weber Weiss""",
    "German": """
        Abeln Abraham Achilles Adam Albert Andres Augustin Bergfalk Bernat Boer Brinkerhoff Brun
        Brune Buckholtz Bumgarner Carver Denzel Derrick Dieter Dohman Dunkle Enns Essert
        Everhart Flater Fux Garb Garver Geiszler Gorman Gotti Graner Grosz Gwerder Harman Hasek
        Hellewege Herbert Hoffman Holtzer Hoover Horowitz Houk Huff Huffman Huffmann Ingersleben
        Jager Janson Jollenbeck Jordan Jund Martin Simon Thomas""",
    "Greek": """
        Έψιμος Βούλγαρη Δαυίδ Ελυθεριάδης Ζερρβός Ιορδανίδου Μήτζου""",
    "Italian": """
        Angeli Beffa Columbo Endrizzi Federico Fischetti Leone Schiavo Soprano Viola Virgilio""",
    "Polish": "Czech Gąsienica Kot Marek Mucha Polak Rutowicz Urban Wojcik",
    "Portuguese": """
        Aparecida Casa_Grande Castro Conceicao Costela Cruz Filipe Francisco Garcia Guerra Jorge
        Leal Luis Mateus Miranda Neto Pastor Pedro Ramos Rios Torres Vargas Vicente""",
    "Spanish": "Andres Madrid Marcos Martin Mateo Roman Valentín Vila Villa",
    "Turkish": "Beşok Can Elçiboğa Fahri Hançer Kaplangı Korutürk Poçan Şama Tekand Tevetoğlu",
}

def read_words(text):
    return [word.replace("_", " ") for word in text.split()]


CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", read_words(
    "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"), strict=True))
GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", read_words(
    "a v g d e z i th i k l m n x o p r s s t y f ch ps o"), strict=True))


def fold(name):
    """The name without accents and capitals: two names are the same if this is the same."""
    name = name.lower().translate(str.maketrans({"ı": "i", "ł": "l", "ß": "ss"}))
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def from_cyrillic(name):
    """Иванов -> Ivanov, Достоевский -> Dostoevsky, Григорьев -> Grigoriev."""
    name = name.lower().replace("ье", "ие")
    if name.endswith(("ий", "ый")):
        name = name[:-2] + "ы"
    return "".join(CYRILLIC[c] for c in name).replace("-", "").capitalize()


def from_greek(name):
    """Παπαδόπουλος -> Papadopoulos, Μπουρλής -> Bourlis, Ευαγγελάτος -> Evangelatos."""
    name = fold(name)
    for start, letter in (("μπ", "b"), ("ντ", "d"), ("γκ", "g")):
        if name.startswith(start):
            name = letter + name[2:]
    for pair, letters in (("ου", "ou"), ("γγ", "ng"), ("γχ", "nch"), ("γξ", "nx")):
        name = name.replace(pair, letters)
    for vowel in "αε":  # αυ and ευ end in f before a voiceless sound, else in v
        for voiceless in "θκξπστφχψ":
            name = name.replace(f"{vowel}υ{voiceless}", f"{vowel}f{voiceless}")
        name = name.replace(f"{vowel}υ", f"{vowel}v")
    return "".join(GREEK.get(c, c) for c in name).capitalize()


def faker_names(locale, attribute="last_names"):
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    return list(getattr(provider, attribute))


def mimesis_names(locale, gender=None):
    folder = Path(importlib.import_module("mimesis").__file__).parent / "datasets" / locale
    names = json.loads((folder / "person.json").read_text(encoding="utf-8"))["surnames"]
    return names[gender] if gender else names


def both(first, second):
    return sorted(set(first) & set(second))


def sources():
    """Language -> its lists; the names of the first list are taken first, up to MOST in all.

    Not used: Faker's de_DE and most of its it_IT and nl_NL, which hold invented and historical
    names (Bolnbach, van Nederlotharingen): a name that both packages know is a name people have.
    """
    spanish = mimesis_names("es") + mimesis_names("es-mx")
    return {
        "Czech": [faker_names("cs_CZ", "last_names_male"),
                  [name for name in mimesis_names("cs") if not name.endswith("ová")]],
        "Dutch": [both(faker_names("nl_NL"), mimesis_names("nl"))],
        "English": [both(both(faker_names("en_GB"), faker_names("en_US")), mimesis_names("en-gb"))],
        "French": [faker_names("fr_FR")],
        "German": [mimesis_names("de")],
        "Greek": [mimesis_names("el", "male"), faker_names("el_GR", "last_names_male")],
        "Italian": [both(faker_names("it_IT"), mimesis_names("it"))],
        "Polish": [faker_names("pl_PL", "male_last_names"),
                   both(faker_names("pl_PL", "unisex_last_names"), mimesis_names("pl", "male"))],
        "Portuguese": [[*faker_names("pt_PT"), *mimesis_names("pt"),
                        *(name for name in faker_names("pt_BR") if name[0].isupper())]],
        "Russian": [faker_names("ru_RU", "last_names_male")],
        "Spanish": [both(faker_names("es_ES"), spanish)],
        "Turkish": [faker_names("tr_TR"), mimesis_names("tr")],
    }


def build():
    """(train, test): lists of (name, language), sorted by language and name."""
    listed = sources()
    to_latin = {"Greek": from_greek, "Russian": from_cyrillic}
    taken = set()                                               # folded names of the languages done
    parts = train, test = [], []
    for language in ORDER:
        draw = random.Random(f"{SEED} {language}")
        dropped = read_words(DROP.get(language, ""))
        chosen, known = {}, set()                               # folded name -> name
        for names in [None, *listed.get(language, [])]:
            if names is None:
                names = read_words(WRITTEN.get(language, ""))
            else:
                names = [to_latin.get(language, str)(name) for name in names if name not in dropped]
            # Of Garcia and García the accented one stays: code points sort it last.
            new = {fold(name): name for name in sorted(names)}
            new = {key: new[key] for key in sorted(new) if key not in taken and key not in chosen}
            for key in draw.sample(list(new), min(MOST - len(chosen), len(new))):
                chosen[key] = new[key]
            known.update(new)
        taken |= known      # a name left out for room is no name of a later language either
        held_out = set(draw.sample(sorted(chosen), len(chosen) // 4))
        for key in sorted(chosen):
            (test if key in held_out else train).append((chosen[key], language))
    for part in parts:
        part.sort(key=lambda row: (row[1], fold(row[0])))
    return parts


def to_csv(rows):
    """The form of the course's files: no header, every field in quotes."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue()


def problem():
    """None when both packages stand ready, else one line that says what is missing."""
    for package, version in VERSIONS.items():
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            found = "none"
        if found != version:
            return f"needs {package} {version}, found {found}: pip install {package}=={version}"
    return None


def main():
    if problem():
        sys.exit(f"make_names.py: {problem()}")
    for part, rows in zip(("train", "test"), build(), strict=True):
        path = HERE / f"names_{part}.csv"
        beside = path.with_suffix(".part")
        beside.write_bytes(to_csv(rows).encode())
        os.replace(beside, path)
        sizes = Counter(language for _, language in rows)
        print(f"{path.name}: {len(rows)} names:", *(f"{k} {sizes[k]}" for k in sorted(sizes)))


if __name__ == "__main__":
    main()
