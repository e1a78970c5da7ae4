// Certificates writes what the API server and its clients know each other by into a folder: ca.crt, NAME.crt and NAME.key of
// the API server, of its side towards kubelets and of an administrator, accounts.key (it signs tokens), and admin.kubeconfig.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const usage = "certificates FOLDER HOST:PORT"

// kubeconfig names its files relative to itself.
const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: conformance, cluster: {server: "https://%s", certificate-authority: ca.crt}}]
users: [{name: admin, user: {client-certificate: admin.crt, client-key: admin.key}}]
contexts: [{name: admin, context: {cluster: conformance, user: admin}}]
current-context: admin
`

type authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal(usage)
	}
	folder, address := os.Args[1], os.Args[2]
	host, _, err := net.SplitHostPort(address)
	must(err)
	ca := newAuthority(folder)
	ca.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "apiserver"}, IPAddresses: []net.IP{net.ParseIP(host)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	for _, client := range []string{"admin", "kubelet-client"} {
		ca.issue(&x509.Certificate{Subject: pkix.Name{CommonName: client, Organization: []string{"system:masters"}},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	}
	ca.writeKey("accounts.key", newKey())
	must(os.WriteFile(filepath.Join(folder, "admin.kubeconfig"), fmt.Appendf(nil, kubeconfig, address), 0o600))
}

func newAuthority(folder string) authority {
	a := authority{folder: folder, key: newKey(), certificate: &x509.Certificate{
		Subject: pkix.Name{CommonName: "conformance"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}}
	a.certificate = a.sign("ca.crt", a.certificate, a.certificate, a.key)
	return a
}

func (a authority) issue(template *x509.Certificate) {
	key := newKey()
	template.KeyUsage = x509.KeyUsageDigitalSignature
	a.sign(template.Subject.CommonName+".crt", template, a.certificate, key)
	a.writeKey(template.Subject.CommonName+".key", key)
}

func (a authority) sign(name string, template, issuer *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	must(err)
	now := time.Now()
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, now.Add(-time.Hour), now.AddDate(0, 1, 0)
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, a.key)
	must(err)
	a.write(name, "CERTIFICATE", der)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return certificate
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func (a authority) writeKey(name string, key *ecdsa.PrivateKey) {
	der, err := x509.MarshalECPrivateKey(key)
	must(err)
	a.write(name, "EC PRIVATE KEY", der)
}

func (a authority) write(name, kind string, der []byte) {
	must(os.WriteFile(filepath.Join(a.folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
