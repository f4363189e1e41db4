"""What the API accepts in the body of a send, and the error it gives for anything else."""
