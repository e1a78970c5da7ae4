package cluster

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	changing = 100
	rounds   = 10
	writers  = 8
)

// The controllers are killed twice in the middle of 1,000 changes of routes: requests are served all the time, and in the end all
// is as the last change says.
func controllersKilled(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "killed")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "web"))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "web") })

	requests := ask(t, address, "web.example", "/")
	begin := time.Now()
	for round := range rounds {
		killing := round == 3 || round == 6
		each(t, changing, func(i int) error {
			if killing && i == changing/2 {
				for _, controller := range processes(t, controllers) {
					controller.signal(t, syscall.SIGKILL)
				}
			}
			name := fmt.Sprintf("route-%d", i)
			route := read(t, namespace, httpRoute(name, "web", name+".example", "/", fmt.Sprint(round)))[0]
			if round == 0 {
				return c.Create(t.Context(), route)
			}
			return c.Patch(t.Context(), route, client.Merge)
		})
	}
	t.Logf("changed after %v", time.Since(begin).Round(time.Millisecond))
	last := fmt.Sprint(rounds - 1)
	for i := range changing {
		name := fmt.Sprintf("route-%d", i)
		eventually(t, name, func() error { return cameBy(t, address, name+".example", "/", last) })
		eventually(t, "status of "+name, func() error { return c.accepted(t, namespace, name) })
	}
	t.Logf("all served after %v", time.Since(begin).Round(time.Millisecond))
	requests.stop(t)
}

// each does something for each number below `count`, several at once.
func each(t *testing.T, count int, do func(int) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(writers)
	for i := range count {
		group.Go(func() error { return do(i) })
	}
	must(t, group.Wait())
}
