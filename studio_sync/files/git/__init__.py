"""git: how it is started, and what its history and its working tree say."""
