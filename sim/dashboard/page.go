package dashboard

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

// page is what the browser is given: page/index.html, or page/relay.html, at /, and what is in page/assets at /assets/.
//
//go:embed page
var page embed.FS

// servePage serves a page, whose name is that of a file.
func servePage(name string) http.Handler {
	root, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // it is embedded
	}
	files := http.FileServerFS(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refuse(w, http.StatusMethodNotAllowed, "the page is only to be read")
			return
		}
		w.Header().Set("Cache-Control", "no-cache") // it is of this very program
		switch {
		case r.URL.Path == "/":
			http.ServeFileFS(w, r, root, name)
		case strings.HasPrefix(r.URL.Path, "/assets/"):
			files.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}
