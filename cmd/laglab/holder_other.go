//go:build !linux

package main

// holderOf names the process that holds an address, where the system tells it.
func holderOf(network, addr string) string { return "" }
