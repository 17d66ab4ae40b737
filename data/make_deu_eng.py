"""German-English sentence pairs for lesson 13_4: a small grammar, and sentences written by hand.

A frame (perfect, question, because ...) draws its words from the tables below and says the same
thing in both languages. Verbs list the objects that make sense with them, adjectives their nouns.

    deu-eng-train.txt   grammar and hand-written sentences
    deu-eng-val.txt     combinations of two words (KINDS below) that training never shows ...
    deu-eng-test.txt    ... and others; training shows each of the two words in other company

So a model that has only memorized its training sentences fails on the test: it must compose.
Every German sentence has one translation: perfect -> simple past, "gerade" -> progressive, "werden"
-> will, möchte -> would like to, du and ihr -> you (Sie only in requests and set phrases, where no
capital is needed to tell it from sie). Lines: English TAB German TAB origin, as on
manythings.org/anki.

Run:    python data/make_deu_eng.py            writes the three files next to this script
        python data/make_deu_eng.py --check    compares the files with the grammar, writes nothing
"""

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
SEED = 13
KINDS = ("subject + verb", "verb + object", "adjective + noun")
SIZES = {"val": 400, "test": 500}
HELD_OUT = {"val": (50, 8, 10), "test": (60, 12, 12)}      # combinations, of each of the KINDS
HAND_IN_VAL = 30

# --------------------------------------------------------------------------------------------------
# Lexicon. Nouns: German, gender (m f n, p plural), English; what a weak noun adds
# --------------------------------------------------------------------------------------------------
NOUNS = """
Apfel m apple; Artikel m article; Arzt m doctor; Ball m ball; Baum m tree; Bericht m report; Brief
m letter; Bruder m brother; Bus m bus; Chef m boss; Computer m computer; Film m movie; Fisch m
fish; Freund m friend; Fußball m soccer; Garten m garden; Großvater m grandfather; Hund m dog; Hut
m hat; Kaffee m coffee; Keller m basement; Koffer m suitcase; Kuchen m cake; Käse m cheese; Lehrer
m teacher; Mantel m coat; Markt m market; Nachbar m neighbor +n; Onkel m uncle; Pass m passport;
Preis m prize; Pullover m sweater; Regenschirm m umbrella; Reis m rice; Ring m ring; Roman m novel;
Rucksack m backpack; Saft m juice; Salat m salad; Satz m sentence; Schlüssel m key; Schrank m
cabinet; Schreibtisch m desk; Stuhl m chair; Tee m tea; Termin m appointment; Text m text; Tisch m
table; Unfall m accident; Vater m father; Vertrag m contract; Vogel m bird; Wein m wine; Zug m
train; Park m park; Aufgabe f exercise; Banane f banana; Bluse f blouse; E-Mail f email; Familie f
family; Flasche f bottle; Frage f question; Freundin f friend; Garage f garage; Geschichte f story;
Großmutter f grandmother; Heizung f heater; Hilfe f help; Hose f pair_of_pants; Idee f idea; Jacke
f jacket; Kamera f camera; Katze f cat; Kollegin f colleague; Küche f kitchen; Lampe f lamp;
Lehrerin f teacher; Milch f milk; Musik f music; Mutter f mother; Pizza f pizza; Polizei f police;
Postkarte f postcard; Rechnung f bill; Schokolade f chocolate; Schwester f sister; Stadt f city;
Straße f street; Suppe f soup; Tante f aunt; Tasche f bag; Tasse_Kaffee f cup_of_coffee; Tasse_Tee
f cup_of_tea; Tür f door; Uhr f watch; Wand f wall; Waschmaschine f washing_machine; Wohnung f
apartment; Zeit f time; Zeitung f newspaper; Miete f rent; Schule f school; Auto n car; Bad n
bathroom; Bier n beer; Bild n picture; Boot n boat; Brot n bread; Brötchen n roll; Buch n book;
Dach n roof; Dorf n village; Ei n egg; Eis n ice_cream; Fahrrad n bike; Fenster n window; Fleisch n
meat; Formular n form; Gedicht n poem; Geld n money; Gemüse n vegetables; Geschenk n present;
Glas_Wasser n glass_of_water; Handy n phone; Haus n house; Hemd n shirt; Hotel n hotel; Kleid n
dress; Konzert n concert; Lied n song; Meer n sea; Museum n museum; Obst n fruit; Paket n package;
Pferd n horse; Problem n problem; Radio n radio; Restaurant n restaurant; Schiff n ship; Sofa n
sofa; Spiel n game; Tennis n tennis; Wasser n water; Wetter n weather; Zimmer n room; Schach n
chess; Deutsch n German; Englisch n English; Spanisch n Spanish; Klavier n the_piano; Gitarre f
the_guitar; Essen n food; Kind n child; Blumen p flowers; Eier p eggs; Eltern p parents; Freunde p
friends; Fotos p pictures; Großeltern p grandparents; Handschuhe p gloves; Kartoffeln p potatoes;
Kekse p cookies; Kinder p children; Nudeln p noodles; Schuhe p shoes; Sterne p stars; Tomaten p
tomatoes; Karten p cards; Hausaufgaben p homework; Bücher p books; Romane p novels; Gedichte p
poems; Geschichten p stories; Briefe p letters; E-Mails p emails; Lieder p songs;
Bananen p bananas; Tiere p animals; Bilder p pictures
"""

# Verbs: German (a bar after a separable prefix; du- and er-form in brackets if irregular),
# participle (+ with "sein"); English base, past, -ing; flags; objects.
# Flags: h said of habits, s no progressive, i makes sense as a request, g for grown-ups.
# Objects: ein Buch, der Fenster (the definite article), mein Zimmer (of the subject), - Kaffee.
# A verb stands twice where English says two: languages are studied, poems are learned.
VERBS = """
essen (isst isst) gegessen; eat ate eating; hi; ein Apfel, ein Brötchen, ein Ei, - Brot, - Fisch,
  - Käse, - Nudeln, - Suppe, - Obst, - Gemüse, ein Eis, ein Banane, - Bananen, - Eier, - Fleisch,
  - Schokolade, - Reis
trinken getrunken; drink drank drinking; hi; - Kaffee, - Tee, - Wasser, - Milch, - Saft, - Bier,
  - Wein, ein Glas_Wasser, ein Tasse_Kaffee, ein Tasse_Tee
lesen (liest liest) gelesen; read read reading; hi; ein Buch, ein Zeitung, ein Brief, ein Roman,
  ein Geschichte, ein Artikel, ein Gedicht, der Bericht, der Buch, der Text, - Bücher, - Romane,
  - Gedichte, - Geschichten
kaufen gekauft; buy bought buying; i; ein Auto, ein Buch, ein Haus, ein Fahrrad, ein Mantel, ein
  Kleid, ein Hemd, ein Jacke, ein Lampe, ein Tisch, ein Stuhl, ein Koffer, - Blumen, - Schuhe,
  - Brot, - Milch, - Obst, - Käse, ein Geschenk, ein Handy, ein Zeitung, - Tomaten, ein Ring, ein
  Hut
verkaufen verkauft; sell sold selling; g; mein Auto, mein Haus, mein Fahrrad, mein Computer, der
  Tisch, der Lampe, mein Boot, mein Wohnung, der Sofa
suchen gesucht; look_for looked_for looking_for; ; mein Schlüssel, mein Handy, mein Tasche, mein
  Hund, mein Katze, ein Wohnung, ein Hotel, mein Koffer, mein Pass, ein Geschenk, der Fehler
finden gefunden; find found finding; s; mein Schlüssel, mein Handy, mein Tasche, mein Hund, mein
  Katze, ein Wohnung, ein Hotel, mein Pass, ein Geschenk, der Brief, der Fehler
verlieren verloren; lose lost losing; s; mein Schlüssel, mein Handy, mein Tasche, mein Pass, mein
  Regenschirm, mein Ring, mein Uhr, der Spiel
vergessen (vergisst vergisst) vergessen; forget forgot forgetting; s; mein Schlüssel, mein Handy,
  mein Tasche, mein Pass, mein Regenschirm, mein Jacke, der Termin, mein Hausaufgaben
schreiben geschrieben; write wrote writing; hi; ein Brief, ein E-Mail, ein Buch, ein Gedicht, ein
  Geschichte, ein Postkarte, ein Bericht, der Text, - Briefe, - Gedichte, - Geschichten, - E-Mails
öffnen geöffnet; open opened opening; i; der Fenster, der Tür, der Flasche, der Brief, der Paket,
  der Koffer, der Geschenk
schließen geschlossen; close closed closing; i; der Fenster, der Tür, der Koffer, der Schrank, der
  Garage
reparieren repariert; repair repaired repairing; gi; mein Auto, mein Fahrrad, mein Computer, der
  Lampe, der Radio, der Waschmaschine, der Dach, der Heizung, der Stuhl
kochen gekocht; cook cooked cooking; hi; - Fisch, - Kartoffeln, - Nudeln, - Reis, - Eier, - Gemüse,
  - Fleisch
kochen gekocht; make made making; hi; - Suppe, - Kaffee, - Tee
backen (backst backt) gebacken; bake baked baking; hi; ein Kuchen, - Brot, - Kekse, ein Pizza
putzen geputzt; clean cleaned cleaning; hi; der Küche, der Bad, der Fenster, mein Zimmer, mein
  Wohnung, mein Schuhe, der Herd
auf|räumen aufgeräumt; clean_up cleaned_up cleaning_up; hi; mein Zimmer, der Küche, der Keller, der
  Garage, mein Wohnung, mein Schreibtisch, der Schrank
an|rufen angerufen; call called calling; hi; mein Vater, mein Mutter, mein Bruder, mein Schwester,
  ein Freund, mein Nachbar, mein Chef, der Arzt, der Polizei, mein Großmutter
besuchen besucht; visit visited visiting; hi; mein Großmutter, mein Großvater, mein Eltern, ein
  Freund, mein Onkel, mein Tante, der Museum, mein Freunde
treffen (triffst trifft) getroffen; meet met meeting; ; ein Freund, mein Lehrer, mein Chef, mein
  Nachbar, mein Tante, mein Freunde, mein Lehrerin, mein Onkel
ein|laden (lädst lädt) eingeladen; invite invited inviting; i; mein Freunde, mein Nachbar, mein
  Familie, mein Tante, mein Kollegin, mein Großeltern, mein Onkel
ab|holen abgeholt; pick_up picked_up picking_up; i; mein Bruder, mein Schwester, der Kinder, der
  Paket, mein Tante, mein Fahrrad, mein Vater
mit|bringen mitgebracht; bring brought bringing; i; ein Kuchen, - Blumen, ein Geschenk, - Wein,
  mein Hund, ein Salat, - Saft, mein Gitarre_
sehen (siehst sieht) gesehen; see saw seeing; s; ein Film, ein Vogel, ein Hund, ein Katze, ein
  Unfall, ein Schiff, der Meer, der Sterne, ein Pferd
hören gehört; listen_to listened_to listening_to; h; - Musik, - Lieder, ein Lied
spielen gespielt; play played playing; h; - Fußball, - Tennis, - Schach, - Klavier, - Gitarre,
  - Karten
lernen gelernt; study studied studying; h; - Deutsch, - Englisch, - Spanisch
lernen gelernt; learn learned learning; hs; ein Gedicht, ein Lied
brauchen gebraucht; need needed needing; s; ein Auto, ein Wohnung, - Hilfe, - Geld, - Zeit, ein
  Arzt, ein Regenschirm, ein Mantel, ein Lampe, ein Pass, - Wasser
haben (hast hat) gehabt; have had having; s; ein Hund, ein Katze, ein Auto, ein Garten, ein Termin,
  ein Problem, ein Idee, ein Frage, - Zeit, - Geld, ein Kamera, ein Pferd
malen gemalt; paint painted painting; i; ein Bild, - Bilder, - Tiere, ein Haus, ein Baum, ein
  Pferd, ein Schiff
streichen gestrichen; paint painted painting; gi; der Wand, der Tür, mein Zimmer, der Küche, der
  Bad, mein Boot
tragen (trägst trägt) getragen; wear wore wearing; h; ein Mantel, ein Kleid, ein Hemd, ein Hut, ein
  Jacke, - Handschuhe, ein Pullover, ein Bluse
waschen (wäschst wäscht) gewaschen; wash washed washing; hi; mein Auto, mein Hemd, mein Hund, der
  Gemüse, der Obst, mein Pullover
packen gepackt; pack packed packing; i; mein Koffer, mein Tasche, mein Rucksack
bezahlen bezahlt; pay paid paying; gi; der Rechnung, der Miete
verstehen verstanden; understand understood understanding; s; der Frage, der Satz, der Text, der
  Film, der Problem, mein Lehrer, der Aufgabe, der Gedicht
verpassen verpasst; miss missed missing; s; der Bus, der Zug, der Film, der Spiel, der Termin
übersetzen übersetzt; translate translated translating; i; der Text, der Satz, der Brief, der Buch,
  der Gedicht, der Artikel
unterschreiben unterschrieben; sign signed signing; gi; der Vertrag, der Brief, der Formular
gewinnen gewonnen; win won winning; s; der Spiel, der Preis, ein Fahrrad
mieten gemietet; rent rented renting; g; ein Wohnung, ein Auto, ein Zimmer, ein Haus, ein Fahrrad,
  ein Boot
bauen gebaut; build built building; g; ein Haus, ein Tisch, ein Garage, ein Schrank, ein Boot
fragen gefragt; ask asked asking; i; mein Lehrer, mein Vater, mein Mutter, der Arzt, mein Lehrerin,
  mein Chef, mein Nachbar
vermissen vermisst; miss missed missing; s; mein Familie, mein Hund, mein Großmutter, mein Katze,
  mein Freunde
zeichnen gezeichnet; draw drew drawing; i; ein Baum, ein Vogel, ein Katze, ein Haus, ein Bild
bestellen bestellt; order ordered ordering; i; ein Pizza, - Suppe, ein Salat, ein Glas_Wasser, ein
  Tasse_Kaffee, - Fisch, - Wein, ein Kuchen
"""

