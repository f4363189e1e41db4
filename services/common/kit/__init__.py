"""Plumbing without business nouns: settings, transactions, the bus, logs, health."""
