"""A file per story; the servers and browsers they share are plugins beside them."""
