"""All that speaks the carrier's language: its words, its documents, its API, its deliveries."""
