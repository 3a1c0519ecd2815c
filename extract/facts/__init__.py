"""What a page states: contacts, partnerships, counts, authorities, law, dates, attachments."""
