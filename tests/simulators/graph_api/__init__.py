"""A stand-in for the WhatsApp Cloud API part of Meta's Graph API; see README.md."""
