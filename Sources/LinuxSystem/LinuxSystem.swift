// LinuxSystem: see ARCHITECTURE.md.
