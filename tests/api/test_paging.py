"""Lists come a page at a time, to their end and no further."""

import pytest


@pytest.fixture
def ask(app, bearer, ana):
    client, headers = app.test_client(), bearer(ana, scope="read")
    return lambda **query: client.get("/api/v1/trial", query_string=query, headers=headers)


def test_following_next_to_the_end_gives_everything_once(ask):
    seen, cursor = [], None
    while True:
        answer = ask(limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("limit", [5, 200])
def test_a_page_that_holds_the_rest_has_no_next(ask, limit):
    assert ask(limit=limit).json["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": 10**30}, "cursor"),
    ],
)
def test_a_page_that_cannot_be_is_refused_by_field(ask, query, field):
    answer = ask(**query)
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]
