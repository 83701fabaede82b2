"""Asking the fake provider: an account that takes everything down, a clock that the test winds, and one picture."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

from app.describe.asking import Asking
from app.describe.manners import Manners
from app.describe.providers import Provider
from app.describe.template_files import templates
from app.descriptions import SILENT, Price, Run, RunStatus
from app.errors import NeedsAttention

PICTURE, SHA256 = b"\xff\xd8 a reduced picture \xff\xd9", "ab" * 32
CAPTION = templates().named("caption")
PRICE = Price(Decimal(1), Decimal(10), Decimal("0.1"))
WORST = Decimal("0.012")
"""Of 10,000 tokens in, or cached, and 200 out, at PRICE."""


class Clock:
    """Time that passes when somebody sleeps; at the latest moment that anyone sleeps to."""

    def __init__(self):
        self.now = 0.0
        self.sleeps = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.sleeps.append(seconds)
        wake = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, wake)


class FakeAccount:
    """Gives leave for so many requests, numbered, and takes down how they ended."""

    def __init__(self, most=1_000):
        self.sha256, self.heard, self.in_doubt, self.lost = SHA256, 0, False, 0
        self.most, self.reserved, self.runs, self.waited, self.struck = most, [], [], [], []

    async def reserve(self, worst):
        if len(self.reserved) == self.most:
            raise NeedsAttention("The budget is reached.", cause="budget_reached")
        self.reserved.append(worst)
        about = (SHA256, "default", "a-model", CAPTION.name, CAPTION.sha256)
        return Run(f"run {len(self.reserved)}", *about, RunStatus.UNKNOWN, "now", cost=worst)

    def ended(self, run):
        self.runs.append(run)
        if run.status not in SILENT:
            self.heard, self.in_doubt = self.heard + 1, False

    def doubt(self):
        self.in_doubt = True

    def unsent(self, run):
        self.struck.append(run.run)

    def waits_for(self, what):
        self.waited.append(what)

    @property
    def ends(self):
        """How the requests ended, in order: status and cost."""
        return [(run.status.value, run.cost) for run in self.runs]


class Asked:
    """Who asks a provider about pictures, with an account and a clock of its own."""

    def __init__(self, fake, *, account=None, template=CAPTION, base_url=None, **provider):
        given = {"price": PRICE, "max_input_tokens": 10_000, "max_output_tokens": 200, "concurrency": 4, **provider}
        self.provider = Provider("default", base_url or fake.base_url, "a-model", **given)
        self.account, self.clock, self.template = account or FakeAccount(), Clock(), template

    @asynccontextmanager
    async def asking(self):
        """The one who asks, in the event loop of the caller."""
        manners = Manners(self.provider.concurrency, clock=self.clock, sleep=self.clock.sleep)
        async with Asking(self.provider, self.template, "image/jpeg", manners) as asking:
            yield asking

    def ask(self, pictures=1):
        """What is said of so many pictures, asked about at once; of one, that alone. Raises what the first raises."""

        async def all_of_them():
            async with self.asking() as asking:
                return await asyncio.gather(*(asking(PICTURE, self.account) for _ in range(pictures)))

        answers = asyncio.run(all_of_them())
        return answers[0] if pictures == 1 else answers
