"""What is said to an object store and what it answers: signatures, documents, headers; no clock, no socket."""
