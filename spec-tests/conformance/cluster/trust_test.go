package cluster

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"testing"
)

// secureEcho is the echo server, for TLS with the Secret `certificate`.
const secureEcho = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: secure }
spec:
  selector: { matchLabels: { app: secure } }
  template:
    metadata: { labels: { app: secure } }
    spec:
      volumes: [{ name: certificate, secret: { secretName: certificate } }]
      containers:
        - name: echo
          image: registry.k8s.io/gateway-api/conformance/echo-basic:v1
          volumeMounts: [{ name: certificate, mountPath: /certificate }]
          env:
            - { name: TLS_SERVER_CERT, value: /certificate/tls.crt }
            - { name: TLS_SERVER_PRIVKEY, value: /certificate/tls.key }
---
apiVersion: v1
kind: Service
metadata: { name: secure }
spec:
  selector: { app: secure }
  ports: [{ port: 443, targetPort: 8443 }]
`

// trusting is a Gateway that asks its clients for certificates, and a route to a backend whose certificate it verifies, both
// by a ClusterTrustBundle.
const trusting = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: %[1]s
  listeners:
    - { name: http, port: 80, protocol: HTTP }
    - { name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: certificate }] } }
  tls:
    frontend:
      default: { validation: { caCertificateRefs: [{ group: certificates.k8s.io, kind: ClusterTrustBundle, name: tests }] } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: secure }
spec:
  targetRefs: [{ group: "", kind: Service, name: secure }]
  validation:
    hostname: %[2]s
    caCertificateRefs: [{ group: certificates.k8s.io, kind: ClusterTrustBundle, name: tests }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [{ name: web }]
  hostnames: [%[2]s]
  rules: [{ backendRefs: [{ name: secure, port: 443 }] }]
`

// Backends and clients are trusted by what a ClusterTrustBundle says, and no longer when it says something else.
func trustBundle(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "trusting")
	trusted, other := newAuthority(t), newAuthority(t)
	secret := trusted.secret(t, namespace, 1)
	must(t, c.Create(t.Context(), secret))
	c.apply(t, "", trusted.bundle(t))
	c.apply(t, namespace, secureEcho)
	c.apply(t, namespace, fmt.Sprintf(trusting, class, secureHost))
	address := c.programmed(t, namespace, "web")

	certificate, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
	must(t, err)
	backendIs := func(status int) {
		t.Helper()
		eventually(t, fmt.Sprintf("answer %d", status), func() error { return hasStatus(t, address, secureHost, "/", status) })
	}
	backendIs(http.StatusOK)
	eventually(t, "a client with a certificate", func() error { return trusted.ask(address, certificate) })
	if trusted.ask(address) == nil {
		t.Error("a client without a certificate is answered")
	}

	c.apply(t, "", other.bundle(t))
	backendIs(http.StatusServiceUnavailable)
	eventually(t, "a client of another authority is refused", func() error {
		if trusted.ask(address, certificate) == nil {
			return fmt.Errorf("it is answered")
		}
		return nil
	})
}

// bundle trusts this authority.
func (a *authority) bundle(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})))
	must(t, err)
	return fmt.Sprintf(`
apiVersion: certificates.k8s.io/v1
kind: ClusterTrustBundle
metadata: { name: tests }
spec: { trustBundle: %s }
`, text)
}

// ask sends a request on a connection of its own. Any answer will do: without a certificate there is none.
func (a *authority) ask(address string, certificates ...tls.Certificate) error {
	client := newClient(false)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: a.trusted, ServerName: secureHost, Certificates: certificates}
	response, err := client.Get("https://" + address + "/")
	if err != nil {
		return err
	}
	return response.Body.Close()
}