# Subjects: German, English, person (0 ich 1 du 2 er 3 wir 4 ihr 5 sie), possessive, English one.
SUBJECTS = """
ich I 0 mein my; du you 1 dein your; er he 2 sein his; sie she 2 ihr her; wir we 3 unser our;
ihr you 4 euer your; sie they 5 ihr their; Anna Anna 2 ihr her;
Peter Peter 2 sein his; mein_Vater my_father 2 sein his; meine_Mutter my_mother 2 ihr her;
mein_Bruder my_brother 2 sein his; meine_Schwester my_sister 2 ihr her;
mein_Onkel my_uncle 2 sein his; der_Lehrer the_teacher 2 sein his;
unser_Nachbar our_neighbor 2 sein his; die_Kinder the_children 5 ihr their;
meine_Eltern my_parents 5 ihr their; Anna_und_Peter Anna_and_Peter 5 ihr their
"""
FOR_ADULTS = {"Bier", "Wein", "Haus", "Auto", "Wohnung", "Chef", "Kollegin", "Vertrag", "Arzt",
              "Termin", "Kaffee", "Tasse_Kaffee", "Miete", "Hotel", "Polizei", "Mutter", "Vater"}
# Each of several people has his or her own: "we forgot our phone" is odd.
PERSONAL = {"Handy", "Pass", "Uhr", "Regenschirm", "Jacke", "Hemd", "Pullover", "Rucksack", "Ring",
            "Mantel", "Kleid", "Hut", "Bluse"}

# Adjectives: German stem, English; nouns that they describe.
ADJECTIVES = """
neu new: Auto, Haus, Fahrrad, Mantel, Kleid, Lampe, Tisch, Handy, Computer, Lehrer, Schuhe, Film
alt old: Auto, Haus, Fahrrad, Hund, Tisch, Buch, Stadt, Schule, Uhr, Sofa, Schiff, Schuhe
klein small: Haus, Hund, Katze, Wohnung, Zimmer, Garten, Dorf, Tasche, Vogel, Küche, Hotel
groß big: Haus, Hund, Garten, Zimmer, Stadt, Tisch, Koffer, Baum, Küche, Schiff, Familie, Wohnung
schön beautiful: Haus, Kleid, Garten, Stadt, Bild, Lied, Park, Pferd, Blumen, Zimmer, Museum
teuer expensive: Auto, Kleid, Uhr, Hotel, Mantel, Wein, Wohnung, Ring, Restaurant, Handy, Schuhe
billig cheap: Auto, Hotel, Hemd, Wohnung, Restaurant, Lampe, Handy, Schuhe, Fahrrad
gut good: Buch, Film, Idee, Arzt, Lehrer, Restaurant, Wein, Freund, Hotel, Schule
interessant interesting: Buch, Film, Geschichte, Museum, Artikel, Idee, Stadt, Roman, Spiel
lang long: Brief, Film, Geschichte, Kleid, Straße, Text, Gedicht, Mantel
kurz short: Brief, Film, Geschichte, Text, Gedicht, Artikel
rot red: Auto, Kleid, Apfel, Jacke, Ball, Blumen, Hut, Tür, Tasche, Hemd, Fahrrad
blau blue: Auto, Kleid, Jacke, Ball, Hemd, Hut, Tür, Tasche, Pullover, Fahrrad
schwarz black: Katze, Hund, Mantel, Schuhe, Hut, Kleid, Pferd, Auto, Tasche
weiß white: Katze, Hemd, Blumen, Haus, Wand, Pferd, Bluse, Auto
warm warm: Mantel, Jacke, Pullover, Wasser, Suppe, Zimmer, Handschuhe, Wetter
kalt cold: Wasser, Suppe, Zimmer, Kaffee, Tee, Wetter, Milch
schwer heavy: Koffer, Tasche, Paket, Rucksack, Tisch, Schrank
sauber clean: Küche, Zimmer, Hemd, Auto, Wasser, Fenster, Schuhe, Bad
leer empty: Flasche, Zimmer, Koffer, Haus, Schrank, Restaurant
freundlich friendly: Lehrer, Arzt, Hund, Nachbar, Familie, Lehrerin
"""


def words(text):
    return text.split()


MASS = {"Wasser", "Suppe", "Kaffee", "Tee", "Milch", "Wein", "Wetter"}

PAST = "gestern=yesterday, letzte Woche=last week, heute Morgen=this morning, " \
       "am Montag=on Monday, gestern Abend=last night, letztes Wochenende=last weekend, " \
       "vor zwei Tagen=two days ago"
LONG_PAST = "letztes Jahr=last year, letzten Sommer=last summer, letzten Monat=last month"
COMING = "morgen=tomorrow, nächste Woche=next week, heute Abend=tonight, " \
         "am Samstag=on Saturday, bald=soon, morgen früh=tomorrow morning, heute=today"
LONG_COMING = "bald=soon, nächstes Jahr=next year, nächsten Monat=next month"
HABITS = "jeden Tag=every day, jeden Morgen=every morning, abends=in the evening, " \
         "jede Woche=every week, sonntags=on Sundays"
# How often each thing is done: positions in HABITS.
HOW_OFTEN = dict(essen="012", trinken="012", lesen="0234", schreiben="034", kochen="024",
                 backen="34", putzen="034", räumen="234", rufen="0234", besuchen="34", hören="012",
                 spielen="0234", lernen="02", tragen="0", waschen="34")

# Places: where to, where, English of both, English of "in" alone
PLACES = """
ins Kino; im Kino; to the movies; at the movies
in die Schule; in der Schule; to school; at school
zur Arbeit; bei der Arbeit; to work; at work
nach Hause; zu Hause; home; at home
in den Park; im Park; to the park; in the park
ins Restaurant; im Restaurant; to the restaurant; at the restaurant
in die Stadt; in der Stadt; into town; in town
ins Museum; im Museum; to the museum; at the museum
zum Arzt; beim Arzt; to the doctor; at the doctor's
in den Garten; im Garten; into the garden; in the garden
ins Konzert; im Konzert; to the concert; at the concert
auf den Markt; auf dem Markt; to the market; at the market
zum Bahnhof; am Bahnhof; to the station; at the station
in die Bibliothek; in der Bibliothek; to the library; at the library
ins Bett; im Bett; to bed; in bed
ans Meer; am Meer; to the sea; by the sea
"""
VEHICLES = "mit dem Zug=by train, mit dem Auto=by car, mit dem Bus=by bus, mit dem Fahrrad=by bike"
CITIES = "nach Berlin=to Berlin, nach Hamburg=to Hamburg, nach Wien=to Vienna, " \
         "nach Paris=to Paris, nach Italien=to Italy, in die Schweiz=to Switzerland, " \
         "nach Köln=to Cologne, ans Meer=to the sea"

# What is so, of a person: German, English; and why not.
STATES = "krank=sick, müde=tired, glücklich=happy, traurig=sad, hungrig=hungry, " \
         "durstig=thirsty, nervös=nervous, allein=alone, zufrieden=satisfied, beschäftigt=busy"
# Main clause and reasons that go with it: with S for the subject. German main clause without
# subject (V: its verb is in ACTS), English; reasons: German with the verb last, English.
BECAUSE = """
bleib zu Hause | stay home : krank sein | be sick, müde sein | be tired, Kopfschmerzen haben | have
  a headache
geh ins Bett | go to bed : müde sein | be tired, krank sein | be sick
trink ein Glas Wasser | drink a glass of water : durstig sein | be thirsty, Kopfschmerzen haben |
  have a headache
koch Suppe | make soup : hungrig sein | be hungry, Hunger haben | be hungry
lach laut | laugh loudly : glücklich sein | be happy
lern jeden Tag | study every day : eine Prüfung haben | have an exam
geh zum Arzt | go to the doctor : krank sein | be sick, Fieber haben | have a fever, Kopfschmerzen
  haben | have a headache
schlaf schlecht | sleep badly : nervös sein | be nervous, eine Prüfung haben | have an exam
komm später | come later : beschäftigt sein | be busy, einen Termin haben | have an appointment
"""
ACTS = {
    "bleib": "bleibe bleibst bleibt bleiben bleibt bleiben",
    "geh": "gehe gehst geht gehen geht gehen",
    "trink": "trinke trinkst trinkt trinken trinkt trinken",
    "koch": "koche kochst kocht kochen kocht kochen",
    "lach": "lache lachst lacht lachen lacht lachen",
    "lern": "lerne lernst lernt lernen lernt lernen",
    "schlaf": "schlafe schläfst schläft schlafen schlaft schlafen",
    "komm": "komme kommst kommt kommen kommt kommen",
}

SEIN = words("bin bist ist sind seid sind")
WAR = words("war warst war waren wart waren")
HABEN = words("habe hast hat haben habt haben")
WERDEN = words("werde wirst wird werden werdet werden")
MODALS = {  # German forms; English forms for I/you/we/they and for he; negative of both
    "können": ("kann kannst kann können könnt können", "can", "can", "can't", "can't"),
    "müssen": ("muss musst muss müssen müsst müssen", "have to", "has to",
               "don't have to", "doesn't have to"),
    "wollen": ("will willst will wollen wollt wollen", "want to", "wants to",
               "don't want to", "doesn't want to"),
    "möchten": ("möchte möchtest möchte möchten möchtet möchten", "would like to",
                "would like to", "wouldn't like to", "wouldn't like to"),
    "dürfen": ("darf darfst darf dürfen dürft dürfen", "am/are allowed to", "is allowed to",
               "am/are not allowed to", "isn't allowed to"),
}
NUMBERS = "zwei=two, drei=three, vier=four, fünf=five, sechs=six, sieben=seven, acht=eight, " \
          "neun=nine, zehn=ten, elf=eleven, zwölf=twelve, zwanzig=twenty, dreißig=thirty"

