package cluster

import (
	"fmt"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A namespace with routes, Services and pods is deleted: requests for another are not touched by it. What was routed there
// is not found any more; a route elsewhere to a Service of it answers 500.
func namespaceDeletedUnderTraffic(t *testing.T, c *cluster) {
	staying, going := c.namespace(t, "staying"), c.namespace(t, "going")
	address := c.gateway(t, staying, "web")
	c.apply(t, staying, httpRoute("web", "web", "staying.example", "/", "staying"))
	c.apply(t, going, httpRoute("web", "staying/web", "going.example", "/", "going"))
	c.apply(t, going, fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: { name: staying }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: %s }]
  to: [{ group: "", kind: Service }]
`, staying))
	c.apply(t, staying, fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: across }
spec:
  parentRefs: [{ name: web }]
  hostnames: [across.example]
  rules: [{ backendRefs: [{ namespace: %s, name: echo, port: 8080 }] }]
`, going))
	for host, said := range map[string]string{"staying.example": "staying", "going.example": "going", "across.example": ""} {
		eventually(t, host, func() error { return cameBy(t, address, host, "/", said) })
	}

	requests := ask(t, address, "staying.example", "/")
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: going}}
	must(t, c.Delete(t.Context(), namespace))
	eventually(t, "its route", func() error { return hasStatus(t, address, "going.example", "/", http.StatusNotFound) })
	eventually(t, "a route to it", func() error {
		return hasStatus(t, address, "across.example", "/", http.StatusInternalServerError)
	})
	eventually(t, "the namespace", func() error {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); !apierrors.IsNotFound(err) {
			return fmt.Errorf("is still there (%v)", err)
		}
		return nil
	})
	eventually(t, "the status of the route to it", func() error {
		return c.says(t, staying, "across", "ResolvedRefs", metav1.ConditionFalse)
	})
	requests.stop(t)
}
