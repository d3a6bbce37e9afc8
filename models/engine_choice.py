"""Which engine computes the vectors here: each is tried, and the fastest sound ones are recorded.

Every engine runs the same weights, and its vectors must agree with those of fp32 (LEAST_COSINE): they are one
family, so the model's fingerprint does not tell engines apart and an index may be used with any of them.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from models.encoder import Vectors
from models.errors import ModelUnavailable
from models.files import write_atomically

Use: TypeAlias = Literal["questions", "passages"]
"""What a process computes most: the service questions, a build passages."""
FILE = ".engines.json"
"""The record, beside the model's files; the model's fingerprint leaves it out."""
FORMAT = 4
"""Version of the record; one of another version is made anew.

Increase it whenever other engines are tried, or measured otherwise.
"""
AS_FAST = 1.2
"""Factor within which an engine is as fast for questions as the fastest, so that memory decides.

With AVX2 alone, weights in 8 bits are up to a tenth slower than fp32 and take 100 MB less.
"""
LEAST_COSINE = 0.997
"""Least cosine between an engine's vector of a text and that of fp32, for each text that is compared.

Sound engines reach 0.9986, with AVX2, AVX-512 and VNNI alike; one whose int8 products overflow, or with any
other fault, falls below.
"""
ROUNDS = 3
"""Times that each engine is timed, in turns; each text's least time counts: other work disturbs little."""
FEATURES = (
    *("sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16"),
    *("avx512_fp16", "amx_bf16", "amx_int8", "asimd", "asimddp", "bf16", "i8mm", "sve"),
)
"""Flags of /proc/cpuinfo that decide how fast an engine is."""


@dataclass(frozen=True, slots=True)
class Processor:
    """What an engine's speed depends on."""

    name: str
    features: tuple[str, ...]
    """Instructions for matrices and vectors, and anything else that another choice may follow from."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an engine did when it was tried."""

    engine: str
    question_ms: float
    """Milliseconds a question, one at a time."""
    passage_tokens_per_second: float
    cosine: float
    """Least cosine to the vectors of fp32."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engines that were chosen for a processor, and what they were chosen from."""

    processor: Processor
    questions: str
    """Name of the engine for questions."""
    passages: str
    """Name of the engine for passages and sentences."""
    measured: tuple[Measured, ...]

    def describe(self) -> str:
        """Return the choice in one line."""
        by_name = {each.engine: each for each in self.measured}
        question, passage = by_name[self.questions], by_name[self.passages]
        return (
            f"questions {self.questions} ({question.question_ms:.1f} ms),"
            f" passages {self.passages} ({passage.passage_tokens_per_second:.0f} tokens/s)"
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts to try engines on."""

    questions: Sequence[str]
    passages: Sequence[str]
    tokens: int
    """Tokens of the passages."""
    expected: Vectors
    """Vectors of fp32, of the questions and then the passages: float32 [questions + passages, dim]."""


Encode: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Texts, with their prompts → their vectors, unit rows. Raises RuntimeError where the engine does not run."""


def this_processor(settings: Mapping[str, str], cpuinfo: Path = Path("/proc/cpuinfo")) -> Processor:
    """Return what the engine's speed depends on here; settings are the environment's variables."""
    name, flags = platform.processor() or platform.machine(), set[str]()
    try:
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key == "model name":
                name = value
            elif key in ("flags", "Features"):
                flags = set(value.split())
                break
    except OSError:
        pass  # not Linux: the name alone must tell processors apart
    limit = settings.get("ONEDNN_MAX_CPU_ISA", "")
    found = tuple(feature for feature in FEATURES if feature in flags)
    return Processor(name, (*found, f"limited to {limit}") if limit else found)


def measure(
    engines: Mapping[str, Encode], sample: Sample, clock: Callable[[], float]
) -> tuple[Measured, ...]:
    """Try every engine on the sample; one that does not run is left out. The clock tells seconds."""
    cosines: dict[str, float] = {}
    for name, encode in engines.items():
        try:
            questions = [encode([text])[0] for text in sample.questions]
            vectors = [*questions, *encode(sample.passages)]
        except RuntimeError:
            continue
        cosines[name] = min(float(row @ other) for row, other in zip(vectors, sample.expected, strict=True))
    work: list[Sequence[str]] = [*([text] for text in sample.questions), sample.passages]
    least = {name: [float("inf")] * len(work) for name in cosines}
    for _ in range(ROUNDS):
        for name, seconds in least.items():
            for at, texts in enumerate(work):
                started = clock()
                engines[name](texts)
                seconds[at] = min(seconds[at], clock() - started)
    return tuple(_measured(name, least[name], sample, cosine) for name, cosine in cosines.items())


def _measured(name: str, seconds: Sequence[float], sample: Sample, cosine: float) -> Measured:
    *questions, passages = seconds
    question_ms = 1e3 * sum(questions) / len(questions)
    return Measured(name, round(question_ms, 3), round(sample.tokens / passages, 1), cosine)


def choose(
    processor: Processor, measured: Sequence[Measured], least_cosine: float = LEAST_COSINE
) -> EngineChoice:
    """Return the fastest sound engine for passages, and for questions the first that is as fast as any.

    Engines are given by the memory that they take, the least first: the service holds its engine for ever.
    Raises ModelUnavailable when no engine is sound.
    """
    sound = [each for each in measured if each.cosine >= least_cosine]
    if not sound:
        found = ", ".join(f"{each.engine} {each.cosine:.4f}" for each in measured) or "none runs"
        raise ModelUnavailable(
            f"No engine computes here the vectors that the model does: cosines {found};"
            f" expected {least_cosine} or more."
        )
    quickest = min(each.question_ms for each in sound)
    return EngineChoice(
        processor,
        next(each.engine for each in sound if each.question_ms <= AS_FAST * quickest),
        max(sound, key=lambda each: each.passage_tokens_per_second).engine,
        tuple(measured),
    )


def keep(choice: EngineChoice, folder: Path) -> None:
    """Record a choice in the model's folder, durably. Raises OSError."""
    said = asdict(choice)
    write_atomically(
        folder / FILE, json.dumps({"checksum": _checksum(said), "choice": said}, indent=1) + "\n"
    )


def recorded(folder: Path) -> EngineChoice | None:
    """Return the choice recorded in a model's folder; None when there is none, or a damaged one."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        said = record["choice"]
        if record["checksum"] != _checksum(said):
            return None
        processor = Processor(said["processor"]["name"], tuple(said["processor"]["features"]))
        measured = tuple(Measured(**each) for each in said["measured"])
        return EngineChoice(processor, said["questions"], said["passages"], measured)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checksum(said: object) -> str:
    content = json.dumps([FORMAT, said], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
