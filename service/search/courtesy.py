"""Take greetings, thanks and polite frames off a question, so that only what is asked for is searched."""

from __future__ import annotations

import re
from collections.abc import Callable

# Phrases are written without accents, in small letters and with straight apostrophes; "_" stands for white
# space, and the rest is regular expressions.
_ADDRESSEES = """
a_(tous|toutes|vous)(_et_a_toutes)? | (cher|chere|chers|cheres)_\\w+ | madame,?_(et_)?monsieur
mesdames(_et|,)?_messieurs | madame | monsieur | mesdames | messieurs | docteur
"""
_ADDRESSEES_BEFORE_A_STOP = (
    "tous | toutes | l'equipe | everyone | all | there | team | sir(_or_madam)? | madam | folks"
)
_GREETINGS = """
bonjour | bjr | bonsoir | bsr | salut | slt | coucou | rebonjour | hello | hi | hey
good_(morning|afternoon|evening)
dear_(sir(_or_madam)?|madam|all|team) | greetings | salam | salutations
madame,_monsieur | mesdames,_messieurs | (cher|chere)_(monsieur|madame|docteur)
"""
_TELL = (
    "(dire|indiquer|expliquer|preciser|donner|renseigner|informer|aider|communiquer|confirmer|faire_savoir)"
)
_ASK = "(tell|explain_to|show|help|inform|advise|let)"
_FRAMES = f"""
j'aurais_(voulu|aime)_savoir | je_me_permets_de_vous_(ecrire|contacter)_pour_(vous_demander|savoir)
(est-ce|est-il|serait-il|est_ce)_possible_de_(savoir|connaitre|((m'|nous_|me_)_?){_TELL})
(puis-je|peut-on)_savoir
(may|can|could)_i_know | (i_would|i'd)_be_(grateful|glad)_if_you_(could|would)_{_ASK}_(me|us)(_know)?
(je|j'|nous)_?(voudrais|voudrions|aimerais|aimerions|souhaite|souhaiterais|souhaiterions)_(bien_)?savoir
(je|nous)_(souhaitons|desire|veux)_savoir
(je|nous)_(voudrais|souhaiterais|souhaite)_(vous_)?demander | je_cherche_a_savoir | je_me_demandais?
j'ai_besoin_de_savoir
(est-ce_que_)?(vous_)?(pouvez|pourriez|pourrais|peux|peut|voulez|auriez)((-|_)?(vous|tu|on))?_(svp_)?((m'|nous_|me_)_?){_TELL}
(auriez|avez)-vous_l'amabilite_de_((m'|nous_|me_)_?){_TELL}
merci_de_(bien_vouloir_)?((m'|nous_|me_)_?){_TELL}
(veuillez|priere_de)_((m'|nous_|me_)_?)?{_TELL} | (dites|dis)(-|_)(moi|nous) | savez(-|_)vous | sais-tu
(je_vous_prie_de_|j'ai_|juste_|encore_)?(une_)?(petite_)?question(_rapide)?_?:
j'ai_une_(petite_)?question
(could|can|would|will)_you_(please_|kindly_)?{_ASK}_(me|us)(_know|_about)?
(please_|kindly_){_ASK}_(me|us)(_know|_about)?
{_ASK}_(me|us)(_know|_about)?(,?_please)?
(i|we)(_would|'d)_(really_)?(like|love)_to_(know|ask) | (i|we)_(want|need|wanted)_to_(know|ask)
i(_was|'m|_am)_wondering
i_wonder | do_you_(happen_to_)?know | (may|can|could)_i_ask(_you)? | i_have_a_(quick_)?question
(quick_)?question_?:
"""
_APOLOGIES = """
excusez-moi | excuse-moi | pardon | (je_suis_)?desolee?(_de_vous_deranger)? | excuse_me
(i'm_)?sorry(_to_bother_you)?
"""
_ASIDES = r"svp | s\.v\.p\.? | stp | s'il_(vous|te)_plait | s'il-(vous|te)-plait | please | pls | plz"
_MANY = "(beaucoup|bcp|bien|infiniment|mille_fois|d'avance|par_avance|a_vous|a_tous|a_toutes|encore)"
_FOR_HELP = "_(de|pour)_(votre|vos|ton|l')_?(aide|reponses?|retour|attention|temps|comprehension)"
_SO = "(very_much|so_much|a_lot|a_bunch|again|in_advance|everyone|all)"
_THANKS = f"""
(un_)?(grand_)?(merci|mrc)(_{_MANY})*({_FOR_HELP})?(_{_MANY})* | mille_mercis | d'avance_merci
avec_mes_remerciements
(je|nous)_vous_(en_)?remerci(e|ons)(_{_MANY})*({_FOR_HELP})?
en_vous_remerciant(_{_MANY})*({_FOR_HELP})?
(many_)?(thanks|thank_you|thx|ty)(_{_SO})*(_for_(your|the|any)_(help|answer|reply|time))?(_{_SO})*
"""
_FAREWELLS = """
(bien_)?cordialement | bien_a_(vous|toi) | (sinceres|meilleures|mes)_salutations(_distinguees)?
a_bientot | au_revoir
bonne_(journee|soiree|fin_de_journee|continuation)(_a_(vous|tous|toi))? | (kind|best|warm)?_?regards
(yours_)?(sincerely|faithfully)
cheers | have_a_(nice|good|great)_(day|evening|one) | good_?bye | bye(_bye)?
"""
_SAYING = """
dire dit disent dis ecrire mot mots terme expression formule signifie signification intitule intitulee
appele appelee
nomme titre livre film chanson roman poeme say says saying said word words term phrase called named titled
song book write
mean means
"""
"""Words after which a courtesy is what the question is about: "dire merci", "how to say thank you"."""
_ARTICLES = """
le la les l un une des du de d sans sauf avec et ou \u00e0 par pour en the a of or and to in with
without about
"""
"""Words in small letters after which "merci" and "thanks" are nouns: "à la merci de", "the thanks of"."""
_OPENERS = """
je on nous comment quel quels quelle quelles ou quand pourquoi combien est-ce qui que quoi peut puis-je
dois-je
faut-il existe mon ma mes si y_a what how where when why who which is are do does did can could i we my may
should
will would
"""
"""Words that begin a question: a greeting before one of them needs no comma."""
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a-\u23ff\u20e3]+|(?<!\\S)[:;]-?[)(DP](?!\\S)"
)
"""Pictures, flags and smileys."""
_BLANKS = re.compile(r"\s+")
_LETTERS = str.maketrans("àâäéèêëîïôöùûüçÀÂÄÉÈÊËÎÏÔÖÙÛÜÇ’‘\u00a0\u202f", "aaaeeeeiioouuucAAAEEEEIIOOUUUC''  ")
"""Letters and marks as the tables write them, one for one."""


