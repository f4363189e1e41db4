"""The pause before a restart grows, and starts anew once a process has proved healthy."""

from deploy.local.backoff import Backoff


def test_it_doubles_up_to_the_limit() -> None:
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_healthy_life_starts_it_anew() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(1.0)
    assert backoff.after(10.0) == 0.2
    assert backoff.after(1.0) == 0.4
