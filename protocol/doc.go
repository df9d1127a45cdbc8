// Package protocol is what a server and a client agree on: ticks, ids, limits, the messages, and the
// msgpack codec that puts them on the wire. It has no sockets and no clock.
//
// A message is a sequence of msgpack values, without an enclosing array: its kind, its header, its body.
// The datagram or the reliable message that carries it says where it ends. Every integer stands in its
// shortest form and nothing may follow the last value, so a message has exactly one encoding.
// WIRE.md specifies every byte, the datagrams of package transport included.
//
// Encoding goes through a [Writer] and decoding through a [Reader]; both keep their storage between
// messages and allocate nothing:
//
//	w := protocol.NewWriter(protocol.MaxMessage)
//	protocol.Welcome{Player: 3, TickRate: 60}.Encode(w)
//	var r protocol.Reader
//	r.Reset(w.Bytes())
//	if protocol.ReadKind(&r) == protocol.KindWelcome { … }
package protocol
