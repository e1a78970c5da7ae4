package cluster

import (
	"fmt"
	"strings"
)

// echo answers with what it was asked.
const echo = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo }
spec:
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      containers:
        - name: echo
          image: registry.k8s.io/gateway-api/conformance/echo-basic:v1
          env:
            - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
---
apiVersion: v1
kind: Service
metadata: { name: echo }
spec:
  selector: { app: echo }
  ports: [{ port: 8080, targetPort: 3000 }]
`

// gatewayClass is as the chart makes it.
const gatewayClass = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: gateline }
spec: { controllerName: gateline.dev/controller }
`

// httpGateway has a listener on port 80 for the routes of all namespaces.
func httpGateway(name string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: %q }
spec:
  gatewayClassName: %s
  listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]
`, name, class)
}

// httpRoute sends a path prefix of a host to the Service `echo`, and says in the header `route` that it did so.
func httpRoute(name, gateway, host, path, said string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: %q }
spec:
  parentRefs: [%s]
  hostnames: [%q]
  rules:
    - matches: [{ path: { value: %q } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: route, value: %q }] } }]
      backendRefs: [{ name: echo, port: 8080 }]
`, name, parent(gateway), host, path, said)
}

// parent refers to a Gateway by its name or namespace/name.
func parent(gateway string) string {
	if namespace, name, found := strings.Cut(gateway, "/"); found {
		return fmt.Sprintf("{ namespace: %q, name: %q }", namespace, name)
	}
	return fmt.Sprintf("{ name: %q }", gateway)
}

// split cuts namespace/name.
func split(full string) (namespace, name string) {
	namespace, name, _ = strings.Cut(full, "/")
	return namespace, name
}

func documents(manifest string) []string { return strings.Split(manifest, "\n---\n") }
