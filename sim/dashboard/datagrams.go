package dashboard

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"laglab/sim"
	"laglab/sim/bot"
	"laglab/sim/inspect"
)

// datagrams are those of a player.
type datagrams struct {
	// Next is what to ask for the next time.
	Next      uint64         `json:"next"`
	Datagrams []bot.Datagram `json:"datagrams"`
}

// datagram is one of them, with what is in it.
type datagram struct {
	bot.Datagram
	Hex  string       `json:"hex"`
	Tree inspect.Part `json:"tree"`
}

// asked reads whose datagrams are meant, and from which on.
func asked(r *http.Request, from string) (at sim.LookAt, number uint64, err error) {
	q := r.URL.Query()
	if at, err = parsePlayer(q.Get("player")); err != nil {
		return at, 0, err
	}
	if text := q.Get(from); text != "" {
		if number, err = strconv.ParseUint(text, 10, 64); err != nil {
			return at, 0, fmt.Errorf("%s is %q: want a number", from, text)
		}
	}
	return at, number, nil
}

// refuseDatagrams answers with why there are none.
func refuseDatagrams(w http.ResponseWriter, err error) {
	if errors.Is(err, sim.ErrNoPlayer) {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	refuseError(w, err)
}

func (d *Dashboard) getDatagrams(w http.ResponseWriter, r *http.Request) {
	at, after, err := asked(r, "after")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	all, err := d.current().Datagrams(at.Group, at.Number, after)
	if err != nil {
		refuseDatagrams(w, err)
		return
	}
	out := datagrams{Next: after, Datagrams: []bot.Datagram{}}
	if n := len(all); n > 0 {
		out.Next, out.Datagrams = all[n-1].Number, all
	}
	answer(w, out)
}

func (d *Dashboard) getDatagram(w http.ResponseWriter, r *http.Request) {
	at, number, err := asked(r, "number")
	if err != nil || number == 0 {
		refuse(w, http.StatusBadRequest, fmt.Sprint(errors.Join(err, errors.New("want player=GROUP.NUMBER and the number of one of its datagrams"))))
		return
	}
	s := d.current()
	all, err := s.Datagrams(at.Group, at.Number, number-1)
	if err != nil {
		refuseDatagrams(w, err)
		return
	}
	if len(all) == 0 || all[0].Number != number {
		refuse(w, http.StatusNotFound, fmt.Sprintf("datagram %d is not kept: only the newest 500 are, and only while somebody asks", number))
		return
	}
	answer(w, datagram{all[0], hex.EncodeToString(all[0].Content), s.Inspect(&all[0])})
}
