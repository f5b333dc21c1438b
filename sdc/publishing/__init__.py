"""Which files leave the house? Every exporter takes a ``Release`` and nothing else."""
