// Nftables: see ARCHITECTURE.md.
