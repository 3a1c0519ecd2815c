"""The web pages of an archive: look-up, lists of captures, snapshots under their banner."""
