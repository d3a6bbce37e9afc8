"""GET /health: whether the service answers, and if not, why."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.routes.common import LiveState, index_info
from service.schemas import Health

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Say whether the service can answer",
    responses={503: {"model": Health, "description": "Alive, but not ready; the reason says why."}},
)
async def health(live: LiveState, response: Response) -> Health:
    """200 while questions are answered, 503 while they are not."""
    searcher, problem = live.searcher, live.problem
    if searcher is None:
        response.status_code = 503
        return Health(status="unavailable", live=True, ready=False, reason=problem, index=None)
    status = "degraded" if problem else "ok"
    return Health(status=status, live=True, ready=True, reason=problem, index=index_info(searcher.index))
