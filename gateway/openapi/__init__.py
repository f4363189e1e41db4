"""The API document: what each route says of itself, put together as OpenAPI 3.1."""
