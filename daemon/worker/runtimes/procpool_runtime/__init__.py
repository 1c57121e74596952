"""The parts of procpool_worker.py; nothing in here is for modules of users."""
