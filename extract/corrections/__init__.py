"""What people decide on extracted values: kept apart from what was read, and outliving it."""
