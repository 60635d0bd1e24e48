import unittest

import pytest
from chainer.testing import condition


def make_case(decorator, outcomes):
    """A test whose n-th attempt succeeds, fails or is skipped as told, and the log of what it did."""
    log = []

    class Case(unittest.TestCase):
        def setUp(self):
            log.append("setUp")

        def tearDown(self):
            log.append("tearDown")

        @decorator
        def test(self):
            outcome = outcomes[log.count("test")]
            log.append("test")
            if outcome == "skip":
                raise unittest.SkipTest("a reason")
            assert outcome, "it failed"

    result = condition.QuietTestRunner().run(unittest.TestSuite([Case("test")]))
    return result, log


@pytest.mark.parametrize(
    ("decorator", "outcomes", "success", "attempts"),
    [
        (condition.retry(3), [0, 0, 1], True, 3),
        (condition.retry(3), [1, 0, 0], True, 1),
        (condition.retry(3), [0, 0, 0], False, 3),
        (condition.repeat(3), [1, 1, 1], True, 3),
        (condition.repeat(3), [1, 0, 1], False, 2),
        (condition.repeat_with_success_at_least(5, 2), [1, 0, 1, 0, 0], True, 3),
        (condition.repeat_with_success_at_least(3, 2), [0, 0, 1], False, 2),
    ],
)
def test_counts(decorator, outcomes, success, attempts):
    result, log = make_case(decorator, outcomes)
    assert result.wasSuccessful() is success
    assert log.count("test") == attempts
    assert log.count("setUp") == log.count("tearDown") == attempts + 1  # one pair is the runner's


def test_message_holds_the_first_failure():
    result, _ = make_case(condition.retry(2), [0, 0])
    ((_, message),) = result.failures
    assert "failed 2 times, succeeded 0 times; needed 1 in 2" in message
    assert "it failed" in message


def test_skipping_is_not_failing():
    result, log = make_case(condition.retry(3), ["skip"])
    assert [reason for _, reason in result.skipped] == ["a reason"]
    assert log.count("test") == 1


@pytest.mark.parametrize(("times", "min_success"), [(0, 0), (2, 3), (3, 0)])
def test_refuses_impossible_numbers(times, min_success):
    with pytest.raises(ValueError, match="min_success must be from 1 to"):
        condition.repeat_with_success_at_least(times, min_success)


class TestPlainClass:
    attempts = 0

    @condition.retry(2)
    def test_arguments_are_passed_on(self, rng):
        TestPlainClass.attempts += 1
        assert rng is not None
        assert TestPlainClass.attempts == 2
