"""What builds, trains and runs networks: the only rooms that import Keras."""
