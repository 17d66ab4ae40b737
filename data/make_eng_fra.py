"""English-French sentence pairs for lesson 13_5: a small grammar, and sentences written by hand.

A frame (past tense, question, comparison ...) draws its words from the tables below and says the
same thing in both languages. Verbs list the objects that make sense with them, adjectives their
nouns. The parts:

    eng-fra-train.txt   grammar and hand-written sentences
    eng-fra-val.txt     combinations of two words that training never shows together ...
    eng-fra-test.txt    ... and others; training shows every such word in other company

So a model that has only memorized its training sentences fails on the test: it must compose.

Every English sentence has one translation, and the English decides it:
    you              tu; vous only where the English says sir, madam, children, "you all" ...
    I, you, we       masculine agreement (Je suis fatigué), also in the participle (Tu es allé)
    they, friends    masculine plural (ils, mes amis); elles where the sentence has named women
    was ... -ing, used to, was + adjective    imparfait        simple past        passé composé
    going to         futur proche                              will               futur simple
    some, any        partitive; de after a negation
    questions        est-ce que (with vous, and in set phrases, the inversion)
Typography: apostrophe ', a plain space before ? ! : ;

Run:    python data/make_eng_fra.py            writes the three files next to this script
        python data/make_eng_fra.py --check    compares the files with the grammar, writes nothing
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
SIZES = {"val": 400, "test": 500}
HAND_IN_VAL = 30


def words(text):
    return tuple(text.split())


# ------------------------------------------------------------------------------------------------
# Lexicon
# ------------------------------------------------------------------------------------------------
# English, French, gender. Irregular plurals stand in the two tables after it.
NOUNS = """
address adresse f, airport aéroport m, animal animal m, answer réponse f, apartment appartement m,
apple pomme f, armchair fauteuil m, aunt tante f, bag sac m, bakery boulangerie f, ball balle f,
banana banane f, bank banque f, bathroom salle de bains f, beach plage f, bed lit m,
bedroom chambre f, beer bière f, bicycle vélo m, bill addition f, bird oiseau m, boat bateau m,
book livre m, bookstore librairie f, bottle bouteille f, box boîte f, bread pain m, bridge pont m,
brother frère m, bus bus m, cake gâteau m, camera appareil photo m, car voiture f, castle château m,
cat chat m, cathedral cathédrale f, chair chaise f, cheese fromage m, chicken poulet m,
child enfant m, chocolate chocolat m, church église f, city ville f, clock horloge f,
coat manteau m,
coffee café m, color couleur f, computer ordinateur m, cookie biscuit m, country pays m,
cup tasse f,
desk bureau m, dessert dessert m, doctor médecin m, document document m, dog chien m, door porte f,
drawer tiroir m, dress robe f, egg œuf m, exam examen m, exercise exercice m,
exhibition exposition f,
father père m, fish poisson m, floor sol m, flower fleur f, friend ami m, fridge frigo m,
garage garage m, garden jardin m, gift cadeau m, girl fille f, glass verre m, glasses lunettes f,
grandfather grand-père m, grandmother grand-mère f, guitar guitare f, hand main f, hat chapeau m,
homework devoirs m, horse cheval m, hospital hôpital m, hotel hôtel m, house maison f,
ice_cream glace f, idea idée f, island île f, job travail m, juice jus m, key clé f,
kitchen cuisine f,
lamp lampe f, lesson leçon f, letter lettre f, library bibliothèque f, living_room salon m,
magazine magazine m, map carte f, market marché m, meal repas m, meat viande f,
medicine médicaments m, menu menu m, message message m, milk lait m, mirror miroir m,
money argent m,
mother mère f, mouse souris f, movie film m, museum musée m, neighbor voisin m, newspaper journal m,
noise bruit m, notebook cahier m, novel roman m, office bureau m, orange orange f, package colis m,
painting tableau m, parent parent m, park parc m, party fête f, passport passeport m, pear poire f,
pen stylo m, pharmacy pharmacie f, phone téléphone m, photo photo f, piano piano m, picture photo f,
pizza pizza f, plane avion m, plant plante f, plate assiette f, poem poème m, post_office poste f,
postcard carte postale f, problem problème m, question question f, radio radio f, rent loyer m,
restaurant restaurant m, rice riz m, ring bague f, river rivière f, road route f, roof toit m,
room pièce f, salad salade f, salt sel m, sandwich sandwich m, scarf écharpe f, school école f,
sea mer f, shelf étagère f, shirt chemise f, shoe chaussure f, shower douche f, sister sœur f,
skirt jupe f, sofa canapé m, solution solution f, song chanson f, soup soupe f, stadium stade m,
star étoile f, station gare f, store magasin m, story histoire f, street rue f, sugar sucre m,
suitcase valise f, supermarket supermarché m, sweater pull m, swimming_pool piscine f,
table table f,
taxi taxi m, tea thé m, teacher professeur m, text texte m, theater théâtre m, ticket billet m,
tie cravate f, train train m, tree arbre m, truck camion m, umbrella parapluie m, uncle oncle m,
university université f, vase vase m, vegetable légume m, village village m, violin violon m,
wall mur m, wallet portefeuille m, watch montre f, water eau f, window fenêtre f, wine vin m,
word mot m, work travail m, zoo zoo m, concert concert m, game match m, kilo kilo m,
piece morceau m, subway métro m, banker banquier m, restroom toilettes f, weekend week-end m
"""
EN_PLURAL = {"child": "children", "fish": "fish", "mouse": "mice", "shelf": "shelves",
             "scarf": "scarves", "glasses": "glasses", "homework": "homework",
             "medicine": "medicine", "party": "parties", "story": "stories", "city": "cities",
             "country": "countries", "library": "libraries", "bakery": "bakeries"}
FR_PLURAL = {"animal": "animaux", "cheval": "chevaux", "journal": "journaux", "hôpital": "hôpitaux",
             "travail": "travaux", "bateau": "bateaux", "gâteau": "gâteaux", "château": "châteaux",
             "manteau": "manteaux", "chapeau": "chapeaux", "cadeau": "cadeaux", "bureau": "bureaux",
             "oiseau": "oiseaux", "tableau": "tableaux", "morceau": "morceaux",
             "salle de bains": "salles de bains", "appareil photo": "appareils photo",
             "carte postale": "cartes postales", "grand-père": "grands-pères",
             "grand-mère": "grands-mères"}
# Things of one's own: they lost their hats, not their hat.
PERSONAL = words("""apple bag banana bicycle coat desk dress hat orange passport pear pen phone ring
sandwich scarf shirt skirt suitcase sweater tie ticket umbrella wallet watch shoe dessert cookie
notebook book""")

# English; masculine; feminine; the form before a vowel (bel arbre), for those that stand before the
# noun; the nouns that it may describe.
ADJECTIVES_BEFORE = """
big; grand; grande; grand; house garden kitchen table bag tree hotel city boat bed window school
    room castle store box suitcase apartment park umbrella museum supermarket mirror
small; petit; petite; petit; house garden kitchen table bag boat box village apartment bedroom car
    lamp mirror hotel island school restaurant key store bakery church
beautiful; beau; belle; bel; house garden tree castle city boat horse hotel painting apartment watch
    photo island bird song poem animal story cathedral village letter clock
new; nouveau; nouvelle; nouvel; car bicycle computer phone dress coat apartment hotel camera
    umbrella
    watch hat guitar bed address sofa armchair museum library stadium
old; vieux; vieille; vieil; house tree castle computer hotel car bicycle bed clock piano photo
    church
    coat radio table map bridge sofa armchair wall theater suitcase truck
good; bon; bonne; bon; book movie restaurant hotel idea cake song novel story answer dessert bakery
pretty; joli; jolie; joli; dress skirt garden flower village ring hat scarf cup house photo postcard
    vase lamp bedroom
"""
ADJECTIVES_AFTER = """
red; rouge; rouge; car bicycle dress shirt coat hat umbrella bag skirt sweater door flower apple
    chair scarf ball box cup boat
blue; bleu; bleue; car bicycle dress shirt coat hat umbrella bag sweater door chair scarf boat cup
    notebook pen vase bird
green; vert; verte; car dress coat door sweater bag chair bottle box apple tie scarf notebook
    armchair umbrella
white; blanc; blanche; house wall cat dog horse shirt dress car flower cup plate boat mouse door
    vase
black; noir; noire; cat dog horse car coat hat bag suitcase umbrella shoe phone skirt tie piano pen
yellow; jaune; jaune; flower house dress umbrella bird car scarf lamp cup skirt ball
gray; gris; grise; cat coat sweater car suitcase horse sofa mouse hat skirt
expensive; cher; chère; car watch hotel restaurant dress phone computer ring camera ticket coat
    apartment painting bicycle sofa
interesting; intéressant; intéressante; book movie story exhibition museum letter lesson city novel
    question idea answer text magazine
difficult; difficile; difficile; exercise question lesson problem text exam word
easy; facile; facile; exercise question lesson text exam poem
heavy; lourd; lourde; bag suitcase box table package armchair
empty; vide; vide; bottle glass box bag room suitcase drawer fridge
clean; propre; propre; shirt kitchen glass plate hotel bedroom beach car street
dirty; sale; sale; shirt car dog plate coat shoe kitchen window glass floor
comfortable; confortable; confortable; bed chair sofa hotel car apartment armchair house
modern; moderne; moderne; kitchen house hotel museum apartment hospital school library
French; français; française; movie book song car newspaper restaurant cheese wine city
Italian; italien; italienne; movie restaurant song car wine city
broken; cassé; cassée; chair cup lamp watch glass window phone clock camera radio vase bicycle
"""
# Adjectives of people: English, masculine, feminine.
MOODS = """
tired fatigué fatiguée, happy heureux heureuse, sad triste triste, sick malade malade,
busy occupé occupée, late en_retard en_retard, ready prêt prête, angry en_colère en_colère,
worried inquiet inquiète, alone seul seule, surprised surpris surprise, nervous nerveux nerveuse
"""
TRAITS = """
young jeune jeune, tall grand grande, strong fort forte, shy timide timide, nice gentil gentille,
smart intelligent intelligente, funny drôle drôle, rich riche riche, famous célèbre célèbre,
generous généreux généreuse, curious curieux curieuse, patient patient patiente, polite poli polie,
serious sérieux sérieuse, brave courageux courageuse, lazy paresseux paresseuse
"""
COMPARATIVES = {"tall": "taller", "young": "younger", "strong": "stronger", "nice": "nicer",
                "rich": "richer", "funny": "funnier", "shy": "shyer", "smart": "smarter",
    "brave": "braver"}
PROFESSIONS = """
doctor médecin médecin, nurse infirmier infirmière, lawyer avocat avocate,
baker boulanger boulangère,
cook cuisinier cuisinière, singer chanteur chanteuse, journalist journaliste journaliste,
dentist dentiste dentiste, farmer agriculteur agricultrice, student étudiant étudiante,
musician musicien musicienne, architect architecte architecte, pilot pilote pilote,
photographer photographe photographe, hairdresser coiffeur coiffeuse
"""

# English; past; past participle; French; flags; objects that make sense.
# Flags:   p  has a progressive (I am reading)      i  sounds natural as a request
#          o  its object can become it, him, them   g  for grown-ups
#          w  happens to us: nobody wants to lose keys
#          d  takes the times of days, l of months and years (others: of moments)
#          ?  can answer "what?"
# Objects: determiner and noun, + plural, * also as a habit; English=French for fixed phrases.
# "my" is the possessive of whoever the subject is.
VERBS = """
buy; bought; bought; acheter; pio?d; a car, a house, a book, a dress, a shirt, a coat, a hat,
    a computer, a phone, a watch, a lamp, a table, a gift, a guitar, a camera, a umbrella, a ring,
    a sweater, a bag, a bicycle, a sofa, some bread*, some milk*, some cheese, some apple+,
    some flower+*,
    some egg+, some rice, some vegetable+*, some meat, some fish*, some sugar
sell; sold; sold; vendre; ogl; my car, my house, my boat, my piano, my computer, my bicycle,
    my guitar, the house, the boat, the piano, the car, the painting, my camera
eat; ate; eaten; manger; po?; a apple, a orange, a pear, a banana, a sandwich, some soup*,
    some bread*,
    some cheese*, some fish*, some meat*, some rice*, some chicken*, some salad*, some chocolate*,
    some cake, some ice_cream*, some egg+*, some vegetable+*, some cookie+*
drink; drank; drunk; boire; po?; some water*, some milk*, some coffee*, some tea*,
    orange juice=du jus d'orange|de jus d'orange*
read; read; read; lire; pio?d; a book, a novel, a letter, a story, a magazine, a poem,
    the newspaper*,
    the letter, this book, this novel, this text, the menu, the message
write; wrote; written; écrire; pio?d; a letter*, a book, a poem*, a song*, a story*, a postcard,
    a message,
    a novel
look for; looked for; looked for; chercher; po?; my key+, my glasses+, my phone, my bag, my cat,
    my dog,
    my umbrella, my passport, my wallet, a job, a hotel, a apartment, a gift, my hat,
    the solution, my ticket
find; found; found; trouver; o?d; my key+, my glasses+, my phone, my wallet, my passport, a job,
    a hotel,
    a apartment, the key, the solution, the answer, my umbrella, my ticket, my cat
lose; lost; lost; perdre; owg?d; my key+*, my glasses+*, my phone, my wallet, my passport,
    my ticket,
    my umbrella, my watch, my bag, my hat, the key
forget; forgot; forgotten; oublier; ow?; my key+*, my umbrella*, my passport, my ticket,
    my glasses+,
    my book, my bag, the address, my phone*, the answer
take; took; taken; prendre; i; the bus*, the train*, the subway*, a taxi, a picture, a shower,
    my umbrella,
    my medicine+*, the plane, my camera
open; opened; opened; ouvrir; io; the door, the window*, the box, the bottle, the letter,
    the drawer,
    my suitcase, my gift, my book
close; closed; closed; fermer; io; the door, the window*, the box, the drawer, my suitcase, my book,
    the garage
wash; washed; washed; laver; pio; the car, my shirt, my dog, the window+, the floor, the glass+,
    my bicycle, the plate+, my sweater, the vegetable+
clean; cleaned; cleaned; nettoyer; piod; the kitchen*, the bathroom*, the house*, the garage,
    the floor*,
    my bedroom*, my shoe+, my glasses+*, my desk, the living_room, the window+
prepare; prepared; prepared; préparer; pi?; dinner=le dîner*, breakfast=le petit déjeuner*,
    lunch=le déjeuner*, a salad, a cake, some soup, the meal*, a dessert, my lesson+
watch; watched; watched; regarder; p?; television=la télévision*, a movie, the game,
    the news=les informations*, a French movie=un film français|de film français, the bird+
look at; looked at; looked at; regarder; pi; the star+, the photo+, the map, the sea, the menu,
    the painting, the flower+, the clock
listen to; listened to; listened to; écouter; pi?; the radio*, music=de la musique|de musique*,
    a song,
    this song, the teacher, a concert, this story, my parent+, my message+
learn; learned; learned; apprendre; p?d; French=le français, English=l'anglais, Spanish=l'espagnol,
    a poem, a song, the lesson, this poem, the word+
speak; spoke; spoken; parler; ; French=français*, English=anglais*, Spanish=espagnol*,
    German=allemand*,
    Italian=italien*
study; studied; studied; étudier; p?; French=le français*, history=l'histoire*, math=les maths*,
    the lesson, English=l'anglais*, this text, medicine=la médecine, music=la musique
bring; brought; brought; apporter; io?; a cake, a bottle, a gift, some flower+, some bread,
    some chair+,
    my guitar, some fruit=des fruits|de fruits, a dessert, some plate+
send; sent; sent; envoyer; piod; a letter*, a gift, a package, a message*, a postcard*, some photo+,
    the document+
receive; received; received; recevoir; od; a letter*, a gift, a package, a message*, a postcard,
    the document+
break; broke; broken; casser; ow?; a glass, a plate, a cup, the window, the lamp, the vase,
    the chair,
    my phone, my glasses+, my watch, the clock
repair; repaired; repaired; réparer; po?d; the roof, the car, the door, the chair, the lamp,
    the radio,
    my bicycle, my computer, my watch, the clock, the wall
paint; painted; painted; peindre; po?d; the door, the wall+, the kitchen, the house, my bedroom,
    the roof
draw; drew; drawn; dessiner; p?; a cat, a tree, a horse, a house, a flower, a boat, a bird, a map,
    a castle
visit; visited; visited; visiter; pod; the museum, the castle, the city, the cathedral,
    the exhibition,
    a museum, a castle, the church, the zoo, the island
help; helped; helped; aider; pod; my mother*, my father*, my brother*, my sister*, my friend+*,
    my neighbor+*, my grandmother*, my grandfather*, my parent+*, the teacher, the child+
call; called; called; appeler; pio; my mother*, my father, my brother, my sister*, my friend+*,
    the doctor,
    my grandmother*, my parent+*, a taxi, my uncle, my aunt*
invite; invited; invited; inviter; iod; my friend+*, my neighbor+*, my parent+, my brother,
    my sister,
    my uncle, my aunt, my grandmother, the teacher
wait for; waited for; waited for; attendre; pi; the bus*, the train*, my mother, my brother,
    my sister*,
    my friend+*, the doctor, my parent+
see; saw; seen; voir; o?d; a movie, the doctor, my friend+, my parent+, my uncle, my aunt, the sea,
    this movie, my grandmother, the castle, the exhibition
thank; thanked; thanked; remercier; io; the teacher, my mother, my parent+, my friend+,
    my neighbor+,
    the doctor, my uncle, my aunt, my grandfather
choose; chose; chosen; choisir; pio?d; a dress, a gift, a book, a hat, a movie, a restaurant,
    the color,
    the wine, a dessert, a cake, a hotel
hear; heard; heard; entendre; w?; a noise, a song, the radio, the bird+, the phone, the train,
    the dog,
    some music=de la musique|de musique
understand; understood; understood; comprendre; o?; the question, the lesson, the problem,
    the answer,
    the exercise, this word, this text, this song
finish; finished; finished; finir; iod; my homework+, my work, my meal, the book, the exercise,
    the letter,
    this novel, my soup, the lesson
start; started; started; commencer; id; my homework+, my work, the exercise, the lesson, this novel
order; ordered; ordered; commander; og?; a pizza, a salad, a dessert, a sandwich,
    some wine, some water, some fish, a cake, some chicken
pay; paid; paid; payer; ogd; the bill, the rent, for the hotel=l'hôtel, for the meal=le repas,
    for the tickets=les billets
cut; cut; cut; couper; pio; the bread, the cake, the cheese, the meat, the apple+, the flower+,
    the chicken
hide; hid; hidden; cacher; o?; the gift, the key, the money, the chocolate, the letter,
    the photo+
water; watered; watered; arroser; pio; the flower+*, the plant+*, the garden*, the tree,
    the vegetable+*
drive; drove; driven; conduire; pg; the car, the bus, the truck, my car*
carry; carried; carried; porter; pio; the suitcase+, the box, my bag, the table, the package+,
    the chair+
plant; planted; planted; planter; po?d; a tree, some flower+, some vegetable+
answer; answered; answered; répondre à; ; the question, the letter, the teacher, the phone*,
    this message
talk to; talked to; talked to; parler à; p; the teacher, my mother*, my father*, my sister,
    my neighbor+*,
    the doctor, my friend+*, my parent+*, my grandmother*
play; played; played; jouer; p; soccer=au football*, tennis=au tennis*, cards=aux cartes*,
    chess=aux échecs*, the guitar=de la guitare*, the piano=du piano*, the violin=du violon*
