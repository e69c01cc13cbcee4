"""Radios: what they mean, and what comes next."""
