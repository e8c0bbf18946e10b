// PluginKit: see ARCHITECTURE.md.