"""
# Verbs without an object: English; past; past participle; French. être verbs are listed below.
PLAIN_VERBS = """
go; went; gone; aller
get; got; gotten; aller
come; came; come; venir
come back; came back; come back; revenir
leave; left; left; partir
arrive; arrived; arrived; arriver
stay; stayed; stayed; rester
go out; went out; gone out; sortir
go home; went home; gone home; rentrer
fall; fell; fallen; tomber
work; worked; worked; travailler
sleep; slept; slept; dormir
run; ran; run; courir
swim; swam; swum; nager
dance; danced; danced; danser
sing; sang; sung; chanter
walk; walked; walked; marcher
travel; traveled; traveled; voyager
cook; cooked; cooked; cuisiner
live; lived; lived; habiter
eat; ate; eaten; manger
speak; spoke; spoken; parler
drive; drove; driven; conduire
draw; drew; drawn; dessiner
write; wrote; written; écrire
read; read; read; lire
ski; skied; skied; skier
play; played; played; jouer
be; was; been; être
have; had; had; avoir
think; thought; thought; penser
know; knew; known; savoir
say; said; said; dire
hope; hoped; hoped; espérer
like; liked; liked; aimer
hate; hated; hated; détester
love; loved; loved; adorer
prefer; preferred; preferred; préférer
need; needed; needed; avoir besoin
miss; missed; missed; rater
pass; passed; passed; réussir
fail; failed; failed; rater
wear; wore; worn; porter
give; gave; given; donner
show; showed; shown; montrer
lend; lent; lent; prêter
bring; brought; brought; apporter
send; sent; sent; envoyer
read; read; read; lire
"""
REFLEXIVES = """
get up; got up; gotten up; se lever
go to bed; went to bed; gone to bed; se coucher
wake up; woke up; woken up; se réveiller
get dressed; got dressed; gotten dressed; s'habiller
rest; rested; rested; se reposer
take a walk; took a walk; taken a walk; se promener
have fun; had fun; had fun; s'amuser
hurry; hurried; hurried; se dépêcher
fall asleep; fell asleep; fallen asleep; s'endormir
"""
HAVE_STATES = {"hungry": "faim", "thirsty": "soif", "cold": "froid", "hot": "chaud",
               "sleepy": "sommeil", "afraid": "peur", "right": "raison", "wrong": "tort"}

ETRE_VERBS = {"aller", "venir", "revenir", "partir", "arriver", "rester", "sortir", "rentrer",
"tomber"}
PRESENT = {
    "être": "suis es est sommes êtes sont", "avoir": "ai as a avons avez ont",
    "aller": "vais vas va allons allez vont", "faire": "fais fais fait faisons faites font",
    "venir": "viens viens vient venons venez viennent",
    "revenir": "reviens reviens revient revenons revenez reviennent",
    "partir": "pars pars part partons partez partent",
    "sortir": "sors sors sort sortons sortez sortent",
    "dormir": "dors dors dort dormons dormez dorment",
    "endormir": "endors endors endort endormons endormez endorment",
    "prendre": "prends prends prend prenons prenez prennent",
    "apprendre": "apprends apprends apprend apprenons apprenez apprennent",
    "comprendre": "comprends comprends comprend comprenons comprenez comprennent",
    "boire": "bois bois boit buvons buvez boivent", "lire": "lis lis lit lisons lisez lisent",
    "écrire": "écris écris écrit écrivons écrivez écrivent",
    "voir": "vois vois voit voyons voyez voient",
    "ouvrir": "ouvre ouvres ouvre ouvrons ouvrez ouvrent",
    "recevoir": "reçois reçois reçoit recevons recevez reçoivent",
    "conduire": "conduis conduis conduit conduisons conduisez conduisent",
    "peindre": "peins peins peint peignons peignez peignent",
    "pouvoir": "peux peux peut pouvons pouvez peuvent",
    "vouloir": "veux veux veut voulons voulez veulent",
    "devoir": "dois dois doit devons devez doivent", "savoir": "sais sais sait savons savez savent",
    "dire": "dis dis dit disons dites disent", "courir": "cours cours court courons courez courent",
}
PARTICIPLE = {"être": "été", "avoir": "eu", "venir": "venu", "revenir": "revenu", "prendre": "pris",
              "apprendre": "appris", "comprendre": "compris", "boire": "bu", "lire": "lu",
              "écrire": "écrit", "voir": "vu", "ouvrir": "ouvert", "recevoir": "reçu",
              "conduire": "conduit", "peindre": "peint", "faire": "fait", "dire": "dit",
              "courir": "couru", "savoir": "su"}
FUTURE = {"être": "ser", "avoir": "aur", "aller": "ir", "faire": "fer", "venir": "viendr",
          "revenir": "reviendr", "voir": "verr", "envoyer": "enverr", "recevoir": "recevr",
          "courir": "courr", "savoir": "saur", "pouvoir": "pourr", "vouloir": "voudr",
          "devoir": "devr"}
SECOND_GROUP = {"finir", "choisir", "réussir"}

# English; French; person 0-5 (je ... ils); f feminine; y young
SUBJECTS = """
I; je; 0;
you; tu; 1;
he; il; 2;
she; elle; 2; f
we; nous; 3;
they; ils; 5;
Marie; Marie; 2; f
Paul; Paul; 2;
Claire; Claire; 2; f
Thomas; Thomas; 2;
my brother; mon frère; 2;
my sister; ma sœur; 2; f
my mother; ma mère; 2; f
my father; mon père; 2;
my parents; mes parents; 5;
my grandmother; ma grand-mère; 2; f
my grandfather; mon grand-père; 2;
my uncle; mon oncle; 2;
my aunt; ma tante; 2; f
our neighbors; nos voisins; 5;
the children; les enfants; 5; y
the girls; les filles; 5; fy
my friend Claire; mon amie Claire; 2; f
my friend Paul; mon ami Paul; 2;
my sisters; mes sœurs; 5; f
Julie and Marc; Julie et Marc; 5;
the teacher; le professeur; 2;
your brother; ton frère; 2;
your sister; ta sœur; 2; f
your parents; tes parents; 5;
your mother; ta mère; 2; f
your father; ton père; 2;
"""

# Where one goes. English after "to", French noun phrase after "à".
PLACES = """
the park=le parc, school=l'école, the market=le marché, the beach=la plage, the station=la gare,
the museum=le musée, the hospital=l'hôpital, the library=la bibliothèque,
the restaurant=le restaurant, the office=le bureau, the movies=le cinéma,
the post office=la poste, the pharmacy=la pharmacie, the bakery=la boulangerie,
the supermarket=le supermarché, the swimming pool=la piscine, church=l'église,
the airport=l'aéroport, the theater=le théâtre, the stadium=le stade, the zoo=le zoo,
the hotel=l'hôtel, the university=l'université
"""
# in/to; from
COUNTRIES = """
France=en France=de France, Italy=en Italie=d'Italie, Spain=en Espagne=d'Espagne,
Germany=en Allemagne=d'Allemagne, England=en Angleterre=d'Angleterre, Japan=au Japon=du Japon,
Canada=au Canada=du Canada, Portugal=au Portugal=du Portugal, Brazil=au Brésil=du Brésil,
Mexico=au Mexique=du Mexique, the United States=aux États-Unis=des États-Unis,
Switzerland=en Suisse=de Suisse, China=en Chine=de Chine, Greece=en Grèce=de Grèce
"""
CITIES = """
Paris=à Paris=de Paris, Lyon=à Lyon=de Lyon, Rome=à Rome=de Rome, London=à Londres=de Londres,
Marseille=à Marseille=de Marseille, Madrid=à Madrid=de Madrid, Berlin=à Berlin=de Berlin,
Brussels=à Bruxelles=de Bruxelles, Geneva=à Genève=de Genève
"""
# Moments for what takes minutes (opening a door), days for what is planned or remembered longer
# (visiting somebody), long for what changes a life (buying a house).
PAST_MOMENTS = """yesterday=hier, last night=hier soir, this morning=ce matin,
yesterday morning=hier matin, an hour ago=il y a une heure, yesterday afternoon=hier après-midi"""
PAST_DAYS = """yesterday=hier, last week=la semaine dernière, two days ago=il y a deux jours,
last Saturday=samedi dernier, last Monday=lundi dernier, this morning=ce matin"""
PAST_LONG = """last year=l'année dernière, last month=le mois dernier,
last week=la semaine dernière,
three years ago=il y a trois ans, last summer=l'été dernier"""
FUTURE_MOMENTS = """tomorrow=demain, tonight=ce soir, tomorrow morning=demain matin,
this afternoon=cet après-midi"""
FUTURE_DAYS = """tomorrow=demain, next week=la semaine prochaine, this weekend=ce week-end,
on Sunday=dimanche, on Friday=vendredi"""
FUTURE_LONG = """next year=l'année prochaine, next month=le mois prochain, this summer=cet été,
next week=la semaine prochaine"""
HABIT_TIMES = """every day=tous les jours, every morning=tous les matins,
every evening=tous les soirs, every week=toutes les semaines, every Saturday=tous les samedis,
on Sundays=le dimanche"""
# By noun or verb: the only times that suit it, where not all of them do (no dinner in the morning).
HABITS = {"breakfast": "every day, every morning", "lunch": "every day",
          "dinner": "every day, every evening", "meal": "every day, every evening",
          "glasses": "every day, every morning", "message": "every day, every week",
          "invite": "every week, every Saturday, on Sundays",
          "clean": "every week, every Saturday, on Sundays", "eat": "every day, every week",
          "buy": "every day, every week, every Saturday", "write": "every week",
          "send": "every week", "receive": "every week", "open": "every day, every morning",
          "close": "every day, every evening", "take": "every day, every morning"}
HOURS = """six o'clock=six heures, seven o'clock=sept heures, eight o'clock=huit heures,
nine o'clock=neuf heures, ten o'clock=dix heures, eleven o'clock=onze heures,
half past six=six heures et demie, half past seven=sept heures et demie,
half past eight=huit heures et demie, half past ten=dix heures et demie,
a quarter past nine=neuf heures et quart, a quarter past seven=sept heures et quart"""
NUMBERS = """two=deux, three=trois, four=quatre, five=cinq, six=six, seven=sept, eight=huit,
nine=neuf,
ten=dix, twelve=douze, fifteen=quinze, twenty=vingt"""
AGES = """five=cinq, six=six, eight=huit, nine=neuf, ten=dix, eleven=onze, twelve=douze,
thirteen=treize, fourteen=quatorze, fifteen=quinze, sixteen=seize, eighteen=dix-huit, twenty=vingt,
thirty=trente, forty=quarante, fifty=cinquante, sixty=soixante"""
# What one likes or dislikes: the French article stays after a negation.
LIKES = """cheese=le fromage, fish=le poisson, chocolate=le chocolat, tea=le thé, coffee=le café,
music=la musique, cats=les chats, dogs=les chiens, flowers=les fleurs, soccer=le football,
the sea=la mer, winter=l'hiver, summer=l'été, apples=les pommes, math=les maths, meat=la viande,
vegetables=les légumes, ice cream=la glace, history=l'histoire, horses=les chevaux, milk=le lait,
the mountains=la montagne, the city=la ville, the countryside=la campagne, oranges=les oranges,
novels=les romans, soup=la soupe, rice=le riz, bananas=les bananes, poems=les poèmes"""


# ------------------------------------------------------------------------------------------------
# Reading the tables
# ------------------------------------------------------------------------------------------------
class Noun(NamedTuple):
    name: str
    en: str
    en_plural: str
    fr: str
    fr_plural: str
    feminine: bool


class Adjective(NamedTuple):
    en: str
    masculine: str
    feminine: str
    vowel: str      # the masculine before a vowel: bel, nouvel, vieil
    before: bool    # stands before the noun
    nouns: tuple


class Object(NamedTuple):
    det: str        # a, the, my, this, some; "" for a fixed phrase
    noun: str       # its key in NOUN, or the English of the fixed phrase
    plural: bool
    habit: bool
    fr: str = ""    # of a fixed phrase, and what it becomes after a negation
    fr_negative: str = ""


class Verb(NamedTuple):
    en: str
    past: str
    participle: str
    fr: str             # the infinitive
    tail: str           # the rest: besoin in avoir besoin
    prep: str           # à in répondre à
    reflexive: bool
    flags: str
    objects: tuple


class Subject(NamedTuple):
    en: str
    fr: str
    person: int     # 0-5: je tu il nous vous ils
    feminine: bool
    young: bool

    @property
    def plural(self):
        return self.person >= 3

    @property
    def pronoun(self):
        """The pronoun that takes up this subject: my sister ... she."""
        if self.en in ("I", "you", "we"):
            return self
        if self.plural:
            return SUBJECT["they"]._replace(fr="elles" if self.feminine else "ils",
                                            feminine=self.feminine)
        return SUBJECT["she" if self.feminine else "he"]


def split(text, at=","):
    return [" ".join(item.split()) for item in text.split(at) if item.strip()]


def rows(text):
    """The rows of a table with columns set off by ; (an indented line goes on with its row)."""
    return [[" ".join(cell.split()) for cell in row.split(";")]
            for row in re.sub(r"\n +", " ", text.strip()).split("\n")]


@cache
def pairs(text):
    return [tuple(item.split("=")) for item in split(text)]


def french_plural(word):
    if word.endswith(("s", "x", "z")) or word in ("en colère", "en retard"):
        return word
    if word == "beau" or word == "nouveau":
        return word + "x"
    return FR_PLURAL.get(word, word + "s")


def english_plural(word):
    if word in EN_PLURAL:
        return EN_PLURAL[word]
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def read_nouns():
    nouns = {}
    for item in split(NOUNS):
        name, *french, gender = item.split()
        en, fr = name.replace("_", " "), " ".join(french)
        nouns[name] = Noun(name, en, english_plural(en), fr, french_plural(fr), gender == "f")
    return nouns


def read_adjectives():
    before = [(*row[:4], True, tuple(row[4].split())) for row in rows(ADJECTIVES_BEFORE)]
    after = [(*row[:3], row[1], False, tuple(row[3].split())) for row in rows(ADJECTIVES_AFTER)]
    return {row[0]: Adjective(*row) for row in before + after}


def read_people(text):
    """Rows of three words: English, masculine, feminine."""
    return [tuple(word.replace("_", " ") for word in item.split()) for item in split(text)]


def read_object(text):
    habit, text = text.endswith("*"), text.rstrip("*")
    if "=" in text:
        en, fr = text.split("=")
        fr, _, negative = fr.partition("|")
        return Object("", en, False, habit, fr, negative or fr)
    det, noun = text.rstrip("+").split()
    return Object(det, noun, text.endswith("+"), habit)


def read_verb(en, past, participle, fr, flags="", objects=""):
    reflexive = fr.startswith(("se ", "s'"))
    infinitive, *rest = re.sub("^(se |s')", "", fr).split()
    prep = rest[0] if rest in (["à"], ["de"]) else ""
    tail = "" if prep else " ".join(rest)
    return Verb(en, past, participle, infinitive, tail, prep, reflexive, flags,
                tuple(read_object(item) for item in split(objects)))


def read_subjects():
    return {row[0]: Subject(row[0], row[1], int(row[2]), "f" in row[3], "y" in row[3])
            for row in rows(SUBJECTS)}


NOUN = read_nouns()
ADJECTIVE = read_adjectives()
VERB = {row[0]: read_verb(*row) for row in rows(VERBS)}
PLAIN = {row[0]: read_verb(*row) for row in rows(PLAIN_VERBS)}
REFLEXIVE = {row[0]: read_verb(*row) for row in rows(REFLEXIVES)}
SUBJECT = read_subjects()
ASKED = ["you", "he", "she", "they", "your brother", "your sister", "your parents", "your mother",
         "your father", "Marie", "Paul", "Thomas", "Claire"]
TOLD = [name for name in SUBJECT if not name.startswith("your ")]
BE, HAVE = PLAIN["be"], PLAIN["have"]

# ------------------------------------------------------------------------------------------------
# French
# ------------------------------------------------------------------------------------------------
VOWEL = "aeiouàâéèêîôûœh"
ASPIRATED = ("huit", "onze", "haricot", "haut", "hibou", "héros")


def vowel(word):
    """Does the word begin with a vowel sound, so that le, la, de ... lose theirs?"""
    return word[0].lower() in VOWEL and not word.startswith(ASPIRATED)


ELIDED = re.compile(r"(?<![\w'-])(je|me|te|se|le|la|de|ne|que) (?=(\w+))", re.IGNORECASE)


def elide(text):
    """je ai -> j'ai, le hôtel -> l'hôtel, si il -> s'il."""
    text = ELIDED.sub(lambda m: m[1][:-1] + "'" if vowel(m[2]) else m[0], text)
    return re.sub(r"\b(s)i (?=ils?\b)", r"\1'", text, flags=re.IGNORECASE)


def contract(prep, phrase):
    """à + le parc -> au parc, de + les enfants -> des enfants, à + l'hôtel -> à l'hôtel."""
    for article, short in ("le ", {"à": "au", "de": "du"}), ("les ", {"à": "aux", "de": "des"}):
        if phrase.startswith(article):
            return f"{short[prep]} {phrase.removeprefix(article)}"
    return elide(f"{prep} {phrase}")


def agree(masculine, feminine, is_feminine, is_plural):
    word = feminine if is_feminine else masculine
    return french_plural(word) if is_plural else word


def french_noun(det, name, plural=False, owner=1, adjective=None):
    """A noun with its determiner (a, the, this, my, some, de) and perhaps an adjective."""
    noun = NOUN[name]
    words = [noun.fr_plural if plural else noun.fr]
    if adjective:
        word = agree(adjective.masculine, adjective.feminine, noun.feminine, plural)
        if adjective.before and not plural and not noun.feminine and vowel(noun.fr):
            word = adjective.vowel
        words.insert(0 if adjective.before else 1, word)
    phrase = " ".join(words)
    masculine_form = not noun.feminine or vowel(phrase)     # mon amie, but ma nouvelle amie
    if det == "a" and not plural:
        det = "une" if noun.feminine else "un"
    elif det == "some" and not plural:
        return contract("de", french_noun("the", name, adjective=adjective))
    elif det in ("a", "some"):
        det = "de" if adjective and adjective.before else "des"
    elif det == "the":
        det = "les" if plural else "la" if noun.feminine else "le"
    elif det == "this":
        det = ("ces" if plural else "cette" if noun.feminine else "cet" if vowel(phrase) else "ce")
    elif det == "my":
        if owner < 3:
            det = "mts"[owner] + ("es" if plural else "on" if masculine_form else "a")
        else:
            det = (("nos", "vos", "leurs") if plural else ("notre", "votre", "leur"))[owner - 3]
    return elide(f"{det} {phrase}")


@cache
def present(verb):
    """The six forms of the présent."""
    if verb in PRESENT:
        return PRESENT[verb].split()
    stem = verb[:-2]
    if verb in SECOND_GROUP:
        return [stem + ending for ending in ("is", "is", "it", "issons", "issez", "issent")]
    if verb.endswith("re"):
        return [stem + ending for ending in ("s", "s", "", "ons", "ez", "ent")]
    weak = stem     # before a silent ending
    if verb in ("acheter", "lever", "promener"):
        weak = re.sub("e(.)$", r"è\1", stem)
    elif re.search("é.er$", verb) and verb != "réveiller":
        weak = re.sub("é(.)$", r"è\1", stem)
    elif verb == "appeler":
        weak = "appell"
    elif verb.endswith("yer"):
        weak = stem[:-1] + "i"
    soft = stem + "e" if stem.endswith("g") else stem[:-1] + "ç" if stem.endswith("c") else stem
    return [weak + "e", weak + "es", weak + "e", soft + "ons", stem + "ez", weak + "ent"]


def imperfect(verb):
    stem = "ét" if verb == "être" else present(verb)[3][:-3]
    plain = stem[:-1] + "c" if stem.endswith("ç") else stem[:-1] if stem.endswith("ge") else stem
    return [stem + "ais", stem + "ais", stem + "ait", plain + "ions", plain + "iez", stem + "aient"]


def future(verb):
    if verb in FUTURE:
        stem = FUTURE[verb]
    elif verb.endswith("re"):
        stem = verb[:-1]
    elif verb.endswith("er") and not re.search("é.er$", verb):
        stem = present(verb)[0] + "r"       # achèter-, appeller-, nettoier-
    else:
        stem = verb
    return [stem + ending for ending in ("ai", "as", "a", "ons", "ez", "ont")]


def past_participle(verb):
    if verb in PARTICIPLE:
        return PARTICIPLE[verb]
    return verb[:-2] + ("é" if verb.endswith("er") else "u" if verb.endswith("re") else "i")


HELPERS = {"going to": "aller", "want to": "vouloir", "can": "pouvoir", "must": "devoir",
           "just": "venir", "know how to": "savoir", "like to": "aimer"}
NEGATION = {"no": "pas", "never": "jamais"}


def french(s, verb, tense, mood="yes", clitic="", mid="", agreement=None):
    """Subject and verb, up to the object. mood: yes, no, never, ask."""
    p, not_word = s.person, NEGATION.get(mood, "")
    own = ("me", "te", "se", "nous", "vous", "se")[p] if verb.reflexive else clitic
    if tense in HELPERS:
        finite, front = present(HELPERS[tense])[p], ""
        after = ["de" if tense == "just" else "", own, verb.fr]
    elif tense == "past":
        with_etre = verb.reflexive or verb.fr in ETRE_VERBS
        feminine, plural = (s.feminine, s.plural) if with_etre else (False, False)
        feminine, plural = agreement or (feminine, plural)
        finite, front = present("être" if with_etre else "avoir")[p], own
        participle = past_participle(verb.fr)
        after = [agree(participle, participle + "e", feminine, plural)]
    else:
        table = {"imperfect": imperfect, "will": future}.get(tense, present)
        finite, front, after = table(verb.fr)[p], own, []
    words = [s.fr, "ne" if not_word else "", front, finite, not_word, mid, *after, verb.tail]
    clause = " ".join(word for word in words if word)
    return elide(f"est-ce que {clause}" if mood == "ask" else clause)


# ------------------------------------------------------------------------------------------------
# English
# ------------------------------------------------------------------------------------------------
DOUBLED = {"cut", "get", "run", "swim"}
OWNERS = ("my", "your", "his", "our", "your", "their")


def first_word(function):
    """Inflect only the first word: look for -> looks for."""
    def inflect(text):
        word, *rest = text.split()
        return " ".join([function(word), *rest])
    return inflect


@first_word
def third(word):
    if word in ("have", "be"):
        return {"have": "has", "be": "is"}[word]
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "sh", "ch", "x", "o")) else "s")


@first_word
def progressive(word):
    if word in DOUBLED:
        return word + word[-1] + "ing"
    return (word[:-1] if word.endswith("e") and not word.endswith("ee") else word) + "ing"


def article(word):
    return "an" if word[0].lower() in "aeiou" and not word.startswith(("uni", "use")) else "a"


def english_noun(det, name, plural=False, s=None, adjective=None):
    noun = NOUN[name]
    phrase = noun.en_plural if plural else noun.en
    if adjective:
        phrase = f"{adjective.en} {phrase}"
    if det == "a":
        det = "some" if plural else article(phrase)
    elif det == "this" and plural:
        det = "these"
    elif det == "my":
        det = owner_word(s)
    return f"{det} {phrase}".strip()


def owner_word(s):
    if s is None:
        return "your"
    return "her" if s.person == 2 and s.feminine else OWNERS[s.person]


def is_are(s, past=False):
    if past:
        return "was" if s.person in (0, 2) else "were"
    return "am" if s.person == 0 else "is" if s.person == 2 else "are"


SHORT = {"I": "I'm", "you": "you're", "he": "he's", "she": "she's", "we": "we're",
         "they": "they're"}
SHORT_HAVE = {"I": "I've", "you": "you've", "we": "we've", "they": "they've"}


def english(s, verb, tense, mood="yes"):
    """Subject and verb, up to the object. mood: yes, no, never, ask."""
    he = s.person == 2
    be = is_are(s, past=tense in ("past", "imperfect"))
    base, do = verb.en, "does" if he else "do"
    if tense == "now" or tense == "going to" or verb.en.split()[0] == "be" and tense != "will":
        rest = verb.en.removeprefix("be").strip()
        if tense == "going to":
            rest = "going to " + base
        elif verb.en.split()[0] != "be":
            rest = progressive(base)
        if mood == "ask":
            return f"{be} {s.en} {rest}".strip()
        if mood == "no":
            start = f"{s.en} {be} not" if be == "am" else f"{s.en} {be}n't"
            return f"{start.replace('I am', SHORT['I'])} {rest}".strip()
        short = be in ("am", "is", "are") and SHORT.get(s.en)
        never = " never" if mood == "never" else ""
        return f"{short or f'{s.en} {be}'}{never} {rest}".strip()
    if tense == "imperfect":
        return f"{s.en} {be} {progressive(base)}"
    if tense in ("will", "can"):
        negative = {"will": "won't", "can": "can't"}[tense]
        if mood == "ask":
            return f"{tense} {s.en} {base}"
        return f"{s.en} {negative if mood == 'no' else tense} {base}"
    if tense == "just":
        has = SHORT_HAVE.get(s.en) or f"{s.en} {'has' if he else 'have'}"
        return f"{has} just {verb.participle}"
    if tense == "must":
        if mood == "ask":
            return f"{do} {s.en} have to {base}"
        have_to = "must not" if mood == "no" else "has to" if he else "have to"
        return f"{s.en} {have_to} {base}"
    if tense in ("want to", "know how to", "like to"):
        base = f"{tense} {base}"
    elif tense == "past":
        do = "did"
    if mood == "ask":
        return f"{do} {s.en} {base}"
    if mood == "no":
        return f"{s.en} {do}n't {base}"
    form = verb.past if tense == "past" else third(base) if he else base
    if mood == "never":
        return f"{s.en} never {form}"
    return f"{s.en} {form}"


