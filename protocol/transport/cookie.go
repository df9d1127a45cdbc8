package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/netip"
	"time"
)

// cookieLife is how long one time bucket lasts; a cookie is good in its own and the next one.
const cookieLife = 4 * time.Second

// mint makes and checks cookies: a challenge that costs the server no memory. A cookie is the number of its
// time bucket and a keyed MAC over that, the client's address and its nonce.
type mint struct {
	mac hash.Hash
	sum [sha256.Size]byte
	in  [16 + 2 + 8 + 4]byte
}

func newMint(secret []byte) *mint { return &mint{mac: hmac.New(sha256.New, secret)} }

func bucketAt(now time.Duration) uint32 { return uint32(now / cookieLife) }

// append appends the cookie of one bucket to b.
func (m *mint) append(b []byte, bucket uint32, from netip.AddrPort, nonce uint64) []byte {
	addr := from.Addr().As16()
	in := append(m.in[:0], addr[:]...)
	in = binary.BigEndian.AppendUint16(in, from.Port())
	in = binary.BigEndian.AppendUint64(in, nonce)
	in = binary.BigEndian.AppendUint32(in, bucket)
	m.mac.Reset()
	m.mac.Write(in)
	b = binary.BigEndian.AppendUint32(b, bucket)
	return append(b, m.mac.Sum(m.sum[:0])[:cookieLength-4]...)
}

// valid reports whether a cookie is ours, of this address and nonce, and fresh.
func (m *mint) valid(cookie []byte, now time.Duration, from netip.AddrPort, nonce uint64) bool {
	bucket, current := binary.BigEndian.Uint32(cookie), bucketAt(now)
	if bucket != current && bucket+1 != current {
		return false
	}
	var want [cookieLength]byte
	return hmac.Equal(cookie, m.append(want[:0], bucket, from, nonce))
}

// prove shows knowledge of a key without sending it: a MAC over what only this handshake has.
func prove(key []byte, purpose string, nonce uint64, cookie []byte) [proofLength]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose))
	mac.Write(binary.BigEndian.AppendUint64(nil, nonce))
	mac.Write(cookie)
	return [proofLength]byte(mac.Sum(nil))
}
