"""Calls that send bytes, and those that go with them: streams, pictures, lyrics, HTTP Live Streaming."""
