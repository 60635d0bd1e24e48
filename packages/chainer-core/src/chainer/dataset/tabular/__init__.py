"""Datasets that are tables: columns with names, read and transformed by column."""

from chainer.dataset.tabular.delegate_dataset import DelegateDataset
from chainer.dataset.tabular.from_data import from_data
