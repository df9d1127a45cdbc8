package protocol

// Limits of the wire. Both ends refuse what exceeds them.
const (
	// MaxDatagram is the most bytes of UDP payload in one datagram.
	MaxDatagram = 1200
	// MaxMessage is the most bytes in one message on either lane; an unreliable one always fits one datagram.
	MaxMessage = 1136
	// MaxName is the most runes in a player's name.
	MaxName = 24
	// MaxOptions is the most runes in a match's game options.
	MaxOptions = 256
	// MaxCommands is the most commands in one message: what redundancy may repeat.
	MaxCommands = 32
	// MaxTickRate is the most ticks per second a server may run.
	MaxTickRate = 240
	// MaxFields is the most fields of a replicated struct.
	MaxFields = 32
)
