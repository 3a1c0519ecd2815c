"""Site recipes: how the pages of one site's template are read, as its migration team wrote it."""
