"""Links that connect units: affine maps, convolutions, embeddings, and blocks of them."""
