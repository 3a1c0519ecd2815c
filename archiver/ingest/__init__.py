"""Reading what people bring: each module knows one kind of input, and `sniff` tells them apart."""
