import asyncio
import functools
import threading

import pytest

from eval.studio.newest import Busy, NewestWins, Superseded


def answers_of(askers, gone=()):
    """What is done, in order, and what the askers get who ask while the first wish is at work."""

    async def main():
        queue, done, may_go_on = NewestWins(3), [], threading.Event()

        def work(number):
            may_go_on.wait(60)
            done.append(number)
            return number // (askers[number] != "!")

        wishes = []
        for number, asker in enumerate(askers):
            wish = queue.run(asker, functools.partial(work, number))
            wishes.append(asyncio.create_task(wish))
            await asyncio.sleep(0.02)
        for number in gone:
            wishes[number].cancel()
        await asyncio.sleep(0.02)
        may_go_on.set()
        return done, await asyncio.gather(*wishes, return_exceptions=True)

    done, answers = asyncio.run(main())
    return done, [answer if isinstance(answer, int) else type(answer) for answer in answers]


@pytest.mark.parametrize(
    ("askers", "gone", "done", "answers"),
    [
        # The first was begun, and a keeps its place before b.
        pytest.param(
            "aabaca", [], [0, 5, 2, 4], [0, Superseded, 2, Superseded, 4, 5], id="the newest wins"
        ),
        pytest.param("abc", [1], [0, 2], [0, asyncio.CancelledError, 2], id="who has gone"),
        pytest.param("a!b", [], [0, 1, 2], [0, ZeroDivisionError, 2], id="errors"),
        pytest.param("abcde", [], [0, 1, 2, 3], [0, 1, 2, 3, Busy], id="too many"),
    ],
)
def test_every_asker_gets_what_is_theirs(askers, gone, done, answers):
    assert answers_of(askers, gone) == (done, answers)
