"""Every SQL statement of `tenants`."""
