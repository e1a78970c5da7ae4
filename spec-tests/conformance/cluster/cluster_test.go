// Package cluster tests what happens to Gateline in a cluster: things that the upstream suite does not ask for.
package cluster

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgo "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

const (
	class      = "gateline"
	controller = "gateline.dev/controller"
	// What comes at all comes within this time: tests wait for it, they do not measure it.
	patience = 60 * time.Second
	poll     = 25 * time.Millisecond
)

// Options, given by `cargo xtask cluster`.
var (
	gateline = flag.String("gateline", "", "the program that is tested")
	crds     = flag.String("crds", "", "folder of the CRDs that are installed")
	older    = flag.String("older-crds", "", "folder of those of an older release")
	logs     = flag.String("logs", "", "folder of the logs of the cluster's programs")
	many     = flag.Int("routes", 500, "how many HTTPRoutes are applied at once")
)

type test struct {
	name string
	run  func(*testing.T, *cluster)
}

// alone are tests that take something away from the whole cluster. They run one after the other.
var alone = []test{
	{"OlderCRDs", olderCRDs},
	{"UnknownValues", unknownValues},
	{"ControllersKilled", controllersKilled},
	{"APIServerRestarted", apiServerRestarted},
	{"WatchExpired", watchExpired},
	{"ServedFromCache", servedFromCache},
	{"ManyRoutes", manyRoutes},
}

// together run all at once.
var together = []test{
	{"LeaseRaced", leaseRaced},
	{"OldestRouteWins", oldestRouteWins},
	{"SecretRotatedUnderLoad", secretRotatedUnderLoad},
	{"TrustBundle", trustBundle},
	{"NamespaceDeletedUnderTraffic", namespaceDeletedUnderTraffic},
	{"RollingRestart", rollingRestart},
	{"DataPlaneRepaired", dataPlaneRepaired},
}

func TestCluster(t *testing.T) {
	c := connect(t)
	for _, test := range alone {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
	for _, test := range together {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, c)
		})
	}
}

// cluster is the one that KUBECONFIG leads to. The tests are in its network and see its processes.
type cluster struct {
	client.Client
	config *rest.Config
}

func connect(t *testing.T) *cluster {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(t, err)
	config.QPS = -1
	scheme := runtime.NewScheme()
	must(t, clientgo.AddToScheme(scheme))
	must(t, gatewayv1.Install(scheme))
	found, err := client.New(config, client.Options{Scheme: scheme})
	must(t, err)
	return &cluster{Client: found, config: config}
}

// apply creates or changes the objects of a manifest; those without a namespace get this one.
func (c *cluster) apply(t *testing.T, namespace, manifest string) {
	t.Helper()
	for _, object := range read(t, namespace, manifest) {
		must(t, c.put(t.Context(), object))
	}
}

func (c *cluster) put(ctx context.Context, object *unstructured.Unstructured) error {
	// What comes back is not to be sent again.
	config := client.ApplyConfigurationFromUnstructured(object.DeepCopy())
	if err := c.Apply(ctx, config, client.FieldOwner("tests"), client.ForceOwnership); err != nil {
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

// namespace makes one, with an echo server behind the Service `echo`. It is deleted after the test.
func (c *cluster) namespace(t *testing.T, name string) string {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	must(t, c.Create(t.Context(), object))
	t.Cleanup(func() {
		if err := c.Delete(context.Background(), object); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	c.apply(t, name, echo)
	return name
}

// eventually waits until `holds` returns nil.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	if err := within(patience, holds); err != nil {
		t.Fatalf("%s: after %v still: %v", what, patience, err)
	}
}

func within(limit time.Duration, holds func() error) error {
	for start := time.Now(); ; time.Sleep(poll) {
		if err := holds(); err == nil || time.Since(start) > limit {
			return err
		}
	}
}

// measured tells a figure to `cargo xtask cluster`, which shows it.
func measured(t *testing.T, format string, arguments ...any) {
	t.Helper()
	t.Logf("measured: "+format, arguments...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, namespace, manifest string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, document := range documents(manifest) {
		object := &unstructured.Unstructured{}
		must(t, yaml.Unmarshal([]byte(document), &object.Object))
		if len(object.Object) == 0 {
			continue
		}
		if object.GetNamespace() == "" {
			object.SetNamespace(namespace)
		}
		objects = append(objects, object)
	}
	return objects
}
