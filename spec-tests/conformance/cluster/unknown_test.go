package cluster

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const routesCRD = "httproutes.gateway.networking.k8s.io"

// Routes with values that only a newer API knows, beside one that is as ever: they say what is wrong with them, and nothing else
// is disturbed.
func unknownValues(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "unknown")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("healthy", "web", "healthy.example", "/", "before"))
	eventually(t, "the route", func() error { return cameBy(t, address, "healthy.example", "/", "before") })

	requests := ask(t, address, "healthy.example", "/")
	c.loosen(t)
	for _, odd := range []struct {
		name, part, condition string
		status                int
	}{
		{"match", `matches: [{ path: { type: Teleport, value: / } }]`, "Accepted", http.StatusNotFound},
		{"method", `matches: [{ method: BREW }]`, "Accepted", http.StatusNotFound},
		{"redirect", `filters: [{ type: RequestRedirect, requestRedirect: { statusCode: 399 } }]`, "Accepted", http.StatusNotFound},
		// Without the filter nothing may come through, neither here nor at the next route.
		{"filter", `filters: [{ type: Teleport, teleport: { to: mars } }]`, "ResolvedRefs", http.StatusInternalServerError},
	} {
		manifest := fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: %[1]s }
spec:
  parentRefs: [{ name: web }]
  hostnames: [%[1]s.example]
  rules: [{ %s, backendRefs: [{ name: echo, port: 8080 }] }]
`, odd.name, odd.part)
		// The API server takes some time to follow its CRD.
		eventually(t, odd.name, func() error { return c.put(t.Context(), read(t, namespace, manifest)[0]) })
		eventually(t, odd.name, func() error { return c.says(t, namespace, odd.name, odd.condition, metav1.ConditionFalse) })
		eventually(t, odd.name, func() error { return hasStatus(t, address, odd.name+".example", "/", odd.status) })
	}
	// They have not stopped anything.
	c.apply(t, namespace, httpRoute("healthy", "web", "healthy.example", "/", "after"))
	c.apply(t, namespace, httpRoute("new", "web", "new.example", "/", "new"))
	for host, said := range map[string]string{"healthy.example": "after", "new.example": "new"} {
		eventually(t, host, func() error { return cameBy(t, address, host, "/", said) })
	}
	eventually(t, "the status of the new one", func() error { return c.accepted(t, namespace, "new") })
	requests.stop(t)
}

// loosen takes what values may be out of the CRD of HTTPRoutes, and lets unknown fields be, until the end of the test.
func (c *cluster) loosen(t *testing.T) {
	t.Helper()
	crd := &unstructured.Unstructured{}
	crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	change := func(ctx context.Context, to func(spec any) any) error {
		if err := c.Get(ctx, client.ObjectKey{Name: routesCRD}, crd); err != nil {
			return err
		}
		crd.Object["spec"] = to(crd.Object["spec"])
		return c.Update(ctx, crd)
	}
	var before any
	must(t, change(t.Context(), func(spec any) any {
		before = crd.DeepCopy().Object["spec"]
		return loose(spec)
	}))
	t.Cleanup(func() {
		if err := change(context.Background(), func(any) any { return before }); err != nil {
			t.Errorf("the CRD stays as it is: %v", err)
		}
	})
}

// loose is a schema without what it refuses of values.
func loose(schema any) any {
	switch schema := schema.(type) {
	case map[string]any:
		delete(schema, "enum")
		delete(schema, "x-kubernetes-validations")
		if schema["type"] == "object" {
			if _, has := schema["properties"]; has {
				schema["x-kubernetes-preserve-unknown-fields"] = true
			}
		}
		for name, value := range schema {
			schema[name] = loose(value)
		}
	case []any:
		for i, value := range schema {
			schema[i] = loose(value)
		}
	}
	return schema
}
