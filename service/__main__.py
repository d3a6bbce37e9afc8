"""python -m service: serve an index over HTTP."""

from __future__ import annotations

import logging
import sys

import uvicorn

from models import encoder
from models.errors import RepereError
from service import settings
from service.app import build_app
from service.live import Live


def main() -> int:
    """Serve until interrupted; 2 when a setting is at fault."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        chosen = settings.read()
    except RepereError as error:
        print(error, file=sys.stderr)
        return 2
    address = f"http://{chosen.host}:{chosen.port}"
    print(f"Repère serves {chosen.index} at {address} (the API is described at {address}/docs). Ask:", flush=True)
    print(f"  curl '{address}/search?q=formations+continues+en+oncologie&k=3'", flush=True)
    live = Live(chosen.index, lambda: encoder.load(chosen.choice))
    uvicorn.run(build_app(live), host=chosen.host, port=chosen.port, log_config=None, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
