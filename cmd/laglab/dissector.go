package main

import (
	"github.com/spf13/cobra"

	"laglab/sim/arena"
	"laglab/sim/dissector"
)

func newDissector() *cobra.Command {
	return newCommand("dissector", "Print a Wireshark dissector of the protocol",
		`dissector prints a script in Lua that teaches Wireshark and tshark the protocol, with the fields of the built-in game. It
recognises the datagrams on any port, by their checksum.`,
		"  laglab dissector > laglab.lua\n  wireshark -X lua_script:laglab.lua capture.pcapng\n  tshark -X lua_script:laglab.lua -r capture.pcapng -Y laglab",
		func(cmd *cobra.Command) error { return dissector.Write(cmd.OutOrStdout(), arena.Game) })
}
