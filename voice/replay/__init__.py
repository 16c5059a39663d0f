"""Old calls again, on the carrier in a box, with other settings: what would have caught most of those missed."""
