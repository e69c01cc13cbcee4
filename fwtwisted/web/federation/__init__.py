"""What other servers find here, and where they post: everything under ``/federation/``, and how it is discovered."""
