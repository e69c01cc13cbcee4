"""What lives on other servers, as rows: people there, their libraries and channels, and the music in them."""
