"""Tests of the gateway: the Flask application with typed stand-ins for the bus."""
