"""A small corpus that is unkind to a page: markup, other scripts, endless words, copies, long documents."""

from __future__ import annotations

from pathlib import Path

from tests.indexer.pdfs import At, pdf
from tests.service.search.test_near_duplicates import SITES, page

MANY = 14
"""Documents that answer REPORTS: more than are shown at once."""
REPORTS = "rapport annuel de la commission des forêts"
NOTICE = "La capitainerie rappelle aux plaisanciers que le mouillage dans la baie est payant en été."
YEARS = range(2014, 2018)
"""Of the notices, which differ in figures alone."""
WHALE = "Comment la baleine bleue respire en surface"
SCRIPT = '<script>document.title = "hacked"</script>'
DRAFTS = "[brouillons] a*b?"
"""A folder whose name means something else in a pattern."""
ENDLESS = "Donaudampfschifffahrt" * 60

GUIDE = f"""---
author: Amina El Idrissi
date: 2018-03-02
---
# Le guide de la baleine

Ce géant vit dans toutes les mers.

## Respiration

{WHALE} : elle vient toutes les dix minutes, 😀🐋 dit le guide, et souffle par **deux évents**.
{" ".join(f"Cette baleine bleue du relevé {n} souffle à neuf mètres." for n in range(15))}
{" ".join(f"Le souffle numéro {n} monte à neuf mètres." for n in range(30))}

## Chant

- Le chant de la baleine bleue porte en surface à mille kilomètres.
- Chaque groupe de baleines a son dialecte.

{" ".join(f"Le relevé {n} note une note grave et longue." for n in range(60))}

## Repos

La baleine bleue respire même en dormant. Elle dort par moitiés de cerveau.
"""


def write(folder: Path) -> Path:
    """Fill a folder with it."""
    texts = {
        "mer/baleine.md": GUIDE,
        "mer/krill.txt": "Le krill\n\n12/05/2016\n\nLa baleine bleue mange du krill. "
        "Elle en avale en surface.\n",
        "mer/orque.html": "<html lang=fr><title>L’orque</title><body><h1>L’orque</h1><p>L’orque chasse "
        "en groupe, et la baleine bleue la craint. Elle respire comme elle.</p></body></html>",
        "mer/copie.txt": "Le cachalot\n\n2015\n\nLe cachalot plonge à deux mille mètres pour chasser.\n",
        "mer/phare.txt": "Le phare du cap\n\nLe phare du cap éclaire la côte.\n",
        "vieux/phare.txt": "L’ancien phare\n\nUn autre phare du cap fut détruit par la tempête.\n",
        "vieux/copie.txt": "Le cachalot\n\n2015\n\nLe cachalot plonge à deux mille mètres pour chasser.\n",
        "mer/marées.txt": "Les marées\n\nLa marée haute suit la lune sur la côte.\n",
        f"{DRAFTS}/marées.txt": "Brouillon\n\nLa marée haute et la lune : à relire.\n",
        f"{DRAFTS}/vieux/marées.txt": "Vieux brouillon\n\nLa marée haute ou la lune : à jeter.\n",
        "hostile/script.txt": f"{SCRIPT} & <img src=x onerror=alert(1)>\n\n"
        f"La sécurité des pages exige que {SCRIPT} reste du texte. <b>Rien</b> ne s’exécute.\n",
        "hostile/mots.txt": f"Les mots sans fin\n\nUn mot sans fin comme {ENDLESS} ne casse aucune page.\n",
        "hostile/formule.txt": "=SOMME(A1:A9)\n\n=cmd|' /C calc'!A0 est une formule dangereuse de tableur.\n",
        "hostile/emoji.txt": "😀 Les émojis 🐋\n\n"
        + "👩‍👩‍👧‍👦 🇲🇦 😀 𝔸 " * 12
        + "\n\nLes drapeaux comptent pour deux signes. Le repère tombe juste après eux.\n",
        "arabe/قلب.txt": "أمراض القلب والشرايين\n\nتعالج المستشفيات أمراض القلب بأدوية حديثة. "
        "ينصح الأطباء بالمشي كل يوم.\n",
        "english/surgery.txt": "Robot-assisted surgery\n\n2020-06-01\n\nSurgeons train on a simulator before "
        "they operate with a robot. Patients recover faster.\n",
    }
    for name, (title, menu) in SITES.items():  # one press release under each site's title
        texts[f"presse/{name}"] = page(title, menu)
    texts["archives/revue.txt"] = texts["presse/revue.txt"]
    for year in YEARS:
        texts[f"avis/avis-{year}.txt"] = (
            f"Avis de la capitainerie {year}\n\n{NOTICE} La taxe du mouillage est de {year - 2000} euros.\n"
        )
    for number in range(MANY):
        year = 2004 + number
        texts[f"rapports/rapport-{number:02}.txt"] = (
            f"Rapport annuel {year}\n\n0{1 + number % 9}/02/{year}\n\n"
            f"Voici le rapport annuel de la commission des forêts {year}.\n"  # too short to have versions
        )
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    leaf = ["Premiere page du traite sur les volcans.", "Les volcans se taisent longtemps avant de parler."]
    deep = ["Le magma remonte par la cheminee du volcan.", "La lave refroidit en orgues de basalte."]
    leaves = [[At(60, 700, lines)] for lines in (leaf, deep)]
    (folder / "traité.pdf").write_bytes(pdf(*leaves, title="Traite des volcans"))
    return folder
