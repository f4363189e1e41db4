"""The businesses of the demo and of most tests; they exist once `ControlClient.create_demo_businesses` is called."""

from typing import Any

DEMO_TOKEN = "demo-token-one"
SECOND_TOKEN = "demo-token-two"

DEMO_WABA_ID = "102290129340398"
DEMO_NUMBER_ID = "106540352242922"
OTHER_DEMO_NUMBER_ID = "1122334455667"
SECOND_WABA_ID = "215589313241560883"
SECOND_NUMBER_ID = "27681414235104944"


def _template(name: str, category: str, body: str, example: list[str]) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "BODY", "text": body}
    if example:
        component["example"] = {"body_text": [example]}
    return {"name": name, "language": "en_US", "category": category, "components": [component]}


TEMPLATES = [
    _template("hello_world", "UTILITY", "Welcome, this is the first message.", []),
    _template(
        "appointment_reminder",
        "UTILITY",
        "Hello {{1}}, see you on {{2}} for your appointment.",
        ["Sheena", "Monday at 10:00"],
    ),
    _template("seasonal_offer", "MARKETING", "Hi {{1}}, this week {{2}} is 20% off.", ["Sheena", "a haircut"]),
]


def demo_businesses(demo_token: str = DEMO_TOKEN, second_token: str = SECOND_TOKEN) -> list[dict[str, Any]]:
    """Return what `POST /_control/businesses` takes for the two companies."""
    return [
        {
            "waba_id": DEMO_WABA_ID,
            "name": "Demo Company",
            "tokens": [demo_token],
            "phone_numbers": [
                {"id": DEMO_NUMBER_ID, "display_phone_number": "+1 555-078-3881"},
                {"id": OTHER_DEMO_NUMBER_ID, "display_phone_number": "+972 12-345-6789", "country_code": "972"},
            ],
            "templates": TEMPLATES,
        },
        {
            "waba_id": SECOND_WABA_ID,
            "name": "Second Company",
            "tokens": [second_token],
            "phone_numbers": [{"id": SECOND_NUMBER_ID, "display_phone_number": "+1 555-021-7440"}],
            "templates": TEMPLATES,
        },
    ]