# ------------------------------------------------------------------------------------------------
# Clauses
# --------------------------------------------
def object_words(o, s, mood="yes", habit=False):
    """The object of a verb in both languages. mood: yes, no, never, ask, offer (some, not any)."""
    negative = mood in ("no", "never")
    if not o.det:
        en = o.noun.replace("some ", "any ") if mood in ("no", "ask") else o.noun
        return en, o.fr_negative if negative else o.fr
    det, plural = o.det, o.plural
    if s.plural and o.noun in PERSONAL and det in ("a", "my"):
        plural = True
    if habit and det == "a":
        plural = True
    if det == "a" and plural:
        det = "some"
    fr = french_noun("de" if negative and det in ("a", "some") else det, o.noun, plural, s.person)
    if det == "some":
        det = "" if habit or mood == "never" else "any" if mood in ("no", "ask") else "some"
    return english_noun(det, o.noun, plural, s), fr


def clause(s, verb, tense, mood="yes", o=None, rest=("", ""), habit=False, **french_extras):
    """English, French, and the combinations of words in them. rest follows the object."""
    en, fr = english(s, verb, tense, mood), french(s, verb, tense, mood, **french_extras)
    marks = {("tense + verb", f"{tense} {mood}", verb.en)} if verb.en in VERB else set()
    if o:
        offer = mood == "ask" and tense in ("want to", "can", "must")
        en_object, fr_object = object_words(o, s, "offer" if offer else mood, habit)
        en = f"{en} {en_object}"
        fr = f"{fr} {contract(verb.prep, fr_object) if verb.prep else fr_object}"
        marks.add(("verb + object", verb.en, o.noun))
    return f"{en} {rest[0]}".strip(), elide(f"{fr} {rest[1]}".strip()), marks


def finish(en, fr, end="."):
    """Capital letter and final mark; French has a space before ? and !"""
    space = "" if end == "." else " "
    return en[0].upper() + en[1:] + end, fr[0].upper() + fr[1:] + space + end


def day_and_hour(day, way):
    """French names the day first: dimanche à midi, but tard dimanche."""
    words_in_order = [day, way] if re.match("à .*(heure|midi)", way) else [way, day]
    return " ".join(words_in_order).strip()


class Dice:
    """Random choices from random() alone: the one method whose values Python promises to keep."""

    def __init__(self, seed):
        self.random = Random(seed).random

    def pick(self, items):
        return items[int(self.random() * len(items))]

    def chance(self, p):
        return self.random() < p

    def shuffled(self, items):
        return [item for _, _, item in sorted((self.random(), i, x) for i, x in enumerate(items))]

    def subject(self, names=None, pronouns=0.55):
        names = names or TOLD
        simple = [name for name in names if SUBJECT[name].fr in words("je tu il elle nous ils")]
        return SUBJECT[self.pick(simple if self.chance(pronouns) else names)]

    def verb(self, flag="", without=""):
        return self.pick(verbs_with(flag, without))

    def time(self, verb, past, o=None, mood="yes"):
        """A time that suits the verb and its object."""
        noun = o.noun if o else ""

        def pick(table, ago=mood != "no"):
            return self.pick([time for time in pairs(table) if ago or "ago" not in time[0]])

        if verb.en in UNTIMED and not past or verb.en == "understand" and noun != "lesson" \
                or not past and (verb.en, noun) in (("listen to", "parent"), ("answer", "phone"),
                                                    ("listen to", "teacher"),
                                                    ("look at", "clock")) \
                or verb.en == "forget" and noun in ("answer", "address"):
            return ("", "")
        if noun in ("breakfast", "lunch", "dinner"):
            return ("yesterday", "hier") if past else ("tomorrow", "demain")
        if noun == "bird":
            return pick("yesterday=hier, this morning=ce matin" if past
                        else "tomorrow=demain, tomorrow morning=demain matin")
        if verb.en in ("eat", "order"):
            return pick("yesterday=hier, last night=hier soir" if past
                        else "tomorrow=demain, tonight=ce soir")
        if noun in ("star", "menu"):
            return ("last night", "hier soir") if past else ("tonight", "ce soir")
        if (verb.en, noun) in TAKES_YEARS:
            return pick("last year=l'année dernière, three years ago=il y a trois ans" if past
                        else "next year=l'année prochaine, this summer=cet été")
        if "l" in verb.flags or noun in BIG and verb.en in ("buy", "find", "look for"):
            return pick(PAST_LONG if past else FUTURE_LONG)
        if verb.en == "read" and noun in ("letter", "message", "newspaper", "magazine", "poem",
                                               "story", "text"):
            return pick(PAST_MOMENTS if past else FUTURE_MOMENTS)
        if "d" in verb.flags and noun not in ("meal", "for the meal", "soup", "homework",
                                              "exercise", "lesson"):
            return pick(PAST_DAYS if past else FUTURE_DAYS)
        if past and verb.en in ("forget", "wait for", "look at", "look for", "hear", "listen to",
                                "study", "carry", "thank", "hide"):
            return pick(PAST_MOMENTS, ago=False)
        return pick(PAST_MOMENTS if past else FUTURE_MOMENTS)


# Nobody plans the day on which to open a drawer.
UNTIMED = {"open", "close", "carry", "hide", "look for", "draw"}
TAKES_YEARS = {("learn", "French"), ("learn", "English"), ("learn", "Spanish"),
               ("study", "medicine"), ("write", "book"), ("write", "novel")}
BIG = {"house", "car", "apartment", "boat", "piano", "job"}


@cache
def verbs_with(flag, without):
    return [v for v in VERB.values() if set(flag) <= set(v.flags)
            and not set(without) & set(v.flags)]


FOR_ADULTS = words("car house apartment boat truck sofa armchair bed chair table lamp kitchen ring "
                   "roof suitcase")


def fits(s, verb, o=None):
    """Would anyone say that of this subject?"""
    if "g" in verb.flags and s.young:
        return False
    if o is None:
        return True
    alone = s.en.split()[-1]
    if o.noun in s.en or o.noun == "parent" and alone in ("parents", "sister", "brother",
                                                          "sisters"):
        return False
    if alone in ("grandmother", "grandfather") and o.noun in ("grandmother", "grandfather",
                                                              "parent",
                                                              "mother", "father"):
        return False
    if alone == "parents" and o.noun in ("brother", "sister"):
        return False
    if alone in ("uncle", "aunt") and o.noun in ("uncle", "aunt"):
        return False
    if alone in ("mother", "father", "parents") and o.noun in ("homework", "mother", "father"):
        return False
    if alone in ("grandmother", "grandfather", "mother", "father", "parents") and \
            o.noun in ("uncle", "aunt"):
        return False
    if alone in ("mother", "father", "parents", "uncle", "aunt") and \
            o.noun in ("grandmother", "grandfather"):
        return False
    if s.young and (o.noun in ("wine", "job", "house", "apartment", "beer", "medicine") or verb.en
                    in ("buy", "repair", "paint") and o.noun in FOR_ADULTS):
        return False
    if s.plural and (o.noun == "shower" or o.noun == "dress" and not s.feminine):
        return False
    if o.noun == "homework" and alone in ("uncle", "aunt", "grandmother", "grandfather",
                                          "neighbors") \
            or o.noun == "job" and "grand" in alone:
        return False
    if "grand" in alone and o.noun in ("bus", "truck") and verb.en == "drive":
        return False
    if alone == "teacher" and verb.en in ("study", "learn") and o.noun in ("lesson", "poem"):
        return False
    return not (alone == "teacher" and o.noun in ("homework", "child", "shower", "bathroom"))


# ------------------------------------------------------------------------------------------------
# Frames: each draws its words and returns English, French and the combinations it used,
# or None where the words do not go together
# ------------------------------------------------------------------------------------------------
# Where a negation sounds natural with "a": she didn't write a letter.
INDEFINITE = words("buy write take send eat read receive order bring hear prepare find")


def draw_action(d, flag="", without="", names=None):
    """A subject, a verb and an object that go together."""
    s, verb = d.subject(names), d.verb(flag, without)
    o = d.pick(verb.objects)
    return (s, verb, o) if fits(s, verb, o) else None


def action(d, tense, mood, times, flag="", without="", end=".", names=None):
    """The plainest sentence: subject, verb, object, perhaps a time."""
    if not (drawn := draw_action(d, flag, without, names)):
        return None
    s, verb, o = drawn
    if mood == "no" and o.det == "a" and verb.en not in INDEFINITE or \
            times == "future" and tense != "must" and verb.en in ("find", "receive", "hear",
                                                                  "understand", "speak"):
        return None
    time = ("", "")
    same_past = tense == "past" and mood == "yes" and verb.past == verb.en     # I read, I cut
    if times and (same_past or d.chance(0.7)):
        time = d.time(verb, times == "past", o, mood)
    en, fr, marks = clause(s, verb, tense, mood, o, rest=time)
    return *finish(en, fr, end), marks


def frame_now(d):
    return action(d, "now", "yes", None, "p")


def frame_not_now(d):
    return action(d, "now", "no", None, "p")


def frame_past(d):
    return action(d, "past", "yes", "past")


def frame_past_not(d):
    return action(d, "past", "no", "past")


def frame_going_to(d):
    return action(d, "going to", "yes", "future", without="w")


def frame_going_to_not(d):
    return action(d, "going to", "no", "future", without="w")


def frame_will(d):
    return action(d, "will", d.pick(["yes", "yes", "no"]), "future", without="w")


def frame_want(d):
    drawn = action(d, "want to", d.pick(["yes", "yes", "no"]), None, without="w")
    return None if drawn and re.search(" understand |n't want to find", drawn[0]) else drawn


LEARNED = {"find", "see", "hear", "understand", "speak", "drive", "play", "draw", "paint",
           "receive",
           "plant", "look for", "study"}


def frame_can(d):
    """Able here and now; what one has learned is know how to, savoir."""
    if not (drawn := draw_action(d, without="w")):
        return None
    s, verb, o = drawn
    mood = d.pick(["yes", "no", "no"])
    # "I can't wait for the bus" would mean that I look forward to it.
    if verb.en in LEARNED or mood == "no" and (o.det == "a" or verb.en in ("look at", "wait for")
                                               or o.noun in ("bird", "book")) \
            or verb.en == "thank" or o.noun == "shower" \
            or verb.en == "write" and o.noun in ("book", "novel"):
        return None
    en, fr, marks = clause(s, verb, "can", mood, o)
    return *finish(en, fr), marks


FORBIDDEN = words("open buy sell eat drink read forget lose break hide watch drive invite send "
                  "wash")
# Nobody has to do what is a pleasure, or what just happens to us.
NO_DUTY = re.compile(r" to (receive|hear|understand|find|look at|draw|play|watch|order|buy a ring"
                     r"|drink (?!some water)|eat (?!some (vegetable|fish|soup|salad))"
                     r"|read (a|the menu)\b|listen to (a|this|music)\b"
                     r"|write an? (book|novel|song|poem|story))")


def frame_must(d):
    if d.chance(0.65):
        if not (drawn := action(d, "must", "yes", "future" if d.chance(0.5) else None,
                                without="w")):
            return None
        return None if re.search(" (buy|sell) .*next", drawn[0]) or \
            NO_DUTY.search(drawn[0]) else drawn
    drawn = draw_action(d)
    if not drawn or drawn[1].en not in FORBIDDEN or drawn[2].det == "a" or drawn[2].noun == "bird":
        return None
    s, verb, o = drawn
    en, fr, marks = clause(s, verb, "must", "no", o)
    return *finish(en, fr), marks


def frame_just(d):
    drawn = action(d, "just", "yes", None)
    return None if drawn and re.search("looked|waited|learned|spoken|forgotten|driven",
                                       drawn[0]) else drawn


def frame_question(d):
    tense = d.pick(["past", "past", "going to", "want to", "can", "must", "now"])
    flag, without = ("p" if tense == "now" else ""), ("" if tense == "past" else "w")
    times = {"past": "past", "going to": "future"}.get(tense)
    drawn = action(d, tense, "ask", times, flag, without, end="?", names=ASKED)
    if drawn and (tense == "can" and (
                      re.search(" (thank|write .*(book|novel)s?|take a shower)", drawn[0])
                      or any(f" {verb} " in drawn[0] for verb in LEARNED))
                  or tense == "must" and NO_DUTY.search(drawn[0])
                  or tense == "want to" and " understand " in drawn[0]):
        return None
    return drawn


def frame_habit(d):
    """Every day, often, never."""
    verb = d.pick([v for v in VERB.values() if any(o.habit for o in v.objects)])
    o = d.pick([o for o in verb.objects if o.habit])
    s = d.subject()
    if not fits(s, verb, o):
        return None
    kind = d.pick(["time", "time", "adverb", "never", "no", "ask"])
    if kind == "time":
        time = d.pick(pairs(HABIT_TIMES)[:6 if "d" in verb.flags or verb.fr in ("jouer", "appeler")
                                         else 3])
        if special := HABITS.get(o.noun) or HABITS.get(verb.en):
            time = d.pick([time for time in pairs(HABIT_TIMES) if time[0] in split(special)])
        if "w" in verb.flags or verb.en in ("speak", "answer"):
            return None
        en, fr, marks = clause(s, verb, "present", "yes", o, rest=time, habit=True)
        return *finish(en, fr), marks
    if kind == "adverb":
        en_adverb, fr_adverb = d.pick([("often", "souvent"), ("always", "toujours"),
                                       ("sometimes", "parfois")])
        if verb.en == "speak" or o.noun == "water" or \
                en_adverb == "always" and verb.en in ("write", "send", "receive"):
            return None
        en, fr, marks = clause(s, verb, "present", "yes", o, habit=True, mid=fr_adverb)
        en = f"{s.en} {en_adverb} {en.removeprefix(s.en + ' ')}"
        return *finish(en, fr), marks
    if kind == "ask":
        if "w" in verb.flags or verb.en in ("open", "close", "drive"):
            return None
        s = d.subject(ASKED)
        if not fits(s, verb, o):
            return None
        en, fr, marks = clause(s, verb, "present", "ask", o, habit=True)
        return *finish(en, fr, "?"), marks
    if kind == "no" and ("w" in verb.flags or verb.en in ("open", "close", "drive", "wait for")) \
            or o.noun == "water":
        return None
    mood = kind
    en, fr, marks = clause(s, verb, "present", mood, o, habit=kind == "never" or o.det == "a")
    return *finish(en, fr), marks


def frame_question_word(d):
    """When, where, why, how: est-ce que keeps the word order."""
    word = d.pick(["when", "where", "why", "why not", "future"])
    s, verb = d.subject(ASKED), d.verb()
    allowed = {"where": words("buy find lose hide meet repair see forget"),
               "why": words("buy sell open close hide call cut forget send invite thank choose"),
               "why not": words("buy sell eat drink read write take close wash clean call "
                                "invite thank choose finish pay answer bring wait-for visit"),
               "when": words("buy sell find lose receive send break repair visit call see "
                             "finish start write read learn plant paint"),
               "future": words("buy sell repair visit call see finish start write read wash "
                               "clean invite paint pay")}[word]
    o = d.pick(verb.objects)
    if verb.en.replace(" ", "-") not in allowed or not o.det or not fits(s, verb, o) \
            or o.noun in ("taxi", "shower", "picture", "menu") \
            or (word, verb.en) in (("why not", "write"), ("where", "repair")) \
            and o.noun in ("book", "novel", "door", "wall", "roof"):
        return None
    if o.det in ("a", "some"):
        o = o._replace(det="this")
    if word == "future":
        en, fr, marks = clause(s, verb, "going to", "ask", o)
        return *finish(f"when {en}", f"quand {fr}", "?"), marks
    if word == "why not":
        en, fr, marks = clause(s, verb, "past", "ask", o)
        en = en.replace("did ", "didn't ", 1)
        _, fr, _ = clause(s, verb, "past", "no", o)
        fr = elide(f"est-ce que {fr}")
        marks = {m for m in marks
                 if m[0] != "tense + verb"} | {("tense + verb", "past no", verb.en)}
        return *finish(f"why {en}", f"pourquoi {fr}", "?"), marks
    en, fr, marks = clause(s, verb, "past", "ask", o)
    fr_word = {"when": "quand", "where": "où", "why": "pourquoi"}[word]
    return *finish(f"{word} {en}", f"{fr_word} {fr}", "?"), marks


def frame_who(d):
    verb = d.verb()
    o = d.pick(verb.objects)
    if not o.det or o.det == "my" or verb.en in ("learn", "study", "speak") or o.noun == "job" \
            or verb.en == "look for" and o.noun in ("apartment", "hotel"):
        return None
    if o.det == "some" or o.det == "a" and verb.en not in ("hear", "order"):
        o = o._replace(det="the")
    someone = SUBJECT["he"]._replace(en="who", fr="qui")
    tense = d.pick(["past", "past", "want to", "going to", "can"])
    if tense != "past" and ("i" not in verb.flags or o.det == "some"
                            or verb.en in ("listen to", "look at")) \
            or tense == "can" and (verb.en == "thank" or o.noun in ("book", "novel")):
        return None
    en, fr, marks = clause(someone, verb, tense, "yes", o)
    return *finish(en, fr, "?"), marks


def frame_what(d):
    """What did you buy? Qu'est-ce que tu as acheté ?"""
    s, verb = d.subject(ASKED), d.verb("?")
    tense = d.pick(["past", "now", "going to", "want to"])
    if tense == "now" and "p" not in verb.flags or tense != "past" and "w" in verb.flags:
        return None
    if not fits(s, verb) or verb.en in ("find", "receive", "understand") and tense != "past" \
            or verb.en == "look for" and tense != "now" or verb.en == "hide" and tense != "past":
        return None
    time = ("", "")
    if tense in ("past", "going to") and d.chance(0.6):
        time = d.time(verb, past=tense == "past")
    en, fr, marks = clause(s, verb, tense, "ask", rest=time)
    return *finish(f"what {en}", f"qu'{fr}", "?"), marks


NEAR = ["I", "you", "he", "she", "we", "they", "Marie", "Paul", "Claire", "Thomas", "my brother",
        "my sister"]


def frame_pronoun(d):
    """The key? I lost it yesterday. The participle agrees with an object that stands before it."""
    s, verb = d.subject(NEAR), d.verb("o")
    o = d.pick(verb.objects)
    if not o.det or not fits(s, verb, o) or verb.en in ("choose", "draw") or o.noun == "taxi":
        return None
    noun = NOUN[o.noun]
    human = o.noun in PERSONS
    plural = o.plural
    owner = SUBJECT["you"] if s.en == "we" or s.en == "I" and d.chance(0.5) else SUBJECT["I"]
    if o.det == "my" and o.noun not in ("meal", "soup", "desk", "garden") and verb.en != "sell":
        det = "my"
    else:
        det, owner = "the", s
    if o.noun in ("job", "solution", "answer", "homework", "work"):
        return None
    if o.noun == "fish" and o.det == "some":
        plural = False
    it = "them" if plural else ("her" if noun.feminine else "him") if human else "it"
    if o.noun == "glasses":
        it = "them"
    clitic = "les" if plural else "la" if noun.feminine else "le"
    tense, mood = d.pick([("past", "yes"), ("past", "yes"), ("past", "no"), ("going to", "yes"),
                          ("can", "no"), ("want to", "yes")])
    if tense != "past" and "w" in verb.flags:
        return None
    if verb.en in ("understand", "find", "hear", "receive") and tense == "want to":
        return None
    time = ("", "")
    if tense == "going to" and verb.en in ("find", "receive", "understand", "see") or \
            tense == "can" and verb.en in (
                "see", "hear", "understand", "draw", "plant", "look for", "find",
                "receive"):
        return None
    if tense in ("past", "going to") and mood == "yes" and (verb.past == verb.en or d.chance(0.6)):
        time = d.time(verb, tense == "past", o)
    en, fr, marks = clause(s, verb, tense, mood, rest=("", ""), clitic=clitic,
                           agreement=(noun.feminine, plural))
    particle = verb.en.split()
    en = f"{en} {it} {time[0]}".strip() if len(particle) < 2 or particle[-1] in ("for", "to",
                                                                                 "at") \
        else en
    marks = marks | {("verb + object", verb.en, o.noun)}
    first_en, first_fr = finish(english_noun(det, o.noun, plural, owner),
                                french_noun(det, o.noun, plural, owner.person), "?")
    en, fr = finish(en, f"{fr} {time[1]}".strip())
    return f"{first_en} {en}", f"{first_fr} {fr}", marks


PERSONS = words("mother father brother sister parent friend neighbor grandmother grandfather "
                "uncle aunt teacher child doctor")


def draw_described(d):
    """An adjective, and a noun that it may describe."""
    adjective = ADJECTIVE[d.pick(list(ADJECTIVE))]
    return adjective, NOUN[d.pick(adjective.nouns)]


def described(adjective, noun):
    return {("adjective + noun", adjective.en, noun.name)}


def predicate(adjective, noun, plural=False):
    return agree(adjective.masculine, adjective.feminine, noun.feminine, plural)


def frame_relative(d):
    """The car that he bought is red: the participle agrees with the noun before it."""
    adjective, noun = draw_described(d)
    s = d.subject()
    verb = d.verb("o")
    found = [o for o in verb.objects if o.noun == noun.name]
    if adjective.en in ("empty", "broken", "clean", "dirty", "new", "old", "comfortable", "pretty",
                        "good"):
        return None
    if not found or not fits(s, verb, found[0]) or verb.en in (
            "forget", "hear", "close", "hide", "understand", "look for", "finish", "break"):
        return None
    # What is lost or gone no longer is heavy or expensive.
    if verb.en == "lose" and adjective.en not in NO_DEGREE or (verb.en, adjective.en) in (
            ("sell", "expensive"), ("send", "heavy"), ("write", "French")):
        return None
    plural = found[0].plural
    en, fr, marks = clause(s, verb, "past", agreement=(noun.feminine, plural))
    en_is, fr_is = ("are", "sont") if plural else ("is", "est")
    en = f"{english_noun('the', noun.name, plural)} that {en} {en_is} {adjective.en}"
    fr = elide(f"{french_noun('the', noun.name, plural)} que {fr} {fr_is} "
               f"{predicate(adjective, noun, plural)}")
    return *finish(en, fr), marks | described(adjective, noun) | {
        ("verb + object", verb.en, noun.name)}


