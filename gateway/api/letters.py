"""The pages that links in our letters lead to. Each is a form for one call of the API, with the token of the link."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from gateway import files
from gateway.access import PUBLIC
from gateway.openapi.responses import FILE, PAGE, plain
from gateway.resource import Resource

letters = Resource("letters", "Where links in letters lead to.")

_FOLDER = files.ASSETS / "letters"
_SHARED_FILES = ("letters.js", "letters.css")


@letters.route("/verify-email")
@PUBLIC
@letters.doc(**plain("verifyEmailPage", "Page to confirm an e-mail address", PUBLIC, PAGE))
def verify_email() -> Response:
    return files.page(_FOLDER / "verify-email.html")


@letters.route("/reset-password")
@PUBLIC
@letters.doc(**plain("resetPasswordPage", "Page to set a new password", PUBLIC, PAGE))
def reset_password() -> Response:
    return files.page(_FOLDER / "reset-password.html")


@letters.route("/accept-invitation")
@PUBLIC
@letters.doc(**plain("acceptInvitationPage", "Page to accept an invitation", PUBLIC, PAGE))
def accept_invitation() -> Response:
    return files.page(_FOLDER / "accept-invitation.html")


@letters.route("/letters/<file>")
@PUBLIC
@letters.doc(**plain("letterFile", "A file that these pages share", PUBLIC, FILE))
def shared(file: str) -> Response:
    """Only names on the list: no path of the caller's reaches the disk."""
    if file not in _SHARED_FILES:
        raise NotFound("There is no such file.")
    return files.file(_FOLDER / file, max_age=0)
