"""What changed between two dates, told in facts."""
