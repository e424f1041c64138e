"""Text size and colours, chosen in this browser and kept in it."""

from flask import Flask

from tests.browsers import Browser


def browser(app: Flask) -> Browser:
    app.test_client_class = Browser
    made = app.test_client()
    assert isinstance(made, Browser)
    return made


def test_what_was_chosen_holds_on_every_page(app: Flask):
    client = browser(app)
    assert '<html lang="en-GB">' in client.get("/help").text
    answer = client.post("/appearance", data={"theme": "dark", "text": "largest", "then": "/help"})
    assert (answer.status_code, answer.location) == (303, "/help")
    assert '<html lang="en-GB" data-theme="dark" data-text="largest">' in client.get("/help").text
    client.post("/appearance", data={"theme": "auto", "text": "normal"})
    assert '<html lang="en-GB">' in client.get("/help").text


def test_the_page_shows_what_is_chosen_now_and_leads_back(app: Flask):
    client = browser(app)
    client.set_cookie("theme", "dark")
    html = client.get("/appearance", headers={"Referer": "http://localhost/help"}).text
    assert 'value="dark" checked' in " ".join(html.split())
    assert 'name="then" value="/help"' in html


def test_nobody_is_led_elsewhere(app: Flask):
    answer = browser(app).post(
        "/appearance", data={"theme": "dark", "text": "normal", "then": "//elsewhere.example/"}
    )
    assert answer.location == "/"


def test_a_cookie_of_somebody_else_s_making_changes_nothing(app: Flask):
    client = browser(app)
    client.set_cookie("theme", '"><script>')
    assert '<html lang="en-GB">' in client.get("/help").text


def test_a_colour_that_is_none_is_refused(app: Flask):
    answer = browser(app).post("/appearance", data={"theme": "pink", "text": "normal"})
    assert answer.status_code == 422
    assert "Choose one of the three." in answer.text
    assert "Set-Cookie" not in answer.headers or "theme=" not in answer.headers["Set-Cookie"]
