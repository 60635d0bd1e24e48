__version__ = "7.9.0"
