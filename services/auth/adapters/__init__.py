"""What stands outside: cryptography, and the service of tenants."""
