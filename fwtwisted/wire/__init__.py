"""What bytes and documents mean: no clock, no socket, no reactor."""
