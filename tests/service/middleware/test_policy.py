"""The path policy: the scope of each address, and which middleware its requests pass through."""

from __future__ import annotations

import pytest

from service.middleware.policy import POLICIES, check_routes, rule_for


@pytest.mark.parametrize(
    ("path", "template"),
    [
        *((template, template) for template in POLICIES if "{" not in template),
        ("/static/app.js", "/static/{name:path}"),
        ("/similar/a", "/similar/{passage_id}"),
        ("/similar/a\n", "/similar/{passage_id}"),
        ("/documents/a/b.txt", "/documents/{source:path}"),
        ("/documents/", "/documents/{source:path}"),
        ("/documents/health", "/documents/{source:path}"),
        *(
            (path, None)
            for path in ("", "/other", "/search/", "/similar/a/b", "/similar/", "//search", "/SEARCH")
        ),
        *((path, None) for path in ("/health/../search", "/healthx", "/health/x", "/search\n", "/docs/x")),
    ],
)
def test_a_path_fits_one_template_or_none(path: str, template: str | None) -> None:
    rule = rule_for(path)
    assert (rule.template if rule else None) == template


FILES = {"/originals/{source:path}"}
"""Sent piece by piece, beside what is admitted."""


def paths(scope: str) -> set[str]:
    return {path for path, policy in POLICIES.items() if policy.scope == scope}


def test_the_corpus_and_the_metrics_are_read_with_a_key_alone() -> None:
    documents = {"/documents", "/documents/{source:path}", "/acronyms", "/suggestions", *FILES}
    documents |= {"/pictures/{source:path}", "/boxes/{source:path}", "/read/{source:path}"}
    documents |= {"/feed", "/collections", "/corpus", "/references"}
    questions = {
        "/search",
        "/search/batch",
        "/similar/{passage_id}",
        "/facets",
        "/verify",
        "/judgements",
        "/mcp",
    }
    assert paths("read") == questions | documents
    assert paths("admin") == {"/metrics", "/report"}


def test_what_needs_a_key_is_rate_limited_and_what_uses_the_index_is_admitted() -> None:
    for path, policy in POLICIES.items():
        assert policy.rate_limited == (policy.scope != "open")
        assert policy.admitted == (policy.scope == "read" and path not in FILES)
    assert {path for path, policy in POLICIES.items() if policy.quiet} == {
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
    }


@pytest.mark.parametrize("differing", [{*POLICIES, "/secret"}, {*POLICIES} - {"/search"}])
def test_a_route_that_the_table_lacks_and_the_reverse_are_refused_at_the_start(differing: set[str]) -> None:
    check_routes(POLICIES)
    with pytest.raises(ValueError, match=r"policy\.py and the routes differ in \['/se"):
        check_routes(differing)
