"""make eval: ask a dataset's questions through the real pipeline and print how good the answers are."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import datasets, measures
from bench.bm25 import Bm25
from bench.datasets import Ask, Dataset
from bench.measures import Run
from indexer import progress
from indexer.building import build as builder
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.passages.analysis import fold
from indexer.store import home
from indexer.store.filters import EVERYTHING
from indexer.store.open_index import open_index
from indexer.store.store import Wanted
from models.encoder import Encoder, Vectors
from models.errors import RepereError
from models.load import ModelChoice
from service.search import ranking
from service.search.answers import Answer
from service.search.relevance import Relevance, RelevanceClass
from service.search.searcher import Searcher

BLOCK = 256
"""Questions encoded at a time."""
DEPTH = 100
"""Documents a run holds for each question."""
FEW = 10
"""Documents it holds where only nDCG@10 is measured: as many as a person sees."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answers to a dataset's questions."""

    runs: Mapping[str, Run]
    """System → run; the first is ours."""
    relevances: Mapping[str, Relevance]
    """Question → relevance of our answer, unanswerable questions included."""
    shown: Set[str]
    """Questions to which a hit of at least weak relevance is found."""


@dataclass(frozen=True, slots=True)
class EvidenceCount:
    """How often the first hits hold what was looked for."""

    questions: int
    """Questions whose evidence is known."""
    sources: int
    """Questions whose right source is first."""
    seen: int
    """Questions whose evidence stands in the first three hits."""
    lost: Sequence[Ask]
    """Questions that lack either."""


def main(arguments: list[str] | None = None) -> int:
    """Evaluate, print and save; return the exit code."""
    parser = parser_of(__doc__)
    parser.add_argument("dataset", type=Path, help="a folder in BEIR's layout, or a file of questions")
    parser.add_argument("--runs", type=Path, default="runs", help="where runs are saved in TREC's format")
    parser.add_argument(
        "--against", type=Path, help="an earlier run of ours to compare with, question by question"
    )
    options = parser.parse_args(arguments)
    try:
        data = datasets.load(options.dataset)
        # Read before anything is written: the runs saved below may well replace it.
        earlier = read_trec(options.against) if options.against else None
        with tempfile.TemporaryDirectory() as scratch:
            searcher = where_set(prepare(data, options.corpus, Path(scratch), ModelChoice(options.model)))
            try:
                evaluation = ask(searcher, data)
                report(data, evaluation, searcher)
            finally:
                home.withdraw(Path(scratch))
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    write_runs(options.runs, data.name, evaluation.runs)
    print(f"\nRuns saved in {options.runs}/ in TREC's format.")
    if earlier is not None:
        compare(data, evaluation.runs["ours"], earlier)
    return 0


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that every evaluation has."""
    parser = argparse.ArgumentParser(prog="make eval", description=description)
    parser.add_argument(
        "--corpus", type=Path, default="seeds", help="the folder a file of questions is about"
    )
    parser.add_argument("--model", default="", help="sentence-transformers folder or hub name")
    return parser


def prepare(
    data: Dataset, corpus: Path, scratch: Path, choice: ModelChoice, settings: BuildSettings = DEFAULT
) -> Searcher:
    """Index the dataset's corpus with the real pipeline; return a searcher over it."""
    encoder = choice.load()
    if data.documents is None:
        builder.build(corpus, scratch, choice, load=lambda: encoder, settings=settings)
    else:
        builder.publish_documents(data.documents, data.name, scratch, encoder, settings)
    return Searcher(Remembering(encoder, data), open_index(scratch, encoder.fingerprint))


def where_set(searcher: Searcher) -> Searcher:
    """Return a searcher over the same index in Qdrant where REPERE_STORE names one, else the one given."""
    folder = searcher.index.folder
    if not home.publish(folder):
        return searcher
    return Searcher(searcher.encoder, home.open_store(folder, searcher.encoder.fingerprint))


