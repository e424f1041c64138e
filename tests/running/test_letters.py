"""The mail of the demonstration, which arrives on a page of its own."""

import smtplib
from email.message import EmailMessage

from flask import Flask

from timebank.running import letters


def test_what_is_sent_is_read_on_a_page_with_its_link(new_app: Flask) -> None:
    office = letters.open_office()
    try:
        letters.show(new_app, office)
        shown = new_app.test_client()
        assert "No letter yet" in shown.get("/letters").text
        message = EmailMessage()
        message["To"], message["Subject"] = "Joan <joan@example.org>", "Your link"
        message.set_content("Hello <b>Joan</b>,\n\nhttps://timebank.example/sign-in/link/abcd\n\n.")
        message.add_alternative("<p>Hello</p>", subtype="html")
        with smtplib.SMTP(*office.server_address[:2]) as server:
            server.send_message(message, from_addr="bank@example.org")
        page = shown.get("/letters").text
    finally:
        office.shutdown()
        office.server_close()
    assert "To Joan &lt;joan@example.org&gt;" in page
    assert 'href="https://timebank.example/sign-in/link/abcd"' in page
    assert "Hello &lt;b&gt;Joan&lt;/b&gt;," in page
    assert office.letters[0].words.rstrip().endswith("\n.")
