"""Entrypoints of `auth`."""

from __future__ import annotations

from services.auth import queries
from services.auth.adapters.security import Security
from services.auth.commands import (
    accept_invitation,
    change_email,
    change_password,
    confirm_totp,
    create_api_key,
    disable_totp,
    end_session,
    end_sessions,
    enrol_totp,
    finish_registrations,
    forget_expired,
    forgot_password,
    invite_user,
    link_telegram,
    login_telegram,
    login_user,
    refresh_session,
    regenerate_codes,
    register_customer,
    register_owner,
    remove_user,
    repeat_registration,
    resend_invitation,
    reset_password,
    revoke_api_key,
    rewrap_secrets,
    rotate_api_key,
    send_letter,
    send_verification,
    store_audit,
    store_tenant,
    unlink_telegram,
    update_me,
    update_user,
    use_api_key,
    verify_email,
    verify_mfa,
)
from services.auth.settings import AuthSettings
from services.common.contracts import auth, messaging, tenants
from services.common.contracts.audit import AuditRecorded
from services.common.kit.entrypoints import SYSTEM, Begin, Provide, Runtime, command, every, on, query
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork


class AuthService(Service):
    """Accounts, sessions and access tokens. Most of it runs before anybody knows the tenant."""

    name = auth.SERVICE
    workers = 24
    """More than passwords may wait to be compared: whoever has none must not wait behind them."""
    runtime = Runtime(AuthSettings)
    security = Provide(Security.from_settings)
    post = Provide(send_letter.Post.from_settings)

    @command(auth.Register, SYSTEM, steps=True)
    def register(self, request: auth.Register, begin: Begin) -> auth.SignedIn:
        try:
            if request.salon_slug is not None:
                return register_customer.run(request, request.salon_slug, begin, self.security, self.runtime.rpc)
            return register_owner.run(request, begin, self.security, self.runtime.rpc)
        except auth.EmailTaken:
            return repeat_registration.run(request, begin, self.security)

    @command(auth.Login, SYSTEM, steps=True)
    def login(self, request: auth.Login, begin: Begin) -> auth.LoginAnswer:
        return login_user.run(request, begin, self.security)

    @command(auth.Refresh, SYSTEM, steps=True)
    def refresh(self, request: auth.Refresh, begin: Begin) -> auth.TokenPair:
        return refresh_session.run(request, begin, self.security)

    @command(auth.Logout, SYSTEM)
    def logout(self, request: auth.Logout, uow: UnitOfWork) -> None:
        return end_sessions.run(request, uow, self.security)

    @query(auth.GetMe, SYSTEM)
    def get_me(self, _request: auth.GetMe, uow: UnitOfWork) -> auth.Me:
        return queries.get_me(uow)

    @command(auth.UpdateMe, SYSTEM)
    def update_me(self, request: auth.UpdateMe, uow: UnitOfWork) -> auth.Me:
        return update_me.run(request, uow)

    @command(auth.ChangePassword, SYSTEM, steps=True)
    def change_password(self, request: auth.ChangePassword, begin: Begin) -> None:
        return change_password.run(request, begin, self.security)

    @command(auth.ChangeEmail, SYSTEM, steps=True)
    def change_email(self, request: auth.ChangeEmail, begin: Begin) -> None:
        return change_email.run(request, begin, self.security)

    @command(auth.SendVerification, SYSTEM)
    def send_verification(self, _request: auth.SendVerification, uow: UnitOfWork) -> None:
        return send_verification.run(uow)

    @command(auth.VerifyEmail, SYSTEM)
    def verify_email(self, request: auth.VerifyEmail, uow: UnitOfWork) -> None:
        return verify_email.run(request, uow)

    @command(auth.ForgotPassword, SYSTEM)
    def forgot_password(self, request: auth.ForgotPassword, uow: UnitOfWork) -> None:
        return forgot_password.run(request, uow)

    @command(auth.ResetPassword, SYSTEM, steps=True)
    def reset_password(self, request: auth.ResetPassword, begin: Begin) -> None:
        return reset_password.run(request, begin, self.security)

    @query(auth.ListSessions, SYSTEM)
    def list_sessions(self, request: auth.ListSessions, uow: UnitOfWork) -> auth.SessionPage:
        return queries.list_sessions(request, uow, self.security.limits)

    @command(auth.EndSession, SYSTEM)
    def end_session(self, request: auth.EndSession, uow: UnitOfWork) -> None:
        return end_session.run(request, uow, self.security)

    @query(auth.ListRevocations, SYSTEM)
    def list_revocations(self, _request: auth.ListRevocations, uow: UnitOfWork) -> auth.Revocations:
        return queries.list_revocations(uow, self.security.limits)

    @command(auth.InviteUser, SYSTEM)
    def invite_user(self, request: auth.InviteUser, uow: UnitOfWork) -> auth.User:
        return invite_user.run(request, uow)

    @command(auth.ResendInvitation)
    def resend_invitation(self, request: auth.ResendInvitation, uow: UnitOfWork) -> None:
        return resend_invitation.run(request, uow)

    @command(auth.AcceptInvitation, SYSTEM, steps=True)
    def accept_invitation(self, request: auth.AcceptInvitation, begin: Begin) -> auth.LoginAnswer:
        return accept_invitation.run(request, begin, self.security)

    @query(auth.ListUsers)
    def list_users(self, request: auth.ListUsers, uow: UnitOfWork) -> auth.UserPage:
        return queries.list_users(request, uow)

    @query(auth.GetUser)
    def get_user(self, request: auth.GetUser, uow: UnitOfWork) -> auth.User:
        return queries.get_user(request, uow)

    @command(auth.UpdateUser)
    def update_user(self, request: auth.UpdateUser, uow: UnitOfWork) -> auth.User:
        return update_user.run(request, uow, self.security)

    @command(auth.RemoveUser)
    def remove_user(self, request: auth.RemoveUser, uow: UnitOfWork) -> None:
        return remove_user.run(request, uow, self.security)

    @command(auth.CreateApiKey, steps=True)
    def create_api_key(self, request: auth.CreateApiKey, begin: Begin) -> auth.NewApiKey:
        return create_api_key.run(request, begin, self.security)

    @query(auth.ListApiKeys)
    def list_api_keys(self, request: auth.ListApiKeys, uow: UnitOfWork) -> auth.ApiKeyPage:
        return queries.list_api_keys(request, uow)

    @command(auth.RevokeApiKey)
    def revoke_api_key(self, request: auth.RevokeApiKey, uow: UnitOfWork) -> None:
        return revoke_api_key.run(request, uow, self.security)

    @command(auth.RotateApiKey, steps=True)
    def rotate_api_key(self, request: auth.RotateApiKey, begin: Begin) -> auth.NewApiKey:
        return rotate_api_key.run(request, begin, self.security)

    @command(auth.FindApiKey, SYSTEM)
    def find_api_key(self, request: auth.FindApiKey, uow: UnitOfWork) -> auth.ApiKeyPrincipal:
        return use_api_key.run(request, uow)

    @query(auth.ListAuditLog)
    def list_audit_log(self, request: auth.ListAuditLog, uow: UnitOfWork) -> auth.AuditPage:
        return queries.list_audit_log(request, uow)

    @command(auth.EnrolTotp, SYSTEM, steps=True)
    def enrol_totp(self, request: auth.EnrolTotp, begin: Begin) -> auth.TotpEnrolment:
        return enrol_totp.run(request, begin, self.security)

    @command(auth.ConfirmTotp, SYSTEM, steps=True)
    def confirm_totp(self, request: auth.ConfirmTotp, begin: Begin) -> auth.TotpConfirmed:
        return confirm_totp.run(request, begin, self.security)

    @command(auth.DisableTotp, SYSTEM, steps=True)
    def disable_totp(self, request: auth.DisableTotp, begin: Begin) -> None:
        return disable_totp.run(request, begin, self.security)

    @command(auth.RegenerateRecoveryCodes, SYSTEM, steps=True)
    def regenerate_recovery_codes(self, request: auth.RegenerateRecoveryCodes, begin: Begin) -> auth.RecoveryCodes:
        return regenerate_codes.run(request, begin, self.security)

    @command(auth.VerifyMfa, SYSTEM, steps=True)
    def verify_mfa(self, request: auth.VerifyMfa, begin: Begin) -> auth.SignedIn:
        return verify_mfa.run(request, begin, self.security)

    @command(auth.LoginWithTelegram, SYSTEM, steps=True)
    def login_with_telegram(self, request: auth.LoginWithTelegram, begin: Begin) -> auth.LoginAnswer:
        return login_telegram.run(request, begin, self.security, self.runtime.rpc)

    @command(auth.LinkTelegram, SYSTEM, steps=True)
    def link_telegram(self, request: auth.LinkTelegram, begin: Begin) -> auth.Me:
        return link_telegram.run(request, begin, self.security, self.runtime.rpc)

    @command(auth.UnlinkTelegram, SYSTEM)
    def unlink_telegram(self, _request: auth.UnlinkTelegram, uow: UnitOfWork) -> auth.Me:
        return unlink_telegram.run(uow)

    # In steps without a step: the keys need no database, and must be there when it is away.
    @command(auth.GetJwks, SYSTEM, steps=True)
    def get_jwks(self, _request: auth.GetJwks, _begin: Begin) -> auth.Jwks:
        return auth.Jwks(keys=self.security.tokens.public_keys())

    @on(tenants.TenantUpdatedV1)
    def on_tenant_updated_v1(self, event: tenants.TenantUpdatedV1, uow: UnitOfWork) -> None:
        store_tenant.run(event, uow)

    # One method for all who tell: each source has a queue of its own.
    @on(tenants.AuditRecordedV1, SYSTEM)
    @on(messaging.AuditRecordedV1, SYSTEM)
    def on_audit_recorded_v1(self, event: AuditRecorded, uow: UnitOfWork) -> None:
        store_audit.run(event, uow)

    @on(tenants.TenantCreatedV1)
    def on_tenant_created_v1(self, event: tenants.TenantCreatedV1, uow: UnitOfWork) -> None:
        store_tenant.run(event, uow)

    @on(auth.LetterOrderedV1, SYSTEM, steps=True)
    def on_letter_ordered_v1(self, event: auth.LetterOrderedV1, begin: Begin) -> None:
        send_letter.run(event, begin, self.post)

    @every(30, steps=True)
    def finish_registrations(self, begin: Begin) -> None:
        finish_registrations.run(begin, self.runtime.rpc)

    @every(3600, steps=True)
    def rewrap_secrets(self, begin: Begin) -> None:
        rewrap_secrets.run(begin, self.security)

    @every(3600)
    def forget_expired(self, uow: UnitOfWork) -> None:
        forget_expired.run(uow, self.security)
