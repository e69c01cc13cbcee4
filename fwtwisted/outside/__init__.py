"""Disks, Redis, child processes, other servers."""
