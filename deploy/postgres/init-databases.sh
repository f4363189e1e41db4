#!/bin/sh
# Creates the database of each service with its roles. Safe to run again; a run sets the passwords anew.
#
# Connects by the usual PG* variables (in the official image: to the server being set up) as an administrator.
# Reads <SERVICE>_OWNER_PASSWORD and <SERVICE>_APP_PASSWORD, e.g. AUTH_OWNER_PASSWORD.
#
#   <service>_owner   owns the database and its schema; migrations run as this role
#   <service>_system  can't log in; the few paths that belong to no tenant switch to it
#   <service>_app     the service itself; neither owner nor superuser, so row-level security binds it
#
# Grants on tables are the migrations' business.
set -eu

PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
PGDATABASE="${PGDATABASE:-postgres}"
export PGUSER PGDATABASE

# Prints the SQL for one database. Passwords reach psql through its environment, never through arguments or this
# text, where other users of the machine could read them.
database_sql() {
    service="$1"
    upper="$(echo "$service" | tr '[:lower:]' '[:upper:]')"
    cat <<SQL
\\connect "$maintenance"
\\set service '$service'
\\set owner '${service}_owner'
\\set app '${service}_app'
\\set owner_password \`printf %s "\$${upper}_OWNER_PASSWORD"\`
\\set app_password \`printf %s "\$${upper}_APP_PASSWORD"\`

SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY[:'owner', :'app']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \\gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app_password';

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'service', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \\gexec
ALTER DATABASE :"service" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"owner", :"app";

\\connect :"service"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
SQL
}

# The gateway's database belongs to no tenant, so it has no such role.
system_role_sql() {
    service="$1"
    cat <<SQL
\\set system '${service}_system'
SELECT format('CREATE ROLE %I', :'system')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'system') \\gexec
ALTER ROLE :"system" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT :"system" TO :"app";
GRANT USAGE ON SCHEMA public TO :"system";
SQL
}

maintenance="$PGDATABASE"
services="auth tenants bookings messaging analytics"

for service in $services gateway; do
    upper="$(echo "$service" | tr '[:lower:]' '[:upper:]')"
    for role in OWNER APP; do
        eval "password=\${${upper}_${role}_PASSWORD:-}"
        if [ -z "$password" ]; then
            echo "init-databases.sh: please set ${upper}_${role}_PASSWORD." >&2
            exit 1
        fi
    done
done

{
    for service in $services; do
        database_sql "$service"
        system_role_sql "$service"
    done
    database_sql gateway
} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file -
