"""What other servers tell us."""
