"""The whole application: its features and how they come together."""

from timebank import once  # noqa: F401
from timebank.access import models as access_models  # noqa: F401
from timebank.banks import models as bank_models  # noqa: F401
from timebank.exchanges import models as exchange_models  # noqa: F401
from timebank.jobs import models as job_models  # noqa: F401
from timebank.ledger import models as ledger_models  # noqa: F401
from timebank.members import models as member_models  # noqa: F401
from timebank.notices import models as notice_models  # noqa: F401
