"""People, their accounts, and what proves who they are."""