BY_HAND = """
Guten Morgen!=Good morning!
Guten Tag!=Hello!
Guten Abend!=Good evening!
Gute Nacht!=Good night!
Wie geht es dir?=How are you?
Mir geht es gut.=I am fine.
Mir geht es heute nicht gut.=I don't feel well today.
Wie geht es deiner Mutter?=How is your mother?
Meiner Mutter geht es wieder besser.=My mother is feeling better again.
Vielen Dank!=Thank you very much!
Danke für deine Hilfe!=Thank you for your help!
Danke für das schöne Geschenk!=Thank you for the beautiful present!
Gern geschehen!=You are welcome!
Bis morgen!=See you tomorrow!
Bis bald!=See you soon!
Bis heute Abend!=See you tonight!
Bis nächste Woche!=See you next week!
Auf Wiedersehen!=Goodbye!
Willkommen in Berlin!=Welcome to Berlin!
Schönes Wochenende!=Have a nice weekend!
Gute Reise!=Have a good trip!
Viel Glück!=Good luck!
Viel Spaß im Kino!=Have fun at the movies!
Alles Gute zum Geburtstag!=Happy birthday!
Frohe Weihnachten!=Merry Christmas!
Gute Besserung!=Get well soon!
Guten Appetit!=Enjoy your meal!
Herzlichen Glückwunsch!=Congratulations!
Wie heißt du?=What is your name?
Ich heiße Anna.=My name is Anna.
Wie heißt dein Bruder?=What is your brother's name?
Mein Bruder heißt Peter.=My brother's name is Peter.
Woher kommst du?=Where are you from?
Ich komme aus Berlin.=I am from Berlin.
Meine Eltern kommen aus Italien.=My parents are from Italy.
Wo wohnst du?=Where do you live?
Wir wohnen seit drei Jahren in Köln.=We have lived in Cologne for three years.
Wie alt bist du?=How old are you?
Ich bin zwölf Jahre alt.=I am twelve years old.
Wie alt ist deine Schwester?=How old is your sister?
Meine Schwester ist zwei Jahre älter als ich.=My sister is two years older than me.
Freut mich!=Nice to meet you!
Das ist mein Freund Peter.=That is my friend Peter.
Kennst du meine Schwester?=Do you know my sister?
Ich kenne ihn seit vielen Jahren.=I have known him for many years.
Grüß deine Eltern von mir!=Say hello to your parents for me!
Wie spät ist es?=What time is it?
Es ist acht Uhr.=It is eight o'clock.
Es ist schon spät.=It is already late.
Es ist noch früh.=It is still early.
Es ist fast Mitternacht.=It is almost midnight.
Welcher Tag ist heute?=What day is it today?
Heute ist Montag.=Today is Monday.
Morgen ist Samstag.=Tomorrow is Saturday.
Gestern war Sonntag.=Yesterday was Sunday.
Wann hast du Geburtstag?=When is your birthday?
Mein Geburtstag ist im Mai.=My birthday is in May.
Wann fängt das Konzert an?=When does the concert start?
Wann beginnt die Schule?=When does school begin?
Um wie viel Uhr stehst du auf?=What time do you get up?
Ich bin gleich da.=I will be right there.
Du kommst zu spät.=You are late.
Wir haben genug Zeit.=We have enough time.
Die Zeit vergeht schnell.=Time passes quickly.
Wie lange dauert der Film?=How long is the movie?
Der Film dauert zwei Stunden.=The movie lasts two hours.
Der Bus kommt in zehn Minuten.=The bus is coming in ten minutes.
Das Wetter ist heute schön.=The weather is nice today.
Wie ist das Wetter in Hamburg?=What is the weather like in Hamburg?
Es regnet seit gestern.=It has been raining since yesterday.
Es regnet gerade.=It is raining right now.
Es hat die ganze Nacht geregnet.=It rained all night.
Es hat heute Morgen geschneit.=It snowed this morning.
Morgen wird es schneien.=It will snow tomorrow.
Morgen wird die Sonne scheinen.=The sun will shine tomorrow.
Die Sonne scheint.=The sun is shining.
Heute ist es sehr warm.=It is very warm today.
Gestern war es kälter.=It was colder yesterday.
Es ist heute sehr windig.=It is very windy today.
Mir ist kalt.=I am cold.
Mir ist zu warm.=I am too warm.
Nimm einen Regenschirm mit!=Take an umbrella with you!
Der Winter war lang und kalt.=The winter was long and cold.
Im Sommer ist es hier sehr heiß.=It is very hot here in summer.
Der Himmel ist heute blau.=The sky is blue today.
Wie viel kostet das?=How much does that cost?
Wie viel kostet der Mantel?=How much does the coat cost?
Das ist zu teuer.=That is too expensive.
Das ist sehr billig.=That is very cheap.
Haben wir noch Milch?=Do we still have milk?
Wir haben kein Brot mehr.=We don't have any bread left.
Ich nehme das rote Kleid.=I will take the red dress.
Die Schuhe sind mir zu klein.=The shoes are too small for me.
Das Hemd passt dir gut.=The shirt fits you well.
Wo kann ich bezahlen?=Where can I pay?
Kann ich mit Karte bezahlen?=Can I pay by card?
Ich möchte bar bezahlen.=I would like to pay in cash.
Was möchtest du kaufen?=What would you like to buy?
Ich habe nichts gekauft.=I didn't buy anything.
Der Laden ist heute geschlossen.=The store is closed today.
Der Laden öffnet um neun Uhr.=The store opens at nine o'clock.
Wir gehen am Samstag einkaufen.=We are going shopping on Saturday.
Kann ich Ihnen helfen?=Can I help you?
Gefällt dir das Kleid?=Do you like the dress?
Das Kleid gefällt mir sehr.=I like the dress very much.
Gibt es hier einen Markt?=Is there a market here?
Wo ist der Bahnhof?=Where is the station?
Wo ist die Toilette?=Where is the restroom?
Wie komme ich zum Bahnhof?=How do I get to the station?
Wie weit ist es bis zum Bahnhof?=How far is it to the station?
Gehen Sie immer geradeaus!=Go straight ahead!
Gehen Sie an der Ampel nach links!=Turn left at the traffic light!
Das Museum ist auf der rechten Seite.=The museum is on the right.
Das Hotel ist neben dem Bahnhof.=The hotel is next to the station.
Die Schule ist um die Ecke.=The school is around the corner.
Gibt es hier ein gutes Restaurant?=Is there a good restaurant here?
Es ist nicht weit von hier.=It is not far from here.
Ich habe mich verlaufen.=I got lost.
Wir sind auf dem richtigen Weg.=We are on the right track.
Wann fährt der nächste Zug?=When does the next train leave?
Der Zug fährt um sieben Uhr ab.=The train leaves at seven o'clock.
Der Zug hat zehn Minuten Verspätung.=The train is ten minutes late.
Wann kommt der Bus an?=When does the bus arrive?
Ist der Platz noch frei?=Is the seat still free?
Ich warte auf den Bus.=I am waiting for the bus.
Wir warten auf den Zug.=We are waiting for the train.
Auf wen wartest du?=Who are you waiting for?
Warst du schon einmal in Paris?=Have you ever been to Paris?
Ich war noch nie in Wien.=I have never been to Vienna.
Ich reise gern mit dem Zug.=I like to travel by train.
Wie lange bleibst du in Berlin?=How long are you staying in Berlin?
Wir bleiben nur zwei Tage.=We are only staying for two days.
Gibt es noch ein freies Zimmer?=Is there still a room available?
Das Hotel war sehr sauber.=The hotel was very clean.
Die Reise war lang, aber schön.=The trip was long but beautiful.
Wohin fährst du im Sommer?=Where are you going in the summer?
Im Sommer fahren wir ans Meer.=In the summer we go to the sea.
Wir haben viele Fotos gemacht.=We took many pictures.
Hast du deinen Pass dabei?=Do you have your passport with you?
Auf welche Schule gehst du?=Which school do you go to?
Welche Sprachen sprichst du?=What languages do you speak?
Ich spreche ein bisschen Deutsch.=I speak a little German.
Sprichst du Englisch?=Do you speak English?
Sie spricht sehr gut Spanisch.=She speaks Spanish very well.
Was bedeutet dieses Wort?=What does this word mean?
Wie schreibt man das?=How do you spell that?
Ich verstehe das nicht.=I don't understand that.
Ich habe eine Frage.=I have a question.
Kannst du das wiederholen?=Can you repeat that?
Die Prüfung war sehr schwer.=The exam was very difficult.
Die Prüfung ist am Montag.=The exam is on Monday.
Ich habe die Prüfung bestanden.=I passed the exam.
Er hat die Prüfung nicht bestanden.=He didn't pass the exam.
Deutsch ist nicht so schwer.=German is not so difficult.
Mathematik ist mein Lieblingsfach.=Math is my favorite subject.
Der Lehrer erklärt die Aufgabe.=The teacher is explaining the exercise.
Hast du für die Prüfung gelernt?=Did you study for the exam?
Die Schüler hören dem Lehrer zu.=The students are listening to the teacher.
Öffne bitte dein Buch!=Please open your book!
In meiner Klasse sind zwanzig Kinder.=There are twenty children in my class.
Die Ferien beginnen nächste Woche.=Vacation begins next week.
Morgen haben wir keine Schule.=We have no school tomorrow.
Was bist du von Beruf?=What do you do for a living?
Ich bin Lehrer.=I am a teacher.
Meine Mutter ist Ärztin.=My mother is a doctor.
Er möchte Arzt werden.=He would like to become a doctor.
Sie arbeitet in einem Krankenhaus.=She works in a hospital.
Mein Vater arbeitet in einer Bank.=My father works in a bank.
Wo arbeitest du?=Where do you work?
Ich arbeite von zu Hause.=I work from home.
Ich muss heute lange arbeiten.=I have to work late today.
Wann hast du Feierabend?=When do you finish work?
Sie sucht eine neue Arbeit.=She is looking for a new job.
Er hat seine Arbeit verloren.=He lost his job.
Mein Chef ist sehr freundlich.=My boss is very friendly.
Ich habe heute viel zu tun.=I have a lot to do today.
Am Wochenende arbeite ich nicht.=I don't work on weekends.
Der Computer funktioniert nicht.=The computer is not working.
Hast du Geschwister?=Do you have any brothers or sisters?
Ich habe einen Bruder und eine Schwester.=I have one brother and one sister.
Ich habe keine Geschwister.=I have no brothers or sisters.
Meine Großeltern wohnen auf dem Land.=My grandparents live in the country.
Meine Tante hat drei Kinder.=My aunt has three children.
Das Baby schläft.=The baby is sleeping.
Die Kinder spielen im Garten.=The children are playing in the garden.
Meine Eltern sind seit zwanzig Jahren verheiratet.=My parents have been married for twenty years.
Bist du verheiratet?=Are you married?
Mein Onkel hat ein großes Haus.=My uncle has a big house.
Peter ist größer als sein Bruder.=Peter is taller than his brother.
Anna sieht ihrer Mutter ähnlich.=Anna looks like her mother.
Unsere Katze heißt Mimi.=Our cat's name is Mimi.
Der Hund hat Angst vor der Katze.=The dog is afraid of the cat.
Wir sind eine große Familie.=We are a big family.
Meine Großmutter erzählt gern Geschichten.=My grandmother likes to tell stories.
Ich bin so glücklich!=I am so happy!
Warum bist du traurig?=Why are you sad?
Warum lachst du?=Why are you laughing?
Warum weint das Kind?=Why is the child crying?
Hab keine Angst!=Don't be afraid!
Ich habe keine Angst.=I am not afraid.
Ich habe Angst vor Hunden.=I am afraid of dogs.
Ich freue mich auf das Wochenende.=I am looking forward to the weekend.
Wir freuen uns auf deinen Besuch.=We are looking forward to your visit.
Das freut mich sehr.=I am very glad about that.
Mach dir keine Sorgen!=Don't worry!
Ich mache mir Sorgen um meinen Vater.=I am worried about my father.
Ich liebe dich.=I love you.
Ich vermisse dich.=I miss you.
Wir vermissen dich sehr.=We miss you very much.
Sie ist böse auf mich.=She is angry with me.
Bist du mir böse?=Are you angry with me?
Mir ist langweilig.=I am bored.
Das ist mir egal.=I don't care.
Das macht nichts.=It doesn't matter.
Das tut mir leid.=I am sorry.
Ich habe keine Ahnung.=I have no idea.
Er ist stolz auf seine Tochter.=He is proud of his daughter.
Ich bin ein bisschen nervös.=I am a little nervous.
Ich habe Hunger.=I am hungry.
Ich habe Durst.=I am thirsty.
Hast du Hunger?=Are you hungry?
Was gibt es zum Abendessen?=What is for dinner?
Das Abendessen ist fertig.=Dinner is ready.
Das Essen schmeckt sehr gut.=The food tastes very good.
Die Suppe ist noch zu heiß.=The soup is still too hot.
Der Kaffee ist schon kalt.=The coffee is already cold.
Was möchtest du trinken?=What would you like to drink?
Was möchtest du essen?=What would you like to eat?
Möchtest du noch etwas Tee?=Would you like some more tea?
Ich hätte gern einen Kaffee, bitte.=I would like a coffee, please.
Die Rechnung, bitte!=The bill, please!
Ich trinke keinen Alkohol.=I don't drink alcohol.
Ich esse kein Fleisch.=I don't eat meat.
Was ist dein Lieblingsessen?=What is your favorite food?
Ich trinke meinen Kaffee ohne Zucker.=I drink my coffee without sugar.
Gib mir bitte das Salz!=Please give me the salt!
Wer hat meinen Kuchen gegessen?=Who ate my cake?
Wir essen um sieben Uhr.=We eat at seven o'clock.
Im Kühlschrank ist noch Käse.=There is still some cheese in the fridge.
Ich bin satt.=I am full.
Der Apfel schmeckt süß.=The apple tastes sweet.
Was fehlt dir?=What is the matter with you?
Ich habe Kopfschmerzen.=I have a headache.
Ich habe seit gestern Fieber.=I have had a fever since yesterday.
Mein Kopf tut weh.=My head hurts.
Mein Bein tut immer noch weh.=My leg still hurts.
Er hat sich den Arm gebrochen.=He broke his arm.
Ich bin erkältet.=I have a cold.
Du musst im Bett bleiben.=You have to stay in bed.
Nimm diese Tabletten zweimal am Tag!=Take these pills twice a day!
Ich habe schlecht geschlafen.=I slept badly.
Hast du gut geschlafen?=Did you sleep well?
Rauchen ist ungesund.=Smoking is unhealthy.
Ich rauche nicht.=I don't smoke.
Obst ist gesund.=Fruit is healthy.
Ist das Krankenhaus weit von hier?=Is the hospital far from here?
Ruf mich morgen an!=Call me tomorrow!
Ich rufe dich heute Abend an.=I will call you tonight.
Kannst du mich später anrufen?=Can you call me later?
Wie ist deine Telefonnummer?=What is your phone number?
Mein Handy ist kaputt.=My phone is broken.
Das Telefon klingelt.=The phone is ringing.
Niemand hat angerufen.=Nobody called.
Wer ist am Telefon?=Who is on the phone?
Ich habe dir eine Nachricht geschickt.=I sent you a message.
Hast du meine Nachricht bekommen?=Did you get my message?
Ich kann dich nicht hören.=I can't hear you.
Sprich bitte etwas lauter!=Please speak a little louder!
Sprechen Sie bitte etwas langsamer!=Please speak a little more slowly!
Was machst du in deiner Freizeit?=What do you do in your free time?
Was sind deine Hobbys?=What are your hobbies?
Ich schwimme gern.=I like to swim.
Er tanzt gern.=He likes to dance.
Kannst du schwimmen?=Can you swim?
Mein Bruder kann sehr schnell laufen.=My brother can run very fast.
Wir singen gern zusammen.=We like to sing together.
Sie fährt gern Fahrrad.=She likes to ride her bike.
Ich interessiere mich für Musik.=I am interested in music.
Welche Musik hörst du gern?=What music do you like to listen to?
Ich sehe abends gern fern.=I like to watch TV in the evening.
Unsere Mannschaft hat gestern gewonnen.=Our team won yesterday.
Wer hat das Spiel gewonnen?=Who won the game?
Das Buch hat mir gut gefallen.=I liked the book very much.
Wie war der Film?=How was the movie?
Der Film war langweilig.=The movie was boring.
Das hat Spaß gemacht.=That was fun.
Was machst du heute Abend?=What are you doing tonight?
Was machst du dieses Wochenende?=What are you doing this weekend?
Was machst du gerade?=What are you doing right now?
Was hast du gestern gemacht?=What did you do yesterday?
Hast du morgen Zeit?=Do you have time tomorrow?
Heute habe ich leider keine Zeit.=Unfortunately, I don't have time today.
Wann treffen wir uns?=When are we meeting?
Wir treffen uns um sechs Uhr.=We are meeting at six o'clock.
Wo treffen wir uns?=Where are we meeting?
Kommst du mit ins Kino?=Are you coming to the movies with us?
Möchtest du mitkommen?=Would you like to come along?
Ja, ich komme gern mit.=Yes, I would love to come along.
Gehen wir nach Hause!=Let's go home!
Lass uns schwimmen gehen!=Let's go swimming!
Lass uns eine Pause machen!=Let's take a break!
Das ist eine gute Idee.=That is a good idea.
Vielleicht komme ich später.=Maybe I will come later.
Ich weiß es noch nicht.=I don't know yet.
Wir feiern morgen seinen Geburtstag.=We are celebrating his birthday tomorrow.
Ich ziehe nächsten Monat um.=I am moving next month.
Kannst du mir bitte helfen?=Can you please help me?
Könntest du das Fenster öffnen?=Could you open the window?
Entschuldigung!=Excuse me!
Entschuldigen Sie bitte die Verspätung!=Please excuse the delay!
Kein Problem!=No problem!
Setzen Sie sich bitte!=Please sit down!
Warten Sie bitte einen Moment!=Please wait a moment!
Komm bitte herein!=Please come in!
Darf ich dich etwas fragen?=May I ask you something?
Darf ich hier sitzen?=May I sit here?
Darf ich dein Handy benutzen?=May I use your phone?
Das ist sehr nett von dir.=That is very kind of you.
Beeil dich!=Hurry up!
Pass auf!=Watch out!
Sei vorsichtig!=Be careful!
Sei bitte leise!=Please be quiet!
Warte auf mich!=Wait for me!
Komm her!=Come here!
Hör mir zu!=Listen to me!
Lass mich in Ruhe!=Leave me alone!
Vergiss das nicht!=Don't forget that!
Steh auf!=Get up!
Mach bitte das Licht aus!=Please turn off the light!
Mach bitte die Tür zu!=Please close the door!
Was ist los?=What is the matter?
Was ist passiert?=What happened?
Wer ist da?=Who is there?
Wer ist diese Frau?=Who is this woman?
Wem gehört das Auto?=Who does the car belong to?
Wessen Buch ist das?=Whose book is that?
Wie viele Leute waren da?=How many people were there?
Wo warst du gestern?=Where were you yesterday?
Ich war den ganzen Tag zu Hause.=I was at home all day.
Warum hast du das getan?=Why did you do that?
Warum bist du nicht gekommen?=Why didn't you come?
Bist du sicher?=Are you sure?
Ich bin nicht sicher.=I am not sure.
Du hast recht.=You are right.
Das stimmt nicht.=That is not true.
Natürlich!=Of course!
Ich glaube dir.=I believe you.
Das glaube ich nicht.=I don't believe that.
Das habe ich nicht gewusst.=I didn't know that.
Ich habe es vergessen.=I forgot it.
Das kann ich mir nicht vorstellen.=I can't imagine that.
Es gibt ein Problem.=There is a problem.
Es gibt viele Bäume im Park.=There are many trees in the park.
Alles ist in Ordnung.=Everything is all right.
Ich bin schon fertig.=I am already finished.
Ich bin noch nicht fertig.=I am not finished yet.
Niemand war zu Hause.=Nobody was at home.
Jemand hat an die Tür geklopft.=Somebody knocked on the door.
Das Licht ist noch an.=The light is still on.
Die Tür ist zu.=The door is closed.
Rot ist meine Lieblingsfarbe.=Red is my favorite color.
Der Schlüssel liegt auf dem Tisch.=The key is on the table.
Ich habe zwei Katzen und einen Hund.=I have two cats and a dog.
Wir haben einen neuen Nachbarn.=We have a new neighbor.
Sie hat lange blonde Haare.=She has long blond hair.
Er trägt eine Brille.=He wears glasses.
Sie wäscht sich die Hände.=She is washing her hands.
Er putzt sich die Zähne.=He is brushing his teeth.
Ich muss jetzt gehen.=I have to go now.
Mein Auto ist gestern kaputtgegangen.=My car broke down yesterday.
Hier darf man nicht parken.=You are not allowed to park here.
Ich wohne allein.=I live alone.
Ich wohne im ersten Stock.=I live on the second floor.
Die Wohnung hat drei Zimmer.=The apartment has three rooms.
Unser Garten ist klein, aber schön.=Our garden is small but beautiful.
Es ist schon dunkel.=It is already dark.
Heute ist mein freier Tag.=Today is my day off.
Der Film hat schon angefangen.=The movie has already started.
Ich habe den Bus verpasst.=I missed the bus.
Kannst du mich vom Bahnhof abholen?=Can you pick me up from the station?
Ich bin gestern spät ins Bett gegangen.=I went to bed late yesterday.
Wir waren letztes Jahr in Spanien.=We were in Spain last year.
Ich kann meine Brille nicht finden.=I can't find my glasses.
Weißt du, wo mein Schlüssel ist?=Do you know where my key is?
Ich weiß nicht, wie er heißt.=I don't know what his name is.
Sag mir bitte die Wahrheit!=Please tell me the truth!
Wie war dein Tag?=How was your day?
Hast du schon gegessen?=Have you already eaten?
Meine Tochter geht noch nicht zur Schule.=My daughter doesn't go to school yet.
Er ist der beste Spieler in unserer Mannschaft.=He is the best player on our team.
Das ist nicht meine Schuld.=That is not my fault.
Wir haben uns lange nicht gesehen.=We haven't seen each other for a long time.
Der Kuchen schmeckt besser als das Eis.=The cake tastes better than the ice cream.
Kannst du bitte langsamer fahren?=Can you please drive more slowly?
Ich habe das Paket noch nicht bekommen.=I haven't received the package yet.
Wir haben uns im Urlaub kennengelernt.=We met on vacation.
Bitte vergiss deinen Regenschirm nicht!=Please don't forget your umbrella!
Er hat mir einen Brief geschrieben.=He wrote me a letter.
Meine Schwester lernt seit zwei Jahren Deutsch.=My sister has been learning German for two years.
Im Winter wird es früh dunkel.=It gets dark early in winter.
Der Zug war sehr voll.=The train was very crowded.
Ich stehe nicht gern früh auf.=I don't like to get up early.
Wir müssen noch Brot kaufen.=We still have to buy bread.
"""


