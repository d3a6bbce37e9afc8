"""GET /metrics: the metrics of the service, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.api.routes.common import CurrentWatcher, only_parameters
from service.telemetry import metrics

router = APIRouter(dependencies=[only_parameters()])


@router.get("/metrics", include_in_schema=False)
async def figures(watcher: CurrentWatcher) -> Response:
    """Every metric in Prometheus' text format; docs/operations.md says what to do with them."""
    now = watcher.state
    if now.searcher is None:
        page = metrics.page(None)
    else:
        manifest, engine = now.searcher.index.manifest, now.searcher.encoder.engine
        page = metrics.page(manifest, engine, degraded=now.problem is not None)
    return Response(page, media_type=CONTENT_TYPE_LATEST)
