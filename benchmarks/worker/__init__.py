"""The process that runs one framework: it measures, and knows nothing of the peers it is compared with."""
