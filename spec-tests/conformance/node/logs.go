package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// stamp is what each line of a log begins with.
const stamp = "2006-01-02T15:04:05.000000Z"

// logFile is the log of a container: lines with the time they were written at.
type logFile struct {
	mu   sync.Mutex
	file *os.File
	rest []byte
}

// openLog makes the log of a pod: logs/PROGRAM/NAMESPACE_POD.log, the name cut where a file's may not be longer.
func openLog(folder, program string, object *corev1.Pod) (*logFile, error) {
	folder = filepath.Join(folder, filepath.Base(program))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	name := object.Namespace + "_" + object.Name
	file, err := os.Create(filepath.Join(folder, name[:min(len(name), 200)]+".log"))
	return &logFile{file: file}, err
}

func (l *logFile) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, data...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	now := time.Now().UTC().Format(stamp)
	var out bytes.Buffer
	for line := range bytes.Lines(l.rest[:end]) {
		out.WriteString(now + " ")
		out.Write(line)
	}
	l.rest = append([]byte(nil), l.rest[end:]...)
	_, err := l.file.Write(out.Bytes())
	return len(data), err
}

func (l *logFile) close() {
	if len(l.rest) > 0 {
		_, _ = l.Write([]byte("\n"))
	}
	_ = l.file.Close()
}

// serveLogs answers the API server as a kubelet does when someone asks for the log of a pod.
func (n *node) serveLogs() error {
	certificate, err := selfSigned(n.name, n.settings.address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.answerLogs)
	listener, err := tls.Listen("tcp", net.JoinHostPort(n.settings.address.String(), strconv.Itoa(logsPort)),
		&tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err
	}
	go func() { log.Fatal(http.Serve(listener, mux)) }()
	return nil
}

func (n *node) answerLogs(w http.ResponseWriter, r *http.Request) {
	since := time.Time{}
	query := r.URL.Query()
	if at, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil {
		since = at
	} else if seconds, err := strconv.Atoi(query.Get("sinceSeconds")); err == nil {
		since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	local := n.find(r.PathValue("namespace") + "/" + r.PathValue("pod"))
	if local == nil {
		http.NotFound(w, r)
		return
	}
	file, err := os.Open(local.log.file.Name())
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "text/plain")
	_ = linesSince(w, file, since)
}

func linesSince(w io.Writer, file io.Reader, since time.Time) error {
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil
		}
		at, err := time.Parse(stamp, line[:min(len(line), len(stamp))])
		if err != nil || at.Before(since) {
			continue
		}
		if _, err := io.WriteString(w, line[len(stamp)+1:]); err != nil {
			return fmt.Errorf("log: %w", err)
		}
	}
}

func selfSigned(name string, address netip.Addr) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{address.AsSlice()}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
