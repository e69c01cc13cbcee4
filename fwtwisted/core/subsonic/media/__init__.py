"""What Subsonic apps play and look at: streams, bundles, pictures, lyrics, folders, and what decides about them."""
