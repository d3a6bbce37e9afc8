"""Names of the months in French and English."""

from __future__ import annotations

MONTHS = {
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "fr, short": "janv fevr - avr - - juil - sept oct nov dec",
    "fr, shorter": "jan fev - - - - juill - - - - -",
    "en": "january february march april may june july august september october november december",
    "en, short": "jan feb mar apr - jun jul aug sep oct nov dec",
}
"""Names of the twelve months, without accents, by language and form; "-" where there is no such form."""

MONTH_NUMBER = {
    name: number for names in MONTHS.values() for number, name in enumerate(names.split(), 1) if name != "-"
}
"""Number of a month, from 1, by any of its names in lower case."""
