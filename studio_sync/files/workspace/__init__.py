"""The workspace: settings (studio.yaml), scaffold, CI files, and transactional changes of its tree."""
