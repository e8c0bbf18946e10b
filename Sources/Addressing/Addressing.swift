// Addressing: see ARCHITECTURE.md.
