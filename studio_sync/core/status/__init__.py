"""Status: transitions along a kind's flow, the rules for them, approvals, and the guards."""
