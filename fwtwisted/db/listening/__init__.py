"""What is heard, and in what order."""
