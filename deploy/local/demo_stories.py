"""What is written at the demo's front desks on the morning that they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Heard:
    """The customer writes: so many minutes before the tenant was made or, without them, right after the last answer."""

    text: str
    minutes_before: int | None = None


@dataclass(frozen=True)
class Said:
    """The business writes."""

    type: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """One conversation. `line` is the place of its number among the tenant's; `statuses` is how far answers come."""

    name: str
    phone: str
    parts: tuple[Heard | Said, ...]
    line: int = 0
    statuses: tuple[str, ...] = ("sent", "delivered", "read")


def _says(text: str) -> Said:
    return Said("TEXT", {"text": text})


_REMINDER = Said(
    "TEMPLATE",
    {
        "name": "appointment_reminder",
        "language": "en_US",
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "John"}, {"type": "text", "text": "Friday at 10:00"}],
            }
        ],
    },
)

DEMO_STORIES = (
    # Wrote more than a day ago, so that only a template reaches him.
    Story(
        "John Miller",
        "4915112345605",
        (Heard("Hi, beard trim and a haircut on Friday at ten, is that possible?", 26 * 60), _REMINDER),
        statuses=("sent", "delivered"),
    ),
    Story(
        "Ольга Петрова",
        "4915112345603",
        (
            Heard("Здравствуйте! Я записана сегодня на 15:00. Можно перенести на час позже?", 84),
            _says("Здравствуйте, Ольга! Да, в 16:00 свободно, перенесли вас."),
            Heard("Спасибо большое, до встречи!"),
        ),
    ),
    Story(
        "נועה לוי",
        "972501234567",
        (Heard("היי, אפשר לקבוע מניקור למחר בבוקר?", 47), _says("היי נועה! מחר ב-9:30 פנוי. לשריין לך?")),
        line=1,
    ),
    Story(
        "Camille Laurent",
        "33612345678",
        (
            Heard("Bonjour, combien coûte un balayage sur cheveux mi-longs ?", 31),
            _says("Bonjour Camille ! À partir de 95 €, coupe comprise. Souhaitez-vous un rendez-vous cette semaine ?"),
        ),
        statuses=("sent", "delivered"),
    ),
    # Nobody has answered her yet.
    Story(
        "Anna Becker",
        "4915112345601",
        (Heard("Guten Morgen! Gibt es am Freitag noch einen Termin zum Schneiden, am liebsten vormittags?", 6),),
    ),
)
"""Five conversations with ten messages."""

SECOND_STORIES = (
    Story(
        "Grace Park",
        "12125550142",
        (
            Heard("Hi! Could I move my color appointment to Saturday?", 38),
            _says("Of course, Grace. Saturday at noon is yours."),
        ),
    ),
    Story("Luis Ortega", "12125550187", (Heard("Buenos días, ¿abren el Día de Acción de Gracias?", 9),)),
)
"""Two conversations with three messages."""
