"""Ask a Repère service: Client, AsyncClient, and what they return and raise."""

from repere_client.answers import Answer, Document, DocumentSummary, Hit, Verification
from repere_client.clients import AsyncClient, Client
from repere_client.requests import Refused

__all__ = [
    "Answer",
    "AsyncClient",
    "Client",
    "Document",
    "DocumentSummary",
    "Hit",
    "Refused",
    "Verification",
]
