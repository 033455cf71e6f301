import asyncio
import threading

import pytest

from eval.studio.newest import Busy, NewestWins, Superseded


def run(scenario):
    """Runs a scenario whose work waits until it may go on, and lists what was done."""

    async def main():
        queue, done, may_go_on = NewestWins(3), [], threading.Event()

        async def ask(asker, name):
            def work():
                may_go_on.wait(60)
                done.append(name)
                return name

            task = asyncio.create_task(queue.run(asker, work))
            await asyncio.sleep(0.02)
            return task

        await scenario(ask, done, may_go_on)

    asyncio.run(main())


def test_a_newer_wish_takes_the_place_of_the_one_that_waits():
    async def scenario(ask, done, may_go_on):
        order = zip("aabaca", range(1, 7), strict=True)
        wishes = [await ask(*wish) for wish in order]
        may_go_on.set()
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        # The first was begun, and a keeps its place before b.
        assert done == [1, 6, 3, 5]
        assert [answers[i] for i in (0, 2, 4, 5)] == [1, 3, 5, 6]
        assert all(isinstance(answers[i], Superseded) for i in (1, 3))

    run(scenario)


def test_who_has_gone_is_passed_over_and_errors_reach_who_asked():
    async def scenario(ask, done, may_go_on):
        first, second, third = [await ask(name, name) for name in "abc"]
        second.cancel()
        await asyncio.sleep(0.02)
        may_go_on.set()
        assert await third == "c" and await first == "a"
        assert done == ["a", "c"]

    run(scenario)

    async def failing():
        with pytest.raises(ZeroDivisionError):
            await NewestWins(3).run("a", lambda: 1 // 0)

    asyncio.run(failing())


def test_too_many_are_turned_away():
    async def scenario(ask, done, may_go_on):
        tasks = [await ask(name, name) for name in "abcd"]
        late = await ask("e", "e")
        with pytest.raises(Busy):
            await late
        may_go_on.set()
        assert await asyncio.gather(*tasks) == list("abcd")

    run(scenario)
