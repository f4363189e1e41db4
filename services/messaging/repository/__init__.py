"""Every SQL statement of messaging, by noun. Bulk rows travel as one JSON parameter and are unfolded by the server."""
