"""The Nameko services, each with a database of its own, and what they share."""
