"""Measures the product stage by stage, beside raw limits measured in the same run."""
