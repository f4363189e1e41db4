"""What the services share: `contracts` (the published language) and `kit` (plumbing that knows no business noun)."""
