"""GET /metrics: the metrics of the service, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.api.routes.common import AllCollections, only_parameters
from service.telemetry import metrics

router = APIRouter(dependencies=[only_parameters()])


@router.get("/metrics", include_in_schema=False)
async def figures(collections: AllCollections) -> Response:
    """Every metric in Prometheus' text format; docs/operations.md says what to do with them."""
    states = [
        metrics.State(
            name,
            now.searcher.index.manifest if now.searcher else None,
            now.searcher.encoder.engine if now.searcher else "",
            degraded=now.problem is not None,
        )
        for name, watcher in collections.watchers.items()
        for now in (watcher.state,)
    ]
    return Response(metrics.page(states), media_type=CONTENT_TYPE_LATEST)
