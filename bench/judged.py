"""make eval JUDGEMENTS=file: how good answers are by what people said of them, and what would be better.

People judge what they were shown, and nothing else. So only judged documents count, in the order in which a
ranking has them (condensed lists; Sakai, "Alternatives to Bpref", SIGIR 2007): a ranking is not punished for
documents that nobody was shown. It is measured on what today's ranking found, all the same.

A weight or a threshold is suggested only when it beats today's on questions that it was not chosen by: it is
chosen on one half of the questions and measured on the other, in turn, and the 95 % interval of the paired
differences has to lie above zero. Nothing is applied: the keeper of the service sets it, or does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench import measures
from bench.measures import Estimate, Run
from indexer import progress
from indexer.store.open_index import open_index
from models.errors import RepereError
from models.load import ModelChoice
from service import settings as service_settings
from service.search.ranking import RankingSettings
from service.search.searcher import Searcher
from service.telemetry.judgements import Judgements, read

DEPTH = 100
"""Documents looked at for each question."""
LEAST_QUESTIONS = 30
"""Questions below which nothing is suggested: half of them would choose, and any choice would be chance."""
LEXICAL_WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)
"""What is tried instead of today's weight of words. The other weights would need relevance fitted anew."""
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Least probabilities of the class weak that are tried instead of today's."""
Choice = TypeVar("Choice", bound=Hashable)
Values = Mapping[str, float]
"""Question → value."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a ranking finds for the judged questions."""

    run: Run
    probabilities: Mapping[str, Mapping[str, float]]
    """Question → document → probability that it answers; none without calibration."""


def main(arguments: list[str] | None = None) -> int:
    """Evaluate and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="make eval", description=__doc__)
    parser.add_argument("judgements", type=Path, help="the file that REPERE_JUDGEMENTS names")
    parser.add_argument("--index", type=Path, default="index", help="folder of the index that is asked")
    parser.add_argument("--collection", help="name under which the service serves that index, if it has one")
    parser.add_argument("--model", default="", help="sentence-transformers folder or hub name")
    options = parser.parse_args(arguments)
    try:
        today = service_settings.read().ranking
        judged = read(options.judgements, options.collection)
        encoder = ModelChoice(options.model).load(use="questions")
        index = open_index(options.index, encoder.fingerprint)
    except OSError as error:
        print(f"{options.judgements} cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    if not judged.grades:
        asked = f"the collection {options.collection}" if options.collection else "an index without a name"
        print(f"{options.judgements} holds no judgement of {asked}.", file=sys.stderr)
        return 1
    report(judged, {each: Searcher(encoder, index, settings=each) for each in tried(today)})
    return 0


def tried(today: RankingSettings) -> list[RankingSettings]:
    """Return the settings that are compared, today's first."""
    return list(dict.fromkeys([today, *(replace(today, lexical_weight=each) for each in LEXICAL_WEIGHTS)]))


def ask(searcher: Searcher, questions: Mapping[str, str]) -> Answers:
    """Ask every question; one hit a document."""
    run: dict[str, list[tuple[str, float]]] = {}
    probabilities: dict[str, dict[str, float]] = {}
    for name, text in progress.track(questions.items(), len(questions), "Asking"):
        hits = searcher.search(text, DEPTH, per_source=1).hits
        run[name] = [(hit.entry.document.source, hit.score) for hit in hits]
        if searcher.calibrated:
            probabilities[name] = {
                hit.entry.document.source: hit.relevance.probability or 0.0 for hit in hits
            }
    return Answers(run, probabilities)


def condensed(run: Run, grades: Mapping[str, Mapping[str, int]]) -> dict[str, list[tuple[str, float]]]:
    """Return a run without the documents that nobody judged."""
    return {
        name: [(document, score) for document, score in run[name] if document in grades[name]]
        for name in grades
    }


