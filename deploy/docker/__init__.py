"""The images, and what a first `docker compose up` needs."""