# --------------------------------------------------------------------------------------------------
# Reading the tables
# --------------------------------------------------------------------------------------------------
class Noun(NamedTuple):
    de: str
    gender: str
    en: str
    weak: str       # what accusative and dative add: Nachbar, den Nachbarn


class Verb(NamedTuple):
    infinitive: str
    prefix: str     # of a separable verb
    du_er: tuple    # the irregular forms, or ()
    participle: str
    en: str
    past: str
    ing: str
    flags: str
    objects: tuple  # (determiner, noun)


class Subject(NamedTuple):
    de: str
    en: str
    person: int
    owner: str      # sein
    owns: str       # his

    @property
    def he(self):
        """Does the English verb take its third person singular?"""
        return self.person == 2


def split(text, at=","):
    return [" ".join(part.split()) for part in text.split(at) if part.strip()]


def rows(text):
    """The lines of a table; an indented line continues the one before."""
    return re.sub(r"\n +", " ", text.strip()).split("\n")


def table(text):
    return [tuple(part.split("=")) for part in split(text)]


def read_nouns():
    nouns = {}
    for row in split(NOUNS, ";"):
        de, gender, en, *weak = row.split()
        nouns[de] = Noun(de.replace("_", " "), gender, en.replace("_", " "),
                         weak[0][1:] if weak else "")
    nouns["Gitarre_"] = Noun("Gitarre", "f", "guitar", "")      # the thing; Gitarre is played
    nouns["Fehler"] = Noun("Fehler", "m", "mistake", "")
    nouns["Herd"] = Noun("Herd", "m", "stove", "")
    return nouns


def read_verbs():
    verbs = []
    for row in rows(VERBS):
        german, english, flags, objects = (cell.strip() for cell in row.split(";"))
        irregular = re.search(r"\((\w+) (\w+)\)", german)
        infinitive, participle = re.sub(r" \(.*?\)", "", german).split()
        prefix, _, plain = infinitive.rpartition("|")
        en, past, ing = (form.replace("_", " ") for form in english.split())
        verbs.append(Verb(plain, prefix, irregular.groups() if irregular else (), participle,
                          en, past, ing, flags, tuple(tuple(o.split()) for o in split(objects))))
    return verbs


def read_subjects():
    subjects = []
    for row in split(SUBJECTS, ";"):
        de, en, person, owner, owns = row.split()
        subjects.append(Subject(de.replace("_", " "), en.replace("_", " "), int(person), owner,
                                owns))
    return subjects


NOUN, VERB, SUBJECT = read_nouns(), read_verbs(), read_subjects()
OWNERS = [s for s in SUBJECT if s.de in ("ich", "du", "er", "wir")]    # ihr: her, their or your?
ADJECTIVE = [(*words.split(), split(nouns)) for words, nouns in
             (row.split(":") for row in ADJECTIVES.strip().split("\n"))]
PLACE = [[cell.strip() for cell in row.split(";")] for row in PLACES.strip().split("\n")]


# --------------------------------------------------------------------------------------------------
# German
# --------------------------------------------------------------------------------------------------
DER = {"nom": dict(m="der", f="die", n="das", p="die"),
       "acc": dict(m="den", f="die", n="das", p="die"),
       "dat": dict(m="dem", f="der", n="dem", p="den")}
EIN = {"nom": dict(m="", f="e", n="", p="e"), "acc": dict(m="en", f="e", n="", p="e"),
       "dat": dict(m="em", f="er", n="em", p="en")}    # endings of ein, kein, mein ...
AFTER_EIN = {"nom": dict(m="er", f="e", n="es", p="en"), "acc": dict(m="en", f="e", n="es", p="en"),
             "dat": dict(m="en", f="en", n="en", p="en")}
AFTER_DER = {"nom": dict(m="e", f="e", n="e", p="en"), "acc": dict(m="en", f="e", n="e", p="en"),
             "dat": dict(m="en", f="en", n="en", p="en")}


def noun_phrase(det, name, case, adjective="", owner="mein"):
    """det: der, ein, kein, mein (the owner's possessive), - (none)."""
    noun = NOUN[name]
    g = noun.gender
    word = noun.de
    if case != "nom":
        word += noun.weak
    if case == "dat" and g == "p" and not word.endswith(("n", "s")):
        word += "n"
    if det == "ein" and g == "p":
        det = "-"
    if det == "der":
        article, ending = DER[case][g], AFTER_DER[case][g]
    elif det == "-":
        article, ending = "", dict(m="er", f="e", n="es", p="e")[g]
        if case == "acc" and g == "m":
            ending = "en"
    else:
        stem = owner if det == "mein" else det
        inflection = EIN[case][g]
        if stem == "euer" and inflection:
            stem = "eur"
        article, ending = stem + inflection, AFTER_EIN[case][g]
    if adjective:
        adjective = ("teur" if adjective == "teuer" else adjective) + ending
    return " ".join(part for part in (article, adjective, word) if part)


