"""Tests, and the stand-ins for the outside world that they share with the demo."""
