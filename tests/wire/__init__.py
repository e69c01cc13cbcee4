"""What bytes and documents mean, tried without anything that waits."""
