package cluster

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Of HTTPRoutes with the same match the oldest is taken, and of those made in the same second the first by namespace/name.
func oldestRouteWins(t *testing.T, c *cluster) {
	first, second := c.namespace(t, "oldest-a"), c.namespace(t, "oldest-b")
	address := c.gateway(t, first, "web")
	wins := func(said string) {
		t.Helper()
		eventually(t, "the winner", func() error { return cameBy(t, address, "old.example", "/", said) })
	}

	older := c.route(t, second, "z", "old.example", "older")
	wins("older")
	for {
		newer := c.route(t, first, "a", "old.example", "newer")
		if newer.CreationTimestamp.After(older.CreationTimestamp.Time) {
			break
		}
		must(t, c.Delete(t.Context(), newer))
	}
	eventually(t, "the newer one", func() error { return c.accepted(t, first, "a") })
	wins("older")
	must(t, c.Delete(t.Context(), older))
	wins("newer")

	// The last by name is made first, the first by namespace has the last name.
	for _, names := range [][2]string{{second + "/a", first + "/z"}, {first + "/y", first + "/x"}} {
		host := "tie-" + names[1][len(first)+1:] + ".example"
		loser, winner := c.tie(t, host, names)
		eventually(t, "both", func() error {
			if err := c.accepted(t, loser.Namespace, loser.Name); err != nil {
				return err
			}
			return c.accepted(t, winner.Namespace, winner.Name)
		})
		eventually(t, names[1], func() error { return cameBy(t, address, host, "/", names[1]) })
		must(t, c.Delete(t.Context(), winner))
		eventually(t, names[0], func() error { return cameBy(t, address, host, "/", names[0]) })
	}
}

// tie makes two routes within one second of the API server's clock.
func (c *cluster) tie(t *testing.T, host string, names [2]string) (one, other *gatewayv1.HTTPRoute) {
	t.Helper()
	for {
		// Early in a second.
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		routes := [2]*gatewayv1.HTTPRoute{}
		for i, full := range names {
			namespace, name := split(full)
			routes[i] = c.route(t, namespace, name, host, full)
		}
		if routes[0].CreationTimestamp.Equal(&routes[1].CreationTimestamp) {
			return routes[0], routes[1]
		}
		for _, route := range routes {
			must(t, c.Delete(t.Context(), route))
		}
	}
}

// route makes an HTTPRoute to the Gateway oldest-a/web.
func (c *cluster) route(t *testing.T, namespace, name, host, said string) *gatewayv1.HTTPRoute {
	t.Helper()
	c.apply(t, namespace, httpRoute(name, "oldest-a/web", host, "/", said))
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	must(t, c.Get(t.Context(), client.ObjectKeyFromObject(route), route))
	return route
}
