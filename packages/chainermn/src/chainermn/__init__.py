"""Training on many processes: data and models spread over the ranks of an MPI job."""

import os

__version__ = "1.4.0"

from chainermn import communicators, datasets, extensions, functions, global_except_hook, iterators, links, testing
from chainermn._argument_parser import ArgumentParser
from chainermn.communicators import CommunicatorBase, create_communicator
from chainermn.datasets import DataSizeError, create_empty_dataset, scatter_dataset, scatter_index
from chainermn.errors import CommunicationError
from chainermn.extensions import create_multi_node_checkpointer, create_multi_node_evaluator
from chainermn.links import MultiNodeChainList
from chainermn.optimizers import create_multi_node_optimizer

if os.environ.get("CHAINERMN_FORCE_ABORT_ON_EXCEPTIONS"):
    global_except_hook.add_hook()
