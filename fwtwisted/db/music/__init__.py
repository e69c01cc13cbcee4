"""Artists, albums, tracks, and the libraries that they lie in."""
