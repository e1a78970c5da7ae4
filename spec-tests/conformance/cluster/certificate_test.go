package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const secureHost = "secure.example"

// A certificate is replaced several times while clients connect: no handshake fails, and the newest is shown in the end.
func secretRotatedUnderLoad(t *testing.T, c *cluster) {
	namespace := c.namespace(t, "rotated")
	authority := newAuthority(t)
	secret := authority.secret(t, namespace, 1)
	must(t, c.Create(t.Context(), secret))
	c.apply(t, namespace, fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: %s
  listeners: [{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: certificate }] } }]
---
%s`, class, httpRoute("web", "web", secureHost, "/", "web")))
	address := net.JoinHostPort(c.programmed(t, namespace, "web"), "443")
	shows := func(serial int64) {
		t.Helper()
		eventually(t, fmt.Sprintf("certificate %d", serial), func() error {
			found, err := authority.handshake(t.Context(), address)
			if err == nil && found != serial {
				err = fmt.Errorf("number %d is shown", found)
			}
			return err
		})
	}
	shows(1)

	handshakes := repeat(t, func(ctx context.Context, _ *http.Client) error {
		_, err := authority.handshake(ctx, address)
		return err
	})
	for serial := int64(2); serial <= 6; serial++ {
		secret.Data = authority.secret(t, namespace, serial).Data
		must(t, c.Update(t.Context(), secret))
		shows(serial)
	}
	handshakes.stop(t)
}

// authority signs certificates that its clients trust.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	trusted     *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), Subject: pkix.Name{CommonName: "tests"}, IsCA: true,
		BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	a := &authority{key: key, certificate: certificate, trusted: x509.NewCertPool()}
	a.trusted.AddCert(certificate)
	return a
}

// secret has a new key and certificate with that number.
func (a *authority) secret(t *testing.T, namespace string, serial int64) *corev1.Secret {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{secureHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, key.Public(), a.key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "certificate"}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{
			corev1.TLSCertKey:       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
			corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		}}
}

// handshake connects, verifies, and returns the number of the certificate that was shown.
func (a *authority) handshake(ctx context.Context, address string) (int64, error) {
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: answer}, Config: &tls.Config{RootCAs: a.trusted, ServerName: secureHost}}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}
