"""The service `messaging`: every message in, once; every message out, once."""
