"""Pages of a document read several at a time, told in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines


def lines_of_pages(pages: Iterable[Page], line_source: LineSource, *, window: int) -> Iterator[PageLines]:
    """The lines of every page, `window` of them under way at a time, their pictures let go of one by one."""
    with ThreadPoolExecutor(max_workers=window, thread_name_prefix="page") as pool:
        under_way: deque[Future[PageLines]] = deque()
        for page in pages:
            under_way.append(pool.submit(line_source, page))
            if len(under_way) == window:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
