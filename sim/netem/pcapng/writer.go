// Package pcapng writes captures of UDP datagrams that Wireshark, tshark and tcpdump read, each packet with a comment.
//
// The format is that of draft-ietf-opsawg-pcapng: one section, an interface for each side of what is looked at, and
// an enhanced packet block per datagram, with IP and UDP headers made from its addresses.
//
//	w, err := pcapng.NewWriter(file, "client side", "server side")
//	if err != nil {
//		return err
//	}
//	w.Write(&pcapng.Packet{Interface: 0, Time: time.Now(), From: client, To: server, Payload: datagram, Comment: []byte("lost")})
//	err = w.Close()
package pcapng

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// Packet is a datagram that was seen.
type Packet struct {
	Interface int // counts the names that NewWriter was given, from 0 on
	Time      time.Time
	From, To  netip.AddrPort
	Payload   []byte
	Comment   []byte // UTF-8; none if empty
}

// Writer writes packets. It is safe for concurrent use, and allocates nothing per packet. Writing is buffered and
// keeps the first error, which Close returns: a capture must not stop what it looks at.
type Writer struct {
	mu         sync.Mutex
	out        *bufio.Writer
	block      []byte
	interfaces int
	packets    int64
	err        error
}

// The numbers of the format.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6
	byteOrderMagic = 0x1a2b3c4d
	linkRaw        = 101 // the packet begins with its IP header
	optionEnd      = 0
	optionComment  = 1
	optionName     = 2
	optionApp      = 4
	optionGrain    = 9
	nanoseconds    = 9       // 10^-9 s
	maxPacket      = 65_535  // over IPv6 without its header
	snapLength     = 262_144 // what captures usually have
	protocolUDP    = 17
	udpHeader      = 8
)

// NewWriter begins a capture with the interfaces' names, 1 or more of them.
func NewWriter(w io.Writer, interfaces ...string) (*Writer, error) {
	if len(interfaces) == 0 {
		return nil, fmt.Errorf("pcapng: no interface: want 1 or more names")
	}
	p := &Writer{out: bufio.NewWriterSize(w, 1<<18), interfaces: len(interfaces)}
	p.begin(blockSection)
	p.u32(byteOrderMagic)
	p.u16(1) // version 1.0
	p.u16(0)
	p.u32(0xffffffff) // the section's length, in two halves: not known
	p.u32(0xffffffff)
	p.option(optionApp, []byte("laglab"))
	p.u32(optionEnd)
	p.end()
	for _, name := range interfaces {
		p.begin(blockInterface)
		p.u16(linkRaw)
		p.u16(0)
		p.u32(snapLength)
		p.option(optionName, []byte(name))
		p.option(optionGrain, []byte{nanoseconds})
		p.u32(optionEnd)
		p.end()
	}
	return p, p.out.Flush()
}

// Write adds a packet. One that cannot be written, because its addresses are of different kinds or it is longer
// than a packet can be, makes an error that Close returns.
func (w *Writer) Write(p *Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from, to := p.From.Addr().Unmap(), p.To.Addr().Unmap()
	ipHeader, most := 20, maxPacket
	if from.Is6() {
		ipHeader, most = 40, 40+maxPacket
	}
	length := ipHeader + udpHeader + len(p.Payload)
	switch {
	case w.err != nil:
		return
	case !from.IsValid() || from.Is4() != to.Is4() || p.Interface < 0 || p.Interface >= w.interfaces || length > most:
		w.err = fmt.Errorf("pcapng: packet %d from %v to %v, %d bytes on interface %d: want addresses of one kind, at most %d bytes, an interface below %d",
			w.packets+1, p.From, p.To, length, p.Interface, most, w.interfaces)
		return
	}
	w.packets++
	at := uint64(p.Time.UnixNano())
	w.begin(blockPacket)
	w.u32(uint32(p.Interface))
	w.u32(uint32(at >> 32))
	w.u32(uint32(at))
	w.u32(uint32(length))
	w.u32(uint32(length))
	start := len(w.block)
	if from.Is4() {
		w.ipv4(from, to, length)
	} else {
		w.ipv6(from, to, length-ipHeader)
	}
	w.udp(p, start)
	w.pad()
	if len(p.Comment) > 0 {
		w.option(optionComment, p.Comment)
		w.u32(optionEnd)
	}
	w.end()
}

// Packets is how many were written.
func (w *Writer) Packets() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.packets
}

// Close writes what is buffered and returns the first error there was. It does not close what it writes to.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.out.Flush(); w.err == nil {
		w.err = err
	}
	return w.err
}

func (w *Writer) u16(v uint16) { w.block = binary.LittleEndian.AppendUint16(w.block, v) }
func (w *Writer) u32(v uint32) { w.block = binary.LittleEndian.AppendUint32(w.block, v) }

// pad fills up to four bytes, as the format wants it.
func (w *Writer) pad() {
	for len(w.block)%4 != 0 {
		w.block = append(w.block, 0)
	}
}

func (w *Writer) option(code uint16, value []byte) {
	const most = 65_532
	value = value[:min(len(value), most)]
	w.u16(code)
	w.u16(uint16(len(value)))
	w.block = append(w.block, value...)
	w.pad()
}

// begin begins a block; end sets its length, at both of its ends, and writes it.
func (w *Writer) begin(kind uint32) {
	w.block = w.block[:0]
	w.u32(kind)
	w.u32(0)
}

func (w *Writer) end() {
	length := uint32(len(w.block) + 4)
	binary.LittleEndian.PutUint32(w.block[4:], length)
	w.u32(length)
	if _, err := w.out.Write(w.block); w.err == nil {
		w.err = err
	}
}

// net16 and what follows write headers in network order.
func (w *Writer) net16(v int) { w.block = binary.BigEndian.AppendUint16(w.block, uint16(v)) }

func (w *Writer) ipv4(from, to netip.Addr, length int) {
	start := len(w.block)
	w.block = append(w.block, 0x45, 0)
	w.net16(length)
	w.net16(0)                                       // identification
	w.net16(0x4000)                                  // do not fragment
	w.block = append(w.block, 64, protocolUDP, 0, 0) // the checksum comes below
	a, b := from.As4(), to.As4()
	w.block = append(append(w.block, a[:]...), b[:]...)
	binary.BigEndian.PutUint16(w.block[start+10:], fold(sum(0, w.block[start:])))
}

func (w *Writer) ipv6(from, to netip.Addr, length int) {
	w.block = append(w.block, 0x60, 0, 0, 0)
	w.net16(length)
	w.block = append(w.block, protocolUDP, 64)
	a, b := from.As16(), to.As16()
	w.block = append(append(w.block, a[:]...), b[:]...)
}

// udp writes the datagram, whose IP header begins at start.
func (w *Writer) udp(p *Packet, start int) {
	header := len(w.block)
	length := udpHeader + len(p.Payload)
	w.net16(int(p.From.Port()))
	w.net16(int(p.To.Port()))
	w.net16(length)
	w.net16(0)
	w.block = append(w.block, p.Payload...)
	// The checksum covers the addresses, which are the end of the IP header, the protocol and the length too.
	addresses := w.block[header-8 : header]
	if header-start == 40 {
		addresses = w.block[header-32 : header]
	}
	check := fold(sum(sum(uint32(protocolUDP+length), addresses), w.block[header:]))
	if check == 0 {
		check = 0xffff // 0 says that there is none
	}
	binary.BigEndian.PutUint16(w.block[header+6:], check)
}

// sum adds 16-bit words, as the Internet checksum has it (RFC 1071).
func sum(s uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		s += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

func fold(s uint32) uint16 {
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}
