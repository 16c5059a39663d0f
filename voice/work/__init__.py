"""What happens after a commit: outbox, jobs, pacer, sweepers, and the worker that runs them."""