def frame_request(d):
    """Close the door, please. Don't forget your umbrella."""
    you, negative = SUBJECT["you"], d.chance(0.4)
    verb = d.verb("" if negative else "i")
    o = d.pick(verb.objects)
    if verb.en == "buy" and o.det == "a" or not fits(you, verb, o) or "g" in verb.flags:
        return None
    if negative and ("i" not in verb.flags and "w" not in verb.flags or o.det in ("this", "a")
                     or verb.en in ("hear", "thank", "prepare", "help", "finish")
                     or verb.en == "listen to" and o.noun in ("teacher", "parent")):
        return None
    if o.det == "a" and verb.en in ("listen to", "read", "start") or o.noun in (
            "music", "shower", "plane") or o.noun in ("book", "novel", "song", "poem") and \
            verb.en in ("write", "start", "finish"):
        return None
    form = present(verb.fr)[1]
    if verb.fr.endswith("er") or verb.fr == "ouvrir":
        form = form.removesuffix("s")
    en_object, fr_object = object_words(o, you, "no" if negative else "yes")
    marks = {("tense + verb", f"request {'no' if negative else 'yes'}", verb.en),
             ("verb + object", verb.en, o.noun)}
    if negative:
        en, fr = f"don't {verb.en} {en_object}", elide(f"ne {form} pas {fr_object}")
    else:
        en, fr = f"{verb.en} {en_object}", elide(f"{form} {fr_object}")
        if d.chance(0.6):
            en, fr = f"{en}, please", f"{fr}, s'il te plaît"
    return *finish(en, fr), marks


INTERRUPTIONS = [("the phone rang", "le téléphone a sonné"), ("it started to rain",
                 "il a commencé à pleuvoir"), ("you arrived", "tu es arrivé"), ("you called",
                 "tu as appelé"), ("Paul came in", "Paul est entré"),
                 ("someone knocked on the door", "quelqu'un a frappé à la porte")]


OUTSIDE = ["wait for", *words("buy visit water plant drive send")]
OUTSIDE_OBJECTS = words("bird sea star roof car bicycle house concert gift")


def frame_while(d):
    """I was reading a book when the phone rang: imparfait, then passé composé."""
    if not (drawn := draw_action(d, "p", "gl")):
        return None
    s, verb, o = drawn
    other_en, other_fr = d.pick(INTERRUPTIONS)
    if s.en == "you" and "you" in other_en or "Paul" in s.en and "Paul" in other_en:
        return None
    if verb.en in ("look for",) and "solution" in o.noun:
        return None
    # Nobody knocks on the door of a garden, and nobody is on the phone when it rings.
    if (verb.en in OUTSIDE or o.noun in OUTSIDE_OBJECTS) and \
            re.search("rang|came in|knocked", other_en) or \
            (verb.en == "call" or o.noun == "phone") and re.search("phone|called", other_en):
        return None
    if (verb.en, o.noun) == ("study", "medicine"):
        return None
    en, fr, marks = clause(s, verb, "imperfect", "yes", o)
    return *finish(f"{en} when {other_en}", f"{fr} quand {other_fr}"), marks


UNHOPED = {"eat", "drink", "order", "cut", "wash", "look at", "drive", "speak", "take"} | UNTIMED


def frame_that(d):
    """I think that ..., she says that ..."""
    s, drawn = d.subject(), draw_action(d, names=["he", "she", "they", "Paul", "Marie",
                                                  "my brother",
                                                  "my sister", "Thomas", "Claire", "my mother"])
    if not drawn:
        return None
    inner, verb, o = drawn
    if s.person not in (0, 3) or inner.en == s.en:
        return None
    thinking = d.pick(["think", "know", "hope"])
    tense = "will" if thinking == "hope" else d.pick(["past", "going to", "want to"])
    if thinking == "know" and o.det in ("a", "some") and tense == "past" and verb.en == "hear":
        return None
    if "w" in verb.flags and tense != "past" or tense == "want to" and verb.en == "understand" \
            or thinking == "hope" and (verb.en in UNHOPED or o.noun == "shower"):
        return None
    en_start, fr_start, _ = clause(s, PLAIN[thinking], "present")
    en, fr, marks = clause(inner, verb, tense, "yes", o)
    return *finish(f"{en_start} that {en}", elide(f"{fr_start} que {fr}")), marks


# --- giving -------------------------------------------------------------------------------------
GIFTS = {"give": "a book, the key, a gift, the letter, some money, a flower, some flower+, "
                 "a scarf, a watch, some chocolate, the ticket+",
         "show": "the photo+, the letter, the painting, my house, my garden, the map, "
                 "the castle, a photo, the book",
         "lend": "a book, a pen, a umbrella, some money, my car, my bicycle, my phone, my camera, "
                 "a coat",
         "send": "a letter, a postcard, a gift, a package, some photo+, a message",
         "bring": "a cake, some flower+, a gift, some soup, some chocolate, the newspaper, "
                  "some water",
         "read": "a story, the letter, a poem, the message, this text"}
TO_WHOM = """my mother, my father, my sister, my brother, my parent+, my friend+, my neighbor+,
my grandmother, my grandfather, my uncle, my aunt, the teacher, the child+"""
INDIRECT = [("me", "me", "I we"), ("you", "te", "you"), ("him", "lui", ""), ("her", "lui", ""),
            ("us", "nous", "I we"), ("them", "leur", "")]


def draw_gift(d, s):
    name = d.pick(list(GIFTS))
    o = read_object(d.pick(split(GIFTS[name])))
    verb = PLAIN[name]
    tense, mood = d.pick([("past", "yes"), ("past", "yes"), ("past", "no"), ("going to", "yes"),
                          ("will", "yes"), ("want to", "yes"), ("want to", "no")])
    time = ("", "")
    if tense in ("past", "going to", "will") and mood == "yes" and (name == "read"
                                                                    or d.chance(0.4)):
        time = d.time(verb, past=tense == "past")
    return verb, o, tense, mood, time


def gift_words(o, s, mood):
    """A gift is one thing, also from several people."""
    return object_words(o, SUBJECT["he"] if o.det == "a" else s, mood)


def frame_give(d):
    """She gave the book to her sister: à, au, aux."""
    s = d.subject()
    verb, o, tense, mood, time = draw_gift(d, s)
    whom = read_object(d.pick(split(TO_WHOM)))
    if not fits(s, verb, whom) or s.young and o.noun in ("money", "car"):
        return None
    if whom.noun == "child" and o.noun in ("car", "key") \
            or verb.en == "read" and whom.noun == "neighbor":
        return None
    whom_en, whom_fr = object_words(whom, s)
    en, fr = english(s, verb, tense, mood), french(s, verb, tense, mood)
    gift_en, gift_fr = gift_words(o, s, mood)
    en = f"{en} {gift_en} to {whom_en} {time[0]}".strip()
    fr = f"{fr} {gift_fr} {contract('à', whom_fr)} {time[1]}".strip()
    return *finish(en, fr), {("give + to whom", verb.en, whom.noun)}


def frame_give_me(d):
    """She gave me a book: me, te, lui, nous, leur before the verb."""
    s = d.subject()
    verb, o, tense, mood, time = draw_gift(d, s)
    en_me, fr_me, same = d.pick(INDIRECT)
    if s.en in same.split() or en_me == "us" and s.en == "we" or s.en == "they" and en_me == "them":
        return None
    if s.young and o.noun in ("money", "car"):
        return None
    if o.det == "my" and en_me == owner_word(s):      # her her phone
        return None
    object_en, object_fr = gift_words(o, s, mood)
    en, fr = english(s, verb, tense, mood), french(s, verb, tense, mood, clitic=fr_me)
    return *finish(f"{en} {en_me} {object_en} {time[0]}".strip(),
                   elide(f"{fr} {object_fr} {time[1]}".strip())), \
        {("give + to whom", verb.en, en_me)}


# --- going, coming, living ----------------------------------------------------------------------
GROWN_UP = re.compile("mother|father|parents|uncle|aunt|neighbors")     # no longer at school
REGULAR = ("the park", "school", "the market", "the beach", "the library", "the office",
           "the supermarket", "the swimming pool", "church", "the university", "the bakery")


def frame_go(d):
    """To the park, au parc: aller in its tenses."""
    s, (place, place_fr) = d.subject(), d.pick(pairs(PLACES))
    if s.en == "the teacher" and place == "school":
        return None
    kind = d.pick(["now", "past", "past", "past no", "going", "will", "ask", "want", "habit",
                   "when",
                   "how", "with"])
    tense, mood, time = {"now": ("now", "yes", None), "past": ("past", "yes", PAST_DAYS),
                         "past no": ("past", "no", PAST_DAYS), "will": ("will", "yes", FUTURE_DAYS),
                         "going": ("going to", "no", FUTURE_DAYS), "want": ("want to", "no", None),
                         "habit": ("present", "yes", HABIT_TIMES),
                         "ask": ("past", "ask", PAST_DAYS),
                         "when": ("past", "ask", None), "how": ("past", "ask", None),
                         "with": ("past", "yes", None)}[kind]
    if kind == "want" and d.chance(0.5):
        mood = "yes"
    if mood == "ask":
        s = d.subject(ASKED)
    if place == "school" and GROWN_UP.search(s.en):
        return None
    time_en, time_fr = d.pick(pairs(time)) if time else ("", "")
    weekdays = place in ("school", "the office", "the university")
    if kind == "habit":
        if place not in REGULAR or weekdays != (time_en in ("every day", "every morning")):
            return None
    elif place in ("the movies", "the theater") and time_en == "this morning" or \
            weekdays and time and time_en not in ("yesterday", "this morning", "tomorrow") \
            or mood == "no" and "ago" in time_en:
        return None
    if kind == "with":
        friends = read_object(d.pick(["my friend+", "my parent+", "my sister", "my brother",
                                      "my grandmother", "my mother"]))
        if not fits(s, BE, friends):
            return None
        en_friends, fr_friends = object_words(friends, s)
        time_en, time_fr = f"with {en_friends}", f"avec {fr_friends}"
    to = place if place == "home" else f"to {place}"
    en, fr, _ = clause(s, PLAIN["get" if kind == "how" else "go"], tense, mood,
                       rest=(f"{to} {time_en}".strip(),
                             f"{contract('à', place_fr)} {time_fr}".strip()))
    if kind in ("when", "how"):
        en, fr = f"{kind} {en}", f"{'quand' if kind == 'when' else 'comment'} {fr}"
    return *finish(en, fr, "?" if mood == "ask" else "."), {("going + place", f"{kind}", place)}


def frame_come_back(d):
    """From the market, du marché; at the station, à la gare; home late."""
    s, (place, place_fr) = d.subject(), d.pick(pairs(PLACES))
    if place == "school" and GROWN_UP.search(s.en):
        return None
    hour = d.pick(pairs(HOURS) + [("noon", "midi")])
    at = (f"at {hour[0]}", f"à {hour[1]}")
    kind = d.pick(["back", "back past", "arrive", "stay", "leave", "wait", "work"])
    if kind.startswith("back"):
        tense = "past" if kind == "back past" else "now"
        rest = (f"from {place}", contract("de", place_fr))
        if tense == "past":
            rest = (f"{rest[0]} {at[0]}", f"{rest[1]} {at[1]}")
        en, fr, _ = clause(s, PLAIN["come back"], tense, "yes", rest=rest)
    elif place == "the movies" or kind in ("stay", "leave") and place in (
            "the bakery", "the pharmacy", "the post office", "the supermarket", "the market"):
        return None
    elif kind == "arrive":
        tense, mood = d.pick([("past", "yes"), ("will", "yes")])
        where = f"at {place}"
        en, fr, _ = clause(s, PLAIN["arrive"], tense, mood,
                           rest=(f"{where} {at[0]}", f"{contract('à', place_fr)} {at[1]}"))
    elif kind == "stay":
        long_en, long_fr = d.pick([("for two hours", "pendant deux heures"),
                                   ("until noon", "jusqu'à midi"), ("all day", "toute la journée"),
                                   ("all afternoon", "tout l'après-midi")])
        mood = d.pick(["yes", "no"]) if long_en == "all day" else "yes"
        en, fr, _ = clause(s, PLAIN["stay"], "past", mood,
                           rest=(f"at {place} {long_en}", f"{contract('à', place_fr)} {long_fr}"))
    elif kind == "leave":
        en, fr, _ = clause(s, PLAIN["leave"], "past", rest=(f"{place} {at[0]}",
                           f"{contract('de', place_fr)} {at[1]}"))
    elif kind == "work":
        if place in ("the park", "the beach", "church", "the station", "the swimming pool",
                     "school",
                     "the movies") or s.young:
            return None
        mood = d.pick(["yes", "no", "ask"])
        s = d.subject(ASKED) if mood == "ask" else s
        en, fr, _ = clause(s, PLAIN["work"], "present", mood,
                           rest=(f"at {place}", contract("à", place_fr)))
        return *finish(en, fr, "?" if mood == "ask" else "."), {("going + place", kind, place)}
    else:
        other = d.pick([("my brother", "mon frère"), ("my mother", "ma mère"), ("Claire", "Claire"),
                        ("my friends", "mes amis"), ("you", "te")])
        if s.en != "I" or other[0] == "you":
            return None
        en, fr = english(s, VERB["wait for"], "past"), french(s, VERB["wait for"], "past")
        en, fr = f"{en} {other[0]} at {place}", f"{fr} {other[1]} {contract('à', place_fr)}"
    return *finish(en, fr), {("going + place", kind, place)}


LIVE_FOR = [("two years", "deux ans"), ("three years", "trois ans"), ("five years", "cinq ans"),
            ("ten years", "dix ans"), ("six months", "six mois"), ("a year", "un an"),
            ("twenty years", "vingt ans")]


def frame_country(d):
    """In Paris, en France, au Japon, aux États-Unis; from: de, d', du, des."""
    s, place = d.subject(), d.pick(pairs(COUNTRIES) + pairs(COUNTRIES) + pairs(CITIES))
    en_place, fr_in, fr_from = place
    kind = d.pick(["live", "live no", "ask", "went", "going", "will", "from", "since", "back",
                   "travel",
                   "work", "was"])
    if kind in ("live", "live no", "ask"):
        mood = {"live": "yes", "live no": "no", "ask": "ask"}[kind]
        s = d.subject(ASKED) if mood == "ask" else s
        rest, tense = (f"in {en_place}", fr_in), "present"
        verb = PLAIN["live"]
    elif kind == "went":
        mood, tense, verb = d.pick(["yes", "yes", "no"]), "past", PLAIN["go"]
        time = d.pick(pairs(PAST_LONG)[:3])
        rest = (f"to {en_place} {time[0]}", f"{fr_in} {time[1]}")
    elif kind in ("going", "will"):
        mood, tense, verb = "yes", "going to" if kind == "going" else "will", PLAIN["go"]
        time = d.pick(pairs(FUTURE_LONG) + [("in July", "en juillet"), ("in April", "en avril")])
        rest = (f"to {en_place} {time[0]}", f"{fr_in} {time[1]}")
    elif kind == "from":
        mood, tense, verb = d.pick(["yes", "no", "ask"]), "present", PLAIN["come"]
        s = d.subject(ASKED) if mood == "ask" else s
        rest = (f"from {en_place}", fr_from)
    elif kind == "since":
        length = d.pick(LIVE_FOR)
        has = SHORT_HAVE.get(s.en) or f"{s.en} {'has' if s.person == 2 else 'have'}"
        fr = french(s, PLAIN["live"], "present")
        return *finish(f"{has} lived in {en_place} for {length[0]}",
                       elide(f"{fr} {fr_in} depuis {length[1]}")), {("going + place", kind,
                                                                     en_place)}
    elif kind == "back":
        mood, verb = "yes", PLAIN["come back"]
        tense = d.pick(["past", "will"])
        time = d.pick(pairs(PAST_DAYS if tense == "past" else FUTURE_DAYS))
        rest = (f"from {en_place} {time[0]}", f"{fr_from} {time[1]}")
    elif kind == "travel":
        how = d.pick([("train", "train"), ("plane", "avion"), ("car", "voiture"), ("bus", "bus")])
        far = en_place in ("Japan", "Canada", "Brazil", "Mexico", "the United States", "China")
        if far != (how[0] == "plane"):
            return None
        mood, tense, verb = "yes", d.pick(["past", "will", "want to"]), PLAIN["go"]
        rest = (f"to {en_place} by {how[0]}", f"{fr_in} en {how[1]}")
    elif kind == "work":
        if s.young:
            return None
        mood, tense, verb = d.pick(["yes", "no", "ask"]), "present", PLAIN["work"]
        s = d.subject(ASKED) if mood == "ask" else s
        rest = (f"in {en_place}", fr_in)
    else:
        mood, tense, verb = d.pick(["yes", "no"]), "imperfect", BE
        time = d.pick(pairs(PAST_LONG))
        rest = (f"in {en_place} {time[0]}", f"{fr_in} {time[1]}")
    en, fr, _ = clause(s, verb, tense, mood, rest=rest)
    return *finish(en, fr, "?" if mood == "ask" else "."), {("going + place", kind, en_place)}


PURPOSES = [("market", "le marché", "buy", "bread cheese apple egg vegetable fish meat flower"),
            ("bakery", "la boulangerie", "buy", "bread cake"),
            ("supermarket", "le supermarché", "buy",
             "milk cheese rice sugar meat fish apple bread"),
            ("library", "la bibliothèque", "read", "book novel magazine newspaper"),
            ("station", "la gare", "wait for", "mother sister brother friend parent"),
            ("station", "la gare", "take", "train"), ("airport", "l'aéroport", "take", "plane"),
            ("post office", "la poste", "send", "letter package postcard"),
            ("hospital", "l'hôpital", "see", "grandmother uncle aunt doctor")]


def frame_in_order_to(d):
    """She went to the market to buy some bread: pour and the infinitive."""
    place, place_fr, name, objects = d.pick(PURPOSES)
    verb, s = VERB[name], d.subject()
    o = d.pick([o for o in verb.objects if o.noun in objects.split()])
    if not fits(s, verb, o):
        return None
    tense, mood = d.pick([("past", "yes"), ("past", "yes"), ("going to", "yes"), ("now", "yes")])
    if tense == "going to" and d.chance(0.5):
        tense = "must"
    en, fr, _ = clause(s, PLAIN["go"], tense, mood,
                       rest=(f"to the {place}", contract("à", place_fr)))
    en_object, fr_object = object_words(o, s)
    return *finish(f"{en} to {name} {en_object}", elide(f"{fr} pour {verb.fr} {fr_object}")), \
        {("verb + object", name, o.noun), ("tense + verb", "to", name)}


# --- being and having -----------------------------------------
def frame_person_is(d):
    """She is tired: the adjective agrees with the subject."""
    mood_word = d.chance(0.5)
    en_word, masculine, feminine = d.pick(read_people(MOODS if mood_word else TRAITS))
    s, mood = d.subject(), d.pick(["yes", "yes", "no", "ask"])
    if mood == "ask":
        s = d.subject(ASKED)
    if en_word == "young" and (s.young or "grand" in s.en):
        return None
    degree = d.pick([("", ""), ("", ""), ("very", "très"), ("too", "trop"), ("really", "vraiment"),
                     ("often", "souvent"), ("always", "toujours")])
    if mood != "yes" or not mood_word and degree[0] in ("often", "always", "too"):
        degree = ("", "") if mood == "ask" else d.pick([("", ""), ("very", "très")])
    if masculine.startswith("en ") and degree[0] in ("very", "too", "really") \
            or en_word in ("alone", "ready", "late", "sick",
                           "surprised") and degree[0] in ("very", "too"):
        return None
    if degree[0] == "really" and (mood == "no" or en_word in ("alone", "ready")) \
            or degree[0] == "often" and en_word in ("ready", "surprised") \
            or degree[0] == "always" and en_word in ("sick", "surprised") \
            or degree[0] == "too" and en_word not in ("tired", "busy", "nervous"):
        return None
    # Nothing that would hurt the one it is said of.
    if mood == "no" and en_word in ("smart", "nice", "polite", "brave", "generous", "young") \
            or mood != "no" and en_word == "lazy" and s.en not in ("I", "we") \
            or en_word == "alone" and s.young:
        return None
    time, tense = ("", ""), "present"
    if mood_word and degree[0] not in ("often", "always") and d.chance(0.4):
        if d.chance(0.6) or mood == "ask":
            tense = "imperfect"
            time = d.pick([("yesterday", "hier"), ("this morning", "ce matin"),
                           ("last night", "hier soir"),
                           ("last week", "la semaine dernière")])
        else:
            tense = "will"
            time = d.pick([("tomorrow", "demain"), ("tonight", "ce soir")])
            if en_word not in ("busy", "ready", "happy", "tired", "late", "alone"):
                return None
    elif mood_word and mood != "never" and degree[0] not in ("often", "always") and d.chance(0.3):
        time = ("today", "aujourd'hui")
    word = agree(masculine, feminine, s.feminine, s.plural)
    en, fr, _ = clause(s, BE, tense, mood, rest=(f"{degree[0]} {en_word} {time[0]}".strip(),
                                                 f"{degree[1]} {word} {time[1]}".strip()))
    return *finish(" ".join(en.split()), " ".join(fr.split()), "?" if mood == "ask" else "."), \
        {("subject + state", s.en, en_word)}


def frame_compare(d):
    """Taller than, as tall as, less patient than."""
    en_word, masculine, feminine = d.pick(read_people(TRAITS))
    s = d.subject()
    if s.en == "you" or en_word == "lazy":
        return None
    other = read_object(d.pick(["my brother", "my sister", "my mother", "my father", "my uncle",
                                "my aunt",
                                "my friend+", "my neighbor+"]))
    if not fits(s, BE, other) or en_word == "young" and ("grand" in s.en or other.noun in
                                                         ("mother", "father")):
        return None
    other_en, other_fr = object_words(other, s)
    if d.chance(0.25):
        name = d.pick(["Marie", "Paul", "Claire", "Thomas"])
        if name in s.en:
            return None
        other_en = other_fr = name
    word = agree(masculine, feminine, s.feminine, s.plural)
    kind = d.pick(["more", "more", "as", "less", "not as"])
    more = COMPARATIVES.get(en_word, f"more {en_word}")
    en_rest = {"more": f"{more} than", "as": f"as {en_word} as", "less": f"less {en_word} than",
               "not as": f"as {en_word} as"}[kind]
    fr_rest = {"more": "plus", "as": "aussi", "less": "moins", "not as": "aussi"}[kind]
    if kind == "less" and en_word in COMPARATIVES or kind == "not as" and en_word == "smart" \
            or en_word == "young" and (
            kind != "more" or other.noun in ("uncle", "aunt")):
        return None
    en, fr, _ = clause(s, BE, "present", "no" if kind == "not as" else "yes",
                       rest=(f"{en_rest} {other_en}", elide(f"{fr_rest} {word} que {other_fr}")))
    return *finish(en, fr), {("subject + state", s.en, en_word)}


