"""The stages: each runs one part of the system, and what it could do at most beside it."""
