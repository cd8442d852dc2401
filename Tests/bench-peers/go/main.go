// The peer in Go: net/http and pgx. By default one insert an event; with GROUP_COMMIT=1 all events that wait are one insert
// and one commit, as RingBridge does it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/jackc/pgx/v4/pgxpool"
)

const maximumBody = 64 << 10
const maximumBatch = 2000

type event struct {
	token, callID, fields, source string
	done                          chan error
}

type server struct {
	pool  *pgxpool.Pool
	queue chan *event // nil: one insert an event
}

func (s *server) receive(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.URL.Path, "/ext-event/")
	r.Body = http.MaxBytesReader(w, r.Body, maximumBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	fields := make(map[string]string, len(r.Form))
	for name, values := range r.Form {
		fields[name] = values[0]
	}
	callID := strings.ToLower(fields["CallID"])
	if callID == "" {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	text, err := json.Marshal(fields)
	if err != nil {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	source, _, _ := net.SplitHostPort(r.RemoteAddr)
	if err := s.store(r.Context(), &event{token: token, callID: callID, fields: string(text), source: source}); err != nil {
		http.Error(w, "{}", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

func (s *server) store(ctx context.Context, e *event) error {
	if s.queue == nil {
		_, err := s.pool.Exec(ctx,
			"INSERT INTO peer_events (token, call_id, fields, source) VALUES ($1, $2, $3::text::jsonb, $4)",
			e.token, e.callID, e.fields, e.source)
		return err
	}
	e.done = make(chan error, 1)
	s.queue <- e
	return <-e.done
}

// write takes all that waits, writes it, and answers; what comes meanwhile is the next batch.
func (s *server) write() {
	var tokens, callIDs, fields, sources []string
	var batch []*event
	for first := range s.queue {
		batch = append(batch[:0], first)
	collect:
		for len(batch) < maximumBatch {
			select {
			case e := <-s.queue:
				batch = append(batch, e)
			default:
				break collect
			}
		}
		tokens, callIDs, fields, sources = tokens[:0], callIDs[:0], fields[:0], sources[:0]
		for _, e := range batch {
			tokens = append(tokens, e.token)
			callIDs = append(callIDs, e.callID)
			fields = append(fields, e.fields)
			sources = append(sources, e.source)
		}
		_, err := s.pool.Exec(context.Background(), `INSERT INTO peer_events (token, call_id, fields, source)
			SELECT token, call_id, fields::jsonb, source
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS b (token, call_id, fields, source)`,
			tokens, callIDs, fields, sources)
		for _, e := range batch {
			e.done <- err
		}
	}
}

func main() {
	configuration, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	configuration.MaxConns = 16
	pool, err := pgxpool.ConnectConfig(context.Background(), configuration)
	if err != nil {
		log.Fatal(err)
	}
	s := &server{pool: pool}
	if os.Getenv("GROUP_COMMIT") == "1" {
		s.queue = make(chan *event, 2*maximumBatch)
		go s.write()
	}
	http.HandleFunc("/ext-event/", s.receive)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
