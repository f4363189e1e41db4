"""The outside systems of messaging: what WhatsApp sends, and the Graph API."""
