"""The HTTP side of the product: checks who calls, asks a service or publishes, and answers."""

from __future__ import annotations

VERSION = "0.1.0"
API_VERSION = "v1"