def frame_thing_is(d):
    """This house is old, Paul's car is red, my shoes are dirty."""
    adjective, noun = draw_described(d)
    if adjective.en == "new":       # here French makes a difference: neuf
        return None
    plural = noun.name == "shoe" or d.chance(0.2)
    det = d.pick(["the", "this", "this", "my"])
    owner = SUBJECT[d.pick(["I", "you", "he", "she", "we", "they"])]
    if det == "my" and noun.name in NOT_OWNED or plural and noun.name in ("soup",):
        return None
    if plural and owner.plural and det == "my" and noun.name in ("bed", "house", "car"):
        plural = False
    degree = d.pick([("", ""), ("", ""), ("very", "très"), ("too", "trop")])
    mood = d.pick(["yes", "yes", "no", "ask"])
    if adjective.en in NO_DEGREE or mood == "ask" or degree[0] == "too" and adjective.en not in (
            "big", "small", "expensive", "heavy", "difficult", "old", "easy", "modern"):
        degree = ("", "")
    if det == "my" and owner.plural and noun.name in PERSONAL:
        return None
    noun_en = english_noun(det, noun.name, plural, owner)
    noun_fr = french_noun(det, noun.name, plural, owner.person)
    if det == "the" and d.chance(0.5):
        who = d.pick(["Paul", "Marie", "Claire", "Thomas", "my brother", "my sister", "my uncle",
                      "the teacher"])
        if noun.name in NOT_OWNED:
            return None
        noun_en = f"{who}'s {noun.en_plural if plural else noun.en}"
        noun_fr = f"{noun_fr} {contract('de', SUBJECT[who].fr)}"
    it = Subject(noun_en, noun_fr, 5 if plural else 2, noun.feminine, False)
    word = predicate(adjective, noun, plural)
    en, fr, _ = clause(it, BE, "present", mood,
                       rest=(f"{degree[0]} {adjective.en}".strip(), f"{degree[1]} {word}".strip()))
    return *finish(en, fr, "?" if mood == "ask" else "."), described(adjective, noun)


NOT_OWNED = words("""city castle tree hotel store school beach street river island village church
museum supermarket restaurant wall floor bird mouse cathedral movie cheese wine window exhibition
problem
word station bridge road hospital library park stadium theater bakery flower apple animal box text
exercise exam clock truck boat glass plate cup bottle letter poem room lesson story novel ticket""")
NO_DEGREE = {"red", "blue", "green", "white", "black", "yellow", "gray", "French", "Italian",
             "broken", "new", "empty"}
HAD = words("""car bicycle house garden computer phone dog cat horse bag apartment dress coat hat
umbrella
watch guitar piano boat bed camera kitchen bedroom sofa armchair suitcase shirt skirt scarf
sweater tie
clock lamp ring notebook truck mirror radio""")
BOUGHT = words("""car bicycle house computer phone bag apartment dress coat hat umbrella watch
guitar boat
bed camera sofa armchair suitcase shirt skirt scarf sweater tie lamp ring notebook mirror table vase
painting book novel magazine box ball pen chair clock shoe flower apple postcard cup plate""")


def frame_has_described(d):
    """She has a red car, he bought some beautiful flowers: where the adjective stands."""
    adjective, noun = draw_described(d)
    buying = d.chance(0.6)
    if noun.name not in (BOUGHT if buying else HAD) or adjective.en in ("broken", "dirty", "clean",
                                                                        "empty", "heavy"):
        return None
    s = d.subject()
    plural = noun.name in ("shoe", "flower", "apple", "cup",
                           "plate") or s.plural and noun.name in PERSONAL
    if s.young and noun.name in FOR_ADULTS:
        return None
    if noun.name in ("dress", "skirt") and not s.feminine and (not buying or s.person > 1):
        return None
    if not buying and noun.name == "tie" and (s.feminine or s.young):
        return None
    tense, mood = ("present", d.pick(["yes", "yes", "no"])) if not buying else \
        d.pick([("past", "yes"), ("past", "yes"), ("going to", "yes"), ("want to", "yes"),
                ("want to", "no")])
    verb = VERB["buy"] if buying else HAVE
    time = ("", "")
    if buying and tense == "past" and d.chance(0.4):
        time = d.time(verb, True, Object("a", noun.name, plural, False))
    det = "a" if not plural else "some"
    noun_en = english_noun(det, noun.name, plural, s, adjective)
    if mood == "no" and plural:
        noun_en = noun_en.replace("some", "any", 1)
    noun_fr = french_noun("de" if mood == "no" else det, noun.name, plural, s.person, adjective)
    en, fr, marks = clause(s, verb, tense, mood, rest=(f"{noun_en} {time[0]}".strip(),
                                                       f"{noun_fr} {time[1]}".strip()))
    if buying:
        marks.add(("verb + object", "buy", noun.name))
    return *finish(en, fr), marks | described(adjective, noun)


def frame_has(d):
    """She doesn't have a car: pas de."""
    s, mood = d.subject(), d.pick(["yes", "no", "no", "ask"])
    o = read_object(d.pick([f"a {name}"
                            for name in HAD if name not in {*PERSONAL, "kitchen", "bedroom", "bed"}]
                           + ["some money", "a brother", "a sister", "a job", "a idea", "a garden",
                              "a question", "a problem", "a exam", "some work"]))
    if mood == "ask":
        s = d.subject(ASKED)
    if not fits(s, HAVE, o) or mood == "yes" and o.noun in ("radio", "mirror", "lamp", "clock"):
        return None
    if mood == "no" and o.noun in ("idea", "question", "problem"):   # here English says any
        return None
    if s.plural and o.noun in ("job", "sofa", "idea",
                               "exam") or s.young and o.noun in ("truck", "car", "boat"):
        return None
    time = ("", "")
    if o.noun in ("exam", "work"):
        time = ("today", "aujourd'hui")
    en, fr, _ = clause(s, HAVE, "present", mood, o, rest=time)
    return *finish(en, fr, "?" if mood == "ask" else "."), {("have + object", mood, o.noun)}


def frame_it_is(d):
    """It's a new hotel: un nouvel hôtel; these are old trees: de vieux arbres."""
    adjective, noun = draw_described(d)
    if noun.name in ("shoe", "floor") or adjective.en in ("broken", "empty", "clean", "dirty"):
        return None
    mood = d.pick(["yes", "yes", "no", "ask", "plural"])
    noun_en = english_noun("a", noun.name, adjective=adjective)
    noun_fr = french_noun("a", noun.name, adjective=adjective)
    if noun.name in ("cheese",):
        return None
    if mood == "plural":
        if adjective.en == "Italian" or noun.name in ("cheese", "address"):
            return None
        noun_fr = french_noun("some", noun.name, True, adjective=adjective)
        en, fr = f"these are {adjective.en} {noun.en_plural}", f"ce sont {noun_fr}"
    elif mood == "ask":
        en, fr = f"is it {noun_en}", f"est-ce que c'est {noun_fr}"
    elif mood == "no":
        en, fr = f"it isn't {noun_en}", f"ce n'est pas {noun_fr}"
    else:
        degree = d.chance(0.3) and adjective.en not in NO_DEGREE and not adjective.before
        en, fr = f"it's {noun_en}", f"c'est {noun_fr}"
        if degree:
            en = f"it's a very {adjective.en} {noun.en}"
            fr = f"c'est {french_noun('a', noun.name)} très {predicate(adjective, noun)}"
    return *finish(en, fr, "?" if mood == "ask" else "."), described(adjective, noun)


SPOTS = [("on", "sur", "table desk chair bed shelf sofa", "thing"),
         ("under", "sous", "table bed chair sofa", "thing animal"),
         ("in", "dans", "bag box drawer suitcase car kitchen bedroom living_room", "thing"),
         ("in", "dans", "fridge kitchen", "food"), ("on", "sur", "table", "food"),
         ("in", "dans", "garden kitchen house garage", "animal"),
         ("behind", "derrière", "door sofa armchair", "animal thing"),
         ("behind", "derrière", "station church museum park school", "building"),
         ("in front of", "devant", "house door school", "animal"),
         ("across from", "en face de", "station church museum hotel school", "building"),
         ("near", "près de", "station park school beach hospital church river airport", "building"),
         ("next to", "à côté de", "station park school hospital bank hotel museum", "building"),
         ("next to", "à côté de", "lamp bed door phone computer", "thing"),
         ("near", "près de", "house tree door window", "animal")]
SPOTTED = {"thing": "key+ book phone glasses+ hat pen letter newspaper ball bag umbrella photo+ "
                    "wallet passport notebook+ gift shoe+ camera ticket+ map watch",
           "food": "bread cheese milk apple+ egg+ cake fish soup chocolate orange+ meat juice "
                   "salad",
           "animal": "cat dog bird+ mouse",
           "building": "bank pharmacy hotel restaurant bakery post_office museum "
                       "bookstore supermarket school hospital library"}


def draw_spot(d):
    prep, prep_fr, spots, kinds = d.pick(SPOTS)
    spot = d.pick(spots.split())
    text = d.pick(SPOTTED[d.pick(kinds.split())].split())
    name, plural = text.rstrip("+"), text.endswith("+")
    if name == spot or name == "bird" and prep in ("under", "behind") \
            or name in ("umbrella", "bag", "hat") and spot in ("drawer", "bag") \
            or name in ("hospital", "school") and prep == "near" and spot in ("hospital", "school"):
        return None
    spot_fr = french_noun("the", spot)
    spot_fr = contract("de", spot_fr) if prep_fr.endswith(" de") else spot_fr
    prep_fr = prep_fr.removesuffix(" de")
    return name, plural, f"{prep} the {NOUN[spot].en}", f"{prep_fr} {spot_fr}", spot


OWN_THINGS = words("key phone glasses hat pen bag umbrella wallet passport notebook shoe camera "
                   "watch")


def frame_where(d):
    """The keys are on the table. Where is ...?"""
    if not (drawn := draw_spot(d)):
        return None
    name, plural, spot_en, spot_fr, spot = drawn
    owner = SUBJECT[d.pick(["I", "you", "he", "she", "Marie", "Paul"])]
    personal = name in OWN_THINGS
    det = "my" if personal and d.chance(0.7) else "the"
    noun_en = english_noun(det, name, plural, owner)
    it = Subject(noun_en, french_noun(det, name, plural, owner.person), 5 if plural else 2,
                 NOUN[name].feminine, False)
    mood = d.pick(["yes", "yes", "yes", "no", "ask"])
    tense = "imperfect" if d.chance(0.15) else "present"
    en, fr, _ = clause(it, BE, tense, mood, rest=(spot_en, spot_fr))
    return *finish(en, fr, "?" if mood == "ask" else "."), {("thing + spot", name, spot)}


def frame_there_is(d):
    """There is a cat in the garden, there isn't any milk: il y a, il n'y a pas de."""
    if not (drawn := draw_spot(d)):
        return None
    name, plural, spot_en, spot_fr, spot = drawn
    if name in words("glasses phone passport wallet letter watch camera post_office"):
        return None
    mass = name in words("bread cheese milk cake fish soup chocolate meat juice salad")
    mood = d.pick(["yes", "yes", "no", "ask"])
    counted = plural and d.chance(0.5)
    be = "are" if plural else "is"
    if counted:
        number = d.pick(pairs(NUMBERS))
        noun_en = f"{number[0]} {NOUN[name].en_plural}"
        noun_fr = f"{number[1]} {NOUN[name].fr_plural}"
        mood = "yes"
    else:
        det = "some" if mass or plural else "a"
        noun_en = english_noun(det, name, plural)
        if mood != "yes":
            noun_en = re.sub("^some", "any", noun_en)
        noun_fr = french_noun("de" if mood == "no" else det, name, plural)
    start = {"yes": f"there {be}" if plural else "there's", "no": f"there {be}n't",
             "ask": f"{be} there"}[mood]
    fr = {"yes": "il y a", "no": "il n'y a pas", "ask": "est-ce qu'il y a"}[mood]
    return *finish(f"{start} {noun_en} {spot_en}", f"{fr} {noun_fr} {spot_fr}",
                   "?" if mood == "ask" else "."), {("thing + spot", name, spot)}


def frame_profession(d):
    """She's a nurse: no article in French."""
    en_word, masculine, feminine = d.pick(read_people(PROFESSIONS))
    s, kind = d.subject(), d.pick(["yes", "no", "ask", "was", "want", "will"])
    if s.young or s.en == "the teacher" and kind != "was":
        return None
    if kind == "ask":
        s = d.subject(ASKED)
    word = agree(masculine, feminine, s.feminine, s.plural)
    phrase = english_plural(en_word) if s.plural else f"{article(en_word)} {en_word}"
    if kind in ("want", "will") and "grand" in s.en or kind == "want" and s.en.endswith(("mother",
                                                                                         "father")):
        return None
    if kind == "want":
        base_en, fr = "want to be", french(s, BE, "want to")
        en = f"{s.en} {third(base_en) if s.person == 2 else base_en}"
        return *finish(f"{en} {phrase}", f"{fr} {word}"), {("subject + state", s.en, en_word)}
    tense = {"was": "imperfect", "will": "will"}.get(kind, "present")
    en, fr, _ = clause(s, BE, tense, "ask" if kind == "ask" else "no" if kind == "no" else "yes",
                       rest=(phrase, word))
    return *finish(en, fr, "?" if kind == "ask" else "."), {("subject + state", s.en, en_word)}


def frame_hungry(d):
    """I'm hungry: j'ai faim."""
    en_word = d.pick(list(HAVE_STATES))
    fr_word, s = HAVE_STATES[en_word], d.subject()
    mood = d.pick(["yes", "yes", "no", "ask"])
    if mood == "ask":
        s = d.subject(ASKED)
    if en_word == "hot" and s.en not in ("I", "you", "we"):     # of others it means attractive
        return None
    rest_en, rest_fr = en_word, fr_word
    tense = "present"
    if en_word not in ("right", "wrong", "hot") and d.chance(0.4):
        rest_en, rest_fr = f"very {en_word}", f"très {fr_word}"
        if mood == "ask":
            return None
    if en_word == "afraid" and d.chance(0.8):
        of = d.pick([("dogs", "des chiens"), ("mice", "des souris"), ("planes", "de l'avion"),
                     ("the water", "de l'eau"), ("the dentist", "du dentiste"),
                     ("horses", "des chevaux"),
                     ("the exam", "de l'examen")])
        if of[0] == "planes" or of[0] == "the exam" and (GROWN_UP.search(s.en)
                                                         or s.en == "the teacher"):
            return None
        rest_en, rest_fr = f"{rest_en} of {of[0]}", f"{rest_fr} {of[1]}"
    elif d.chance(0.35):
        tense = "imperfect"
        time = d.pick([("yesterday", "hier"), ("this morning", "ce matin"),
                       ("last night", "hier soir")])
        if en_word in ("right", "wrong") or en_word == "sleepy" and time[0] != "yesterday":
            return None
        rest_en, rest_fr = f"{rest_en} {time[0]}", f"{rest_fr} {time[1]}"
    en = clause(s, BE, tense, mood, rest=(rest_en, ""))[0]
    fr = clause(s, HAVE, tense, mood, rest=("", rest_fr))[1]
    return *finish(en, fr, "?" if mood == "ask" else "."), {("subject + state", s.en, en_word)}


def frame_age(d):
    """Twelve years old, douze ans; two brothers; how old."""
    s = d.subject()
    if d.chance(0.75):
        number = d.pick(pairs(AGES))
        small = number[0] not in ("thirty", "forty", "fifty", "sixty")
        if s.plural or s.young or small and any(word in s.en for word in
                                                ("mother", "father", "uncle", "aunt", "teacher")):
            return None
        if "grand" in s.en and number[0] != "sixty":
            return None
        tense, mood = d.pick([("present", "yes"), ("present", "yes"), ("imperfect", "yes"),
                              ("will", "yes")])
        time = ("", "")
        if tense == "imperfect":
            time = ("at the time", "à l'époque")
        elif tense == "will":
            time = d.pick([("tomorrow", "demain"), ("in May", "en mai"), ("in July", "en juillet"),
                           ("in April", "en avril")])
        en = clause(s, BE, tense, mood, rest=(f"{number[0]} years old {time[0]}".strip(), ""))[0]
        fr = clause(s, HAVE, tense, mood, rest=("", f"{number[1]} ans {time[1]}".strip()))[1]
        if tense == "will":
            en = clause(s, BE, tense, mood, rest=(f"{number[0]} {time[0]}", ""))[0]
        return *finish(en, fr), {("subject + state", s.en, number[0])}
    number = d.pick(pairs(NUMBERS)[:5])
    name = d.pick(["brother", "sister", "cat", "dog", "horse", "child", "book", "car", "friend"])
    if name in s.en or s.young and name in ("child", "car") \
            or number[0] == "six" and name != "book" or number[0] != "two" and name == "car":
        return None
    mood = d.pick(["yes", "yes", "ask"])
    s = d.subject(ASKED) if mood == "ask" else s
    en, fr, _ = clause(s, HAVE, "present", mood, rest=(f"{number[0]} {NOUN[name].en_plural}",
                                                       f"{number[1]} {NOUN[name].fr_plural}"))
    return *finish(en, fr, "?" if mood == "ask" else "."), {("have + object", number[0], name)}


# --- liking, needing ----------------------------------------------------------------------------
COMPARABLE = ["cheese, fish, meat, vegetables, soup, rice, ice cream, chocolate",
              "apples, oranges, bananas, chocolate, ice cream", "tea, coffee, milk",
              "cats, dogs, horses", "winter, summer", "novels, poems",
              "the sea, the mountains, the city, the countryside", "math, history, music"]


def frame_like(d):
    """She likes cheese: French keeps its article, also after a negation."""
    s, kind = d.subject(), d.pick(["like", "no", "but", "prefer", "ask", "hate", "love"])
    first, second = d.pick(pairs(LIKES)), d.pick(pairs(LIKES))
    if first == second:
        return None
    marks = {("liking + thing", kind, first[0])}
    comparable = any(first[0] in group and second[0] in group for group in map(split, COMPARABLE))
    if kind in ("but", "prefer") and not comparable:
        return None
    if kind == "but":
        en1, fr1, _ = clause(s, PLAIN["like"], "present", "yes", rest=first)
        en2, fr2, _ = clause(s.pronoun, PLAIN["like"], "present", "no", rest=second)
        return *finish(f"{en1}, but {en2}", f"{fr1}, mais {fr2}"), marks
    if kind == "prefer":
        rest = f"{first[0]} to {second[0]}", f"{first[1]} {contract('à', second[1])}"
        en, fr, _ = clause(s, PLAIN["prefer"], "present", "yes", rest=rest)
        return *finish(en, fr), marks
    mood = {"no": "no", "ask": "ask"}.get(kind, "yes")
    s = d.subject(ASKED) if mood == "ask" else s
    verb = PLAIN[kind if kind in ("hate", "love") else "like"]
    en, fr, _ = clause(s, verb, "present", mood, rest=first)
    return *finish(en, fr, "?" if mood == "ask" else "."), marks


LIKED_VERBS = ["swim", "dance", "sing", "read", "travel", "cook", "ski", "run", "walk", "drive",
               "draw",
               "sleep", "work", "write"]


def frame_like_to(d):
    """She likes to read, he knows how to swim, can you dance tonight?"""
    verb, s = PLAIN[d.pick(LIKED_VERBS)], d.subject()
    tense = d.pick(["like to", "like to", "know how to", "want to"])
    if tense == "know how to" and verb.en in ("travel", "run", "walk", "sleep", "work") \
            or s.young and verb.en in ("drive", "work") \
            or tense == "know how to" and verb.en in ("read", "write") and not s.young:
        return None
    mood = d.pick(["yes", "yes", "no", "ask"])
    if mood == "no" and tense == "like to" and verb.en == "sleep" \
            or mood == "ask" and tense == "know how to" and verb.en in ("read", "write"):
        return None
    s = d.subject(ASKED) if mood == "ask" else s
    time = ("", "")
    if tense == "want to":
        if verb.en in ("swim", "dance", "sing", "cook", "read", "run"):
            time = d.pick([("tonight", "ce soir"), ("tomorrow", "demain"),
                           ("this weekend", "ce week-end")])
    elif tense == "like to" and mood == "yes" and d.chance(0.5):
        place = {"swim": [("in the sea", "dans la mer"), ("in the river", "dans la rivière")],
                 "dance": [("with you", "avec toi")], "sing": [("in the shower", "sous la douche")],
                 "read": [("in bed", "au lit"), ("in the garden", "dans le jardin")],
                 "travel": [("by train", "en train")],
                 "walk": [("in the park", "dans le parc"), ("on the beach", "sur la plage")],
                 "run": [("in the park", "dans le parc")],
                 "work": [("at night", "la nuit"),
                          ("in the garden", "dans le jardin")]}.get(verb.en)
        if place:
            time = d.pick(place)
            if time[0] == "with you" and s.en == "you":
                return None
    en, fr, _ = clause(s, verb, tense, mood, rest=time)
    return *finish(en, fr, "?" if mood == "ask"
                   else "."), {("subject + verb", s.en, f"{tense} {verb.en}")}


NEEDED = """a car, a computer, some money, a job, a umbrella, a coat, some milk, some sugar,
some bread,
some egg+, my key+, my glasses+, my phone, a pen, a doctor, some water, my medicine+, some salt,
a camera,
a bigger house=une plus grande maison, a new phone=un nouveau téléphone, a suitcase, a ticket,
the car,
a chair, some vegetable+, some coffee"""


def frame_need(d):
    """She needs a car: avoir besoin de."""
    o = read_object(d.pick(split(NEEDED)))
    s, mood = d.subject(), d.pick(["yes", "yes", "no", "ask"])
    s = d.subject(ASKED) if mood == "ask" else s
    if not fits(s, BE, o) or o.noun == "car" and (s.young or o.det == "the" and mood == "no"):
        return None
    en_object = object_words(o, s, mood)[0]
    if not o.det:
        if mood == "no":
            return None
        fr_object = elide(f"de {o.fr}")
    elif o.det == "some" or o.det == "a" and (mood == "no"
                                              or en_object.startswith(("some", "any"))):
        plural = o.plural or o.det == "a" and en_object.startswith(("some", "any"))
        fr_object = french_noun("de", o.noun, plural)
    else:
        fr_object = contract("de", object_words(o, s)[1])
    en, fr, _ = clause(s, PLAIN["need"], "present", mood, rest=(en_object, fr_object))
    return *finish(en, fr, "?" if mood == "ask"
                   else "."), {("have + object", f"need {mood}", o.noun)}


AMOUNTS = {"a kilo of": ("un kilo de", "apple+ orange+ banana+ sugar rice meat cheese fish"),
           "a bottle of": ("une bouteille de", "water milk wine juice beer"),
           "a glass of": ("un verre de", "water milk wine juice"),
           "a cup of": ("une tasse de", "coffee tea chocolate"),
           "a piece of": ("un morceau de", "bread cheese cake chocolate chicken"),
           "a lot of": ("beaucoup de",
                        "apple+ water milk coffee tea bread cheese fish chocolate rice "
                                       "vegetable+ meat sugar"),
           "a box of": ("une boîte de", "chocolate+ cookie+"),
           "a little": ("un peu de", "salt sugar milk bread cheese water wine rice salad")}


