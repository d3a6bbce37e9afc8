"""make eval SUITE=folder ABLATE=1: measure what each ingredient of ranking is worth, by switching it off."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np

from bench import datasets, material
from bench.datasets import Dataset
from bench.eval import FEW, documents_of, parser_of, plain_runs, prepare
from bench.suite import Slice, Tokens, slices_of, tokens_of, total, values_of
from indexer import progress
from indexer.building.settings import BuildSettings
from indexer.passages.embedding_texts import embedded_texts
from models.errors import RepereError
from models.load import ModelChoice
from service.search.ranking import RankingSettings
from service.search.searcher import Searcher

EVERYTHING = "everything"
NO_SENTENCES = "without sentences"
NO_HEADINGS = "without headings as units"
ABLATIONS = {
    EVERYTHING: RankingSettings(),
    NO_SENTENCES: RankingSettings(unit_weight=0),
    "without words": RankingSettings(lexical_weight=0),
    "without the mean question": RankingSettings(common_share=0),
    "without acronyms": RankingSettings(acronyms=False),
    "without correction": RankingSettings(corrections=False),
    "without the prefix analysis": RankingSettings(prefix=False),
}
"""Row of the table → settings of its searcher."""
WITHOUT_HEADINGS = BuildSettings(texts=partial(embedded_texts, heading_units=False))


@dataclass(frozen=True, slots=True)
class Ablation:
    """One dataset without each of the ingredients."""

    slices: Mapping[str, Sequence[Slice]]
    """Row of the table → slices of the dataset."""
    tokens: Mapping[str, Tokens]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return the exit code. Nothing is saved."""
    parser = parser_of(__doc__)
    parser.add_argument("suite", type=Path, help="a folder of datasets")
    options = parser.parse_args(arguments)
    choice = ModelChoice(options.model)
    try:
        report([ablate(data, options.corpus, choice) for data in datasets.suite(options.suite)])
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def ablate(data: Dataset, corpus: Path, choice: ModelChoice) -> Ablation:
    """Measure a dataset without each of the ingredients; one is in the index, the others in the searcher."""
    documents = material.read(corpus) if data.documents is None else data.documents
    slices: dict[str, Sequence[Slice]] = {}

    def add(name: str, searcher: Searcher) -> None:
        tracked = progress.track(data.asks, len(data.asks), f"Asking {data.name} {name}")
        ours = {ask.id: documents_of(searcher.search(ask.text, FEW, per_source=1)) for ask in tracked}
        slices[name] = slices_of(data, {"ours": values_of(ours, data), **plain})

    with tempfile.TemporaryDirectory() as scratch:
        full = prepare(data, corpus, Path(scratch), choice)
        plain = {system: values_of(run, data) for system, run in plain_runs(full, data).items()}
        for name, settings in ABLATIONS.items():
            add(name, Searcher(full.encoder, full.index, settings=settings))
    with tempfile.TemporaryDirectory() as scratch:
        add(NO_HEADINGS, prepare(data, corpus, Path(scratch), choice, WITHOUT_HEADINGS))
    usual = tokens_of(documents, full.encoder)
    tokens = dict.fromkeys(slices, usual)
    tokens[NO_SENTENCES] = Tokens(usual.passages, usual.once, 0)
    tokens[NO_HEADINGS] = tokens_of(documents, full.encoder, WITHOUT_HEADINGS)
    return Ablation(slices, tokens)


def report(ablations: Sequence[Ablation]) -> None:
    """Print a row for everything together and one for each ingredient switched off."""
    full = [part for ablation in ablations for part in ablation.slices[EVERYTHING]]
    print(f"\nnDCG@10 over {len(full)} slices; change, and the slices that change most, against everything")
    head = (
        f"{'mean':>8}{'change':>9}{'lowest':>9}{'highest':>9}{'against plain':>15}{'tokens':>9}{'times':>7}"
    )
    print(f"{'':<30}{head}   {'lowest in':<18}highest in")
    for name in ablations[0].slices:
        slices = [part for ablation in ablations for part in ablation.slices[name]]
        tokens = total(ablation.tokens[name] for ablation in ablations)
        changes = [part.mean("ours") - usual.mean("ours") for part, usual in zip(slices, full, strict=True)]
        low, high = (
            slices[changes.index(most)].name if most else "" for most in (min(changes), max(changes))
        )
        print(
            f"{name:<30}{fmean(part.mean('ours') for part in slices):>8.4f}{fmean(changes):>+9.4f}"
            f"{min(changes):>+9.4f}{max(changes):>+9.4f}{min(part.difference for part in slices):>+15.3f}"
            f"{tokens.a_passage:>9.0f}{tokens.times_once:>7.2f}"
            f"   {low:<18}{high}".rstrip()
        )


if __name__ == "__main__":
    # Once in many thousand searches a matrix product is flagged as invalid: it warns, and ends no long run.
    np.seterr(all="raise", under="ignore", invalid="warn")
    sys.exit(main())
