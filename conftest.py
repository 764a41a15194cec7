pytest_plugins = ["indicators.plugin"]
