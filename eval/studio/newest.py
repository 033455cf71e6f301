"""One thread for everybody's work, in which a newer wish takes the place of an older one."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor


class Superseded(Exception):
    """The same asker wants something newer."""


class Busy(Exception):
    """Too many askers are waiting."""


class NewestWins:
    """Runs work one at a time, asker after asker, of whom at most so many may wait.

    Who asks again before it was their turn keeps their place, and gets the newer work done.
    """

    def __init__(self, most_waiting: int):
        self._most_waiting = most_waiting
        self._waiting: dict[Hashable, tuple[Callable, asyncio.Future]] = {}
        self._thread = ThreadPoolExecutor(1)
        self._runner: asyncio.Task | None = None

    async def run(self, asker: Hashable, work: Callable):
        """Gives what `work` returns or raises, called in the thread; unless cancelled before.

        Raises:
            Superseded: The asker asked anew.
            Busy: There are too many others.
        """
        done = asyncio.get_running_loop().create_future()
        if asker in self._waiting:
            _, older = self._waiting[asker]
            if not older.done():
                older.set_exception(Superseded("a newer call has taken its place"))
        elif len(self._waiting) >= self._most_waiting:
            raise Busy("too many are waiting for the model: try again")
        self._waiting[asker] = work, done
        if self._runner is None:
            self._runner = asyncio.create_task(self._run_all())
        return await done

    async def _run_all(self):
        while self._waiting:
            work, done = self._waiting.pop(next(iter(self._waiting)))
            if done.done():  # whoever asked has gone
                continue
            try:
                result = await asyncio.get_running_loop().run_in_executor(self._thread, work)
            except Exception as error:
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(result)
        self._runner = None
