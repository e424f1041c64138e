"""Events, as a program reads them."""

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from timebank.act import Act
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service


def test_a_program_goes_on_from_where_it_was(app, bearer):
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
        exchange = make_logged_exchange(session, bank, ana, ben, title="A secret walk")
        ids, number = (ana.id, ben.id), exchange.id
    client, headers = app.test_client(), bearer(ids[1])
    first = client.get("/api/v1/events?limit=1", headers=headers).json
    assert (len(first["items"]), first["more"]) == (1, True)
    rest = client.get(f"/api/v1/events?after={first['next']}", headers=headers)
    (logged,) = [event for event in rest.json["items"] if event["kind"] == "exchange.logged"]
    assert logged["of"] == f"exchange:{number}"
    assert logged["parties"] == [f"member:{ids[0]}", f"member:{ids[1]}"]
    assert logged["by"] == f"member:{ids[0]}"
    assert (rest.json["more"], "secret" in rest.text) == (False, False)
    nothing = client.get(f"/api/v1/events?after={rest.json['next']}", headers=headers).json
    assert nothing == {"items": [], "next": rest.json["next"], "more": False}
    with app.app_context(), transaction() as session:
        bank = session.merge(bank)
        by = Act(actor(session.merge(ben)), NOW)
        exchanges_service.confirm(session, bank, number, by)
    more = client.get(f"/api/v1/events?after={rest.json['next']}", headers=headers).json
    assert [event["kind"] for event in more["items"]] == ["exchange.confirmed"]
    gone = client.get("/api/v1/events?after=999999", headers=headers)
    assert (gone.status_code, gone.json["code"]) == (409, "events_gone")
