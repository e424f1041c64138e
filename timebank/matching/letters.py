"""What people are told about an introduction, in the words of a neighbour. Pure: names, days and
ways to reach somebody in."""

from collections.abc import Sequence

from timebank.exchanges.letters import Letter


def introduced(side: str, who: str, title: str, reached: Sequence[str]) -> Letter:
    """To the giver about the receiver, or the other way round; `reached` are ways to reach them."""
    does = "could do with your help" if side == "giver" else "could help you"
    how = (
        "\n".join(reached)
        or "There is no telephone number or e-mail address; your broker passes on what you want to say."
    )
    return Letter(
        f"May we introduce {who}?",
        f"{who} {does}: {title}.\n\n{how}\n\nGet in touch with each other, and say yes or no on the"
        " page of the introduction or to your broker. No is a good answer too, and needs no"
        " reason.",
    )


def said_yes(who: str, title: str) -> Letter:
    return Letter(f"{who} said yes", f"{who} said yes: {title}. Agree on a day between you.")


def came_to_nothing(title: str) -> Letter:
    """To the one who did not decline. Neither who nor why is told: a no needs no reason."""
    return Letter(
        f"Not this time: {title}",
        f"This one did not come about: {title}. It has nothing to do with you, and your broker goes"
        " on looking.",
    )


def withdrawn(title: str) -> Letter:
    return Letter(
        f"Called off: {title}",
        f"Your broker has called this introduction off: {title}. You need do nothing more"
        " about it.",
    )
