from sqlalchemy import update
from tests.factories import *
from tests.leaving.conftest import *
from tests.leaving.test_rooms import _stand_in_every_column, _stand_in_the_fund
from timebank.merging import service
from timebank.merging.rules import Wanted
from timebank.app import FEATURES
def test_x(session, bank, leaver):
    other = make_member(session, bank, "Other", number="Q1")
    co = make_member(session, bank, "Co", role="coordinator")
    _stand_in_every_column(session, bank, leaver)
    from timebank.dialogue import models as dm
    session.execute(update(dm.Dialogue).values(decider_id=None)); session.flush()
    seen = service.preview(session, bank, leaver.id, other.id, FEATURES, Act(actor(co), NOW))
    print([str(x) for x in seen.refused]); print([str(x) for x in seen.merged.carried] if seen.merged else None, seen.merged)
    m = service.merge(session, bank, leaver.id, Wanted(other.id, "same"), FEATURES, Act(actor(co), NOW))
    session.flush()
    u = service.undo(session, bank, m.id, FEATURES, Act(actor(co), NOW))
    print(u.lost)
    assert 0
