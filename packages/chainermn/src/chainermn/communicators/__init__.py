"""Communicators: how the processes of a training exchange arrays, objects and gradients."""

from chainermn.communicators._create import COMMUNICATORS, create_communicator
from chainermn.communicators.communicator_base import CommunicatorBase

__all__ = ["COMMUNICATORS", "CommunicatorBase", "create_communicator"]
