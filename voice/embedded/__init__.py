"""Everything on one machine: the processes, kept running, and the Redis server that comes by pip."""
