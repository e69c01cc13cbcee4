"""The Subsonic API, 1.16.1 with OpenSubsonic: what apps ask for and the answers they get (docs/subsonic.md)."""
