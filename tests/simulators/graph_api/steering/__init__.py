"""The control API: how a test or the demo arranges the simulated world and looks at it."""
