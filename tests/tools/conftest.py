"""The longest tests begin first; xdist gives neighbours to one worker, so that they do not disturb one another."""

import pytest

LONGEST = "test_demo.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != LONGEST)
