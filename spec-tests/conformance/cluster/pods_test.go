package cluster

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pods are those of a Gateway.
func (c *cluster) pods(t *testing.T, namespace, gateway string) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := c.List(t.Context(), &pods, client.InNamespace(namespace),
		client.MatchingLabels{"gateway.networking.k8s.io/gateway-name": gateway})
	return pods.Items, err
}
