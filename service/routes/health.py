"""GET /health: whether the service answers, and if not, why."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.routes.common import LiveState, index_info, refusals, takes
from service.schemas import Health

router = APIRouter(tags=["health"], responses=refusals(400, 422, 500), dependencies=[takes()])


@router.head("/health", include_in_schema=False)
@router.get(
    "/health",
    summary="Say whether the service can answer",
    responses={503: {"model": Health, "description": "Alive, but not ready; the reason says why."}},
)
async def health(live: LiveState, response: Response) -> Health:
    """200 while questions are answered, 503 while they are not."""
    now = live.now
    if now.searcher is None:
        response.status_code = 503
        return Health(
            status="unavailable", live=True, ready=False, reason=now.problem, engine=None, index=None
        )
    status = "degraded" if now.problem else "ok"
    return Health(
        status=status,
        live=True,
        ready=True,
        reason=now.problem,
        engine=now.searcher.encoder.engine,
        index=index_info(now.searcher.index),
    )
