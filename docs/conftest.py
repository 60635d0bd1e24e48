"""Keeps pytest to the pages: what builds them needs Sphinx, which the tests do without."""

collect_ignore = ["conf.py", "_ext"]
