"""Published files: packs are read, text is rendered, media are checked, and everything is stored by its hash."""
