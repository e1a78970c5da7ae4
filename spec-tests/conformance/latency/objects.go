package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

const (
	namespace = "latency"
	image     = "registry.k8s.io/gateway-api/conformance/echo-basic:v1.6.3"
	// header is on each response, with the version of the route.
	header = "X-Version"
)

var (
	namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	gateways    = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "gateways"}
	httpRoutes  = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
)

type fields = map[string]any

// objects makes and changes objects of the namespace.
type objects struct{ client dynamic.Interface }

func (o objects) of(resource schema.GroupVersionResource) dynamic.ResourceInterface {
	if resource == namespaces {
		return o.client.Resource(resource)
	}
	return o.client.Resource(resource).Namespace(namespace)
}

func (o objects) create(ctx context.Context, resource schema.GroupVersionResource, kind, name string, spec fields) error {
	object := &unstructured.Unstructured{Object: fields{
		"apiVersion": resource.GroupVersion().String(),
		"kind":       kind,
		"metadata":   fields{"name": name},
		"spec":       spec,
	}}
	_, err := o.of(resource).Create(ctx, object, v1.CreateOptions{})
	return err
}

// version makes a route say another version; its new generation.
func (o objects) version(ctx context.Context, name string, version int) (int64, error) {
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/rules/0/filters/0/responseHeaderModifier/set/0/value","value":"%d"}]`, version)
	changed, err := o.of(httpRoutes).Patch(ctx, name, types.JSONPatchType, []byte(patch), v1.PatchOptions{})
	if err != nil {
		return 0, err
	}
	return changed.GetGeneration(), nil
}

func routeName(index int) string { return fmt.Sprintf("route-%d", index) }

func hostname(index int) string { return fmt.Sprintf("host-%d.example.com", index) }

func route(index int) fields {
	return fields{
		"parentRefs": []any{fields{"name": gatewayName}},
		"hostnames":  []any{hostname(index)},
		"rules": []any{fields{
			"matches": []any{fields{"path": fields{"type": "PathPrefix", "value": "/shop"}}},
			"filters": []any{fields{
				"type":                   "ResponseHeaderModifier",
				"responseHeaderModifier": fields{"set": []any{fields{"name": header, "value": "0"}}},
			}},
			"backendRefs": []any{fields{"name": backendName, "port": int64(8080)}},
		}},
	}
}

func gateway(class string) fields {
	return fields{
		"gatewayClassName": class,
		"listeners":        []any{fields{"name": "http", "port": int64(80), "protocol": "HTTP"}},
	}
}

func backendService() fields {
	return fields{
		"selector": fields{"app": backendName},
		"ports":    []any{fields{"port": int64(8080), "targetPort": int64(3000)}},
	}
}

func backendDeployment() fields {
	fromField := func(path string) fields { return fields{"fieldRef": fields{"fieldPath": path}} }
	return fields{
		"selector": fields{"matchLabels": fields{"app": backendName}},
		"template": fields{
			"metadata": fields{"labels": fields{"app": backendName}},
			"spec": fields{"containers": []any{fields{
				"name":  "echo",
				"image": image,
				"env": []any{
					fields{"name": "POD_NAME", "valueFrom": fromField("metadata.name")},
					fields{"name": "NAMESPACE", "valueFrom": fromField("metadata.namespace")},
				},
			}}},
		},
	}
}
