"""The HTTP faces, over real sockets."""