def _any_of(phrases: str) -> str:
    """Return a regular expression for any phrase of a table, by lines and " | "."""
    alternatives = [phrase.strip() for line in phrases.strip().splitlines() for phrase in line.split(" | ")]
    return "(?:" + "|".join(alternatives).replace("_?", r"\s*").replace("_", r"\s+") + r")(?!\w)"


_STOP = r"\s*(?:[,;:.!…–—-]|(?:et|and)\s+(?=merci|thank))[\s,;:.!…–—-]*"
_GREETING = re.compile(
    rf"\s*{_any_of(_GREETINGS)}(?:\s+{_any_of(_ADDRESSEES)}"
    rf"|,?\s+(?:{_any_of(_ADDRESSEES)}|{_any_of(_ADDRESSEES_BEFORE_A_STOP)})(?={_STOP}|\s*$))?",
    re.IGNORECASE,
)
_GREETED = re.compile(
    rf"{_STOP}|\s*$|\s+(?={_any_of(' | '.join(_OPENERS.split()))}|(?:j|qu|s)')", re.IGNORECASE
)
_FRAME = re.compile(
    rf"\s*(?:{_any_of(_FRAMES)}(?:\s*,?\s*{_any_of(_ASIDES)})?(?:{_STOP}|\s+)"
    rf"(?:(?:si|if|whether)\s+|s'(?=ils?\b))?"
    rf"|(?:{_any_of(_ASIDES)}|{_any_of(_THANKS)}|{_any_of(_APOLOGIES)})(?:{_STOP}|\s*$|\s+(?=\W)))",
    re.IGNORECASE,
)
_ASIDE_FIRST = re.compile(rf"\s*{_any_of(_ASIDES)}\s+(?-i:(?=[a-z]))", re.IGNORECASE)
_CLOSING = re.compile(
    rf"(?P<stop>[\s,;:–—-]{{0,9}})(?<!\w)(?:(?P<thanks>{_any_of(_THANKS)})|(?P<aside>{_any_of(_ASIDES)})"
    rf"|{_any_of(_FAREWELLS)}(?:[,\s]+(?-i:[A-Z][\w.'-]*\s*){{1,3}})?)(?P<end>[\s,;:.!?…)–—-]*)$",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\s*,?\s*(?<!\w)(?:svp|stp|s\.v\.p\.?|s'il[ -](?:vous|te)[ -]plait)(?!\w)\s*,?", re.IGNORECASE
)
_LAST_WORD = re.compile(r"([^\W_]+)['’]?\W*$")


def without_courtesy(text: str, is_known: Callable[[str], bool]) -> str:
    """Return a question without its greetings, thanks, polite frames and emoji, on one line.

    A courtesy is one at the beginning or at the end of a question only, and not after a word that speaks of
    it ("le mot merci"). `is_known` says whether the corpus holds a folded word: a greeting that runs into the
    question without a comma ("Bonjour tristesse") is part of it where the corpus holds the greeting. A text
    that is nothing but courtesy stays as it is.
    """
    asked = _BLANKS.sub(lambda run: "\n" if "\n" in run[0] else " ", _EMOJI.sub(" ", text))
    asked = _without_closing(_without_opening(asked, is_known))
    asked = _without_asides(asked)
    return " ".join((asked if re.search(r"\w", asked) else text).split())


def _without_opening(text: str, is_known: Callable[[str], bool]) -> str:
    while True:
        plain = text.translate(_LETTERS)
        if greeting := _GREETING.match(plain):
            rest = plain[greeting.end() :]
            stop = _GREETED.match(rest)
            word = re.findall(r"\w+", greeting[0].lower())[0]
            closed = _CLOSING.search(rest)
            if not (stop or _FRAME.match(rest) or _ASIDE_FIRST.match(rest) or closed or not is_known(word)):
                return text
            text = text[greeting.end() + (stop.end() if stop else 0) :]
        elif frame := _FRAME.match(plain) or _ASIDE_FIRST.match(plain):
            text = text[frame.end() :]
        else:
            return text


def _without_closing(text: str) -> str:
    while closing := _CLOSING.search(text.translate(_LETTERS)):
        before = text[: closing.start()]
        stopped = bool(
            closing["stop"].strip() or "\n" in closing["stop"] or re.search(r"[.!?…:]\s*$", before)
        )
        if before.strip() and not stopped and _belongs(before, closing):
            return text
        asks = "?" in closing["end"] and not before.rstrip().endswith("?")
        text = before + (" ?" if asks and before.strip() else "")
    return text


def _belongs(before: str, closing: re.Match[str]) -> bool:
    """Return whether a courtesy that no mark parts from the text before it is part of the question."""
    last = _LAST_WORD.search(before)
    word = last[1] if last else ""
    if word.lower().translate(_LETTERS) in _SAYING.split():
        return True
    if closing["aside"]:
        return False
    if not closing["thanks"]:
        return True
    return word in _ARTICLES.split() or ("?" in closing["end"] and " " not in closing["thanks"].strip())


def _without_asides(text: str) -> str:
    """Return a text without "s'il vous plaît" in its midst, unless quoted or spoken of."""
    plain = text.translate(_LETTERS)
    for aside in reversed(list(_ASIDE.finditer(plain))):
        before = plain[: aside.start()]
        last = _LAST_WORD.search(before)
        if (before.count('"') % 2, before.count("«")) != (0, before.count("»")):
            continue
        if not (last and last[1].lower() in _SAYING.split()):
            text = f"{text[: aside.start()]} {text[aside.end() :]}"
    return text
