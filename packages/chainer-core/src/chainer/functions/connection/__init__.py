"""Functions with weights: affine maps, convolutions, embeddings."""
