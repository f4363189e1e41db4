"""The error codes the simulator can give: title, HTTP status, class and details of each.

HTTP statuses follow Meta's last published table of them; clients are told to decide on the code alone.
"""

from dataclasses import dataclass
from enum import Enum


class Remedy(Enum):
    """What a sender is expected to do about an error."""

    RETRY = "retry with backoff"
    WAIT = "wait for the stated time"
    ALERT = "stop and alert an operator"
    PERMANENT = "give this message up"
    SUPPRESS = "give the recipient up"


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of the catalogue; `messaging` codes carry `error_data` in answers."""

    title: str
    http_status: int
    remedy: Remedy
    details: str
    messaging: bool = True


RETRY, WAIT, ALERT = Remedy.RETRY, Remedy.WAIT, Remedy.ALERT
PERMANENT, SUPPRESS = Remedy.PERMANENT, Remedy.SUPPRESS

GRAPH_CODES: dict[int, Entry] = {
    0: Entry("AuthException", 401, ALERT, "The app user could not be authenticated.", messaging=False),
    1: Entry("API Unknown", 400, RETRY, "Invalid request or possible server error.", messaging=False),
    2: Entry("API Service", 503, RETRY, "Temporarily down or overloaded.", messaging=False),
    3: Entry("API Method", 500, ALERT, "Capability or permissions issue.", messaging=False),
    4: Entry("API Too Many Calls", 400, RETRY, "The app has reached its call rate limit.", messaging=False),
    10: Entry("Permission Denied", 403, ALERT, "Permission is not granted or was removed."),
    33: Entry("Parameter value is not valid", 400, ALERT, "The business phone number was deleted."),
    100: Entry("Invalid parameter", 400, PERMANENT, "A parameter is unsupported, misspelled or too long."),
    190: Entry("Access token has expired", 401, ALERT, "The access token is not valid.", messaging=False),
    200: Entry("API Permission", 403, ALERT, "Permission is not granted or was removed.", messaging=False),
    368: Entry("Temporarily blocked for policies violations", 403, ALERT, "The account violates a policy."),
    2200: Entry("Callback verification failed", 400, ALERT, "The callback did not echo the challenge."),
    2500: Entry("Unknown path components", 400, PERMANENT, "The path does not exist.", messaging=False),
    80007: Entry("Rate limit issues", 400, RETRY, "The account has reached its rate limit."),
}

MESSAGE_CODES: dict[int, Entry] = {
    130403: Entry("Recipient blocked by business", 400, SUPPRESS, "This business has blocked the user."),
    130429: Entry("Rate limit hit", 400, RETRY, "Cloud API message throughput has been reached."),
    130472: Entry("User's number is part of an experiment", 400, PERMANENT, "Withheld by an experiment."),
    130497: Entry("Business is restricted in this country", 403, PERMANENT, "The country is not allowed."),
    131000: Entry("Something went wrong", 500, RETRY, "The message failed for an unknown reason."),
    131005: Entry("Access denied", 403, ALERT, "Permission is not granted or was removed."),
    131008: Entry("Required parameter is missing", 400, PERMANENT, "A required parameter is missing."),
    131009: Entry("Parameter value is not valid", 400, PERMANENT, "A parameter value is not valid."),
    131016: Entry("Service unavailable", 500, RETRY, "A service is temporarily unavailable."),
    131021: Entry("Recipient cannot be sender", 400, PERMANENT, "Sender and recipient are the same."),
    131026: Entry("Message undeliverable", 400, PERMANENT, "Unable to deliver the message."),
    131030: Entry("Recipient phone number not in allowed list", 400, PERMANENT, "Test number: not listed."),
    131031: Entry("Account has been locked", 403, ALERT, "The account is restricted or disabled."),
    131037: Entry("Display name approval needed", 400, ALERT, "The number's display name is not approved."),
    131042: Entry("Business eligibility payment issue", 400, ALERT, "The payment method has a problem."),
    131045: Entry("Incorrect certificate", 500, ALERT, "The phone number is not registered properly."),
    131047: Entry("Re-engagement message", 400, PERMANENT, "More than 24 hours since the user's last message."),
    131048: Entry("Spam rate limit hit", 400, WAIT, "Too many messages were blocked or reported as spam."),
    131049: Entry("Healthy ecosystem engagement", 400, WAIT, "Not delivered, to keep engagement healthy."),
    131050: Entry("User stopped marketing messages", 400, SUPPRESS, "The user opted out of marketing."),
    131051: Entry("Unsupported message type", 400, PERMANENT, "The message type is not supported."),
    131052: Entry("Media download error", 400, PERMANENT, "The user's media could not be downloaded."),
    131053: Entry("Media upload error", 400, PERMANENT, "The message's media could not be uploaded."),
    131055: Entry("Method not allowed", 400, PERMANENT, "Only marketing templates are supported."),
    131056: Entry("Pair rate limit hit", 400, RETRY, "Too many messages to this recipient in a short time."),
    131057: Entry("Account in maintenance mode", 500, RETRY, "The account is in maintenance mode."),
    131060: Entry("Message unavailable", 400, PERMANENT, "This message is currently unavailable."),
    131062: Entry("User id recipient not supported", 400, PERMANENT, "Send this message to a phone number."),
    131063: Entry("Marketing templates disabled", 400, PERMANENT, "Marketing templates are disabled here."),
    131064: Entry("Template classification limit", 400, WAIT, "Limited for misclassified templates."),
}

TEMPLATE_CODES: dict[int, Entry] = {
    132000: Entry("Template Param Count Mismatch", 400, PERMANENT, "Parameter count differs from the template."),
    132001: Entry("Template does not exist", 404, PERMANENT, "No approved template in this language."),
    132005: Entry("Template Hydrated Text Too Long", 400, PERMANENT, "The filled-in text is too long."),
    132007: Entry("Template Character Policy Violated", 400, PERMANENT, "The content violates a policy."),
    132008: Entry("Template parameter value invalid", 400, PERMANENT, "A parameter value is not valid."),
    132012: Entry("Template Parameter Format Mismatch", 400, PERMANENT, "A parameter has the wrong format."),
    132015: Entry("Template is Paused", 400, PERMANENT, "The template is paused for low quality."),
    132016: Entry("Template is Disabled", 400, PERMANENT, "The template is disabled for low quality."),
    132018: Entry("Template validation error", 400, PERMANENT, "A parameter of the template has a problem."),
    132068: Entry("Flow is in blocked state", 400, PERMANENT, "The flow is blocked."),
    132069: Entry("Flow is in throttled state", 400, WAIT, "The flow was sent 10 times in the last hour."),
}

ACCOUNT_CODES: dict[int, Entry] = {
    133000: Entry("Incomplete Deregistration", 500, ALERT, "An earlier deregistration failed."),
    133004: Entry("Server Temporarily Unavailable", 503, RETRY, "The server is temporarily unavailable."),
    133005: Entry("Two step verification PIN Mismatch", 400, PERMANENT, "The PIN is wrong."),
    133006: Entry("Phone number re-verification needed", 400, PERMANENT, "Verify the number first."),
    133008: Entry("Too many PIN guesses", 400, WAIT, "Too many PIN guesses for this number."),
    133009: Entry("PIN guessed too fast", 400, WAIT, "The PIN was entered too quickly."),
    133010: Entry("Phone number Not Registered", 400, ALERT, "The phone number is not registered."),
    133015: Entry("Deletion in progress", 400, WAIT, "The number's deletion has not completed."),
    133016: Entry("Register rate limit exceeded", 400, WAIT, "Too many attempts within 72 hours."),
    134011: Entry("Payments terms pending", 400, ALERT, "The terms of payments are not accepted."),
    135000: Entry("Generic user error", 400, PERMANENT, "Unknown error with the request parameters."),
    136024: Entry("Verification code already verified", 400, PERMANENT, "The number is verified already."),
    137000: Entry("Identity key hash mismatch", 400, PERMANENT, "The recipient's identity has changed."),
    2388024: Entry("Template exists in this language", 400, PERMANENT, "Name and language are taken."),
}

CATALOGUE: dict[int, Entry] = {**GRAPH_CODES, **MESSAGE_CODES, **TEMPLATE_CODES, **ACCOUNT_CODES}
