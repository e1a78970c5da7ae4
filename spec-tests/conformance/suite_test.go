// Package conformance is the upstream suite as it is, built into one program together with the versions of go.mod.
package conformance

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func TestConformance(t *testing.T) { conformance.RunConformance(t) }
