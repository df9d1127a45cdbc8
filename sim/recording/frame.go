package recording

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// magic begins every recording; its last byte is the version of the format.
const (
	magic   = "lagrec\x1a"
	Version = 1 // of the format
)

// kind is what a frame holds.
type kind byte

const (
	kindHeader kind = 1 // what the recording is of; the first frame, and only it
	kindMatch  kind = 2 // a match begins
	kindTicks  kind = 3 // up to a second of one match
	kindState  kind = 4 // the whole world of one match after a tick
	kindNote   kind = 5 // what somebody had to say
	kindEnd    kind = 6 // the recording was ended, and is whole up to here
)

// The parts of a frame. What is alike stands together, so that it packs well; all but ticks have only a main part.
const (
	partMain   = iota
	partValues // of the commands' fields
	partViews  // of the commands
	partSeals  // and the checksum
	parts
)

// Sizes in bytes.
const (
	headSize = 2 + 4*parts + sumSize
	sumSize  = 4
	// maxPart is the most that a part may have, packed or unpacked.
	maxPart = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is a unit of the file: it is read and written whole.
type frame struct {
	kind  kind
	ticks int // that are in it, for the writer's count
	parts [parts][]byte
}

// reset empties a frame to fill it with another kind.
func (f *frame) reset(k kind) *frame {
	f.kind, f.ticks = k, 0
	for i := range f.parts {
		f.parts[i] = f.parts[i][:0]
	}
	return f
}

// size is the bytes in all parts, and the bytes in the largest.
func (f *frame) size() (all, most int) {
	for _, b := range f.parts {
		all, most = all+len(b), max(most, len(b))
	}
	return all, most
}

// packer makes the bytes of frames, in storage that it keeps.
type packer struct {
	deflate *flate.Writer
	small   bytes.Buffer
	out     []byte
}

// pack returns a frame as it stands in a file; it is valid until the next call.
func (p *packer) pack(f *frame) []byte {
	var head [headSize]byte
	p.out = append(p.out[:0], head[:]...)
	p.out[0] = byte(f.kind)
	for i, b := range f.parts {
		if small := p.squeeze(b); len(small) < len(b) {
			b = small
			p.out[1] |= 1 << i
		}
		binary.LittleEndian.PutUint32(p.out[2+4*i:], uint32(len(b)))
		p.out = append(p.out, b...)
	}
	binary.LittleEndian.PutUint32(p.out[headSize-sumSize:], crc32.Checksum(p.out[:headSize-sumSize], castagnoli))
	return binary.LittleEndian.AppendUint32(p.out, crc32.Checksum(p.out[headSize:], castagnoli))
}

func (p *packer) squeeze(b []byte) []byte {
	p.small.Reset()
	if len(b) == 0 {
		return nil
	}
	if p.deflate == nil {
		p.deflate, _ = flate.NewWriter(&p.small, flate.DefaultCompression) // the level is right
	} else {
		p.deflate.Reset(&p.small)
	}
	_, _ = p.deflate.Write(b) // to memory
	_ = p.deflate.Close()
	return p.small.Bytes()
}

// Errors of recordings that cannot be read.
var (
	ErrNotRecording = errors.New("this is not a recording")
	ErrVersion      = errors.New("the recording has another format version")
	ErrGame         = errors.New("the recording is of another game")
	ErrDamaged      = errors.New("the recording is damaged")
)

// errCut says that a file ends within a frame.
var errCut = errors.New("the file ends within a frame")

// unpacker reads frames, in storage that it keeps.
type unpacker struct {
	in      io.Reader
	at      int64 // offset of the frame that is read next
	frame   frame
	body    bytes.Buffer
	inflate io.ReadCloser
	whole   [parts]bytes.Buffer
}

// next reads a frame, which is valid until the next call. The error is io.EOF at the end of the file, errCut when that is within
// the frame, wraps ErrDamaged when its bytes are not those that were written, and else is the file's own.
func (u *unpacker) next() (*frame, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(u.in, head[:]); err != nil {
		return nil, cut(err)
	}
	if crc32.Checksum(head[:headSize-sumSize], castagnoli) != binary.LittleEndian.Uint32(head[headSize-sumSize:]) {
		return nil, u.damaged("the head of the frame at byte %d has another CRC", u.at)
	}
	if head[1]>>parts != 0 {
		return nil, u.damaged("the frame at byte %d is packed in a way that there is not", u.at)
	}
	length := int64(0)
	for i := range parts {
		n := binary.LittleEndian.Uint32(head[2+4*i:])
		if n > maxPart {
			return nil, u.damaged("the frame at byte %d has a part of %d bytes: at most %d are possible", u.at, n, maxPart)
		}
		length += int64(n)
	}
	u.body.Reset()
	if n, err := io.CopyN(&u.body, u.in, length+sumSize); err != nil { // grows with what is there, not with what is promised
		if err == io.EOF && n < length+sumSize {
			err = io.ErrUnexpectedEOF
		}
		return nil, cut(err)
	}
	body := u.body.Bytes()
	if crc32.Checksum(body[:length], castagnoli) != binary.LittleEndian.Uint32(body[length:]) {
		return nil, u.damaged("the frame at byte %d has another CRC", u.at)
	}
	u.frame.kind = kind(head[0])
	for i := range parts {
		n := binary.LittleEndian.Uint32(head[2+4*i:])
		u.frame.parts[i], body = body[:n], body[n:]
		if head[1]&(1<<i) == 0 {
			continue
		}
		if err := u.expand(i); err != nil {
			return nil, err
		}
	}
	u.at += headSize + length + sumSize
	return &u.frame, nil
}

// expand unpacks a part of the frame.
func (u *unpacker) expand(part int) error {
	from := bytes.NewReader(u.frame.parts[part])
	if u.inflate == nil {
		u.inflate = flate.NewReader(from)
	} else {
		_ = u.inflate.(flate.Resetter).Reset(from, nil) // never fails
	}
	whole := &u.whole[part]
	whole.Reset()
	if _, err := io.Copy(whole, io.LimitReader(u.inflate, maxPart+1)); err != nil {
		return u.damaged("the frame at byte %d cannot be unpacked: %v", u.at, err)
	}
	if whole.Len() > maxPart {
		return u.damaged("the frame at byte %d unpacks to more than %d bytes", u.at, maxPart)
	}
	u.frame.parts[part] = whole.Bytes()
	return nil
}

func (u *unpacker) damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// cut is errCut for a file that ends too early.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}
