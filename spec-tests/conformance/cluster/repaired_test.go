package cluster

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// atOnce is well before anything is looked at without a reason.
	atOnce = 15 * time.Second
	fight  = 10 * time.Second
)

// What others change in the objects of a Gateway is set right, and what they delete is made again, at once. Whoever changes it
// again and again is fought ever more seldom, and named.
func dataPlaneRepaired(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "repaired")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "web"))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "web") })
	objects := []struct {
		object client.Object
		patch  string
		right  func(client.Object) bool
	}{
		{&corev1.Service{}, `{"spec":{"ports":[{"name":"tcp-80","port":80,"targetPort":9}]}}`, func(object client.Object) bool {
			return object.(*corev1.Service).Spec.Ports[0].TargetPort.IntValue() == 64592
		}},
		{&appsv1.Deployment{}, `{"spec":{"strategy":{"rollingUpdate":{"maxSurge":7}}}}`, func(object client.Object) bool {
			return object.(*appsv1.Deployment).Spec.Strategy.RollingUpdate.MaxSurge.IntValue() == 1
		}},
		{&policyv1.PodDisruptionBudget{}, `{"spec":{"maxUnavailable":7}}`, func(object client.Object) bool {
			return object.(*policyv1.PodDisruptionBudget).Spec.MaxUnavailable.IntValue() == 1
		}},
		{&corev1.Secret{}, `{"data":{"secrets.json":"e30="}}`, func(object client.Object) bool {
			return string(object.(*corev1.Secret).Data["secrets.json"]) != "{}"
		}},
	}
	for _, one := range objects {
		one.object.SetNamespace(namespace)
		one.object.SetName("web-" + class)
		what := strings.TrimPrefix(fmt.Sprintf("%T", one.object), "*")
		must(t, c.edit(one.object, one.patch))
		if one.right(one.object) {
			t.Fatalf("%s: the patch changes nothing", what)
		}
		c.repaired(t, what+", changed", one.object, one.right)

		gone := one.object.GetUID()
		must(t, c.Delete(t.Context(), one.object))
		c.repaired(t, what+", deleted", one.object, func(object client.Object) bool {
			return object.GetUID() != gone && one.right(object)
		})
	}
	address = c.programmed(t, namespace, "web")
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "web") })
	if logged(t, "set right", "by=\"by-hand\"", "PodDisruptionBudget "+namespace) == 0 {
		t.Error("the log does not say who has changed the PodDisruptionBudget")
	}

	budget := objects[2]
	edits := 0
	for begin := time.Now(); time.Since(begin) < fight; time.Sleep(poll) {
		must(t, c.Get(t.Context(), client.ObjectKeyFromObject(budget.object), budget.object))
		if budget.right(budget.object) {
			must(t, c.edit(budget.object, budget.patch))
			edits++
		}
	}
	// At first, and after 1, 2 and 4 seconds; each is followed by another edit.
	if edits > 5 {
		t.Errorf("it was set right %d times in %v", edits, fight)
	}
	if logged(t, "keeps changing it", "by=\"by-hand\"", "PodDisruptionBudget "+namespace) == 0 {
		t.Error("the log does not say who keeps changing the PodDisruptionBudget")
	}
	eventually(t, "the last repair", func() error { return c.is(t, budget.object, budget.right) })
}

// edit is what somebody does by hand.
func (c *cluster) edit(object client.Object, patch string) error {
	return c.Patch(context.Background(), object, client.RawPatch("application/strategic-merge-patch+json", []byte(patch)),
		client.FieldOwner("by-hand"))
}

func (c *cluster) repaired(t *testing.T, what string, object client.Object, right func(client.Object) bool) {
	t.Helper()
	begin := time.Now()
	if err := within(atOnce, func() error { return c.is(t, object, right) }); err != nil {
		t.Fatalf("%s: after %v: %v", what, atOnce, err)
	}
	t.Logf("%s: set right after %v", what, time.Since(begin).Round(time.Millisecond))
}

// is reads an object and is nil if it is right.
func (c *cluster) is(t *testing.T, object client.Object, right func(client.Object) bool) error {
	err := c.Get(t.Context(), client.ObjectKeyFromObject(object), object)
	if err == nil && !right(object) {
		err = fmt.Errorf("it is as somebody else has made it")
	}
	return err
}
