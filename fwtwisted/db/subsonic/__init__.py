"""What the Subsonic face asks of the database."""
