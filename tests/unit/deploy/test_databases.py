"""Addresses of databases and what they are taken apart into."""

from deploy.local.databases import DATABASES, admin_environment, database_urls, role_passwords

SECRETS = {f"{name.upper()}_{role}_PASSWORD": f"{name}-{role}" for name in DATABASES for role in ("OWNER", "APP")}


def test_passwords_go_into_addresses_and_come_out_again() -> None:
    assert role_passwords(database_urls(5555, SECRETS)) == SECRETS


def test_the_service_and_its_owner_have_different_addresses() -> None:
    urls = database_urls(5555, SECRETS)
    assert urls["AUTH_DATABASE_URL"] == "postgresql://auth_app:auth-APP@127.0.0.1:5555/auth"
    assert urls["AUTH_MIGRATION_DATABASE_URL"] == "postgresql://auth_owner:auth-OWNER@127.0.0.1:5555/auth"


def test_the_administrator_is_described_for_libpq() -> None:
    assert admin_environment("postgresql://root:a%40b@db:6000/maintenance") == {
        "PGHOST": "db",
        "PGPORT": "6000",
        "PGUSER": "root",
        "PGPASSWORD": "a@b",
        "PGDATABASE": "maintenance",
    }
