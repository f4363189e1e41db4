"""What providers send us: proved by signature, published unopened."""
