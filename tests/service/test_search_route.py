"""GET and POST /search over the stand-in model."""

from starlette.testclient import TestClient


def test_the_right_passage_comes_first_with_its_citation(client: TestClient) -> None:
    answer = client.get("/search", params={"q": "formation continue en oncologie pour les infirmiers"}).json()
    first = answer["hits"][0]
    assert first["source"] == "oncologie.txt"
    assert first["rank"] == 1
    text = client.get("/documents/oncologie.txt").json()["text"]
    mark = first["highlight"]
    assert text[mark["start"] : mark["end"]] == mark["text"]
    assert mark["text"].startswith("Le centre ouvre")
