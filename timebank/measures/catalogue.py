"""Every figure there is, one record each: to add one, add its record.

Beside its formula a record says how it is called, what it tells, in which report it stands, and
what of it may leave the staff. A formula is over sums by name; one that needs a sum nobody else
needs adds it where `measuring` makes them, or where `spread.contributions` does if it is to be
drawn.
"""

from collections.abc import Mapping
from typing import Any

from timebank.measures.figures import (
    RECENT,
    Attribute,
    Basis,
    Disclosure,
    Exact,
    Figure,
    Topic,
    Unit,
)
from timebank.say import say


def _rho(reciprocity: Any, density: Any) -> Any:
    """How far reciprocity lies above that of a network with as many arcs laid at random."""
    return (reciprocity - density) / (1 - density)


_NETWORK_AND_MEMBERS = (
    Figure(
        id="split_direct",
        name=say("Came back from the same person"),
        meaning=say(
            "I help you, you help me. Of all the hours of help, how many were returned like that."
        ),
        unit=Unit.SHARE,
        definition=(
            "Returned directly: the share of all minutes of help between people that the same"
            " person gave back; Σ min(w_ij, w_ji) / W."
        ),
        formula=lambda s: s["direct"] / s["minutes"],
        source="Squartini, Picciolo, Ruzzenenti & Garlaschelli 2013",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="split_through_others",
        name=say("Came back through others"),
        meaning=say(
            "I help you, you help her, she helps me. It is what a time bank is for: nobody has to"
            " find one person who needs just what they can do."
        ),
        unit=Unit.SHARE,
        definition=(
            "Returned through others: the further share of all minutes of help between people"
            " that can come round to whoever gave, by way of other people; the largest"
            " circulation less what was returned directly."
        ),
        formula=lambda s: (s["round"] - s["direct"]) / s["minutes"],
        source="Ahuja, Magnanti & Orlin 1993",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="split_not_returned",
        name=say("Not come back yet"),
        meaning=say(
            "Given with nothing coming back in these days, not even by way of others. Some always"
            " is: people begin, fall ill, give more than they ask. If it grows, somebody is being"
            " left out."
        ),
        unit=Unit.SHARE,
        definition=(
            "Not returned: the share of all minutes of help between people that cannot come round"
            " in this window."
        ),
        formula=lambda s: (s["minutes"] - s["round"]) / s["minutes"],
        source="Ahuja, Magnanti & Orlin 1993",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="split_ceiling",
        name=say("Could have come back at most"),
        meaning=say(
            "Looking only at how much each person gave and was helped. What is missing up to here"
            " is a matter of who meets whom."
        ),
        unit=Unit.SHARE,
        definition=(
            "Ceiling: the share of all minutes of help between people that could come round at"
            " most, given how much each person gave and received; Σ min(o, n) / W."
        ),
        formula=lambda s: s["ceiling"] / s["minutes"],
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="split_direct_minutes",
        name=say("Came back from the same person, in hours"),
        meaning=say("The same in hours."),
        unit=Unit.MINUTES,
        definition="Minutes returned directly by the same person.",
        formula=lambda s: s["direct"],
        topic=Topic.RECIPROCITY,
        drawn=False,
    ),
    Figure(
        id="split_through_others_minutes",
        name=say("Came back through others, in hours"),
        meaning=say("The same in hours."),
        unit=Unit.MINUTES,
        definition="Minutes that come round by way of other people.",
        formula=lambda s: s["round"] - s["direct"],
        topic=Topic.RECIPROCITY,
        drawn=False,
    ),
    Figure(
        id="split_not_returned_minutes",
        name=say("Not come back yet, in hours"),
        meaning=say("The same in hours."),
        unit=Unit.MINUTES,
        definition="Minutes that cannot come round in this window.",
        formula=lambda s: s["minutes"] - s["round"],
        topic=Topic.RECIPROCITY,
        drawn=False,
    ),
    Figure(
        id="split_ceiling_minutes",
        name=say("Could have come back at most, in hours"),
        meaning=say("The same in hours."),
        unit=Unit.MINUTES,
        definition="Minutes that could come round at most.",
        formula=lambda s: s["ceiling"],
        topic=Topic.RECIPROCITY,
        drawn=False,
    ),
    Figure(
        id="weighted_reciprocity",
        name=say("Weighted reciprocity"),
        meaning=say("The first figure again, under the name it has in scientific papers."),
        unit=Unit.SHARE,
        definition="The same as returned directly, under the name it has in publications.",
        formula=lambda s: s["direct"] / s["minutes"],
        source="Squartini, Picciolo, Ruzzenenti & Garlaschelli 2013",
        topic=Topic.RECIPROCITY,
        again=True,
    ),
    Figure(
        id="arc_reciprocity",
        name=say("Pairs who help both ways"),
        meaning=say(
            "Of all the times that somebody has helped a certain other person, however long, how"
            " often that person has helped them too."
        ),
        unit=Unit.SHARE,
        definition=(
            "Of all links from a giver to a receiver, the share that has one the other way; L↔ / L."
        ),
        formula=lambda s: s["returned"] / s["links"],
        source="Wasserman & Faust 1994",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="reciprocity_rho",
        name=say("Both ways, more than by chance"),
        meaning=say(
            "0: as often as if partners were drawn from a hat. Above 0: people do return help to"
            " each other. It can be compared between a small bank and a large one, which the"
            " figure before cannot."
        ),
        unit=Unit.INDEX,
        definition=(
            "Reciprocity of links beyond chance, from below 0 (less than chance) to 1; (r − ā) /"
            " (1 − ā), Garlaschelli & Loffredo 2004."
        ),
        formula=lambda s: _rho(
            s["returned"] / s["links"], s["links"] / (s["people"] * (s["people"] - 1))
        ),
        source="Garlaschelli & Loffredo 2004",
        topic=Topic.RECIPROCITY,
        unless=say("Everybody helped everybody, which leaves nothing to compare with."),
    ),
    Figure(
        id="giver_only",
        name=say("Only gave"),
        meaning=say(
            "Of those who took part, how many gave and were not helped. Ask what would make their"
            " life easier."
        ),
        unit=Unit.SHARE,
        definition="Of active people, the share who only gave.",
        formula=lambda s: s["giver_only"] / s["people"],
        topic=Topic.RECIPROCITY,
        exact=Exact.SHARE,
        disclosure=Disclosure.SHARE,
        part_of="active",
    ),
    Figure(
        id="receiver_only",
        name=say("Were only helped"),
        meaning=say(
            "Of those who took part, how many were helped and did not give. It is no fault: ask"
            " what they could share."
        ),
        unit=Unit.SHARE,
        definition="Of active people, the share who only received.",
        formula=lambda s: s["receiver_only"] / s["people"],
        topic=Topic.RECIPROCITY,
        exact=Exact.SHARE,
        disclosure=Disclosure.SHARE,
        part_of="active",
    ),
    Figure(
        id="both",
        name=say("Gave and were helped"),
        meaning=say("Of those who took part, how many did both. Most should, in time."),
        unit=Unit.SHARE,
        definition="Of active people, the share who gave and received.",
        formula=lambda s: s["both"] / s["people"],
        topic=Topic.RECIPROCITY,
        exact=Exact.SHARE,
        disclosure=Disclosure.SHARE,
        part_of="active",
    ),
    Figure(
        id="strong_component_share",
        name=say("Hours that could come back"),
        meaning=say(
            "Of all hours, those between people who can reach each other both ways. Help outside"
            " can never come back, however long one waits."
        ),
        unit=Unit.SHARE,
        definition=(
            "The share of all minutes of help between people that lies between two who can reach"
            " each other both ways along help given."
        ),
        formula=lambda s: s["inside"] / s["minutes"],
        source="Tarjan 1972",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="gini_given",
        name=say("How uneven giving is"),
        meaning=say(
            "0: everybody gives the same. Near 1: a few give everything. A rising figure says"
            " that a small core carries the bank."
        ),
        unit=Unit.INDEX,
        definition=(
            "How unequally giving is spread over active people: 0 all the same, near 1 a single"
            " giver (Gini)."
        ),
        formula=lambda s: s["gini_given"],
        source="Gini 1912; Cowell 2011",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="gini_received",
        name=say("How uneven being helped is"),
        meaning=say("The same for help received."),
        unit=Unit.INDEX,
        definition="How unequally receiving is spread over active people (Gini).",
        formula=lambda s: s["gini_received"],
        source="Gini 1912; Cowell 2011",
        topic=Topic.RECIPROCITY,
    ),
    Figure(
        id="top_tenth_given",
        name=say("Given by the busiest tenth"),
        meaning=say("Of all hours, those given by the tenth of people who gave most."),
        unit=Unit.SHARE,
        definition="The share of all minutes that the tenth who gave most gave.",
        formula=lambda s: s["top_tenth_given"],
        topic=Topic.RECIPROCITY,
        disclosure=Disclosure.TENTH,
    ),
    Figure(
        id="top_tenth_received",
        name=say("Received by the most helped tenth"),
        meaning=say("Of all hours, those that went to the tenth who were helped most."),
        unit=Unit.SHARE,
        definition="The share of all minutes that the tenth who received most received.",
        formula=lambda s: s["top_tenth_received"],
        topic=Topic.RECIPROCITY,
        disclosure=Disclosure.TENTH,
    ),
    Figure(
        id="velocity",
        name=say("How often an hour is used"),
        meaning=say(
            "How many times a year the hours that people hold change hands. Low: people save and"
            " do not spend."
        ),
        unit=Unit.PER_YEAR,
        definition=(
            "How often a year hours change hands: minutes of help a year / people's balances"
            " above 0 at the end of the window."
        ),
        formula=lambda s: s["minutes"] / s["years"] / s["positive"],
        topic=Topic.RECIPROCITY,
        basis=Basis.HELP,
        unless=say("Nobody had hours to spend at the end of this window."),
    ),
    Figure(
        id="applied",
        name=say("Asked to join"),
        meaning=say("Everybody who ever asked, whatever came of it."),
        unit=Unit.PEOPLE,
        definition="Everybody who has applied and can still be told, whatever came of it.",
        formula=lambda s: s["applied"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="joined",
        name=say("Joined"),
        meaning=say("Everybody who had joined by the last day, also those who have left since."),
        unit=Unit.PEOPLE,
        definition=(
            "Everybody who had joined by the end of the window, also those who have left since."
        ),
        formula=lambda s: s["joined"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="members",
        name=say("Members"),
        meaning=say("On the books on the last day."),
        unit=Unit.PEOPLE,
        definition="On the books at the end of the window.",
        formula=lambda s: s["members"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="traded",
        name=say("Ever gave or were helped"),
        meaning=say("Of the members, who has exchanged at all."),
        unit=Unit.PEOPLE,
        definition="Of those on the books, who ever gave or received help.",
        formula=lambda s: s["traded"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="active_90d_people",
        name=say("Active"),
        meaning=say(
            "Of the members, who gave or was helped in the last %(days)s days.", days=RECENT
        ),
        unit=Unit.PEOPLE,
        definition=(
            f"Of those on the books, who gave or received in the {RECENT} days up to the window's"
            " end."
        ),
        formula=lambda s: s["active"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
        part_of="traded",
    ),
    Figure(
        id="dormant",
        name=say("Gone quiet"),
        meaning=say(
            "Of the members, who did once, but not in the last %(days)s days.", days=RECENT
        ),
        unit=Unit.PEOPLE,
        definition=(
            "Of those on the books, who have given or received before, but not in the last"
            f" {RECENT} days."
        ),
        formula=lambda s: s["dormant"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
        part_of="traded",
    ),
    Figure(
        id="new",
        name=say("New members"),
        meaning=say("Who joined in these days."),
        unit=Unit.PEOPLE,
        definition="Who joined in the window.",
        formula=lambda s: s["new"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="gone",
        name=say("Left"),
        meaning=say("Who left in these days."),
        unit=Unit.PEOPLE,
        definition="Who left in the window.",
        formula=lambda s: s["gone"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        disclosure=Disclosure.COUNT,
    ),
    Figure(
        id="active_90d",
        name=say("Share who are active"),
        meaning=say(
            "Of the members, the share who gave or was helped in the last %(days)s days.",
            days=RECENT,
        ),
        unit=Unit.SHARE,
        definition=(
            "The share who are active of those on the books at the end of the window; active:"
            f" gave or received in the {RECENT} days up to it."
        ),
        formula=lambda s: s["active"] / s["members"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="members",
        drawn=False,
        exact=Exact.SHARE,
        disclosure=Disclosure.SHARE,
        repeats="active_90d_people",
        unless=say("Nobody belonged to the time bank at the end of this window."),
    ),
    Figure(
        id="retention_12m",
        name=say("Still active after a year"),
        meaning=say(
            "Of those who were active a year before, the share who still are. It needs a year of"
            " history."
        ),
        unit=Unit.SHARE,
        definition=(
            f"Of those active a year before (in the {RECENT} days up to the same day), the share"
            " still on the books and active."
        ),
        formula=lambda s: s["stayed"] / s["before"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="before",
        drawn=False,
        exact=Exact.SHARE,
        disclosure=Disclosure.SHARE,
        unless=say("Nobody was active in the %(days)s days up to a year before.", days=RECENT),
    ),
    Figure(
        id="median_days_to_first",
        name=say("Days until the first exchange"),
        meaning=say(
            "From joining, for those who had their first in these days: half of them waited less,"
            " half longer. Long waits lose people."
        ),
        unit=Unit.DAYS,
        definition=(
            "Days from joining to the first exchange, the middle one of members who had their"
            " first in this window. Who never had one is not in it."
        ),
        formula=lambda s: s["days_to_first"],
        topic=Topic.PARTICIPATION,
        basis=Basis.MEMBERS,
        of="began",
        drawn=False,
        exact=Exact.MEDIAN,
        unless=say("Nobody gave or received for the first time in this window."),
    ),
    Figure(
        id="partners_per_active",
        name=say("Different people each met"),
        meaning=say("How many others somebody who took part helped or was helped by, on average."),
        unit=Unit.EACH,
        definition="Different people whom an active person helped or was helped by, on average.",
        formula=lambda s: (2 * s["links"] - s["returned"]) / s["people"],
        topic=Topic.PARTICIPATION,
        basis=Basis.HELP,
        disclosure=Disclosure.EACH,
    ),
    Figure(
        id="exchanges_per_active",
        name=say("Exchanges each"),
        meaning=say("For each person who took part, on average."),
        unit=Unit.EACH,
        definition="Exchanges and sessions between people, for each active person.",
        formula=lambda s: s["acts"] / s["people"],
        topic=Topic.PARTICIPATION,
        basis=Basis.HELP,
        drawn=False,
        disclosure=Disclosure.EACH,
    ),
)


_MIXING = {
    Attribute.AGE_BAND: (
        say("Across age"),
        say(
            "1: all help goes to people of another age; −1: all stays among people of the same age;"
            " 0: half and half."
        ),
        say("Across age, against chance"),
        say(
            "Between −2 and 2: about what chance would give with these people. Below −2: people"
            " keep to their own age. Above 2: they reach across more than chance would."
        ),
    ),
    Attribute.AREA: (
        say("Across area"),
        say(
            "1: all help goes to people of another area; −1: all stays among people of the same"
            " area; 0: half and half."
        ),
        say("Across area, against chance"),
        say(
            "Between −2 and 2: about what chance would give with these people. Below −2: people"
            " keep to their own area. Above 2: they reach across more than chance would."
        ),
    ),
    Attribute.CAPACITY: (
        say("Across role"),
        say(
            "1: all help goes to people of another role; −1: all stays among people of the same"
            " role; 0: half and half."
        ),
        say("Across role, against chance"),
        say(
            "Between −2 and 2: about what chance would give with these people. Below −2: people"
            " keep to their own role. Above 2: they reach across more than chance would."
        ),
    ),
}
"""What the two figures of each attribute are called and tell."""


def _mixing(attribute: Attribute) -> tuple[Figure, ...]:
    """How much help goes across groups, by what people are told apart by."""
    name, meaning, z_name, z_meaning = _MIXING[attribute]
    return (
        Figure(
            id=f"ei_index:{attribute}",
            name=name,
            meaning=meaning,
            unit=Unit.INDEX,
            definition=(
                "From −1 (all help within groups) to 1 (all between them): (E − I) / (E + I) over"
                " minutes, Krackhardt & Stern 1988."
            ),
            formula=lambda s: (
                (2 * s[f"between:{attribute}"] - s[f"known:{attribute}"]) / s[f"known:{attribute}"]
            ),
            source="Krackhardt & Stern 1988",
            topic=Topic.RECIPROCITY,
            basis=Basis.GROUPS,
            of=f"grouped:{attribute}",
            attribute=attribute,
        ),
        Figure(
            id=f"ei_z:{attribute}",
            name=z_name,
            meaning=z_meaning,
            unit=Unit.DEVIATIONS,
            definition=(
                "How many standard deviations the E–I index lies above that of the same groups"
                " dealt out at random."
            ),
            formula=lambda s: s[f"z:{attribute}"],
            source="Mantel 1967",
            topic=Topic.RECIPROCITY,
            basis=Basis.GROUPS,
            of=f"grouped:{attribute}",
            drawn=False,
            unless=say("Every way of dealing the groups out comes to the same."),
            attribute=attribute,
        ),
    )


_BROKERAGE_AND_SESSIONS = (
    Figure(
        id="constraint",
        name=say("How far people fill gaps"),
        meaning=say(
            "The middle one of those who took part: the lower, the more of them connect people"
            " who are not connected otherwise."
        ),
        unit=Unit.INDEX,
        definition=(
            "Burt's constraint, the middle one of active people: the lower, the more people"
            " bridge gaps."
        ),
        formula=lambda s: s["constraint"],
        source="Burt 1992",
        drawn=False,
        disclosure=Disclosure.STAFF,
    ),
    Figure(
        id="core",
        name=say("Depth of the inner circle"),
        meaning=say("The most partners that everybody in some circle of people has within it."),
        unit=Unit.EACH,
        definition=(
            "The largest k for which there are people with k partners each among themselves"
            " (k-core)."
        ),
        formula=lambda s: s["core"],
        source="Seidman 1983",
        drawn=False,
        disclosure=Disclosure.STAFF,
    ),
    Figure(
        id="codelivery_resident",
        name=say("Led by residents"),
        meaning=say(
            "Of the hours spent in activities, those in sessions that residents led alone."
        ),
        unit=Unit.SHARE,
        definition=(
            "Of the minutes on registers of sessions, the share in sessions led by residents alone."
        ),
        formula=lambda s: s["led:resident"] / s["led"],
        topic=Topic.ACTIVITIES,
        basis=Basis.SESSIONS,
        of="sessions",
        drawn=False,
        disclosure=Disclosure.SESSIONS,
        unless=say("No session's hours were posted in this window."),
    ),
    Figure(
        id="codelivery_professional",
        name=say("Led by professionals"),
        meaning=say(
            "Of the hours spent in activities, those in sessions that practitioners or planners"
            " led alone."
        ),
        unit=Unit.SHARE,
        definition="Of the minutes on registers, the share in sessions led by professionals alone.",
        formula=lambda s: s["led:professional"] / s["led"],
        topic=Topic.ACTIVITIES,
        basis=Basis.SESSIONS,
        of="sessions",
        drawn=False,
        disclosure=Disclosure.SESSIONS,
        unless=say("No session's hours were posted in this window."),
    ),
    Figure(
        id="codelivery_together",
        name=say("Led together"),
        meaning=say("Of the hours spent in activities, those in sessions that both led."),
        unit=Unit.SHARE,
        definition="Of the minutes on registers, the share in sessions that both led together.",
        formula=lambda s: s["led:together"] / s["led"],
        topic=Topic.ACTIVITIES,
        basis=Basis.SESSIONS,
        of="sessions",
        drawn=False,
        disclosure=Disclosure.SESSIONS,
        unless=say("No session's hours were posted in this window."),
    ),
)


FIGURES: Mapping[str, Figure] = {
    figure.id: figure
    for figure in (
        *_NETWORK_AND_MEMBERS,
        *(figure for attribute in Attribute for figure in _mixing(attribute)),
        *_BROKERAGE_AND_SESSIONS,
    )
}
"""By id, in the order in which they are shown."""


def parts() -> tuple[tuple[str, ...], ...]:
    """The ids of figures that add up to another: where one of them is withheld, a second has to
    be."""
    wholes = dict.fromkeys(figure.part_of for figure in FIGURES.values() if figure.part_of)
    return tuple(
        tuple(figure.id for figure in FIGURES.values() if figure.part_of == whole)
        for whole in wholes
    )