HARD = re.compile(r"([td]|ch[mn]|[^aeiouäöülrh][mn])$")  # arbeit-et, öffn-et, zeichn-et; wohn-t


def present(verb):
    """The six forms, without the separable prefix."""
    if verb.infinitive == "haben":
        return HABEN
    stem = verb.infinitive.removesuffix("n").removesuffix("e")
    soft = "e" if HARD.search(stem) else ""
    du = stem + soft + ("t" if re.search(r"[sßzx]$", stem) else "st")
    er = stem + soft + "t"
    ihr = er
    if verb.du_er:
        du, er = verb.du_er
    return [stem + "e", du, er, verb.infinitive, ihr, verb.infinitive]


def zu_end(verb):
    """The infinitive at the end of a clause: aufräumen."""
    return verb.prefix + verb.infinitive


# --------------------------------------------------------------------------------------------------
# English
# --------------------------------------------------------------------------------------------------
def third(text):
    word, *rest = text.split()
    if word == "have":
        word = "has"
    elif word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "ies"
    else:
        word += "es" if word.endswith(("s", "sh", "ch", "x", "o")) else "s"
    return " ".join([word, *rest])


def progressive(word):
    return (word[:-1] if word.endswith("e") else word) + "ing"


def article(phrase):
    return "an" if phrase[0] in "aeiou" and not phrase.startswith("uni") else "a"


def english_noun(det, name, adjective="", owns="my", mood="yes"):
    noun = NOUN[name]
    phrase = f"{adjective} {noun.en}".strip()
    if noun.en.startswith("the "):
        return noun.en
    if det == "der":
        return f"the {phrase}"
    if det == "mein":
        return f"{owns} {phrase}"
    if det == "-" or noun.gender == "p":
        return f"any {phrase}" if mood == "no" and name not in SPORTS else phrase
    return f"{article(phrase)} {phrase}"


SPORTS = {"Fußball", "Tennis", "Schach", "Karten", "Deutsch", "Englisch", "Spanisch"}


def be(s, past=False):
    if past:
        return "was" if s.en == "I" or s.he else "were"
    return "am" if s.en == "I" else "is" if s.he else "are"


def capital(text):
    return text[0].upper() + text[1:]


def finish(text, end="."):
    return capital(" ".join(text.split())) + end


# --------------------------------------------------------------------------------------------------
# Frames. Each draws once and returns (English, German, combinations).
# --------------------------------------------------------------------------------------------------
class Dice:
    """Random choices from random() alone: the one method whose values Python promises to keep."""

    def __init__(self, seed):
        self.random = Random(seed).random

    def pick(self, items):
        return items[int(self.random() * len(items))]

    def shuffled(self, items):
        return [item for _, _, item in sorted((self.random(), i, x) for i, x in enumerate(items))]

    def subject(self, asked=False):
        """Half of them pronouns. A question is not put to ourselves."""
        some = [s for s in SUBJECT if not (asked and s.de in ("ich", "wir"))]
        pronouns = [s for s in some if s.de in ("ich", "du", "er", "sie", "wir", "ihr")]
        return self.pick(pronouns if self.random() < 0.5 else some)


OLDER = ("meine Eltern", "mein Vater", "meine Mutter", "mein Onkel")
FOREBEARS = words("Vater Mutter Eltern Großeltern Großmutter Großvater")


def odd_relative(s, name):
    """My brother's mother is called our mother; my parents have no brother in common."""
    if s.de == "meine Eltern" and name in words("Bruder Schwester Onkel Tante Chef Kollegin"):
        return True
    if s.de in (*OLDER, "unser Nachbar") and name in ("Lehrer", "Lehrerin"):
        return True
    return NOUN[name].de in s.de or (s.de in (*OLDER, "mein Bruder", "meine Schwester")
                                     and name in FOREBEARS)


def fits(s, verb, name):
    """Would anyone say that of this subject?"""
    if s.de == "die Kinder" and ("g" in verb.flags or name in FOR_ADULTS):
        return False
    if s.person > 2 and name in PERSONAL and (("mein", name) in verb.objects
                                              or verb.infinitive == "brauchen"):
        return False
    if s.person > 2 and verb.infinitive == "essen" and ("ein", name) in verb.objects:
        return False        # one apple for all of them
    if verb.infinitive == "tragen" and (s.person > 2 and NOUN[name].gender != "p"
                                        or name in ("Kleid", "Bluse") and s.owns == "his"):
        return False
    if name == "Hausaufgaben" and s.de in (*OLDER, "der Lehrer", "unser Nachbar"):
        return False
    if odd_relative(s, name) or s.de in ("meine Eltern", "die Kinder", "meine Mutter",
                                         "mein Vater") and name in ("Eltern", "Kinder"):
        return False
    return not (s.de == "der Lehrer" and name in ("Lehrerin", "Lehrer"))


PLAYED = {"Fußball", "Tennis", "Schach", "Karten", "Klavier", "Gitarre"}
STATIC = {"haben", "brauchen", "vermissen"}     # in the present alone


def action(d, flag="", without="", asked=False):
    """Subject, verb and one of its objects (determiner, noun)."""
    while True:
        s = d.subject(asked)
        verb = d.pick([v for v in VERB if set(flag) <= set(v.flags)
                       and not set(without) & set(v.flags)])
        det, name = d.pick(verb.objects)
        if fits(s, verb, name) and (flag == "s" or verb.infinitive not in STATIC):
            marks = {("verb + object", zu_end(verb), name)}
            if " " in s.de:
                marks.add(("subject + verb", s.de, zu_end(verb)))
            return s, verb, det, name, marks


def german_object(s, det, name, mood="yes"):
    """The object in the accusative, and "nicht" where the negation is not in kein."""
    if mood == "no" and name in PLAYED and det == "-":      # Schach spielen is one notion
        return f"nicht {noun_phrase(det, name, 'acc')}", ""
    if mood == "no" and det in ("ein", "-"):
        return noun_phrase("kein", name, "acc"), ""
    return noun_phrase(det, name, "acc", owner=s.owner), "nicht" if mood == "no" else ""


def english_object(s, det, name, mood="yes"):
    return english_noun(det, name, owns=s.owns, mood=mood)


BRIEF = {"essen", "trinken", "öffnen", "schließen", "bestellen", "hören", "fragen", "tragen",
         "verstehen"}
LARGE = {("kaufen", "Haus"), ("kaufen", "Auto"), ("verkaufen", "Haus"), ("verkaufen", "Wohnung"),
         ("schreiben", "Buch"), ("übersetzen", "Buch")}


def past_time(d, verb, name, mood="yes"):
    """When something like that is done: a house in a year, a glass of water within a day."""
    times = table(PAST)
    if verb.infinitive in ("bauen", "mieten") or (verb.infinitive, name) in LARGE:
        times = table(LONG_PAST)
    elif verb.infinitive in BRIEF or name in MASS:
        lately = ("gestern", "heute Morgen", "gestern Abend", "am Montag")
        times = [t for t in times if t[0] in lately]
    return d.pick([t for t in times if not (mood == "no" and t[1] == "two days ago")
                   and not (t[1] == "this morning" and name in ("Bier", "Wein", "Sterne"))
                   and not (t[1] == "last night" and name == "Museum")
                   and not (t[1] == "last month" and (verb.infinitive, name) == ("bauen", "Haus"))])


def coming_time(d, verb, name):
    if verb.infinitive in ("bauen", "mieten") or (verb.infinitive, name) in LARGE:
        return d.pick([t for t in table(LONG_COMING) if not (
            t[1] == "next month" and (verb.infinitive, name) == ("bauen", "Haus"))])
    times = table(COMING)
    if verb.infinitive in ("finden", "schließen"):      # nobody plans that days before
        times = [t for t in times if t[1] == "soon" or t[1] == "tonight" and
                 verb.infinitive == "schließen"]
    elif verb.infinitive in BRIEF or name in MASS:
        times = [t for t in times if t[1] != "next week"]
    return d.pick([t for t in times if not (t[1] == "tomorrow morning" and name in ("Bier", "Wein"))
                   and not (t[1] == "tonight" and name == "Museum")])


def frame_perfect(d, mood="yes"):
    s, verb, det, name, marks = action(d)
    de_time, en_time = past_time(d, verb, name, mood)
    obj, negation = german_object(s, det, name, mood)
    en_verb = f"didn't {verb.en}" if mood == "no" else verb.past
    en = f"{s.en} {en_verb} {english_object(s, det, name, mood)} {en_time}"
    middle = f"{obj} {de_time} nicht" if negation else f"{de_time} {obj}"
    de = f"{s.de} {HABEN[s.person]} {middle} {verb.participle}"
    return finish(en), finish(de), marks


def frame_perfect_not(d):
    return frame_perfect(d, "no")


def frame_fronted(d):
    s, verb, det, name, marks = action(d)
    de_time, en_time = past_time(d, verb, name)
    obj, _ = german_object(s, det, name)
    return (finish(f"{en_time} {s.en} {verb.past} {english_object(s, det, name)}"),
            finish(f"{de_time} {HABEN[s.person]} {s.de} {obj} {verb.participle}"), marks)


def frame_now(d):
    while True:
        s, verb, det, name, marks = action(d, without="s")
        if zu_end(verb) not in ("mitbringen", "einladen"):
            break
    obj, _ = german_object(s, det, name)
    return (finish(f"{s.en} {be(s)} {verb.ing} {english_object(s, det, name)} right now"),
            finish(f"{s.de} {present(verb)[s.person]} gerade {obj} {verb.prefix}"), marks)


WARM_MEALS = {"Fisch", "Nudeln", "Suppe", "Gemüse", "Fleisch", "Reis", "Eis", "Schokolade"}


def frame_habit(d):
    while True:
        s, verb, det, name, marks = action(d, flag="h")
        if name not in ("Polizei", "Arzt", "Buch", "Roman", "Text", "Herd", "Bericht", "Konzert"):
            break
    often = HOW_OFTEN[verb.infinitive]
    if name in ("Bier", "Wein"):
        often = "2"
    elif name == "Chef":        # not on Sundays
        often = "03"
    elif name in WARM_MEALS and verb.infinitive == "essen":     # not every morning
        often = "02"
    de_time, en_time = table(HABITS)[int(d.pick(often))]
    obj, _ = german_object(s, det, name)
    en_verb = third(verb.en) if s.he else verb.en
    return (finish(f"{s.en} {en_verb} {english_object(s, det, name)} {en_time}"),
            finish(f"{s.de} {present(verb)[s.person]} {de_time} {obj} {verb.prefix}"), marks)


PLEASANT = {"essen", "trinken", "lesen", "kochen", "backen", "hören", "spielen", "schreiben",
            "besuchen", "tragen", "lernen"}


def frame_gern(d):
    while True:
        s, verb, det, name, marks = action(d, flag="h")
        if verb.infinitive in PLEASANT and (det == "-" or verb.infinitive == "besuchen") \
                and name != "Freund":
            break
    obj, _ = german_object(s, det, name)
    likes = "likes" if s.he else "like"
    return (finish(f"{s.en} {likes} to {verb.en} {english_object(s, det, name)}"),
            finish(f"{s.de} {present(verb)[s.person]} gern {obj} {verb.prefix}"), marks)


# One has no ideas, no questions: both languages deny those in the plural.
NOT_DENIED = {("brauchen", "Zeit"), ("haben", "Idee"), ("haben", "Frage"), ("haben", "Problem")}


def frame_state(d, mood="yes"):
    """Verbs of having, needing and understanding: the present without -ing."""
    while True:
        s, verb, det, name, marks = action(d, flag="s")
        if zu_end(verb) in ("brauchen", "haben", "verstehen", "vermissen") and not (
                mood == "no" and (verb.infinitive, name) in NOT_DENIED):
            break
    obj, negation = german_object(s, det, name, mood)
    en_verb = third(verb.en) if s.he else verb.en
    if mood == "no":
        en_verb = f"{'doesn' if s.he else 'don'}'t {verb.en}"
    return (finish(f"{s.en} {en_verb} {english_object(s, det, name, mood)}"),
            finish(f"{s.de} {present(verb)[s.person]} {obj} {negation}"), marks)


def frame_state_not(d):
    return frame_state(d, "no")


def frame_future(d):
    while True:
        s, verb, det, name, marks = action(d)
        if wanted(verb) and zu_end(verb) != "verstehen" and (
                (verb.infinitive, det) != ("suchen", "mein")) and (
                verb.infinitive != "sehen" or name in ("Film", "Meer")) and (
                verb.infinitive != "gewinnen" or name == "Spiel"):
            break
    de_time, en_time = coming_time(d, verb, name)
    obj, _ = german_object(s, det, name)
    return (finish(f"{s.en} will {verb.en} {english_object(s, det, name)} {en_time}"),
            finish(f"{s.de} {WERDEN[s.person]} {de_time} {obj} {zu_end(verb)}"), marks)


