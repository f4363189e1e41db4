"""Runs the whole product on one machine: private PostgreSQL and RabbitMQ, migrations, services, gateway."""
