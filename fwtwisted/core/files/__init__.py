"""Files that people bring: audio and pictures, stored and removed."""