def answered(judged: Judgements) -> dict[str, Mapping[str, int]]:
    """Return the grades of the questions for which some document was found to answer."""
    return {name: grades for name, grades in judged.grades.items() if max(grades.values()) > 0}


def told_right(
    probabilities: Mapping[str, Mapping[str, float]],
    grades: Mapping[str, Mapping[str, int]],
    threshold: float,
) -> dict[str, float]:
    """Return question → share of its judged documents that the threshold puts on the right side.

    A document that is not found has the probability 0.
    """
    return {
        name: float(
            np.mean(
                [
                    (probabilities[name].get(document, 0.0) >= threshold) == (grade > 0)
                    for document, grade in judged.items()
                ]
            )
        )
        for name, judged in grades.items()
    }


def best(values: Mapping[Choice, Values], questions: Sequence[str]) -> Choice:
    """Return the choice with the highest mean over questions; of equals the first, which is today's."""
    return max(values, key=lambda choice: float(np.mean([values[choice][name] for name in questions])))


def held_out(values: Mapping[Choice, Values], today: Choice) -> Estimate:
    """Return the mean gain over today's of what is best on the other half, with its interval.

    Halves are every other question, by their ids, which are digests.
    """
    names = sorted(values[today])
    halves = names[::2], names[1::2]
    gains: list[float] = []
    for chosen_by, measured in (halves, halves[::-1]):
        choice = best(values, chosen_by)
        gains += [values[choice][name] - values[today][name] for name in measured]
    return measures.bootstrap(gains)


def suggestion(values: Mapping[Choice, Values], today: Choice) -> Choice | None:
    """Return the choice that is best over all questions; None unless choosing so beats today's held out."""
    if len(values[today]) < LEAST_QUESTIONS or held_out(values, today).low <= 0:
        return None
    choice = best(values, list(values[today]))
    return None if choice == today else choice


def report(judged: Judgements, searchers: Mapping[RankingSettings, Searcher]) -> None:
    """Print how good the answers are, and what is suggested; the first searcher is today's."""
    today = next(iter(searchers))
    answers = {settings: ask(each, judged.questions) for settings, each in searchers.items()}
    grades = answered(judged)
    count = sum(map(len, judged.grades.values()))
    print(f"\n{len(judged.grades)} questions with {count} judged documents, of {len(grades)} some answers;")
    print("judged documents alone count; means with 95 % bootstrap intervals")
    if grades:
        values = {
            settings: measures.by_question(condensed(each.run, grades), grades)
            for settings, each in answers.items()
        }
        for name, each in values[today].items():
            print(f"  {name:<8}{measures.bootstrap(list(each.values()))}")
        _say(
            "lexical_weight",
            {settings.lexical_weight: each["nDCG@10"] for settings, each in values.items()},
            today.lexical_weight,
            "nDCG@10",
        )
    calibration = searchers[today].calibration
    if calibration is None:
        print("\nThe index is not calibrated: no threshold is measured.")
        return
    probabilities = answers[today].probabilities
    _say(
        "weak",
        {
            threshold: told_right(probabilities, judged.grades, threshold)
            for threshold in (calibration.weak, *THRESHOLDS)
        },
        calibration.weak,
        "share told right",
    )


def _say(name: str, values: Mapping[float, Values], today: float, measure: str) -> None:
    """Print what is suggested instead of today's value of a setting, or that nothing is, and why."""
    mean = measures.bootstrap(list(values[today].values()))
    print(f"\n{name} is {today}: {measure} {mean}")
    if len(values[today]) < LEAST_QUESTIONS:
        print(
            f"  {len(values[today])} questions are too few to suggest another: {LEAST_QUESTIONS} are needed."
        )
        return
    print(f"  chosen on one half, measured on the other: {held_out(values, today)}")
    better = suggestion(values, today)
    if better is None:
        print("  Nothing beats it significantly: keep it.")
    else:
        print(f"  Suggested: {better}. Serve with REPERE_{name.upper()}={better}.")


if __name__ == "__main__":
    sys.exit(main())
