package cluster

import (
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The pods of a Gateway are replaced one by one, as `kubectl rollout restart` does: no request fails.
func rollingRestart(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "restarted")
	address := c.gateway(t, namespace, "web")
	c.apply(t, namespace, httpRoute("web", "web", "web.example", "/", "web"))
	eventually(t, "the route", func() error { return cameBy(t, address, "web.example", "/", "web") })
	deployment := c.patch(t, namespace, "web-"+class, `{"spec":{"replicas":2}}`)
	c.rolledOut(t, deployment)

	requests := ask(t, address, "web.example", "/")
	for i := range 2 {
		deployment = c.patch(t, namespace, "web-"+class, fmt.Sprintf(
			`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"%d"}}}}}`, i))
		c.rolledOut(t, deployment)
	}
	if *deployment.Spec.Replicas != 2 {
		t.Errorf("the controller has set replicas to %d", *deployment.Spec.Replicas)
	}
	// Until the last of the old pods has gone.
	eventually(t, "the old pods", func() error {
		pods, err := c.pods(t, namespace, "web")
		if err == nil && len(pods) != 2 {
			err = fmt.Errorf("%d pods", len(pods))
		}
		return err
	})
	time.Sleep(time.Second)
	requests.stop(t)
}

func (c *cluster) patch(t *testing.T, namespace, name, patch string) *appsv1.Deployment {
	t.Helper()
	deployment := &appsv1.Deployment{}
	deployment.Namespace, deployment.Name = namespace, name
	must(t, c.Patch(t.Context(), deployment, client.RawPatch("application/strategic-merge-patch+json", []byte(patch))))
	return deployment
}

// rolledOut waits until all pods are new and ready, and reads the Deployment.
func (c *cluster) rolledOut(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	eventually(t, "Deployment "+deployment.Name, func() error {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(deployment), deployment); err != nil {
			return err
		}
		status, wanted := deployment.Status, *deployment.Spec.Replicas
		if status.ObservedGeneration < deployment.Generation || status.UpdatedReplicas != wanted ||
			status.Replicas != wanted || status.AvailableReplicas != wanted {
			return fmt.Errorf("want %d new pods, got %d, %d new, %d ready",
				wanted, status.Replicas, status.UpdatedReplicas, status.AvailableReplicas)
		}
		return nil
	})
}
