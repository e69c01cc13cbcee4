"""What other servers meet over HTTP."""
