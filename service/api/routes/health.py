"""GET /health and its two halves: whether the process runs, and whether questions are answered."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.api.routes.common import CurrentWatcher, index_info, only_parameters, refusals
from service.api.schemas import Alive, Health

router = APIRouter(tags=["health"], responses=refusals(400, 422, 500), dependencies=[only_parameters()])


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", summary="Say that the process runs")
async def alive() -> Alive:
    """200 from the first moment to the last: who gets none may start the process anew."""
    return Alive(live=True)


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    operation_id="health_ready",
    summary="Say whether questions may be sent here",
    responses={503: {"model": Health, "description": "Alive, but not ready; the reason says why."}},
)
@router.head("/health", include_in_schema=False)
@router.get(
    "/health",
    summary="Say whether the service can answer",
    responses={503: {"model": Health, "description": "Alive, but not ready; the reason says why."}},
)
async def health(watcher: CurrentWatcher, request: Request, response: Response) -> Health:
    """200 while questions are answered, 503 while they are not."""
    now = watcher.state
    reason = " ".join(filter(None, (now.problem, request.app.state.keyring.problem))) or None
    if now.searcher is None:
        response.status_code = 503
        return Health(
            status="unavailable",
            live=True,
            ready=False,
            reason=reason,
            engine=None,
            engines=None,
            index=None,
        )
    status = "degraded" if reason else "ok"
    return Health(
        status=status,
        live=True,
        ready=True,
        reason=reason,
        engine=now.searcher.encoder.engine,
        engines=now.searcher.encoder.choice,
        index=index_info(now.searcher.index),
    )
