package cluster

import (
	"fmt"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Many HTTPRoutes are created at once and deleted at once, while a client asks for another one: none of its requests fails, all
// routes are served and have their status. What it takes is told.
func manyRoutes(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "many")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "web"))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "web") })
	pods := func() (lines string) {
		for _, controller := range processes(t, controllers) {
			lines += "a controller " + controller.inMemory(t) + ", "
		}
		for _, pod := range processes(t, dataPlane(namespace+"/web")) {
			lines += "the Gateway's pod " + pod.inMemory(t)
		}
		return lines
	}
	measured(t, "memory before: %s", pods())

	requests := ask(t, address, "web.example", "/")
	host := func(i int) string { return fmt.Sprintf("many-%d.example", i) }
	begin := time.Now()
	each(t, *many, func(i int) error {
		name := fmt.Sprintf("many-%d", i)
		route := read(t, namespace, httpRoute(name, "web", host(i), "/", name))[0]
		route.SetLabels(map[string]string{"many": "true"})
		return c.Create(t.Context(), route)
	})
	created := time.Now()
	patiently(t, "the last one", func() error {
		last := *many - 1
		return cameBy(t, address, host(last), "/", fmt.Sprintf("many-%d", last))
	})
	measured(t, "%d HTTPRoutes created in %.1f s, the last one served %.1f s later", *many,
		created.Sub(begin).Seconds(), time.Since(created).Seconds())
	patiently(t, "all statuses", func() error { return c.allAccepted(t, namespace) })
	measured(t, "all statuses written %.1f s after the last was created", time.Since(created).Seconds())
	measured(t, "memory after: %s", pods())
	each(t, *many, func(i int) error {
		return within(patience, func() error { return cameBy(t, address, host(i), "/", fmt.Sprintf("many-%d", i)) })
	})

	must(t, c.DeleteAllOf(t.Context(), &gatewayv1.HTTPRoute{}, client.InNamespace(namespace), client.MatchingLabels{"many": "true"}))
	patiently(t, "all are gone", func() error { return hasStatus(t, address, host(*many-1), "/", 404) })
	requests.stop(t)
}

// patiently waits longer than others: it is for a thousand things at once, and for a binary that was built for debugging.
func patiently(t *testing.T, what string, holds func() error) {
	t.Helper()
	if err := within(10*patience, holds); err != nil {
		t.Fatalf("%s: still: %v", what, err)
	}
}

// allAccepted is nil if every HTTPRoute of a namespace is.
func (c *cluster) allAccepted(t *testing.T, namespace string) error {
	var routes gatewayv1.HTTPRouteList
	if err := c.List(t.Context(), &routes, client.InNamespace(namespace)); err != nil {
		return err
	}
	waiting := 0
	for _, route := range routes.Items {
		if len(route.Status.Parents) != 1 ||
			holds(route.Status.Parents[0].Conditions, "Accepted", "True", route.Generation) != nil {
			waiting++
		}
	}
	if waiting > 0 {
		time.Sleep(20 * poll) // the list is long
		return fmt.Errorf("%d of %d have none", waiting, len(routes.Items))
	}
	return nil
}

// inMemory says how much a process has in RAM.
func (p process) inMemory(t *testing.T) string {
	now, peak := p.memory(t)
	return fmt.Sprintf("%d MiB (at most %d)", now, peak)
}
