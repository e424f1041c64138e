"""Leaving, as programs see it."""

from tests.factories import make_bank, make_member, make_organisation
from timebank.db import transaction


def test_a_member_leaves_and_nobody_takes_them_out_but_the_staff(app, bearer):
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, ben, bo, owen = (
            make_member(session, bank, name, role=role).id
            for name, role in (
                ("Ana", "member"),
                ("Ben", "member"),
                ("Bo", "broker"),
                ("Owen", "coordinator"),
            )
        )
        surgery = make_organisation(session, bank, "Surgery").id
    client, coordinator = app.test_client(), bearer(owen)
    address = f"/api/v1/members/{ana}/leaving"
    assert client.post(address, headers=bearer(ben)).status_code == 403
    assert client.post(address, headers=bearer(ana)).status_code == 204
    assert client.get(f"/api/v1/members/{ana}", headers=coordinator).json["status"] == "left"
    assert client.post(f"/api/v1/members/{ben}/leaving", headers=bearer(bo)).status_code == 204
    closing = f"/api/v1/organisations/{surgery}/closing"
    assert client.post(closing, json={"hours": "stay"}, headers=coordinator).status_code == 204
    listed = client.get("/api/v1/organisations", headers=coordinator).json["items"]
    assert listed == []
