"""The published language: requests, views, events and errors, one module for each owning service."""
