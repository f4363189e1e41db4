"""`make faults`: parts of a running system are killed and stopped under load, and everything is counted afterwards."""
