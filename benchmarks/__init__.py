"""Speed and memory of chainer beside what people would pick instead, as ratios measured in one run."""
