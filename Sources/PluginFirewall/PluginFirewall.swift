// PluginFirewall: see ARCHITECTURE.md.
