// Netlink: see ARCHITECTURE.md.