def frame_amount(d):
    """A kilo of apples: de without an article."""
    amount = d.pick(list(AMOUNTS))
    amount_fr, names = AMOUNTS[amount]
    text = d.pick(names.split())
    name, plural = text.rstrip("+"), text.endswith("+")
    noun_en = NOUN[name].en_plural if plural else NOUN[name].en
    drink = name in ("water", "milk", "wine", "juice", "beer", "coffee",
                     "tea") or amount == "a cup of"
    verb = VERB[d.pick(["buy", "drink" if drink else "eat", "bring"])]
    if amount in ("a glass of", "a cup of", "a piece of",
                  "a little") and verb.en in ("buy", "bring") \
            or amount in ("a kilo of", "a bottle of", "a box of") and verb.en in ("eat", "drink") \
            or amount == "a lot of" and verb.en == "bring" \
            or name in ("salt", "sugar") and verb.en == "eat":
        return None
    s = d.subject()
    if s.young and name in ("wine", "beer",
                            "coffee") or amount == "a cup of" and name == "chocolate":
        return None
    if d.chance(0.2) and verb.en != "bring" and amount != "a lot of":
        sir, sir_fr = d.pick([("sir", "monsieur"), ("madam", "madame")])
        what_fr = french_amount(amount_fr, name, plural)
        return *finish(f"I'd like {amount} {noun_en}, please, {sir}",
                       f"je voudrais {what_fr}, s'il vous plaît, {sir_fr}"), \
            {("amount + thing", amount, name)}
    tense, mood = d.pick([("past", "yes"), ("going to", "yes"), ("want to", "yes"),
                          ("will", "yes")])
    time = d.time(verb, past=tense == "past") if tense == "past" and verb.en != "bring" \
        and d.chance(0.6) else ("", "")
    en, fr, marks = clause(s, verb, tense, mood,
                           rest=(f"{amount} {noun_en} {time[0]}".strip(),
                                 f"{french_amount(amount_fr, name, plural)} {time[1]}".strip()))
    return *finish(en, fr), marks | {("amount + thing", amount, name),
                                     ("verb + object", verb.en, name)}


def french_amount(amount_fr, name, plural):
    return f"{amount_fr.removesuffix(' de')} {french_noun('de', name, plural)}"


# --- reflexive verbs, ways of doing things ----------------------------------------
# Reflexive verbs: the tenses one says them in; when, where or how.
ROUTINES = {
    "get up": ("present past will going-to must want-to", """early=tôt, late=tard,
        at six o'clock=à six heures, at seven o'clock=à sept heures, at eight o'clock=à huit heures,
        at half past seven=à sept heures et demie"""),
    "wake up": ("present past will going-to want-to", """early=tôt, late=tard,
        at six o'clock=à six heures, at seven o'clock=à sept heures,
        at half past six=à six heures et demie"""),
    "go to bed": ("present past will going-to must want-to", """early=tôt, late=tard,
        at nine o'clock=à neuf heures, at ten o'clock=à dix heures,
        at half past ten=à dix heures et demie, at eleven o'clock=à onze heures"""),
    "get dressed": ("now past going-to must", "quickly=vite"),
    "rest": ("present now past will going-to must want-to", """in the garden=dans le jardin,
        at home=à la maison, after lunch=après le déjeuner, for an hour=pendant une heure"""),
    "take a walk": ("present now past will going-to want-to", """in the park=dans le parc,
        on the beach=sur la plage, by the river=au bord de la rivière,
        in the forest=dans la forêt"""),
    "have fun": ("now past will going-to want-to", """at the party=à la fête,
        at the beach=à la plage, with friends=avec des amis, at the zoo=au zoo,
        in the snow=dans la neige"""),
    "hurry": ("now must", ""),
    "fall asleep": ("past", """on the sofa=sur le canapé, quickly=vite, on the train=dans le train,
        late=tard"""),
}
ROUTINE_TIMES = {"present": "every day=tous les jours, every Saturday=tous les samedis",
                 "past": "yesterday=hier, on Sunday=dimanche, last Saturday=samedi dernier",
                 "will": "tomorrow=demain, on Sunday=dimanche",
                 "going to": "tomorrow=demain, on Sunday=dimanche", "must": "tomorrow=demain"}


def frame_reflexive(d):
    """She gets up at seven: elle se lève; she got up late: elle s'est levée tard."""
    verb, s = d.pick(list(REFLEXIVE.values())), d.subject()
    tenses, ways = ROUTINES[verb.en]
    tense = d.pick(words(tenses)).replace("-", " ")
    mood = d.pick(["yes", "yes", "no", "ask"]) if tense == "past" else "yes"
    s = d.subject(ASKED) if mood == "ask" else s
    way = d.pick(pairs(ways)) if ways else ("", "")
    if (tense, way[0]) in (("must", "late"), ("now", "after lunch"), ("now", "for an hour")):
        return None
    time = ("", "")
    if verb.en not in ("hurry", "get dressed") and tense in ROUTINE_TIMES and d.chance(0.6):
        time = d.pick(pairs(ROUTINE_TIMES[tense]))
    if verb.en == "fall asleep" and time[0]:
        time = ("last night", "hier soir")
    elif tense == "past" and verb.en == "get dressed":
        time = ("this morning", "ce matin")
    elif tense == "present" and not time[0]:
        time = ("every day", "tous les jours")
    en, fr, _ = clause(s, verb, tense, mood, rest=(f"{way[0]} {time[0]}".strip(),
                                                   day_and_hour(time[1], way[1])))
    return *finish(en, fr, "?" if mood == "ask" else "."), {("subject + verb", s.en, verb.en)}


BODY = [("wash", "washed", "laver", "hands", "les mains"),
        ("wash", "washed", "laver", "hair", "les cheveux"),
        ("brush", "brushed", "brosser", "teeth", "les dents"),
        ("brush", "brushed", "brosser", "hair", "les cheveux")]


def frame_body(d):
    """She washed her hands: elle s'est lavé les mains, without agreement."""
    en_verb, past, fr_verb, part, fr_part = d.pick(BODY)
    verb, s = read_verb(en_verb, past, past, "se " + fr_verb), d.subject()
    tense, mood = d.pick([("past", "yes"), ("past", "no"), ("must", "yes"), ("going to", "yes"),
                          ("now", "yes"), ("past", "ask"), ("present", "yes")])
    s = d.subject(ASKED) if mood == "ask" else s
    time = ("", "")
    if tense == "present":
        time = d.pick([("every day", "tous les jours"), ("every morning", "tous les matins"),
                       ("every evening", "tous les soirs")])
    elif tense in ("past", "going to", "must"):
        time = d.pick([("before dinner", "avant le dîner"), ("after lunch", "après le déjeuner"),
                       ("this morning", "ce matin"), ("", "")])
        if tense != "past" and time[0] == "this morning":
            time = ("", "")
    en, fr, _ = clause(s, verb, tense, mood, agreement=(False, False),
                       rest=(f"{owner_word(s)} {part} {time[0]}".strip(),
                             f"{fr_part} {time[1]}".strip()))
    return *finish(en, fr, "?" if mood == "ask"
                   else "."), {("subject + verb", s.en, f"{en_verb} {part}")}


MANNERS = [("run", "fast", "vite"), ("drive", "slowly", "lentement"),
           ("drive", "too fast", "trop vite"),
           ("sing", "well", "bien"), ("sing", "badly", "mal"), ("dance", "well", "bien"),
           ("swim", "well", "bien"), ("swim", "fast", "vite"), ("cook", "well", "bien"),
           ("speak", "slowly", "lentement"), ("speak", "too fast", "trop vite"),
           ("speak", "softly", "doucement"), ("eat", "slowly", "lentement"),
           ("eat", "too fast", "trop vite"),
           ("walk", "slowly", "lentement"), ("walk", "fast", "vite"), ("draw", "well", "bien"),
           ("work", "a lot", "beaucoup"), ("travel", "a lot", "beaucoup"),
           ("sleep", "a lot", "beaucoup"),
           ("sleep", "badly", "mal"), ("sleep", "well", "bien"), ("read", "a lot", "beaucoup"),
           ("write", "badly", "mal"), ("ski", "well", "bien"), ("drive", "well", "bien")]


def frame_manner(d):
    """He drives slowly; she slept well."""
    name, en_how, fr_how = d.pick(MANNERS)
    s, verb = d.subject(), PLAIN[name]
    if s.young and name in ("drive", "work"):
        return None
    kind = d.pick(["yes", "yes", "no", "ask", "past"])
    mood = "yes" if kind == "past" else kind
    s = d.subject(ASKED) if mood == "ask" else s
    if kind == "past":
        if name not in ("sleep", "work", "eat", "drive") or en_how == "badly" and name != "sleep":
            return None
        time = d.pick([("last night", "hier soir"), ("yesterday", "hier")])
        if name == "sleep":
            if en_how == "a lot":
                return None
            time = ("last night", "cette nuit")
        if fr_how in ("bien", "mal", "beaucoup", "trop vite"):
            past = past_participle(verb.fr)
            fr = french(s, verb, "past").removesuffix(past) + f"{fr_how} {past} {time[1]}"
            if fr_how == "trop vite":
                fr = f"{french(s, verb, 'past')} {fr_how} {time[1]}"
        else:
            fr = f"{french(s, verb, 'past')} {fr_how} {time[1]}"
        en = f"{english(s, verb, 'past')} {en_how} {time[0]}"
        return *finish(en, fr), {("verb + manner", name, f"past {en_how}")}
    en, fr, _ = clause(s, verb, "present", mood, rest=(en_how, fr_how))
    return *finish(en, fr, "?" if mood == "ask"
                   else "."), {("subject + verb", s.en, f"{name} {en_how}")}


# --- reasons, conditions, memories ------------------------------------------------
def because(spec, s):
    """One side of a because-sentence for this subject: verb, tense, mood, English, French."""
    name, tense, mood, en_rest, fr_rest = spec
    if name == "it":
        return en_rest, fr_rest
    verb = {**VERB, **PLAIN, **REFLEXIVE}[name] if name != "have/be" else None
    if callable(fr_rest):
        fr_rest = fr_rest(s)
    if verb is None:    # be hungry, avoir faim
        return (clause(s, BE, tense, mood, rest=(en_rest, ""))[0],
                clause(s, HAVE, tense, mood, rest=("", fr_rest))[1])
    en_rest = en_rest.replace("my", owner_word(s))
    for thing in re.findall(r"<(\w+)\+?>", fr_rest):
        plural = f"{thing}+" in fr_rest or s.plural and thing in PERSONAL
        fr_rest = re.sub(rf"<{thing}\+?>", french_noun("my", thing, plural, s.person), fr_rest)
        if plural:
            en_rest = en_rest.replace(NOUN[thing].en, NOUN[thing].en_plural) \
                if not en_rest.endswith(NOUN[thing].en_plural) else en_rest
    if "|" in fr_rest:
        fr_rest = agree(*fr_rest.split("|"), s.feminine, s.plural)
    en, fr, _ = clause(s, verb, tense, mood, rest=(en_rest, fr_rest))
    return en, fr


TIRED = ("be", "present", "yes", "tired", "fatigué|fatiguée")
REASONS = {
    TIRED: [("work", "past", "yes", "all day", "toute la journée"),
            ("walk", "past", "yes", "for two hours", "pendant deux heures"),
            ("get up", "past", "yes", "very early", "très tôt"),
            ("go to bed", "past", "yes", "late", "tard"),
            ("dance", "past", "yes", "all night", "toute la nuit"),
            ("swim", "past", "yes", "for an hour", "pendant une heure")],
    ("be", "present", "yes", "happy", "heureux|heureuse"): [
        ("find", "past", "yes", "a job", "un travail"),
        ("be", "present", "yes", "on vacation", "en vacances"),
        ("receive", "past", "yes", "good news", "une bonne nouvelle"),
        ("pass", "past", "yes", "my exam", "<exam>"), ("find", "past", "yes", "my cat", "<cat>")],
    ("be", "present", "yes", "sad", "triste|triste"): [
        ("lose", "past", "yes", "my watch", "<watch>"),
        ("be", "present", "yes", "alone", "seul|seule"),
        ("fail", "past", "yes", "my exam", "<exam>"),
        ("miss", "past", "yes", "the party", "la fête")],
    ("be", "present", "yes", "late", "en retard|en retard"): [
        ("miss", "past", "yes", "the bus", "le bus"),
        ("miss", "past", "yes", "the train", "le train"),
        ("get up", "past", "yes", "late", "tard"), ("lose", "past", "yes", "my keys", "<key+>")],
    ("be", "present", "yes", "angry", "en colère|en colère"): [
        ("lose", "past", "yes", "my keys", "<key+>"),
        ("miss", "past", "yes", "the train", "le train"),
        ("forget", "past", "yes", "my umbrella", "<umbrella>"),
        ("lose", "past", "yes", "my passport", "<passport>")],
    ("stay", "now", "yes", "home", "à la maison"): [
        ("be", "present", "yes", "sick", "malade|malade"), TIRED,
        ("have", "present", "yes", "a lot of work", "beaucoup de travail"),
        ("it", "", "", "it's raining", "il pleut"), ("it", "", "", "it's cold", "il fait froid"),
        ("it", "", "", "the weather is bad", "il fait mauvais")],
    ("have/be", "present", "no", "hungry", "faim"): [
        ("eat", "past", "yes", "a lot", "beaucoup"),
        ("be", "present", "yes", "sick", "malade|malade"),
        ("eat", "past", "yes", "too much cake", "trop de gâteau")],
    ("come", "can", "no", "tonight", "ce soir"): [
        ("be", "present", "yes", "sick", "malade|malade"),
        ("be", "present", "yes", "busy", "occupé|occupée"),
        ("have", "present", "yes", "too much work", "trop de travail"), TIRED],
    ("work", "now", "no", "today", "aujourd'hui"): [
        ("be", "present", "yes", "sick", "malade|malade"),
        ("be", "present", "yes", "on vacation", "en vacances"),
        ("it", "", "", "it's Sunday", "c'est dimanche")],
    ("go to bed", "past", "yes", "early", "tôt"): [
        ("be", "imperfect", "yes", "tired", "fatigué|fatiguée"),
        ("be", "imperfect", "yes", "sick", "malade|malade"),
        ("have/be", "imperfect", "yes", "sleepy", "sommeil")],
    ("open", "past", "yes", "the window", "la fenêtre"): [
        ("have/be", "imperfect", "yes", "hot", "chaud"),
        ("it", "", "", "it was hot", "il faisait chaud")],
    ("close", "past", "yes", "the window", "la fenêtre"): [
        ("have/be", "imperfect", "yes", "cold", "froid"),
        ("it", "", "", "it was cold", "il faisait froid"),
        ("it", "", "", "it was raining", "il pleuvait")],
    ("learn", "now", "yes", "French", "le français"): [
        ("live", "want to", "yes", "in Paris", "à Paris"),
        ("work", "want to", "yes", "in France", "en France"),
        ("love", "present", "yes", "France", "la France")],
    ("take", "past", "yes", "the bus", "le bus"): [
        ("it", "", "", "it was raining", "il pleuvait"),
        ("be", "imperfect", "yes", "tired", "fatigué|fatiguée"),
        ("be", "imperfect", "yes", "late", "en retard|en retard")],
    ("drink", "past", "yes", "some water",
     "de l'eau"): [("have/be", "imperfect", "yes", "thirsty", "soif")],
    ("eat", "past", "yes", "some bread",
     "du pain"): [("have/be", "imperfect", "yes", "hungry", "faim")],
    ("stay", "past", "yes", "home", "à la maison"): [
        ("be", "imperfect", "yes", "sick", "malade|malade"),
        ("it", "", "", "it was raining", "il pleuvait"),
        ("it", "", "", "it was cold", "il faisait froid")],
}


def frame_because(d):
    """She's tired because she worked all day."""
    result = d.pick(list(REASONS))
    reason, s = d.pick(REASONS[result]), d.subject()
    if s.young and (reason[0] in ("work", "find", "have") or result[0] in ("work", "learn")):
        return None
    if reason[0] in ("love",) and s.en == "the teacher" or reason[3] in ("my exam", "a job") and (
            s.en == "the teacher" or s.plural):
        return None
    en1, fr1 = because(result, s)
    en2, fr2 = because(reason, s.pronoun)
    return *finish(f"{en1} because {en2}", elide(f"{fr1} parce que {fr2}")), set()


CONDITIONS = [("it rains", "il pleut"), ("it snows", "il neige"), ("it's cold", "il fait froid"),
              ("the weather is nice", "il fait beau"), ("it's hot", "il fait chaud")]
CONSEQUENCES = {"it rains": ["stay home=rester à la maison", "take the bus=prendre le bus",
                             "read a book=lire un livre", "watch a movie=regarder un film",
                             "go to the movies=aller au cinéma"],
                "it snows": ["stay home=rester à la maison", "take the train=prendre le train",
                             "have fun in the snow=s'amuser dans la neige"],
                "it's cold": ["stay home=rester à la maison", "drink some tea=boire du thé",
                              "take the bus=prendre le bus", "go to the movies=aller au cinéma"],
                "the weather is nice": ["go to the beach=aller à la plage",
                                        "go to the park=aller au parc",
                                        "eat in the garden=manger dans le jardin",
                                        "take a walk=se promener", "play soccer=jouer au football"],
                "it's hot": ["go to the beach=aller à la plage",
                             "swim in the river=nager dans la rivière",
                             "eat some ice cream=manger de la glace",
                             "go to the swimming pool=aller à la piscine"]}


def frame_if(d):
    """If it rains, we'll stay home: si and the présent, then the future."""
    (en_if, fr_if), s = d.pick(CONDITIONS), d.subject()
    en_then, fr_then = d.pick(CONSEQUENCES[en_if]).split("=")
    fr_verb, *rest = fr_then.split()
    reflexive = fr_then.startswith(("se ", "s'"))
    if reflexive:
        fr_verb, *rest = fr_then.replace("s'", "se ").split()[1:]
    en_verb, *en_rest = en_then.split()
    verb = Verb(en_verb, "", "", fr_verb, "", "", reflexive, "", ())
    when = d.pick([("", ""), ("tomorrow", "demain"), ("on Sunday", "dimanche")])
    en, fr, _ = clause(s, verb, "will", rest=(" ".join(en_rest), " ".join(rest)))
    return *finish(f"if {en_if} {when[0]}".strip() + f", {en}",
                   elide(f"si {fr_if} {when[1]}".strip()) + f", {fr}"), \
        {("subject + verb", s.en, f"will {en_then}")}


CHILDHOOD = ["live in Lyon=habiter à Lyon", "live in the countryside=habiter à la campagne",
             "play in the garden=jouer dans le jardin", "play the piano=jouer du piano",
             "love chocolate=adorer le chocolat", "walk to school=aller à l'école à pied",
             "read a lot=lire beaucoup", "have a dog=avoir un chien",
             "have a red bicycle=avoir un vélo rouge",
             "sing a lot=chanter beaucoup", "draw a lot=dessiner beaucoup",
             "go to the beach=aller à la plage",
             "hate vegetables=détester les légumes", "get up early=se lever tôt",
             "play soccer=jouer au football", "drink a lot of milk=boire beaucoup de lait",
             "take the bus=prendre le bus", "speak Italian=parler italien"]


def frame_childhood(d):
    """When I was little, we lived in Lyon: imparfait twice."""
    s = d.subject()
    if s.young or s.en == "the teacher":
        return None
    en_then, fr_then = d.pick(CHILDHOOD).split("=")
    old = any(word in s.en for word in ("mother", "father", "parents", "uncle", "aunt",
                                        "neighbors"))
    en_age, fr_age = ("young", agree("jeune", "jeune", s.feminine, s.plural)) if old else \
        ("little", agree("petit", "petite", s.feminine, s.plural))
    en1, fr1, _ = clause(s, BE, "imperfect", rest=(en_age, fr_age))
    reflexive = fr_then.startswith("se ")
    fr_verb, *fr_rest = fr_then.removeprefix("se ").split()
    en_verb, *en_rest = en_then.split()
    verb = Verb(en_verb, {"have": "had", "sing": "sang", "draw": "drew", "go": "went", "get": "got",
                          "drink": "drank", "take": "took", "speak": "spoke", "read": "read",
                          "hate": "hated",
                          "live": "lived", "love": "loved"}.get(en_verb, en_verb + "ed"),
                "", fr_verb, "", "", reflexive, "", ())
    he = s.pronoun
    en2 = " ".join([english(he, verb, "past"), *en_rest])
    fr2 = " ".join([french(he, verb, "imperfect"), *fr_rest])
    if en_verb in ("go", "take", "walk", "get"):    # a habit
        en2 = " ".join([he.en, "used to", en_then])
    return *finish(f"when {en1}, {en2}", f"quand {fr1}, {elide(fr2)}"), \
        {("subject + verb", s.en, f"childhood {en_then}")}


# --- weather, time, wearing ---------------------------------------------------------------------
WEATHER = {"now": [("it's raining", "il pleut"), ("it's snowing", "il neige"),
                   ("it's cold", "il fait froid"),
                   ("it's hot", "il fait chaud"), ("it's windy", "il y a du vent"),
                   ("it's sunny", "il y a du soleil"), ("the weather is nice", "il fait beau"),
                   ("the weather is bad", "il fait mauvais"),
                   ("it isn't cold", "il ne fait pas froid"),
                   ("it isn't raining", "il ne pleut pas"),
                   ("it isn't hot", "il ne fait pas chaud")],
           "past": [("it rained", "il a plu"), ("it snowed", "il a neigé"),
                    ("it was cold", "il faisait froid"),
                    ("it was hot", "il faisait chaud"), ("the weather was nice", "il faisait beau"),
                    ("the weather was bad", "il faisait mauvais"),
                    ("it didn't rain", "il n'a pas plu"),
                    ("it was windy", "il y avait du vent"),
                    ("it was sunny", "il y avait du soleil")],
           "will": [("it will rain", "il pleuvra"), ("it will snow", "il neigera"),
                    ("it will be cold", "il fera froid"), ("it will be hot", "il fera chaud"),
                    ("the weather will be nice", "il fera beau"),
                    ("it won't rain", "il ne pleuvra pas"),
                    ("it's going to rain", "il va pleuvoir"),
                    ("it's going to be cold", "il va faire froid"),
                    ("it's going to snow", "il va neiger")]}
WEATHER_TIMES = {"now": [("today", "aujourd'hui"), ("this morning", "ce matin"), ("", "")],
                 "past": [("yesterday", "hier"), ("last night", "hier soir"),
                          ("last week", "la semaine dernière"),
                          ("on Sunday", "dimanche")],
                 "will": [("tomorrow", "demain"), ("tonight", "ce soir"),
                          ("next week", "la semaine prochaine"),
                          ("this weekend", "ce week-end")]}


