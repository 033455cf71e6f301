import asyncio
import threading

import pytest

from eval.studio_queue import Busy, NewestWins, Superseded


class Worker:
    """Work that waits until it may go on, and remembers what was done."""

    def __init__(self):
        self.done, self.may_go_on = [], threading.Event()

    def work(self, name):
        def run():
            self.may_go_on.wait(60)
            self.done.append(name)
            return name

        return run


def run(scenario, most_waiting=3):
    async def main():
        worker, queue = Worker(), NewestWins(most_waiting)

        async def ask(asker, name):
            task = asyncio.create_task(queue.run(asker, worker.work(name)))
            await asyncio.sleep(0.02)
            return task

        return await scenario(worker, ask)

    return asyncio.run(main())


def test_a_newer_wish_takes_the_place_of_the_one_that_waits():
    async def scenario(worker, ask):
        order = zip("aabaca", range(1, 7), strict=True)
        wishes = [await ask(*wish) for wish in order]
        worker.may_go_on.set()
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        # The first was begun, and a keeps its place before b.
        assert worker.done == [1, 6, 3, 5]
        assert [answers[i] for i in (0, 2, 4, 5)] == [1, 3, 5, 6]
        assert all(isinstance(answers[i], Superseded) for i in (1, 3))

    run(scenario)


def test_who_has_gone_is_passed_over_and_errors_reach_who_asked():
    async def scenario(worker, ask):
        first, second, third = [await ask(name, name) for name in "abc"]
        second.cancel()
        await asyncio.sleep(0.02)
        worker.may_go_on.set()
        assert await third == "c" and await first == "a"
        assert worker.done == ["a", "c"]

    run(scenario)

    async def failing():
        with pytest.raises(ZeroDivisionError):
            await NewestWins(3).run("a", lambda: 1 // 0)

    asyncio.run(failing())


def test_too_many_are_turned_away():
    async def scenario(worker, ask):
        tasks = [await ask(name, name) for name in "abcd"]
        late = await ask("e", "e")
        with pytest.raises(Busy):
            await late
        worker.may_go_on.set()
        assert await asyncio.gather(*tasks) == list("abcd")

    run(scenario)
