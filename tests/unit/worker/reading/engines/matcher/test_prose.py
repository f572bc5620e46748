from __future__ import annotations

from tests.build import page_of
from worker.reading.engines.matcher import prose
from worker.reading.engines.matcher.rows import arrange


def test_names_before_the_terms_that_a_contract_defines() -> None:
    page = page_of(
        "This lease is made as of the third of May by and between HARBOUR VIEW, LLC, a",
        'Delaware company ("Landlord"), and Kim Lund, residing in Springfield ("Tenant").',
    )
    found = [(d.term, " ".join(span.text for span in d.spans)) for d in prose.defined(arrange([page]))]
    assert found == [("Landlord", "HARBOUR VIEW, LLC"), ("Tenant", "Kim Lund")]


def test_a_short_line_is_no_running_text() -> None:
    assert not list(prose.defined(arrange([page_of('Kim Lund ("Tenant")')])))
