import pytest

from benchmarks import servers


@pytest.mark.parametrize("load", ["64 slow uploads", "200 idle"])
def test_the_server_of_the_service_answers_under_load(load: str) -> None:
    with servers.started("lanes (ours)") as port:
        questions, health = servers.measure(port, load, 0.6)
    assert questions.seconds
    assert health.seconds
    assert (questions.lost, health.lost) == (0, 0)
    assert "lost" not in str(health)
