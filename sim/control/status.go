package control

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A statusJSON is what GET /v1/status says.
type statusJSON struct {
	Mode    string    `json:"mode"`
	Seconds float64   `json:"seconds"`
	Clients int       `json:"clients"`
	Held    int       `json:"on_their_way"`
	Outage  bool      `json:"outage"`
	Left    float64   `json:"outage_seconds_left,omitempty"`
	Link    lineJSON  `json:"link"`
	Up      totalJSON `json:"up"`
	Down    totalJSON `json:"down"`
	LateP50 float64   `json:"late_p50_ms"`
	LateP99 float64   `json:"late_p99_ms"`
	LateMax float64   `json:"late_max_ms"`
}

// A totalJSON is one direction.
type totalJSON struct {
	Sent           uint64     `json:"sent"`
	Delivered      uint64     `json:"delivered"`
	Lost           uint64     `json:"lost"` // whatever the cause
	LossShare      float64    `json:"loss_share"`
	DroppedQueue   uint64     `json:"dropped_queue"` // full, or managed
	Duplicated     uint64     `json:"duplicated"`
	Reordered      uint64     `json:"reordered"`
	SentBytes      uint64     `json:"sent_bytes"`
	DeliveredBytes uint64     `json:"delivered_bytes"`
	QueueBytes     int        `json:"queue_bytes"` // now
	Second         secondJSON `json:"last_second"`
}

// A secondJSON is what happened in the last second that is over.
type secondJSON struct {
	Sent      uint64  `json:"sent"`
	Lost      uint64  `json:"lost"`
	Bytes     uint64  `json:"delivered_bytes"`
	Delay     float64 `json:"delay_ms"` // mean of those that arrived
	DelayMost float64 `json:"delay_max_ms"`
	Queue     int     `json:"queue_bytes_max"`
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (h *Handler) status(*http.Request) (any, error) {
	totals, elapsed := h.desk.Totals()
	s := statusJSON{
		Mode: h.desk.options.Mode, Seconds: elapsed.Seconds(), Clients: totals.Clients, Held: totals.Held,
		Link: lineOf(h.desk.Line()), LateP50: milliseconds(totals.LateP50), LateP99: milliseconds(totals.LateP99), LateMax: milliseconds(totals.LateMax),
	}
	until, out := h.desk.Out()
	if s.Outage = out; out && !until.IsZero() {
		s.Left = max(0, time.Until(until).Seconds())
	}
	var last Sample
	if samples := h.desk.Meter.Samples(); len(samples) > 0 {
		last = samples[len(samples)-1]
	}
	s.Up, s.Down = totalOf(totals.Up, totals.UpBacklog, &last.Up), totalOf(totals.Down, totals.DownBacklog, &last.Down)
	return s, nil
}

func totalOf(c link.Counters, backlog int, f *Flow) totalJSON {
	t := totalJSON{
		Sent: c.Sent, Delivered: c.Delivered, Lost: c.Lost(), DroppedQueue: c.DroppedQueue + c.DroppedAQM + c.DroppedLimit,
		Duplicated: c.Duplicated, Reordered: c.Reordered, SentBytes: c.SentBytes, DeliveredBytes: c.DeliveredBytes, QueueBytes: backlog,
		Second: secondJSON{f.Sent, f.Lost, f.Bytes, milliseconds(f.Delay), milliseconds(f.DelayMost), f.QueueBytes},
	}
	if c.Sent > 0 {
		t.LossShare = float64(c.Lost()) / float64(c.Sent)
	}
	return t
}

// A clientJSON is a client as GET /v1/clients says.
type clientJSON struct {
	Address  string    `json:"address"`
	Upstream string    `json:"upstream"` // what the server sees
	Host     int       `json:"host"`     // of the scenario
	Seconds  float64   `json:"seconds"`  // since its first datagram
	Held     int       `json:"on_their_way"`
	Link     lineJSON  `json:"link"`
	Up       totalJSON `json:"up"`
	Down     totalJSON `json:"down"`
}

func (h *Handler) clients(*http.Request) (any, error) {
	list := []clientJSON{}
	for _, c := range h.desk.network.Clients() {
		j := clientJSON{
			Address: c.Address.String(), Upstream: c.Upstream.String(), Host: c.Host, Seconds: time.Since(c.Since).Seconds(),
			Held: c.Held, Link: linksOf(c.Up, c.Down),
			Up: totalOf(c.UpCounters, c.UpBacklog, &Flow{}), Down: totalOf(c.DownCounters, c.DownBacklog, &Flow{}),
		}
		list = append(list, j)
	}
	return list, nil
}

// heartbeat is how often a stream without events says that it is alive.
const heartbeat = 15 * time.Second

// events streams what happens as server-sent events: first what happened
// lately.
func (h *Handler) events(w http.ResponseWriter, r *http.Request) {
	past, stream := h.desk.subscribe()
	if stream == nil {
		write(w, nil, &failure{Status: http.StatusServiceUnavailable, Text: "too many listen to events"})
		return
	}
	defer h.desk.unsubscribe(stream)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	controller := http.NewResponseController(w)
	send := func(text string) bool {
		_ = controller.SetWriteDeadline(time.Now().Add(heartbeat)) // recorders of tests have none
		_, err := w.Write([]byte(text))
		return err == nil && controller.Flush() == nil
	}
	for _, event := range past {
		if !send(eventText(event)) {
			return
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	ok := send(": netsim\n\n")
	for ok {
		select {
		case <-r.Context().Done():
			return
		case event := <-stream:
			ok = send(eventText(event))
		case <-beat.C:
			ok = send(": still there\n\n")
		}
	}
}

// eventText writes an event as a stream has it.
func eventText(e Event) string {
	data, _ := json.Marshal(e) // times, numbers and texts
	return "event: " + e.Kind + "\ndata: " + string(data) + "\n\n"
}
