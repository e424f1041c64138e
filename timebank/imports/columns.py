"""What the columns of a file are read as: the fields there are, and the headings they go by in the
languages and programs that files come from."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache

from timebank.say import Said, say


class Holds(StrEnum):
    """What the cells of a field are."""

    TEXT = "text"
    DAY = "day"
    TIME = "time"
    PERSON = "person"
    PHONE = "phone"
    NUMBER = "number"


class Unit(StrEnum):
    """What a bare number of time counts."""

    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"


MINUTES_IN: Mapping[Unit, float] = {Unit.HOURS: 60, Unit.MINUTES: 1, Unit.SECONDS: 1 / 60}


@dataclass(frozen=True)
class Field:
    """Something a column can be read as. `label` is what people call it; `words` are headings that
    mean it, besides its own name; `unit` is what a bare number counts under its own name."""

    name: str
    label: Said
    words: str = ""
    holds: Holds = Holds.TEXT
    unit: Unit | None = None

    @property
    def headings(self) -> list[str]:
        """The headings that mean it, folded."""
        return [folded_heading(one) for one in (self.name, *self.words.split(";")) if one.strip()]


_NUMBER = Field(
    "number",
    say("Number"),
    "no;nr;num;nº;member no;member number;member id;membership number;membership no;member uid;"
    "id;ref;user id;account;account no;account number;account code;code;username;login;número;"
    "número de socio;nº de socio;núm;socio;numero;núm soci;número de soci;número de sòcia;n;"
    "rhif;rhif aelod;membership id;client id;user number;codi;código",
    Holds.NUMBER,
)
_MEMBERS = (
    _NUMBER,
    Field(
        "name",
        say("Name"),
        "full name;member;member name;display name;nombre;nombre completo;nombre y apellidos;"
        "nom;nom complet;nom i cognoms;enw;enw llawn;contact;person;persona;names;user;"
        "name and surname;apellidos y nombre;cognoms i nom;aelod;fullname;usuario",
    ),
    Field(
        "honorific", say("Title (Mr, Mrs)"), "title;salutation;prefix;name prefix;tratamiento;teitl"
    ),
    Field(
        "first_name",
        say("First name"),
        "firstname;forename;forenames;given name;given names;first names;nombre de pila;"
        "primer nombre;nom de pila;enw cyntaf;christian name;name1",
    ),
    Field(
        "middle_name", say("Middle name"), "middle names;middlename;additional name;name2;enw canol"
    ),
    Field(
        "last_name",
        say("Surname"),
        "lastname;surname;family name;apellido;apellidos;primer apellido;cognom;cognoms;cyfenw;"
        "name3;family names",
    ),
    Field(
        "second_last_name", say("Second surname"), "segundo apellido;second surname;segon cognom"
    ),
    Field(
        "email",
        say("E-mail"),
        "e mail;mail;email address;e mail address;e mail 1 value;email 1 value;correo;"
        "correo electrónico;correu;correu electrònic;adreça electrònica;ebost;e bost;"
        "cyfeiriad ebost;primary email",
    ),
    Field(
        "phone",
        say("Telephone"),
        "tel;telephone;telephone no;telephone number;phone no;phone number;phones;mobile;"
        "mobile phone;mobile no;mobile number;cell;cell phone;contact number;phone 1 value;"
        "teléfono;teléfono móvil;móvil;telefono;telèfon;telèfon mòbil;mòbil;ffôn;rhif ffôn;"
        "ffôn symudol;symudol;telf;tlf;tel no;tel number",
        Holds.PHONE,
    ),
    Field(
        "other_phone",
        say("Second telephone"),
        "other phone;alt phone;alternative phone;alternative number;landline;land line;"
        "home phone;home tel;work phone;phone 2;tel 2;telephone 2;phone 2 value;"
        "teléfono alternativo;teléfono 2;otro teléfono;fijo;teléfono fijo;telèfon alternatiu;"
        "telèfon 2;fix;telèfon fix;ffôn cartref;evening phone;daytime phone",
        Holds.PHONE,
    ),
    Field(
        "address",
        say("Address"),
        "street;street address;address 1;address1;address line 1;home address;postal address;"
        "address 1 formatted;address 1 street;dirección;domicilio;calle;adreça;carrer;"
        "cyfeiriad;stryd;house and street",
    ),
    Field(
        "address_more",
        say("Address, second line"),
        "address 2;address2;address line 2;address 3;address line 3",
    ),
    Field(
        "town",
        say("Town (part of the address)"),
        "city;town city;town or city;village;ciudad;población;localidad;municipio;ciutat;"
        "població;tref;dinas;address 1 city;locality",
    ),
    Field(
        "postcode",
        say("Postcode"),
        "post code;zip;zip code;postal code;código postal;cp;codi postal;cod post;côd post;"
        "address 1 postal code",
    ),
    Field(
        "area",
        say("Part of town"),
        "neighbourhood;neighborhood;district;ward;location;part of town;barrio;zona;barri;"
        "ardal;region;estate",
    ),
    Field(
        "date_of_birth",
        say("Date of birth"),
        "dob;birth date;birthdate;birthday;born;d o b;fecha de nacimiento;nacimiento;"
        "data de naixement;naixement;dyddiad geni;ganwyd;date birth",
        Holds.DAY,
    ),
    Field(
        "joined_on",
        say("Joined"),
        "joined;join date;date joined;joining date;member since;start date;registered;"
        "registration date;created;created at;creationdate;creation date;entry date;"
        "approved on;fecha de alta;alta;fecha de ingreso;data d alta;data d ingrés;ymunodd;"
        "dyddiad ymuno;date of joining;since",
        Holds.DAY,
    ),
    Field("capacity", say("Takes part as"), "kind of member;member type;tipo;tipus;math"),
    Field("role", say("Role"), "rol;swyddogaeth"),
    Field("status", say("Takes part, pauses, or has left"), "state;estado;estat;statws;active"),
    Field(
        "about",
        say("About them"),
        "notes;note;comments;remarks;bio;description;notas;notes internes;nodiadau",
    ),
    Field(
        "opening_balance",
        say("Hours to begin with"),
        "opening balance;balance;current balance;starting balance;hours balance;"
        "account balance;credit;credits;time credits;hours;saldo;saldo actual;saldo inicial;"
        "saldo d hores;balans;oriau;cydbwysedd;balance in hours;hours to begin with;"
        "time balance",
        Holds.TIME,
        Unit.MINUTES,
    ),
)

_REFERENCE = Field(
    "reference",
    say("Reference"),
    "ref;ref no;slip;slip no;slip number;id;no;number;transaction id;transaction no;"
    "transaction number;exchange id;referencia;referència;cyfeirnod;voucher",
)
_LENGTH = Field(
    "minutes",
    say("How long"),
    "hours;hrs;time;duration;length;amount;quantity;how long;time spent;hours exchanged;"
    "number of hours;no of hours;credits;time credits;horas;tiempo;duración;cantidad;importe;"
    "minutos;hores;temps;durada;quantitat;minuts;oriau;amser;hyd;munudau;mins;value;"
    "nombre d hores;número de horas",
    Holds.TIME,
    Unit.MINUTES,
)
_WHEN = (
    "date;day;when;on;occurred on;date of exchange;exchange date;service date;date of service;"
    "created;created at;transaction date;fecha;día;data;dia;dyddiad;diwrnod"
)
_CHANNEL = Field("channel", say("How the word came"), "source of word")
_BOOKS = (
    Field("entry", say("Entry in the books")),
    Field("reverses", say("Entry that it takes back")),
    Field("reversed_by", say("Entry that takes it back")),
)
_DIRECTION = Field(
    "direction",
    say("Out of whose hours (debit or credit)"),
    "debit credit;debit or credit;dr cr;d c;debe haber",
)
_STATE = Field("state", say("Whether it counts"), "status;estado;estat;statws")

_HOURS = (
    _REFERENCE,
    Field("occurred_on", say("Day"), _WHEN, Holds.DAY),
    Field(
        "giver",
        say("Who gave the help"),
        "given by;helper;helped by;who helped;who gave;giver of help;giver name;giver no;"
        "provider;service provider;provided by;done by;payee;earner;earned by;volunteer;ofrece;"
        "quien ayuda;quién ayudó;proveedor;dado por;qui ajuda;qui dona;ofereix;rhoddwr;helpwr;"
        "pwy helpodd;who gave the help;credit to;from giver",
        Holds.PERSON,
    ),
    Field(
        "receiver",
        say("Who was helped"),
        "received by;recipient;receiver name;receiver no;who was helped;helped;for;for whom;"
        "client;service recipient;beneficiary;payer;spender;spent by;recibe;quien recibe;"
        "quién recibió;recibido por;destinatario;qui rep;rep;derbynnydd;pwy gafodd help;"
        "who received the help;charge to",
        Holds.PERSON,
    ),
    _LENGTH,
    Field(
        "skill",
        say("Skill"),
        "service;category;type of help;kind of help;service category;categoría;servicio;"
        "categoria;servei;sgil;gwasanaeth;what kind",
    ),
    Field(
        "activity",
        say("Activity"),
        "project;event;actividad;proyecto;activitat;projecte;gweithgaredd",
    ),
    Field(
        "description",
        say("What it was"),
        "details;what;what for;task;help given;title;comment;comments;notes;reason;subject;"
        "descripción;concepto;detalle;motivo;anuncio;descripció;concepte;detall;anunci;"
        "disgrifiad;beth;service performed;work done",
    ),
    _CHANNEL,
    *_BOOKS,
    _DIRECTION,
    _STATE,
)
_GIFTS = (
    _REFERENCE,
    Field("given_on", say("Day"), f"{_WHEN};given on", Holds.DAY),
    Field(
        "from",
        say("Whose hours they were"),
        "giver;given by;from whom;payer;donor;de;donante;donant;oddi wrth",
        Holds.PERSON,
    ),
    Field(
        "to",
        say("Whose they became"),
        "receiver;received by;to whom;payee;recipient;a;para;destinatario;i",
        Holds.PERSON,
    ),
    _LENGTH,
    _CHANNEL,
    *_BOOKS,
    _STATE,
)
_LISTINGS = (
    _REFERENCE,
    Field(
        "member",
        say("Whose it is"),
        "member no;member number;member name;name;who;person;user;user id;number;socio;nombre;"
        "persona;usuario;soci;nom;aelod;enw",
        Holds.PERSON,
    ),
    Field(
        "title",
        say("Title"),
        "offer;request;what;service;subject;skill offered;skill wanted;título;oferta;demanda;"
        "servicio;títol;servei;teitl;cynnig;cais;offering;want;wants",
    ),
    Field("skill", say("Skill"), "category;type;kind;categoría;categoria;sgil;service category"),
    Field(
        "description",
        say("Description"),
        "details;more;about;notes;comments;descripción;detalle;descripció;detall;disgrifiad",
    ),
    Field(
        "area", say("Part of town"), "location;where;neighbourhood;district;barrio;zona;barri;ardal"
    ),
    Field("place", say("Where it is done")),
    Field("frequency", say("How often"), "frecuencia;freqüència;amlder"),
    Field(
        "times",
        say("When it suits"),
        "availability;available;disponibilidad;disponibilitat;ar gael",
    ),
    Field(
        "minutes",
        say("About how long"),
        "hours;duration;length;time;duración;durada;hyd",
        Holds.TIME,
        Unit.MINUTES,
    ),
    Field("needs_check", say("Checks a helper has to hold")),
    Field(
        "starts_on",
        say("From"),
        "start;starts;start date;from;desde;inicio;des de;inici;o",
        Holds.DAY,
    ),
    Field(
        "ends_on",
        say("Until"),
        "end;ends;end date;expires;expiry;expiry date;to;until;hasta;fin;fins;fi;hyd at",
        Holds.DAY,
    ),
)
FIELDS: Mapping[str, Mapping[str, Field]] = {
    kind: {one.name: one for one in those}
    for kind, those in {
        "members": _MEMBERS,
        "hours": _HOURS,
        "gifts": _GIFTS,
        "offers": _LISTINGS,
        "requests": _LISTINGS,
    }.items()
}

NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "members": (("name", "first_name", "last_name"),),
    "hours": (("occurred_on",), ("giver",), ("receiver",), ("minutes",)),
    "gifts": (("given_on",), ("from",), ("to",), ("minutes",)),
    "offers": (("member",), ("title",)),
    "requests": (("member",), ("title",)),
}
"""What a file of each kind cannot do without: one of each."""

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "members": (
        *("number", "name", "phone", "email", "address", "area", "date_of_birth", "joined_on"),
        "opening_balance",
    ),
    "hours": ("occurred_on", "giver", "receiver", "minutes", "description", "skill"),
    "gifts": ("given_on", "from", "to", "minutes"),
    "offers": ("member", "title", "skill", "description", "starts_on", "ends_on"),
    "requests": ("member", "title", "skill", "description", "starts_on", "ends_on"),
}
"""The fields that an empty file to begin with has, in order."""

_SIDES = {
    "from": "from;de;des de;oddi wrth;sender;payer account;from account",
    "to": "to;a;para;per a;i;recipient account;to account",
}

_UNITS: Mapping[Unit, str] = {
    Unit.HOURS: "h hr hrs hour hours hora horas hores awr oriau",
    Unit.MINUTES: "m min mins minute minutes minuto minutos minut minuts munud munudau",
    Unit.SECONDS: "s sec secs second seconds segundo segundos segon segons eiliad eiliadau",
}
_SOUNDS = 0.8
"""How alike a heading has to be, of 1, to be asked about as a slip of the keyboard."""


def folded_heading(text: str) -> str:
    """A heading as it is compared: without case, accents and signs."""
    apart = unicodedata.normalize("NFKD", text.replace("º", "o").casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def unit_of(heading: str) -> Unit | None:
    """What a heading says that bare numbers under it count, if it says so."""
    words = set(folded_heading(heading).split())
    meant = [unit for unit, names in _UNITS.items() if words & set(names.split())]
    return meant[0] if len(meant) == 1 else None


def _without_unit(heading: str) -> str:
    """The heading without what stands in brackets, and without its unit where more is left."""
    bare = folded_heading(re.sub(r"[(\[].*?[)\]]", " ", heading))
    units = {name for names in _UNITS.values() for name in names.split()}
    without = " ".join(word for word in bare.split() if word not in units | {"in", "en"})
    return without or bare


@cache
def _meanings(kind: str) -> Mapping[str, str]:
    """The field that each heading means in a file of a kind; a field's own name goes before what
    else another is called."""
    fields = FIELDS[kind].values()
    meant: dict[str, str] = {}
    for field in fields:
        for heading in field.headings:
            meant.setdefault(heading, field.name)
    labels = {folded_heading(str(one.label)): one.name for one in fields}
    return meant | labels | {folded_heading(one.name): one.name for one in fields}


@dataclass(frozen=True)
class Match:
    """What a column is read as (None: it is left out), and whether that has to be asked about."""

    field: str | None
    sure: bool = True


def matched(headings: Sequence[str], kind: str) -> list[Match]:
    """What the columns under these headings are most likely to be. Of two that mean the same the
    first is, and the other is asked about; a second telephone is the second telephone."""
    taken: dict[str, int] = {}
    matches: list[Match] = []
    for place, heading in enumerate(headings):
        match = _meant(heading, kind)
        field = match.field
        if field == "phone" and field in taken and "other_phone" not in taken:
            field = "other_phone"
        if field in taken:
            exact = folded_heading(field or "")
            own = folded_heading(heading) == exact
            earlier = folded_heading(headings[taken[field]]) == exact
            # A column called exactly so goes before one that may mean it.
            if earlier or not own:
                matches.append(Match(None, sure=earlier and not own))
                continue
            matches[taken[field]] = Match(None)
        if field is not None:
            taken[field] = place
        matches.append(Match(field, match.sure))
    return matches


def known(heading: str, kind: str) -> str | None:
    """The field that a heading is known to mean in a file of a kind, if any."""
    written = folded_heading(heading)
    meanings = _meanings(kind)
    if kind == "hours":
        for side, words in _SIDES.items():
            if written and written in words.split(";"):
                return {"from": "receiver", "to": "giver"}[side]
    return meanings.get(written) or meanings.get(_without_unit(heading))


def _meant(heading: str, kind: str) -> Match:
    field = known(heading, kind)
    written = folded_heading(heading)
    if field is not None or not written:
        return Match(field)
    meanings = _meanings(kind)
    near = get_close_matches(written, meanings, n=1, cutoff=_SOUNDS)
    if near and len(written) > 3:
        return Match(meanings[near[0]], sure=False)
    return Match(None)


def names_sides(heading: str) -> bool:
    """Whether a heading says from whom or to whom, and leaves open who helped whom."""
    return any(folded_heading(heading) in words.split(";") for words in _SIDES.values())
