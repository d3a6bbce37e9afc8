"""Everyday questions and unrelated texts, in French and English, that every query is measured by.

The mean vector of the questions is what all queries have in common; the cosines of one query with the texts
show how similar an unrelated text is to it. Both languages are needed: with one alone, a query in the other
would seem far from everything.
"""

QUESTIONS = (
    "Quelle est la capitale du pays ?",
    "What is the capital of the country?",
    "Qui a écrit ce roman ?",
    "Who wrote this novel?",
    "Quand la guerre a-t-elle commencé ?",
    "When did the war begin?",
    "Combien d'habitants compte la ville ?",
    "How many people live in the city?",
    "Comment renouveler un passeport ?",
    "How do I renew a passport?",
    "Pourquoi le ciel est-il bleu ?",
    "Why is the sky blue?",
    "Quels sont les effets secondaires de ce médicament ?",
    "What are the side effects of this drug?",
    "Où se trouve le siège de l'entreprise ?",
    "Where is the company headquartered?",
    "Quelles sont les étapes de la procédure de recrutement ?",
    "What are the steps of the hiring process?",
    "règlement intérieur de la bibliothèque",
    "library rules and opening hours",
    "Quel est le montant de la subvention ?",
    "What is the amount of the grant?",
    "délai de préavis en cas de démission",
    "notice period when resigning",
    "Comment fonctionne un moteur électrique ?",
    "How does an electric motor work?",
    "Qui dirige le ministère de l'Éducation ?",
    "Who is the minister of education?",
    "Quels documents faut-il fournir pour s'inscrire ?",
    "Which documents are needed to enrol?",
    "prévention des accidents du travail",
    "prevention of workplace accidents",
    "Comment réinitialiser mon mot de passe ?",
    "How can I reset my password?",
    "Quelle est la durée de conservation des données ?",
    "How long are the data kept?",
    "À quelle température l'eau bout-elle ?",
    "At what temperature does water boil?",
    "effets du changement climatique sur l'agriculture",
    "effects of climate change on agriculture",
    "Quel peintre est à l'origine du mouvement ?",
    "Which painter started the movement?",
    "Comment est élu le président ?",
    "How is the president elected?",
    "liste des espèces protégées",
    "list of protected species",
    "Quelle est la différence entre un virus et une bactérie ?",
    "What is the difference between a virus and a bacterium?",
    "politique de télétravail",
    "remote work policy",
    "Qui a inventé le téléphone ?",
    "Who invented the telephone?",
    "Quel est le rôle de la cour constitutionnelle ?",
    "What is the role of the constitutional court?",
    "Combien coûte l'abonnement annuel ?",
    "How much is the yearly subscription?",
    "Quels ingrédients entrent dans la composition du produit ?",
    "What ingredients is the product made of?",
    "En quelle année l'association a-t-elle été fondée ?",
    "In which year was the association founded?",
    "traitement du diabète chez l'enfant",
    "treatment of diabetes in children",
    "Quelles langues parle-t-on dans cette région ?",
    "Which languages are spoken in this region?",
    "calcul de l'impôt sur le revenu",
    "income tax calculation",
    "Comment se propage la lumière dans le vide ?",
    "How does light travel in a vacuum?",
    "Que signifie ce terme ?",
    "What does this term mean?",
)

