package cluster

import (
	"errors"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// programmed waits until a Gateway is, and returns its address.
func (c *cluster) programmed(t *testing.T, namespace, name string) string {
	t.Helper()
	var gateway gatewayv1.Gateway
	eventually(t, "Gateway "+name, func() error {
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &gateway); err != nil {
			return err
		}
		if len(gateway.Status.Addresses) == 0 {
			return errors.New("it has no address")
		}
		return holds(gateway.Status.Conditions, "Programmed", metav1.ConditionTrue, gateway.Generation)
	})
	return gateway.Status.Addresses[0].Value
}

// gateway makes a Gateway of httpGateway in a namespace, and returns its address.
func (c *cluster) gateway(t *testing.T, namespace, name string) string {
	t.Helper()
	c.apply(t, namespace, httpGateway(name))
	return c.programmed(t, namespace, name)
}

// accepted is nil if a route says that our controller has accepted it as it is now.
func (c *cluster) accepted(t *testing.T, namespace, name string) error {
	return c.says(t, namespace, name, "Accepted", metav1.ConditionTrue)
}

// says is nil if our controller's only entry in the status of an HTTPRoute has that condition.
func (c *cluster) says(t *testing.T, namespace, name, kind string, status metav1.ConditionStatus) error {
	var route gatewayv1.HTTPRoute
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &route); err != nil {
		return err
	}
	parents := route.Status.Parents
	if len(parents) != 1 || parents[0].ControllerName != controller {
		return fmt.Errorf("want one parent of %s, got %d", controller, len(parents))
	}
	return holds(parents[0].Conditions, kind, status, route.Generation)
}

func holds(conditions []metav1.Condition, kind string, status metav1.ConditionStatus, generation int64) error {
	condition := meta.FindStatusCondition(conditions, kind)
	switch {
	case condition == nil:
		return fmt.Errorf("no condition %s", kind)
	case condition.Status != status:
		return fmt.Errorf("%s is %s: %s (%s)", kind, condition.Status, condition.Reason, condition.Message)
	case condition.ObservedGeneration != generation:
		return fmt.Errorf("%s is of generation %d, not %d", kind, condition.ObservedGeneration, generation)
	}
	return nil
}
