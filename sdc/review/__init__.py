"""What does a reviewer need to see before a release is approved? Internal: true values are shown."""
