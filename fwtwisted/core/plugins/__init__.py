"""Plugins: what somebody listens to, told to services elsewhere."""
