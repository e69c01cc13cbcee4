"""What moderators decided about other servers and those who live there, as all requests need it."""

from __future__ import annotations

from fwtwisted.db.pool import Queries
from fwtwisted.model.policies import Switch, Verdict

SWITCHES = tuple(Switch)
IN_FORCE = f"""
    SELECT coalesce(policy.target_domain, actor.fid), policy.target_domain IS NULL,
           {", ".join(f"policy.{switch}" for switch in SWITCHES)}
      FROM instance_policy AS policy LEFT JOIN actor ON actor.id = policy.target_actor_id
     WHERE policy.is_active
"""


async def in_force(tx: Queries) -> list[Verdict]:
    """Every policy that is active."""

    def made(target: str, is_actor: bool, *flags: bool) -> Verdict:
        return Verdict(target, is_actor, frozenset(s for s, is_on in zip(SWITCHES, flags, strict=True) if is_on))

    return await tx.many(made, IN_FORCE)