def frame_weather(d):
    when = d.pick(list(WEATHER))
    (en, fr), (time, time_fr) = d.pick(WEATHER[when]), d.pick(WEATHER_TIMES[when])
    place = d.pick(pairs(CITIES) + pairs(COUNTRIES) + [("the mountains", "à la montagne", "")] * 2)
    where = (f"in {place[0]}", place[1]) if d.chance(0.75) else ("", "")
    if "sunny" in en and time == "last night":
        return None
    if "snow" in en and place[0] not in ("Canada", "Switzerland", "Germany", "Geneva", "Berlin",
                                         "Japan",
                                         "the mountains", "Paris", "Lyon", "Brussels"):
        return None
    return *finish(" ".join(f"{en} {where[0]} {time}".split()),
                   " ".join(f"{fr} {where[1]} {time_fr}".split())), \
        {("weather + place", en, where[0])}


TIMETABLE = {"leave": ("leave", "partir", "train bus plane"),
             "arrive": ("arrive", "arriver", "train bus plane"),
             "open": ("open", "ouvrir",
                      "store bank museum pharmacy library bakery restaurant supermarket"),
             "close": ("close", "fermer",
                       "store bank museum pharmacy library bakery restaurant supermarket"),
             "start": ("start", "commencer", "movie lesson game concert exam exhibition"),
             "finish": ("finish", "finir", "movie lesson game concert exam")}


def frame_timetable(d):
    """The train leaves at eight; what time does it leave?"""
    key = d.pick(list(TIMETABLE))
    en_verb, fr_verb, nouns = TIMETABLE[key]
    name = d.pick(nouns.split())
    noun, hour = NOUN[name], d.pick(pairs(HOURS) + [("noon", "midi")])
    past = {"leave": "left"}.get(en_verb, en_verb + ("d" if en_verb.endswith("e") else "ed"))
    verb = Verb(en_verb, past, "", fr_verb, "", "", False, "", ())
    it = Subject(f"the {noun.en}", french_noun("the", name), 2, noun.feminine, False)
    if name == "exhibition":
        return None
    kind = d.pick(["present", "present", "ask", "will", "past", "no"])
    if kind == "ask":
        en, fr = english(it, verb, "present", "ask"), french(it, verb, "present", "ask")
        return *finish(f"what time {en}", f"à quelle heure {fr}",
                       "?"), {("timetable", name, en_verb)}
    tense, mood = (kind, "yes") if kind != "no" else ("present", "no")
    if kind == "past" and en_verb in ("open", "close") and name in ("bank", "museum"):
        return None
    time = d.pick([("tomorrow", "demain"),
                   ("on Sunday", "dimanche")]) if kind == "will" and d.chance(0.6) else ("", "")
    en, fr, _ = clause(it, verb, tense, mood, rest=(f"at {hour[0]} {time[0]}".strip(),
                                                    day_and_hour(time[1], f"à {hour[1]}")))
    return *finish(en, fr), {("timetable", name, en_verb)}


def frame_wear(d):
    """She's wearing a blue dress."""
    adjective, noun = draw_described(d)
    if noun.name not in words("dress shirt coat hat skirt sweater tie scarf shoe ring watch") or \
            adjective.en in ("broken", "empty", "big", "small", "expensive"):
        return None
    s = d.subject()
    if adjective.en in ("dirty", "clean") and s.en not in ("I", "we", "the children"):
        return None     # not said of others
    if noun.name in ("dress", "skirt") and not s.feminine or noun.name == "tie" and (
            s.feminine or s.person in (0, 1)
        or s.young) or s.plural and noun.name != "shoe" and not s.feminine:
        return None
    plural = s.plural or noun.name == "shoe"
    tense, mood = d.pick([("now", "yes"), ("now", "no"), ("imperfect", "yes")])
    if mood == "no" and (plural or adjective.en not in NO_DEGREE) or adjective.en == "pretty" and \
            not s.feminine:
        return None
    time = d.pick([("yesterday", "hier"),
                   ("last night", "hier soir")]) if tense == "imperfect" else \
        d.pick([("", ""), ("today", "aujourd'hui")])
    noun_en = f"{adjective.en} {noun.en_plural}" if plural else english_noun("a", noun.name,
                                                                             adjective=adjective)
    noun_fr = french_noun("de" if mood == "no" else "some" if plural else "a", noun.name, plural,
                          adjective=adjective)
    en, fr, _ = clause(s, PLAIN["wear"], tense, mood, rest=(f"{noun_en} {time[0]}".strip(),
                                                            f"{noun_fr} {time[1]}".strip()))
    return *finish(en, fr), described(adjective, noun)


def frame_moving(d):
    """Verbs with être: she left, they came home, we went out."""
    s = d.subject()
    name = d.pick(["leave", "arrive", "come back", "go out", "go home", "fall", "stay", "come"])
    verb = PLAIN[name]
    friend = read_object(d.pick(["my friend+", "my sister", "my brother", "my parent+",
                                 "my mother"]))
    hour = d.pick(pairs(HOURS))
    early = d.pick([("early", "tôt"), ("late", "tard"), (f"at {hour[0]}", f"à {hour[1]}")])
    with_en, with_fr = object_words(friend, s)
    rest = {"leave": early, "arrive": early, "come back": early, "go home": early,
            "go out": (f"with {with_en}", f"avec {with_fr}"),
            "fall": d.pick([("in the street", "dans la rue"), ("in the garden", "dans le jardin"),
                            ("in the snow", "dans la neige"),
                            ("in the kitchen", "dans la cuisine")]),
            "stay": d.pick([("in the car", "dans la voiture"), ("in the garden", "dans le jardin"),
                            (f"with {with_en}", f"avec {with_fr}"), ("home", "à la maison")]),
            "come": d.pick([("to the party", "à la fête"), ("by train", "en train"),
                            ("by car", "en voiture"),
                            (f"with {with_en}", f"avec {with_fr}")])}[name]
    if "with" in rest[0] and not fits(s, BE, friend):
        return None
    tense, mood = d.pick([("past", "yes"), ("past", "yes"), ("past", "no"), ("past", "ask"),
                          ("going to", "yes"),
                          ("will", "yes"), ("want to", "no"), ("can", "no")])
    if rest[0] in ("in the car", "in the garden") and tense in ("going to", "will"):
        return None
    if name == "fall" and tense != "past" or name == "arrive" and tense in ("want to", "can"):
        return None
    if mood == "ask":
        s2 = d.subject(ASKED)
        if "with" in rest[0]:
            with_en, with_fr = object_words(friend, s2)
            rest = (f"with {with_en}", f"avec {with_fr}")
            if not fits(s2, BE, friend):
                return None
        s = s2
    time = ("", "")
    if tense == "past":
        time = d.pick([("yesterday", "hier"), ("on Saturday", "samedi"),
                       ("last night", "hier soir"), ("", "")])
        if early == rest and rest[0] not in ("early", "late") and time[0] == "last night":
            time = ("", "")
    elif tense in ("going to", "will"):
        time = d.pick([("tomorrow", "demain"), ("on Saturday", "samedi"), ("tonight", "ce soir")])
    en, fr, _ = clause(s, verb, tense, mood,
                       rest=(f"{rest[0]} {time[0]}".strip(), day_and_hour(time[1], rest[1])))
    return *finish(en, fr, "?" if mood == "ask"
                   else "."), {("subject + verb", s.en, f"{tense} {name}")}


# ------------------------------------------------------------------------------------------------
# Written by hand: everyday sentences, one a line
# ------------------------------------------------------------------------------------------------
BY_HAND = """
Hello! = Bonjour !
Hi, Paul! = Salut, Paul !
Good evening, madam. = Bonsoir, madame.
Good morning, sir. = Bonjour, monsieur.
Good night. = Bonne nuit.
Goodbye, sir. = Au revoir, monsieur.
See you tomorrow. = À demain.
See you soon. = À bientôt.
See you tonight. = À ce soir.
See you on Monday. = À lundi.
Welcome to our house. = Bienvenue chez nous.
How are you? = Comment vas-tu ?
How are you, sir? = Comment allez-vous, monsieur ?
I'm very well, thank you. = Je vais très bien, merci.
Not bad, thank you. = Pas mal, merci.
What's your name? = Comment t'appelles-tu ?
My name is Claire. = Je m'appelle Claire.
What's your brother's name? = Comment s'appelle ton frère ?
His name is Thomas. = Il s'appelle Thomas.
Nice to meet you, madam. = Enchanté, madame.
Where are you from? = D'où viens-tu ?
Where do you live? = Où est-ce que tu habites ?
How old are you? = Quel âge as-tu ?
How old is your sister? = Quel âge a ta sœur ?
Yes, of course. = Oui, bien sûr.
No, thank you. = Non, merci.
Thank you very much. = Merci beaucoup.
Thank you for your help. = Merci pour ton aide.
Thank you for the flowers. = Merci pour les fleurs.
You're welcome. = De rien.
Excuse me, sir. = Excusez-moi, monsieur.
I'm sorry. = Je suis désolé.
It doesn't matter. = Ce n'est pas grave.
No problem. = Pas de problème.
Happy birthday! = Joyeux anniversaire !
Merry Christmas! = Joyeux Noël !
Happy New Year! = Bonne année !
Congratulations! = Félicitations !
Good luck! = Bonne chance !
Have a nice trip! = Bon voyage !
Have a nice day! = Bonne journée !
Have a nice weekend! = Bon week-end !
Enjoy your meal! = Bon appétit !
Cheers! = Santé !
Bless you! = À tes souhaits !
Get well soon! = Bon rétablissement !
Sweet dreams! = Fais de beaux rêves !
Be careful! = Fais attention !
Help! = Au secours !
Wait for me! = Attends-moi !
Wait a minute. = Attends une minute.
Come here. = Viens ici.
Come in! = Entre !
Come in, madam. = Entrez, madame.
Sit down, sir. = Asseyez-vous, monsieur.
Listen to me. = Écoute-moi.
Look at me. = Regarde-moi.
Look at this photo. = Regarde cette photo.
Leave me alone. = Laisse-moi tranquille.
Don't worry. = Ne t'inquiète pas.
Don't cry. = Ne pleure pas.
Don't be afraid. = N'aie pas peur.
Don't be sad. = Ne sois pas triste.
Don't touch that! = Ne touche pas à ça !
Don't tell anyone. = Ne le dis à personne.
Be quiet, children! = Taisez-vous, les enfants !
Hurry up! = Dépêche-toi !
Hurry up, children! = Dépêchez-vous, les enfants !
Wake up! = Réveille-toi !
Let's go! = Allons-y !
Let's go home. = Rentrons à la maison.
Let's go to the beach. = Allons à la plage.
Let's eat. = Mangeons.
Let's start. = Commençons.
Let's take the bus. = Prenons le bus.
I don't know. = Je ne sais pas.
I don't understand. = Je ne comprends pas.
I understand everything. = Je comprends tout.
I don't remember. = Je ne me souviens pas.
I have no idea. = Je n'en ai aucune idée.
I agree with you. = Je suis d'accord avec toi.
I don't agree. = Je ne suis pas d'accord.
I believe you. = Je te crois.
I don't believe it. = Je n'y crois pas.
It's true. = C'est vrai.
It isn't true. = Ce n'est pas vrai.
That's a good idea. = C'est une bonne idée.
That's impossible. = C'est impossible.
It's very important. = C'est très important.
It's too late. = C'est trop tard.
It's not my fault. = Ce n'est pas ma faute.
It's your turn. = C'est ton tour.
It's up to you. = C'est à toi de décider.
It depends. = Ça dépend.
What does this word mean? = Que veut dire ce mot ?
How do you say that in French? = Comment dit-on cela en français ?
Can you repeat, please? = Est-ce que tu peux répéter, s'il te plaît ?
Can you repeat that, sir? = Pouvez-vous répéter cela, monsieur ?
Can you help me, please? = Est-ce que tu peux m'aider, s'il te plaît ?
Can you help me, sir? = Pouvez-vous m'aider, monsieur ?
Do you speak English, madam? = Parlez-vous anglais, madame ?
I only speak a little French. = Je parle seulement un peu français.
She speaks French very well. = Elle parle très bien français.
He speaks three languages. = Il parle trois langues.
I'm learning French at school. = J'apprends le français à l'école.
I don't have a car. = Je n'ai pas de voiture.
We don't have any children. = Nous n'avons pas d'enfants.
There isn't any sugar left. = Il n'y a plus de sucre.
There's nobody here. = Il n'y a personne ici.
There's nothing in the box. = Il n'y a rien dans la boîte.
I didn't see anything. = Je n'ai rien vu.
I didn't see anyone. = Je n'ai vu personne.
I've never been to Japan. = Je ne suis jamais allé au Japon.
I don't live in Paris anymore. = Je n'habite plus à Paris.
She doesn't smoke anymore. = Elle ne fume plus.
He hasn't arrived yet. = Il n'est pas encore arrivé.
We haven't eaten yet. = Nous n'avons pas encore mangé.
Have you already eaten? = Est-ce que tu as déjà mangé ?
Someone is knocking on the door. = Quelqu'un frappe à la porte.
Everyone is happy. = Tout le monde est heureux.
Everything is ready. = Tout est prêt.
Who is it? = Qui est-ce ?
Who is this man? = Qui est cet homme ?
Who is that woman? = Qui est cette femme ?
What is it? = Qu'est-ce que c'est ?
What's happening? = Que se passe-t-il ?
What happened? = Qu'est-ce qui s'est passé ?
What are you doing? = Qu'est-ce que tu fais ?
What are you doing tonight? = Qu'est-ce que tu fais ce soir ?
What do you think? = Qu'est-ce que tu en penses ?
What did she say? = Qu'est-ce qu'elle a dit ?
What color is your car? = De quelle couleur est ta voiture ?
What day is it? = Quel jour sommes-nous ?
What time is it? = Quelle heure est-il ?
It's ten o'clock. = Il est dix heures.
It's noon. = Il est midi.
It's midnight. = Il est minuit.
It's half past three. = Il est trois heures et demie.
It's a quarter past five. = Il est cinq heures et quart.
It's one o'clock. = Il est une heure.
Today is Monday. = Aujourd'hui, c'est lundi.
Tomorrow is Sunday. = Demain, c'est dimanche.
It was yesterday. = C'était hier.
My birthday is in May. = Mon anniversaire est en mai.
I was born in October. = Je suis né en octobre.
She was born in Lyon. = Elle est née à Lyon.
Our grandmother died last year. = Notre grand-mère est morte l'année dernière.
There are seven days in a week. = Il y a sept jours dans une semaine.
There are twelve months in a year. = Il y a douze mois dans une année.
The days are short in winter. = Les jours sont courts en hiver.
The nights are long in winter. = Les nuits sont longues en hiver.
Spring is my favorite season. = Le printemps est ma saison préférée.
In autumn, the leaves fall. = En automne, les feuilles tombent.
The sun is shining. = Le soleil brille.
The sky is gray today. = Le ciel est gris aujourd'hui.
The wind is cold this morning. = Le vent est froid ce matin.
There's a lot of snow in the mountains. = Il y a beaucoup de neige à la montagne.
What a beautiful day! = Quelle belle journée !
What's the weather like today? = Quel temps fait-il aujourd'hui ?
It often rains in autumn. = Il pleut souvent en automne.
It rarely snows in Marseille. = Il neige rarement à Marseille.
Take an umbrella, it's going to rain. = Prends un parapluie, il va pleuvoir.
The storm knocked down a tree. = La tempête a fait tomber un arbre.
I love the smell of rain. = J'adore l'odeur de la pluie.
How much does it cost? = Combien ça coûte ?
How much does this shirt cost? = Combien coûte cette chemise ?
It costs twenty euros. = Ça coûte vingt euros.
That's too expensive for me. = C'est trop cher pour moi.
It's cheap. = C'est bon marché.
I'm just looking, thank you. = Je regarde seulement, merci.
I'd like a coffee, please, sir. = Je voudrais un café, s'il vous plaît, monsieur.
I'd like two tickets, please, madam. = Je voudrais deux billets, s'il vous plaît, madame.
I'd like to buy some stamps. = Je voudrais acheter des timbres.
Can I try this sweater? = Est-ce que je peux essayer ce pull ?
These shoes are too small for me. = Ces chaussures sont trop petites pour moi.
This dress suits you very well. = Cette robe te va très bien.
The store is closed on Sundays. = Le magasin est fermé le dimanche.
The bakery is open. = La boulangerie est ouverte.
Where is the cash register? = Où est la caisse ?
Can I pay by card, sir? = Est-ce que je peux payer par carte, monsieur ?
I paid ten euros for this book. = J'ai payé ce livre dix euros.
The customer is always right. = Le client a toujours raison.
She spends too much money. = Elle dépense trop d'argent.
We have to do the shopping. = Nous devons faire les courses.
Fruit is cheaper at the market. = Les fruits sont moins chers au marché.
Where is the train station? = Où se trouve la gare ?
Where are the restrooms, please, madam? = Où sont les toilettes, s'il vous plaît, madame ?
Is it far from here? = Est-ce que c'est loin d'ici ?
It's very close. = C'est tout près.
Turn left after the bridge. = Tourne à gauche après le pont.
Turn right at the corner. = Tourne à droite au coin de la rue.
Go straight ahead. = Va tout droit.
Go straight ahead, madam. = Allez tout droit, madame.
Cross the street here. = Traverse la rue ici.
I'm lost. = Je suis perdu.
We're lost. = Nous sommes perdus.
I missed my plane. = J'ai raté mon avion.
Our train is late. = Notre train est en retard.
The plane is on time. = L'avion est à l'heure.
The flight was very long. = Le vol était très long.
Please have a seat, madam. = Asseyez-vous, je vous en prie, madame.
I need a round-trip ticket. = J'ai besoin d'un billet aller-retour.
I booked a room for two nights. = J'ai réservé une chambre pour deux nuits.
The hotel is full. = L'hôtel est complet.
Our room has a view of the sea. = Notre chambre a vue sur la mer.
Don't forget your passport! = N'oublie pas ton passeport !
The driver is very careful. = Le chauffeur est très prudent.
The bus stop is in front of the bank. = L'arrêt de bus est devant la banque.
You can't park here. = Tu ne peux pas te garer ici.
The bridge is closed. = Le pont est fermé.
We traveled all night. = Nous avons voyagé toute la nuit.
We're going on vacation in August. = Nous partons en vacances en août.
She travels alone. = Elle voyage seule.
He's afraid of flying. = Il a peur de l'avion.
I've lost my suitcase. = J'ai perdu ma valise.
The whole world loves Paris. = Le monde entier aime Paris.
The Seine flows through Paris. = La Seine traverse Paris.
Paris is the capital of France. = Paris est la capitale de la France.
The train is faster than the bus. = Le train est plus rapide que le bus.
The plane is the fastest. = L'avion est le plus rapide.
The lesson starts in five minutes. = La leçon commence dans cinq minutes.
The teacher asks a lot of questions. = Le professeur pose beaucoup de questions.
I have a question. = J'ai une question.
This exercise is easier than the other one. = Cet exercice est plus facile que l'autre.
Open your books, children. = Ouvrez vos livres, les enfants.
Read this sentence aloud. = Lis cette phrase à voix haute.
Write your name here. = Écris ton nom ici.
She's the best student in the class. = C'est la meilleure élève de la classe.
I passed my exam! = J'ai réussi mon examen !
He made two mistakes. = Il a fait deux erreurs.
You made a mistake. = Tu as fait une erreur.
I did my homework after dinner. = J'ai fait mes devoirs après le dîner.
Have you done your homework? = Est-ce que tu as fait tes devoirs ?
Can I borrow your pen? = Est-ce que je peux emprunter ton stylo ?
My pencil is broken. = Mon crayon est cassé.
There are thirty students in my class. = Il y a trente élèves dans ma classe.
School starts in September. = L'école commence en septembre.
She studies at the university. = Elle étudie à l'université.
He teaches history. = Il enseigne l'histoire.
I learned this poem by heart. = J'ai appris ce poème par cœur.
The dictionary is on the shelf. = Le dictionnaire est sur l'étagère.
This is my family. = Voici ma famille.
This is my sister. = Voici ma sœur.
This is my friend Marie. = Voici mon amie Marie.
My parents live in the countryside. = Mes parents habitent à la campagne.
I'm an only child. = Je suis enfant unique.
He looks like his father. = Il ressemble à son père.
She looks like her mother. = Elle ressemble à sa mère.
My sister is older than me. = Ma sœur est plus âgée que moi.
My uncle and aunt have two daughters. = Mon oncle et ma tante ont deux filles.
Their son is a doctor. = Leur fils est médecin.
My wife works in a hospital. = Ma femme travaille dans un hôpital.
Her husband is a cook. = Son mari est cuisinier.
They got married last summer. = Ils se sont mariés l'été dernier.
The baby is asleep. = Le bébé dort.
The baby is crying. = Le bébé pleure.
The children are playing outside. = Les enfants jouent dehors.
My grandfather tells good stories. = Mon grand-père raconte de bonnes histoires.
We're visiting our grandparents on Sunday. = Nous rendons visite à nos grands-parents dimanche.
My cousin Julie lives in Brussels. = Ma cousine Julie habite à Bruxelles.
The twins are six years old. = Les jumeaux ont six ans.
I miss you. = Tu me manques.
I miss my family. = Ma famille me manque.
I love you. = Je t'aime.
Do you love me? = Est-ce que tu m'aimes ?
We're good friends. = Nous sommes de bons amis.
She's my best friend. = C'est ma meilleure amie.
He's my best friend. = C'est mon meilleur ami.
I'm in love. = Je suis amoureux.
I'm proud of you. = Je suis fier de toi.
She's proud of her son. = Elle est fière de son fils.
I'm bored. = Je m'ennuie.
We had fun. = Nous nous sommes amusés.
I feel good. = Je me sens bien.
I don't feel well. = Je ne me sens pas bien.
I'm fed up! = J'en ai assez !
I'm a little tired. = Je suis un peu fatigué.
Don't be angry with me. = Ne sois pas fâché contre moi.
She smiled at me. = Elle m'a souri.
He makes me laugh. = Il me fait rire.
Everyone laughed. = Tout le monde a ri.
She cried all night. = Elle a pleuré toute la nuit.
You're so kind. = Tu es si gentil.
What a surprise! = Quelle surprise !
What a pity! = Quel dommage !
What a beautiful dress! = Quelle belle robe !
What a pretty old house! = Quelle jolie vieille maison !
I have a headache. = J'ai mal à la tête.
My stomach hurts. = J'ai mal au ventre.
My back hurts. = J'ai mal au dos.
His leg hurts. = Il a mal à la jambe.
My feet hurt. = J'ai mal aux pieds.
She has a fever. = Elle a de la fièvre.
I have a cold. = J'ai un rhume.
You should see a doctor. = Tu devrais voir un médecin.
Take this medicine twice a day. = Prends ce médicament deux fois par jour.
He broke his arm. = Il s'est cassé le bras.
She broke her leg. = Elle s'est cassé la jambe.
I feel better today. = Je me sens mieux aujourd'hui.
I need some sleep. = J'ai besoin de sommeil.
He's in good health. = Il est en bonne santé.
Call an ambulance! = Appelle une ambulance !
Your hands are cold. = Tes mains sont froides.
She has blue eyes. = Elle a les yeux bleus.
He has black hair. = Il a les cheveux noirs.
My sister has long hair. = Ma sœur a les cheveux longs.
Close your eyes. = Ferme les yeux.
Open your mouth. = Ouvre la bouche.
Wash your hands before dinner. = Lave-toi les mains avant le dîner.
Brush your teeth! = Brosse-toi les dents !
Breakfast is ready. = Le petit déjeuner est prêt.
Dinner is ready. = Le dîner est prêt.
The soup is hot. = La soupe est chaude.
The coffee is cold. = Le café est froid.
This cake is delicious. = Ce gâteau est délicieux.
This soup is too salty. = Cette soupe est trop salée.
The bread is still warm. = Le pain est encore chaud.
I'm not hungry anymore. = Je n'ai plus faim.
Would you like some tea? = Est-ce que tu voudrais du thé ?
Would you like a glass of water, madam? = Voudriez-vous un verre d'eau, madame ?
Pass me the salt, please. = Passe-moi le sel, s'il te plaît.
The bill, please, sir. = L'addition, s'il vous plaît, monsieur.
I don't eat meat. = Je ne mange pas de viande.
She's a vegetarian. = Elle est végétarienne.
I drink my coffee without sugar. = Je bois mon café sans sucre.
We always eat at noon. = Nous mangeons toujours à midi.
What do you eat for breakfast? = Qu'est-ce que tu manges au petit déjeuner ?
There's some ice cream for dessert. = Il y a de la glace en dessert.
The knife is in the drawer. = Le couteau est dans le tiroir.
I need a fork and a spoon. = J'ai besoin d'une fourchette et d'une cuillère.
My mother makes the best cakes. = Ma mère fait les meilleurs gâteaux.
I can't cook. = Je ne sais pas cuisiner.
Set the table, please. = Mets la table, s'il te plaît.
Who is doing the dishes? = Qui fait la vaisselle ?
I do the dishes every evening. = Je fais la vaisselle tous les soirs.
He never makes his bed. = Il ne fait jamais son lit.
Turn on the light. = Allume la lumière.
Turn off the television. = Éteins la télévision.
The door is open. = La porte est ouverte.
The window is closed. = La fenêtre est fermée.
The phone is ringing. = Le téléphone sonne.
I live on the top floor. = J'habite au dernier étage.
Our house has a red roof. = Notre maison a un toit rouge.
We moved last month. = Nous avons déménagé le mois dernier.
My room is upstairs. = Ma chambre est en haut.
The stairs are dangerous. = L'escalier est dangereux.
The elevator is out of order. = L'ascenseur est en panne.
My car has broken down. = Ma voiture est tombée en panne.
The neighbors are very noisy. = Les voisins sont très bruyants.
There's a spider on the wall! = Il y a une araignée sur le mur !
The cat is sleeping on my bed. = Le chat dort sur mon lit.
The dog wants to go out. = Le chien veut sortir.
Dogs are loyal. = Les chiens sont fidèles.
Birds can fly. = Les oiseaux peuvent voler.
Cats don't like water. = Les chats n'aiment pas l'eau.
The horse is running in the field. = Le cheval court dans le champ.
A fox crossed the road. = Un renard a traversé la route.
The bees are on the flowers. = Les abeilles sont sur les fleurs.
There are cows in the field. = Il y a des vaches dans le champ.
The moon is very bright tonight. = La lune est très brillante ce soir.
The sea is calm today. = La mer est calme aujourd'hui.
The Earth is round. = La Terre est ronde.
The forest is dark. = La forêt est sombre.
It's a beautiful tree. = C'est un bel arbre.
It's an old hotel. = C'est un vieil hôtel.
He's an old friend. = C'est un vieil ami.
He's a handsome man. = C'est un bel homme.
This is my new address. = Voici ma nouvelle adresse.
Everything has changed. = Tout a changé.
I go to work by bike. = Je vais au travail à vélo.
I go to school on foot. = Je vais à l'école à pied.
He works from home. = Il travaille à la maison.
She works too much. = Elle travaille trop.
I have a meeting at nine o'clock. = J'ai une réunion à neuf heures.
My boss is on vacation. = Mon chef est en vacances.
My colleagues are nice. = Mes collègues sont sympathiques.
She earns a lot of money. = Elle gagne beaucoup d'argent.
He's looking for work. = Il cherche du travail.
I sent you an email. = Je t'ai envoyé un courriel.
Did you get my message? = Est-ce que tu as reçu mon message ?
My computer doesn't work anymore. = Mon ordinateur ne marche plus.
The meeting lasted two hours. = La réunion a duré deux heures.
The secretary is on the phone. = La secrétaire est au téléphone.
I quit my job. = J'ai quitté mon travail.
He became a lawyer. = Il est devenu avocat.
She became famous. = Elle est devenue célèbre.
I want to become a teacher. = Je veux devenir professeur.
Our team won the game. = Notre équipe a gagné le match.
We lost the game. = Nous avons perdu le match.
Do you play chess? = Est-ce que tu joues aux échecs ?
I play the guitar. = Je joue de la guitare.
She plays the violin in an orchestra. = Elle joue du violon dans un orchestre.
I like to listen to the rain. = J'aime écouter la pluie.
He goes fishing every weekend. = Il va à la pêche tous les week-ends.
We went hiking in the mountains. = Nous avons fait une randonnée en montagne.
I play sports twice a week. = Je fais du sport deux fois par semaine.
She rides horses. = Elle monte à cheval.
I can ride a bicycle. = Je sais faire du vélo.
The concert was wonderful. = Le concert était merveilleux.
The movie was boring. = Le film était ennuyeux.
This singer is very popular. = Ce chanteur est très populaire.
I've already seen this movie. = J'ai déjà vu ce film.
I'm reading the last page. = Je lis la dernière page.
The beginning of the story is sad. = Le début de l'histoire est triste.
The end of the movie surprised me. = La fin du film m'a surpris.
Do you want to dance with me? = Est-ce que tu veux danser avec moi ?
Do you want to come with us? = Est-ce que tu veux venir avec nous ?
I'm coming with you. = Je viens avec toi.
I'm going with them. = Je pars avec eux.
She's sitting next to him. = Elle est assise à côté de lui.
This gift is for her. = Ce cadeau est pour elle.
This book is mine. = Ce livre est à moi.
Is this umbrella yours? = Est-ce que ce parapluie est à toi ?
Whose car is this? = À qui est cette voiture ?
It's my brother's car. = C'est la voiture de mon frère.
It's the teacher's book. = C'est le livre du professeur.
It's the children's room. = C'est la chambre des enfants.
Give me the key. = Donne-moi la clé.
Give it to me. = Donne-le-moi.
Show me your photos. = Montre-moi tes photos.
Tell me the truth. = Dis-moi la vérité.
Tell me a story. = Raconte-moi une histoire.
Call me tomorrow. = Appelle-moi demain.
Write to me soon. = Écris-moi bientôt.
I'll call you tonight. = Je t'appellerai ce soir.
I'll be back in an hour. = Je reviendrai dans une heure.
I'll do it tomorrow. = Je le ferai demain.
I'll never forget you. = Je ne t'oublierai jamais.
I hope so. = Je l'espère.
I think so. = Je pense que oui.
I don't think so. = Je ne pense pas.
I promise. = Je le promets.
I changed my mind. = J'ai changé d'avis.
I'm thinking about my vacation. = Je pense à mes vacances.
He's thinking about his future. = Il pense à son avenir.
I know him well. = Je le connais bien.
Do you know this song? = Est-ce que tu connais cette chanson ?
Do you know where he lives? = Est-ce que tu sais où il habite ?
I know that you're right. = Je sais que tu as raison.
I think that she's wrong. = Je pense qu'elle a tort.
He says that he's sick. = Il dit qu'il est malade.
She said that she was tired. = Elle a dit qu'elle était fatiguée.
I don't know why he left. = Je ne sais pas pourquoi il est parti.
I don't know if he's coming. = Je ne sais pas s'il vient.
Ask him if he's hungry. = Demande-lui s'il a faim.
If you want, we can go out. = Si tu veux, nous pouvons sortir.
If I were rich, I would travel. = Si j'étais riche, je voyagerais.
If I had time, I would read more. = Si j'avais le temps, je lirais plus.
When it rains, I stay home. = Quand il pleut, je reste à la maison.
While you were sleeping, I was working. = Pendant que tu dormais, je travaillais.
Before leaving, close the windows. = Avant de partir, ferme les fenêtres.
She left without saying goodbye. = Elle est partie sans dire au revoir.
He stopped smoking. = Il a arrêté de fumer.
She started to sing. = Elle a commencé à chanter.
I tried to call you. = J'ai essayé de t'appeler.
I forgot to close the door. = J'ai oublié de fermer la porte.
He helped me carry the suitcases. = Il m'a aidé à porter les valises.
I'm getting used to it. = Je m'y habitue.
It's easy to understand. = C'est facile à comprendre.
It's difficult to choose. = Il est difficile de choisir.
It's time to go. = Il est temps de partir.
I don't have time. = Je n'ai pas le temps.
We have a lot of time. = Nous avons beaucoup de temps.
I'm in a hurry. = Je suis pressé.
We should leave now. = Nous devrions partir maintenant.
You shouldn't work so much. = Tu ne devrais pas travailler autant.
Could you speak more slowly, sir? = Pourriez-vous parler plus lentement, monsieur ?
Could you open the window, please? = Est-ce que tu pourrais ouvrir la fenêtre, s'il te plaît ?
Could you tell me where the bank is, madam? = Pourriez-vous me dire où est la banque, madame ?
I'd like to live by the sea. = Je voudrais vivre au bord de la mer.
I'd like to speak to the doctor. = Je voudrais parler au médecin.
I would prefer to stay here. = Je préférerais rester ici.
Smoking is forbidden here. = Il est interdit de fumer ici.
You two are always late. = Vous deux, vous êtes toujours en retard.
Are you all ready? = Êtes-vous tous prêts ?
Thank you all for coming. = Merci à tous d'être venus.
You all did a good job. = Vous avez tous fait du bon travail.
Boys, where are you going? = Les garçons, où allez-vous ?
Girls, you are late. = Les filles, vous êtes en retard.
The boys are taller than the girls. = Les garçons sont plus grands que les filles.
The little girl is lost. = La petite fille est perdue.
The young woman is reading a letter. = La jeune femme lit une lettre.
The old man walks slowly. = Le vieil homme marche lentement.
This man is my neighbor. = Cet homme est mon voisin.
That woman is very elegant. = Cette femme est très élégante.
People say that it's true. = Les gens disent que c'est vrai.
Most people like music. = La plupart des gens aiment la musique.
Everyone knows him. = Tout le monde le connaît.
Each child has a ball. = Chaque enfant a un ballon.
Some students are absent. = Certains élèves sont absents.
Both sisters are musicians. = Les deux sœurs sont musiciennes.
The first day is always difficult. = Le premier jour est toujours difficile.
This is the last time. = C'est la dernière fois.
I've read this book three times. = J'ai lu ce livre trois fois.
Once is enough. = Une fois suffit.
I'll explain it to you. = Je te l'expliquerai.
The more I read, the more I learn. = Plus je lis, plus j'apprends.
Better late than never. = Mieux vaut tard que jamais.
Practice makes perfect. = C'est en forgeant qu'on devient forgeron.
Time is money. = Le temps, c'est de l'argent.
Every cloud has a silver lining. = Après la pluie, le beau temps.
Life is beautiful. = La vie est belle.
That's life. = C'est la vie.
"""

