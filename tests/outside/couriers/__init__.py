"""The processes that deliver, on real sockets."""