def modal_words(s, name, mood):
    forms, plain, he, no, he_no = MODALS[name]
    en = (he_no if s.he else no) if mood == "no" else he if s.he else plain
    en = en.replace("am/are not", "am not" if s.en == "I" else "aren't")
    return forms.split()[s.person], en.replace("am/are", be(s))


def wanted(verb):
    """Nobody plans to lose, forget or miss something."""
    return zu_end(verb) not in ("verlieren", "vergessen", "verpassen", "vermissen", "haben",
                                "brauchen")


CHORES = {"putzen", "räumen", "suchen", "reparieren", "waschen", "bezahlen", "packen", "holen",
          "streichen"}
GOOD_FOR_YOU = {"Gemüse", "Obst", "Fisch", "Suppe", "Wasser", "Milch"}


def forced(verb, name):
    """Does anyone have to? Nobody has to drink beer or to listen to a song."""
    if verb.infinitive in ("essen", "trinken"):
        return name in GOOD_FOR_YOU
    return verb.infinitive not in ("hören", "malen", "zeichnen")


def frame_modal(d, mood="yes"):
    while True:
        s, verb, det, name, marks = action(d)
        modal = d.pick(list(MODALS))
        favor = (modal != "dürfen" or verb.infinitive not in CHORES) and (
            modal != "müssen" or forced(verb, name))
        if mood == "no" and modal == "möchten":     # "does not want to" is said with wollen
            continue
        if wanted(verb) and name != "Unfall" and favor:
            break
    if zu_end(verb) in ("verstehen", "finden", "gewinnen", "sehen"):
        modal = "können"
    if verb.infinitive == "suchen":
        modal = "müssen"
    de_modal, en_modal = modal_words(s, modal, mood)
    obj, negation = german_object(s, det, name, mood)
    time = "", ""
    if modal in ("müssen", "können", "wollen") and mood == "yes" and d.random() < 0.5 and \
            verb.infinitive not in ("verstehen", "finden", "sehen", "suchen", "gewinnen"):
        time = coming_time(d, verb, name)
    return (finish(f"{s.en} {en_modal} {verb.en} {english_object(s, det, name, mood)} {time[1]}"),
            finish(f"{s.de} {de_modal} {time[0]} {obj} {negation} {zu_end(verb)}"), marks)


def frame_modal_not(d):
    return frame_modal(d, "no")


def frame_modal_past(d):
    """The preterite, as German speaks of modals in the past: Er musste gestern ..."""
    while True:
        s, verb, det, name, marks = action(d)
        modal, mood = d.pick([("musste", "yes"), ("wollte", "yes"), ("konnte", "no"),
                              ("durfte", "no")])
        if wanted(verb) and name != "Unfall" and not (
                modal == "durfte" and verb.infinitive in CHORES) and (
                modal != "musste" or forced(verb, name)):
            break
    if zu_end(verb) in ("verstehen", "finden", "gewinnen", "sehen"):
        modal, mood = "konnte", "no"
    if verb.infinitive == "suchen":
        modal, mood = "musste", "yes"
    not_allowed = "wasn't allowed to" if s.en == "I" or s.he else "weren't allowed to"
    en_modal = {"musste": "had to", "wollte": "wanted to", "konnte": "couldn't",
                "durfte": not_allowed}[modal]
    de_modal = modal + words("- st - n t n")[s.person].strip("-")
    de_time, en_time = past_time(d, verb, name, mood)
    obj, negation = german_object(s, det, name, mood)
    middle = f"{obj} {de_time} nicht" if negation else f"{de_time} {obj}"
    return (finish(f"{s.en} {en_modal} {verb.en} {english_object(s, det, name, mood)} {en_time}"),
            finish(f"{s.de} {de_modal} {middle} {zu_end(verb)}"), marks)


def frame_had(d):
    """The preterite of haben."""
    s, mood = d.subject(), d.pick(["yes", "no"])
    det, name = d.pick([("ein", "Termin"), ("ein", "Problem"), ("ein", "Idee"), ("ein", "Frage"),
                        ("-", "Zeit"), ("-", "Geld")])
    while s.de == "die Kinder" and name == "Termin":
        s = d.subject()
    if name == "Geld":
        mood = "no"
    if ("haben", name) in NOT_DENIED:
        mood = "yes"
    de_time, en_time = d.pick([t for t in table(PAST) if t[1] != "two days ago"])
    obj, _ = german_object(s, det, name, mood)
    en_verb = "didn't have" if mood == "no" else "had"
    return (finish(f"{s.en} {en_verb} {english_object(s, det, name, mood)} {en_time}"),
            finish(f"{s.de} {words('hatte hattest hatte hatten hattet hatten')[s.person]} "
                   f"{de_time} {obj}"), set())


def frame_may_question(d):
    while True:
        s, verb, det, name, marks = action(d)
        if wanted(verb) and zu_end(verb) not in ("verstehen", "gewinnen") and name != "Unfall" and \
                (verb.infinitive, det) != ("suchen", "mein"):
            break
    modal = d.pick([m for m in ("können", "müssen", "wollen")
                    if (m != "müssen" or forced(verb, name))
                    and (m != "wollen" or s.en not in ("I", "we"))])
    if zu_end(verb) in ("finden", "sehen"):
        modal = "können"
    if verb.infinitive == "suchen":
        modal = "müssen"
    de_modal = MODALS[modal][0].split()[s.person]
    do = "does" if s.he else "do"
    en = {"können": f"can {s.en} {verb.en}", "müssen": f"{do} {s.en} have to {verb.en}",
          "wollen": f"{do} {s.en} want to {verb.en}"}[modal]
    obj, _ = german_object(s, det, name)
    return (finish(f"{en} {english_object(s, det, name)}", "?"),
            finish(f"{de_modal} {s.de} {obj} {zu_end(verb)}", "?"), marks)


def frame_question(d):
    s, verb, det, name, marks = action(d, asked=True)
    obj, _ = german_object(s, det, name)
    return (finish(f"did {s.en} {verb.en} {english_object(s, det, name)}", "?"),
            finish(f"{HABEN[s.person]} {s.de} {obj} {verb.participle}", "?"), marks)


def at_random(verb, det):
    """Any books, any letters: nobody asks for those, nor when they were read or written."""
    return det == "-" and verb.infinitive in ("lesen", "schreiben")


def frame_when(d):
    while True:
        s, verb, det, name, marks = action(d, asked=True)
        if verb.infinitive != "verstehen" and not at_random(verb, det):
            break
    de_word, en_word = d.pick(table("wann=when, warum=why"))
    if verb.infinitive in ("gewinnen", "finden", "sehen"):      # nobody asks for a reason
        de_word, en_word = "wann", "when"
    obj, _ = german_object(s, det, name)
    return (finish(f"{en_word} did {s.en} {verb.en} {english_object(s, det, name)}", "?"),
            finish(f"{de_word} {HABEN[s.person]} {s.de} {obj} {verb.participle}", "?"), marks)


def frame_who(d):
    _, verb, det, name, marks = action(d)
    marks = {mark for mark in marks if mark[0] != "subject + verb"}      # it says no subject
    if verb.infinitive in ("verlieren", "vergessen"):       # "who lost his bag" asks among men
        det = "der"
    obj = noun_phrase(det, name, "acc", owner="dein")
    return (finish(f"who {verb.past} {english_noun(det, name, owns='your')}", "?"),
            finish(f"wer hat {obj} {verb.participle}", "?"), marks)


def frame_request(d):
    while True:
        _, verb, det, name, marks = action(d, flag="i")
        marks = {mark for mark in marks if mark[0] != "subject + verb"}      # it says no subject
        if name not in ("Bier", "Wein") and (verb.infinitive, name) not in LARGE and \
                not at_random(verb, det):
            break
    polite = d.random() < 0.5
    obj = noun_phrase(det, name, "acc", owner="Ihr" if polite else "dein")
    if polite:
        de = f"{verb.infinitive} Sie bitte {obj} {verb.prefix}"
    else:
        stem = verb.infinitive.removesuffix("n").removesuffix("e")
        du = verb.du_er[0] if verb.du_er else ""
        if du and "ie" in du or du == "isst":       # lies, iss: the vowel of du without its ending
            stem = {"liest": "lies", "isst": "iss"}[du]
        elif HARD.search(stem):
            stem += "e"
        de = f"{stem} bitte {obj} {verb.prefix}"
    return (finish(f"please {verb.en} {english_noun(det, name, owns='your')}"),
            finish(de), marks)


HOPED = {"kaufen", "verkaufen", "finden", "reparieren", "putzen", "räumen", "rufen", "besuchen",
         "laden", "holen", "bringen", "lernen", "packen", "bezahlen", "verstehen", "unterschreiben",
         "gewinnen", "schließen", "waschen", "fragen", "treffen", "backen"}


def frame_that(d):
    while True:
        start_de, start_en = d.pick(table("ich weiß=I know, ich glaube=I think, er sagt=he says, "
                                          "wir hoffen=we hope, sie sagt=she says"))
        s, verb, det, name, marks = action(d)
        if s.de not in ("ich", "wir", "du", "ihr", "er", "sie") and (
                start_en != "we hope" or verb.infinitive in HOPED):
            break
    obj, _ = german_object(s, det, name)
    return (finish(f"{start_en} that {s.en} {verb.past} {english_object(s, det, name)}"),
            finish(f"{start_de}, dass {s.de} {obj} {verb.participle} {HABEN[s.person]}"), marks)


def frame_because(d):
    main, reasons = d.pick([row.split(":") for row in rows(BECAUSE)])
    (de_main, en_main), (de_why, en_why) = (split(part, "|") for part in
                                            (main, d.pick(split(reasons))))
    s = d.subject()
    while "exam" in en_why and s.de in ("mein Vater", "meine Mutter", "mein Onkel", "der Lehrer",
                                        "unser Nachbar", "meine Eltern"):
        s = d.subject()
    pronoun = next(p for p in SUBJECT[:7] if p.person == s.person and p.owns == s.owns)
    first, *rest = de_main.split()
    en_first, *en_rest = en_main.split()
    *de_words, last = de_why.split()
    de_last = (SEIN if last == "sein" else HABEN)[s.person]
    en_verb, *en_words = en_why.split()
    en_verb = be(s) if en_verb == "be" else "has" if s.he else "have"
    acts = f"{be(s)} {progressive(en_first)}"
    if en_first in ("sleep", "study"):
        acts = third(en_first) if s.he else en_first
    return (finish(" ".join([s.en, acts, *en_rest, "because",
                             pronoun.en, en_verb, *en_words])),
            finish(" ".join([s.de, ACTS[first].split()[s.person], *rest]) + ", weil "
                   + " ".join([pronoun.de, *de_words, de_last])), set())


PUBLIC = {"Stadt", "Straße", "Museum", "Restaurant", "Park", "Dorf", "Film", "Artikel", "Baum",
          "Spiel", "Vogel", "Hotel", "Schiff", "Roman", "Bild", "Lied", "Blumen", "Apfel", "Wand",
          "Text", "Geschichte", "Paket", "Flasche", "Gedicht"}      # nobody's


def frame_is(d):
    """The thing is so: predicate adjectives do not inflect."""
    de_adj, en_adj, names = d.pick(ADJECTIVE)
    name = d.pick([n for n in names if n != "Freund"])      # a good friend, but: he is kind
    s = d.pick(OWNERS)
    det = "der" if name in MASS or d.random() < 0.6 else "mein"
    if name in PUBLIC or s.de == "wir" and name in PERSONAL:
        det = "der"
    noun = NOUN[name]
    plural = noun.gender == "p"
    past, no, very = d.random() < 0.3, d.random() < 0.25, d.random() < 0.3
    de_be = ("waren" if past else "sind") if plural else "war" if past else "ist"
    en_be = ("were" if past else "are") if plural else "was" if past else "is"
    if no:
        en_be, middle = en_be + "n't", "nicht"
    else:
        very = very and de_adj not in ("rot", "blau", "schwarz", "weiß", "leer")
        middle = "sehr" if very else ""
    en_very = "very" if very and not no else ""
    return (finish(f"{english_noun(det, name, owns=s.owns)} {en_be} {en_very} {en_adj}"),
            finish(f"{noun_phrase(det, name, 'nom', owner=s.owner)} {de_be} {middle} {de_adj}"),
            {("adjective + noun", de_adj, name)})


SIGHTS = {"Auto", "Haus", "Hund", "Katze", "Vogel", "Garten", "Stadt", "Baum", "Schiff", "Park",
          "Pferd", "Dorf", "Museum", "Bild", "Film"}
WARES = {"Auto", "Haus", "Fahrrad", "Mantel", "Kleid", "Lampe", "Tisch", "Handy", "Computer", "Uhr",
         "Wohnung", "Zimmer", "Tasche", "Koffer", "Hemd", "Jacke", "Hut", "Pullover", "Schuhe",
         "Handschuhe", "Rucksack", "Bluse", "Schrank", "Sofa", "Ring"}


