// RouteNetlink: see ARCHITECTURE.md.
