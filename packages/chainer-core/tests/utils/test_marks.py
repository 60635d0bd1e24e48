"""Marks of what may change, and of what is not repeatable."""

import warnings

import chainer
import pytest
from chainer.utils import experimental, nondeterministic


def test_experimental_warns_unless_told_not_to(monkeypatch):
    with pytest.warns(FutureWarning, match="the_name is experimental"):
        experimental("the_name")
    monkeypatch.setattr(chainer, "disable_experimental_feature_warning", True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        experimental("the_name")


def test_nondeterministic_warns_where_it_was_asked_to():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nondeterministic("the_function")
    with chainer.using_config("warn_nondeterministic", True), pytest.warns(UserWarning, match="the_function"):
        nondeterministic("the_function")
