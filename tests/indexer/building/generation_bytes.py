"""What a generation holds, byte for byte, but for what no two builds share: names of segments, times."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

NAMED = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The name that tantivy gives a segment by chance."""


def generation_bytes(index: Path) -> dict[str, object]:
    """Return the digest of each file of the newest generation, and its manifest but for name, times, sums."""
    folder = max((index / "generations").iterdir())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for name in ("generation", "created", "seconds", "stages", "files"):
        del manifest[name]
    found: dict[str, object] = {"manifest.json": manifest}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("manifest.json", "manifest.sha256"):
            data = path.read_bytes()
            if path.name == ".managed.json":  # a list in no order
                data = json.dumps(sorted(json.loads(NAMED.sub(b"segment", data)))).encode()
            elif path.suffix == ".json":
                data = NAMED.sub(b"segment", data)
            found[NAMED.sub(b"segment", bytes(path.relative_to(folder))).decode()] = sha256(data).hexdigest()
    return found
