"""People, organisations and groups of a bank: joining, roles and capacities, helpers, leaving.

A *member* is a person in one bank; e-mail, phone and login are optional. `capacity` says how they
take part (resident, practitioner, planner), `role` what they may do in the software (member,
broker, coordinator). An *organisation* is a partner with an account and *contacts*. A *group* is of
members who share an account: whoever is in it may act for it. A *helper* is a member allowed to act
for another: named, visible, revocable. Who leaves is made anonymous; their account keeps its
history and the books stay balanced.
"""
