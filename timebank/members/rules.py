"""Who people are and what they may do. Pure decisions."""

from dataclasses import dataclass

CAPACITIES = ("resident", "practitioner", "planner")
ROLES = ("member", "broker", "coordinator")
STATUSES = ("applied", "active", "paused", "left")


@dataclass(frozen=True)
class Actor:
    """Whoever is doing something: a member, or the system itself (a job, a command), which may do what a broker may."""

    bank_id: int
    name: str
    role: str = "member"
    member_id: int | None = None
    account_id: int | None = None

    @classmethod
    def system(cls, bank_id: int, name: str) -> "Actor":
        """The application itself, by the name of what it is doing: `worker`, `import`, `demo`."""
        return cls(bank_id=bank_id, name=name, role="system")

    @property
    def key(self) -> str:
        """How records name the actor: `member:12`, or `system:import`."""
        return f"member:{self.member_id}" if self.member_id is not None else f"system:{self.name}"

    @property
    def is_broker(self) -> bool:
        """Brokers, coordinators and the system may do any step for anyone."""
        return self.role in {"broker", "coordinator", "system"}

    @property
    def is_coordinator(self) -> bool:
        return self.role in {"coordinator", "system"}
