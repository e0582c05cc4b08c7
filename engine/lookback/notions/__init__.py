"""What conditions can ask about and that is known by itself: patterns of texts, codes with check digits, working days."""