# ------------------------------------------------------------------------------------------------
# The parts
# ------------------------------------------------------------------------------------------------
FRAMES = [  # name in the file, frame, sentences it contributes to training
    ("happening now", frame_now, 220), ("not happening now", frame_not_now, 110),
    ("past", frame_past, 360), ("past, negative", frame_past_not, 200),
    ("going to", frame_going_to, 200), ("going to, negative", frame_going_to_not, 100),
    ("will", frame_will, 190), ("want to", frame_want, 150), ("can", frame_can, 140),
    ("have to, must not", frame_must, 140), ("has just", frame_just, 130),
    ("question", frame_question, 280), ("habit", frame_habit, 310),
    ("question word", frame_question_word, 160), ("who", frame_who, 110), ("what", frame_what, 100),
    ("object pronoun", frame_pronoun, 240), ("relative clause", frame_relative, 90),
    ("request", frame_request, 150), ("was doing when", frame_while, 130),
          ("that", frame_that, 110),
    ("give to", frame_give, 130), ("give me", frame_give_me, 130), ("go", frame_go, 200),
    ("come and stay", frame_come_back, 150), ("country", frame_country, 200),
    ("in order to", frame_in_order_to, 100), ("person is", frame_person_is, 200),
    ("comparison", frame_compare, 110), ("thing is", frame_thing_is, 200),
    ("has a new ...", frame_has_described, 190), ("has", frame_has, 80),
          ("it is", frame_it_is, 170),
    ("where", frame_where, 130), ("there is", frame_there_is, 130),
    ("profession", frame_profession, 100), ("hungry", frame_hungry, 100), ("age", frame_age, 90),
    ("like", frame_like, 130), ("like to", frame_like_to, 100), ("need", frame_need, 100),
    ("amount", frame_amount, 100), ("reflexive", frame_reflexive, 160), ("body", frame_body, 60),
    ("manner", frame_manner, 90), ("because", frame_because, 110), ("if", frame_if, 60),
    ("childhood", frame_childhood, 90), ("weather", frame_weather, 90),
    ("timetable", frame_timetable, 80), ("wearing", frame_wear, 100), ("moving", frame_moving, 120),
]
# Kinds of combinations, and how many of them are held out for val and test.
HELD_OUT = {"verb + object": (34, 42), "tense + verb": (22, 28), "adjective + noun": (26, 32),
            "going + place": (12, 15), "subject + verb": (12, 15), "subject + state": (14, 18),
            "give + to whom": (6, 8), "thing + spot": (6, 8)}


class Pair(NamedTuple):
    en: str
    fr: str
    note: str
    marks: frozenset = frozenset()

    def line(self):
        return f"{self.en}\t{self.fr}\t{self.note}\n"


class Parts(NamedTuple):
    train: list
    val: list
    test: list
    held_out: dict      # "val" and "test": the combinations that training never shows


def words_of(sentence):
    return re.findall(r"[\w']+", sentence.lower())


def hand_pairs():
    return [Pair(*line.split(" = "), "written by hand") for line in BY_HAND.strip().split("\n")]


def draw_pool(dice, taken):
    """Many different sentences of every frame; each English and each French one only once."""
    english_seen, french_seen = {p.en for p in taken}, {p.fr for p in taken}
    pool = {}
    for name, frame, count in FRAMES:
        sentences = pool[name] = []
        for _ in range(count * 60):
            if len(sentences) == 3 * count:
                break
            if not (drawn := frame(dice)):
                continue
            en, fr, marks = drawn
            if en not in english_seen and fr not in french_seen:
                english_seen.add(en)
                french_seen.add(fr)
                sentences.append(Pair(en, fr, f"grammar: {name}", frozenset(marks)))
    return pool


def forms(verb):
    """What an English verb looks like in a sentence."""
    return {verb.en, third(verb.en), verb.past, verb.participle, progressive(verb.en)}


class Trace(NamedTuple):
    """How to recognize a combination in any English sentence, whichever frame or hand wrote it."""
    first: set
    second: set

    def in_text(self, text):
        return any(form in text for form in self.first) and any(form in text
                                                                for form in self.second)


def padded(sentence):
    return f" {' '.join(words_of(sentence))} "


# What stands before the place, by the kind of going.
GOING = {"past": "went to", "with": "went to", "went": "went to", "now": "going to",
         "past no": "go to", "going": "go to", "will": "go to", "want": "go to", "when": "go to",
         "how": "get to", "habit": "go to, goes to", "ask": "go to, live in",
         "live": "live in, lives in", "live no": "live in", "since": "lived in",
         "from": "come from, comes from", "back": "back from", "back past": "back from",
         "work": "work in, works in, work at, works at",
         "was": "was in, were in, wasn't in, weren't in",
         "arrive": "arrive at, arrived at", "stay": "stay at, stayed at", "leave": "leave, left",
         "travel": "by train, by plane, by car, by bus"}


def trace(mark):
    """None for a combination that only its frame can tell from others: it is never held out."""
    kind, first, second = mark
    second = second.removeprefix("some ")   # also "any music"
    nouns = {NOUN[second].en, NOUN[second].en_plural} if second in NOUN else {second}
    if kind == "verb + object":
        found = forms(VERB[first]), nouns
    elif kind == "adjective + noun":
        found = {first}, nouns
    elif kind == "thing + spot":
        found = {NOUN[first].en, NOUN[first].en_plural}, nouns
    elif kind == "give + to whom" and second in NOUN:
        found = forms(PLAIN[first]), nouns
    elif kind == "going + place" and first in GOING:
        found = set(split(GOING[first])), {second}
    elif kind == "subject + state":
        found = {first, SHORT.get(first, first)}, {second, english_plural(second)}
    elif kind == "subject + verb" and second in REFLEXIVE:
        found = {first, SHORT.get(first, first)}, forms(REFLEXIVE[second])
    elif kind == "tense + verb" and trace_tense(first, VERB[second]):
        found = trace_tense(first, VERB[second])
    else:
        return None
    return Trace(*({padded(form) for form in forms_of_one} for forms_of_one in found))


def trace_tense(tense, verb):
    """The words that show a tense, and the form of the verb that goes with them."""
    base, doing = {verb.en}, {progressive(verb.en)}
    return {"past yes": ({verb.past}, {verb.past}), "past no": ({"didn't"}, base),
            "past ask": ({"did"}, base), "will yes": ({"will", "i'll"}, base),
            "will no": ({"won't"}, base), "now yes": (doing, doing),
            "now no": ({"isn't", "aren't", "not"}, doing), "going to yes": ({"going to"}, base),
            "want to yes": ({"want to", "wants to"}, base), "can no": ({"can't"}, base),
            "must yes": ({"have to", "has to"}, base), "must no": ({"must not"}, base),
            "just yes": ({"just"}, {verb.participle}), "request no": ({"don't"}, base)}.get(tense)


def hold_out(dice, pool, by_hand):
    """Combinations for val and test whose two words both remain, in other company, in training."""
    everything = [pair for sentences in pool.values() for pair in sentences]
    count = Counter(mark for pair in everything for mark in pair.marks)
    held = {"val": set(), "test": set()}
    hand_texts = [padded(pair.en) for pair in by_hand]
    for kind, (n_val, n_test) in HELD_OUT.items():
        left, right = Counter(), Counter()      # in how many sentences each word remains
        for mark in count:
            if mark[0] == kind:
                left[mark[1]] += count[mark]
                right[mark[2]] += count[mark]
        candidates = sorted(m for m in count if m[0] == kind and count[m] >= 5 and trace(m))
        for mark in dice.shuffled(candidates):
            part = "test" if sum(m[0] == kind for m in held["test"]) < n_test else "val"
            if part == "val" and sum(m[0] == kind for m in held["val"]) == n_val:
                break
            enough = min(left[mark[1]], right[mark[2]]) - count[mark] >= 22
            if enough and not any(map(trace(mark).in_text, hand_texts)):
                left[mark[1]] -= count[mark]
                right[mark[2]] -= count[mark]
                held[part].add(mark)
    return held


def spread(dice, candidates, held, size):
    """size sentences, taking a new one of each combination in turn."""
    of_mark = {mark: [] for mark in sorted(held)}
    for pair in dice.shuffled(candidates):
        of_mark[min(pair.marks & held)].append(pair)
    chosen = []
    while len(chosen) < size and any(of_mark.values()):
        for queue in of_mark.values():
            if queue and len(chosen) < size:
                chosen.append(queue.pop())
    return chosen


def make():
    """The three parts; the same on every call and every machine."""
    dice = Dice(SEED)
    by_hand = hand_pairs()
    pool = draw_pool(dice, by_hand)
    held = hold_out(dice, pool, by_hand)
    both = held["val"] | held["test"]
    traces = [trace(mark) for mark in sorted(both)]
    train, candidates = [], {"val": [], "test": []}
    for name, _, count in FRAMES:
        kept = []
        for pair in pool[name]:
            parts = [part for part in held if pair.marks & held[part]]
            if len(parts) == 1:
                candidates[parts[0]].append(pair)
            elif not parts and len(kept) < count:
                text = padded(pair.en)
                if not any(t.in_text(text) for t in traces):
                    kept.append(pair)
        train += kept
    known = Counter(word for pair in train for side in (pair.en, pair.fr)
                    for word in set(words_of(side)))

    def familiar(pair):
        return all(known[word] >= 3 for side in (pair.en, pair.fr) for word in words_of(side))

    val_by_hand = [pair for pair in by_hand if familiar(pair)][:HAND_IN_VAL]
    parts = {part: spread(dice, [p for p in candidates[part] if familiar(p)], held[part], size)
             for part, size in SIZES.items()}
    parts["val"] = parts["val"][:SIZES["val"] - len(val_by_hand)] + val_by_hand
    train += [pair for pair in by_hand if pair not in val_by_hand]
    return Parts(*(dice.shuffled(part) for part in (train, parts["val"], parts["test"])), held)


def contents(parts):
    return {f"eng-fra-{name}.txt": "".join(pair.line() for pair in getattr(parts, name))
            for name in ("train", "val", "test")}


def main(check=False):
    parts = make()
    for name, text in contents(parts).items():
        path = FOLDER / name
        if not check:
            path.write_bytes(text.encode())
        elif not path.exists() or path.read_bytes() != text.encode():
            sys.exit(f"make_eng_fra.py: {path} differs from the grammar's output; "
                     "run it without --check to write it again")
    everything = [*parts.train, *parts.val, *parts.test]
    english_words = {word for pair in everything for word in words_of(pair.en)}
    french_words = {word for pair in everything for word in words_of(pair.fr)}
    by_hand = sum(pair.note == "written by hand" for pair in everything)
    print(f"{len(everything)} pairs, {by_hand} of them written by hand: "
          f"train {len(parts.train)}, val {len(parts.val)}, test {len(parts.test)}")
    print(f"{len(english_words)} English words, {len(french_words)} French words")
    for kind in HELD_OUT:
        shown = [len({mark for pair in part for mark in pair.marks & held if mark[0] == kind})
                 for part, held in ((parts.val, parts.held_out["val"]),
                                    (parts.test, parts.held_out["test"]))]
        print(f"{kind}: {shown[0]} held-out combinations in val, {shown[1]} in test")
    print("the files are the grammar's output" if check else f"written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(f"make_eng_fra.py: expected nothing or --check, got {' '.join(sys.argv[1:])}")
    main(check=bool(sys.argv[1:]))
