"""The practice pages in real browsers, without a network: a web server with faults, a small book, and the steps."""
