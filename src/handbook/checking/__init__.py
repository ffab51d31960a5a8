"""Checks files: finds them, opens their projects, runs rules on them, in several processes."""