def frame_described(d):
    """An adjective before its noun: nominative, accusative, dative."""
    de_adj, en_adj, names = d.pick(ADJECTIVE)
    name = d.pick([n for n in names if n not in MASS] or names)
    s = d.subject()
    marks = {("adjective + noun", de_adj, name)}
    det = "-" if name in MASS or NOUN[name].gender == "p" else "ein"
    en = english_noun(det, name, en_adj)
    kind = d.pick(["this", "see", "search", "have"])
    obj = noun_phrase(det, name, "acc", de_adj)
    if kind == "see" and name in SIGHTS:
        return (finish(f"{s.en} saw {en}"),
                finish(f"{s.de} {HABEN[s.person]} {obj} gesehen"),
                marks | {("verb + object", "sehen", name)})
    unfit = name in ("Kleid", "Bluse") and s.owns == "his" or name in PERSONAL and s.person > 2
    if kind == "search" and not unfit and s.de != "die Kinder" and (
            name in WARES or de_adj == "gut" and name in (
                "Arzt", "Lehrer", "Hotel", "Schule", "Restaurant")) and \
            de_adj not in ("alt", "kalt", "leer", "schwer", "teuer"):
        return (finish(f"{s.en} {be(s)} looking for {en}"),
                finish(f"{s.de} {words('suche suchst sucht suchen sucht suchen')[s.person]} {obj}"),
                marks | {("verb + object", "suchen", name)})
    own = name in WARES or name in ("Hund", "Katze", "Garten", "Küche", "Familie", "Pferd", "Idee",
                                    "Freund", "Lehrer", "Ball", "Nachbar")
    if kind != "this" and own and not unfit and s.de != "die Kinder" and \
            de_adj not in ("kalt", "leer"):
        return (finish(f"{s.en} {'has' if s.he else 'have'} {en}"),
                finish(f"{s.de} {HABEN[s.person]} {obj}"),
                marks)
    return (finish(f"that is {en}" if NOUN[name].gender != "p" else f"those are {en}"),
            finish(f"das {'ist' if NOUN[name].gender != 'p' else 'sind'} "
                   f"{noun_phrase(det, name, 'nom', de_adj)}"), marks)


def frame_lives(d):
    de_adj, en_adj, name = d.pick([(a, e, n) for a, e, names in ADJECTIVE for n in names
                                   if n in ("Haus", "Wohnung", "Stadt", "Dorf", "Zimmer")
                                   and a not in ("leer", "warm", "kalt", "sauber")])
    s = d.subject()
    forms = words("wohne wohnst wohnt wohnen wohnt wohnen")
    return (finish(f"{s.en} {'lives' if s.he else 'live'} in {english_noun('ein', name, en_adj)}"),
            finish(f"{s.de} {forms[s.person]} in {noun_phrase('ein', name, 'dat', de_adj)}"),
            {("adjective + noun", de_adj, name)})


WORKDAYS = ("yesterday", "last week", "this morning", "on Monday", "tomorrow", "next week",
            "tomorrow morning", "today")
MORNINGS, EVENINGS = ("this morning", "tomorrow morning"), ("last night", "tonight")
JOYS = ("ins Kino", "in den Park", "ins Restaurant", "ins Museum", "in den Garten", "ins Konzert")


def stays_away(s, to_de):
    """Children do not go to work, and grown-ups other than teachers not to school."""
    return to_de == "zur Arbeit" and s.de == "die Kinder" or \
        to_de == "in die Schule" and s.de in (*OLDER, "unser Nachbar")


def open_then(to_de, en_time):
    """Is that a time for the place?"""
    if to_de in ("in die Schule", "zur Arbeit", "zum Arzt"):
        return en_time in WORKDAYS
    if to_de in ("ins Kino", "ins Konzert", "ins Restaurant"):
        return en_time not in MORNINGS
    return to_de not in ("ins Museum", "auf den Markt", "in die Bibliothek") or \
        en_time not in EVENINGS


def frame_go(d):
    to_de, _, to_en, _ = d.pick(PLACE[:-1])     # to the sea: frame_travel
    s = d.subject()
    while stays_away(s, to_de):
        s = d.subject()
    kind = d.pick(["now", "past", "will", "not"])
    goes = words("gehe gehst geht gehen geht gehen")[s.person]
    times = {"ins Bett": ("last night", "soon"), "in den Garten": ("this morning", "soon", "today"),
             "nach Hause": ("yesterday", "this morning", "last night", "tonight", "soon", "today")}
    de_time, en_time = d.pick([t for t in table(PAST if kind in ("past", "not") else COMING)
                               if t[1] in times.get(to_de, t) and open_then(to_de, t[1])])
    if kind == "now":
        return (finish(f"{s.en} {be(s)} going {to_en} {en_time}"),
                finish(f"{s.de} {goes} {de_time} {to_de}"), set())
    if kind == "past":
        return (finish(f"{s.en} went {to_en} {en_time}"),
                finish(f"{s.de} {SEIN[s.person]} {de_time} {to_de} gegangen"), set())
    if kind == "not":
        return (finish(f"{s.en} didn't go {to_en} {en_time}"),
                finish(f"{s.de} {SEIN[s.person]} {de_time} nicht {to_de} gegangen"), set())
    must, en_must = modal_words(s, d.pick(["wollen", "möchten", *["müssen"] * (to_de not in JOYS)]),
                                "yes")
    return (finish(f"{s.en} {en_must} go {to_en} {en_time}"),
            finish(f"{s.de} {must} {de_time} {to_de} gehen"), set())


def frame_is_at(d):
    to_de, at_de, _, at_en = d.pick(PLACE)
    s = d.subject()
    while stays_away(s, to_de):
        s = d.subject()
    past, mood = d.random() < 0.5, d.pick(["yes", "yes", "no", "ask"])
    verb, en = (WAR if past else SEIN)[s.person], be(s, past)
    time = d.pick([t for t in table(PAST) if open_then(to_de, t[1])
                   and (at_de != "im Bett" or t[1] == "this morning")]) if past else \
        d.pick([("", ""), ("gerade", "right now")])
    if mood == "ask" and s.en not in ("I", "we"):
        return (finish(f"{en} {s.en} {at_en} {time[1]}", "?"),
                finish(f"{verb} {s.de} {time[0]} {at_de}", "?"), set())
    if mood == "no":
        en = f"{en} not" if en == "am" else f"{en}n't"
        time = time if past else ("", "")
        return (finish(f"{s.en} {en} {at_en} {time[1]}"),
                finish(f"{s.de} {verb} {time[0]} nicht {at_de}"), set())
    return (finish(f"{s.en} {en} {at_en} {time[1]}"), finish(f"{s.de} {verb} {time[0]} {at_de}"),
            set())


def frame_travel(d):
    (to_de, to_en), (by_de, by_en) = d.pick(table(CITIES)), d.pick(table(VEHICLES))
    if by_en == "by bike" and to_en not in ("to the sea", "to Hamburg", "to Cologne"):
        by_de, by_en = "mit dem Zug", "by train"
    s = d.subject()
    if d.random() < 0.5:
        de_time, en_time = d.pick(table(PAST))
        return (finish(f"{s.en} went {to_en} {by_en} {en_time}"),
                finish(f"{s.de} {SEIN[s.person]} {de_time} {by_de} {to_de} gefahren"), set())
    de_time, en_time = d.pick(table(COMING))
    return (finish(f"{s.en} will go {to_en} {by_en} {en_time}"),
            finish(f"{s.de} {WERDEN[s.person]} {de_time} {by_de} {to_de} fahren"), set())


def receiver_for(d, s, names):
    """Somebody other than the subject, and no odd relative of it."""
    return d.pick([name for name in names if not odd_relative(s, name)
                   and not (s.de in ("die Kinder", "ich", "du") and name == "Kinder")])


def frame_give(d):
    """Dative before accusative: Ich habe meinem Bruder das Buch gegeben."""
    s = d.subject()
    name = d.pick(["Buch", "Schlüssel", "Brief", "Geschenk", "Geld", "Ball", "Zeitung", "Kamera",
                   "Bild", "Fahrrad", "Tasche", "Jacke"])
    whom = receiver_for(d, s, ["Bruder", "Schwester", "Mutter", "Vater", "Freunde", "Nachbar",
                               "Tante", "Kinder", "Großmutter", "Onkel"])
    de_verb, en_verb = d.pick([("gegeben", "gave"), ("gezeigt", "showed")])
    if name == "Geld":
        de_verb, en_verb = "gegeben", "gave"
    receiver = noun_phrase("mein", whom, "dat", owner=s.owner)
    en_receiver = f"to {english_noun('mein', whom, owns=s.owns)}"
    time = d.pick([("", "")] + table(PAST))
    return (finish(f"{s.en} {en_verb} {english_noun('der', name)} {en_receiver} {time[1]}"),
            finish(f"{s.de} {HABEN[s.person]} {receiver} {time[0]} "
                   f"{noun_phrase('der', name, 'acc')} {de_verb}"),
            {("verb + object", de_verb, name)})


def frame_help(d):
    s = d.subject()
    whom = receiver_for(d, s, ["Bruder", "Schwester", "Mutter", "Vater", "Freunde", "Nachbar",
                               "Tante", "Großeltern", "Großmutter", "Onkel", "Eltern"])
    helps = words("helfe hilfst hilft helfen helft helfen")[s.person]
    receiver, en_receiver = (noun_phrase("mein", whom, "dat", owner=s.owner),
                             english_noun("mein", whom, owns=s.owns))
    kind = d.pick(["habit", "past", "must"])
    if kind == "habit":
        de_time, en_time = d.pick(table(HABITS))
        return (finish(f"{s.en} {'helps' if s.he else 'help'} {en_receiver} {en_time}"),
                finish(f"{s.de} {helps} {receiver} {de_time}"), set())
    if kind == "past":
        de_time, en_time = d.pick(table(PAST))
        return (finish(f"{s.en} helped {en_receiver} {en_time}"),
                finish(f"{s.de} {HABEN[s.person]} {receiver} {de_time} geholfen"), set())
    must, en_must = modal_words(s, d.pick(["müssen", "können", "wollen"]), "yes")
    return (finish(f"{s.en} {en_must} help {en_receiver}"),
            finish(f"{s.de} {must} {receiver} helfen"), set())


def frame_where(d):
    name = d.pick(["Schlüssel", "Handy", "Buch", "Zeitung", "Tasche", "Brief", "Kamera", "Ball",
                   "Hut", "Uhr", "Pass", "Ring", "Bild", "Regenschirm"])
    shared = name not in PERSONAL
    spot, en_spot = d.pick(table("auf dem Tisch=on the table, im Schrank=in the cabinet, "
                                 "unter dem Bett=under the bed, auf dem Stuhl=on the chair, "
                                 "in der Küche=in the kitchen, neben der Tür=next to the door, "
                                 "im Auto=in the car, auf dem Sofa=on the sofa, "
                                 "hinter der Lampe=behind the lamp, in der Tasche=in the bag"))
    if name in ("Tasche",):
        spot, en_spot = "auf dem Tisch", "on the table"
    s = d.pick(OWNERS[:4 if shared else 3])
    det = "der" if d.random() < 0.4 else "mein"
    thing, en = noun_phrase(det, name, "nom", owner=s.owner), english_noun(det, name, owns=s.owns)
    if d.random() < 0.15:
        return finish(f"where is {en}", "?"), finish(f"wo ist {thing}", "?"), set()
    negated = d.random() < 0.3
    en_is = "isn't" if negated else "is"
    return (finish(f"{en} {en_is} {en_spot}"),
            finish(f"{thing} {'liegt nicht' if negated else 'liegt'} {spot}"), set())


def frame_belongs(d):
    name = d.pick(["Auto", "Haus", "Fahrrad", "Hund", "Katze", "Koffer", "Buch", "Tasche", "Kamera",
                   "Boot", "Pferd", "Jacke", "Regenschirm", "Computer", "Ring"])
    whom = d.pick(["Bruder", "Schwester", "Mutter", "Vater", "Nachbar", "Tante", "Eltern",
                   "Freunde", "Lehrerin", "Großmutter", "Onkel", "Chef"])
    s = d.pick(OWNERS)
    negated = d.random() < 0.3
    belongs = "doesn't belong" if negated else "belongs"
    return (finish(f"the {NOUN[name].en} {belongs} to "
                   f"{english_noun('mein', whom, owns=s.owns)}"),
            finish(f"{noun_phrase('der', name, 'nom')} gehört {'nicht' if negated else ''} "
                   f"{noun_phrase('mein', whom, 'dat', owner=s.owner)}"), set())


