package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// api is the API of what runs somewhere.
type api struct {
	addr  string
	key   string
	token string
	ctx   context.Context // of the command
	http  http.Client
}

// apiWithin is how long an answer may take.
const apiWithin = 20 * time.Second

func newAPI(addr, key string) *api {
	return &api{addr: addr, key: key, http: http.Client{Timeout: apiWithin}}
}

// get asks, and decodes the answer, which is also returned as it came.
func (a *api) get(path string, into any) ([]byte, error) {
	return a.call(http.MethodGet, path, nil, into)
}

// post has something done.
func (a *api) post(path string, body, into any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return a.call(http.MethodPost, path, b, into)
}

func (a *api) call(method, path string, body []byte, into any) ([]byte, error) {
	q, err := http.NewRequestWithContext(a.ctx, method, "http://"+a.addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, usage(fmt.Errorf("address %q: want host:port, for instance 127.0.0.1:62893", a.addr))
	}
	q.Header.Set("X-Laglab-Token", a.token)
	if a.key != "" {
		q.SetBasicAuth("", a.key)
	}
	defer a.http.CloseIdleConnections()
	r, err := a.http.Do(q)
	if err != nil {
		if a.ctx.Err() != nil {
			return nil, a.ctx.Err()
		}
		return nil, coded{fmt.Errorf("nothing answers at %s: is there a laglab demo, run, serve or relay, without --no-http? (%w)", a.addr, errors.Unwrap(err)), exitUnreachable}
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", a.addr, err)
	}
	if r.StatusCode >= http.StatusBadRequest {
		return nil, a.refused(r.StatusCode, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return nil, coded{fmt.Errorf("what answers at %s is not laglab: %w", a.addr, err), exitUnreachable}
	}
	return b, nil
}

// refused is what the other side says about a request that it does not take.
func (a *api) refused(status int, b []byte) error {
	var why struct{ Error string }
	if json.Unmarshal(b, &why) != nil || why.Error == "" {
		return coded{fmt.Errorf("what answers at %s is not laglab: %s", a.addr, http.StatusText(status)), exitUnreachable}
	}
	err := errors.New(why.Error)
	if status == http.StatusBadRequest {
		return badConfig(err)
	}
	return err
}
