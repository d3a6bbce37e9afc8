"""GET /health and its two halves: whether the process runs, and whether questions are answered."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from service.api.opened import Answering
from service.api.routes.common import AllCollections, index_info, names_opened, only_parameters, refusals
from service.api.schemas import Alive, CollectionHealth, Health
from service.search.index_watcher import Serving

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
async def health(collections: AllCollections, request: Request, response: Response) -> Health:
    """200 while questions are answered, 503 while they are not."""
    states = {name: watcher.state for name, watcher in collections.watchers.items()}
    answering = [Answering(name, now.searcher) for name, now in states.items() if now.searcher]
    names = names_opened(request)
    opened = {name: now for name, now in states.items() if names is None or name in names}
    query_log = request.app.state.query_log
    problems = (_problem(states, opened), request.app.state.keyring.problem, query_log and query_log.problem)
    reason = " ".join(filter(None, problems)) or None
    if not answering:
        response.status_code = 503
    encoder = answering[0].searcher.encoder if answering else None
    alone = states[None].searcher if None in states else None
    return Health(
        status=("degraded" if reason else "ok") if answering else "unavailable",
        live=True,
        ready=bool(answering),
        reason=reason,
        engine=encoder and encoder.engine,
        engines=encoder and encoder.choice,
        index=index_info(*answering) if answering else None,
        layout=alone and alone.index.layout,
        collections=of_each(opened),
    )


def of_each(states: Mapping[str | None, Serving]) -> list[CollectionHealth]:
    """Return how each collection does; nothing of one index without a name."""
    return [_of_collection(name, now) for name, now in states.items() if name is not None]


def _of_collection(name: str, now: Serving) -> CollectionHealth:
    if now.searcher is None:
        return CollectionHealth(name=name, status="unavailable", reason=now.problem, index=None, layout=None)
    return CollectionHealth(
        name=name,
        status="degraded" if now.problem else "ok",
        reason=now.problem,
        index=index_info(Answering(name, now.searcher)),
        layout=now.searcher.index.layout,
    )


def _problem(states: Mapping[str | None, Serving], opened: Mapping[str | None, Serving]) -> str | None:
    """Return what keeps collections from answering, or from being up to date; names only of those opened."""
    if None in states:
        return states[None].problem
    troubled = [name for name, now in states.items() if now.problem]
    told = [f"{name}: {opened[name].problem}" for name in troubled if name in opened]
    if len(told) < len(troubled):
        more = f"{len(troubled) - len(told)} of {len(states)} collections"
        told.append(f"{more} cannot answer, or not from the newest index; a key that opens them tells which.")
    return " ".join(told) or None
