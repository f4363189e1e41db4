"""The providers of channels."""
