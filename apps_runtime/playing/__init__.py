"""Parts of the player: its events, its limits, and nbclient's protocol with our rules."""
