"""Tests of what is brought here from elsewhere."""
