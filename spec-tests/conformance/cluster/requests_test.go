package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	clients = 4
	// Between two requests of a client: both cores are for what is tested.
	pause = 10 * time.Millisecond
	// What is not answered by then has failed.
	answer = 10 * time.Second
)

// answered is what came back; of the echo server, what it was asked too.
type answered struct {
	status  int
	Path    string              `json:"path"`
	Headers map[string][]string `json:"headers"`
	Pod     string              `json:"pod"`
}

// route is the one that the request came by, if it says so.
func (a answered) route() string {
	if said := a.Headers["Route"]; len(said) == 1 {
		return said[0]
	}
	return ""
}

// newClient sends everything to one address. Without `keep` each request has a connection of its own.
func newClient(keep bool) *http.Client {
	return &http.Client{Timeout: answer, Transport: &http.Transport{DisableKeepAlives: !keep},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var once = newClient(false)

// get asks an address (or address:port) for a path of a host.
func get(ctx context.Context, client *http.Client, address, host, path string) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return answered{}, err
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answered{}, err
	}
	found := answered{status: response.StatusCode}
	if found.status == http.StatusOK {
		err = json.Unmarshal(body, &found)
	}
	return found, err
}

// cameBy is nil if a request comes to the echo server by the route that says so.
func cameBy(t *testing.T, address, host, path, said string) error {
	found, err := get(t.Context(), once, address, host, path)
	if err == nil && (found.status != http.StatusOK || found.route() != said) {
		err = fmt.Errorf("want 200 by %q, got %d by %q", said, found.status, found.route())
	}
	return err
}

// hasStatus is nil if a request is answered with that status.
func hasStatus(t *testing.T, address, host, path string, status int) error {
	found, err := get(t.Context(), once, address, host, path)
	if err == nil && found.status != status {
		err = fmt.Errorf("want %d, got %d", status, found.status)
	}
	return err
}

// traffic asks again and again until it is stopped, half of its clients with a new connection each time.
type traffic struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	sent   atomic.Int64
	slow   atomic.Int64 // nanoseconds of the slowest

	mu       sync.Mutex
	failures []error
}

// ask begins to send requests. Each must be answered with 200.
func ask(t *testing.T, address, host, path string) *traffic {
	t.Helper()
	return repeat(t, func(ctx context.Context, client *http.Client) error {
		found, err := get(ctx, client, address, host, path)
		if err == nil && found.status != http.StatusOK {
			err = fmt.Errorf("answered %d", found.status)
		}
		return err
	})
}

func repeat(t *testing.T, one func(context.Context, *http.Client) error) *traffic {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	traffic := &traffic{cancel: cancel}
	for i := range clients {
		client := newClient(i%2 == 0)
		traffic.done.Go(func() {
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				// One that is under way is not interrupted by the end of the test.
				start := time.Now()
				traffic.note(start, one(context.WithoutCancel(ctx), client))
				time.Sleep(pause)
			}
		})
	}
	t.Cleanup(func() { cancel(); traffic.done.Wait() })
	return traffic
}

func (r *traffic) note(start time.Time, err error) {
	r.sent.Add(1)
	took := int64(time.Since(start))
	for old := r.slow.Load(); took > old && !r.slow.CompareAndSwap(old, took); old = r.slow.Load() {
	}
	if err != nil {
		r.mu.Lock()
		r.failures = append(r.failures, fmt.Errorf("%s: %w", start.UTC().Format("15:04:05.000"), err))
		r.mu.Unlock()
	}
}

// stop ends it and fails the test if any request has failed.
func (r *traffic) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	r.done.Wait()
	sent := r.sent.Load()
	if sent < clients {
		t.Errorf("only %d requests were sent", sent)
	}
	if len(r.failures) > 0 {
		t.Errorf("%d of %d requests failed, the first: %v", len(r.failures), sent, errors.Join(r.failures[:min(3, len(r.failures))]...))
	}
	t.Logf("%d requests, the slowest took %v", sent, time.Duration(r.slow.Load()).Round(time.Millisecond))
}
