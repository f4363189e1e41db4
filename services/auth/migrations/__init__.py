"""The history of the tables of `auth`."""
