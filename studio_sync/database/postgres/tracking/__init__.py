"""Change tracking: triggers record changes by others to the content tables, if the owner enables it."""
