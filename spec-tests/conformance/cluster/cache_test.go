package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The controllers are frozen and the API server is killed, then the container of a Gateway's pod: it starts again and serves
// what it served last, HTTPS too. When all are back the next change is taken over.
func servedFromCache(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "cached")
	authority := newAuthority(t)
	must(t, c.Create(t.Context(), authority.secret(t, namespace, 1)))
	c.apply(t, namespace, fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: %s
  listeners:
    - { name: http, port: 80, protocol: HTTP }
    - { name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: certificate }] } }
`, class))
	address := c.programmed(t, namespace, "web")
	route := func(said string) {
		c.apply(t, namespace, httpRoute("web", "web", secureHost, "/", said))
		eventually(t, "the route", func() error { return cameBy(t, address, secureHost, "/", said) })
	}
	route("first")
	route("last")
	served := only(t, dataPlane(namespace+"/web"))
	eventually(t, "the cache", func() error { return served.keeps("last") })

	thaw := freeze(t, processes(t, controllers))
	start := c.killAPIServer(t)
	served.signal(t, syscall.SIGKILL)
	killed := time.Now()
	eventually(t, "the last route", func() error { return cameBy(t, address, secureHost, "/", "last") })
	measured(t, "a container that was killed serves again after %.1f s without the API server", time.Since(killed).Seconds())
	eventually(t, "the certificate", func() error {
		_, err := authority.handshake(context.Background(), address+":443")
		return err
	})
	if again := only(t, dataPlane(namespace+"/web")); again.pid == served.pid {
		t.Error("the container was not started again")
	}
	if c.answers(t) == nil {
		t.Error("the API server answers though it was killed")
	}

	start()
	thaw()
	route("next")
	eventually(t, "its status", func() error { return c.accepted(t, namespace, "web") })
}

// only is the one such process that there is.
func only(t *testing.T, wanted func([]string) bool) process {
	t.Helper()
	found := processes(t, wanted)
	if len(found) != 1 {
		t.Fatalf("%d of them", len(found))
	}
	return found[0]
}

// keeps is nil if what a pod has kept for a restart has such a text in it.
func (p process) keeps(text string) error {
	kept, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/var/cache/gateline/objects.json", p.pid))
	if err == nil && !strings.Contains(string(kept), fmt.Sprintf("%q", text)) {
		err = errors.New("it is not in it")
	}
	return err
}
