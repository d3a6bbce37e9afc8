"""Texts that calibrate the int8 engine: many kinds, lengths and languages, none of them a user's.

They are fixed, so that every machine derives the same engine from the same weights.
"""

PASSAGES = (
    "Le tribunal administratif a rejeté, le 14 mars 2019, la requête de l'association. Il estime que "
    "l'arrêté du préfet respecte l'article L. 411-2 du code de l'environnement et que l'étude d'impact "
    "était suffisante.",
    "La photosynthèse transforme l'énergie lumineuse en énergie chimique. Chez les plantes, elle a lieu"
    " dans les chloroplastes : l'eau y est oxydée, le dioxygène libéré, et le dioxyde de carbone fixé "
    "en sucres.",
    "Né à Rouen en 1821, Gustave Flaubert travailla cinq ans à Madame Bovary. Le roman, paru en "
    "feuilleton dans la Revue de Paris, lui valut un procès pour outrage à la morale publique ; il fut "
    "acquitté.",
    "L'Olympique lyonnais s'impose 3-1 à domicile. Menés à la mi-temps, les joueurs ont égalisé à la "
    "52e minute sur un coup franc direct, avant de marquer deux fois dans le dernier quart d'heure.",
    "Pour installer l'imprimante, reliez le câble USB puis ouvrez Paramètres > Périphériques. Si le "
    "voyant clignote en orange, le bac est vide ou le papier bloqué. N'utilisez pas de papier de plus "
    "de 220 g/m².",
    "Le chiffre d'affaires du groupe atteint 4,2 milliards d'euros au premier semestre, en hausse de "
    "7,5 %. Le résultat net recule toutefois de 12 % en raison du prix de l'énergie et d'un effet de "
    "change défavorable.",
    "The committee met on Tuesday to discuss the draft budget. Members agreed that spending on public "
    "transport should rise by 3% a year until 2030, but disagreed about how it was to be paid for.",
    "Symptoms usually appear between two and fourteen days after exposure and include fever, cough and "
    "shortness of breath. Patients over 65, or with diabetes or heart disease, should seek medical care"
    " early.",
    "A hash table stores key-value pairs in an array of buckets. A hash function maps each key to an "
    "index; when two keys collide, they are chained in a list or the next free slot is probed: O(1) on "
    "average, O(n) at worst.",
    "The cathedral, begun in 1220 and completed within forty years, is built of grey limestone. Its "
    "spire, added a century later, is 123 metres high and leans 75 cm to the south-west.",
    "Preheat the oven to 180 °C. Beat the eggs with the sugar until pale, fold in the flour and the "
    "melted butter, pour into a greased tin and bake for 25 minutes. Let it cool before you turn it "
    "out.",
    "Die Bundesregierung hat am Mittwoch einen Gesetzentwurf beschlossen, der den Ausbau der "
    "Windenergie beschleunigen soll. Umweltverbände begrüßten den Schritt, forderten aber mehr Schutz "
    "für Vögel.",
    "El río nace en la sierra a 1.900 metros de altitud y recorre 657 kilómetros antes de desembocar en"
    " el mar. Su cuenca abastece de agua a más de dos millones de personas.",
    "Il museo conserva oltre ottomila opere, tra cui dipinti del Rinascimento, sculture romane e una "
    "raccolta di monete antiche. È chiuso il lunedì; il biglietto intero costa 12 euro.",
    "O governo anunciou na quinta-feira novas regras para o trabalho à distância, que entram em vigor "
    "em janeiro.",
    "Учёные обнаружили в пещере остатки древнего поселения. По их оценкам, люди жили здесь около сорока"
    " тысяч лет назад и охотились на мамонтов.",
    "研究人员发现，每天步行三十分钟可以降低患心脏病的风险。该研究跟踪了一万两千名成年人，历时八年。",
    "يقع المتحف في وسط المدينة القديمة ويضم مجموعة نادرة من المخطوطات التي يعود تاريخها إلى القرن التاسع.",
    "Réf. 2023-0417 | Qté : 12 | P.U. HT : 34,90 € | TVA 20 % | Total TTC : 502,56 € | IBAN FR76 3000 "
    "4000 0312",
    "def mean(values):\n    if not values:\n        raise ValueError('empty')\n    return sum(values) / "
    "len(values)",
    "AVIS IMPORTANT – LES BUREAUX SERONT FERMÉS DU 24 DÉCEMBRE AU 2 JANVIER. MERCI DE VOTRE COMPRÉHENSION.",
    "Bonjour, je vous écris car je n'ai toujours pas reçu ma commande passée il y a trois semaines. "
    "Pourriez-vous me dire où elle se trouve ? Je vous remercie d'avance. Cordialement, Hélène",
    "Je pense que... enfin, non. Disons plutôt : « on verra bien » !",
    "In 1969, Apollo 11 landed on the Moon; Neil Armstrong and Buzz Aldrin spent about two and a half "
    "hours outside the lunar module, collected 21.5 kg of rock and left a plaque, a flag and several "
    "instruments behind.",
)

QUERIES = (
    "Qui a peint La Joconde ?",
    "Quand fut signé le traité de Westphalie ?",
    "Combien d'habitants compte la ville de Strasbourg en 2020 ?",
    "Quelle est la différence entre un virus et une bactérie ?",
    "Pourquoi le ciel est-il bleu ?",
    "Comment résilier un abonnement téléphonique",
    "symptomes grippe enfant fievre",
    "prix du gaz 2024",
    "Où se trouve le siège de l'UNESCO ?",
    "Dans quel film joue-t-il le rôle d'un policier à la retraite ?",
    "De quelle maladie souffrait le roi ?",
    "À quelle date le général a-t-il quitté le pouvoir, et pourquoi ?",
    "QUEL EST LE PLUS LONG FLEUVE D'AFRIQUE",
    "loi informatique et libertés",
    "Napoléon",
    "eau",
    "?",
    "How do I reset my password?",
    "what is the capital of Australia",
    "Who wrote the opera that was first performed in Prague in 1787?",
    "Which enzyme breaks down starch, and where in the body is it produced?",
    "mRNA vaccine side effects",
    "best way to store potatoes",
    "The patient should be isolated as soon as the infection is suspected.",
    "error 404 nginx reverse proxy",
    "¿Cuándo terminó la guerra civil?",
    "Wie hoch ist der Eiffelturm?",
    "Кто изобрёл радио?",
    "世界上最高的山是什么？",
    "ما هي عاصمة المغرب؟",
    "1 + 1",
    "ISO 9001:2015",
)
