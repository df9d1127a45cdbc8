package dashboard

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard keeps out what does not come from this machine's own pages and programs. A page of elsewhere whose name was made to
// point here (DNS rebinding) is same-origin for the browser, so that only its Host gives it away.
type guard struct {
	hosts   map[string]bool
	literal bool // any address is ours, see admits
	port    string
	key     string
	origins *http.CrossOriginProtection
}

func newGuard(addr, key string) guard {
	g := guard{hosts: map[string]bool{}, key: key, origins: http.NewCrossOriginProtection()}
	host, port, err := net.SplitHostPort(addr)
	names := []string{"127.0.0.1", "localhost", "::1"}
	if at, bad := netip.ParseAddr(host); bad == nil && at.IsUnspecified() {
		g.literal = true
	}
	if err == nil && host != "" && !g.literal {
		names = append(names, strings.ToLower(host))
	}
	g.port = port
	for _, name := range names {
		g.hosts[bracketed(name)] = true
		g.hosts[net.JoinHostPort(name, port)] = true
	}
	return g
}

// admits reports whether a request may name a host. Who listens on all addresses is asked for by any of them; a name is what
// could have been made to point here, an address is not.
func (g *guard) admits(host string) bool {
	if g.hosts[strings.ToLower(host)] {
		return true
	}
	at, err := netip.ParseAddrPort(host)
	return g.literal && err == nil && net.JoinHostPort(at.Addr().String(), g.port) == host
}

// knows reports whether who asks is of this machine, or knows the key.
func (g *guard) knows(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil && at.Addr().Unmap().IsLoopback() {
		return true
	}
	_, key, ok := r.BasicAuth()
	return ok && g.key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(g.key)) == 1
}

// bracketed is a host as it stands in a URL.
func bracketed(name string) string {
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}

// policy lets the page load what this server has and nothing else; what it draws, it may turn into images.
const policy = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// protect goes before all routing.
func (g *guard) protect(next http.Handler) http.Handler {
	next = g.origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !g.admits(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "this server answers to its own address only, such as 127.0.0.1 or localhost, and not to the Host that was asked for")
			return
		}
		if !g.knows(r) {
			h.Set("WWW-Authenticate", `Basic realm="laglab", charset="UTF-8"`)
			refuse(w, http.StatusUnauthorized, "from another machine this needs the join key, as the password")
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); (site == "cross-site" || site == "same-site") && r.URL.Path != "/" {
			refuse(w, http.StatusForbidden, "other sites may link to the page, and ask for nothing else")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r)
	})
}

// tokenHeader carries the token.
const tokenHeader = "X-Laglab-Token"

// withToken lets through what knows the token.
func (d *door) withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(d.token)) != 1 {
			refuse(w, http.StatusForbidden, "what changes something needs the header "+tokenHeader+" with the token of GET /api/run")
			return
		}
		next(w, r)
	}
}
