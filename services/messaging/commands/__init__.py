"""Everything that can change what messaging knows."""
