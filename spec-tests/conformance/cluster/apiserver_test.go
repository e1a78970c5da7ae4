package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// down is long enough for several attempts to connect again.
const down = 2 * time.Second

// The API server is killed and comes back: requests are served all the time, and what is changed afterwards is taken over.
func apiServerRestarted(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "restarted-api")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "before"))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "before") })

	requests := ask(t, address, "web.example", "/")
	start := c.killAPIServer(t)
	time.Sleep(down)
	if c.answers(t) == nil {
		t.Fatal("the API server answers though it was killed")
	}
	start()
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "after"))
	eventually(t, "the changed route", func() error { return cameBy(t, address, "web.example", "/", "after") })
	eventually(t, "its status", func() error { return c.accepted(t, namespace, "web") })
	requests.stop(t)
	pods, err := c.pods(t, namespace, "web")
	must(t, err)
	for _, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			if status.RestartCount != 0 {
				t.Errorf("%s was restarted", pod.Name)
			}
		}
	}
}

// Everything of Gateline is frozen while objects change, the API server restarts and etcd forgets its history, so that nothing of
// this can be had from a watch any more: they expire (410), and everything is listed again.
func watchExpired(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "expired")
	address := c.gateway(t, namespace, "web")
	for _, name := range []string{"changed", "deleted"} {
		c.apply(t, namespace, httpRoute(name, "web", name+".example", "/", "before"))
		eventually(t, name, func() error { return cameBy(t, address, name+".example", "/", "before") })
	}

	thaw := freeze(t, append(processes(t, controllers), processes(t, dataPlane(namespace+"/web"))...))
	before := logged(t, "too old resource version")
	last := c.version(t)
	must(t, c.Delete(t.Context(), &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "deleted"}}))
	for _, name := range []string{"changed", "created"} {
		c.apply(t, namespace, httpRoute(name, "web", name+".example", "/", "after"))
	}
	compact(t)
	c.killAPIServer(t)()
	// It serves CRDs a little later than it answers.
	eventually(t, "a watch from before", func() error {
		err := c.watchFrom(t, last)
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			return nil
		}
		return fmt.Errorf("want 410, got %v", err)
	})
	thaw()

	for _, name := range []string{"changed", "created"} {
		eventually(t, name, func() error { return cameBy(t, address, name+".example", "/", "after") })
		eventually(t, "status of "+name, func() error { return c.accepted(t, namespace, name) })
	}
	eventually(t, "the deleted route", func() error { return hasStatus(t, address, "deleted.example", "/", 404) })
	if logged(t, "too old resource version") == before {
		t.Error("no watch has expired: this has tested nothing")
	}
}

// answers is nil if the API server does.
func (c *cluster) answers(t *testing.T) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
	defer cancel()
	var namespaces corev1.NamespaceList
	return c.List(ctx, &namespaces, client.Limit(1))
}

// version is the cluster's now.
func (c *cluster) version(t *testing.T) string {
	t.Helper()
	var routes gatewayv1.HTTPRouteList
	must(t, c.List(t.Context(), &routes))
	return routes.ResourceVersion
}

// watchFrom is the error that a watch of HTTPRoutes from a version on begins with.
func (c *cluster) watchFrom(t *testing.T, version string) error {
	watching, err := client.NewWithWatch(c.config, client.Options{Scheme: c.Scheme()})
	if err != nil {
		return err
	}
	events, err := watching.Watch(t.Context(), &gatewayv1.HTTPRouteList{},
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
	if err != nil {
		return err
	}
	defer events.Stop()
	select {
	case event := <-events.ResultChan():
		return apierrors.FromObject(event.Object)
	case <-time.After(patience):
		return errors.New("nothing happens")
	}
}
