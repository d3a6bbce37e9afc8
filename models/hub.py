"""Find a model by its hub name: in the local hub cache, else on the hub, else raise at once."""

from __future__ import annotations

from pathlib import Path

from models.errors import ModelUnavailable

TIMEOUT = 5.0
"""Seconds to wait for the hub's first response."""
UNUSED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf", "coreml/*"]
"""Patterns of the weights for engines that are not used here."""


def cached(name: str) -> Path | None:
    """Return the model's snapshot in the local hub cache; None when it is not there.

    Raises ModelUnavailable when the name cannot be a hub name.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    except HFValidationError as error:
        raise ModelUnavailable(
            f"MODEL={name} is neither a folder nor a hub name such as intfloat/multilingual-e5-small."
            " Check the spelling of the path."
        ) from error


def folder(name: str) -> Path:
    """Return the model's snapshot folder, fetched if need be. Raises ModelUnavailable when it cannot be."""
    from huggingface_hub import HfApi, snapshot_download

    if (snapshot := cached(name)) is not None:
        return snapshot
    try:
        # One plain request first: it fails in one round trip, whereas a download retries.
        files = [file.rfilename for file in HfApi().model_info(name, timeout=TIMEOUT).siblings or []]
        duplicates = ["pytorch_model*.bin"] if any(file.endswith(".safetensors") for file in files) else []
        return Path(snapshot_download(name, ignore_patterns=UNUSED + duplicates))
    except Exception as error:  # the hub client also raises its HTTP library's exceptions
        raise ModelUnavailable(
            f"The model {name} is neither a folder here nor in the local hub cache, and the hub could not"
            f" give it ({type(error).__name__}). Set MODEL to a sentence-transformers folder, or unset it"
            " for the default model."
        ) from error
