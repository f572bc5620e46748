"""The command line, `pagemill`: one module per command, loaded when it is called."""
