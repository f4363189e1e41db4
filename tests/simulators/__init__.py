"""Stand-ins for the systems outside the product: strict, stateful, able to fail on command."""
