"""Taking messages from the broker: intake, single and batch handling, retries."""
