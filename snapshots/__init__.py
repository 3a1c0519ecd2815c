"""Floor 2: the dated store. Archive folder, catalogue, index, and replay under the banner."""
