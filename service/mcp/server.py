"""The server of the protocol: tools, resources and a prompt, by the official SDK, over any transport."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import mcp_types as types
from anyio import to_thread
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from indexer.errors import StoreUnavailable
from models import VERSION
from models.errors import RepereError
from service.api.error_handlers import internal_error, refusal_of_validation, store_away
from service.api.opened import Chosen
from service.errors import MAX_QUERY, SEE_PARAMETERS, ApiError, echo
from service.mcp import tools
from service.mcp.tools import BY_NAME, TOOLS, URI, Asking, Tool
from service.search.stages import RequestAbandoned

INSTRUCTIONS = (
    "Repère searches one corpus of documents. Ask search, read more with fetch, check each quotation with"
    " check_quote, and cite with the url of what you use. When search says that nothing is relevant, say that"
    " the corpus does not answer; do not answer from other knowledge as if it did."
)
SEE_SCHEMA = "The tool's schema describes its arguments and their bounds."
"""Said where the API refers to its own description, which an assistant may have no way to open."""
PROMPT = "answer_with_citations"
RESOURCES = 100
"""Documents of one page of the list of resources."""
READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


def build_server(asking: Callable[[], Asking]) -> Server[Any]:
    """Return a server whose requests each take what they are answered from from `asking`.

    That raises ApiError while there is no index.
    """
    return Server(
        "repere",
        version=VERSION,
        title="Repère",
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=partial(_call_tool, asking),
        on_list_resources=partial(_list_resources, asking),
        on_list_resource_templates=_list_templates,
        on_read_resource=partial(_read_resource, asking),
        on_list_prompts=_list_prompts,
        on_get_prompt=_get_prompt,
    )


async def _list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS])


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=READ_ONLY,
    )


async def _call_tool(
    asking: Callable[[], Asking], _: Any, params: types.CallToolRequestParams
) -> types.CallToolResult:
    """Answer a call; what the tool refuses is its result, so that the assistant can read and mend it."""
    tool = BY_NAME.get(params.name)
    if tool is None:
        message = f"There is no tool {echo(params.name)}. There are {', '.join(BY_NAME)}."
        raise MCPError(types.INVALID_PARAMS, message)
    try:
        arguments = tool.arguments.model_validate(params.arguments or {})
        result: BaseModel = await to_thread.run_sync(lambda: tool.run(arguments, asking()))
    except ValidationError as error:
        first = error.errors()[0]
        return _refused(refusal_of_validation({**first, "loc": ("body", *first["loc"])}))
    except ApiError as error:
        return _refused(error)
    except StoreUnavailable as error:
        return _refused(store_away(error))
    except RequestAbandoned as error:
        return _refused(ApiError(503, "timeout", "The request was given up.", str(error)))
    except Exception:
        log.exception("the tool %s failed", tool.name)
        return _refused(internal_error())
    structured = result.model_dump(mode="json", by_alias=True)
    text = types.TextContent(type="text", text=json.dumps(structured, ensure_ascii=False))
    return types.CallToolResult(content=[text], structured_content=structured)


def _refused(error: ApiError) -> types.CallToolResult:
    hint = SEE_SCHEMA if error.hint == SEE_PARAMETERS else error.hint
    text = f"{error.message} {hint}"
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


async def _on_thread(work: Callable[[], Answer]) -> Answer:
    """Return what some work on the index returns; a refusal of it is an error of the protocol."""
    try:
        return await to_thread.run_sync(work)
    except RepereError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from error


async def _list_resources(
    asking: Callable[[], Asking], _: Any, params: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    cursor = (params and params.cursor) or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise MCPError(types.INVALID_PARAMS, "The cursor is not one that this server gave.")
    return await _on_thread(lambda: _resources(asking().collections.several(None), int(cursor)))


def _resources(chosen: Chosen, first: int) -> types.ListResourcesResult:
    """Return the documents of all collections, one collection after the other, from the first-th on."""
    after, passed = first + RESOURCES, 0
    resources: list[types.Resource] = []
    for each in chosen.answering:
        catalogue = each.searcher.index.catalogue
        numbers = catalogue.ordered("source")
        for entry in catalogue.documents(numbers[max(0, first - passed) : max(0, after - passed)]):
            uri = tools.uri(entry.source, each.name)
            resource = types.Resource(uri=uri, name=entry.source, title=entry.title, mime_type="text/plain")
            resources.append(resource)
        passed += len(numbers)
    return types.ListResourcesResult(resources=resources, next_cursor=str(after) if after < passed else None)


async def _list_templates(
    _: Any, __: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    document = types.ResourceTemplate(
        uri_template=URI + "{+source}",
        name="document",
        title="A document",
        description="The text of a document, without markup, by its source.",
        mime_type="text/plain",
    )
    return types.ListResourceTemplatesResult(resource_templates=[document])


async def _read_resource(
    asking: Callable[[], Asking], _: Any, params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    if not params.uri.startswith(URI):
        raise MCPError(types.INVALID_PARAMS, f"{echo(params.uri)} is no resource; they begin with {URI}.")
    source, collection = tools.parse_uri(params.uri)
    text = await _on_thread(
        lambda: tools.document_text(source, asking().collections.one(collection).searcher)
    )
    contents = types.TextResourceContents(uri=params.uri, mime_type="text/plain", text=text)
    return types.ReadResourceResult(contents=[contents])


async def _list_prompts(_: Any, __: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
    question = types.PromptArgument(name="question", description="What to answer.", required=True)
    prompt = types.Prompt(
        name=PROMPT,
        title="Answer with citations",
        description="Answer a question from the corpus alone, with quotations that were checked.",
        arguments=[question],
    )
    return types.ListPromptsResult(prompts=[prompt])


async def _get_prompt(_: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    if params.name != PROMPT:
        raise MCPError(types.INVALID_PARAMS, f"There is no prompt {echo(params.name)}. There is {PROMPT}.")
    arguments = params.arguments or {}
    question = arguments.get("question", "").strip()
    if set(arguments) != {"question"} or not 0 < len(question) <= MAX_QUERY:
        message = f"The prompt takes a question of 1 to {MAX_QUERY} characters, and nothing else."
        raise MCPError(types.INVALID_PARAMS, message)
    text = (
        f"Answer this question from the corpus alone: {question}\n\n"
        "1. Call search with the question as a sentence. If the class of its relevance is none, say that the"
        " corpus does not answer, and stop.\n"
        "2. Read more with fetch where a passage does not suffice.\n"
        "3. Give each statement a short quotation, and check it with check_quote and its source; give only"
        " quotations whose verdict is exact.\n"
        "4. After each quotation cite title, author, date and page where they are known, with the url."
    )
    said = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.GetPromptResult(description="Answer with citations", messages=[said])
