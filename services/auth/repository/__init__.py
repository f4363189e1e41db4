"""Every SQL statement of `auth`."""
