package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The cluster has the CRDs of the first stable release, which has few kinds, and is upgraded to the newest under traffic: no
// request fails, and the kinds that appear are noticed.
func olderCRDs(t *testing.T, c *cluster) {
	newest := definitions(t, *crds)
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, object := range append(newest, read(t, "", gatewayClass)...) {
			if err := within(patience, func() error { return c.put(context.Background(), object) }); err != nil {
				t.Errorf("the tests after this one will fail too: %v", err)
				return
			}
		}
	})
	c.deleteAll(t, newest)
	c.putAll(t, definitions(t, *older))
	c.putAll(t, read(t, "", gatewayClass))

	namespace := c.namespace(t, "older")
	c.putAll(t, read(t, namespace, httpGateway("web")))
	address := c.programmed(t, namespace, "web")
	c.putAll(t, read(t, namespace, httpRoute("web", "web", "web.example", "/", "older")))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "older") })
	eventually(t, "its status", func() error { return c.accepted(t, namespace, "web") })

	requests := ask(t, address, "web.example", "/")
	c.putAll(t, newest)
	c.putAll(t, read(t, namespace, httpRoute("web", "web", "web.example", "/", "newest")))
	eventually(t, "the changed route", func() error { return cameBy(t, address, "web.example", "/", "newest") })
	c.putAll(t, read(t, namespace, newerKinds))
	eventually(t, "kinds that the older release has not", func() error {
		return cameBy(t, address+":8001", "web.example", "/", "")
	})
	requests.stop(t)
}

// newerKinds let HTTP through to the echo server as TCP.
const newerKinds = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: gateline
  allowedListeners: { namespaces: { from: Same } }
  listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: more }
spec:
  parentRef: { name: web }
  listeners: [{ name: tcp, port: 8001, protocol: TCP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: { name: tcp }
spec:
  parentRefs: [{ kind: ListenerSet, name: more }]
  rules: [{ backendRefs: [{ name: echo, port: 8080 }] }]
`

// definitions are what is in the manifests of a folder.
func definitions(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	must(t, err)
	if len(paths) == 0 {
		t.Fatalf("no manifests in %q", folder)
	}
	var all []*unstructured.Unstructured
	for _, path := range paths {
		text, err := os.ReadFile(path)
		must(t, err)
		all = append(all, read(t, "", string(text))...)
	}
	return all
}

// putAll applies objects, each as soon as the API server knows its kind.
func (c *cluster) putAll(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range all {
		eventually(t, object.GetName(), func() error { return c.put(t.Context(), object) })
	}
}

// deleteAll deletes objects and waits until they are gone.
func (c *cluster) deleteAll(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range all {
		must(t, client.IgnoreNotFound(c.Delete(t.Context(), object)))
	}
	for _, object := range all {
		eventually(t, object.GetName(), func() error {
			err := c.Get(t.Context(), client.ObjectKeyFromObject(object), object.DeepCopy())
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("is still there (%v)", err)
		})
	}
}
