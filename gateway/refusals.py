"""What the gateway itself refuses. Services declare their own errors in their contracts."""

from __future__ import annotations

from services.common.contracts.errors import Forbidden, RateLimited, Unauthenticated, Unavailable


class BadCredential(Unauthenticated):
    """A valid access token or API key is needed."""

    code = "gateway.unauthenticated"


class RoleForbids(Forbidden):
    """The caller's role does not allow this."""

    code = "gateway.role_forbids"


class TenantNeeded(Forbidden):
    """This can be asked for as a member of a tenant only."""

    code = "gateway.tenant_needed"


class UserNeeded(Forbidden):
    """Only a signed-in user may do this, no API key."""

    code = "gateway.user_needed"


class ScopeMissing(Forbidden):
    """The API key was not made for this."""

    code = "gateway.scope_missing"


class NotReady(Unavailable):
    """This process has only just begun and does not know yet whom to refuse; try again shortly."""

    code = "gateway.not_ready"


class NotPublic(Forbidden):
    """This is shown inside the private network only."""

    code = "gateway.not_public"


class BadSignature(Unauthenticated):
    """The signature does not fit the body."""

    code = "webhooks.bad_signature"


class VerificationRefused(Forbidden):
    """The verify token is not the one that was agreed on."""

    code = "webhooks.verification_refused"


class TooManyRequests(RateLimited):
    """Too many requests; wait for as long as Retry-After says."""

    code = "gateway.rate_limited"


class WebhookNotTaken(Unavailable):
    """The webhook could not be stored safely; send it again."""

    code = "webhooks.not_taken"
