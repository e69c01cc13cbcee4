"""Other servers: what is known of them, what comes from them, what goes to them."""