class Remembering:
    """An encoder with a dataset's questions encoded beforehand, many at a time."""

    def __init__(self, encoder: Encoder, data: Dataset) -> None:
        self._encoder = encoder
        texts = list(dict.fromkeys(each.text for each in [*data.asks, *data.unanswerable]))
        blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
        self._known: dict[str, Vectors] = {}
        for block in progress.track(blocks, len(blocks), f"Encoding questions, {BLOCK} at a time"):
            self._known.update(zip(block, encoder.queries(block), strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of questions, remembered or encoded now."""
        new = [text for text in texts if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.queries(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def ask(searcher: Searcher, data: Dataset, depth: int = DEPTH) -> Evaluation:
    """Ask every question of our search and of the three plain rankings of the same index."""
    ours: dict[str, list[tuple[str, float]]] = {}
    relevances: dict[str, Relevance] = {}
    shown: set[str] = set()
    asks = [*data.asks, *data.unanswerable]
    for ask in progress.track(asks, len(asks), f"Asking {data.name}"):
        answer = searcher.search(ask.text, depth, per_source=1)
        relevances[ask.id] = answer.relevance
        if any(hit.relevance.reaches(RelevanceClass.WEAK) for hit in answer.hits):
            shown.add(ask.id)
        if ask.id in data.qrels:
            ours[ask.id] = documents_of(answer)
    return Evaluation({"ours": ours, **plain_runs(searcher, data)}, relevances, shown)


def documents_of(answer: Answer) -> list[tuple[str, float]]:
    """Return (source, score) of each hit."""
    return [(hit.entry.document.source, hit.score) for hit in answer.hits]


def plain_runs(searcher: Searcher, data: Dataset) -> dict[str, Run]:
    """Return the three plain rankings of the questions that have an answer."""
    words = Bm25(searcher.index.catalogue.passages(range(searcher.index.statistics.passages)))
    vectors, bm25 = {}, {}
    for ask in data.asks:
        vectors[ask.id] = by_vectors(searcher, ask)
        rows = words.find(ask.text, 2 * DEPTH)
        bm25[ask.id] = _documents(searcher, rows, [-float(rank) for rank in range(len(rows))])
    return {"vectors": vectors, "bm25": bm25, "fusion": measures.rank_fusion([vectors, bm25])}


def by_vectors(searcher: Searcher, each: Ask) -> list[tuple[str, float]]:
    """Rank documents by the cosine of their best passage alone."""
    query = searcher.encoder.queries([each.text])
    found = searcher.index.candidates(Wanted(query, (), ()), [EVERYTHING], 2 * DEPTH)
    assert found is not None, "a dataset has documents"
    order = ranking.order(found.passages[0], found.rows)
    return _documents(searcher, found.rows[order].tolist(), found.passages[0][order].tolist())


def _documents(searcher: Searcher, rows: Sequence[int], scores: Sequence[float]) -> list[tuple[str, float]]:
    """Return the documents of passages, each with the score of its first passage."""
    entries = searcher.index.catalogue.passages(rows)
    best: dict[str, float] = {}
    for entry, score in zip(entries, scores, strict=True):
        best.setdefault(entry.document.source, score)
    return list(best.items())[:DEPTH]


def report(data: Dataset, evaluation: Evaluation, searcher: Searcher) -> None:
    """Print every table."""
    manifest = searcher.index.manifest
    print(f"\n{data.name}: {len(data.asks)} questions,")
    print(f"{manifest.documents} documents, {manifest.passages} passages,")
    print(f"model {manifest.model.name} ({manifest.model.fingerprint}); means with 95 % bootstrap intervals")
    values = {system: measures.by_question(run, data.qrels) for system, run in evaluation.runs.items()}
    print(f"\n{'':<10}" + "".join(f"{name:<24}" for name in next(iter(values.values()))))
    for system, by_measure in values.items():
        cells = [str(measures.bootstrap(list(each.values()))) for each in by_measure.values()]
        print(f"{system:<10}" + "".join(f"{cell:<24}" for cell in cells))
    ours = values["ours"]["nDCG@10"]
    print("\nnDCG@10, ours minus theirs, question by question:")
    for system in list(values)[1:]:
        print(f"  {system:<10}{measures.paired(ours, values[system]['nDCG@10'])}")
    report_evidence(evidence(searcher, data))
    _report_relevance(data, evaluation)


def evidence(searcher: Searcher, data: Dataset) -> EvidenceCount:
    """Count the questions whose right source comes first and whose evidence in the first three hits."""
    asks = [ask for ask in data.asks if ask.evidence]
    sources = seen = 0
    lost = []
    for ask in asks:
        hits = searcher.search(ask.text, 3, per_source=3).hits
        right = bool(hits) and hits[0].entry.document.source in data.qrels[ask.id]
        held = any(_plain(ask.evidence or "") in _plain(hit.entry.passage.text) for hit in hits)
        sources, seen = sources + right, seen + held
        if not (right and held):
            lost.append(ask)
    return EvidenceCount(len(asks), sources, seen, lost)


def report_evidence(counted: EvidenceCount) -> None:
    """Print the counts, where evidence is known, and the questions that were lost."""
    if not counted.questions:
        return
    for ask in counted.lost:
        print(f"  lost: {ask.id} {ask.text}")
    print(f"\nRight source first: {counted.sources} of {counted.questions};", end=" ")
    print(f"evidence in the first three passages: {counted.seen}.")


def _plain(text: str) -> str:
    return " ".join(fold(text).replace("’", "'").split())


def _report_relevance(data: Dataset, evaluation: Evaluation) -> None:
    given = evaluation.relevances
    answerable = [given[each.id] for each in data.asks]
    others = [given[each.id] for each in data.unanswerable]
    classes = sorted({each.label for each in given.values()})
    print("\nRelevance of the answer:" + "".join(f"{label:>14}" for label in classes))
    for name, held in ("answerable", answerable), ("unanswerable", others):
        if held:
            print(f"  {name:<22}" + "".join(f"{sum(e.label == c for e in held):>14}" for c in classes))
    if not others or any(each.probability is None for each in given.values()):
        return
    yes = [each.probability or 0.0 for each in answerable]
    no = [each.probability or 0.0 for each in others]
    table = measures.reliability(yes + no, [True] * len(yes) + [False] * len(no))
    print(f"  AUC {measures.auc(yes, no):.3f};")
    print(f"  answered at 5 % false answers {measures.answered_at(yes, no):.1%};")
    print(f"  calibration error (ECE, 10 bins) {measures.calibration_error(table):.3f}")
    print("  probability   questions   predicted   observed")
    for row in table:
        seen = f"{row.count:>8}   {row.predicted:>9.3f}   {row.observed:>8.3f}"
        print(f"  {row.low:.1f} – {row.high:.1f}    {seen}")


def write_runs(folder: Path, name: str, runs: Mapping[str, Run]) -> None:
    """Save the run of each system over the dataset of a name."""
    folder.mkdir(parents=True, exist_ok=True)
    for system, run in runs.items():
        write_trec(folder / f"{name}.{system}.trec", run, system)


def write_trec(path: Path, run: Run, system: str) -> None:
    """Write one line per hit: question Q0 document rank score system."""
    with path.open("w", encoding="utf-8") as file:
        for question, hits in run.items():
            for rank, (document, score) in enumerate(hits, start=1):
                print(question, "Q0", document, rank, f"{score:.6f}", system, file=file)


def read_trec(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Read a run that write_trec wrote. Raises DatasetError when it is none."""
    run: dict[str, list[tuple[str, float]]] = {}
    try:
        for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
            question, _, rest = line.split(" ", 2)
            document, _, score, _ = rest.rsplit(" ", 3)
            run.setdefault(question, []).append((document, float(score)))
    except (OSError, ValueError) as error:
        raise datasets.DatasetError(f"{path} is not a run in TREC's format ({error}).") from error
    return run


def compare(data: Dataset, ours: Run, earlier: Run) -> None:
    """Print the questions that were won and lost since an earlier run."""
    now = measures.by_question(ours, data.qrels)["nDCG@10"]
    then = measures.by_question(earlier, data.qrels)["nDCG@10"]
    texts = {each.id: each.text for each in data.asks}
    print(f"\nAgainst the earlier run, nDCG@10: {measures.paired(now, then)}")
    for name, sign in ("won", 1), ("lost", -1):
        changed = [question for question in now if sign * (now[question] - then[question]) > 1e-9]
        print(f"  {name}: {len(changed)}")
        for question in sorted(changed, key=lambda q: -abs(now[q] - then[q]))[:20]:
            print(f"    {then[question]:.2f} → {now[question]:.2f}  {question}  {texts[question]}")


if __name__ == "__main__":
    # Once in many thousand searches a matrix product is flagged as invalid: it warns, and ends no long run.
    np.seterr(all="raise", under="ignore", invalid="warn")
    sys.exit(main())
