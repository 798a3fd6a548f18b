"""The pure core: operations as values, policies as generators. No sockets, no threads, no clocks."""
