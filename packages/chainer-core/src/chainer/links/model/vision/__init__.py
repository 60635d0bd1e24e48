"""Image classifiers with published weights."""
