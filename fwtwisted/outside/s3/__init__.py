"""The object store: a client that mends what can be mended, reading, writing, and the store of blobs made of both."""
