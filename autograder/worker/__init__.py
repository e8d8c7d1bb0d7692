"""The hostile side: everything that runs learners' code, and nothing else. The box shows this folder alone."""
