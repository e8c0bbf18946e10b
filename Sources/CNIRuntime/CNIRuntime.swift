// CNIRuntime: see ARCHITECTURE.md.