LANGUAGES = ("fr", "en")
"""Languages of TEXTS, which alternate between them."""
TEXTS = (
    "La ville s'étend sur les deux rives du fleuve, au pied d'une colline occupée par un château. "
    "Fondée au douzième siècle par des marchands, elle compte aujourd'hui deux cent mille habitants. "
    "Son port, longtemps consacré au commerce du sel, accueille surtout des bateaux de plaisance.",
    "The city lies on both banks of the river, below a hill on which a castle stands. Founded by "
    "merchants in the twelfth century, it has two hundred thousand inhabitants today. Its harbour, "
    "which long lived on the salt trade, is now used mostly by pleasure boats.",
    "Publié à titre posthume, le roman raconte trois générations d'une famille de paysans ruinée par la "
    "sécheresse. La critique en salua le style dépouillé, mais le public le bouda jusqu'à son "
    "adaptation au cinéma, vingt ans plus tard. Il figure depuis au programme de nombreux lycées.",
    "Published after its author's death, the novel follows three generations of a farming family ruined "
    "by drought. Critics praised its plain style, but few people read it until it was made into a film "
    "twenty years later. It has been set for many school examinations since.",
    "La bataille opposa les deux armées dans la plaine au mois de juin. Après une charge de cavalerie "
    "repoussée le matin, l'infanterie enfonça le centre adverse et décida de la victoire. Le traité "
    "signé l'hiver suivant rendit trois provinces au royaume et fixa une nouvelle frontière.",
    "The two armies met on the plain in June. A cavalry charge was driven back in the morning; then the "
    "infantry broke the enemy's centre and decided the day. The treaty signed the following winter gave "
    "three provinces back to the kingdom and drew a new border.",
    "La demande de permis de construire se dépose à la mairie en quatre exemplaires, accompagnée d'un "
    "plan de situation et d'une notice. Le délai d'instruction est de deux mois pour une maison "
    "individuelle. Sans réponse au terme de ce délai, le permis est réputé accordé.",
    "A planning application is filed with the town hall in four copies, with a site plan and a "
    "description of the work. Decisions on private houses take two months. If nothing has been heard by "
    "the end of that time, permission is deemed to have been granted.",
    "Le club remporte son premier championnat en battant son rival aux tirs au but. L'attaquant, arrivé "
    "de deuxième division au début de la saison, termine meilleur buteur avec vingt-six réalisations. "
    "L'entraîneur annonce son départ le lendemain, après sept années passées sur le banc.",
    "The club won its first championship by beating its rivals on penalties. The striker, who had come "
    "from the second division at the start of the season, was top scorer with twenty-six goals. The "
    "manager announced that he was leaving the next day, after seven years in charge.",
    "Le lynx boréal habite les forêts de montagne d'Europe et de Sibérie. Solitaire et nocturne, il "
    "chasse surtout le chevreuil et le lièvre sur un territoire de plus de cent kilomètres carrés. La "
    "femelle met bas deux ou trois petits au printemps, après dix semaines de gestation.",
    "The Eurasian lynx lives in the mountain forests of Europe and Siberia. Solitary and active at "
    "night, it hunts mainly roe deer and hares over a territory of more than a hundred square "
    "kilometres. The female bears two or three young in spring, ten weeks after mating.",
    "Pour la pâte, mélangez la farine, le sucre et le beurre coupé en dés, puis ajoutez un œuf. Laissez "
    "reposer une heure au frais. Étalez-la dans un moule, garnissez de quartiers de pommes et enfournez "
    "trente-cinq minutes à cent quatre-vingts degrés. Servez tiède, avec de la crème.",
    "For the pastry, mix the flour, the sugar and the diced butter, then add an egg. Leave it in a cool "
    "place for an hour. Roll it out into a tin, cover it with slices of apple and bake it at a hundred "
    "and eighty degrees for thirty-five minutes. Serve warm, with cream.",
    "Le moteur à courant alternatif transforme l'énergie électrique en énergie mécanique grâce à un "
    "champ magnétique tournant. Inventé dans les années 1880, il remplaça peu à peu la machine à vapeur "
    "dans les ateliers. Son rendement dépasse aujourd'hui quatre-vingt-dix pour cent dans l'industrie.",
    "The alternating-current motor turns electrical energy into motion by means of a rotating magnetic "
    "field. Invented in the 1880s, it gradually took the place of the steam engine in workshops. In "
    "industry its efficiency is now more than ninety per cent.",
    "Le ministre des Finances a présenté mardi le projet de budget devant les députés. Il prévoit une "
    "baisse de l'impôt sur les sociétés et une hausse de la taxe sur le tabac. L'opposition dénonce un "
    "texte injuste et demande le renvoi du débat à la semaine prochaine.",
    "The finance minister presented the draft budget to members of parliament on Tuesday. It lowers the "
    "tax on companies and raises the duty on tobacco. The opposition called the bill unfair and asked "
    "for the debate to be put off until next week.",
    "L'église paroissiale, bâtie en pierre calcaire entre 1480 et 1525, mêle le gothique tardif et les "
    "premiers motifs de la Renaissance. Sa tour carrée abrite trois cloches. Les vitraux du chœur, "
    "démontés pendant la guerre, furent remis en place en 1951 et restaurés récemment.",
    "The parish church, built of limestone between 1480 and 1525, combines late Gothic forms with early "
    "Renaissance ornament. Its square tower holds three bells. The windows of the choir, which were "
    "taken down during the war, were put back in 1951 and have lately been restored.",
    "Le peintre s'installe en Provence à quarante ans et y réalise ses paysages les plus connus. Il "
    "abandonne les tons sombres de sa jeunesse pour une palette claire et des touches séparées. "
    "Refusées par le Salon, ses toiles se vendent mal ; elles sont aujourd'hui dispersées dans une "
    "trentaine de musées.",
    "The painter moved to the south at forty and made his best-known landscapes there. He gave up the "
    "dark tones of his youth for a light palette and separate strokes. Refused by the official "
    "exhibition, his canvases sold badly; they now hang in some thirty museums.",
    "Le volcan culmine à trois mille trois cents mètres et domine la côte orientale de l'île. Ses "
    "éruptions, presque continuelles, projettent des cendres et des coulées de lave basaltique. Celle "
    "de 1669 détruisit quinze villages et atteignit les murs de la ville, à trente kilomètres de là.",
    "The volcano rises to three thousand three hundred metres above the island's eastern coast. Its "
    "eruptions, which hardly ever cease, send out ash and flows of basalt lava. That of 1669 destroyed "
    "fifteen villages and reached the walls of a city thirty kilometres away.",
    "L'album, enregistré en trois semaines dans un studio de campagne, se vend à deux millions "
    "d'exemplaires. Le groupe y abandonne les guitares saturées pour des claviers et des chœurs. Deux "
    "chansons entrent au classement, et la tournée qui suit passe par quatorze pays d'Europe.",
    "The album was recorded in three weeks in a country studio and sold two million copies. On it the "
    "band gave up distorted guitars for keyboards and choirs. Two songs entered the charts, and the "
    "tour that followed went through fourteen European countries.",
    "La ligne de chemin de fer relie la capitale au littoral en deux heures. Ouverte par tronçons à "
    "partir de 1846, elle fut électrifiée un siècle plus tard. Douze trains directs y circulent chaque "
    "jour dans les deux sens ; les gares intermédiaires sont desservies par des autorails.",
    "The railway links the capital with the coast in two hours. Opened in sections from 1846 onwards, "
    "it was electrified a century later. Twelve fast trains run in each direction every day; the "
    "stations on the way are served by railcars.",
    "Le théorème affirme que tout nombre entier supérieur à un s'écrit d'une seule façon comme produit "
    "de nombres premiers. Démontré rigoureusement au début du dix-neuvième siècle, il était déjà connu "
    "des Grecs. Il fonde l'arithmétique et intervient dans le chiffrement des messages.",
    "The theorem states that every whole number greater than one is a product of primes in one way "
    "only. It was proved with rigour at the beginning of the nineteenth century, but the Greeks had "
    "known it. It is the basis of arithmetic and has its part in the encryption of messages.",
    "Le cuivre est un métal rougeâtre, malléable, très bon conducteur de la chaleur et de "
    "l'électricité. Allié à l'étain, il donne le bronze ; au zinc, le laiton. Le Chili en est le "
    "premier producteur. On en tire des câbles, des tuyaux, des pièces de monnaie et des toitures.",
    "Copper is a reddish, malleable metal and a very good conductor of heat and electricity. With tin "
    "it forms bronze, with zinc brass. Chile is its largest producer. It is made into cables, pipes, "
    "coins and roofs.",
    "Le film retrace l'évasion de six prisonniers d'une forteresse alpine. Tourné en noir et blanc avec "
    "des acteurs non professionnels, il obtient le prix de la mise en scène et reste quarante semaines "
    "à l'affiche. Le réalisateur avait lui-même été enfermé dans ces murs pendant huit mois.",
    "The film tells how six prisoners escaped from a fortress in the Alps. Shot in black and white with "
    "people who had never acted, it won the prize for best director and ran for forty weeks. The "
    "director had himself been locked up within those walls for eight months.",
    "Pour choisir un nouveau mot de passe, cliquez sur le lien reçu par courriel ; il est valable une "
    "heure. Le mot de passe doit compter douze caractères au moins, dont un chiffre. Si le message "
    "n'arrive pas, vérifiez le dossier des indésirables ou écrivez à l'assistance.",
    "To choose a new password, click the link sent to you by e-mail; it is valid for one hour. The "
    "password must have at least twelve characters, one of them a digit. If the message does not "
    "arrive, look in your spam folder or write to the help desk.",
    "Le roi monte sur le trône à cinq ans, sous la régence de sa mère. Majeur, il réforme la monnaie, "
    "fonde deux ports et limite le pouvoir des grands seigneurs. Ses guerres ruineuses obligent "
    "cependant le trésor à emprunter ; il meurt en 1715, laissant un royaume endetté.",
    "The king came to the throne at the age of five, under his mother's regency. Once of age he "
    "reformed the currency, founded two ports and curbed the great lords. His costly wars, however, "
    "forced the treasury to borrow; when he died in 1715, he left a kingdom in debt.",
    "Le traitement dure six mois et associe deux antibiotiques pris chaque matin à jeun. Des nausées et "
    "une fatigue passagère sont fréquentes les premières semaines. Une prise de sang mensuelle "
    "surveille le foie. Il ne faut jamais interrompre le traitement sans l'avis du médecin.",
    "Treatment lasts six months and combines two antibiotics, taken every morning on an empty stomach. "
    "Nausea and passing tiredness are common in the first weeks. A blood test every month checks the "
    "liver. Never stop the treatment without asking the doctor.",
    "L'entreprise familiale, créée en 1923 dans un atelier de mécanique, fabrique des pompes pour "
    "l'agriculture et le bâtiment. Elle emploie onze cents personnes sur quatre sites et réalise la "
    "moitié de son chiffre d'affaires à l'exportation. Son rachat par un groupe suédois a été annoncé "
    "en mars.",
    "The family firm, which began in a machine shop in 1923, makes pumps for farms and building sites. "
    "It has eleven hundred employees in four places and earns half of its turnover abroad. In March it "
    "was announced that a Swedish group would buy it.",
    "La planète met onze années terrestres à faire le tour du Soleil. Son atmosphère, composée surtout "
    "d'hydrogène et d'hélium, est parcourue de vents de six cents kilomètres à l'heure. Quatre de ses "
    "lunes, découvertes à la lunette en 1610, sont visibles avec de simples jumelles.",
    "The planet takes eleven of our years to go round the Sun. Its atmosphere, mostly hydrogen and "
    "helium, is swept by winds of six hundred kilometres an hour. Four of its moons, discovered by "
    "telescope in 1610, can be seen with a pair of binoculars.",
    "La culture de la vigne occupe les coteaux exposés au sud, sur des sols de craie et d'argile. Les "
    "vendanges commencent à la mi-septembre et se font encore à la main. Le vin vieillit dix-huit mois "
    "en fûts de chêne avant d'être mis en bouteilles et vendu sous l'appellation du village.",
    "Vines are grown on slopes that face south, on chalk and clay. The harvest begins in the middle of "
    "September and is still done by hand. The wine is kept in oak casks for eighteen months before it "
    "is bottled and sold under the name of the village.",
    "La loi du 28 mars 1882 rend l'instruction primaire obligatoire pour les enfants de six à treize "
    "ans. L'école publique, gratuite depuis l'année précédente, devient laïque. Des inspecteurs "
    "contrôlent l'assiduité des élèves, et les communes doivent construire des classes et loger les "
    "instituteurs.",
    "The act of 28 March 1882 made primary schooling compulsory for children between six and thirteen. "
    "State schools, which had been free since the year before, became secular. Inspectors checked "
    "attendance, and every municipality had to build classrooms and house its teachers.",
    "Le paquebot quitte le port avec neuf cents passagers à bord et heurte un récif deux jours plus "
    "tard, dans le brouillard. Les canots sauvent la plupart des voyageurs. L'enquête met en cause la "
    "vitesse excessive du navire et le manque de signaux ; l'épave gît par soixante mètres de fond.",
    "The liner left port with nine hundred passengers and struck a reef in fog two days later. The "
    "lifeboats saved most of those on board. The inquiry blamed the ship's excessive speed and the lack "
    "of signals; the wreck lies under sixty metres of water.",
    "La langue compte environ trois millions de locuteurs dans les vallées du nord. Elle possède sept "
    "cas, un duel et un accent mobile. Écrite d'abord avec un alphabet de trente-huit lettres, elle "
    "adopta les caractères latins en 1928. Ses dialectes de l'est ont emprunté de nombreux mots au "
    "persan.",
    "The language has about three million speakers in the northern valleys. It has seven cases, a dual "
    "number and a stress that moves. First written with an alphabet of thirty-eight letters, it took "
    "Latin letters in 1928. Its eastern dialects have borrowed many words from Persian.",
    "Le tribunal a condamné le prévenu à dix-huit mois de prison, dont six ferme, pour vol avec "
    "effraction. Il devra verser quatre mille euros à la propriétaire de la bijouterie. Son avocat, qui "
    "plaidait la relaxe faute de preuves, a fait savoir qu'il ferait appel du jugement.",
    "The court sentenced the accused to eighteen months in prison, twelve of them suspended, for "
    "burglary. He must pay four thousand euros to the owner of the jewellery shop. His lawyer, who had "
    "asked for an acquittal for want of evidence, said that he would appeal.",
    "Le randonneur suit le sentier balisé jusqu'au col, puis descend vers le lac par un chemin "
    "d'éboulis. Comptez cinq heures de marche et huit cents mètres de dénivelé. Le refuge, ouvert de "
    "juin à septembre, offre quarante lits ; la réservation est conseillée pendant les fins de semaine.",
    "Walkers follow the marked path up to the pass, then come down to the lake over scree. Allow five "
    "hours, with eight hundred metres of climbing. The hut, open from June to September, has forty "
    "beds; it is best to book at weekends.",
    "Un réseau de neurones apprend à partir d'exemples : ses poids sont corrigés peu à peu afin de "
    "réduire l'écart entre la sortie obtenue et la sortie voulue. Les premiers modèles, décrits dans "
    "les années 1950, reconnaissaient des lettres. La puissance des cartes graphiques a permis d'en "
    "multiplier les couches.",
    "A neural network learns from examples: its weights are corrected little by little so as to narrow "
    "the gap between its output and the one that is wanted. The first models, described in the 1950s, "
    "recognised letters. The power of graphics cards has made it possible to add many layers.",
    "Les abeilles ouvrières vivent cinq à six semaines en été et se relaient pour nourrir les larves, "
    "bâtir les rayons et récolter le nectar. La reine pond jusqu'à deux mille œufs par jour. À "
    "l'automne, la colonie réduit son activité et se resserre en grappe pour passer l'hiver.",
    "Worker bees live for five or six weeks in summer and take turns at feeding the larvae, building "
    "combs and gathering nectar. The queen lays up to two thousand eggs a day. In autumn the colony "
    "slows down and draws together in a cluster for the winter.",
    "Le stoïcisme enseigne que le bonheur tient à la vertu seule et que les passions naissent de "
    "jugements faux. Fondée à Athènes vers 300 avant notre ère, l'école compta parmi ses membres un "
    "esclave affranchi et un empereur. Ses exercices de maîtrise de soi connaissent aujourd'hui un "
    "regain de faveur.",
    "Stoicism teaches that happiness lies in virtue alone and that passions spring from false "
    "judgements. Founded in Athens about 300 BC, the school had a freed slave and an emperor among its "
    "members. Its exercises in self-control have come back into favour.",
    "Le contrat de location est conclu pour trois ans et se renouvelle par tacite reconduction. Le "
    "locataire verse un dépôt de garantie d'un mois de loyer, rendu dans les deux mois qui suivent la "
    "remise des clés. Le loyer est révisé chaque année selon l'indice publié par l'institut de "
    "statistique.",
    "The lease runs for three years and is renewed unless one side gives notice. The tenant pays a "
    "deposit of one month's rent, which is returned within two months of handing back the keys. The "
    "rent is adjusted every year by the index that the statistical office publishes.",
)
