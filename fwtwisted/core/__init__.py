"""What the server does: transactions and rules."""
