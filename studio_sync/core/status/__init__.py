"""Status transitions, the rules that they follow, and the guards."""
