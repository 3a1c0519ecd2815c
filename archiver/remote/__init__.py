"""Pages that another web archive holds: its lists of mementos, and the mementos themselves."""
