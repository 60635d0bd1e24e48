"""Aids for tests of what runs on several ranks."""

from chainermn.testing.device import get_device

__all__ = ["get_device"]
