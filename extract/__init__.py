"""Floor 3: what the pages say. Content, facts, changes and exports, each traceable to source."""