def frame_costs(d):
    name = d.pick(["Apfel", "Buch", "Brot", "Hemd", "Kuchen", "Zeitung", "Tasche", "Hut", "Ball",
                   "Lampe", "Postkarte", "Pizza", "Suppe", "Salat"])
    first, last = (0, 2) if name in ("Apfel", "Zeitung", "Postkarte") else (1, 7) if name in (
        "Brot", "Suppe", "Salat", "Pizza", "Kuchen") else (3, 13)
    de_number, en_number = d.pick(table(NUMBERS)[first:last])
    return (finish(f"the {NOUN[name].en} costs {en_number} euros"),
            finish(f"{noun_phrase('der', name, 'nom')} kostet {de_number} Euro"), set())


def frame_clock(d):
    s = d.subject()
    kind = d.pick(["up", "arrive", "bed", "start"])
    name = d.pick(["Film", "Konzert", "Spiel", "Schule"])
    first, last = {"up": (3, 9), "bed": (5, 11), "arrive": (0, 11), "start": (0, 8)}[kind]
    if kind == "start" and name == "Schule":
        first, last = 5, 8
    de_number, en_number = d.pick(table(NUMBERS)[first:last])
    if kind == "up":
        up = words("stehe stehst steht stehen steht stehen")[s.person]
        return (finish(f"{s.en} {'gets' if s.he else 'get'} up at {en_number} o'clock"),
                finish(f"{s.de} {up} um {de_number} Uhr auf"), set())
    if kind == "arrive":
        return (finish(f"{s.en} arrived at {en_number} o'clock"),
                finish(f"{s.de} {SEIN[s.person]} um {de_number} Uhr angekommen"), set())
    if kind == "bed":
        return (finish(f"{s.en} went to bed at {en_number} o'clock"),
                finish(f"{s.de} {SEIN[s.person]} um {de_number} Uhr ins Bett gegangen"), set())
    en = "school" if name == "Schule" else f"the {NOUN[name].en}"
    return (finish(f"{en} starts at {en_number} o'clock"),
            finish(f"{noun_phrase('der', name, 'nom')} fängt um {de_number} Uhr an"), set())


def frame_person_is(d):
    s, (de, en) = d.subject(), d.pick(table(STATES))
    kind = d.pick(["is", "was", "not", "ask", "very"])
    if kind == "ask" and s.en not in ("I", "we"):
        return (finish(f"{be(s)} {s.en} {en}", "?"),
                finish(f"{SEIN[s.person]} {s.de} {de}", "?"), set())
    if kind == "was":
        de_time, en_time = d.pick([t for t in table(PAST) if t[1] in WORKDAYS[:1] + WORKDAYS[2:3]
                                   + ("last night",) or en not in ("hungry", "thirsty", "tired")])
        return (finish(f"{s.en} {be(s, True)} {en} {en_time}"),
                finish(f"{s.de} {WAR[s.person]} {de_time} {de}"), set())
    if kind == "not":
        en_be = f"{be(s)} not" if s.en == "I" else f"{be(s)}n't"
        return finish(f"{s.en} {en_be} {en}"), finish(f"{s.de} {SEIN[s.person]} nicht {de}"), set()
    very = ("sehr", "very") if kind == "very" and de != "allein" else ("", "")
    return (finish(f"{s.en} {be(s)} {very[1]} {en}"),
            finish(f"{s.de} {SEIN[s.person]} {very[0]} {de}"), set())


def frame_if(d):
    s = d.pick(SUBJECT[:7])
    de_if, en_if = d.pick(table("es regnet=it rains, es schneit=it snows, das Wetter schön ist="
                                "the weather is nice, es kalt ist=it is cold, die Sonne scheint="
                                "the sun shines"))
    choices = {"gehe gehst geht gehen geht gehen|in den Park": "go to the park",
               "bleibe bleibst bleibt bleiben bleibt bleiben|zu Hause": "stay home",
               "lese liest liest lesen lest lesen|ein Buch": "read a book",
               "trage trägst trägt tragen tragt tragen|einen Mantel": "wear a coat",
               "spiele spielst spielt spielen spielt spielen|im Garten": "play in the garden",
               "trinke trinkst trinkt trinken trinkt trinken|Tee": "drink tea"}
    outside = ("go to the park", "play in the garden")
    cold = en_if in ("it rains", "it snows", "it is cold")
    fitting = [c for c, en in choices.items() if (en in outside) != cold
               and (en != "wear a coat" or s.person < 3)]       # several wear several
    german = d.pick(fitting)
    forms, rest = german.split("|")
    verb, *en_rest = choices[german].split()
    return (finish(f"when {en_if}, {s.en} {third(verb) if s.he else verb} {' '.join(en_rest)}"),
            finish(f"wenn {de_if}, {forms.split()[s.person]} {s.de} {rest}"), set())


FRAMES = {  # frame: how many pairs it gives to training
    frame_perfect: 520, frame_perfect_not: 400, frame_fronted: 400, frame_now: 350,
    frame_habit: 320, frame_gern: 220, frame_state: 130, frame_state_not: 120, frame_future: 390,
    frame_modal: 520, frame_modal_not: 350, frame_modal_past: 240, frame_had: 80,
    frame_may_question: 250, frame_question: 300,
    frame_when: 300, frame_who: 90, frame_request: 170, frame_that: 250, frame_because: 140,
    frame_is: 350, frame_described: 320, frame_lives: 100, frame_go: 220, frame_is_at: 220,
    frame_travel: 150, frame_give: 220, frame_help: 170, frame_where: 170, frame_belongs: 110,
    frame_costs: 80, frame_clock: 130, frame_person_is: 170, frame_if: 80,
}


# --------------------------------------------------------------------------------------------------
# Split
# --------------------------------------------------------------------------------------------------
class Pair(NamedTuple):
    en: str
    de: str
    note: str
    marks: frozenset

    def line(self):
        return f"{self.en}\t{self.de}\t{self.note}\n"


class Parts(NamedTuple):
    train: list
    val: list
    test: list
    held_out: dict


@cache
def words_of(sentence):
    return re.findall(r"[\w'-]+|[.,!?]", sentence.lower())


def hand_pairs():
    return [Pair(en.strip(), de.strip(), "written by hand", frozenset())
            for de, en in (row.split("=") for row in BY_HAND.strip().split("\n"))]


def forms(verb):
    """Every form of a verb in these sentences, without its separable prefix."""
    stem = verb.infinitive.removesuffix("n").removesuffix("e")
    return {*present(verb), stem, stem + "e", *(["lies"] if stem == "les" else []),
            *(["iss"] if stem == "ess" else [])}


class Trace(NamedTuple):
    """What shows a combination in a German sentence, whatever the forms of its two words."""
    nouns: frozenset
    firsts: frozenset       # the adjective, or forms of the verb that need no prefix
    bare: frozenset         # forms of a separable verb: the prefix closes the sentence
    prefix: str

    def is_in(self, sentence):
        words = words_of(sentence)
        text = f" {' '.join(words)} "
        return (any(f" {noun} " in text for noun in self.nouns)
                and (not self.firsts.isdisjoint(words)
                     or self.prefix == words[-2:-1][0] and not self.bare.isdisjoint(words)))


def trace(mark):
    kind, first, name = mark
    if kind == "subject + verb":    # der Lehrer ... gekauft
        verb = next(v for v in VERB if zu_end(v) == name)
        subject = frozenset([first.split()[-1].lower()])
        whole, found = {zu_end(verb), verb.participle}, frozenset(forms(verb))
        if verb.prefix:
            return Trace(subject, frozenset(whole), found, verb.prefix)
        return Trace(subject, frozenset(whole) | found, frozenset(), "")
    noun = NOUN[name]
    nouns = frozenset(form.lower() for form in (noun.de, noun.de + noun.weak, noun.de + "n"))
    if kind == "adjective + noun":
        stem = "teur" if first == "teuer" else first
        return Trace(nouns, frozenset([first, *(stem + end for end in words("e en er es em"))]),
                     frozenset(), "")
    verb = next((v for v in VERB if zu_end(v) == first), None)
    if verb is None:            # gegeben, gezeigt: no more than that form
        return Trace(nouns, frozenset([first]), frozenset(), "")
    whole, found = {zu_end(verb), verb.participle}, frozenset(forms(verb))
    if verb.prefix:
        return Trace(nouns, frozenset(whole), found, verb.prefix)
    return Trace(nouns, frozenset(whole) | found, frozenset(), "")


def hold_out(d, pool, by_hand):
    """Combinations for val and for test; each of their words keeps at least three others.

    None with haben, whose forms stand in every perfect."""
    kinds = {}
    for pair in pool:
        for mark in pair.marks:
            kinds.setdefault(mark[0], {}).setdefault(mark)
    held = {"val": set(), "test": set()}
    for number, kind in enumerate(KINDS):
        marks = sorted(kinds[kind])
        count = Counter((side, mark[side]) for mark in marks for side in (1, 2))
        for mark in d.shuffled(marks):
            part = next((p for p in held if sum(m[0] == kind for m in held[p])
                         < HELD_OUT[p][number]), None)
            if part is None:
                break
            if mark[1] != "haben" and count[1, mark[1]] > 3 and count[2, mark[2]] > 3 and \
                    not any(trace(mark).is_in(pair.de) for pair in by_hand):
                held[part].add(mark)
                count[1, mark[1]] -= 1
                count[2, mark[2]] -= 1
    return held


def make():
    d = Dice(SEED)
    by_hand = hand_pairs()
    german = {pair.de for pair in by_hand}
    english = {pair.en for pair in by_hand}
    pool = {}
    for frame, count in FRAMES.items():
        pool[frame] = []
        for _ in range(6 * count):
            en, de, marks = frame(d)
            if de not in german and en not in english:
                german.add(de)
                note = "grammar: " + frame.__name__.removeprefix("frame_").replace("_", " ")
                pool[frame].append(Pair(en, de, note, frozenset(marks)))
    held = hold_out(d, [pair for pairs in pool.values() for pair in pairs], by_hand)
    traces = {part: [trace(mark) for mark in sorted(held[part])] for part in held}
    train, candidates = [], {"val": [], "test": []}
    for frame, count in FRAMES.items():
        kept = 0
        for pair in pool[frame]:
            if kept == count and pair.marks.isdisjoint(held["val"] | held["test"]):
                continue
            parts = [part for part in held if any(t.is_in(pair.de) for t in traces[part])]
            if len(parts) == 1 and pair.marks & held[parts[0]]:
                candidates[parts[0]].append(pair)
            elif not parts and kept < count:
                train.append(pair)
                kept += 1
    train += by_hand
    known = Counter(word for pair in train for side in (pair.en, pair.de)
                    for word in set(words_of(side)))

    def familiar(pair):
        return all(known[word] >= 3 for side in (pair.en, pair.de) for word in words_of(side))

    parts = {}
    seen = {pair.en for pair in train}
    for part, size in SIZES.items():
        parts[part] = []
        for pair in d.shuffled(candidates[part]):
            if familiar(pair) and pair.en not in seen and len(parts[part]) < size:
                parts[part].append(pair)
        seen |= {pair.en for pair in parts[part]}
    val_by_hand = [pair for pair in by_hand if all(known[word] >= 4 for side in (pair.en, pair.de)
                                                   for word in words_of(side))][:HAND_IN_VAL]
    others = {pair.en for pair in train if pair not in val_by_hand}
    val_by_hand = [pair for pair in val_by_hand if pair.en not in others]
    parts["val"] = parts["val"][:SIZES["val"] - len(val_by_hand)] + val_by_hand
    train = [pair for pair in train if pair not in val_by_hand]
    return Parts(d.shuffled(train), d.shuffled(parts["val"]), d.shuffled(parts["test"]), held)


def contents(parts):
    return {f"deu-eng-{name}.txt": "".join(pair.line() for pair in getattr(parts, name))
            for name in ("train", "val", "test")}


def main(check=False):
    parts = make()
    for name, text in contents(parts).items():
        path = FOLDER / name
        if not check:
            path.write_bytes(text.encode())
        elif not path.exists() or path.read_bytes() != text.encode():
            sys.exit(f"make_deu_eng.py: {path} differs from the grammar's output; "
                     "run it without --check to write it again")
    everything = [*parts.train, *parts.val, *parts.test]
    by_hand = sum(pair.note == "written by hand" for pair in everything)
    print(f"{len(everything)} pairs, {by_hand} of them written by hand: "
          f"train {len(parts.train)}, val {len(parts.val)}, test {len(parts.test)}")
    print(f"{len({w for pair in everything for w in words_of(pair.en)})} English words, "
          f"{len({w for pair in everything for w in words_of(pair.de)})} German words")
    for part, marks in parts.held_out.items():
        kinds = Counter(mark[0] for mark in marks)
        print(f"held out for {part}: " + ", ".join(f"{kinds[k]} of {k}" for k in sorted(kinds)))
    print("the files are the grammar's output" if check else f"written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(f"make_deu_eng.py: expected nothing or --check, got {' '.join(sys.argv[1:])}")
    main(check=bool(sys.argv[1:]))
